"""Every vertebra apart and by its name, with ribs, sacrum, hips, shoulders and sternum, from the CT alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..findings import Finding, Severity
from .axial import AxialFrame
from .ball_joints import fill_heads
from .body import Marked
from .canal import CanalCourse
from .disc_ends import between_endplates
from .disc_planes import DiscPlanes, beyond_the_ends, disc_planes
from .discs import find_discs
from .joint_ball import JointBall
from .level_landmarks import Levels, find_landmarks, levels_of
from .level_names import LevelNames, name_levels
from .level_seeds import level_seeds
from .level_settings import level_setting
from .other_bones import far_from_lungs, other_seeds
from .part_bones import grow_apart
from .shoulders import part_shoulders
from .solid_bodies import fill_bodies
from .spine_line import PlacedVoxels, SpineLine, spine_line

Floats = NDArray[np.float64]
Labels = NDArray[np.int32]

UNNAMED = "vertebrae"
"""Name of all vertebrae together where none can be named."""


@dataclass(frozen=True, eq=False)
class SpineParts:
    """Bones parted from each other, on coarse upright voxels.

    Parameters
    ----------
    labels : ndarray of int32, shape (s, p, l)
        0 where bone belongs to none of `names`; else one more than the place in `names`.
    names : tuple of str
        Keys of structures.
    line : SpineLine
    planes : DiscPlanes
        At the ends of the levels, from below.
    level_names : tuple of str
        Of the intervals between planes, from below; empty where a level has no name.
    findings : tuple of Finding
    balls : tuple of JointBall
        Of the hip and shoulder joints that show.
    """

    labels: Labels
    names: tuple[str, ...]
    line: SpineLine
    planes: DiscPlanes
    level_names: tuple[str, ...]
    findings: tuple[Finding, ...]
    balls: tuple[JointBall, ...] = ()


def part_spine(
    hu: NDArray[np.float32],
    voxels: NDArray[Any],
    bone: Marked,
    envelope: Marked,
    lungs: Marked,
    course: CanalCourse,
    frame: AxialFrame,
) -> SpineParts | None:
    """Part the spine into its levels and name them; part ribs, sacrum, hips, shoulders and sternum from it.

    Discs and pedicles along the canal tell the levels; sacrum and ribs tell their names. Bone then grows from where it
    belongs to a level for sure.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    voxels : ndarray, shape (s, p, l)
        The whole of it, upright.
    bone : ndarray of bool, shape (s, p, l)
        Dense bone.
    envelope : ndarray of bool, shape (s, p, l)
        Bone with its marrow, without the canal.
    lungs : ndarray of bool, shape (s, p, l)
    course : CanalCourse
    frame : AxialFrame

    Returns
    -------
    SpineParts or None
        None where no level shows.
    """
    line = spine_line(course, frame)
    discs = None if line is None else find_discs(line, hu, frame)
    if line is None or discs is None:
        return None
    levels = levels_of(discs, line.count)
    seen, ribs = find_landmarks(line, levels, bone, frame)
    named = name_levels(seen)
    rough = disc_planes(line, levels.bounds, hu, frame)
    planes = beyond_the_ends(between_endplates(rough, levels.bounds, line, voxels, frame), levels.whole)
    names = tuple(dict.fromkeys(_key(name) for name in named.names))
    interval = [names.index(_key(name)) + 1 for name in named.names]
    numbers = interval if any(named.names) else list(range(1, len(named.names) + 1))
    placed = PlacedVoxels.of(envelope, line, frame)
    seeds = np.zeros(hu.shape, np.int32)
    sacrum = names.index("sacrum") + 1 if "sacrum" in names else None
    seeds[tuple(placed.index.T)] = level_seeds(placed.local, planes, numbers, sacrum)
    offset = max(numbers)
    others, balls = other_seeds(placed, ribs, named, levels, seen.sacrum, hu, frame)
    for number, voxels in enumerate(others.values(), start=offset + 1):
        seeds[tuple(voxels.T)] = number
    seeds[tuple(far_from_lungs(placed, lungs, named, levels, frame).T)] = offset + len(others) + 1
    grown = grow_apart(seeds, envelope, hu, frame)
    beside = grown > offset + len(others)
    grown[beside] = 0
    arms, shoulder_balls = part_shoulders(beside, grown > 0, line, hu, frame)
    fill_heads(grown, {key: number for number, key in enumerate(others, start=offset + 1)}, balls, frame)
    grown = fill_bodies(grown, numbers, sacrum, planes, line, hu, frame)
    labels = _with_names(grown, numbers, interval, offset, len(names), len(others))
    for number, marked in enumerate(arms.values(), start=len(names) + len(others) + 1):
        labels[marked] = number
    findings = (*_name_findings(named, planes, line, frame), *_unclear(levels, named, line, frame))
    keys = (*names, *others, *arms)
    return SpineParts(labels, keys, line, planes, named.names, findings, (*balls, *shoulder_balls))


def _key(level: str) -> str:
    """The key of a structure for the name of a level."""
    return level if level == "sacrum" else f"vertebra_{level}" if level else UNNAMED


def _with_names(grown: Labels, numbers: list[int], interval: list[int], offset: int, names: int, others: int) -> Labels:
    """Labels that number the names: levels first, then the other bones."""
    table = np.zeros(offset + others + 1, np.int32)
    table[numbers] = interval
    table[offset + 1 :] = names + 1 + np.arange(others)
    return np.asarray(table[grown])


def _name_findings(named: LevelNames, planes: DiscPlanes, line: SpineLine, frame: AxialFrame) -> tuple[Finding, ...]:
    """What the names rest on, and what leaves doubt."""
    shown = [name for name in named.names if name and name != "sacrum"]
    place = _middle_of(len(named.names) // 2, planes, line, frame)
    if not shown:
        return tuple(
            Finding("levels.unnamed", Severity.WARN, text, place_mm=place, about=UNNAMED) for text in named.doubts
        )
    text = f"Levels {shown[-1]} to {shown[0]} are counted from {' and from '.join(named.counted_from)}."
    counted = Finding("levels.counted", Severity.NOTE, text, float(len(shown)), "levels", place_mm=place)
    return (counted, *(Finding("levels.doubt", Severity.WARN, text, place_mm=place) for text in named.doubts))


def _unclear(levels: Levels, named: LevelNames, line: SpineLine, frame: AxialFrame) -> tuple[Finding, ...]:
    """A finding for each level that hardly shows: the chain may have joined or split vertebrae there."""
    findings = []
    for n, (whole, worth) in enumerate(zip(levels.whole, levels.worth, strict=True)):
        # Where two landmarks agree no level is missing or twice.
        if (
            whole
            and worth < level_setting("level_clear")
            and named.names[n] != "sacrum"
            and len(named.counted_from) < 2
        ):
            name = named.names[n] or f"level {n + 1} from below"
            text = f"The discs or pedicles of {name} hardly show: levels above and below it may be counted wrongly."
            middle = 0.5 * float(levels.bounds[n] + levels.bounds[n + 1])
            place = _place(middle, line, frame)
            findings.append(Finding("levels.unclear", Severity.WARN, text, worth, "1", place_mm=place, about=name))
    return tuple(findings)


def _middle_of(level: int, planes: DiscPlanes, line: SpineLine, frame: AxialFrame) -> tuple[float, float, float]:
    return _place(0.5 * float(planes.station[level] + planes.station[level + 1]), line, frame)


def _place(station: float, line: SpineLine, frame: AxialFrame) -> tuple[float, float, float]:
    """LPS mm of the middle of the canal at a station."""
    here = line.middle[int(np.clip(round(station), 0, line.count - 1))] / np.asarray(frame.coarse_spacing_mm)
    return frame.place_mm((float(here[0]), float(here[1]), float(here[2])))

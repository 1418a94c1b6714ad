"""What levels can be counted from: ribs beside the vertebrae, and the wings of the sacrum."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .discs import Discs
from .level_names import Landmarks
from .level_settings import level_setting, level_span, level_steps
from .spine_line import STEP_MM, PlacedVoxels, SpineLine

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rib:
    """A rib beside a level.

    Parameters
    ----------
    level : int
        Number of the level, from below.
    side : int
        1 left, -1 right.
    voxels : ndarray of int, shape (n, 3)
        Coarse indices (s, p, l) of its part beside the spine.
    """

    level: int
    side: int
    voxels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Levels:
    """The levels along a line of the spine, from below; parts of levels at both ends of the line are levels too.

    Parameters
    ----------
    bounds : ndarray of int, shape (n + 1,)
        Stations between which they lie.
    whole : tuple of bool
        Whether a disc was found at both ends of each.
    worth : tuple of float
        How clearly each shows; 0 for parts.
    """

    bounds: NDArray[np.int64]
    whole: tuple[bool, ...]
    worth: tuple[float, ...]


def levels_of(discs: Discs, count: int) -> Levels:
    """The levels between discs on a line of `count` planes."""
    least = round(level_setting("end_least_mm") / STEP_MM)
    inner = [int(s) for s in discs.stations]
    below = [0] if inner[0] >= least else []
    above = [count - 1] if count - 1 - inner[-1] >= least else []
    first, last = [False] * len(below), [False] * len(above)
    whole = (*first, *([True] * (len(inner) - 1)), *last)
    worth = (*(0.0 for _ in below), *(float(w) for w in discs.worth), *(0.0 for _ in above))
    return Levels(np.asarray([*below, *inner, *above]), whole, worth)


def find_landmarks(
    line: SpineLine, levels: Levels, bone: Marked, frame: AxialFrame
) -> tuple[Landmarks, tuple[Rib, ...]]:
    """See which levels bear ribs, and where the sacrum begins.

    Parameters
    ----------
    line : SpineLine
    levels : Levels
    bone : ndarray of bool, shape (s, p, l)
        Coarse, upright.
    frame : AxialFrame
    """
    bounds, count = levels.bounds, len(levels.bounds) - 1
    sacrum = _first_of_sacrum(line, bounds, bone, frame)
    lowest = 0 if sacrum is None else sacrum + 1 + round(level_setting("levels_without_ribs"))
    ribs = tuple(rib for rib in _ribs_beside(line, bounds, bone, frame) if rib.level >= lowest)
    beside = {(rib.level, rib.side) for rib in ribs}
    sides = tuple(((n, -1) in beside, (n, 1) in beside) for n in range(count))
    return Landmarks(count, sacrum, sides, levels.whole), ribs


def _first_of_sacrum(line: SpineLine, bounds: NDArray[np.int64], bone: Marked, frame: AxialFrame) -> int | None:
    """The highest level with wings on both sides, where bone is as wide as a pelvis: a skull's base has wings, too."""
    field = bone.astype(np.float32)
    backs, lefts = level_steps("wing_back_mm", 3.0), level_steps("wing_left_mm", 3.0)
    wings = [line.sample(field, backs, sign * lefts, frame).mean(axis=(1, 2)) for sign in (-1.0, 1.0)]
    share = np.minimum(*wings)
    has = [
        n
        for n, (low, high) in enumerate(pairwise(bounds))
        if _holds(share, low, high) and _is_wide(bone, line.middle[[low, min(high, line.count - 1)], 0], frame)
    ]
    return max(has) if has else None


def _is_wide(bone: Marked, heights_mm: Floats, frame: AxialFrame) -> bool:
    """Whether bone between two heights is as wide as a pelvis, or the image ends within it at both sides."""
    rise, _, column = frame.coarse_spacing_mm
    first, last = np.rint(heights_mm / rise).astype(int)
    shown = np.flatnonzero(bone[first : last + 1].any(axis=(0, 1)))
    if not shown.size:
        return False
    rim = round(level_setting("pelvis_rim_mm") / column)
    is_cut = shown[0] <= rim and shown[-1] >= bone.shape[2] - 1 - rim
    return is_cut or bool((shown[-1] - shown[0]) * column >= level_setting("pelvis_width_mm"))


def _holds(share: Floats, low: int, high: int) -> bool:
    return float(share[low : high + 1].mean()) >= level_setting("wing_share")


def _ribs_beside(line: SpineLine, bounds: NDArray[np.int64], bone: Marked, frame: AxialFrame) -> list[Rib]:
    placed = PlacedVoxels.of(bone, line, frame)
    index, local = placed.index, placed.local
    # Beyond the ends of the line no level is known.
    known = (local[:, 0] >= 0) & (local[:, 0] <= line.count - 1) & (np.abs(local[:, 1]) < level_setting("rib_depth_mm"))
    (begin, end), head_mm = level_span("rib_aside_mm"), level_setting("rib_head_mm")
    found = []
    for side in (-1, 1):
        away = side * local[:, 2]
        near = known & (away > begin) & (away < end)
        marked = np.zeros(bone.shape, bool)
        marked[tuple(index[near].T)] = True
        labels, count = ndimage.label(marked, np.ones((3, 3, 3), bool))
        label = labels[tuple(index[near].T)]
        for number in range(1, count + 1):
            mine = label == number
            spots, aside, station = index[near][mine], away[near][mine], local[near][mine, 0]
            head = aside < head_mm
            is_long = len(spots) >= level_setting("rib_voxels") and aside.max() >= level_setting("rib_reach_mm")
            if not (is_long and head.any()):
                continue
            at = float(np.interp(station[head].mean(), bounds, np.arange(len(bounds)))) - level_setting(
                "rib_head_above"
            )
            found.append(Rib(max(0, int(at)), side, spots[aside > head_mm]))
    return found

"""Organs at risk on a CT without labels: vessels, kidneys, bladder, walls around gas, pleura; as far as they show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Structure
from ..findings import Finding, Severity
from ..mask import Mask
from .axial import AxialFrame
from .bladder import find_bladder
from .body import Marked, ball, disc
from .canal import CanalCourse
from .kidneys import find_kidney
from .organ_settings import organ_setting, organ_value
from .structures import structure_kinds
from .vessels import find_vessels

Field = NDArray[np.float32]

_SIDES = (("left", 1), ("right", -1))


@dataclass(frozen=True, eq=False)
class Inside:
    """What is already outlined within the body, on coarse upright voxels.

    Parameters
    ----------
    body, bone, lungs, gas : ndarray of bool, shape (s, p, l)
        Bone by its density.
    """

    body: Marked
    bone: Marked
    lungs: Marked
    gas: Marked


@dataclass(frozen=True, eq=False)
class _Found:
    key: str
    marked: Marked
    confidence: float
    text: str


def outline_organs(
    hu: Field, inside: Inside, course: CanalCourse | None, fine_bone: Marked, origin: str, frame: AxialFrame
) -> tuple[tuple[Structure, ...], tuple[Finding, ...]]:
    """Outline the organs that can be told from what surrounds them, and say of each how far.

    What cannot be told is left out rather than guessed: none of them is sure, and an organ without an outline stays a
    finding of the case.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    inside : Inside
    course : CanalCourse or None
        Of the spinal canal; without it vessels and kidneys are not looked for.
    fine_bone : ndarray of bool, shape (s, p, l)
        Bone on the voxels of the image, upright, which organs never take.
    origin : str
    frame : AxialFrame

    Returns
    -------
    structures : tuple of Structure
    findings : tuple of Finding
        ``outline.organ`` (note) for each, with its confidence and a place on it; (warn) for a kidney that is missing
        beside one that was found.
    """
    found = [*_walls(inside, frame)]
    bladder = find_bladder(hu, inside.body, inside.bone, frame)
    if bladder is not None:
        text = "likeness to an ellipsoid of fluid in the midline"
        found.append(_Found("urinary_bladder", bladder.marked, bladder.confidence, text))
    findings: list[Finding] = []
    if course is not None:
        found += _beside_spine(hu, inside, course, frame)
        findings += _missing_kidney(found, frame)
    kinds, structures = structure_kinds(), []
    for item in found:
        fine = frame.fine(item.marked) & ~fine_bone
        if not fine.any():
            continue
        mask = Mask.of(frame.on_grid(fine), frame.grid)
        structures.append(Structure(item.key, kinds[item.key].role, mask, item.key, origin, sure=False))
        findings.append(_said(item, frame))
    return tuple(structures), tuple(findings)


def _beside_spine(hu: Field, inside: Inside, course: CanalCourse, frame: AxialFrame) -> list[_Found]:
    """Vessels and kidneys, whose places hang on the spinal canal."""
    canal = np.full((len(hu), 2), np.nan)
    canal[course.first : course.last + 1] = course.centre[course.first : course.last + 1]
    free = inside.body & ~inside.bone
    soft = free & ~inside.lungs & ~inside.gas
    text = "share of directions with a round edge"
    found = [_Found(v.key, v.marked, v.confidence, text) for v in find_vessels(hu, soft, canal, frame)]
    text = "fat around it times likeness to an ellipsoid"
    for word, side in _SIDES:
        kidney = find_kidney(hu, free, canal, side, frame)
        if kidney is not None:
            found.append(_Found(f"kidney_{word}", kidney.marked & soft, kidney.confidence, text))
    return found


def _walls(inside: Inside, frame: AxialFrame) -> list[_Found]:
    """Soft tissue next to gas, and the lining of the lungs."""
    found = []
    free = inside.body & ~inside.bone & ~inside.lungs & ~inside.gas
    for key, content, width in (
        ("bowel_wall", inside.gas, organ_setting("bowel_wall_mm")),
        ("pleura", inside.lungs, organ_setting("pleura_mm")),
    ):
        if content.any():
            marked = _around(content, width, frame) & free
            found.append(_Found(key, marked, 0.0, ""))
    return found


def _around(marked: Marked, width_mm: float, frame: AxialFrame) -> Marked:
    """What lies within a width of what is marked, at least one voxel in the slice."""
    aside = ndimage.binary_dilation(marked, disc(width_mm, frame))
    return np.asarray(aside | ndimage.binary_dilation(marked, ball(width_mm, frame.coarse_spacing_mm)))


_PARTLY = {
    "bowel_wall": "Of bowel, stomach and airways only the wall around gas is outlined ({limit} thick); loops without "
    "gas are not: not checked there.",
    "pleura": "The pleura is outlined as {limit} of lining around the lungs; where it goes on below them between ribs "
    "and diaphragm it is not seen: a way between the lowest ribs may cross it.",
}


def _said(item: _Found, frame: AxialFrame) -> Finding:
    """How far an organ is outlined, with a place on it."""
    place = _place_on(item.marked, frame)
    if item.key in _PARTLY:
        limit = organ_value(f"{item.key}_mm")
        text = _PARTLY[item.key].format(limit=limit)
        return Finding("outline.organ", Severity.NOTE, text, limit=limit, place_mm=place, about=item.key)
    slices = np.flatnonzero(item.marked.any(axis=(1, 2)))
    low, high = (frame.place_mm((float(s), 0.0, 0.0))[2] for s in (slices[0], slices[-1]))
    name = structure_kinds()[item.key].name.lower()
    text = (
        f"The {name} is outlined from S {low:.0f} to {high:.0f} mm by its shape alone ({item.text}: "
        f"{item.confidence:.2f}); beyond that it is not checked: look at its outline before a needle comes near."
    )
    return Finding("outline.organ", Severity.NOTE, text, item.confidence, "1", None, place, item.key)


def _place_on(marked: Marked, frame: AxialFrame) -> tuple[float, float, float]:
    """The marked voxel that is nearest to the middle of all."""
    index = np.argwhere(marked)
    s, p, left = index[int(np.argmin(np.square(index - index.mean(axis=0)).sum(axis=1)))]
    return frame.place_mm((float(s), float(p), float(left)))


def _missing_kidney(found: list[_Found], frame: AxialFrame) -> list[Finding]:
    """A warning for the kidney that was not found beside the one that was."""
    have = {item.key: item for item in found if item.key.startswith("kidney_")}
    if len(have) != 1:
        return []
    ((key, other),) = have.items()
    side = "right" if key == "kidney_left" else "left"
    text = f"No outline of the {side} kidney could be made, only of the other one: not checked."
    return [
        Finding("outline.organ", Severity.WARN, text, place_mm=_place_on(other.marked, frame), about=f"kidney_{side}")
    ]

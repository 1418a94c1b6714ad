"""Large vessels beside the spine: aorta and inferior vena cava, with the iliac vessels that they go on into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked
from .organ_settings import organ_setting, organ_span
from .round_course import RoundCourse, RoundSearch, fill_course, round_course

Field = NDArray[np.float32]
Floats = NDArray[np.float64]

_SMOOTH_MM = 1.5
_LEAN_MM = 16.0
"""Over this length a course leans aside, or it does not."""


@dataclass(frozen=True, eq=False)
class Vessel:
    """A part of a vessel.

    Parameters
    ----------
    key : str
        Of the catalogue of structures.
    marked : ndarray of bool, shape (s, p, l)
        On coarse voxels.
    confidence : float
        Mean share of directions in which its section has a round edge.
    slices : tuple of int
        First and last coarse slice.
    """

    key: str
    marked: Marked
    confidence: float
    slices: tuple[int, int]


def find_vessels(hu: Field, allowed: Marked, canal: Floats, frame: AxialFrame) -> tuple[Vessel, ...]:
    """Aorta and inferior vena cava as far as they are round and parted from what lies beside them.

    Contrast medium is not needed: the chain of the roundest sections before and beside the spine is taken, whatever
    its brightness. Below the place where it leaves the midline it is an iliac vessel of that side; the other side's is
    not looked for.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    allowed : ndarray of bool, shape (s, p, l)
        Body without bone, lung and gas.
    canal : ndarray of float, shape (s, 2)
        Middle of the spinal canal as coarse index; NaN where it is not known.
    frame : AxialFrame
    """
    spacing = np.asarray(frame.coarse_spacing_mm)
    sigma = np.minimum([1.0, np.inf, np.inf], np.asarray([2.0, _SMOOTH_MM, _SMOOTH_MM]) / spacing)
    even = np.asarray(ndimage.gaussian_filter(hu, sigma), np.float32)
    found: list[Vessel] = []
    for name, trunk, branch in (("aorta", "aorta", "iliac_artery"), ("cava", "inferior_vena_cava", "iliac_vein")):
        least, gap = organ_setting(f"{name}_least_mm"), organ_setting("vessel_gap_mm")
        course = round_course(even, allowed, canal, _search(name), least, gap, frame)
        if course is None or not _is_clear(course, frame):
            continue
        for key, part in _with_branch(course, canal, trunk, branch, frame):
            marked = fill_course(part, hu.shape, frame) & allowed
            found.append(Vessel(key, marked, part.confidence, (int(part.slices[0]), int(part.slices[-1]))))
        taken = next(item.marked for item in found if item.key == trunk)
        allowed = allowed & ~ndimage.binary_dilation(taken, np.ones((1, 3, 3), bool), iterations=2)
    return tuple(item for item in found if not _is_another(item, found))


def _is_clear(course: RoundCourse, frame: AxialFrame) -> bool:
    """Whether a course is long, or short but all the rounder: soft tissue between the lungs can look like one."""
    is_long = len(course.slices) * frame.coarse_spacing_mm[0] >= organ_setting("vessel_long_mm")
    is_round = course.confidence >= organ_setting("vessel_likely" if is_long else "vessel_clear")
    return is_round and course.open_share <= organ_setting("vessel_open")


def _is_another(item: Vessel, found: list[Vessel]) -> bool:
    """Whether a branch is the trunk of another vessel, into which its course has jumped."""
    if not item.key.startswith("iliac"):
        return False
    trunks = [other.marked for other in found if not other.key.startswith("iliac")]
    shared = max(int(np.count_nonzero(item.marked & trunk)) for trunk in trunks)
    return shared > 0.2 * int(np.count_nonzero(item.marked))


def _search(name: str) -> RoundSearch:
    return RoundSearch(
        ahead_mm=organ_span(f"{name}_ahead_mm"),
        left_mm=organ_span(f"{name}_left_mm"),
        radius_mm=organ_span(f"{name}_radius_mm"),
        blood_hu=organ_span("blood_hu"),
        step_hu=organ_setting(f"{name}_step_hu"),
        round_share=organ_setting(f"{name}_round"),
        uneven=organ_setting(f"{name}_uneven"),
        widest=organ_setting("vessel_widest"),
        price=organ_setting("vessel_lean_price"),
    )


def _with_branch(
    course: RoundCourse, canal: Floats, trunk: str, branch: str, frame: AxialFrame
) -> Iterator[tuple[str, RoundCourse]]:
    """The trunk, and what goes on below it to one side."""
    rise, _, column = frame.coarse_spacing_mm
    aside = (course.centre[:, 1] - canal[course.slices, 1]) * column
    reach = max(1, round(_LEAN_MM / rise))
    lean = np.zeros(len(aside))
    lean[: len(aside) - reach] = (aside[: len(aside) - reach] - aside[reach:]) / (reach * rise)
    leaning = np.flatnonzero(np.abs(lean[: len(lean) // 2]) > organ_setting("iliac_lean"))
    # The lean of a slice is that of the way above it.
    start = min(int(leaning[-1]) + reach, len(aside) - 1) if leaning.size else 0
    if start:
        side = "left" if aside[0] > aside[start] else "right"
        yield f"{branch}_{side}", _part(course, slice(0, start))
    yield trunk, _part(course, slice(start, None))


def _part(course: RoundCourse, which: slice) -> RoundCourse:
    return replace(
        course,
        slices=course.slices[which],
        centre=course.centre[which],
        edge_mm=course.edge_mm[which],
        share=course.share[which],
    )

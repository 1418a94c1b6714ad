"""Where the vertebrae lie, as far as the course of the canal tells."""

from __future__ import annotations

import numpy as np

from .axial import AxialFrame
from .body import Marked
from .canal import CanalCourse
from .settings import setting


def spine_zone(course: CanalCourse, shape: tuple[int, ...], frame: AxialFrame) -> Marked:
    """A box around the canal in each slice that is large enough for any vertebra.

    Parameters
    ----------
    course : CanalCourse
    shape : tuple of int
        Of coarse, upright arrays.
    frame : AxialFrame

    Returns
    -------
    ndarray of bool, shape (s, p, l)
    """
    _, row, column = frame.coarse_spacing_mm
    zone = np.zeros(shape, bool)
    ahead, behind, aside = (setting(f"spine_{way}_mm") for way in ("ahead", "behind", "aside"))
    for s in range(course.first, course.last + 1):
        p, left = course.centre[s]
        rows = slice(max(0, round(p - ahead / row)), max(0, round(p + behind / row)))
        zone[s, rows, max(0, round(left - aside / column)) : max(0, round(left + aside / column))] = True
    return zone

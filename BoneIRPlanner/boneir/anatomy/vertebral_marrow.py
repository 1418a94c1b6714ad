"""The marrow of vertebral bodies whose cortex is too thin to enclose it in space: found in front of the canal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked, disc, holes_in_slices, plane_cross
from .canal import CanalCourse
from .settings import setting
from .skeleton import Skeleton
from .spine_zone import spine_zone


def vertebral_marrow(
    hu: NDArray[np.float32], skeleton: Skeleton, canal: Marked, course: CanalCourse, frame: AxialFrame
) -> Marked:
    """Axial holes of bone that lie in front of the canal and are as large as a vertebral body, up to their wall.

    End plates thinner than a slice do not close a body above and below; a ring of bone in front of the canal does not
    need them. There the wall may be thinner than elsewhere and still count. Foramina are smaller and lie aside.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    skeleton : Skeleton
    canal : ndarray of bool, shape (s, p, l)
    course : CanalCourse
    frame : AxialFrame

    Returns
    -------
    ndarray of bool, shape (s, p, l)
    """
    thin = spine_zone(course, hu.shape, frame) & (hu > setting("body_wall_hu")) & ~skeleton.contrast
    walls = skeleton.bone | canal | thin
    closed = ndimage.binary_closing(walls, disc(setting("body_gap_mm"), frame)) | walls
    marrow = _holes_like_bodies(closed, course, frame)
    if not marrow.any():
        return marrow
    steps = max(1, round(setting("cortex_mm") / min(frame.coarse_spacing_mm[1:])))
    wall = ndimage.binary_dilation(marrow, plane_cross(0), iterations=steps, mask=(marrow | closed) & ~canal)
    return np.asarray(wall & (hu > setting("marrow_hu")))


def _holes_like_bodies(closed: Marked, course: CanalCourse, frame: AxialFrame) -> Marked:
    """Holes in axial slices with the size and place of a vertebral body."""
    labels, count = ndimage.label(holes_in_slices(closed), plane_cross(0))
    if count == 0:
        return np.zeros(closed.shape, bool)
    _, row, column = frame.coarse_spacing_mm
    area = np.bincount(labels.ravel(), minlength=count + 1) * row * column
    middles = np.asarray(ndimage.center_of_mass(labels > 0, labels, np.arange(1, count + 1)))
    slices = np.rint(middles[:, 0]).astype(np.int64)
    ahead = (course.centre[slices, 0] - middles[:, 1]) * row
    aside = np.abs(course.centre[slices, 1] - middles[:, 2]) * column
    is_body = (slices >= course.first) & (slices <= course.last) & (aside <= setting("body_aside_mm"))
    is_body &= (ahead > setting("body_ahead_mm")) & (ahead < setting("spine_ahead_mm"))
    is_body &= (area[1:] >= setting("body_hole_mm2")) & (area[1:] <= setting("cavity_mm2"))
    return np.asarray(np.concatenate([[False], is_body])[labels])

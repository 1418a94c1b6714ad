"""The spinal canal as a tube around its course: out to the bone, and no further where the ring is open."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked
from .canal import CanalCourse, ray_lengths
from .settings import setting

_DIRECTIONS = 64


def fill_canal(course: CanalCourse, wall: Marked, body: Marked, frame: AxialFrame) -> Marked:
    """Mark the canal on the voxels of the image.

    In each slice rays go from the course to the bone. Where the ring is open (foramen, disc, hiatus) they end a little
    beyond the closed rings above and below: a low quantile of the lengths in the same direction nearby.

    Parameters
    ----------
    course : CanalCourse
    wall : ndarray of bool, shape (s, p, l)
        Dense bone, upright, on the voxels of the image.
    body : ndarray of bool, shape (s, p, l)
    frame : AxialFrame

    Returns
    -------
    ndarray of bool, shape (s, p, l)
        Upright.
    """
    slices, centres = _fine_course(course, frame, wall.shape[0])
    marked = np.zeros(wall.shape, bool)
    if slices.size == 0:
        return marked
    points = np.column_stack([slices, centres])
    reach = setting("canal_reach_mm")
    step = 0.5 * min(frame.spacing_mm[1:])
    lengths = ray_lengths(wall, points, frame.spacing_mm, reach, _DIRECTIONS, step).astype(float)
    radii = _closed_radii(lengths, frame)
    for s, centre, radius in zip(slices, centres, radii, strict=True):
        _mark_star(marked[s], centre, radius, frame)
    return marked & body


def _fine_course(course: CanalCourse, frame: AxialFrame, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The slices of the image that the course covers, and its middle in each as (p, l) index of the image."""
    per_slice, *in_plane = frame.factors
    coarse = (np.arange(count) - (per_slice - 1) / 2) / per_slice
    slices = np.flatnonzero((coarse >= course.first - 0.5) & (coarse <= course.last + 0.5))
    known = np.arange(len(course.centre))
    middles = [np.interp(coarse[slices], known, course.centre[:, n]) * f + (f - 1) / 2 for n, f in enumerate(in_plane)]
    return slices, np.column_stack(middles)


def _closed_radii(lengths: NDArray[np.float64], frame: AxialFrame) -> NDArray[np.float64]:
    """Ray lengths (slice, direction), held to what closed rings nearby have in the same direction."""
    around = max(1, round(setting("canal_level_mm") / frame.spacing_mm[0]))
    turned = np.concatenate([lengths[:, -2:], lengths, lengths[:, :2]], axis=1)
    usual = ndimage.percentile_filter(turned, 25, size=(2 * around + 1, 3), mode="reflect")
    held = np.minimum(turned, np.minimum(usual + setting("canal_open_mm"), setting("canal_widest_mm")))
    # Single rays that slip through a gap between voxels are held by their neighbours.
    steady = ndimage.median_filter(held, size=(1, 5), mode="nearest")[:, 2:-2]
    return _before_bodies(steady, around)


def _before_bodies(radii: NDArray[np.float64], around: int) -> NDArray[np.float64]:
    """Hold the rays to the front to the back wall of the vertebral bodies, which is nearly a plane.

    Rays may slip into a body through the foramen of its vein, or where its cortex is too thin to be seen.
    """
    front = np.cos(np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS) + np.pi / 2)
    ahead = front > np.cos(np.radians(50.0))
    depth = np.quantile(radii[:, ahead] * front[ahead], 0.35, axis=1)
    depth = ndimage.median_filter(depth, 2 * max(1, around // 4) + 1, mode="nearest")
    held = radii.copy()
    held[:, ahead] = np.minimum(held[:, ahead], (depth[:, None] + 1.0) / front[ahead])
    return held


def _mark_star(plane: Marked, centre: NDArray[np.float64], radius: NDArray[np.float64], frame: AxialFrame) -> None:
    """Mark in a slice (in place) what lies within `radius` of `centre`, direction by direction."""
    _, row, column = frame.spacing_mm
    reach = float(radius.max()) + max(row, column)
    p0, p1 = max(0, int(centre[0] - reach / row)), min(plane.shape[0], int(centre[0] + reach / row) + 2)
    l0, l1 = max(0, int(centre[1] - reach / column)), min(plane.shape[1], int(centre[1] + reach / column) + 2)
    y = (np.arange(p0, p1)[:, None] - centre[0]) * row
    x = (np.arange(l0, l1)[None, :] - centre[1]) * column
    angle = np.mod(np.arctan2(y, x), 2 * np.pi) * (len(radius) / (2 * np.pi))
    limit = np.interp(angle, np.arange(len(radius) + 1), np.append(radius, radius[0]))
    plane[p0:p1, l0:l1] |= np.hypot(y, x) <= limit

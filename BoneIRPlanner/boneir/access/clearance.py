"""How near a needle comes to a structure, measured exactly on the outline itself.

The search looks paths up in a field; what is then shown is measured again here in another way: the distance from points
along the axis to the voxels of the outline, taken as the boxes that they are. Voxel boxes reach out to the true surface
or a fraction of a voxel beyond it, so the distance errs to the careful side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..findings import Point
from ..mask import Mask
from ..plan import Trajectory

STEP_MM = 0.25
"""Distance of the points along the axis."""
FARTHEST_MM = 50.0
"""Structures farther away than this are not measured, unless asked for."""
_SLACK_MM = 4.0
"""The distance is exact wherever it is at most this much larger than its minimum."""


@dataclass(frozen=True, eq=False)
class DistanceAlong:
    """Distance from points along a needle's axis to one structure.

    Parameters
    ----------
    depth_mm : ndarray, shape (n,)
        Depth of each point behind the skin.
    distance_mm : ndarray, shape (n,)
        From the axis to the outline; 0 within it, exact near its minimum and an upper bound elsewhere.
    """

    depth_mm: NDArray[np.float64]
    distance_mm: NDArray[np.float64]


def distance_along(mask: Mask, trajectory: Trajectory, farthest_mm: float = FARTHEST_MM) -> DistanceAlong | None:
    """Measure the distance from a needle's axis to an outline.

    Parameters
    ----------
    mask : Mask
    trajectory : Trajectory
    farthest_mm : float
        Outlines farther away are not measured.

    Returns
    -------
    DistanceAlong or None
        None where the outline is empty or farther away.
    """
    depth = points_along(trajectory)
    window = surface_near(mask, trajectory, farthest_mm)
    if not len(window):
        return None
    centres = mask.grid.to_mm(window[:, ::-1])
    from_axis = _distance_to_segment(centres, trajectory)
    if float(from_axis.min()) > farthest_mm:
        return None
    diagonal = float(np.linalg.norm(mask.grid.spacing_mm))
    near = centres[from_axis <= from_axis.min() + diagonal + _SLACK_MM]
    points = np.asarray(trajectory.entry_mm) + depth[:, None] * np.asarray(trajectory.direction)
    return DistanceAlong(depth, _distance_to_boxes(points, near, mask))


def points_along(trajectory: Trajectory) -> NDArray[np.float64]:
    """Depths at most `STEP_MM` apart, the skin and the tip included."""
    length = trajectory.length_mm
    return np.linspace(0.0, length, max(int(np.ceil(length / STEP_MM)), 1) + 1)


def as_point(values: NDArray[np.float64]) -> Point:
    """Three numbers as a place."""
    x, y, z = (float(v) for v in values)
    return x, y, z


def surface_near(mask: Mask, trajectory: Trajectory, farthest_mm: float) -> NDArray[np.intp]:
    """Indices (k, j, i) of the outermost marked voxels in a box around the needle, shape (n, 3)."""
    if mask.is_empty:
        return np.zeros((0, 3), np.intp)
    ends = mask.grid.to_ijk([trajectory.entry_mm, trajectory.tip_mm])[:, ::-1] - np.asarray(mask.corner)
    room = farthest_mm / np.asarray(mask.grid.spacing_mm[::-1]) + 2
    first = np.clip(np.floor(ends.min(axis=0) - room), 0, mask.voxels.shape).astype(int)
    last = np.clip(np.ceil(ends.max(axis=0) + room) + 1, 0, mask.voxels.shape).astype(int)
    if (first >= last).any():
        return np.zeros((0, 3), np.intp)
    padded = np.pad(mask.voxels, 1)[tuple(slice(a, b + 2) for a, b in zip(first, last, strict=True))]
    inner = padded[1:-1, 1:-1, 1:-1].copy()
    for axis in range(3):
        middle = [slice(1, -1)] * 3
        for shift in (slice(None, -2), slice(2, None)):
            middle[axis] = shift
            inner &= padded[tuple(middle)]
    surface = padded[1:-1, 1:-1, 1:-1] & ~inner
    return np.asarray(np.argwhere(surface) + first + np.asarray(mask.corner))


def _distance_to_segment(points: NDArray[np.float64], trajectory: Trajectory) -> NDArray[np.float64]:
    entry, way = np.asarray(trajectory.entry_mm), np.asarray(trajectory.direction)
    along = np.clip((points - entry) @ way, 0.0, trajectory.length_mm)
    return np.asarray(np.linalg.norm(points - entry - along[:, None] * way, axis=1))


def _distance_to_boxes(points: NDArray[np.float64], centres: NDArray[np.float64], mask: Mask) -> NDArray[np.float64]:
    """Least distance of each point to any of the voxel boxes around the centres."""
    axes = np.asarray(mask.grid.direction, float).reshape(3, 3)
    half = np.asarray(mask.grid.spacing_mm) / 2
    turned_points, turned_centres = points @ axes, centres @ axes
    least = np.empty(len(points))
    for first in range(0, len(points), 32):
        gap = np.abs(turned_points[first : first + 32, None] - turned_centres[None]) - half
        least[first : first + 32] = np.sqrt((np.maximum(gap, 0) ** 2).sum(axis=2).min(axis=1))
    return least

"""How near a needle comes to a structure, measured exactly on the outline itself.

The search looks paths up in a field; what is then shown is measured again here in another way: the distance from points
along the axis to the voxels of the outline, taken as the boxes that they are. Voxel boxes reach out to the true surface
or a fraction of a voxel beyond it, so the distance errs to the careful side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..findings import Point
from ..image.distance import has_numba
from ..mask import Mask
from ..plan import Trajectory
from .outline import distance_to_segment, outline_of
from .region import marked_at

STEP_MM = 0.25
"""Distance of the points along the axis."""
FARTHEST_MM = 50.0
"""Structures farther away than this are not measured, unless asked for."""
SLACK_MM = 4.0
"""The distance is exact wherever it is at most this much larger than its minimum, unless more is asked for."""
_PAIRS = 1 << 18
"""Pairs of a point and a box that are looked at together where numba is missing, which bounds the memory."""


@dataclass(frozen=True, eq=False)
class DistanceAlong:
    """Distance from points along a needle's axis to one structure.

    Parameters
    ----------
    depth_mm : ndarray, shape (n,)
        Depth of each point behind the skin.
    distance_mm : ndarray, shape (n,)
        From the axis to the outline; 0 within it, exact near its minimum, and elsewhere an upper bound or infinite.
    """

    depth_mm: NDArray[np.float64]
    distance_mm: NDArray[np.float64]


def distance_along(
    mask: Mask, trajectory: Trajectory, farthest_mm: float = FARTHEST_MM, slack_mm: float = SLACK_MM
) -> DistanceAlong | None:
    """Measure the distance from a needle's axis to an outline.

    Parameters
    ----------
    mask : Mask
    trajectory : Trajectory
    farthest_mm : float
        Outlines farther away are not measured.
    slack_mm : float
        How much more than its minimum the distance may be to be exact.

    Returns
    -------
    DistanceAlong or None
        None where the outline is empty or farther away.
    """
    outline = outline_of(mask)
    diagonal = float(np.linalg.norm(mask.grid.spacing_mm))
    blocks = outline.blocks_near(trajectory, farthest_mm, slack_mm + diagonal + STEP_MM)
    centres = outline.centres_mm[outline.voxels_of(blocks)]
    from_axis = distance_to_segment(centres, trajectory)
    if float(from_axis.min(initial=np.inf)) > farthest_mm:
        return None
    # A box is nearer than its centre by half a diagonal at most, so centres farther away than this do not matter.
    reach = float(from_axis.min()) + slack_mm + diagonal / 2 + STEP_MM
    near = from_axis <= reach
    depth = points_along(trajectory)
    first, last = _samples_near(centres[near], from_axis[near], trajectory, reach, depth)
    axes = np.asarray(mask.grid.direction, float).reshape(3, 3)
    points = np.asarray(trajectory.entry_mm) + depth[:, None] * np.asarray(trajectory.direction)
    least = _kernel()(points @ axes, centres[near] @ axes, np.asarray(mask.grid.spacing_mm) / 2, first, last)
    least[marked_at(mask, points)] = 0.0
    return DistanceAlong(depth, np.sqrt(least))


def points_along(trajectory: Trajectory) -> NDArray[np.float64]:
    """Depths at most `STEP_MM` apart, the skin and the tip included."""
    length = trajectory.length_mm
    return np.linspace(0.0, length, max(int(np.ceil(length / STEP_MM)), 1) + 1)


def as_point(values: NDArray[np.float64]) -> Point:
    """Three numbers as a place."""
    x, y, z = (float(v) for v in values)
    return x, y, z


def _samples_near(
    centres: NDArray[np.float64],
    from_axis: NDArray[np.float64],
    trajectory: Trajectory,
    reach: float,
    depth: NDArray[np.float64],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last (exclusive) of the points along the axis that lie within `reach` of each centre."""
    along = (centres - np.asarray(trajectory.entry_mm)) @ np.asarray(trajectory.direction)
    step = trajectory.length_mm / (len(depth) - 1)
    inside = np.clip(along, 0.0, trajectory.length_mm)
    half = np.sqrt(np.maximum(reach**2 - from_axis**2, 0.0)) + step
    first = np.clip(np.floor((inside - half) / step), 0, len(depth) - 1).astype(np.intp)
    last = np.clip(np.ceil((inside + half) / step) + 1, 1, len(depth)).astype(np.intp)
    return first, last


def _kernel() -> Callable[..., NDArray[np.float64]]:
    if not has_numba():
        return least_squared_numpy
    from .clearance_numba import least_squared_compiled

    return least_squared_compiled


def least_squared_numpy(
    points: NDArray[np.float64],
    centres: NDArray[np.float64],
    half: NDArray[np.float64],
    first: NDArray[np.intp],
    last: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Least squared distance of each point to the boxes that ask for it.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        Along the axes of the boxes, as `centres`.
    centres : ndarray, shape (m, 3)
    half : ndarray, shape (3,)
        Half edges of a box.
    first, last : ndarray of int, shape (m,)
        Each box is held against the points from `first` up to, without, `last`.

    Returns
    -------
    ndarray, shape (n,)
        Infinite where no box asks for a point.
    """
    least = np.full(len(points), np.inf)
    count = last - first
    ends = np.cumsum(count)
    begin = 0
    while begin < len(centres):
        end = max(int(np.searchsorted(ends, (ends[begin - 1] if begin else 0) + _PAIRS)), begin + 1)
        many = count[begin:end]
        box = np.repeat(np.arange(begin, end), many)
        point = np.arange(len(box)) + np.repeat(first[begin:end] - (np.cumsum(many) - many), many)
        gap = np.maximum(np.abs(points[point] - centres[box]) - half, 0.0) ** 2
        np.minimum.at(least, point, gap[:, 0] + gap[:, 1] + gap[:, 2])
        begin = end
    return least

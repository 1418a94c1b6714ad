"""Electrodes as bodies in the grid: rods with round ends, single, paired, or many tines on one needle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from ..findings import Point
from ..grid import Grid

_REACH_VOXELS = 3.0
"""So far around a rod its distance is computed; only neighbours of held voxels need it."""


@dataclass(frozen=True)
class Rod:
    """A straight piece of a needle with round ends; a ball where both ends are the same.

    Parameters
    ----------
    start_mm, end_mm : Point
        LPS mm of the ends of its axis, from which the round ends reach `radius_mm` farther.
    radius_mm : float
    """

    start_mm: Point
    end_mm: Point
    radius_mm: float

    def distance_mm(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signed distance of LPS points (..., 3) to the surface, negative inside."""
        start, way = np.asarray(self.start_mm), np.subtract(self.end_mm, self.start_mm)
        length = float(way @ way)
        beside = points_mm - start
        along = np.clip(beside @ way / length, 0.0, 1.0) if length > 0 else np.zeros(points_mm.shape[:-1])
        return np.asarray(np.linalg.norm(beside - along[..., None] * way, axis=-1) - self.radius_mm)


@dataclass(frozen=True)
class Electrode:
    """What conducts as one piece: a needle's bare tip, or all tines that hang together.

    Parameters
    ----------
    name : str
    rods : tuple of Rod
    """

    name: str
    rods: tuple[Rod, ...]


@dataclass(frozen=True, eq=False)
class Placed:
    """Electrodes on a grid.

    Parameters
    ----------
    labels : ndarray of uint8, shape (k, j, i)
        0 in tissue, n + 1 within the n-th electrode.
    distance_mm : ndarray of float, shape (k, j, i)
        Signed distance to the nearest electrode, as far as it is needed; infinite elsewhere.
    """

    labels: NDArray[np.uint8]
    distance_mm: NDArray[np.float64]


def place(electrodes: Sequence[Electrode], grid: Grid) -> Placed:
    """Put electrodes into a grid.

    Parameters
    ----------
    electrodes : sequence of Electrode
    grid : Grid
        Fine enough that every rod holds voxel centres.

    Raises
    ------
    PlanError
        If there is none, one holds no voxel centre because the grid is too coarse or ends before it, or two touch.
    """
    if not electrodes:
        raise PlanError("There is no electrode: an electric field needs at least one.")
    labels = np.zeros(grid.shape, np.uint8)
    distance = np.full(grid.shape, np.inf)
    for label, electrode in enumerate(electrodes, 1):
        mine = np.full(grid.shape, np.inf)
        for rod in electrode.rods:
            _lower(mine, rod, grid)
        inside = mine < 0.0
        if not inside.any():
            raise PlanError(
                f"The electrode {electrode.name!r} holds no voxel of the grid with {min(grid.spacing_mm):g} mm, which "
                f"spans {grid.bounds_text()}: move it inside or take voxels finer than its radius."
            )
        if (labels[inside] > 0).any():
            raise PlanError(f"The electrode {electrode.name!r} touches another one: keep them apart.")
        labels[inside] = label
        np.minimum(distance, mine, out=distance)
    return Placed(labels, distance)


def inside_rods(rods: Sequence[Rod], grid: Grid) -> NDArray[np.bool_]:
    """The voxels whose centres lie within rods, such as the insulated shafts of needles."""
    distance = np.full(grid.shape, np.inf)
    for rod in rods:
        _lower(distance, rod, grid)
    return distance < 0.0


def _lower(distance: NDArray[np.float64], rod: Rod, grid: Grid) -> None:
    """Lower `distance` to that of a rod, near the rod."""
    ends = grid.to_ijk([rod.start_mm, rod.end_mm])
    reach = rod.radius_mm / np.asarray(grid.spacing_mm) + _REACH_VOXELS
    low = np.maximum(np.floor(ends.min(axis=0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(ends.max(axis=0) + reach) + 1, grid.shape[::-1]).astype(int)
    if (high <= low).any():
        return
    k, j, i = (np.arange(a, b) for a, b in zip(low[::-1], high[::-1], strict=True))
    index = np.stack(np.meshgrid(k, j, i, indexing="ij")[::-1], axis=-1)
    part = distance[low[2] : high[2], low[1] : high[1], low[0] : high[0]]
    np.minimum(part, rod.distance_mm(grid.to_mm(index)), out=part)

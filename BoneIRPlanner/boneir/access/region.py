"""The region in which a path is searched: cubic voxels of 1 mm along L, P and S, from the lesion to the skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..grid import Grid
from ..image.resample import mask_on
from ..mask import Mask, Window

VOXEL_MM = 1.0
"""Edge of a voxel of the planning region."""

_AIR_AROUND = 2
"""Voxels of air kept around the body, so that every skin voxel has its neighbours."""


def planning_grid(body: Mask, around_mm: ArrayLike, reach_mm: float) -> Grid:
    """The grid that holds all of the body within `reach_mm` of the points `around_mm`.

    Parameters
    ----------
    body : Mask
        Outline of the body, not empty.
    around_mm : array, shape (n, 3)
        LPS mm.
    reach_mm : float
        Longest path.

    Returns
    -------
    Grid
        Cubic voxels of `VOXEL_MM`, axes along L, P and S.
    """
    points = np.atleast_2d(np.asarray(around_mm, float))
    corners = body.window_grid.corners_mm
    room = _AIR_AROUND * VOXEL_MM + max(body.grid.spacing_mm) / 2
    low = np.maximum(corners.min(axis=0) - room, points.min(axis=0) - reach_mm)
    high = np.minimum(corners.max(axis=0) + room, points.max(axis=0) + reach_mm)
    first = np.floor(low / VOXEL_MM) * VOXEL_MM
    ni, nj, nk = (int(n) + 1 for n in np.ceil((high - first) / VOXEL_MM))
    x, y, z = (float(v) for v in first)
    return Grid((nk, nj, ni), (VOXEL_MM, VOXEL_MM, VOXEL_MM), (x, y, z))


def on_region(mask: Mask, grid: Grid) -> Mask:
    """A mask on the planning region, its surfaces kept in place: marked where it is interpolated to at least one half.

    It gives what `mask_on` gives, in a fraction of the time where the axes of both grids are parallel, which is so for
    all but oblique images.
    """
    turn = np.linalg.solve(mask.grid.axes, grid.axes)  # one voxel of the region, in voxels of the mask
    main = np.abs(turn).argmax(axis=0)
    aside = turn.copy()
    aside[main, range(3)] = 0
    if mask.is_empty or sorted(main.tolist()) != [0, 1, 2] or float(np.abs(aside).max()) * max(grid.shape) > 0.01:
        return mask_on(mask, grid)
    start = mask.grid.to_ijk(grid.origin_mm) - np.asarray(mask.corner[::-1])
    lines = [_Line.over(start[m], turn[m, a], mask.voxels.shape[2 - m], grid.shape[2 - a]) for a, m in enumerate(main)]
    if any(line.count < 1 for line in lines):
        return Mask.of(np.zeros(grid.shape, bool), grid)
    padded = np.pad(mask.voxels, 1).transpose([2 - m for m in main[::-1]]).astype(np.float32)
    flat = lines[1].blend(lines[0].blend(padded, 2), 1)
    voxels = np.empty((lines[2].count, lines[1].count, lines[0].count), bool)
    for n in range(lines[2].count):
        low, share = lines[2].low[n], lines[2].share[n]
        # A centre exactly on the border belongs to the mask, whatever the rounding of the last digit.
        voxels[n] = flat[low] + (flat[low + 1] - flat[low]) * share >= 0.5 - 1e-6
    return Mask.within(voxels, (lines[2].first, lines[1].first, lines[0].first), grid)


@dataclass(frozen=True, eq=False)
class _Line:
    """Where the voxels of one axis of the region lie between those of a padded mask."""

    first: int
    low: NDArray[np.intp]
    share: NDArray[np.float32]

    @property
    def count(self) -> int:
        return len(self.low)

    @classmethod
    def over(cls, start: float, step: float, size: int, length: int) -> _Line:
        """The part of the axis that lies less than one voxel beyond the mask."""
        at = start + step * np.arange(length)
        inside = np.flatnonzero((at > -1) & (at < size))
        low = np.floor(at[inside])
        first = int(inside[0]) if inside.size else 0
        return cls(first, low.astype(np.intp) + 1, (at[inside] - low).astype(np.float32))

    def blend(self, values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
        """Interpolate linearly along one axis."""
        shape = [1, 1, 1]
        shape[axis] = self.count
        below, above = values.take(self.low, axis), values.take(self.low + 1, axis)
        above -= below
        above *= self.share.reshape(shape)
        above += below
        return above


class RegionMasks:
    """Masks moved onto one planning region, each only once.

    Parameters
    ----------
    grid : Grid
        The planning region.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._moved: dict[int, tuple[Mask, Mask]] = {}

    def of(self, mask: Mask) -> Mask:
        """The mask on the region."""
        if id(mask) not in self._moved:
            self._moved[id(mask)] = (mask, on_region(mask, self.grid))
        return self._moved[id(mask)][1]


def box_around(masks: list[Mask], room: int) -> Window | None:
    """Slices (k, j, i) of the box that holds all `masks` and `room` voxels around, or None if they are empty."""
    full = [mask for mask in masks if not mask.is_empty]
    if not full:
        return None
    shape = np.asarray(full[0].grid.shape)
    first = np.min([mask.corner for mask in full], axis=0) - room
    last = np.max([np.add(mask.corner, mask.voxels.shape) for mask in full], axis=0) + room
    k, j, i = (slice(int(a), int(b)) for a, b in zip(np.maximum(first, 0), np.minimum(last, shape), strict=True))
    return k, j, i


def marked_within(masks: list[Mask], window: Window) -> NDArray[np.bool_]:
    """The union of `masks` over a window of their grid."""
    k, j, i = window
    shape = (k.stop - k.start, j.stop - j.start, i.stop - i.start)
    union = np.zeros(shape, bool)
    for mask in masks:
        union |= mask.part((k.start, j.start, i.start), shape)
    return union


def marked_at(mask: Mask, points_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the voxel around each LPS point (n, 3) is marked; False outside the grid."""
    if mask.is_empty:
        return np.zeros(len(points_mm), bool)
    k, j, i = (np.rint(mask.grid.to_ijk(points_mm)).astype(np.intp)[:, ::-1] - np.asarray(mask.corner)).T
    nk, nj, ni = mask.voxels.shape
    inside = (k >= 0) & (k < nk) & (j >= 0) & (j < nj) & (i >= 0) & (i < ni)
    here = np.flatnonzero(inside)
    inside[here] = mask.voxels[k[here], j[here], i[here]]
    return np.asarray(inside)

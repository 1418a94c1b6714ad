"""The outermost voxels of an outline, in blocks, so that those near a needle are found without looking at all of them.

They are found once for every outline and kept as long as the outline is: a needle that is dragged asks for them many
times a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..grid import Grid
from ..mask import Mask
from ..plan import Trajectory

_BLOCK_MM = 8.0
"""Edge of a block."""

_KNOWN: WeakKeyDictionary[Mask, Outline] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Outline:
    """The outermost voxels of a mask, block by block.

    Parameters
    ----------
    grid : Grid
    voxels : ndarray of int, shape (n, 3)
        Indices (k, j, i), those of one block one after the other.
    centres_mm : ndarray, shape (n, 3)
        LPS mm of their centres.
    starts : ndarray of int, shape (b + 1,)
        Where each block begins in `voxels`, and the end.
    middles_mm, radii_mm : ndarray, shapes (b, 3) and (b,)
        A ball that holds all voxels of each block.
    """

    grid: Grid
    voxels: NDArray[np.intp]
    centres_mm: NDArray[np.float64]
    starts: NDArray[np.intp]
    middles_mm: NDArray[np.float64]
    radii_mm: NDArray[np.float64]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is marked."""
        return not len(self.voxels)

    def blocks_near(
        self, trajectory: Trajectory, farthest_mm: float, slack_mm: float = float("inf")
    ) -> NDArray[np.intp]:
        """Blocks that may hold a voxel near a needle.

        Parameters
        ----------
        trajectory : Trajectory
        farthest_mm : float
            Distance from the axis beyond which voxels are left out.
        slack_mm : float
            Voxels are left out as well if they are farther than the nearest one by more than this.
        """
        away = distance_to_segment(self.middles_mm, trajectory)
        nearest = float((away + self.radii_mm).min(initial=np.inf))
        return np.flatnonzero(away - self.radii_mm <= min(farthest_mm, nearest + slack_mm))

    def voxels_of(self, blocks: NDArray[np.intp]) -> NDArray[np.intp]:
        """Positions in `voxels` of everything in some blocks, block by block."""
        first, count = self.starts[blocks], self.starts[blocks + 1] - self.starts[blocks]
        shift = np.cumsum(count) - count
        return np.asarray(np.repeat(first - shift, count) + np.arange(int(count.sum())))


def outline_of(mask: Mask) -> Outline:
    """The outermost voxels of a mask; found once."""
    found = _KNOWN.get(mask)
    if found is None:
        found = _KNOWN[mask] = _outline(mask)
    return found


def distance_to_segment(points_mm: NDArray[np.float64], trajectory: Trajectory) -> NDArray[np.float64]:
    """Distance of points (n, 3) to the axis of a needle from skin to tip."""
    entry, way = np.asarray(trajectory.entry_mm), np.asarray(trajectory.direction)
    along = np.clip((points_mm - entry) @ way, 0.0, trajectory.length_mm)
    return np.asarray(np.linalg.norm(points_mm - entry - along[:, None] * way, axis=1))


def _outline(mask: Mask) -> Outline:
    voxels = _outermost(mask.voxels)
    spacing = np.asarray(mask.grid.spacing_mm[::-1])
    block = np.floor(voxels * spacing / _BLOCK_MM).astype(np.intp)
    size = block.max(axis=0, initial=0) + 1
    number = (block[:, 0] * size[1] + block[:, 1]) * size[2] + block[:, 2]
    order = np.argsort(number, kind="stable")
    voxels, number = voxels[order], number[order]
    starts = np.append(np.flatnonzero(np.diff(number, prepend=-1)), len(number))
    first, last = (extreme.reduceat(voxels, starts[:-1], axis=0) if len(voxels) else voxels for extreme in _EXTREMES)
    corner = np.asarray(mask.corner)
    middles = mask.grid.to_mm(((first + last) / 2 + corner)[:, ::-1])
    radii = np.linalg.norm((last - first + 1) * spacing, axis=1) / 2
    centres = mask.grid.to_mm((voxels + corner)[:, ::-1])
    return Outline(mask.grid, voxels + corner, centres, starts, middles, radii)


_EXTREMES = (np.minimum, np.maximum)


def _outermost(marked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Indices (k, j, i), shape (n, 3), of marked voxels with a neighbour across a face that is not marked."""
    if not marked.size:
        return np.zeros((0, 3), np.intp)
    inner = marked.copy()
    for axis in range(3):
        mine, theirs = np.moveaxis(inner, axis, 0), np.moveaxis(marked, axis, 0)
        mine[1:] &= theirs[:-1]
        mine[:-1] &= theirs[1:]
        mine[0] = mine[-1] = False
    surface = np.flatnonzero(marked.ravel() & ~inner.ravel())
    return np.stack(np.unravel_index(surface, marked.shape), axis=1)

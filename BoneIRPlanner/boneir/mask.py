"""Masks: which voxels of a grid belong to something, stored only where it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .errors import OutlineError
from .findings import Point
from .grid import Grid

Window = tuple[slice, slice, slice]
"""Slices (k, j, i) into an array of the whole grid."""


@dataclass(frozen=True, eq=False)
class Mask:
    """A set of voxels of a grid, cropped to its bounding box.

    Many structures of one image fit into memory this way. Make one with `Mask.of`.

    Parameters
    ----------
    grid : Grid
        The whole grid that the mask belongs to.
    corner : tuple of int
        Array index (k, j, i) of the first voxel of `voxels` in the whole grid.
    voxels : ndarray of bool, shape (k, j, i)
        The bounding box; empty (0, 0, 0) where nothing is marked. Read-only.
    """

    grid: Grid
    corner: tuple[int, int, int]
    voxels: NDArray[np.bool_]

    @classmethod
    def of(cls, marked: NDArray[np.generic], grid: Grid) -> Mask:
        """Make a mask from an array over the whole grid, in which non-zero means marked.

        Raises
        ------
        OutlineError
            If the array does not have the shape of the grid.
        """
        if marked.shape != grid.shape:
            raise OutlineError(f"The mask has {marked.shape} voxels (k, j, i), the grid {grid.shape}: they must agree.")
        return cls.within(marked, (0, 0, 0), grid)

    @classmethod
    def within(cls, marked: NDArray[np.generic], corner: tuple[int, int, int], grid: Grid) -> Mask:
        """Make a mask from an array that covers the part of the grid from `corner` (k, j, i) on."""
        box = bounding_box(marked)
        if box is None:
            return cls(grid, (0, 0, 0), np.zeros((0, 0, 0), bool))
        voxels = np.array(marked[box], dtype=bool, order="C")
        voxels.setflags(write=False)
        k, j, i = (start + part.start for start, part in zip(corner, box, strict=True))
        return cls(grid, (k, j, i), voxels)

    @property
    def window(self) -> Window:
        """Slices (k, j, i) of the bounding box in the whole grid."""
        k, j, i = (slice(start, start + n) for start, n in zip(self.corner, self.voxels.shape, strict=True))
        return k, j, i

    @property
    def window_grid(self) -> Grid:
        """The grid of the bounding box alone."""
        nk, nj, ni = self.voxels.shape
        return self.grid.window(self.corner, (nk, nj, ni))

    @cached_property
    def count(self) -> int:
        """Number of marked voxels."""
        return int(np.count_nonzero(self.voxels))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is marked."""
        return self.voxels.size == 0

    @property
    def volume_ml(self) -> float:
        """Marked volume in mL."""
        return self.count * self.grid.voxel_ml

    @cached_property
    def centroid_mm(self) -> Point:
        """Mean LPS position of the marked voxels.

        Raises
        ------
        OutlineError
            If the mask is empty.
        """
        x, y, z = (float(v) for v in self.points_mm().mean(axis=0))
        return x, y, z

    def points_mm(self) -> NDArray[np.float64]:
        """LPS mm of the centres of all marked voxels, shape (n, 3).

        Raises
        ------
        OutlineError
            If the mask is empty.
        """
        if self.is_empty:
            raise OutlineError("The outline is empty: it has no place.")
        kji = np.argwhere(self.voxels) + np.asarray(self.corner)
        return self.grid.to_mm(kji[:, ::-1])

    def full(self) -> NDArray[np.bool_]:
        """An array of bool over the whole grid."""
        whole = np.zeros(self.grid.shape, bool)
        if not self.is_empty:
            whole[self.window] = self.voxels
        return whole

    def part(self, corner: tuple[int, int, int], shape: tuple[int, int, int]) -> NDArray[np.bool_]:
        """The mask over the window that begins at `corner` (k, j, i); outside the grid nothing is marked."""
        out = np.zeros(shape, bool)
        if self.is_empty:
            return out
        take, put = [], []
        for mine, theirs, have, want in zip(self.corner, corner, self.voxels.shape, shape, strict=True):
            first, last = max(mine, theirs), min(mine + have, theirs + want)
            if first >= last:
                return out
            take.append(slice(first - mine, last - mine))
            put.append(slice(first - theirs, last - theirs))
        out[tuple(put)] = self.voxels[tuple(take)]
        return out

    def at(self, point_mm: Point) -> bool:
        """Whether the voxel around an LPS point is marked; False outside the grid."""
        if self.is_empty or not bool(self.grid.contains(point_mm)):
            return False
        here = tuple(a - b for a, b in zip(self.grid.nearest_voxel(point_mm), self.corner, strict=True))
        inside = all(0 <= a < n for a, n in zip(here, self.voxels.shape, strict=True))
        return inside and bool(self.voxels[here])

    def equals(self, other: Mask) -> bool:
        """Whether both mark exactly the same voxels of the same grid."""
        if self.grid != other.grid or self.voxels.shape != other.voxels.shape:
            return False
        return self.is_empty or (self.corner == other.corner and bool(np.array_equal(self.voxels, other.voxels)))


def bounding_box(marked: NDArray[np.generic]) -> Window | None:
    """Slices (k, j, i) of the smallest box that holds every non-zero voxel, or None where there is none."""
    parts = []
    window = marked
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        hits = np.flatnonzero(window.any(axis=others))
        if hits.size == 0:
            return None
        part = slice(int(hits[0]), int(hits[-1]) + 1)
        parts.append(part)
        window = window[(slice(None),) * axis + (part,)]
    return parts[0], parts[1], parts[2]

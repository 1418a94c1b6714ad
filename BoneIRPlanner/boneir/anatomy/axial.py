"""The patient's axes in an array: whatever the direction of the image, work with (superior, posterior, left)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..findings import Point
from ..grid import Grid

_LPS_OF_AXIS = (2, 1, 0)
"""Which of L, P, S each axis of an upright array points along: S, P, L."""


@dataclass(frozen=True)
class AxialFrame:
    """A grid seen upright: axis 0 runs to superior, axis 1 to posterior, axis 2 to the patient's left.

    The axes of an oblique grid go with the patient axis that they are nearest to.

    Parameters
    ----------
    grid : Grid
        Of the whole image.
    coarse_mm : float
        Voxel size that `coarse` aims at; coarser voxels stay as they are.
    """

    grid: Grid
    coarse_mm: float = 1.8

    @cached_property
    def _axes(self) -> tuple[tuple[int, int, int], tuple[int, ...]]:
        """For S, P and L: the axis of the array that runs along it, and those of them that run the other way."""
        along = np.asarray(self.grid.direction, float).reshape(3, 3)
        # Columns of `along` belong to i, j, k, which are the array axes 2, 1, 0.
        best = max(permutations(range(3)), key=lambda p: sum(abs(along[_LPS_OF_AXIS[n], 2 - p[n]]) for n in range(3)))
        flipped = tuple(n for n in range(3) if along[_LPS_OF_AXIS[n], 2 - best[n]] < 0)
        return (best[0], best[1], best[2]), flipped

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Voxel size along S, P and L."""
        s, p, i = (self.grid.spacing_mm[2 - axis] for axis in self._axes[0])
        return s, p, i

    @cached_property
    def factors(self) -> tuple[int, int, int]:
        """How many voxels of the image make a coarse one along S, P and L."""
        s, p, i = (max(1, round(self.coarse_mm / spacing)) for spacing in self.spacing_mm)
        return s, p, i

    @property
    def coarse_spacing_mm(self) -> tuple[float, float, float]:
        """Size of a coarse voxel along S, P and L."""
        s, p, i = (spacing * n for spacing, n in zip(self.spacing_mm, self.factors, strict=True))
        return s, p, i

    def upright(self, array: NDArray[Any]) -> NDArray[Any]:
        """A view of an array of the whole grid along S, P and L."""
        axes, flipped = self._axes
        return np.flip(array.transpose(axes), flipped)

    def on_grid(self, upright: NDArray[Any]) -> NDArray[Any]:
        """A view of an upright array as the grid has it: the inverse of `upright`."""
        axes, flipped = self._axes
        back = (axes.index(0), axes.index(1), axes.index(2))
        return np.flip(upright, flipped).transpose(back)

    def coarse(self, array: NDArray[Any], lowest: float) -> NDArray[np.float32]:
        """Means over blocks of voxels, upright; values below `lowest` (padding) count as `lowest`."""
        view = self.upright(array)
        ns, np_, nl = (-(-n // f) for n, f in zip(view.shape, self.factors, strict=True))
        out = np.empty((ns, np_, nl), np.float32)
        step, rows, columns = self.factors
        for s in range(ns):
            slab = np.maximum(view[s * step : (s + 1) * step], lowest).mean(axis=0, dtype=np.float32)
            pad = ((0, np_ * rows - slab.shape[0]), (0, nl * columns - slab.shape[1]))
            slab = np.pad(slab, pad, mode="edge")
            out[s] = slab.reshape(np_, rows, nl, columns).mean(axis=(1, 3))
        return out

    def fine(self, coarse: NDArray[Any]) -> NDArray[Any]:
        """A coarse array on the voxels of the image, still upright; each voxel takes its block's value."""
        full = self.upright(np.broadcast_to(np.empty((), bool), self.grid.shape)).shape
        for axis, n in enumerate(self.factors):
            coarse = np.repeat(coarse, n, axis=axis) if n > 1 else coarse
        return coarse[tuple(slice(0, n) for n in full)]

    def place_mm(self, coarse_index: NDArray[Any] | tuple[float, float, float]) -> Point:
        """LPS mm of a (fractional) coarse index (s, p, l)."""
        x, y, z = (float(v) for v in self.places_mm(np.asarray(coarse_index, float)[None])[0])
        return x, y, z

    def places_mm(self, coarse_index: NDArray[Any]) -> NDArray[np.float64]:
        """LPS mm of (fractional) coarse indices (n, 3) in the order (s, p, l)."""
        factors = np.asarray(self.factors, float)
        upright = np.asarray(coarse_index, float) * factors + (factors - 1) / 2
        axes, flipped = self._axes
        for n in flipped:
            upright[:, n] = self.grid.shape[axes[n]] - 1 - upright[:, n]
        kji = np.empty_like(upright)
        kji[:, list(axes)] = upright
        return self.grid.to_mm(kji[:, ::-1])

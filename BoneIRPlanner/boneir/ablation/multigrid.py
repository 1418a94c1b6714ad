"""Multigrid on a network of conductances: the preconditioner that makes the number of steps independent of the size.

Coarse conductances are sums over blocks of voxels (Galerkin with piecewise constants); across a direction that is
halved they are halved too, because the way is twice as long (over-correction; Braess, Computing 1995;55:379-393).
An axis is only halved while its spacing is among the finest, so that flat voxels become cubes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from ..image.distance import has_numba
from . import laplace_numpy
from .laplace_numpy import Coarsening, Faces, Floats, summed

WEIGHT = 0.8
"""Of the Jacobi steps."""

STEPS = 2
"""Jacobi steps before and after the correction from the coarser grid."""

DIRECT = 8
"""So many voxels are solved directly; more would keep the linear algebra library's threads busier than the sweeps."""

_ISOTROPIC = 1.5
"""Axes whose spacing is less than this times the finest one are halved together."""


@dataclass(frozen=True, eq=False)
class Level:
    """One grid of the hierarchy, with one layer of zeros around every array.

    Parameters
    ----------
    faces : three arrays of float32
        Conductance between a voxel and the next one along (k, j, i).
    leak : ndarray of float32
        Conductance between a voxel and what is held at a value.
    diagonal, inverse : ndarray of float32
        Sum of all conductances of a voxel, and one over it (0 where nothing is to be solved).
    by : tuple of int
        How many voxels along (k, j, i) make one of the next level.
    """

    faces: Faces
    leak: NDArray[np.float32]
    diagonal: NDArray[np.float32]
    inverse: NDArray[np.float32]
    by: Coarsening


class Multigrid:
    """One V-cycle as an approximate inverse of a network.

    Parameters
    ----------
    faces : three arrays of float32, with a layer of zeros around
    leak : ndarray of float32, with a layer of zeros around
    spacing_mm : tuple of float
        Along (k, j, i).
    kernels : module
        `laplace_numpy` or its compiled twin.
    """

    def __init__(
        self, faces: Faces, leak: NDArray[np.float32], spacing_mm: tuple[float, float, float], kernels: ModuleType
    ) -> None:
        self.kernels = kernels
        self.levels = _hierarchy(faces, leak, spacing_mm)
        self._direct = _pseudo_inverse(self.levels[-1])
        self._work = [[np.zeros(level.leak.shape, np.float32) for _ in range(3)] for level in self.levels]

    def apply(self, residual: NDArray[np.float64]) -> NDArray[np.float32]:
        """An approximate solution for the right-hand side `residual`; the array is used again by the next call."""
        self._work[0][2][...] = residual
        return self._cycle(0)

    def _cycle(self, depth: int) -> NDArray[np.float32]:
        level, (x, other, b) = self.levels[depth], self._work[depth]
        if depth == len(self.levels) - 1:
            inner = (slice(1, -1),) * 3
            x[inner] = (self._direct @ b[inner].ravel().astype(float)).reshape(b[inner].shape)
            return x
        self.kernels.begin(x, b, level.inverse, WEIGHT)
        for _ in range(STEPS - 1):
            self.kernels.smooth(x, other, b, level.faces, level.inverse, WEIGHT)
            x, other = other, x
        coarse = self._work[depth + 1][2]
        self.kernels.restrict(x, b, level.faces, level.diagonal, coarse, level.by)
        self.kernels.prolong(x, self._cycle(depth + 1), level.by)
        for _ in range(STEPS):
            self.kernels.smooth(x, other, b, level.faces, level.inverse, WEIGHT)
            x, other = other, x
        return x


@cache
def fastest_kernels() -> ModuleType:
    """The compiled steps where numba is installed, else those in NumPy."""
    if not has_numba():
        return laplace_numpy
    from . import laplace_numba

    return laplace_numba


def diagonal_of(faces: Faces, leak: Floats) -> NDArray[np.float64]:
    """Sum of all conductances of every voxel, with the layer of zeros around."""
    total = leak.astype(float)
    for axis, face in enumerate(faces):
        total += face
        after, before = [slice(None)] * 3, [slice(None)] * 3
        after[axis], before[axis] = slice(1, None), slice(0, -1)
        total[tuple(after)] += face[tuple(before)]
    return total


def inverse_of(diagonal: NDArray[np.float64]) -> NDArray[np.float64]:
    """One over the diagonal, 0 where it is 0."""
    return np.divide(1.0, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0)


def _hierarchy(faces: Faces, leak: NDArray[np.float32], spacing_mm: tuple[float, float, float]) -> list[Level]:
    levels, spacing = [], np.asarray(spacing_mm, float)
    while True:
        shape = np.asarray(leak.shape) - 2
        finest = spacing[shape > 1].min() if (shape > 1).any() else 0.0
        halved = (shape > 1) & (spacing < _ISOTROPIC * finest)
        by = tuple(2 if half else 1 for half in halved)
        diagonal = diagonal_of(faces, leak)
        inverse = inverse_of(diagonal).astype(np.float32)
        levels.append(Level(faces, leak, diagonal.astype(np.float32), inverse, (by[0], by[1], by[2])))
        if shape.prod() <= DIRECT:
            return levels
        faces, leak = _coarser(faces, leak, levels[-1].by)
        spacing = spacing * by


def _coarser(faces: Faces, leak: NDArray[np.float32], by: Coarsening) -> tuple[Faces, NDArray[np.float32]]:
    inner = (slice(1, -1),) * 3
    found = []
    for axis, face in enumerate(faces):
        part = face[inner]
        if by[axis] == 2:
            # Only the faces between blocks count, and the way across them is twice as long.
            part = part[(slice(None),) * axis + (slice(1, None, 2),)] * np.float32(0.5)
        others = tuple(1 if a == axis else factor for a, factor in enumerate(by))
        total = summed(part, (others[0], others[1], others[2]))
        if by[axis] == 2 and face[inner].shape[axis] % 2:
            total = np.concatenate([total, np.zeros_like(total[(slice(None),) * axis + (slice(0, 1),)])], axis=axis)
        found.append(_padded(total))
    return (found[0], found[1], found[2]), _padded(summed(leak[inner], by))


def _padded(array: Floats) -> NDArray[np.float32]:
    return np.pad(array, 1).astype(np.float32, copy=False)


def _pseudo_inverse(level: Level) -> NDArray[np.float64]:
    """The inverse of the coarsest matrix; parts that nothing holds keep a mean of zero."""
    inner = (slice(1, -1),) * 3
    shape = level.leak[inner].shape
    number = np.arange(int(np.prod(shape))).reshape(shape)
    matrix = np.diag(level.leak[inner].ravel().astype(float))
    for axis, face in enumerate(level.faces):
        first = (slice(None),) * axis
        a, b = number[(*first, slice(0, -1))].ravel(), number[(*first, slice(1, None))].ravel()
        size = face[inner][(*first, slice(0, -1))].ravel().astype(float)
        np.add.at(matrix, (a, a), size)
        np.add.at(matrix, (b, b), size)
        matrix[a, b] -= size
        matrix[b, a] -= size
    return np.asarray(np.linalg.pinv(matrix, rcond=1e-12, hermitian=True))

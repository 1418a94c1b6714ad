"""The steps of the multigrid solver in NumPy: what runs without numba, and what the compiled twin is held against.

Every array has one layer of zeros around the voxels, so that no step asks where the border is. ``faces[a][k, j, i]`` is
the conductance between a voxel and the next one along axis a of (k, j, i); ``inverse`` is one over the sum of all
conductances of a voxel. Where nothing is to be solved all of these are 0, and whatever stands there has no effect.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]
Faces = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
Coarsening = tuple[int, int, int]

_C = (slice(1, -1),) * 3


def neighbours(x: Floats, faces: Faces) -> Floats:
    """Sum over the six neighbours of conductance times value, without the layer of zeros."""
    total = np.zeros(tuple(n - 2 for n in x.shape), x.dtype)
    for axis, face in enumerate(faces):
        before, after = list(_C), list(_C)
        before[axis], after[axis] = slice(0, -2), slice(2, None)
        total += face[_C] * x[tuple(after)]
        total += face[tuple(before)] * x[tuple(before)]
    return total


def smooth(x: Floats, out: Floats, b: Floats, faces: Faces, inverse: Floats, weight: float) -> None:
    """One weighted Jacobi step from `x` into `out`."""
    factor = x.dtype.type(weight)
    out[_C] = (1 - factor) * x[_C] + factor * inverse[_C] * (b[_C] + neighbours(x, faces))


def begin(out: Floats, b: Floats, inverse: Floats, weight: float) -> None:
    """The first Jacobi step from zero, into `out`."""
    np.multiply(b, inverse, out=out)
    out *= out.dtype.type(weight)


def restrict(x: Floats, b: Floats, faces: Faces, diagonal: Floats, coarse: Floats, by: Coarsening) -> None:
    """Sum of the residual over the voxels of every coarse one, into `coarse`."""
    coarse[_C] = summed(b[_C] + neighbours(x, faces) - diagonal[_C] * x[_C], by)


def summed(fine: NDArray[Any], by: Coarsening) -> NDArray[Any]:
    """Sums of an array over blocks of `by` voxels along (k, j, i); the last block may be smaller."""
    total = fine
    for axis, factor in enumerate(by):
        if factor == 2:
            first = (slice(None),) * axis
            even, odd = total[(*first, slice(0, None, 2))], total[(*first, slice(1, None, 2))]
            total = even.copy()
            total[(*first, slice(0, odd.shape[axis]))] += odd
    return total


def prolong(x: Floats, coarse: Floats, by: Coarsening) -> None:
    """Add the value of every coarse voxel to `x` at its fine voxels."""
    step: NDArray[Any] = coarse[_C]
    for axis, (factor, n) in enumerate(zip(by, x.shape, strict=True)):
        step = np.repeat(step, factor, axis=axis)[(slice(None),) * axis + (slice(0, n - 2),)]
    x[_C] += step


def product(x: Floats, faces: Faces, diagonal: Floats, out: Floats) -> float:
    """The matrix times `x`, into `out`; the answer is ``x`` times that."""
    out[_C] = diagonal[_C] * x[_C] - neighbours(x, faces)
    return dot(x, out)


def dot(a: Floats, b: Floats) -> float:
    """Scalar product, plane by plane, so that the answer does not depend on how many threads there are."""
    return float(np.einsum("kji,kji->k", a, b, dtype=float).sum())


def advance(x: Floats, r: Floats, p: Floats, q: Floats, step: float) -> float:
    """Move ``x`` along `p` and the residual ``r`` back along `q`; the answer is the square of the new residual."""
    x += step * p
    r -= step * q
    return dot(r, r)


def turn(p: Floats, z: Floats, share: float) -> None:
    """The next direction: ``z`` plus `share` of the last one, into `p`."""
    p *= share
    p += z

"""The compiled twin of `laplace_numpy`; imported only where numba is installed.

Sums are taken plane by plane and then in the order of the planes: one thread and many give the same bytes.
"""

from __future__ import annotations

import numpy as np

from .laplace_numpy import Coarsening, Faces, Floats
from .threads_numba import njit, prange


def smooth(x: Floats, out: Floats, b: Floats, faces: Faces, inverse: Floats, weight: float) -> None:
    """`laplace_numpy.smooth`, compiled."""
    _smooth(x, out, b, faces[0], faces[1], faces[2], inverse, x.dtype.type(weight))


def begin(out: Floats, b: Floats, inverse: Floats, weight: float) -> None:
    """`laplace_numpy.begin`, compiled."""
    _begin(out, b, inverse, out.dtype.type(weight))


def restrict(x: Floats, b: Floats, faces: Faces, diagonal: Floats, coarse: Floats, by: Coarsening) -> None:
    """`laplace_numpy.restrict`, compiled."""
    _restrict(x, b, faces[0], faces[1], faces[2], diagonal, coarse, by[0], by[1], by[2])


def prolong(x: Floats, coarse: Floats, by: Coarsening) -> None:
    """`laplace_numpy.prolong`, compiled."""
    _prolong(x, coarse, by[0], by[1], by[2])


def product(x: Floats, faces: Faces, diagonal: Floats, out: Floats) -> float:
    """`laplace_numpy.product`, compiled."""
    return float(_product(x, faces[0], faces[1], faces[2], diagonal, out).sum())


def dot(a: Floats, b: Floats) -> float:
    """`laplace_numpy.dot`, compiled."""
    return float(_dot(a, b).sum())


def advance(x: Floats, r: Floats, p: Floats, q: Floats, step: float) -> float:
    """`laplace_numpy.advance`, compiled."""
    return float(_advance(x, r, p, q, step).sum())


def turn(p: Floats, z: Floats, share: float) -> None:
    """`laplace_numpy.turn`, compiled."""
    _turn(p, z, share)


@njit(parallel=True, cache=True, nogil=True, fastmath={"contract"})
def _smooth(x, out, b, fk, fj, fi, inverse, weight):  # type: ignore[no-untyped-def]
    nk, nj, ni = x.shape
    keep = np.float32(1) - weight
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            here, row, into = x[k, j], fi[k, j], out[k, j]
            right, scale = b[k, j], inverse[k, j]
            above, below, up, down = x[k + 1, j], x[k - 1, j], fk[k, j], fk[k - 1, j]
            far, near, to, fro = x[k, j + 1], x[k, j - 1], fj[k, j], fj[k, j - 1]
            for i in range(1, ni - 1):
                total = right[i] + up[i] * above[i] + down[i] * below[i] + to[i] * far[i] + fro[i] * near[i]
                total += row[i] * here[i + 1] + row[i - 1] * here[i - 1]
                into[i] = keep * here[i] + weight * scale[i] * total


@njit(parallel=True, cache=True, nogil=True)
def _begin(out, b, inverse, weight):  # type: ignore[no-untyped-def]
    nk, nj, ni = out.shape
    for k in prange(nk):
        for j in range(nj):
            for i in range(ni):
                out[k, j, i] = weight * inverse[k, j, i] * b[k, j, i]


@njit(parallel=True, cache=True, nogil=True)
def _restrict(x, b, fk, fj, fi, diagonal, coarse, bk, bj, bi):  # type: ignore[no-untyped-def]
    nk, nj, ni = x.shape
    planes, length = coarse.shape[0], coarse.shape[2]
    for plane in prange(1, planes - 1):
        coarse[plane] = 0
        line = np.empty(ni, x.dtype)
        for k in range(bk * (plane - 1) + 1, min(bk * plane + 1, nk - 1)):
            for j in range(1, nj - 1):
                here, row, right = x[k, j], fi[k, j], b[k, j]
                above, below, up, down = x[k + 1, j], x[k - 1, j], fk[k, j], fk[k - 1, j]
                far, near, to, fro = x[k, j + 1], x[k, j - 1], fj[k, j], fj[k, j - 1]
                whole = diagonal[k, j]
                for i in range(1, ni - 1):
                    total = right[i] + up[i] * above[i] + down[i] * below[i] + to[i] * far[i] + fro[i] * near[i]
                    total += row[i] * here[i + 1] + row[i - 1] * here[i - 1] - whole[i] * here[i]
                    line[i] = total
                into = coarse[plane, (j - 1) // bj + 1]
                if bi == 1:
                    for i in range(1, ni - 1):
                        into[i] += line[i]
                    continue
                for i in range(1, (ni - 2) // 2 + 1):
                    into[i] += line[2 * i - 1] + line[2 * i]
                if ni % 2:
                    into[length - 2] += line[ni - 2]


@njit(parallel=True, cache=True, nogil=True)
def _prolong(x, coarse, bk, bj, bi):  # type: ignore[no-untyped-def]
    nk, nj, ni = x.shape
    length = coarse.shape[2]
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            step, here = coarse[(k - 1) // bk + 1, (j - 1) // bj + 1], x[k, j]
            if bi == 1:
                for i in range(1, ni - 1):
                    here[i] += step[i]
                continue
            for i in range(1, (ni - 2) // 2 + 1):
                here[2 * i - 1] += step[i]
                here[2 * i] += step[i]
            if ni % 2:
                here[ni - 2] += step[length - 2]


@njit(parallel=True, cache=True, nogil=True, fastmath={"contract"})
def _product(x, fk, fj, fi, diagonal, out):  # type: ignore[no-untyped-def]
    nk, nj, ni = x.shape
    sums = np.zeros(nk)
    for k in prange(1, nk - 1):
        plane = 0.0
        for j in range(1, nj - 1):
            here, row, into = x[k, j], fi[k, j], out[k, j]
            above, below, up, down = x[k + 1, j], x[k - 1, j], fk[k, j], fk[k - 1, j]
            far, near, to, fro = x[k, j + 1], x[k, j - 1], fj[k, j], fj[k, j - 1]
            whole = diagonal[k, j]
            for i in range(1, ni - 1):
                total = up[i] * above[i] + down[i] * below[i] + to[i] * far[i] + fro[i] * near[i]
                total += row[i] * here[i + 1] + row[i - 1] * here[i - 1]
                into[i] = whole[i] * here[i] - total
            for i in range(1, ni - 1):
                plane += here[i] * into[i]
        sums[k] = plane
    return sums


@njit(parallel=True, cache=True, nogil=True)
def _dot(a, b):  # type: ignore[no-untyped-def]
    nk, nj, ni = a.shape
    sums = np.zeros(nk)
    for k in prange(nk):
        plane = 0.0
        for j in range(nj):
            for i in range(ni):
                plane += np.float64(a[k, j, i]) * np.float64(b[k, j, i])
        sums[k] = plane
    return sums


@njit(parallel=True, cache=True, nogil=True)
def _advance(x, r, p, q, step):  # type: ignore[no-untyped-def]
    nk, nj, ni = x.shape
    sums = np.zeros(nk)
    for k in prange(nk):
        plane = 0.0
        for j in range(nj):
            for i in range(ni):
                x[k, j, i] += step * p[k, j, i]
                left = r[k, j, i] - step * q[k, j, i]
                r[k, j, i] = left
                plane += left * left
        sums[k] = plane
    return sums


@njit(parallel=True, cache=True, nogil=True)
def _turn(p, z, share):  # type: ignore[no-untyped-def]
    nk, nj, ni = p.shape
    for k in prange(nk):
        for j in range(nj):
            for i in range(ni):
                p[k, j, i] = z[k, j, i] + share * p[k, j, i]

"""The compiled twin of `distance.squared_distance_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


def squared_distance_compiled(marked: NDArray[np.bool_], limit: int) -> NDArray[np.uint16]:
    """`squared_distance_below`, compiled."""
    marked = np.ascontiguousarray(marked)
    squared = np.empty(marked.shape, np.uint16)
    near = np.zeros(marked.shape[:2], np.bool_)
    _along_rows(marked.view(np.uint8), np.uint16(limit), squared, near)
    _across_rows(squared, near, np.uint16(limit))
    _across_planes(squared, near, np.uint16(limit))
    return squared


@njit(parallel=True, cache=True, nogil=True)
def _along_rows(marked, limit, squared, near):  # type: ignore[no-untyped-def]
    """Squared distance within each row, by one scan each way; `near` tells the rows that hold anything."""
    planes, rows, length = marked.shape
    far = np.uint16(limit * limit + 1)
    for k in prange(planes):
        for j in range(rows):
            row, out = marked[k, j], squared[k, j]
            found = False
            for i in range(length):
                found = found or row[i] != 0
            near[k, j] = found
            if not found:
                out[:] = far
                continue
            steps = limit + 1
            for i in range(length):
                steps = 0 if row[i] != 0 else min(steps + 1, limit + 1)
                out[i] = far if steps > limit else np.uint16(steps * steps)
            steps = limit + 1
            for i in range(length - 1, -1, -1):
                steps = 0 if row[i] != 0 else min(steps + 1, limit + 1)
                if steps <= limit:
                    out[i] = min(out[i], np.uint16(steps * steps))


@njit(cache=True, nogil=True, inline="always")
def _lower_row(best, given, raised):  # type: ignore[no-untyped-def]
    """Lower a row to another one plus `raised`; 16-bit on purpose, so that the compiler makes vectors of it."""
    for i in range(best.size):
        value = np.uint16(given[i] + raised)
        best[i] = min(best[i], value)


@njit(cache=True, nogil=True)
def _lower_slab(slab, near, limit, out, nearer):  # type: ignore[no-untyped-def]
    """One pass over a slab (n, i): every row becomes the least of its neighbours plus their distance squared."""
    n, length = slab.shape
    for j in range(n):
        best = out[j]
        best[:] = slab[j]
        found = near[j]
        for shift in range(1, min(int(limit), n - 1) + 1):
            raised = np.uint16(shift * shift)
            if shift % 4 == 1:
                largest = np.uint16(0)
                for i in range(length):
                    largest = max(largest, best[i])
                if largest <= raised:
                    break
            if j >= shift and near[j - shift]:
                _lower_row(best, slab[j - shift], raised)
                found = True
            if j + shift < n and near[j + shift]:
                _lower_row(best, slab[j + shift], raised)
                found = True
        nearer[j] = found


@njit(parallel=True, cache=True, nogil=True)
def _across_rows(squared, near, limit):  # type: ignore[no-untyped-def]
    planes, rows, length = squared.shape
    for k in prange(planes):
        if near[k].any():
            out = np.empty((rows, length), np.uint16)
            nearer = np.empty(rows, np.bool_)
            _lower_slab(squared[k], near[k], limit, out, nearer)
            squared[k] = out
            near[k] = nearer


@njit(parallel=True, cache=True, nogil=True)
def _across_planes(squared, near, limit):  # type: ignore[no-untyped-def]
    planes, rows, length = squared.shape
    for j in prange(rows):
        if near[:, j].any():
            slab = squared[:, j].copy()
            out = np.empty((planes, length), np.uint16)
            nearer = np.empty(planes, np.bool_)
            _lower_slab(slab, near[:, j].copy(), limit, out, nearer)
            squared[:, j] = out

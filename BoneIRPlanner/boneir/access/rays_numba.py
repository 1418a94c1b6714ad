"""The compiled twin of `rays.walk_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

_CHUNK = 256
"""Paths that one thread walks at a stretch; neighbours share the cache."""


def walk_compiled(
    packed: NDArray[np.uint16],
    start: NDArray[np.int32],
    stride: NDArray[np.int32],
    steps: NDArray[np.int32],
    needed: NDArray[np.int32],
    gap: int,
) -> NDArray[np.int32]:
    """What `rays.walk_numpy` gives, to the last bit."""
    found = np.zeros((len(steps), 12), np.int32)
    rows, length = packed.shape[1:]
    walk = _walk if len(steps) > _CHUNK else _walk_few
    walk(packed.reshape(-1), rows, length, start, stride, steps, needed, gap, found)
    return found


@njit(cache=True, nogil=True)
def _walk_few(flat, rows, length, start, stride, steps, needed, gap, found):  # type: ignore[no-untyped-def]
    """Without threads: waking them takes longer than a few paths."""
    for path in range(steps.size):
        _walk_one(flat, rows, length, start[path], stride[path], steps[path], needed, gap, found[path])


@njit(parallel=True, cache=True, nogil=True)
def _walk(flat, rows, length, start, stride, steps, needed, gap, found):  # type: ignore[no-untyped-def]
    n = steps.size
    for chunk in prange((n + _CHUNK - 1) // _CHUNK):
        for path in range(chunk * _CHUNK, min((chunk + 1) * _CHUNK, n)):
            _walk_one(flat, rows, length, start[path], stride[path], steps[path], needed, gap, found[path])


@njit(cache=True, nogil=True)
def _walk_one(flat, rows, length, start, stride, steps, needed, gap, out):  # type: ignore[no-untyped-def]
    """One path from tip to skin; the constants are those of `rays` and `field.Tissue`.

    The eight counts are kept in two words of four 16-bit parts, so that they never leave the registers.
    """
    low, high = np.uint64(0), np.uint64(0)
    i, j, k = start[0], start[1], start[2]
    di, dj, dk = stride[0], stride[1], stride[2]
    rising = (64 << 16) // steps
    part = 0
    spare, where = 2147483647, 0
    within, run, crossings, first = False, 0, 0, -1
    for step in range(steps + 1):
        word = np.int32(flat[((k >> 16) * rows + (j >> 16)) * length + (i >> 16)])
        tissue = word & 0xFF
        here = (word >> 8) - needed[part >> 16]
        if here < spare:
            spare, where = here, step
        unit = np.uint64(1) << np.uint64((tissue & 3) << 4)
        if tissue < 4:
            low += unit
        else:
            high += unit
        if tissue == 3 or tissue == 4:
            if not within:
                crossings += 1
            within, run, first = True, 0, step
        elif tissue == 6:
            run = 0
        else:
            run += 1
            within = within and run < gap
            if tissue == 0 and step > steps - 3:
                low -= np.uint64(1)
        part += rising
        i += di
        j += dj
        k += dk
    out[0], out[1] = spare, where
    for kind in range(1, 8):
        half = low if kind < 4 else high
        out[kind + 1] = (half >> np.uint64((kind & 3) << 4)) & np.uint64(0xFFFF)
    out[9], out[10], out[11] = low & np.uint64(0xFFFF), crossings, first

"""The compiled twin of `spared.spared_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

_CHUNK = 256
"""Paths that one thread walks at a stretch; neighbours share the cache."""
_FEW = 30_000
"""Up to so many paths one thread is not slower than two that wait for each other."""


def spared_compiled(
    packed: NDArray[np.uint16],
    open_blocks: NDArray[np.uint8],
    start: NDArray[np.int32],
    stride: NDArray[np.int32],
    steps: NDArray[np.int32],
    needed: NDArray[np.int32],
    at_skin: int,
) -> NDArray[np.bool_]:
    """What `spared.spared_numpy` gives; `open_blocks` are those of the planning field."""
    spared = np.ones(len(steps), np.bool_)
    shapes = (*packed.shape[1:], *open_blocks.shape[1:])
    most = int(needed.max())
    walk = _walk if len(steps) > _FEW else _walk_few
    walk(packed.reshape(-1), open_blocks.reshape(-1), *shapes, start, stride, steps, needed, most, at_skin, spared)
    return spared


@njit(cache=True, nogil=True)
def _walk_few(flat, blocks, rows, length, b_rows, b_length, start, stride, steps, needed, most, at_skin, spared):  # type: ignore[no-untyped-def]
    for path in range(steps.size):
        spared[path] = _is_spared(
            flat, blocks, rows, length, b_rows, b_length, start[path], stride[path], steps[path], needed, most, at_skin
        )


@njit(parallel=True, cache=True, nogil=True)
def _walk(flat, blocks, rows, length, b_rows, b_length, start, stride, steps, needed, most, at_skin, spared):  # type: ignore[no-untyped-def]
    n = steps.size
    for chunk in prange((n + _CHUNK - 1) // _CHUNK):
        for path in range(chunk * _CHUNK, min((chunk + 1) * _CHUNK, n)):
            spared[path] = _is_spared(
                flat,
                blocks,
                rows,
                length,
                b_rows,
                b_length,
                start[path],
                stride[path],
                steps[path],
                needed,
                most,
                at_skin,
            )


@njit(cache=True, nogil=True)
def _is_spared(flat, blocks, rows, length, b_rows, b_length, start, stride, steps, needed, most, at_skin):  # type: ignore[no-untyped-def]
    """One path. Constants as in `rays` and `field`: around an open block the next four steps meet nothing."""
    i, j, k = start[0], start[1], start[2]
    di, dj, dk = stride[0], stride[1], stride[2]
    rising, part = (64 << 16) // steps, 0
    step = 0
    while step <= steps:
        row = np.uint32(k >> 18) * np.uint32(b_rows) + np.uint32(j >> 18)
        ahead = 5
        if blocks[np.uint32(row * np.uint32(b_length) + np.uint32(i >> 18))] < most:
            row = np.uint32(k >> 16) * np.uint32(rows) + np.uint32(j >> 16)
            word = flat[np.uint32(row * np.uint32(length) + np.uint32(i >> 16))]
            tissue = word & np.uint16(0xFF)
            if np.int32(word >> 8) < needed[part >> 16] or tissue == 7 or (tissue == 0 and step <= steps - at_skin):
                return False
            ahead = 1
        step += ahead
        part += ahead * rising
        i += ahead * di
        j += ahead * dj
        k += ahead * dk
    return True

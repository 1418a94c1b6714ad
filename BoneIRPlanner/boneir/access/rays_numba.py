"""The compiled twin of `rays.walk_numpy`; imported only where numba is installed.

Memory is what a walk waits for. Most steps therefore look at a field of blocks of four voxels each way, which fits into
the cache: where all of a block is of the tissue that the path is in, and nothing in it is tighter than what was found
before, the voxel itself has nothing to add. The voxels of a block lie beside each other in memory, whichever way a path
runs, and the paths come sorted, so that the next path is at hand too.
"""

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
    blocks: NDArray[np.uint16] | None = None,
    bricks: NDArray[np.uint16] | None = None,
) -> NDArray[np.int32]:
    """What `rays.walk_numpy` gives, to the last bit.

    Parameters
    ----------
    packed, start, stride, steps, needed, gap
        As for `rays.walk_numpy`; neighbouring paths should point the same way.
    blocks, bricks : ndarray of uint16 or None
        From `blocks_of` and `bricks_of`; None makes them.
    """
    found = np.empty((len(steps), 12), np.int32)
    blocks = blocks_of(packed) if blocks is None else blocks
    bricks = bricks_of(packed) if bricks is None else bricks
    walk = _walk if len(steps) > _CHUNK else _walk_few
    walk(bricks, blocks.reshape(-1), *blocks.shape[1:], start, stride, steps, needed, gap, found)
    return found


def blocks_of(packed: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Least room, in the high byte, and tissue of every block of 4 x 4 x 4 voxels; 255 where tissues meet."""
    shape = tuple((n + 3) // 4 for n in packed.shape)
    blocks = np.empty(shape, np.uint16)
    _pool(packed, blocks)
    return blocks


def bricks_of(packed: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The same voxels block by block, 64 words each, shape (n,); nothing in blocks at the far border beyond it."""
    bricks = np.zeros(64 * int(np.prod([(n + 3) // 4 for n in packed.shape])), np.uint16)
    _stack(packed, bricks)
    return bricks


@njit(parallel=True, cache=True, nogil=True)
def _pool(packed, blocks):  # type: ignore[no-untyped-def]
    nk, nj, ni = packed.shape
    bk, bj, bi = blocks.shape
    for a in prange(bk):
        for b in range(bj):
            for c in range(bi):
                least, tissue = np.uint16(0xFFFF), packed[4 * a, 4 * b, 4 * c] & np.uint16(0xFF)
                for k in range(4 * a, min(4 * a + 4, nk)):
                    for j in range(4 * b, min(4 * b + 4, nj)):
                        for i in range(4 * c, min(4 * c + 4, ni)):
                            word = packed[k, j, i]
                            least = min(least, word)
                            if word & np.uint16(0xFF) != tissue:
                                tissue = np.uint16(0xFF)
                blocks[a, b, c] = (least & np.uint16(0xFF00)) | tissue


@njit(parallel=True, cache=True, nogil=True)
def _stack(packed, bricks):  # type: ignore[no-untyped-def]
    nk, nj, ni = packed.shape
    bj, bi = (nj + 3) // 4, (ni + 3) // 4
    for k in prange(nk):
        for j in range(nj):
            row = 64 * (((k >> 2) * bj + (j >> 2)) * bi) + 16 * (k & 3) + 4 * (j & 3)
            for i in range(ni):
                bricks[row + 64 * (i >> 2) + (i & 3)] = packed[k, j, i]


@njit(cache=True, nogil=True)
def _walk_few(bricks, blocks, across, along, start, stride, steps, needed, gap, found):  # type: ignore[no-untyped-def]
    """One after the other, since waking threads takes longer; where one path is tightest the next often is too."""
    likely = 0
    for n in range(steps.size):
        _walk_one(bricks, blocks, across, along, start[n], stride[n], steps[n], needed, gap, likely, found[n])
        likely = found[n, 1]


@njit(parallel=True, cache=True, nogil=True)
def _walk(bricks, blocks, across, along, start, stride, steps, needed, gap, found):  # type: ignore[no-untyped-def]
    for chunk in prange((steps.size + _CHUNK - 1) // _CHUNK):
        a, b = chunk * _CHUNK, min((chunk + 1) * _CHUNK, steps.size)
        _walk_few(bricks, blocks, across, along, start[a:b], stride[a:b], steps[a:b], needed, gap, found[a:b])


@njit(cache=True, nogil=True)
def _block_of(i, j, k, across, along):  # type: ignore[no-untyped-def]
    row = np.uint32(k >> 18) * np.uint32(across) + np.uint32(j >> 18)  # unsigned: no index is negative
    return np.uint32(row * np.uint32(along) + np.uint32(i >> 18))


@njit(cache=True, nogil=True)
def _voxel_of(block, i, j, k):  # type: ignore[no-untyped-def]
    inner = np.uint32((k >> 12) & 48) | np.uint32((j >> 14) & 12) | np.uint32((i >> 16) & 3)
    return (block << np.uint32(6)) | inner


@njit(cache=True, nogil=True)
def _walk_one(bricks, blocks, across, along, start, stride, steps, needed, gap, likely, out):  # type: ignore[no-untyped-def]
    """One path from tip to skin; the constants are those of `rays` and `field.Tissue`.

    Steps are counted by runs of one tissue. The eight counts are kept in two words of four 16-bit parts, so that they
    never leave the registers. What is known to be tight at the step `likely` spares looking at all that is less so.
    """
    low, high = np.uint64(0), np.uint64(0)
    i, j, k = start[0], start[1], start[2]
    di, dj, dk = stride[0], stride[1], stride[2]
    rising = (64 << 16) // steps
    part = 0
    at = min(likely, steps)
    ahead = (i + at * di, j + at * dj, k + at * dk)
    word = bricks[_voxel_of(_block_of(*ahead, across, along), *ahead)]
    spare, where = np.int32(word >> 8) - needed[(at * rising) >> 16] + 1, 0  # what is found there is still less
    within, run, crossings, first = False, 0, 0, -1
    tissue, begun = np.uint16(0x7F), 0
    for step in range(steps + 1):
        need = needed[part >> 16]
        block = _block_of(i, j, k, across, along)
        word = blocks[block]
        if (word & np.uint16(0xFF)) != tissue or np.int32(word >> 8) - need < spare:
            word = bricks[_voxel_of(block, i, j, k)]
            here = np.int32(word >> 8) - need
            if here < spare:
                spare, where = here, step
            if (word & np.uint16(0xFF)) != tissue:
                many = step - begun
                if tissue == 3 or tissue == 4:
                    crossings += not within
                    within, run, first = True, 0, step - 1
                elif tissue == 6:
                    run = 0
                else:
                    run += many
                    within = within and run < gap
                if tissue == 0:
                    many = max(min(step, steps - 2) - begun, 0)  # not in the last steps, at the skin
                if tissue < 4:
                    low += np.uint64(many) << np.uint64(tissue << 4)
                elif tissue < 8:
                    high += np.uint64(many) << np.uint64((tissue & 3) << 4)
                tissue, begun = word & np.uint16(0xFF), step
        part += rising
        i += di
        j += dj
        k += dk
    many = steps + 1 - begun
    if tissue == 3 or tissue == 4:
        crossings += not within
        first = steps
    if tissue == 0:
        many = max(steps - 2 - begun, 0)
    if tissue < 4:
        low += np.uint64(many) << np.uint64(tissue << 4)
    else:
        high += np.uint64(many) << np.uint64((tissue & 3) << 4)
    out[0], out[1] = spare, where
    for kind in range(1, 8):
        half = low if kind < 4 else high
        out[kind + 1] = (half >> np.uint64((kind & 3) << 4)) & np.uint64(0xFFFF)
    out[9], out[10], out[11] = low & np.uint64(0xFFFF), crossings, first

"""Several explicit steps of heat in one pass over the memory, to the last bit as one after the other.

Step after step runs through the slices a slice behind the one before, while what both need is still in the cache:
large grids cost little more per voxel than small ones. Threads take a part of the slices each, leave out what would
need a neighbour's part, and fill the wedges between parts when all are done.
"""

from __future__ import annotations

import numpy as np

from .heat_numba import _euler_at
from .heat_steps import Box, Field, Network
from .solved_box import is_small
from .threads_numba import get_num_threads, njit, prange


def euler_steps(
    theta: Field, out: Field, net: Network, keep: Field, power_w: float, seconds: float, box: Box, count: int
) -> None:
    """`heat_steps.euler_steps`, compiled."""
    warm, step = np.float32(seconds * power_w), np.float32(seconds)
    arrays = (theta, out, net.x, net.y, net.z, net.gain, keep, net.warmth, warm, step, box)
    parts = 1 if is_small(box) else min(get_num_threads(), (box[1] - box[0]) // (2 * count))
    if parts <= 1:
        _part(*arrays, count, box[0], box[1])
    else:
        _in_parts(*arrays, count, parts)


@njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _part(  # type: ignore[no-untyped-def]
    theta, out, x, y, z, gain, keep, warmth, warm, seconds, box, count, first, last
):
    """All steps on slices from `first` to `last`, as far as they need nothing beyond, unless the box ends there."""
    for front in range(first, last + count - 1):
        for step in range(count):
            k = front - step
            low = first if first == box[0] else first + step
            high = last if last == box[1] else last - step
            if low <= k < high:
                a, b = (theta, out) if step % 2 == 0 else (out, theta)
                _euler_at(np.uint64(k), a, b, x, y, z, gain, keep, warmth, warm, seconds, box)


@njit(parallel=True, cache=True, nogil=True, fastmath={"contract", "nsz"})
def _in_parts(  # type: ignore[no-untyped-def]
    theta, out, x, y, z, gain, keep, warmth, warm, seconds, box, count, parts
):
    size = box[1] - box[0]
    for part in prange(parts):
        first, last = box[0] + size * part // parts, box[0] + size * (part + 1) // parts
        _part(theta, out, x, y, z, gain, keep, warmth, warm, seconds, box, count, first, last)
    for part in prange(parts - 1):
        middle = box[0] + size * (part + 1) // parts
        for step in range(1, count):
            for k in range(middle - step, middle + step):
                a, b = (theta, out) if step % 2 == 0 else (out, theta)
                _euler_at(np.uint64(k), a, b, x, y, z, gain, keep, warmth, warm, seconds, box)

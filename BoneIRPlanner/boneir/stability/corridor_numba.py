"""The compiled twin of `corridor_walk.walk_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from .corridor_reach import SLACK_MM, SLANT, Reach, mouth_mm


def walk_compiled(
    depth_mm: NDArray[np.float32],
    step_mm: float,
    centres: NDArray[np.float64],
    ways: NDArray[np.float64],
    reach: Reach,
    farthest_mm: float,
) -> NDArray[np.float32]:
    """What `corridor_walk.walk_numpy` gives."""
    out = np.full((len(centres), len(ways), 3), -1, np.float32)
    needed = reach.ahead_mm + reach.tip_mm
    back, ahead, end = int(reach.back_mm / step_mm), int(farthest_mm / step_mm), int(reach.ahead_mm / step_mm)
    most = np.float32(depth_mm.max())
    limits = (back, ahead, end, needed, reach.least_mm, reach.through, most, mouth_mm())
    _walk(depth_mm, step_mm, centres, ways, limits, out)
    return out


@njit(parallel=True, cache=True, nogil=True)
def _walk(depth, step, centres, ways, limits, out):  # type: ignore[no-untyped-def]
    for n in prange(len(centres)):
        for m in range(len(ways)):
            _walk_one(depth, step, centres[n], ways[m], limits, out[n, m])


@njit(cache=True, nogil=True, inline="always")
def _at(depth, centre, way, t):  # type: ignore[no-untyped-def]
    i = int(np.floor(centre[0] + t * way[0] + 0.5))
    j = int(np.floor(centre[1] + t * way[1] + 0.5))
    k = int(np.floor(centre[2] + t * way[2] + 0.5))
    nk, nj, ni = depth.shape
    if i < 0 or j < 0 or k < 0 or i >= ni or j >= nj or k >= nk:
        return np.float32(0)
    return depth[k, j, i]


@njit(cache=True, nogil=True, inline="always")
def _counts(depth, away, mouth):  # type: ignore[no-untyped-def]
    return depth < (away - SLACK_MM) / SLANT or away > mouth


@njit(cache=True, nogil=True)
def _walk_one(depth, step, centre, way, limits, out):  # type: ignore[no-untyped-def]
    back, ahead, end, needed, least, through, most, mouth = limits
    first = 0
    while first <= back + 1 and _at(depth, centre, way, -first) > 0:
        first += 1
    if first > back or first == 0 or _at(depth, centre, way, -first) < 0:
        return
    last = 0
    while last <= ahead and _at(depth, centre, way, last) > 0:
        last += 1
    if through:
        if last > ahead or _at(depth, centre, way, last) < 0:
            return
        end = last - 1
    elif last * step < needed:
        return
    if (first + last) * step < least:
        return
    radius = most
    for t in range(1 - first, end + 1):
        here = _at(depth, centre, way, t)
        counts = _counts(here, (t + first) * step, mouth)
        counts = counts and (not through or _counts(here, (last - t) * step, mouth))
        if counts and here < radius:
            radius = here
    out[0] = radius
    out[1] = first * step
    out[2] = last * step

"""The compiled twin of the sum in `zone_weight`; imported only where numba is installed."""

from __future__ import annotations

from numba import njit, prange


@njit(parallel=True, cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def sum_within(xs, ys, zs, weight, centres, ways, half_length, half_width, total):  # type: ignore[no-untyped-def]
    """Weight of the points in an ellipsoid of revolution around each centre, along each way.

    The order of the sum is free, so that several points are asked at once.
    """
    along, across = 1 / half_length**2, 1 / half_width**2
    for n in prange(len(total)):
        c0, c1, c2 = centres[n, 0], centres[n, 1], centres[n, 2]
        w0, w1, w2 = ways[n, 0], ways[n, 1], ways[n, 2]
        within = 0.0
        for p in range(len(weight)):
            x, y, z = xs[p] - c0, ys[p] - c1, zs[p] - c2
            t = x * w0 + y * w1 + z * w2
            squared = t * t
            level = squared * along + (x * x + y * y + z * z - squared) * across
            within += weight[p] if level <= 1 + 1e-9 else 0.0
        total[n] = within

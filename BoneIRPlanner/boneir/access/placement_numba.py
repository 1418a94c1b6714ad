"""The compiled twin of `placement.touched_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


def touched_compiled(
    points: NDArray[np.float64],
    starts: NDArray[np.intp],
    middles: NDArray[np.float64],
    radii: NDArray[np.float64],
    entries: NDArray[np.float64],
    tips: NDArray[np.float64],
    reach_mm: float,
) -> NDArray[np.bool_]:
    """What `placement.touched_numpy` gives."""
    touched = np.zeros(len(entries), bool)
    _touch(points, starts, middles, (radii + reach_mm) ** 2, entries, tips, reach_mm**2, touched)
    return touched


@njit(cache=True, nogil=True)
def _touch(points, starts, middles, squared_radii, entries, tips, squared_reach, touched):  # type: ignore[no-untyped-def]
    for n in range(len(entries)):
        e0, e1, e2 = entries[n, 0], entries[n, 1], entries[n, 2]
        w0, w1, w2 = tips[n, 0] - e0, tips[n, 1] - e1, tips[n, 2] - e2
        length = np.sqrt(w0 * w0 + w1 * w1 + w2 * w2)
        w0, w1, w2 = w0 / length, w1 / length, w2 / length
        for block in range(len(middles)):
            m0, m1, m2 = middles[block, 0] - e0, middles[block, 1] - e1, middles[block, 2] - e2
            if _squared_to_axis(m0, m1, m2, w0, w1, w2, length) > squared_radii[block]:
                continue
            for p in range(starts[block], starts[block + 1]):
                p0, p1, p2 = points[p, 0] - e0, points[p, 1] - e1, points[p, 2] - e2
                if _squared_to_axis(p0, p1, p2, w0, w1, w2, length) <= squared_reach:
                    touched[n] = True
                    break
            if touched[n]:
                break


@njit(cache=True, nogil=True, inline="always")
def _squared_to_axis(x, y, z, w0, w1, w2, length):  # type: ignore[no-untyped-def]
    """Squared distance of a point, as seen from the entry, to the axis up to its tip."""
    along = min(max(x * w0 + y * w1 + z * w2, 0.0), length)
    x, y, z = x - along * w0, y - along * w1, z - along * w2
    return x * x + y * y + z * z

"""The compiled twin of `clearance.least_squared_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


def least_squared_compiled(
    points: NDArray[np.float64],
    centres: NDArray[np.float64],
    half: NDArray[np.float64],
    first: NDArray[np.intp],
    last: NDArray[np.intp],
) -> NDArray[np.float64]:
    """What `clearance.least_squared_numpy` gives."""
    least = np.full(len(points), np.inf)
    _lower(np.ascontiguousarray(points), np.ascontiguousarray(centres), half, first, last, least)
    return least


@njit(cache=True, nogil=True)
def _lower(points, centres, half, first, last, least):  # type: ignore[no-untyped-def]
    a, b, c = half[0], half[1], half[2]
    for box in range(len(centres)):
        x, y, z = centres[box, 0], centres[box, 1], centres[box, 2]
        for n in range(first[box], last[box]):
            dx = max(abs(points[n, 0] - x) - a, 0.0)
            dy = max(abs(points[n, 1] - y) - b, 0.0)
            dz = max(abs(points[n, 2] - z) - c, 0.0)
            squared = dx * dx + dy * dy + dz * dz
            if squared < least[n]:
                least[n] = squared

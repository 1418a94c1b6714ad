"""The compiled twin of `ultrasound.rayleigh_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


def rayleigh_compiled(
    points_mm: NDArray[np.float64], elements_mm: NDArray[np.float64], weights: NDArray[np.float64], k_per_mm: float
) -> NDArray[np.float64]:
    """`ultrasound.rayleigh_numpy`, compiled."""
    heard = weights > 0
    x, y, z = (np.ascontiguousarray(elements_mm[heard, axis]) for axis in range(3))
    square = np.empty(len(points_mm))
    _sum(np.ascontiguousarray(points_mm, float), x, y, z, weights[heard], k_per_mm, square)
    return square


@njit(parallel=True, cache=True, nogil=True, fastmath=True)
def _sum(points, x, y, z, weights, k, square):  # type: ignore[no-untyped-def]
    for n in prange(len(points)):
        real, imaginary = 0.0, 0.0
        for m in range(len(x)):
            dx, dy, dz = points[n, 0] - x[m], points[n, 1] - y[m], points[n, 2] - z[m]
            r = np.sqrt(dx * dx + dy * dy + dz * dz)
            size = weights[m] / r
            real += size * np.cos(k * r)
            imaginary += size * np.sin(k * r)
        square[n] = real * real + imaginary * imaginary

"""The compiled twin of `ultrasound.rayleigh_numpy`; imported only where numba is installed.

Sine and cosine are power series of half the phase within one turn, exact to ten digits, so that the compiler can work
on several elements of the bowl at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .threads_numba import njit, prange


def rayleigh_compiled(
    points_mm: NDArray[np.float64], elements_mm: NDArray[np.float64], weights: NDArray[np.float64], k_per_mm: float
) -> NDArray[np.float64]:
    """`ultrasound.rayleigh_numpy`, compiled."""
    heard = weights > 0
    x, y, z = (np.ascontiguousarray(elements_mm[heard, axis]) for axis in range(3))
    square = np.empty(len(points_mm))
    _sum(np.ascontiguousarray(points_mm, float), x, y, z, weights[heard], k_per_mm / (2.0 * np.pi), square)
    return square


@njit(parallel=True, cache=True, nogil=True, fastmath=True)
def _sum(points, x, y, z, weights, turns_per_mm, square):  # type: ignore[no-untyped-def]
    for n in prange(len(points)):
        px, py, pz = points[n, 0], points[n, 1], points[n, 2]
        real, imaginary = 0.0, 0.0
        for m in range(x.size):
            dx, dy, dz = px - x[m], py - y[m], pz - z[m]
            r = np.sqrt(dx * dx + dy * dy + dz * dz)
            turns = r * turns_per_mm
            h = np.pi * (turns - np.floor(turns + 0.5))
            s = h * h
            sine = h * (
                1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110 * (1 - s / 156 * (1 - s / 210))))))
            )
            cosine = 1 - s / 2 * (
                1 - s / 12 * (1 - s / 30 * (1 - s / 56 * (1 - s / 90 * (1 - s / 132 * (1 - s / 182)))))
            )
            size = weights[m] / r
            real += size * (1.0 - 2.0 * sine * sine)
            imaginary += size * 2.0 * sine * cosine
        square[n] = real * real + imaginary * imaginary

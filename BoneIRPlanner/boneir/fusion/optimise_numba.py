"""The two hot loops of registration, compiled; `optimise` holds the same in NumPy."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Array = NDArray[Any]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def value_and_slope(
    values: Array, origin: Floats, to_index: Floats, points_mm: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Trilinear values and gradients per mm at all points, and which of them lie within; see `optimise`."""
    nk, nj, ni = values.shape
    count = points_mm.shape[0]
    value, slope = np.zeros(count), np.zeros((count, 3))
    inside = np.zeros(count, np.bool_)
    for n in range(count):
        px, py, pz = points_mm[n, 0] - origin[0], points_mm[n, 1] - origin[1], points_mm[n, 2] - origin[2]
        i = to_index[0, 0] * px + to_index[0, 1] * py + to_index[0, 2] * pz
        j = to_index[1, 0] * px + to_index[1, 1] * py + to_index[1, 2] * pz
        k = to_index[2, 0] * px + to_index[2, 1] * py + to_index[2, 2] * pz
        if not (i >= 0.0 and j >= 0.0 and k >= 0.0 and i <= ni - 1 and j <= nj - 1 and k <= nk - 1):
            continue
        inside[n] = True
        bi, bj, bk = min(int(i), max(ni - 2, 0)), min(int(j), max(nj - 2, 0)), min(int(k), max(nk - 2, 0))
        x, y, z = i - bi, j - bj, k - bk
        ei, ej, ek = min(bi + 1, ni - 1), min(bj + 1, nj - 1), min(bk + 1, nk - 1)
        a, b = np.float64(values[bk, bj, bi]), np.float64(values[bk, bj, ei])
        c, d = np.float64(values[bk, ej, bi]), np.float64(values[bk, ej, ei])
        e, f = np.float64(values[ek, bj, bi]), np.float64(values[ek, bj, ei])
        g, h = np.float64(values[ek, ej, bi]), np.float64(values[ek, ej, ei])
        ab, cd, ef, gh = a + x * (b - a), c + x * (d - c), e + x * (f - e), g + x * (h - g)
        near, far = ab + y * (cd - ab), ef + y * (gh - ef)
        value[n] = near + z * (far - near)
        low, high = (b - a) + y * ((d - c) - (b - a)), (f - e) + y * ((h - g) - (f - e))
        si = low + z * (high - low)
        sj = (cd - ab) + z * ((gh - ef) - (cd - ab))
        sk = far - near
        for axis in range(3):
            slope[n, axis] = si * to_index[0, axis] + sj * to_index[1, axis] + sk * to_index[2, axis]
    return value, slope, inside


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def mutual_information(
    bins: NDArray[np.int64], values: Floats, low: float, high: float, bin_count: int
) -> tuple[float, Floats]:
    """Mutual information and its derivative by each value; see `optimise`."""
    count, width = len(values), bin_count + 4
    scale = (bin_count - 1) / max(high - low, 1e-6)
    joint = np.zeros((bin_count, width))
    first = np.empty(count, np.int64)
    place = np.empty(count)
    for n in range(count):
        place[n] = min(max((values[n] - low) * scale, 0.0), bin_count - 1.0) + 2.0
        first[n] = int(place[n]) - 1
        for m in range(4):
            joint[bins[n], first[n] + m] += _weight(place[n] - (first[n] + m))
    joint /= count
    one, other = joint.sum(axis=1), joint.sum(axis=0)
    information = 0.0
    by_cell = np.zeros((bin_count, width))
    for r in range(bin_count):
        for c in range(width):
            if joint[r, c] > 0:
                information += joint[r, c] * np.log(joint[r, c] / (one[r] * other[c]))
                by_cell[r, c] = np.log(joint[r, c] / other[c])
    rate = np.zeros(count)
    for n in range(count):
        if low < values[n] < high:
            for m in range(4):
                rate[n] += _rate(place[n] - (first[n] + m)) * by_cell[bins[n], first[n] + m]
            rate[n] *= scale / count
    return information, rate


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _weight(offset: float) -> float:
    away = abs(offset)
    if away < 1.0:
        return 2.0 / 3.0 - away * away + 0.5 * away**3
    return (2.0 - min(away, 2.0)) ** 3 / 6.0


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _rate(offset: float) -> float:
    away = abs(offset)
    sign = 1.0 if offset > 0 else (-1.0 if offset < 0 else 0.0)
    if away < 1.0:
        return (-2.0 * away + 1.5 * away * away) * sign
    return -0.5 * (2.0 - min(away, 2.0)) ** 2 * sign

"""The compiled twin of `shaft.shaft_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


def shaft_compiled(
    voxels: NDArray[np.bool_],
    start: NDArray[np.float64],
    outward: NDArray[np.float64],
    outside_mm: NDArray[np.float64],
    from_mm: float,
    step_mm: float,
) -> NDArray[np.float64]:
    """What `shaft.shaft_numpy` gives, to the last bit."""
    inside = np.zeros(len(outside_mm))
    _walk(voxels, start, outward, outside_mm, from_mm, step_mm, inside)
    return inside


@njit(parallel=True, cache=True, nogil=True)
def _walk(voxels, start, outward, outside_mm, from_mm, step_mm, inside):  # type: ignore[no-untyped-def]
    nk, nj, ni = voxels.shape
    for n in prange(len(inside)):
        far = from_mm
        while far < outside_mm[n] + step_mm:
            away = min(far, outside_mm[n])
            i = int(np.rint(start[n, 0] + away * outward[n, 0]))
            j = int(np.rint(start[n, 1] + away * outward[n, 1]))
            k = int(np.rint(start[n, 2] + away * outward[n, 2]))
            if 0 <= i < ni and 0 <= j < nj and 0 <= k < nk and voxels[k, j, i]:
                inside[n] += step_mm
            far += step_mm

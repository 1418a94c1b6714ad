"""The compiled twin of `incidence.slope_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


def slope_compiled(
    packed: NDArray[np.uint16], voxels: NDArray[np.intp], offsets: NDArray[np.intp], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What `incidence.slope_numpy` gives."""
    slope = np.zeros((len(voxels), 3))
    _sum(packed, voxels, offsets, weights, slope)
    return slope


@njit(parallel=True, cache=True, nogil=True)
def _sum(packed, voxels, offsets, weights, slope):  # type: ignore[no-untyped-def]
    """Codes as in `field.Tissue`: bone 3, hard bone 4, lesion 6."""
    nk, nj, ni = packed.shape
    for n in prange(len(voxels)):
        s0, s1, s2 = 0.0, 0.0, 0.0
        for p in range(len(offsets)):
            k = min(max(voxels[n, 0] + offsets[p, 0], 0), nk - 1)
            j = min(max(voxels[n, 1] + offsets[p, 1], 0), nj - 1)
            i = min(max(voxels[n, 2] + offsets[p, 2], 0), ni - 1)
            tissue = packed[k, j, i] & np.uint16(0xFF)
            if tissue == 3 or tissue == 4 or tissue == 6:
                s0 += weights[p, 0]
                s1 += weights[p, 1]
                s2 += weights[p, 2]
        slope[n, 0], slope[n, 1], slope[n, 2] = s0, s1, s2

"""How much of a needle outside the skin lies in the body again: in an arm, a fold, the other thigh."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..image.distance import has_numba
from ..mask import Mask

STEP_MM = 3.0
"""The shaft is asked every so many mm."""
_FEW = 256


def shaft_inside_mm(
    body: Mask,
    entries_mm: NDArray[np.float64],
    ways: NDArray[np.float64],
    outside_mm: NDArray[np.float64],
    from_mm: float,
    *,
    compiled: bool | None = None,
) -> NDArray[np.float64]:
    """Length of each shaft between skin and hub that lies in the body.

    Parameters
    ----------
    body : Mask
    entries_mm : ndarray, shape (n, 3)
        LPS mm.
    ways : ndarray, shape (n, 3)
        Unit vectors from entry to tip.
    outside_mm : ndarray, shape (n,)
        Length of the needle outside the skin.
    from_mm : float
        How far outside the skin the looking begins.
    compiled : bool or None
        Whether to use the compiled kernel; None uses it for many needles where numba is installed.

    Returns
    -------
    ndarray, shape (n,)
        mm, in whole steps of `STEP_MM`; the hub counts as one.
    """
    if body.is_empty:
        return np.zeros(len(outside_mm))
    corner = np.asarray(body.corner[::-1])
    start = body.grid.to_ijk(entries_mm) - corner
    outward = (body.grid.to_ijk(entries_mm - ways) - corner) - start
    use = has_numba() and len(outside_mm) > _FEW if compiled is None else compiled
    if not use:
        return shaft_numpy(body.voxels, start, outward, outside_mm, from_mm)
    from .shaft_numba import shaft_compiled

    return shaft_compiled(body.voxels, start, outward, outside_mm, from_mm, STEP_MM)


def shaft_numpy(
    voxels: NDArray[np.bool_],
    start: NDArray[np.float64],
    outward: NDArray[np.float64],
    outside_mm: NDArray[np.float64],
    from_mm: float,
) -> NDArray[np.float64]:
    """The twin of the compiled kernel; `start` and `outward` are indices (i, j, k) and their change per mm."""
    inside = np.zeros(len(outside_mm))
    top = np.asarray(voxels.shape[::-1])
    far = from_mm
    while (some := np.flatnonzero(far < outside_mm + STEP_MM)).size:
        away = np.minimum(far, outside_mm[some])[:, None]
        index = np.rint(start[some] + away * outward[some]).astype(np.intp)
        within = ((index >= 0) & (index < top)).all(axis=1)
        i, j, k = index[within].T
        inside[some[within]] += STEP_MM * voxels[k, j, i]
        far += STEP_MM
    return inside

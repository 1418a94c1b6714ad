"""The compiled twin of `ethanol.received_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .threads_numba import njit

Floats = NDArray[np.float64]


def received_compiled(
    pressure: Floats, flows: tuple[Floats, Floats, Floats], leaving: Floats, pores_ml: Floats, fed_ml: Floats
) -> Floats:
    """`ethanol.received_numpy`, compiled: one pass from the highest pressure down, because fluid flows that way."""
    order = np.argsort(-pressure, axis=None, kind="stable")
    received = fed_ml.copy()
    _pass(order, *flows, leaving, np.ascontiguousarray(pores_ml), received)
    return received


@njit(cache=True, nogil=True)
def _pass(order, fk, fj, fi, leaving, pores, received):  # type: ignore[no-untyped-def]
    nk, nj, ni = received.shape
    for place in order:
        k, rest = divmod(place, nj * ni)
        j, i = divmod(rest, ni)
        passed = received[k, j, i] - pores[k, j, i]
        if passed <= 0.0 or leaving[k, j, i] <= 0.0:
            continue
        passed /= leaving[k, j, i]
        for axis in range(3):
            flow = fk if axis == 0 else fj if axis == 1 else fi
            a, b, c = k + (axis == 0), j + (axis == 1), i + (axis == 2)
            if a < nk and b < nj and c < ni and flow[k, j, i] > 0.0:
                received[a, b, c] += flow[k, j, i] * passed
            a, b, c = k - (axis == 0), j - (axis == 1), i - (axis == 2)
            if a >= 0 and b >= 0 and c >= 0 and flow[a, b, c] < 0.0:
                received[a, b, c] -= flow[a, b, c] * passed

"""When a front arrives: the eikonal equation on a grid, solved by relaxation in NumPy.

At every voxel the arrival T fulfils sum over the axes of ((T - T_upwind) / slowness)^2 = 1, with differences of second
order where speed does not change (Sethian, SIAM Review 1999;41:199-235). It is repeated everywhere until nothing
changes any more, which any order of the voxels leads to; the compiled twin takes them in the order of their arrival.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALIKE = 0.1
"""Second differences are taken where the slowness differs by less than this share."""
_SETTLED = 1e-9
_MOST_ROUNDS = 2000


def march(slowness: tuple[Floats, Floats, Floats], start: Floats, capacity: Floats, enough: float) -> Floats:
    """Arrival of a front at every voxel.

    Parameters
    ----------
    slowness : three arrays of float, shape (k, j, i)
        Time for one voxel along k, j and i; infinite where nothing passes.
    start : ndarray of float, shape (k, j, i)
        Known arrivals near the sources, infinite elsewhere.
    capacity : ndarray of float, shape (k, j, i)
    enough : float
        Arrivals are wanted until the capacity of what was reached is this.

    Returns
    -------
    ndarray of float, shape (k, j, i)
        Infinite where the front does not come, or comes after enough.
    """
    padded = [np.pad(item, 2, constant_values=np.inf) for item in slowness]
    known = np.pad(start, 2, constant_values=np.inf)
    arrival, given = known.copy(), np.isfinite(known)
    for second in (False, True):
        for _ in range(_MOST_ROUNDS):
            with np.errstate(invalid="ignore", divide="ignore"):
                new = np.where(given, known, _relaxed(arrival, padded, second))
            new = new if second else np.minimum(new, arrival)
            settled = np.array_equal(np.isfinite(new), np.isfinite(arrival)) and _change(new, arrival) < _SETTLED
            arrival = new
            if settled:
                break
    found = arrival[2:-2, 2:-2, 2:-2]
    order = np.argsort(found, axis=None, kind="stable")
    before = np.cumsum(capacity.ravel()[order]) - capacity.ravel()[order]
    late = order[before >= enough]
    found = found.copy()
    found.ravel()[late] = np.inf
    return found


def _change(new: Floats, old: Floats) -> float:
    finite = np.isfinite(new)
    return float(np.abs(new[finite] - old[finite]).max(initial=0.0))


def _relaxed(arrival: Floats, slowness: list[Floats], second: bool) -> Floats:
    """Every voxel's arrival from its neighbours'."""
    upwind = [_upwind(arrival, slow, axis, second) for axis, slow in enumerate(slowness)]
    values, paces = (np.stack([pair[n] for pair in upwind]) for n in (0, 1))
    order = np.argsort(values, axis=0, kind="stable")
    values, paces = np.take_along_axis(values, order, 0), np.take_along_axis(paces, order, 0)
    squares = np.where(np.isfinite(values), 1.0 / paces**2, 0.0)
    values = np.where(np.isfinite(values), values, np.inf)
    found = values[0] + paces[0]
    a, b, c = squares[0], squares[0] * values[0], squares[0] * values[0] ** 2
    going = np.ones(found.shape, bool)
    for n in (1, 2):
        going &= values[n] < found
        a = a + np.where(going, squares[n], 0.0)
        b = b + np.where(going, squares[n] * values[n], 0.0)
        c = c + np.where(going, squares[n] * values[n] ** 2, 0.0)
        root = b * b - a * (c - 1.0)
        going &= root >= 0.0
        found = np.where(going, (b + np.sqrt(np.maximum(root, 0.0))) / a, found)
    return np.where(np.isfinite(slowness[0]), found, np.inf)


def _upwind(arrival: Floats, slow: Floats, axis: int, second: bool) -> tuple[Floats, Floats]:
    """Value and pace of the earlier of the two neighbours along an axis."""
    best = np.full(arrival.shape, np.inf)
    value, pace = np.full(arrival.shape, np.inf), np.full(arrival.shape, np.inf)
    for sign in (-1, 1):
        one, two = (np.roll(arrival, -sign * n, axis) for n in (1, 2))
        slow_one, slow_two = (np.roll(slow, -sign * n, axis) for n in (1, 2))
        edge = 0.5 * (slow + slow_one)
        earlier = one + edge < best
        best = np.where(earlier, one + edge, best)
        far = earlier & (two <= one) & np.isfinite(two) & (one <= arrival) if second else np.zeros(best.shape, bool)
        far &= (np.abs(slow_two - slow) <= ALIKE * slow) & (np.abs(slow_one - slow) <= ALIKE * slow)
        value = np.where(earlier, np.where(far, (4.0 * one - two) / 3.0, one), value)
        pace = np.where(earlier, np.where(far, edge / 1.5, edge), pace)
    return value, pace

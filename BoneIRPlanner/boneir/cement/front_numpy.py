"""When a front arrives: the eikonal equation on a grid, solved by relaxation in NumPy.

At every voxel the arrival T fulfils sum over the axes of ((T - T_upwind) / slowness)^2 = 1, with differences of second
order where speed does not change (Sethian, SIAM Review 1999;41:199-235). It is repeated everywhere until nothing
changes any more, which any order of the voxels leads to; the compiled twin takes them in the order of their arrival.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ALIKE = 0.1
"""Second differences are taken where the slowness differs by less than this share."""
_SETTLED = 1e-6
"""Share of the time through a voxel below which an arrival has settled."""
_MOST_ROUNDS = 3000
_REFINING_ROUNDS = 120
"""Second differences may send a few voxels back and forth between two values: then the mean of both is taken."""
_FREE_ROUNDS = 40


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
    net = _net(slowness)
    known = start.ravel()[net.voxels]
    # The last place stands for all that is outside of the bone.
    arrival = np.append(known, np.inf)
    given = np.isfinite(known)
    for second, most in ((False, _MOST_ROUNDS), (True, _REFINING_ROUNDS)):
        for n in range(most):
            new = np.where(given, known, _relaxed(arrival, net, second))
            old = arrival[:-1]
            if not second:
                new = np.minimum(new, old)
            elif n >= _FREE_ROUNDS:
                new = np.where(np.isfinite(new) & np.isfinite(old), 0.5 * (new + old), new)
            settled = _is_settled(new, old, net.paces[0].own)
            arrival[:-1] = new
            if settled:
                break
    found = np.full(start.size, np.inf)
    found[net.voxels] = arrival[:-1]
    order = np.argsort(found, kind="stable")
    before = np.cumsum(capacity.ravel()[order]) - capacity.ravel()[order]
    found[order[before >= enough]] = np.inf
    return found.reshape(start.shape)


@dataclass(frozen=True, eq=False)
class _Paces:
    """Of one axis: slowness of each voxel, and for both sides its neighbours, the way to them, and where all are alike.

    The neighbours are places in the list of voxels; its length stands for outside.
    """

    own: Floats
    one: tuple[Ints, Ints]
    two: tuple[Ints, Ints]
    edge: tuple[Floats, Floats]
    alike: tuple[NDArray[np.bool_], NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class _Net:
    """The voxels that the front can reach, as flat indices, and their neighbours along each axis."""

    voxels: Ints
    paces: tuple[_Paces, _Paces, _Paces]


def _net(slowness: tuple[Floats, Floats, Floats]) -> _Net:
    shape = slowness[0].shape
    voxels = np.flatnonzero(np.isfinite(slowness[0]))
    place = np.full(slowness[0].size, voxels.size, np.int64)
    place[voxels] = np.arange(voxels.size)
    index = np.stack(np.unravel_index(voxels, shape), axis=1)
    strides = (shape[1] * shape[2], shape[2], 1)
    paces = []
    for axis in range(3):
        own = slowness[axis].ravel()[voxels]
        padded = np.append(own, np.inf)
        sides = []
        for sign in (-1, 1):
            near, far = (_neighbour(place, voxels, index, shape, strides, axis, sign * n) for n in (1, 2))
            with np.errstate(invalid="ignore"):
                even = np.abs(padded[near] - own) <= ALIKE * own
                even &= np.abs(padded[far] - own) <= ALIKE * own
            sides.append((near, far, 0.5 * (own + padded[near]), even))
        (a, b, c, d), (e, f, g, h) = sides
        paces.append(_Paces(own, (a, e), (b, f), (c, g), (d, h)))
    return _Net(voxels, (paces[0], paces[1], paces[2]))


def _neighbour(
    place: Ints, voxels: Ints, index: Ints, shape: tuple[int, ...], strides: tuple[int, ...], axis: int, step: int
) -> Ints:
    """Place of the voxel so many steps along an axis; outside where there is none."""
    there = index[:, axis] + step
    inside = (there >= 0) & (there < shape[axis])
    found = np.full(voxels.size, voxels.size, np.int64)
    found[inside] = place[voxels[inside] + step * strides[axis]]
    return found


def _is_settled(new: Floats, old: Floats, pace: Floats) -> bool:
    finite = np.isfinite(new)
    if not np.array_equal(finite, np.isfinite(old)):
        return False
    return bool((np.abs(new[finite] - old[finite]) <= _SETTLED * pace[finite]).all())


def _relaxed(arrival: Floats, net: _Net, second: bool) -> Floats:
    """Every voxel's arrival from its neighbours'."""
    upwind = [_upwind(arrival, paces, second) for paces in net.paces]
    values, paces = (np.stack([pair[n] for pair in upwind]) for n in (0, 1))
    order = np.argsort(values, axis=0, kind="stable")
    values, paces = np.take_along_axis(values, order, 0), np.take_along_axis(paces, order, 0)
    finite = np.isfinite(values)
    squares = np.where(finite, 1.0 / paces**2, 0.0)
    safe = np.where(finite, values, 0.0)
    found = values[0] + paces[0]
    a, b, c = squares[0], squares[0] * safe[0], squares[0] * safe[0] ** 2
    going = finite[0]
    for n in (1, 2):
        going = going & finite[n] & (values[n] < found)
        square = np.where(going, squares[n], 0.0)
        a, b, c = a + square, b + square * safe[n], c + square * safe[n] ** 2
        root = b * b - a * (c - 1.0)
        going = going & (root >= 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = np.where(going, (b + np.sqrt(np.maximum(root, 0.0))) / a, found)
    return np.asarray(found, np.float64)


def _upwind(arrival: Floats, paces: _Paces, second: bool) -> tuple[Floats, Floats]:
    """Value and pace of the earlier of the two neighbours along an axis."""
    before, after = (arrival[near] + edge for near, edge in zip(paces.one, paces.edge, strict=True))
    later = after < before
    one = np.where(later, arrival[paces.one[1]], arrival[paces.one[0]])
    edge = np.where(later, paces.edge[1], paces.edge[0])
    if not second:
        return one, np.where(np.isfinite(edge), edge, 1.0)
    two = np.where(later, arrival[paces.two[1]], arrival[paces.two[0]])
    alike = np.where(later, paces.alike[1], paces.alike[0])
    far = alike & (two <= one) & np.isfinite(two) & (one <= arrival[:-1])
    with np.errstate(invalid="ignore"):
        value = np.where(far, (4.0 * one - two) / 3.0, one)
    return value, np.where(np.isfinite(edge), np.where(far, edge / 1.5, edge), 1.0)

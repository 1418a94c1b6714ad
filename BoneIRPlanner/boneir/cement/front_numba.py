"""The compiled twin of `front_numpy`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .front_numpy import ALIKE

Floats = NDArray[np.float64]


def march(slowness: tuple[Floats, Floats, Floats], start: Floats, capacity: Floats, enough: float) -> Floats:
    """`front_numpy.march`, compiled: fast marching with a heap; it ends when `enough` capacity has been reached."""
    shape = start.shape
    k, j, i = (np.ascontiguousarray(item) for item in slowness)
    found = _march(k, j, i, np.ascontiguousarray(start), np.ascontiguousarray(capacity), enough)
    return np.asarray(found, np.float64).reshape(shape)


@njit(cache=True, nogil=True, inline="always")
def _edge(own, other):  # type: ignore[no-untyped-def]
    return 0.5 * (own + other)


@njit(cache=True, nogil=True)
def _up(heap, place, arrival, at):  # type: ignore[no-untyped-def]
    item = heap[at]
    while at > 0:
        above = (at - 1) >> 1
        if arrival[heap[above]] <= arrival[item]:
            break
        heap[at] = heap[above]
        place[heap[at]] = at
        at = above
    heap[at] = item
    place[item] = at


@njit(cache=True, nogil=True)
def _down(heap, place, arrival, size):  # type: ignore[no-untyped-def]
    item, at = heap[0], 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and arrival[heap[child + 1]] < arrival[heap[child]]:
            child += 1
        if arrival[heap[child]] >= arrival[item]:
            break
        heap[at] = heap[child]
        place[heap[at]] = at
        at = child
    heap[at] = item
    place[item] = at


@njit(cache=True, nogil=True)
def solve(values, weights, count):  # type: ignore[no-untyped-def]
    """The arrival T with sum of (weight (T - value))^2 = 1 over what lies upwind; values come smallest first."""
    found = values[0] + 1.0 / weights[0]
    a, b, c = weights[0] ** 2, weights[0] ** 2 * values[0], weights[0] ** 2 * values[0] ** 2
    for n in range(1, count):
        if values[n] >= found:
            break
        square = weights[n] ** 2
        a += square
        b += square * values[n]
        c += square * values[n] ** 2
        root = b * b - a * (c - 1.0)
        if root < 0.0:
            break
        found = (b + np.sqrt(root)) / a
    return found


@njit(cache=True, nogil=True)
def _arrival(at, index, shape, strides, slow, arrival, done):  # type: ignore[no-untyped-def]
    values, weights = np.empty(3), np.empty(3)
    count = 0
    for axis in range(3):
        cost = slow[axis]
        best, value, weight = np.inf, 0.0, 0.0
        for sign in (-1, 1):
            where = index[axis] + sign
            if where < 0 or where >= shape[axis]:
                continue
            one = at + sign * strides[axis]
            if not done[one]:
                continue
            pace = _edge(cost[at], cost[one])
            first = arrival[one]
            if first + pace >= best:
                continue
            best, value, weight = first + pace, first, 1.0 / pace
            far = where + sign
            if far < 0 or far >= shape[axis]:
                continue
            two = one + sign * strides[axis]
            alike = ALIKE * cost[at]
            even = abs(cost[two] - cost[at]) <= alike and abs(cost[one] - cost[at]) <= alike
            if even and done[two] and arrival[two] <= first:
                value, weight = (4.0 * first - arrival[two]) / 3.0, 1.5 / pace
        if best < np.inf:
            where = count
            while where > 0 and values[where - 1] > value:
                values[where], weights[where] = values[where - 1], weights[where - 1]
                where -= 1
            values[where], weights[where] = value, weight
            count += 1
    return solve(values, weights, count)


@njit(cache=True, nogil=True)
def _march(slow_k, slow_j, slow_i, start, capacity, enough):  # type: ignore[no-untyped-def]
    shape = start.shape
    strides = (shape[1] * shape[2], shape[2], 1)
    slow = (slow_k.ravel(), slow_j.ravel(), slow_i.ravel())
    arrival, room = start.copy().ravel(), capacity.ravel()
    done, known = np.zeros(arrival.size, np.bool_), arrival < np.inf
    heap, place = np.empty(arrival.size, np.int64), np.full(arrival.size, -1, np.int64)
    size = 0
    for at in range(arrival.size):
        if arrival[at] < np.inf and slow[0][at] < np.inf:
            heap[size] = at
            place[at] = size
            _up(heap, place, arrival, size)
            size += 1
    index = np.empty(3, np.int64)
    taken = 0.0
    while size > 0 and taken < enough:
        at = heap[0]
        size -= 1
        if size > 0:
            heap[0] = heap[size]
            place[heap[0]] = 0
            _down(heap, place, arrival, size)
        done[at] = True
        taken += room[at]
        for axis in range(3):
            for sign in (-1, 1):
                own = (at // strides[axis]) % shape[axis]
                if own + sign < 0 or own + sign >= shape[axis]:
                    continue
                other = at + sign * strides[axis]
                if done[other] or known[other] or slow[0][other] == np.inf:
                    continue
                for n in range(3):
                    index[n] = (other // strides[n]) % shape[n]
                found = _arrival(other, index, shape, strides, slow, arrival, done)
                if found < arrival[other]:
                    arrival[other] = found
                    if place[other] < 0:
                        heap[size] = other
                        place[other] = size
                        size += 1
                    _up(heap, place, arrival, place[other])
    for at in range(arrival.size):
        if not done[at]:
            arrival[at] = np.inf
    return arrival

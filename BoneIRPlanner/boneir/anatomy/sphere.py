"""Directions spread evenly over the sphere, and which of them are neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, cKDTree

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sphere:
    """Directions and the pairs of neighbours among them, every pair in both orders and sorted by `target`.

    Parameters
    ----------
    unit : ndarray (n, 3)
        Unit vectors, with components as arrays are indexed: (k, j, i).
    source, target : ndarray of int (pairs,)
    back : ndarray of int (pairs,)
        Index of the same pair in the other order.
    first : ndarray of int (n,)
        Index of the first pair of every target.
    """

    unit: Floats
    source: Numbers
    target: Numbers
    back: Numbers
    first: Numbers

    @property
    def count(self) -> int:
        """Number of directions."""
        return len(self.unit)

    @property
    def share(self) -> float:
        """Solid angle of one direction in steradian."""
        return 4 * np.pi / self.count

    def nearest(self, away: Floats, count: int = 3) -> tuple[Floats, Numbers]:
        """The nearest directions (m, count) of vectors (m, 3), and their weights, which add up to one."""
        length = np.linalg.norm(away, axis=1)
        gap, which = cKDTree(self.unit).query(away / np.maximum(length, 1e-9)[:, None], count)
        weight = 1 / np.maximum(gap, 1e-3)
        return weight / weight.sum(axis=1, keepdims=True), np.asarray(which, np.int64)

    def pooled(self, values: Floats, rounds: int) -> Floats:
        """Values (n, ...) summed over each direction and its neighbours, `rounds` times."""
        for _ in range(rounds):
            values = values + np.add.reduceat(values[self.source], self.first, axis=0)
        return values


@cache
def sphere(count: int) -> Sphere:
    """`count` directions along a spiral, whose neighbours are those of their convex hull."""
    n = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * n / count), np.pi * (1 + 5**0.5) * n
    unit = np.stack([np.cos(polar), np.sin(polar) * np.sin(turn), np.sin(polar) * np.cos(turn)], axis=1)
    corners = ConvexHull(unit).simplices
    sides = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    pairs = np.unique(np.sort(sides, axis=1), axis=0).astype(np.int64)
    source, target = np.concatenate([pairs, pairs[:, ::-1]]).T
    back = np.roll(np.arange(len(source)), len(pairs))
    order = np.argsort(target, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    target = target[order]
    return Sphere(unit, source[order], target, place[back[order]], np.searchsorted(target, np.arange(count)))

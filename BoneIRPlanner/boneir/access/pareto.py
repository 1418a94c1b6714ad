"""Which candidates nobody beats in everything, and which of them differ enough to be shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def pareto_front(objectives: NDArray[np.float64]) -> NDArray[np.intp]:
    """Indices of the rows that no other row dominates, ascending.

    A row dominates another if it is at most as large in every column and smaller in one. The row with the least sum
    that is left can be dominated by nothing that is left, so the front is taken off row by row.

    Parameters
    ----------
    objectives : ndarray, shape (n, m)
        The smaller the better.
    """
    order = np.lexsort((*objectives.T[::-1], objectives.sum(axis=1)))
    left = objectives[order]
    front = []
    while len(left):
        best = left[0]
        front.append(int(order[0]))
        dominated = (left >= best).all(axis=1) & (left > best).any(axis=1)
        keep = ~dominated
        keep[0] = False
        left, order = left[keep], order[keep]
    return np.sort(np.asarray(front, np.intp))


def best_per_patch(points_mm: NDArray[np.float64], score: NDArray[np.float64], patch_mm: float) -> NDArray[np.intp]:
    """Index of the best candidate in every cube of `patch_mm` that holds any, best first."""
    order = np.argsort(score, kind="stable")
    cubes = np.floor(points_mm[order] / patch_mm).astype(np.int64)
    _, first = np.unique(cubes, axis=0, return_index=True)
    return np.asarray(order[np.sort(first)])


def apart(
    entries_mm: NDArray[np.float64],
    directions: NDArray[np.float64],
    ranked: NDArray[np.intp],
    names: Sequence[str],
    *,
    distance_mm: float,
    angle_deg: float,
    count: int,
) -> list[int]:
    """The best of each name, then the next best that enter elsewhere or from another direction; the best first.

    Parameters
    ----------
    entries_mm, directions : ndarray, shape (n, 3)
    ranked : ndarray of int
        Indices, the best first.
    names : sequence of str
        What each candidate is called; candidates of the same name are alike to a reader.
    distance_mm, angle_deg : float
        Two candidates differ if their entries are this far apart, or their directions.
    count : int
        How many at most.
    """
    cosine = np.cos(np.radians(angle_deg))
    chosen: list[int] = []

    def differs(candidate: int) -> bool:
        far = np.linalg.norm(entries_mm[chosen] - entries_mm[candidate], axis=1) >= distance_mm
        return bool((far | (directions[chosen] @ directions[candidate] <= cosine)).all())

    for only_new_names in (True, False):
        for candidate in ranked.tolist():
            known = only_new_names and names[candidate] in {names[n] for n in chosen}
            if len(chosen) < count and candidate not in chosen and not known and differs(candidate):
                chosen.append(candidate)
    place = {int(candidate): n for n, candidate in enumerate(ranked)}
    return sorted(chosen, key=place.__getitem__)

"""The odds that a place belongs to a lesion, learned from lesions of known extent: a sum of small decision trees.

The trees were boosted (Friedman 2001, doi:10.1214/aos/1013203451) by ``Testing/benchmarks/fit_lesion_odds.py`` on
lesions implanted into public CT series; ``Resources/Structures/lesion_odds.json`` holds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..errors import ResourceError
from ..resources import read_resource
from .lesion_look import SIGNS

_FILE = "lesion_odds.json"


@dataclass(frozen=True, eq=False)
class Tree:
    """One tree; a leaf is a node that leads to itself.

    Parameters
    ----------
    sign : ndarray of int (nodes,)
        Which sign is asked for.
    most : ndarray (nodes,)
        Up to this the way leads to `low`, above to `high`.
    low, high : ndarray of int (nodes,)
    odds : ndarray (nodes,)
        What a leaf adds.
    depth : int
        Longest way to a leaf.
    """

    sign: NDArray[np.int64]
    most: NDArray[np.float32]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    odds: NDArray[np.float32]
    depth: int

    def add_to(self, total: NDArray[np.float32], signs: NDArray[np.float32]) -> None:
        """Add the odds of samples (samples, signs) to their total (samples,)."""
        every, node = np.arange(len(signs)), np.zeros(len(signs), np.int64)
        for _ in range(self.depth):
            goes_low = signs[every, self.sign[node]] <= self.most[node]
            node = np.where(goes_low, self.low[node], self.high[node])
        total += self.odds[node]


def learned_odds(signs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Natural logarithm of the odds that samples belong to the lesion.

    Parameters
    ----------
    signs : ndarray of float32 (directions, radii, signs)
        In the order of `lesion_look.SIGNS`.

    Returns
    -------
    ndarray of float32 (directions, radii)
    """
    start, trees = _trees()
    flat = np.ascontiguousarray(signs.reshape(-1, signs.shape[-1]))
    total = np.full(len(flat), start, np.float32)
    for tree in trees:
        tree.add_to(total, flat)
    return total.reshape(signs.shape[:-1])


@cache
def _trees() -> tuple[float, tuple[Tree, ...]]:
    """Odds before anything is seen, and the trees.

    Raises
    ------
    ResourceError
        If the trees were made for other signs.
    """
    data = read_resource("Structures", _FILE)
    if tuple(data["signs"]) != SIGNS:
        raise ResourceError(f"{_FILE} was made for other signs than lesion_look.SIGNS: make it again.")
    return float(data["start"]["value"]), tuple(_tree(nodes) for nodes in data["trees"]["value"])


def _tree(nodes: list[list[float]]) -> Tree:
    """A tree from its nodes: [sign, most, low, high] or, for a leaf, [odds]."""
    own = np.arange(len(nodes))
    leaf = np.array([len(node) == 1 for node in nodes])
    sign, most, low, high = (np.array([0 if len(node) == 1 else node[n] for node in nodes]) for n in range(4))
    odds = np.array([node[0] if len(node) == 1 else 0.0 for node in nodes], np.float32)
    low, high = (np.where(leaf, own, side).astype(np.int64) for side in (low, high))
    depth, reached = 0, np.zeros(1, np.int64)
    while not leaf[reached].all():
        reached, depth = np.unique(np.concatenate([low[reached], high[reached]])), depth + 1
    return Tree(sign.astype(np.int64), most.astype(np.float32), low, high, odds, depth)

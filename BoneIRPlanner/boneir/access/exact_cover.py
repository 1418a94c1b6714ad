"""The best team of probes, by mixed-integer programming, and how far any team could still be better.

What a team is worth is the share that it covers, up to what is asked for, less what each of its probes has to add. The
covering programme with pairs that exclude each other is solved by HiGHS (https://highs.dev/) through SciPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Marked = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CoverProblem:
    """A choice among ways.

    Parameters
    ----------
    covers : ndarray of bool, shape (n, p)
        Which points the zone of each way covers.
    price : ndarray, shape (n,)
        What each way costs, about 1.
    excludes : ndarray of bool, shape (n, n)
        Which pairs cannot go together; symmetric.
    near : ndarray of bool, shape (n, n)
        Which pairs stand near enough; each probe of several needs one such neighbour. Symmetric.
    enough : float
        Share beyond which nothing is gained, 0..1.
    gain : float
        Share that a probe of price 1 has to add.
    most : int
        How many probes there may be.
    """

    covers: Marked
    price: Floats
    excludes: Marked
    near: Marked
    enough: float
    gain: float
    most: int

    def worth(self, members: list[int]) -> float:
        """What a team is worth: what is covered, as far as it counts, less what its probes have to add."""
        share = float(self.covers[members].any(axis=0).mean()) if members else 0.0
        return min(share, self.enough) - self.gain * float(self.price[members].sum())

    def allows(self, members: list[int]) -> bool:
        """Whether a team keeps the rules."""
        pairs = np.ix_(members, members)
        alone = len(members) == 1 or bool((self.near[pairs] & ~np.eye(len(members), dtype=bool)).any(axis=1).all())
        return 1 <= len(members) <= self.most and alone and not self.excludes[pairs].any()


@dataclass(frozen=True)
class ExactTeam:
    """What the exact search came to.

    Parameters
    ----------
    members : tuple of int
        The best team that was found; empty where none was found in time.
    bound : float
        No team is worth more than this.
    repeatable : bool
        Whether the search came to its own end; False where time ran out, which depends on the machine.
    """

    members: tuple[int, ...]
    bound: float
    repeatable: bool


def best_few(problem: CoverProblem) -> ExactTeam:
    """The best of all single probes and all pairs, every one looked at, and a bound on any team whatever."""
    covers = problem.covers.astype(np.float32)
    size = covers.sum(axis=1)
    paid = problem.gain * problem.price
    shared = covers @ covers.T
    share = np.minimum((size[:, None] + size - shared) / covers.shape[1], problem.enough)
    worth = np.where(problem.excludes | ~problem.near, -np.inf, share - paid[:, None] - paid)
    np.fill_diagonal(worth, np.minimum(size / covers.shape[1], problem.enough) - paid)
    if problem.most < 2:
        worth = np.where(np.eye(len(size), dtype=bool), worth, -np.inf)
    a, b = (int(v) for v in np.unravel_index(int(np.argmax(worth)), worth.shape))
    members = (a,) if a == b else (a, b)
    most = min(problem.enough, float(problem.covers.any(axis=0).mean()))
    cheapest = np.sort(paid)
    any_pair = bool((~problem.excludes & problem.near & ~np.eye(len(paid), dtype=bool)).any())
    larger = most - float(cheapest[:3].sum()) if problem.most > 2 and any_pair else -np.inf
    return ExactTeam(members, max(problem.worth(list(members)), larger), True)


def best_team(problem: CoverProblem, *, time_s: float, nodes: int) -> ExactTeam:
    """Look for the team that is worth most.

    Parameters
    ----------
    problem : CoverProblem
    time_s : float
        Time after which the search stops.
    nodes : int
        Branches after which the search stops.
    """
    from scipy.optimize import Bounds, milp

    pattern, weight = _alike(problem.covers)
    n, p = problem.covers.shape[0], len(weight)
    # Unknowns: which ways are taken, which groups of points are covered, what counts of it, whether one is alone.
    cost = np.concatenate([problem.gain * problem.price, np.zeros(p), [-1.0, 0.0]])
    whole = np.concatenate([np.ones(n), np.zeros(p + 1), [1.0]])
    upper = np.concatenate([np.ones(n + p), [problem.enough, 1.0]])
    options = {"time_limit": time_s, "node_limit": nodes, "mip_rel_gap": 1e-6}
    found = milp(
        cost,
        integrality=whole,
        bounds=Bounds(0, upper),
        constraints=_rules(problem, pattern, weight),
        options=options,
    )
    bound = np.inf if found.mip_dual_bound is None else -float(found.mip_dual_bound)
    members = () if found.x is None else tuple(int(v) for v in np.flatnonzero(found.x[:n] > 0.5))
    stopped = found.status == 1 and (found.mip_node_count or 0) < nodes
    return ExactTeam(members, bound, not stopped)


def _alike(covers: Marked) -> tuple[Marked, Floats]:
    """Points that are covered by the same ways count as one: patterns (n, q) and the share of the points of each."""
    patterns, count = np.unique(covers.T, axis=0, return_counts=True)
    return np.asarray(patterns.T), count / covers.shape[1]


def _rules(problem: CoverProblem, pattern: Marked, weight: Floats) -> list[object]:
    """The linear rules of the choice."""
    from scipy.optimize import LinearConstraint
    from scipy.sparse import block_array, csr_array, eye_array

    n, p = pattern.shape
    most = problem.most
    blank = {rows: csr_array((rows, 1)) for rows in (n, p)}
    covered = block_array([[csr_array(-pattern.T.astype(float)), eye_array(p), blank[p], blank[p]]])
    counted = np.concatenate([np.zeros(n), -weight, [1.0, 0.0]])[None]
    excluded = csr_array(_cliques(problem.excludes).astype(float))
    apart = block_array([[excluded, csr_array((excluded.shape[0], p + 2))]])
    neighbours = problem.near & ~np.eye(n, dtype=bool)
    alone = csr_array(-np.ones((n, 1)))
    together = block_array([[csr_array(np.eye(n) - neighbours), csr_array((n, p)), blank[n], alone]])
    number = np.concatenate([np.ones(n), np.zeros(p + 1), [most - 1.0]])[None]
    return [
        LinearConstraint(covered, -np.inf, 0),
        LinearConstraint(counted, -np.inf, 0),
        LinearConstraint(apart, -np.inf, 1),
        LinearConstraint(together, -np.inf, 0),
        LinearConstraint(number, 1, most),
    ]


def _cliques(excludes: Marked) -> Marked:
    """Sets of ways that all exclude each other, shape (c, n), such that every excluded pair lies in one of them.

    One rule for a whole set, of which at most one is taken, bounds the choice far more tightly than one for each pair.
    The sets are bits of whole numbers, which is quick; those that exclude most come first.
    """
    n = len(excludes)
    order = np.argsort(-excludes.sum(axis=1), kind="stable")
    adjacent = [sum(1 << int(q) for q in np.flatnonzero(row)) for row in excludes[np.ix_(order, order)]]
    left, found = list(adjacent), [0]
    for first in range(n):
        while left[first]:
            clique, fitting = 1 << first, left[first]
            while fitting:
                lowest = fitting & -fitting
                clique |= lowest
                fitting &= adjacent[lowest.bit_length() - 1]
                fitting = fitting or _common(adjacent, clique)
            for member in _bits(clique):
                left[member] &= ~clique
            found.append(clique)
    rows = np.zeros((len(found), n), bool)
    for row, clique in zip(rows, found, strict=True):
        row[order[_bits(clique)]] = True
    return rows


def _common(adjacent: list[int], clique: int) -> int:
    """What every member of a set excludes."""
    common = -1
    for member in _bits(clique):
        common &= adjacent[member]
    return common


def _bits(number: int) -> list[int]:
    """Places of the bits that are set."""
    return [n for n, bit in enumerate(reversed(f"{number:b}")) if bit == "1"]

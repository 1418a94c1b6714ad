"""Several probes in one lesion: the ways whose zones together cover what one zone cannot.

Zones are united as they are. That is cautious for probes that help each other, as cryoprobes do, and it is what
published sizes of single zones allow to say. A team is first put together greedily and by exchange; then an exact
search looks for a better one and says how much better any other could be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..evidence import Value
from ..plan import Technique
from ..resources import limit
from .capsules import Capsule
from .exact_cover import CoverProblem, ExactTeam, best_few, best_team
from .limits import Limits
from .needle import Needle, ZoneShape
from .search import Candidates
from .together import Together


@dataclass(frozen=True)
class Team:
    """Ways that go together.

    Parameters
    ----------
    members : tuple of int
        Indices of the candidates, in the order in which they were chosen; empty where none is free of what is beside.
    covered : float
        Share of what shall be reached that their zones cover, 0..1.
    gap : float
        By how much, as a share of what shall be reached, any other team of the ways compared could be worth more, each
        probe counted with the share that it has to add; 0 where the team is the best.
    compared : int
        Among how many ways the exact search chose.
    """

    members: tuple[int, ...]
    covered: float
    gap: float = 0.0
    compared: int = 0


def several_limit(key: str) -> Value:
    """One value of ``Resources/Limits/several.json``.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    return limit("several", key)


def spaced_for(limits: Limits, technique: Technique) -> Limits:
    """The limits with the spacing of probes that is known of a technique, where it is narrower."""
    known = {Technique.CRYO: "spacing_most_cryo"}
    if technique not in known:
        return limits
    widest = several_limit(known[technique])
    return limits if limits.probe_spacing_most.amount <= widest.amount else replace(limits, probe_spacing_most=widest)


def team_that_covers(
    candidates: Candidates,
    zone: ZoneShape,
    wanted_mm: NDArray[np.float64],
    needle: Needle,
    limits: Limits,
    *,
    beside: Sequence[Capsule] = (),
    time_s: float | None = None,
) -> Team:
    """Choose probes that together cover as much as is asked for: greedily, by exchange, then exactly.

    Parameters
    ----------
    candidates : Candidates
        Ways that are allowed, not empty.
    zone : ZoneShape
        Zone of each probe.
    wanted_mm : ndarray, shape (p, 3)
        Points to cover.
    needle : Needle
    limits : Limits
    beside : sequence of Capsule
        Instruments that stand already: cannulas, screws, probes of other lesions.
    time_s : float or None
        Time for the exact search of teams of three and more; None takes the one that this project ships, 0 leaves it
        out.

    Returns
    -------
    Team
    """
    rules = Together(candidates, zone, needle, limits, beside)
    free = np.flatnonzero(rules.free)
    if not free.size:
        return Team((), 0.0)
    covers = zone.contains(wanted_mm, candidates.walk.tips_mm, candidates.walk.directions)
    price = 1 + candidates.score / 2
    greedy = _greedy(covers, price, rules, limits)
    kept = _thinned(covers, price, rules, greedy, int(limits.of_file("several", "exact_candidates").amount))
    most = int(limits.probes_most.amount)
    problem = CoverProblem(
        covers[kept],
        price[kept],
        *rules.pairs(kept),
        limits.coverage.amount / 100,
        limits.probe_gain.amount / 100,
        most,
    )
    place = {int(n): m for m, n in enumerate(kept)}
    members, gap = _improved([place[n] for n in greedy], problem, limits, time_s)
    chosen = [int(kept[n]) for n in members]
    return Team(tuple(chosen), float(covers[chosen].any(axis=0).mean()), gap, len(kept))


def _improved(
    greedy: list[int], problem: CoverProblem, limits: Limits, time_s: float | None
) -> tuple[list[int], float]:
    """The best team that is found, and how much more any team could be worth."""
    few = best_few(problem)
    seconds = limits.of_file("several", "exact_time").amount if time_s is None else time_s
    members, bound = _better(greedy, few, problem), few.bound
    if bound > problem.worth(members) + 1e-9 and seconds > 0:
        exact = best_team(problem, time_s=seconds, nodes=int(limits.of_file("several", "exact_nodes").amount))
        members, bound = _better(members, exact, problem), min(bound, exact.bound)
    gap = bound - problem.worth(members)
    return members, gap if gap > 1e-6 else 0.0


def _better(members: list[int], other: ExactTeam, problem: CoverProblem) -> list[int]:
    """The team that is worth more; one that the clock cut short is not taken, as it changes from run to run."""
    found = sorted(other.members, key=lambda n: -int(problem.covers[n].sum()))
    allowed = other.repeatable and bool(found) and problem.allows(found)
    return found if allowed and problem.worth(found) > problem.worth(members) + 1e-9 else members


def _greedy(covers: NDArray[np.bool_], price: NDArray[np.float64], rules: Together, limits: Limits) -> list[int]:
    """One probe after the other, each the one that adds most for its price, as long as it adds enough."""
    members: list[int] = []
    covered = np.zeros(covers.shape[1], bool)
    while len(members) < int(limits.probes_most.amount) and covered.mean() < limits.coverage.amount / 100:
        gain = (covers & ~covered).mean(axis=1)
        fits = rules.with_all(members)
        gain[~fits] = 0
        best = int(np.argmax(gain / price))
        if members and gain[best] < limits.probe_gain.amount / 100:
            break
        members.append(best if fits[best] else int(np.flatnonzero(fits)[0]))
        members = _exchanged(members, covers, rules)
        covered = np.asarray(covers[members].any(axis=0))
    return members


def _exchanged(members: list[int], covers: NDArray[np.bool_], rules: Together) -> list[int]:
    """Replace single members by others as long as more is covered."""
    members = list(members)
    improved = True
    while improved and len(members) > 1:
        improved = False
        for place in range(len(members)):
            rest = members[:place] + members[place + 1 :]
            without = covers[rest].any(axis=0)
            share = (covers | without).mean(axis=1)
            share[~rules.with_all(rest)] = 0
            best = int(np.argmax(share))
            swapped = [*members[:place], best, *members[place + 1 :]]
            if share[best] > share[members[place]] + 1e-9 and rules.all_near(swapped):
                members = swapped
                improved = True
    return members


def _thinned(
    covers: NDArray[np.bool_], price: NDArray[np.float64], rules: Together, members: list[int], most: int
) -> NDArray[np.intp]:
    """The ways for the exact search: the members, and of ways whose zones and hubs lie alike the one worth most."""
    free = np.flatnonzero(rules.free)
    worth = covers[free].mean(axis=1) / price[free]
    order = free[np.argsort(-worth, kind="stable")]
    place = np.concatenate([rules.centres, rules.ways * rules.swing_mm], axis=1)[order]
    cell = 0.0
    kept = order
    while len(kept) > most:
        cell = 1.0 if cell == 0 else 1.15 * cell
        _, first = np.unique(np.floor(place / cell).astype(np.int64), axis=0, return_index=True)
        kept = order[np.sort(first)]
    return np.union1d(kept, members).astype(np.intp)

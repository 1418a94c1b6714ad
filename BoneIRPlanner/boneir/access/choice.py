"""The choice among allowed ways: what nobody beats, measured again exactly, far enough apart to be worth showing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Lesion, Role
from ..plan import Trajectory
from .approach import Approaches
from .costs import FRONT, objectives
from .limits import Limits
from .needle import Needle
from .pareto import apart, best_per_patch, pareto_front
from .path_clearance import Nearness, nearness
from .path_samples import PathSamples
from .search import Candidates

_PATCH_MM = 3.0
"""Of entries closer together than this only the best is compared."""
_MOST_COMPARED = 5000
_NEAR_MM = 25.0
"""A structure farther away than this binds no path."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """A way that is shown.

    Parameters
    ----------
    trajectory : Trajectory
    approach : str
        The way in, in words.
    score : float
        Weighted cost, 0..1.
    costs : ndarray, shape (len(COSTS),)
    best_in : tuple of tuple of str
        The groups of `costs.FRONT` in which no other way of the front is better.
    binding : (str, Nearness) or None
        The structure that leaves least to spare, as measured on its outline.
    """

    trajectory: Trajectory
    approach: str
    score: float
    costs: NDArray[np.float64]
    best_in: tuple[tuple[str, ...], ...]
    binding: tuple[str, Nearness] | None


@dataclass(frozen=True, eq=False)
class Choice:
    """What the choice came to.

    Parameters
    ----------
    chosen : tuple of Chosen
        The best first.
    front : Candidates
        All ways that nobody beats.
    compared : int
        How many ways were compared.
    measured_out : int
        How many ways of the front the exact measurement refused.
    """

    chosen: tuple[Chosen, ...]
    front: Candidates
    compared: int
    measured_out: int


def choose(case: Case, lesion: Lesion, needle: Needle, limits: Limits, allowed: Candidates, count: int) -> Choice:
    """Choose at most `count` ways, the best first.

    Parameters
    ----------
    case, lesion, needle, limits
        As in the search.
    allowed : Candidates
    count : int

    Returns
    -------
    Choice
    """
    patches = best_per_patch(allowed.skin.points_mm, allowed.score, _PATCH_MM)[:_MOST_COMPARED]
    compared = allowed.part(patches)
    front = compared.part(pareto_front(np.round(objectives(compared.costs), 2)))
    ranked = np.argsort(front.score, kind="stable")
    approaches = Approaches(case, lesion)
    names = [approaches.name(front.trajectory(n)) for n in range(len(front))]
    refused: list[int] = []
    measured: dict[int, tuple[str, Nearness] | None] = {}
    while True:
        left = ranked[~np.isin(ranked, refused)]
        picked = apart(
            front.walk.entries_mm,
            front.walk.directions,
            left,
            names,
            distance_mm=limits.entries_apart.amount,
            angle_deg=limits.angle_apart.amount,
            count=count,
        )
        for index in picked:
            if index not in measured:
                measured[index] = binding_structure(case, lesion, needle, limits, front.trajectory(index))
        worst = [n for n in picked if _is_short(measured[n])]
        if not worst:
            break
        refused += worst
    best = _best_in(front, refused)
    chosen = tuple(
        Chosen(front.trajectory(n), names[n], float(front.score[n]), front.costs[n], best[n], measured[n])
        for n in picked
    )
    return Choice(chosen, front, len(compared), len(refused))


def binding_structure(
    case: Case, lesion: Lesion, needle: Needle, limits: Limits, trajectory: Trajectory
) -> tuple[str, Nearness] | None:
    """The critical structure that leaves a path least to spare, measured on the outlines; None where none is near."""
    path = PathSamples(case, trajectory, needle, lesion, "", limits)
    found = [(item.name, nearness(path, item, _NEAR_MM)) for item in case.structures if item.role is Role.CRITICAL]
    near = [(name, item) for name, item in found if item is not None]
    return min(near, key=lambda pair: pair[1].spare_mm) if near else None


def _is_short(binding: tuple[str, Nearness] | None) -> bool:
    return binding is not None and binding[1].spare_mm < 0


def _best_in(front: Candidates, refused: list[int]) -> dict[int, tuple[tuple[str, ...], ...]]:
    """For each way of the front, what it is best in."""
    values = np.round(objectives(front.costs), 2)
    values[refused] = np.inf
    least = values.min(axis=0) if len(values) else values
    return {
        n: tuple(group for group, is_best in zip(FRONT, row == least, strict=True) if is_best)
        for n, row in enumerate(values)
    }

"""The choice among allowed ways: what nobody beats, measured again exactly, far enough apart to be worth showing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Lesion, Role
from ..findings import Severity
from ..plan import Trajectory
from .approach import Approaches
from .costs import FRONT, objectives
from .limits import Limits
from .needle import Needle
from .pareto import apart, best_per_patch, pareto_front
from .path_bone import measure_bone
from .path_clearance import Nearness, nearness
from .path_samples import PathSamples
from .pedicle_measures import may_be_proposed, pedicle_ways
from .search import Candidates

_PATCH_MM = 3.0
"""Of entries closer together than this only the best is compared."""
_MOST_COMPARED = 5000
_MOST_FRONTS = 5
"""Fronts behind the first that are looked at where nothing of it stands the exact measurement."""
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


def choose(
    case: Case,
    lesion: Lesion,
    needle: Needle,
    limits: Limits,
    allowed: Candidates,
    count: int,
    *,
    relaxed: bool = False,
) -> Choice:
    """Choose at most `count` ways, the best first.

    Parameters
    ----------
    case, lesion, needle, limits
        As in the search.
    allowed : Candidates
    count : int
    relaxed : bool
        As in `build_field`.

    Returns
    -------
    Choice
    """
    patches = best_per_patch(allowed.skin.points_mm, allowed.score, _PATCH_MM)[:_MOST_COMPARED]
    compared = left = allowed.part(patches)
    measured_out = 0
    for _ in range(_MOST_FRONTS):
        on_front = pareto_front(np.round(objectives(left.costs), 2))
        front = left.part(on_front)
        chosen, refused = _choose_on(front, case, lesion, needle, limits, count, relaxed)
        measured_out += refused
        if chosen or len(on_front) == len(left):
            break
        left = left.part(np.setdiff1d(np.arange(len(left)), on_front))
    return Choice(chosen, front, len(compared), measured_out)


def _choose_on(
    front: Candidates, case: Case, lesion: Lesion, needle: Needle, limits: Limits, count: int, relaxed: bool
) -> tuple[tuple[Chosen, ...], int]:
    """The best ways of a front that stand the exact measurement, and how many did not."""
    ranked = np.argsort(front.score, kind="stable")
    approaches = Approaches(case, lesion, limits)
    names = [approaches.name(front.trajectory(n)) for n in range(len(front))]
    measured: dict[int, Stand] = {}
    while True:
        refused = [n for n, item in measured.items() if not item.allowed]
        picked = apart(
            front.walk.entries_mm,
            front.walk.directions,
            ranked[~np.isin(ranked, refused)],
            names,
            distance_mm=limits.entries_apart.amount,
            angle_deg=limits.angle_apart.amount,
            count=count,
        )
        new = [n for n in picked if n not in measured]
        if not new:
            break
        for index in new:
            path = PathSamples(case, front.trajectory(index), needle, lesion, "", limits)
            measured[index] = stand_of(path, relaxed)
    best = _best_in(front, refused)
    chosen = tuple(
        Chosen(front.trajectory(n), names[n], float(front.score[n]), front.costs[n], best[n], measured[n].binding)
        for n in picked
    )
    return chosen, len(refused)


@dataclass(frozen=True)
class Stand:
    """What the outlines themselves say of one way: what binds it, and whether every rule is kept."""

    binding: tuple[str, Nearness] | None
    allowed: bool


def stand_of(path: PathSamples, relaxed: bool) -> Stand:
    """Measure one way on the outlines; `relaxed` as in `build_field`."""
    critical = path.case.of_role(Role.CRITICAL)
    found = [(item.name, near) for item in critical if (near := nearness(path, item, _NEAR_MM)) is not None]
    binding = min(found, key=lambda pair: pair[1].spare_mm) if found else None
    spare = [near.relaxed_spare_mm if relaxed else near.spare_mm for _, near in found]
    kept = min(spare, default=0.0) >= 0
    kept = kept and all(finding.severity is Severity.NOTE for finding in measure_bone(path)[1])
    return Stand(binding, kept and all(may_be_proposed(way, path.limits) for _, way in pedicle_ways(path)))


def _best_in(front: Candidates, refused: list[int]) -> dict[int, tuple[tuple[str, ...], ...]]:
    """For each way of the front, what it is best in; nothing is best in what all are alike in."""
    values = np.round(objectives(front.costs), 2)
    kept = np.delete(values, refused, axis=0)
    telling = kept.max(axis=0, initial=0) > kept.min(axis=0, initial=np.inf)
    values[refused] = np.inf
    least = values.min(axis=0) if len(values) else values
    return {
        n: tuple(group for group, is_best in zip(FRONT, (row == least) & telling, strict=True) if is_best)
        for n, row in enumerate(values)
    }

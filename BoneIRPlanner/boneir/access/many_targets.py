"""Many targets of one lesion at once: cheap questions first, few entries first, and only what is allowed is priced.

`search` explains every entry that is refused. Here nobody asks for that: a way that cannot be allowed is left as soon
as that is known. What is allowed is judged and priced by the same rules and costs, so the allowed ways are the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .entries import UPWARDS, Skin
from .rays import by_direction, squared_length, walk_paths
from .rules import Judge
from .search import Aim, Candidates, joined, priced, search, tips_of
from .spared import spared_paths

_BEST = 5
"""Of each target, so many of its coarse ways are looked around."""
_TARGETS_REFINED = 40
"""Targets with the best coarse ways, around which all entries are asked."""
_APART_MM = 12.0
"""Coarse ways that are looked around enter so far from each other."""
_PATCH_MM = 10.0
"""Edge of a patch of skin."""
_PATCH_KEY = np.array([1, 1 << 20, 1 << 40])


def ways_to(judge: Judge, skin: Skin, aim: Aim) -> Candidates:
    """The allowed ways from some entries to one target, with their prices: those that `search` gives.

    Parameters
    ----------
    judge : Judge
    skin : Skin
    aim : Aim
    """
    if any(name.startswith("rib_") for name in judge.field.bones.holding):
        return search(judge, skin, aim)[1]  # the rule of the pleura looks at all ways together: none may be left out
    return _judged(judge, skin, [aim], [_spared(judge, skin, aim)])[0]


def _may_enter(judge: Judge, skin: Skin, aim: Aim) -> NDArray[np.intp]:
    """Entries that no rule refuses which asks for the entry, the length or the angle over the table alone."""
    ways = aim.target_mm - skin.points_mm
    away = np.sqrt(squared_length(ways))
    drawn_back = 0.0 if aim.zone is None else min(aim.zone.behind_tip_mm, 0.0)
    steepest = np.sin(np.radians(judge.limits.below_horizontal.amount)) + 1e-6
    from_below = ways @ np.asarray(UPWARDS[judge.position]) > steepest * away
    kept = judge.judge_entries(skin).allowed & (away + drawn_back <= judge.reach_mm + 1e-6) & ~from_below
    return np.flatnonzero(kept)


def coarse_to_fine(
    judge: Judge, skin: Skin, aim: Aim, targets_mm: NDArray[np.float64], *, entries: int, around_mm: float
) -> Candidates:
    """Good ways to any of many targets: from some entries to every target, then from all entries around the best.

    Of the coarse ways that spare everything, the shortest of each patch of skin is judged and priced.

    Parameters
    ----------
    judge : Judge
    skin : Skin
        Every entry.
    aim : Aim
        What the needle shall reach at each target.
    targets_mm : ndarray, shape (m, 3)
        LPS mm, within the region of the field.
    entries : int
        About how many entries are asked for every target.
    around_mm : float
        How far around the best of them all entries are asked.

    Returns
    -------
    Candidates
        Allowed ways, each once: those that are shortest in their patch, and all those around the best.
    """
    from scipy.spatial import cKDTree

    every = max(len(skin.points_mm) // max(entries, 1), 1)
    few = skin.part(by_direction(skin.points_mm[::every] - aim.target_mm) * every)
    _, patch = np.unique(np.floor(few.points_mm / _PATCH_MM).astype(np.int64) @ _PATCH_KEY, return_inverse=True)
    aims = [replace(aim, target_mm=target) for target in targets_mm]
    coarse, of = _judged(judge, few, aims, [_shortest(judge, few, patch, one) for one in aims])
    best = np.full(len(aims), np.inf)
    np.minimum.at(best, of, coarse.score)
    chosen = [n for n in np.argsort(best, kind="stable")[:_TARGETS_REFINED] if np.isfinite(best[n])]
    if not chosen:
        return coarse
    tree, asked = cKDTree(skin.points_mm), []
    for n in chosen:
        near = tree.query_ball_point(_apart(coarse.part(np.flatnonzero(of == n))), around_mm)
        fine = np.unique(np.concatenate([np.asarray(part, np.intp) for part in near]))
        fine = fine[fine % every > 0]
        left, tips = _spared(judge, skin.part(fine), aims[n])
        asked.append((fine[left], tips))
    return joined([coarse, _judged(judge, skin, [aims[n] for n in chosen], asked)[0]])


def _shortest(
    judge: Judge, skin: Skin, patch: NDArray[np.intp], aim: Aim
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Of each patch the entry with the shortest way that spares everything, and the tips of those ways."""
    left, tips = _spared(judge, skin, aim)
    order = np.argsort(squared_length(skin.points_mm[left] - tips), kind="stable")
    first = order[np.unique(patch[left[order]], return_index=True)[1]]
    return left[first], tips[first]


def _spared(judge: Judge, skin: Skin, aim: Aim) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Entries from which nothing refuses the way that can be told without a full walk, and the tips of their ways."""
    left = _may_enter(judge, skin, aim)
    tips = tips_of(judge.field, skin.points_mm[left], aim, judge.reach_mm)
    entries = skin.points_mm[left]
    inside = judge.field.grid.contains(tips) & (squared_length(tips - entries) > 1.0)
    inside[inside] = spared_paths(judge.field, entries[inside], tips[inside], judge.needle, judge.limits)
    return left[inside], tips[inside]


def _judged(
    judge: Judge, skin: Skin, aims: list[Aim], asked: list[tuple[NDArray[np.intp], NDArray[np.float64]]]
) -> tuple[Candidates, NDArray[np.intp]]:
    """The allowed ones of the ways to several targets, with their prices, and to which target each goes."""
    of = np.repeat(np.arange(len(aims)), [len(left) for left, _ in asked])
    some = skin.part(np.concatenate([left for left, _ in asked]))
    tips = np.concatenate([tips for _, tips in asked])
    walk = walk_paths(judge.field, some.points_mm, tips, judge.needle, judge.limits)
    verdict = judge.judge(some, walk)
    kept = np.flatnonzero(verdict.allowed)
    return priced(judge, some.part(kept), walk.part(kept), verdict.incidence_deg[kept], aims[0]), of[kept]


def _apart(ways: Candidates) -> NDArray[np.float64]:
    """Entries of the best ways to one target that lie apart, the best first."""
    chosen: list[NDArray[np.float64]] = []
    left = np.argsort(ways.score, kind="stable")
    while left.size and len(chosen) < _BEST:
        point = ways.skin.points_mm[left[0]]
        chosen.append(point)
        left = left[np.linalg.norm(ways.skin.points_mm[left] - point, axis=1) > _APART_MM]
    return np.array(chosen)

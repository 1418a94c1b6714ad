"""The search: every way from the skin to one target, judged and priced."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..findings import Point
from ..plan import Trajectory
from ..proposal import SkinMap
from .biopsy import CoreTaken
from .clearance import as_point
from .costs import cost_table, weighted
from .entries import Skin
from .field import PlanningField, Tissue
from .needle import ZoneShape
from .rays import Walk, squared_length, walk_paths
from .rules import RULES, Judge, Verdict
from .targets import Neighbours, covered_share, harmed_ml

OUT_OF_REGION = RULES.index("outside_body")


@dataclass(frozen=True, eq=False)
class Aim:
    """What a needle shall reach.

    Parameters
    ----------
    target_mm : ndarray, shape (3,)
        Where the centre of the zone shall be, or the tip of a needle that makes none.
    zone : ZoneShape or None
    wanted_mm : ndarray, shape (p, 3)
        Points that the zone shall cover; not used without a zone.
    neighbours : Neighbours or None
        What the zone shall leave out; None where nothing is known or the needle makes no zone.
    core_mm : float or None
        Length of lesion that the needle shall pass before its tip; None where that does not matter.
    core : CoreTaken or None
        Tells what of that length is viable and within the core; None counts all of the lesion that is passed.
    """

    target_mm: NDArray[np.float64]
    zone: ZoneShape | None
    wanted_mm: NDArray[np.float64]
    core_mm: float | None = None
    neighbours: Neighbours | None = None
    core: CoreTaken | None = None


@dataclass(frozen=True, eq=False)
class Candidates:
    """Ways that are allowed, with their prices.

    Parameters
    ----------
    skin : Skin
    walk : Walk
    incidence_deg : ndarray, shape (n,)
    costs : ndarray, shape (n, len(COSTS))
    score : ndarray, shape (n,)
        Weighted cost, 0..1.
    """

    skin: Skin
    walk: Walk
    incidence_deg: NDArray[np.float32]
    costs: NDArray[np.float64]
    score: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.score)

    def part(self, chosen: NDArray[np.intp]) -> Candidates:
        """Some of the candidates."""
        return Candidates(
            self.skin.part(chosen),
            self.walk.part(chosen),
            self.incidence_deg[chosen],
            self.costs[chosen],
            self.score[chosen],
        )

    def trajectory(self, index: int) -> Trajectory:
        """The way of one candidate."""
        return Trajectory(as_point(self.walk.entries_mm[index]), as_point(self.walk.tips_mm[index]))


def joined(parts: list[Candidates]) -> Candidates:
    """The candidates of several searches together."""

    def together(name: str, of: str = "") -> NDArray[np.float64]:
        return np.concatenate([getattr(getattr(part, of) if of else part, name) for part in parts])

    walk = Walk(*(together(name, "walk") for name in ("entries_mm", "tips_mm", "steps", "found")))  # type: ignore[arg-type]
    skin = Skin(together("points_mm", "skin"), together("normals", "skin"))
    incidence = np.asarray(together("incidence_deg"), np.float32)
    return Candidates(skin, walk, incidence, together("costs"), together("score"))


def search(judge: Judge, skin: Skin, aim: Aim) -> tuple[SkinMap, Candidates]:
    """Judge and price the ways from every entry to one target.

    Parameters
    ----------
    judge : Judge
    skin : Skin
        The entries to look at.
    aim : Aim

    Returns
    -------
    SkinMap
        Of every entry: its score, or what refuses it.
    Candidates
        The ways that are allowed.
    """
    tips = tips_of(judge.field, skin.points_mm, aim, judge.reach_mm)
    region = judge.field.grid
    walkable = np.flatnonzero(region.contains(tips) & (squared_length(tips - skin.points_mm) > 1.0))
    some = skin if len(walkable) == len(skin.points_mm) else skin.part(walkable)
    walk = walk_paths(judge.field, some.points_mm, tips[walkable], judge.needle, judge.limits)
    verdict = judge.judge(some, walk)
    left = np.flatnonzero(verdict.allowed)
    found = priced(judge, some.part(left), walk.part(left), verdict.incidence_deg[left], aim)
    return _skin_map(judge, skin, walkable, walk, verdict, left, found.score, aim), found


def tips_of(field: PlanningField, entries_mm: NDArray[np.float64], aim: Aim, reach_mm: float) -> NDArray[np.float64]:
    """Where the tip of each needle lies, shape (n, 3): its zone centred on the target, but the tip in bone or lesion.

    A zone whose centre lies behind the tip would push the tip out of a thin bone on its far side, or ask for a longer
    needle; such a tip is drawn back, at most to the target, and the zone then covers less.
    """
    if aim.zone is None or aim.zone.behind_tip_mm == 0:
        return np.tile(aim.target_mm, (len(entries_mm), 1))
    ways = aim.target_mm - entries_mm
    length = np.sqrt(squared_length(ways))
    ways = ways / np.maximum(length, 1e-9)[:, None]
    behind = aim.zone.behind_tip_mm
    beyond = np.clip(reach_mm - length, 0.0, behind) if behind > 0 else np.full(len(ways), behind)
    loose = np.flatnonzero(beyond > 0)
    while loose.size:
        held = _is_held(field, aim.target_mm + beyond[loose, None] * ways[loose])
        loose = loose[~held]
        beyond[loose] = np.maximum(beyond[loose] - 1.0, 0.0)
        loose = loose[beyond[loose] > 0]
    return np.asarray(aim.target_mm + beyond[:, None] * ways)


def _is_held(field: PlanningField, points_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each LPS point lies in the target bone or the lesion."""
    ijk = np.rint(field.grid.to_ijk(points_mm)).astype(np.int32)
    top = np.asarray(field.grid.shape[::-1], np.int32) - 1
    inner = np.clip(ijk, 0, top)
    i, j, k = inner.T
    return np.asarray(_HOLDS[field.packed[k, j, i] & 0xFF] & (inner == ijk).all(axis=1))


_HOLDS = np.isin(np.arange(256), (Tissue.BONE, Tissue.HARD_BONE, Tissue.LESION))
"""Which codes of tissue hold a tip."""


def priced(judge: Judge, skin: Skin, walk: Walk, incidence: NDArray[np.float32], aim: Aim) -> Candidates:
    """Price ways that the rules allow; `incidence` is the angle to the cortex in degrees, NaN without bone."""
    if aim.zone is not None:
        left_out = 1 - covered_share(aim.zone, aim.wanted_mm, walk.tips_mm, walk.directions)
        short = left_out / (judge.limits.coverage_scale.amount / 100)
    elif aim.core_mm is not None:
        passed = walk.mm_of("lesion") if aim.core is None else aim.core.held_mm(walk.tips_mm, walk.directions)
        short = np.clip(1 - passed / aim.core_mm, 0, 1)
    else:
        short = np.zeros(len(walk.steps))
    harm = np.zeros(len(walk.steps))
    if aim.zone is not None and aim.neighbours is not None:
        harm = harmed_ml(aim.zone, aim.neighbours, walk.tips_mm, walk.directions) / judge.limits.harm_scale.amount
    costs = cost_table(judge.field, skin, walk, incidence, short, harm, judge.needle, judge.limits)
    return Candidates(skin, walk, incidence, costs, weighted(costs, judge.limits))


def _skin_map(
    judge: Judge,
    skin: Skin,
    walkable: NDArray[np.intp],
    walk: Walk,
    verdict: Verdict,
    left: NDArray[np.intp],
    score: NDArray[np.float64],
    aim: Aim,
) -> SkinMap:
    n = len(skin.points_mm)
    reason = np.full(n, OUT_OF_REGION, np.uint8)
    structure, shortfall = np.full(n, -1, np.int16), np.zeros(n, np.float32)
    reason[walkable], structure[walkable] = verdict.rule, verdict.structure
    shortfall[walkable] = verdict.shortfall_mm
    scores = np.full(n, np.nan, np.float32)
    scores[walkable[left]] = score
    target: Point = as_point(aim.target_mm)
    place = np.full((n, 3), np.nan, np.float32)
    place[walkable] = walk.tightest_mm
    names = tuple(item.name for item in judge.field.structures)
    return SkinMap(skin.points_mm, target, scores, reason, structure, shortfall, RULES, names, place)

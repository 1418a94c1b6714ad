"""A needle that is moved by hand, and a target that is moved: the search's own rules and costs, at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..assessment import Measure
from ..errors import PlanError
from ..findings import Finding, Point
from ..plan import Trajectory
from ..proposal import SkinMap
from .clearance import as_point
from .entries import Skin, skin_around
from .incidence import angle_to_cortex_deg
from .limits import COSTS
from .rays import Walk, walk_paths
from .rules import RULES, Judge, Verdict
from .search import Aim, priced, search, tips_of
from .targets import covered_share
from .why import Why, refusal_sentence, room_aside, title_of

Measured = Callable[[Trajectory], tuple[Sequence[Measure], Sequence[Finding]]]
"""What an assessment says of one needle."""

_SKIN_NEAR_MM = 20.0
"""A point farther from all skin than this means no entry."""
_ABOUT_ROOM = ("canal", "clearance", "other_bone")
"""Rules that say where room is missing."""


@dataclass(frozen=True, eq=False)
class LivePath:
    """What one needle means, while it is being moved.

    Parameters
    ----------
    trajectory : Trajectory
    measures, findings : tuple
        What an assessment says of this needle, in the same numbers.
    rule : str
        Code of the rule by which the search refuses it; "allowed" where none does.
    structure : str
        Name of the structure that the rule speaks of; "" where it speaks of none.
    shortfall_mm : float
        How many mm are missing under that rule; 0 where none are.
    costs : mapping of str to float
        Each cost of the search from 0 (best) to 1; empty where the needle leaves the region of the search.
    score : float or None
        The weighted cost by which plans are ranked; None where there are no costs.
    covered : float or None
        Share of the lesion and the wanted rim that the zone covers, 0..1; None for an instrument without a zone.
    """

    trajectory: Trajectory
    measures: tuple[Measure, ...]
    findings: tuple[Finding, ...]
    rule: str
    structure: str
    shortfall_mm: float
    costs: Mapping[str, float]
    score: float | None
    covered: float | None

    @property
    def is_allowed(self) -> bool:
        """Whether the search would allow this needle."""
        return self.rule == RULES[0]


class LiveAccess:
    """One lesion and one instrument made ready, so that a moved needle or target is judged at once.

    Parameters
    ----------
    judge : Judge
        Holds case, planning field, needle, limits and position.
    aim : Aim
        What the needle shall reach.
    around_mm : Point
        Middle of the lesion: skin within reach of it is looked at.
    measured : callable
        What an assessment says of one needle.
    """

    def __init__(self, judge: Judge, aim: Aim, around_mm: Point, measured: Measured) -> None:
        self.judge, self.aim, self.around_mm, self._measured = judge, aim, around_mm, measured

    @cached_property
    def skin(self) -> Skin:
        """Every entry within reach."""
        return skin_around(self.judge.field, self.judge.case.image, self.around_mm, self.judge.reach_mm)

    @cached_property
    def _nearest_skin(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.skin.points_mm)

    def path(self, trajectory: Trajectory) -> LivePath:
        """What one needle means: the measures and findings of an assessment, the rule and the costs of the search.

        Parameters
        ----------
        trajectory : Trajectory
            Anywhere; it need not begin at the skin.

        Raises
        ------
        PlanError
            If entry and tip are the same place.
        """
        measures, findings = self._measured(trajectory)
        entry, tip = np.atleast_2d(trajectory.entry_mm), np.atleast_2d(trajectory.tip_mm)
        rule, structure, missing, costs, score = self._searched(entry, tip)
        covered = None
        if self.aim.zone is not None:
            way = np.atleast_2d(trajectory.direction)
            covered = float(covered_share(self.aim.zone, self.aim.wanted_mm, tip, way)[0])
        return LivePath(trajectory, tuple(measures), tuple(findings), rule, structure, missing, costs, score, covered)

    def skin_map(self, target_mm: Point) -> SkinMap:
        """Every entry judged and priced for another target.

        Parameters
        ----------
        target_mm : Point
            LPS mm, within the region of the search.

        Raises
        ------
        PlanError
            If the target lies outside that region.
        """
        region = self.judge.field.grid
        if not bool(region.contains(target_mm)):
            place = ", ".join(f"{x:.0f}" for x in target_mm)
            raise PlanError(
                f"The target ({place}) mm LPS lies outside the region of the search, which spans "
                f"{region.bounds_text()}: move it into the region."
            )
        return search(self.judge, self.skin, replace(self.aim, target_mm=np.asarray(target_mm, float)))[0]

    def why(self, point_mm: Point, target_mm: Point | None = None) -> Why:
        """Why the entry nearest to a point is allowed or refused, and what would help.

        Parameters
        ----------
        point_mm : Point
            LPS mm, on the skin or near it.
        target_mm : Point or None
            What it aims at; None takes the middle of the lesion.

        Raises
        ------
        PlanError
            If no skin lies within 20 mm of the point, or none within reach of the lesion.
        """
        away, near = self._nearest_skin.query(point_mm) if len(self.skin.points_mm) else (np.inf, 0)
        if not away <= _SKIN_NEAR_MM:
            place = ", ".join(f"{x:.0f}" for x in point_mm)
            raise PlanError(
                f"No skin that was looked at lies within {_SKIN_NEAR_MM:.0f} mm of ({place}) mm LPS: choose a point on "
                "the skin, nearer to the lesion than the needle is long."
            )
        aim = self.aim if target_mm is None else replace(self.aim, target_mm=np.asarray(target_mm, float))
        judge, entry = self.judge, self.skin.points_mm[near][None]
        tip = tips_of(judge.field, entry, aim, judge.reach_mm)
        if not judge.field.grid.contains(tip).all():
            text = refusal_sentence("outside_body", "", 0.0, None, None)
            return Why(as_point(entry[0]), as_point(tip[0]), "outside_body", "", 0.0, None, None, text)
        walk = walk_paths(judge.field, entry, tip, judge.needle, judge.limits)
        verdict = judge.judge(Skin(entry, self.skin.normals[near][None]), walk)
        return self._why(walk, verdict, aim)

    def _why(self, walk: Walk, verdict: Verdict, aim: Aim) -> Why:
        """The sentence on one path."""
        judge, rule = self.judge, RULES[int(verdict.rule[0])]
        field, missing = judge.field, float(verdict.shortfall_mm[0])
        entry, tip = as_point(walk.entries_mm[0]), as_point(walk.tips_mm[0])
        which = int(verdict.structure[0])
        if rule == RULES[0]:
            which = int(field.refusing(walk.tightest_mm)[0])
            score = float(priced(judge, self._skin_at(walk.entries_mm), walk, verdict.incidence_deg, aim).score[0])
            text = f"Allowed, with a weighted cost of {score:.2f} from 0 (best) to 1"
            if which >= 0:
                spare = f"{float(walk.spare_mm[0]):.1f} mm to spare"
                text += f"; what leaves least room is {title_of(field.structures[which])}, {spare}"
            name = field.structures[which].name if which >= 0 else ""
            return Why(entry, tip, rule, name, 0.0, as_point(walk.tightest_mm[0]), None, f"{text}.")
        item = field.structures[which] if which >= 0 else None
        place = depth = aside = None
        if rule in _ABOUT_ROOM:
            place = walk.tightest_mm[0]
            share = 1 - float(walk.column("where")[0] / walk.steps[0])
            depth = share * float(walk.length_mm[0])
            aside = room_aside(field, judge.case, place, walk.directions[0], share, judge.needle, judge.limits)
        text = refusal_sentence(rule, title_of(item) if item else "", missing, depth, aside)
        here = None if place is None else as_point(place)
        return Why(entry, tip, rule, item.name if item else "", missing, here, aside, text)

    def _searched(
        self, entry: NDArray[np.float64], tip: NDArray[np.float64]
    ) -> tuple[str, str, float, Mapping[str, float], float | None]:
        """Rule, structure, missing mm, costs and score by the search's own way; shapes (1, 3)."""
        field, judge = self.judge.field, self.judge
        if not (field.grid.contains(entry).all() and field.grid.contains(tip).all()):
            return "outside_body", "", 0.0, {}, None
        skin = self._skin_at(entry)
        walk = walk_paths(field, entry, tip, judge.needle, judge.limits)
        verdict = judge.judge(skin, walk)
        found = priced(judge, skin, walk, self._incidence(verdict, walk), self.aim)
        costs = {name: float(cost) for name, cost in zip(COSTS, found.costs[0], strict=True)}
        which = int(verdict.structure[0])
        structure = field.structures[which].name if which >= 0 else ""
        rule, missing = RULES[int(verdict.rule[0])], float(verdict.shortfall_mm[0])
        return rule, structure, missing, costs, float(found.score[0])

    def _skin_at(self, entry: NDArray[np.float64]) -> Skin:
        """The entry itself, with the normal of the skin nearest to it."""
        if not len(self.skin.points_mm):
            return Skin(entry, np.zeros((1, 3)))
        return Skin(entry, self.skin.normals[self._nearest_skin.query(entry)[1]])

    def _incidence(self, verdict: Verdict, walk: Walk) -> NDArray[np.float32]:
        """The angle to the cortex, also where another rule had refused before anyone asked for it."""
        first = walk.column("first_bone")
        if not np.isnan(verdict.incidence_deg[0]) or first[0] < 0:
            return verdict.incidence_deg
        return angle_to_cortex_deg(self.judge.field, walk.point_at(first), walk.directions).astype(np.float32)

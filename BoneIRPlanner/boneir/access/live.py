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
from .entries import Skin, skin_around
from .incidence import angle_to_cortex_deg
from .limits import COSTS
from .rays import Walk, walk_paths
from .rules import RULES, Judge, Verdict
from .search import Aim, priced, search
from .targets import covered_share

Measured = Callable[[Trajectory], tuple[Sequence[Measure], Sequence[Finding]]]
"""What an assessment says of one needle."""


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

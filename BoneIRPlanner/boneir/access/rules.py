"""The hard rules of access: which paths are refused, by which rule, by which structure and by how much.

Rules are asked in a fixed order, and the first that a path breaks is the one that it is refused by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Role
from ..plan import Position
from .entries import UPWARDS, Skin, above_table_mm, near_view_border, over_midline
from .field import EIGHTHS, PlanningField, body_of, kin_of
from .given import NOTHING_GIVEN, Given
from .hip_rules import HIP_RULES, UnseenHips, are_asked
from .incidence import angle_to_cortex_deg, outward_of_mask
from .joints import crossings_allowed
from .limits import Limits
from .needle import Needle
from .rays import Walk
from .shaft import shaft_inside_mm

RULES = (
    "allowed", "length", "view_border", "table", "midline", "entry_outside", "entry_forbidden", "outside_body",
    "canal", "clearance", "other_bone", "bone_crossings", "incidence", "pleura_angle", "hub", "bore", "beside",
    *HIP_RULES,
)  # fmt: skip
"""Codes of the rules in the order in which they are asked; index 0 means that none refuses."""

HUB_FROM_MM = 5.0
"""The shaft is looked at from this far outside the skin on, beyond the fold that the needle itself pierces."""

_ROUNDING_MM = 1e-6
"""A needle that is pushed in as far as it reaches is not too short by a rounding error."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the rules say of many paths.

    Parameters
    ----------
    rule : ndarray of uint8, shape (n,)
        Index into `RULES`.
    structure : ndarray of int16, shape (n,)
        Index into the structures of the field of what refused; -1 where no structure did.
    shortfall_mm : ndarray of float32, shape (n,)
        How many mm are missing, for rules in mm; 0 otherwise.
    incidence_deg : ndarray of float32, shape (n,)
        Angle to the normal of the cortex where bone is entered; NaN where no bone is entered or nobody asked.
    """

    rule: NDArray[np.uint8]
    structure: NDArray[np.int16]
    shortfall_mm: NDArray[np.float32]
    incidence_deg: NDArray[np.float32]

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Which paths no rule refuses."""
        return np.asarray(self.rule == 0)


def _open(n: int) -> Verdict:
    """A verdict on `n` paths before anything is asked."""
    structure, nothing = np.full(n, -1, np.int16), np.full(n, np.nan, np.float32)
    return Verdict(np.zeros(n, np.uint8), structure, np.zeros(n, np.float32), nothing)


class Judge:
    """Asks the rules of one case, needle and position.

    Parameters
    ----------
    case : Case
    field : PlanningField
    needle : Needle
    limits : Limits
    position : Position
    given : Given
        Entry zones and instruments that stand already.
    """

    def __init__(
        self,
        case: Case,
        field: PlanningField,
        needle: Needle,
        limits: Limits,
        position: Position,
        given: Given = NOTHING_GIVEN,
    ) -> None:
        self.case, self.field, self.needle, self.limits, self.position = case, field, needle, limits, position
        self.given = given
        self.reach_mm = needle.reach_mm(limits)
        self._entries: WeakKeyDictionary[Skin, Verdict] = WeakKeyDictionary()

    def judge(self, skin: Skin, walk: Walk) -> Verdict:
        """Ask every rule about the paths of `walk`, whose entries are those of `skin`."""
        verdict = _open(len(walk.steps))
        too_long = walk.length_mm - self.reach_mm
        self._refuse(verdict, "length", np.where(too_long > _ROUNDING_MM, too_long, 0.0))
        self._take_over(verdict, self.judge_entries(skin))
        self._ask_of_way(verdict, walk)
        self._ask_of_bone(verdict, walk)
        self._ask_of_hub(verdict, walk)
        if are_asked(self.limits):
            self._ask_later(verdict, "hip_joint", lambda left: self.hips.missing_to_joint_mm(walk.part(left)))
            self._refuse_where(verdict, "sciatic_nerve", self.hips.met_nerve(walk))
        return verdict

    @cached_property
    def hips(self) -> UnseenHips:
        """What is known of hip joints and sciatic nerves that are not outlined."""
        return UnseenHips(self.case, self.field, self.needle, self.limits)

    def judge_entries(self, skin: Skin) -> Verdict:
        """Ask the rules that look at the entry alone; asked once of every skin, whatever the target."""
        if skin not in self._entries:
            verdict = _open(len(skin.points_mm))
            self._ask_of_entry(verdict, skin)
            self._entries[skin] = verdict
        return self._entries[skin]

    def _take_over(self, verdict: Verdict, other: Verdict) -> None:
        """What another verdict refuses and this one does not yet."""
        new = verdict.allowed & ~other.allowed
        verdict.rule[new], verdict.shortfall_mm[new] = other.rule[new], other.shortfall_mm[new]

    def _refuse(self, verdict: Verdict, rule: str, missing_mm: NDArray[np.float64]) -> None:
        """Refuse what is not yet refused and misses more than nothing."""
        broken = verdict.allowed & (missing_mm > 0)
        verdict.rule[broken] = RULES.index(rule)
        verdict.shortfall_mm[broken] = missing_mm[broken]

    def _refuse_where(self, verdict: Verdict, rule: str, broken: NDArray[np.bool_]) -> None:
        verdict.rule[verdict.allowed & broken] = RULES.index(rule)

    def _ask_later(
        self, verdict: Verdict, rule: str, missing_mm: Callable[[NDArray[np.intp]], NDArray[np.float64]]
    ) -> None:
        """Ask a rule that is dear to compute only about what is left."""
        left = np.flatnonzero(verdict.allowed)
        missing = np.zeros(len(verdict.rule))
        if left.size:
            missing[left] = missing_mm(left)
        self._refuse(verdict, rule, missing)

    def _ask_of_entry(self, verdict: Verdict, skin: Skin) -> None:
        points, limits = skin.points_mm, self.limits
        self._refuse_where(verdict, "view_border", near_view_border(self.case.image, points, limits.view_border.amount))
        height = above_table_mm(self.case, points, self.position)
        self._refuse(verdict, "table", limits.table_reserve.amount - height)
        self._refuse_where(verdict, "midline", over_midline(self.case, points, limits))
        self._refuse_where(verdict, "entry_outside", ~self.given.allows(points))
        self._refuse_where(verdict, "entry_forbidden", self.given.forbids(points))

    def _ask_of_way(self, verdict: Verdict, walk: Walk) -> None:
        """Table side of the direction, then what the path meets."""
        steepest = np.sin(np.radians(self.limits.below_horizontal.amount))
        from_below = walk.directions @ np.asarray(UPWARDS[self.position]) > steepest
        self._refuse_where(verdict, "table", from_below)
        self._refuse(verdict, "outside_body", walk.mm_of("air"))
        self._refuse(verdict, "canal", walk.mm_of("canal"))
        tight = verdict.allowed & (walk.column("spare") < 0)
        refusing = self.field.refusing(walk.tightest_mm[tight])
        verdict.structure[tight] = refusing
        roles = np.array([item.role is Role.BONE for item in self.field.structures] + [False])
        is_bone = np.zeros(len(tight), bool)
        is_bone[tight] = roles[refusing]
        missing = -walk.column("spare") / EIGHTHS
        self._refuse(verdict, "other_bone", np.where(is_bone, missing, 0.0))
        self._refuse(verdict, "clearance", missing)
        self._name_canal(verdict)

    def _name_canal(self, verdict: Verdict) -> None:
        canals = [n for n, item in enumerate(self.field.structures) if kin_of(item) == "cord"]
        if canals:
            verdict.structure[verdict.rule == RULES.index("canal")] = canals[0]

    def _ask_of_bone(self, verdict: Verdict, walk: Walk) -> None:
        self._ask_of_crossings(verdict, walk)
        left = np.flatnonzero(verdict.allowed & (walk.column("first_bone") >= 0))
        some = walk.part(left)
        verdict.incidence_deg[left] = angle_to_cortex_deg(
            self.field, some.point_at(some.column("first_bone")), some.directions
        )
        with np.errstate(invalid="ignore"):
            self._refuse_where(verdict, "incidence", verdict.incidence_deg > self.limits.incidence.amount)
        self._ask_of_rib(verdict, walk)

    def _ask_of_crossings(self, verdict: Verdict, walk: Walk) -> None:
        """A way that crosses a joint which may be crossed enters bone more often than others."""
        crossings, most = walk.column("crossings"), np.full(len(walk.steps), self.limits.crossings.amount)
        passed = self.field.bones.passed
        left = np.flatnonzero(verdict.allowed & (crossings > most)) if passed else np.zeros(0, np.intp)
        if left.size:
            some = walk.part(left)
            most[left] = crossings_allowed(passed, some.tips_mm, some.entries_mm, self.limits.crossings.amount)
        self._refuse_where(verdict, "bone_crossings", crossings > most)

    def _ask_of_rib(self, verdict: Verdict, walk: Walk) -> None:
        """A needle into a rib has to stay tangential to the pleura behind it."""
        lungs = [
            mask
            for obstacle in self.field.obstacles
            for item, mask in zip(obstacle.structures, obstacle.masks, strict=True)
            if kin_of(item) == "lung"
        ]
        into_rib = any(name.startswith("rib_") for name in self.field.bones.holding)
        if not (lungs and into_rib and len(walk.steps)):
            return
        tip = walk.tips_mm.mean(axis=0)
        away = outward_of_mask(lungs, tip)
        into_pleura = np.degrees(np.arccos(np.clip(-walk.directions @ away, -1, 1)))
        self._refuse_where(verdict, "pleura_angle", into_pleura < self.limits.rib_pleura.amount)

    def _ask_of_hub(self, verdict: Verdict, walk: Walk) -> None:
        self._ask_later(verdict, "hub", lambda left: self._shaft_in_body_mm(walk.part(left)))
        self._ask_later(verdict, "table", lambda left: self._hub_below_mm(walk.part(left)))
        self._ask_later(verdict, "bore", lambda left: self._hub_beyond_bore_mm(walk.part(left)))
        if self.given.beside:
            self._ask_later(verdict, "beside", lambda left: self._too_near_others_mm(walk.part(left)))

    def _too_near_others_mm(self, walk: Walk) -> NDArray[np.float64]:
        return self.given.missing_mm(self._hubs_mm(walk), walk.tips_mm, self.needle, self.limits)

    def _hubs_mm(self, walk: Walk) -> NDArray[np.float64]:
        return np.asarray(walk.tips_mm - self.needle.usable_length_mm * walk.directions)

    def _shaft_in_body_mm(self, walk: Walk) -> NDArray[np.float64]:
        outside = self.needle.usable_length_mm - walk.length_mm
        return shaft_inside_mm(body_of(self.case), walk.entries_mm, walk.directions, outside, HUB_FROM_MM)

    def _hub_below_mm(self, walk: Walk) -> NDArray[np.float64]:
        return self.limits.table_reserve.amount - above_table_mm(self.case, self._hubs_mm(walk), self.position)

    def _hub_beyond_bore_mm(self, walk: Walk) -> NDArray[np.float64]:
        """The patient is taken to lie in the middle of the bore, since no image tells how high the table will be."""
        corners = body_of(self.case).window_grid.corners_mm
        middle = (corners.min(axis=0) + corners.max(axis=0))[:2] / 2
        room = self.limits.bore_radius.amount - self.limits.bore_reserve.amount
        return np.asarray(np.linalg.norm(self._hubs_mm(walk)[:, :2] - middle, axis=1) - room)

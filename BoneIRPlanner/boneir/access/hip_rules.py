"""The rules that keep a search away from the hip joint and the sciatic nerve where nobody has outlined them.

A way that comes nearer to the femur than its own tip does, and within the reach of the joint, may run through the
joint; one that enters from behind at the height of the nerve may meet it. Where another way exists, neither is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..case import Case
from ..findings import Finding, Severity
from ..image.distance import squared_distance_below
from ..proposal import SkinMap
from .field import PlanningField
from .hip_hazards import Hip, hips_of
from .limits import Limits
from .needle import Needle
from .rays import Walk
from .region import VOXEL_MM, box_around, marked_within, on_region

HIP_RULES = ("hip_joint", "sciatic_nerve")
_REFUSED = "unseen_refused"
_STEP_MM = 2.0
"""Ways are asked every so many mm."""
_ROUGH_MM = 1.0
"""A way comes so much nearer to the femur than its tip before that counts: the outlines are staircases."""
_ALIKE_MM = 2.0
"""Ways that miss the joint alike, where all of them pass it."""

Gaps = Callable[[NDArray[np.float64]], NDArray[np.float64]]


class UnseenHips:
    """Asks of many ways whether they may run through a hip joint or a sciatic nerve that is not outlined.

    Parameters
    ----------
    case : Case
    field : PlanningField
    needle : Needle
    limits : Limits
    """

    def __init__(self, case: Case, field: PlanningField, needle: Needle, limits: Limits) -> None:
        hips = [hip for hip in hips_of(case, field.bones.holding, limits) if hip.femur is not None]
        radius = needle.diameter_mm / 2
        self._joints = [(hip.reach.amount + radius, _gaps(hip, field, radius)) for hip in hips if hip.joint_unseen]
        self._tops = [hip.femur_top_mm for hip in hips if hip.nerve_unseen and hip.femur_top_mm is not None]
        self._above, behind = (limits.of_file("hip", key).amount for key in ("sciatic_above", "sciatic_behind"))
        self._least_forwards = float(np.cos(np.radians(behind)))

    def missing_to_joint_mm(self, walk: Walk) -> NDArray[np.float64]:
        """How much farther from the femur each way should pass; 0 or less where it is not in the way."""
        missing = np.zeros(len(walk.steps))
        for reach, gaps in self._joints:
            at_tip = gaps(walk.tips_mm)
            nearest = at_tip.copy()
            for depth in np.arange(_STEP_MM, walk.length_mm.max(initial=0.0), _STEP_MM):
                left = np.flatnonzero(walk.length_mm > depth)
                here = gaps(walk.tips_mm[left] - depth * walk.directions[left])
                nearest[left] = np.minimum(nearest[left], here)
            missing = np.maximum(missing, np.minimum(reach, at_tip) - _ROUGH_MM - nearest)
        return missing

    def met_nerve(self, walk: Walk) -> NDArray[np.bool_]:
        """Which ways enter from behind, and pass low enough before they meet bone."""
        if not self._tops:
            return np.zeros(len(walk.steps), bool)
        bone = walk.point_at(np.maximum(walk.column("first_bone"), 0))
        lowest = np.minimum(walk.entries_mm[:, 2], bone[:, 2])
        return (-walk.directions[:, 1] >= self._least_forwards) & (lowest <= max(self._tops) + self._above)

    def least_in_the_way(self, walk: Walk) -> NDArray[np.intp]:
        """The ways that keep farthest from the joint, and of them, where there are any, those that meet no nerve."""
        missing = self.missing_to_joint_mm(walk)
        farthest = missing <= missing.min(initial=np.inf) + _ALIKE_MM
        both = farthest & ~self.met_nerve(walk)
        return np.flatnonzero(both if both.any() else farthest)


def _gaps(hip: Hip, field: PlanningField, radius_mm: float) -> Gaps:
    """Tells how far points lie from the surface of a femur, up to its reach."""
    assert hip.femur is not None
    farthest = int(np.ceil((hip.reach.amount + radius_mm) / VOXEL_MM)) + 1
    femur = on_region(hip.femur.mask, field.grid)
    window = box_around([femur], farthest)
    if window is None:
        return lambda points_mm: np.full(len(points_mm), float(farthest))
    distance = np.sqrt(np.minimum(squared_distance_below(marked_within([femur], window), farthest), farthest**2))
    corner, shape = np.array([part.start for part in window]), np.asarray(distance.shape)

    def gaps(points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        kji = np.rint(field.grid.to_ijk(points_mm)).astype(np.intp)[:, ::-1] - corner
        found = np.full(len(kji), float(farthest))
        within = np.flatnonzero(((kji >= 0) & (kji < shape)).all(axis=1))
        k, j, i = kji[within].T
        found[within] = distance[k, j, i] * VOXEL_MM
        return found

    return gaps


def are_refused(skin: SkinMap) -> bool:
    """Whether these rules refuse any entry of a skin map."""
    return bool(np.isin(skin.reason, [skin.reasons.index(rule) for rule in HIP_RULES]).any())


def are_asked(limits: Limits) -> bool:
    """Whether the limits ask these rules."""
    return limits.of_file("hip", _REFUSED).amount > 0


def without_hip_rules(limits: Limits) -> Limits:
    """The limits with these rules put aside: such ways are then only told."""
    aside = replace(limits.of_file("hip", _REFUSED), amount=0.0)
    return replace(limits, more=MappingProxyType({**limits.more, f"hip.{_REFUSED}": aside}))


def passing_findings() -> tuple[Finding, ...]:
    """Say that the plans pass where the joint or the nerve may lie."""
    text = (
        "No way into the hip bone keeps away from where its joint and the sciatic nerve may lie, which are not "
        "outlined. These plans do not: a physician has to look at each, or outline joint and nerve."
    )
    return (Finding("access.hip_passed", Severity.WARN, text),)

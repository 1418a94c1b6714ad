"""Transfer: a plan moves onto today's image bone by bone, every limit is checked again, and what changed is said."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from .ablation.devices import devices
from .access.bones import bones_holding, is_named_bone
from .assess import assess
from .assessment import Assessment
from .case import Case, Lesion, Role
from .errors import BoneIRError, ImageError, PlanError
from .findings import Finding, Severity, worst_first
from .fusion.changes import Changes, changes_between
from .fusion.moved_plan import moved_mask, moved_plan
from .fusion.quality import quality_of
from .fusion.record import BoneMotion
from .fusion.registration import best_of_pair, pair_of_images
from .image.rigid import Rigid
from .mask import Mask
from .plan import Cement, Plan, Position, Probe, Technique, Treatment
from .proposal import EntryZone, Goal
from .propose import propose
from .register import bone_motion, bones_of


class Stage(StrEnum):
    """What a transfer is at."""

    BEFORE = "before"
    ALIGN = "align"
    BONE = "bone"
    AFTER = "after"
    NEAREST = "nearest"


_NEAR_MM = (15.0, 30.0, 60.0)
"""Around the old entry a new one is looked for, farther where there is none."""
_TRIED = 6


@dataclass(frozen=True, eq=False)
class Transfer:
    """A plan on today's image.

    Parameters
    ----------
    case : Case
        Of today, with the lesions of the plan and what else only the planning image shows.
    plan : Plan
        The plan as it lies today.
    motions : tuple of BoneMotion
        For each lesion, in the order of the treatments: how its bone moved, and how sure that is.
    before, after : Assessment
        Of the plan on the planning image and of the moved plan today.
    changes : Changes
    alternative : Plan or None
        Where a needle can no longer go its way: the nearest plan that can.
    alternative_after : Assessment or None
    findings : tuple of Finding
        Of the transfer itself, the worst first.
    """

    case: Case
    plan: Plan
    motions: tuple[BoneMotion, ...]
    before: Assessment
    after: Assessment
    changes: Changes
    alternative: Plan | None
    alternative_after: Assessment | None
    findings: tuple[Finding, ...]


def transfer(
    case: Case,
    plan: Plan,
    today: Case,
    *,
    position: Position | None = None,
    seed: int = 0,
    progress: Callable[[Stage], None] = lambda _stage: None,
) -> Transfer:
    """Move a plan onto today's image and check it again.

    Each lesion goes with the bone that holds it. What today's image does not outline for itself (lesions, critical
    structures that came from labels) is carried over, and said to be.

    Parameters
    ----------
    case : Case
        The case that the plan was made for.
    plan : Plan
    today : Case
        Today's image with what is outlined on it.
    position : Position or None
        How the patient lies today; None as planned.
    seed : int
    progress : callable
        Told what the transfer is at; what it raises ends the transfer.

    Raises
    ------
    PlanError
        If the plan was made for another image or treats nothing.
    ImageError
        If the images have nothing in common, or a needle ends outside of today's image.
    """
    progress(Stage.BEFORE)
    before = assess(case, plan)
    progress(Stage.ALIGN)
    region = bones_of(case)
    pair = pair_of_images(case.image, today.image, region, seed=seed)
    whole = best_of_pair(pair)
    outlined = {item.name: item.mask for item in today.structures if is_named_bone(item)}
    motions, found = [], []
    for treatment in plan.treatments:
        progress(Stage.BONE)
        motion = _motion_of(case, today, treatment, whole, outlined, seed)
        if motion is None:
            quality = quality_of(pair, whole, about=treatment.lesion)
            motion = BoneMotion("", whole, quality)
            text = f"No bone around {treatment.lesion} is outlined for itself: it was moved with the image as a whole."
            found.append(Finding("transfer.no_bone", Severity.WARN, text, about=treatment.lesion))
        motions.append(motion)
    by_lesion = {item.lesion: motion for item, motion in zip(plan.treatments, motions, strict=True)}
    now, carried = _with_what_is_missing(case, today, plan, {k: m.motion for k, m in by_lesion.items()}, whole)
    body = next((item.mask for item in now.of_role(Role.BODY)), None)
    moved = moved_plan(plan, {k: m.motion for k, m in by_lesion.items()}, now.image.uid, body, position)
    moved = replace(moved, name=f"{plan.name}-today", reasons=(f"{plan.name}, moved with the bones.",))
    found += [*carried, *(finding for motion in motions for finding in (*motion.quality.reasons, *motion.findings))]
    now = now.with_findings(found)
    progress(Stage.AFTER)
    after = _assessed(now, moved)
    changes = changes_between(before, after)
    alternative, assessed = None, None
    if _barred(changes.new):
        alternative, assessed = _alternative(now, moved, progress)
        found.append(_holds_no_more(moved, alternative))
    findings = worst_first(dict.fromkeys(found))
    return Transfer(now, moved, tuple(motions), before, after, changes, alternative, assessed, findings)


def _assessed(case: Case, plan: Plan) -> Assessment:
    try:
        return assess(case, plan)
    except PlanError as error:
        raise ImageError(f"Moved onto today's image the plan cannot be assessed: {error}") from error


def _motion_of(
    case: Case, today: Case, treatment: Treatment, whole: Rigid, outlined: dict[str, Mask], seed: int
) -> BoneMotion | None:
    """The motion of the bone that holds a lesion; None where none is outlined or it is not in today's image."""
    for bone in bones_holding(case, case.lesion(treatment.lesion))[:1]:
        try:
            return bone_motion(case, today.image, bone.name, whole, outlined, seed=seed)
        except ImageError:
            return None
    return None


def _with_what_is_missing(
    case: Case, today: Case, plan: Plan, motions: dict[str, Rigid], whole: Rigid
) -> tuple[Case, tuple[Finding, ...]]:
    """Today's case with the lesions of the plan and the critical structures that it lacks."""
    grid, found = today.image.grid, []
    for treatment in plan.treatments:
        lesion = case.lesion(treatment.lesion)
        if any(item.name == lesion.name for item in today.lesions):
            continue
        mask = moved_mask(lesion.mask, motions[lesion.name], grid)
        if mask.is_empty:
            raise ImageError(f"{lesion.name} lies outside of today's image, which spans {grid.bounds_text()}.")
        today = today.with_lesion(Lesion(lesion.name, mask, f"moved from the planning image ({lesion.origin})"))
        text = f"{lesion.name} was carried over from the planning image: look whether it is still as large."
        found.append(Finding("transfer.lesion", Severity.NOTE, text, place_mm=mask.centroid_mm, about=lesion.name))
    lacking = [item for item in case.of_role(Role.CRITICAL) if not today.has(item.name)]
    carried = [replace(item, mask=moved_mask(item.mask, whole, grid), sure=False) for item in lacking]
    carried = [
        replace(item, origin=f"moved from the planning image ({item.origin})")
        for item in carried
        if not item.mask.is_empty
    ]
    today = today.with_structures(carried)
    if carried:
        text = (
            f"{len(carried)} critical structures are not outlined today and were carried over with the image as a "
            "whole: soft tissue may lie elsewhere."
        )
        found.append(Finding("transfer.carried", Severity.WARN, text, float(len(carried)), "1"))
    return today, tuple(found)


def _needles(treatment: Treatment) -> tuple[Probe | Cement, ...]:
    return (*treatment.probes, *treatment.cement)


def _barred(findings: tuple[Finding, ...]) -> bool:
    """Whether a needle must not go its way."""
    return any(f.severity is Severity.STOP and f.code.startswith("access.") for f in findings)


def _alternative(case: Case, plan: Plan, progress: Callable[[Stage], None]) -> tuple[Plan | None, Assessment | None]:
    """The allowed plan whose needle lies nearest to the one that no longer holds."""
    treatment = next((item for item in plan.treatments if _needles(item)), None)
    device = treatment and (treatment.probes[0].device if treatment.probes else _cannula(treatment))
    if treatment is None or not device:
        return None, None
    for radius_mm in _NEAR_MM:
        progress(Stage.NEAREST)
        zone = EntryZone(_needles(treatment)[0].trajectory.entry_mm, radius_mm)
        goal = Goal(
            treatment.technique, device, treatment.lesion, "", treatment.margin_mm, plan.position, _TRIED,
            entry_allowed=(zone,), limits=plan.limits,
        )  # fmt: skip
        try:
            plans = propose(case, goal).plans
        except BoneIRError:  # no entry in the zone at all
            continue
        for other in sorted(plans, key=lambda item: _apart_mm(item, treatment)):
            named = replace(other, name=f"{plan.name}-nearest")
            assessed = assess(case, named)
            if not _barred(assessed.findings):
                return named, assessed
    return None, None


def _cannula(treatment: Treatment) -> str:
    """The cement cannula whose diameter is nearest to the plan's."""
    if not treatment.cement:
        return ""
    known = [item for item in devices(Technique.CEMENT) if item.diameter_mm is not None]
    wanted = treatment.cement[0].diameter_mm
    return min(known, key=lambda item: abs(item.diameter_mm.amount - wanted)).id if known else ""


def _apart_mm(plan: Plan, old: Treatment) -> float:
    """How far apart the first needles of a plan and of a treatment lie, at entry and tip."""
    mine = next(tool.trajectory for item in plan.treatments for tool in _needles(item))
    was = _needles(old)[0].trajectory
    return math.dist(mine.entry_mm, was.entry_mm) + math.dist(mine.tip_mm, was.tip_mm)


def _holds_no_more(plan: Plan, alternative: Plan | None) -> Finding:
    if alternative is None:
        text = "A needle can no longer go its way, and no allowed way was found within 60 mm of its entry: plan again."
        return Finding("transfer.no_way", Severity.STOP, text, about=plan.name)
    old = next(item for item in plan.treatments if _needles(item))
    text = (
        f"A needle can no longer go its way; the nearest that can is {alternative.name}, with entry and tip together "
        f"{_apart_mm(alternative, old):.0f} mm away."
    )
    return Finding("transfer.nearest", Severity.STOP, text, about=plan.name)

"""The verb `propose`: a case and a goal become ranked plans, each with the reasons for its place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .ablation.devices import ICE_EDGE, Device, device
from .access.bones import bones_holding
from .access.choice import Choice, Chosen, choose
from .access.entries import Skin, skin_around
from .access.explain import no_way_findings, reasons_of
from .access.field import build_field
from .access.limits import Limits, Purpose, access_limits, widened_for
from .access.needle import Needle, ZoneShape
from .access.rules import Judge
from .access.search import Aim, Candidates, joined, search
from .access.targets import smallest_covering, target_points, wanted_points
from .anatomy.absent import absent_findings
from .case import Case, Lesion
from .cement.body import vertebral_body_of
from .cement.volume import cement_volume
from .errors import DeviceError, PlanError
from .findings import Finding, Severity, worst_first
from .plan import Cement, Plan, Probe, Technique, Trajectory, Treatment
from .proposal import Goal, Proposal, SkinMap

TARGETS = 5
"""Points of the lesion that are aimed at: its middle and others in its core."""
_OTHER_TARGETS_EVERY = 4
"""Of the entries, so many share one when the targets beside the middle are searched."""
_CONTROL_FROM_MM = 5.0
"""Margin from which on an ablation is meant to control the lesion, not only to relieve pain."""


def propose(case: Case, goal: Goal, limits: Limits | None = None) -> Proposal:
    """Look for the ways in that serve a goal, and rank them.

    Every skin voxel within reach of the instrument is looked at. What is refused is kept with the rule, the structure
    and the missing mm; of what is allowed, the ways that no other beats in every respect are ranked by their weighted
    cost and shown as far as they differ.

    Parameters
    ----------
    case : Case
        With outlines of the body and of as much else as is known.
    goal : Goal
    limits : Limits or None
        None takes those that this project ships, weighted for the purpose that the goal implies.

    Returns
    -------
    Proposal
        Without plans where nothing is allowed; its findings then say what stands in the way.

    Raises
    ------
    CaseError
        If there is no such lesion, it lies outside the body, or the body is not outlined.
    DeviceError
        If the device is unknown, does not do what is asked, or lacks its maker's figures.
    PlanError
        If the goal contradicts itself.
    """
    lesion = case.lesion(goal.lesion)
    instrument = _instrument(goal)
    _check(goal)
    rules = widened_for(limits or access_limits(purpose_of(goal)), case.image.grid)
    needle = Needle(instrument.diameter_mm.amount, instrument.usable_length_mm.amount)
    field = build_field(case, lesion, needle, rules)
    targets = target_points(lesion.mask, TARGETS)
    wanted = wanted_points(case, lesion, goal.margin_mm)
    zone = _zone(goal, instrument, wanted, targets[0], rules)
    skin = skin_around(field, case.image, lesion.mask.centroid_mm, needle.reach_mm(rules))
    judge = Judge(case, field, needle, rules, goal.position)
    core = rules.core_length.amount if goal.technique is Technique.BIOPSY else None
    skin_map, allowed = _search_all(judge, skin, [Aim(target, zone, wanted, core) for target in targets])
    findings = (*_device_findings(case, lesion, instrument), *absent_findings(case.structures))
    choice = choose(case, lesion, needle, rules, allowed, goal.max_plans) if len(allowed) else None
    if choice is None or not choice.chosen:
        return Proposal(goal, (), skin_map, worst_first((*no_way_findings(skin_map), *findings)))
    job = _Job(case, lesion, goal, instrument, zone, rules)
    plans = tuple(_plan(job, item, rank, choice, skin_map) for rank, item in enumerate(choice.chosen))
    return Proposal(goal, plans, skin_map, worst_first(findings), tuple(item.score for item in choice.chosen))


@dataclass(frozen=True, eq=False)
class _Job:
    """What every plan of one proposal has in common."""

    case: Case
    lesion: Lesion
    goal: Goal
    instrument: Device
    zone: ZoneShape | None
    limits: Limits


def _search_all(judge: Judge, skin: Skin, aims: list[Aim]) -> tuple[SkinMap, Candidates]:
    """Search every entry for the first aim, and some of the entries for the others."""
    skin_map, middle = search(judge, skin, aims[0])
    some = skin.part(np.arange(0, len(skin.points_mm), _OTHER_TARGETS_EVERY))
    return skin_map, joined([middle, *(search(judge, some, aim)[1] for aim in aims[1:])])


def purpose_of(goal: Goal) -> Purpose:
    """What a goal implies: a sample, a hold for bone, control of the lesion, or relief of pain."""
    if goal.technique is Technique.BIOPSY:
        return Purpose.BIOPSY
    if goal.technique is Technique.CEMENT:
        return Purpose.CONSOLIDATION
    return Purpose.LOCAL_CONTROL if goal.margin_mm >= _CONTROL_FROM_MM else Purpose.PALLIATIVE


def _check(goal: Goal) -> None:
    if not (np.isfinite(goal.margin_mm) and goal.margin_mm >= 0):
        raise PlanError(f"The margin is {goal.margin_mm:g} mm; it must be zero or more.")
    if goal.max_plans < 1:
        raise PlanError(f"At most {goal.max_plans} plans were asked for; it must be one or more.")


def _instrument(goal: Goal) -> Device:
    """The device of the goal, ready to be planned with.

    Raises
    ------
    DeviceError
        If it is unknown, lacks figures, does something else than what is asked for, or has no such setting.
    """
    instrument = device(goal.device).ready()
    if instrument.technique is not goal.technique:
        raise DeviceError(
            f"{instrument.name} is for {instrument.technique}, and {goal.technique} was asked for: "
            "choose a device for that."
        )
    if goal.setting:
        instrument.zone(goal.setting)
    return instrument


def _zone(
    goal: Goal, instrument: Device, wanted: NDArray[np.float64], centre: NDArray[np.float64], limits: Limits
) -> ZoneShape | None:
    """The zone of the setting asked for, or the smallest that covers; None for a device that makes none.

    Visible ice is larger than what it kills, so a zone that ends at the edge of ice is only taken where a device has no
    other.
    """
    sizes = [size for size in instrument.zones if goal.setting in ("", size.setting)]
    lethal = [size for size in sizes if size.criterion != ICE_EDGE]
    shapes = [
        ZoneShape(size.length_mm.amount, size.width_mm.amount, size.forward_mm.amount, size.setting)
        for size in lethal or sizes
    ]
    return smallest_covering(shapes, wanted, centre, limits.coverage.amount / 100) if shapes else None


def _device_findings(case: Case, lesion: Lesion, instrument: Device) -> tuple[Finding, ...]:
    """Where the maker says that the device must not be used."""
    holding = {item.name for item in bones_holding(case, lesion)}
    return tuple(
        Finding(
            "access.contraindication",
            Severity.STOP,
            f"{instrument.name} is {rule.text} ({rule.source}): choose another device.",
            about=name,
        )
        for rule in instrument.contraindications
        for name in rule.structures
        if name in holding
    )


def _plan(job: _Job, chosen: Chosen, rank: int, choice: Choice, skin_map: SkinMap) -> Plan:
    goal, lesion = job.goal, job.lesion
    treatment = Treatment(lesion.name, goal.technique, goal.margin_mm)
    if goal.technique is Technique.CEMENT:
        volume_of = cement_volume(job.case.image, lesion.mask, vertebral_body_of(lesion.mask, job.case.structures))
        volume = round(volume_of.expected_ml, 1)
        tool = Cement("1", chosen.trajectory, volume, job.instrument.diameter_mm.amount)
        treatment = replace(treatment, cement=(tool,))
    else:
        treatment = replace(treatment, probes=(_probe(job, chosen.trajectory, "1"),))
    return Plan(
        f"plan-{rank + 1}",
        (treatment,),
        job.case.image.uid,
        chosen.approach,
        goal.position,
        reasons_of(chosen, rank, choice, skin_map),
    )


def _probe(job: _Job, trajectory: Trajectory, name: str) -> Probe:
    if job.zone is None:
        return Probe(name, job.goal.device, trajectory)
    size = job.instrument.zone(job.zone.setting)
    return Probe(name, job.goal.device, trajectory, size.setting, size.power_w, size.duration_s, size.target_c)

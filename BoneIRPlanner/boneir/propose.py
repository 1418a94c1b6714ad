"""The verb `propose`: a case and a goal become ranked plans, each with the reasons for its place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .ablation.device import ICE_EDGE, Device
from .ablation.devices import device
from .access.approach import Approaches
from .access.bones import bones_holding
from .access.choice import Choice, Chosen, choose, stand_of
from .access.costs import weighted
from .access.entries import Skin, skin_around
from .access.explain import (
    coverage_findings,
    harm_findings,
    may_relax,
    no_way_findings,
    reasons_of,
    relaxed_findings,
    team_reasons,
)
from .access.field import build_field
from .access.limits import COSTS, Limits, Purpose, access_limits, weighted_for_unknown, widened_for
from .access.needle import Needle, ZoneShape
from .access.pareto import best_per_patch
from .access.path_samples import PathSamples
from .access.rules import Judge
from .access.search import Aim, joined, search
from .access.several import team_that_covers
from .access.targets import (
    Neighbours,
    covered_share,
    harmed_ml,
    neighbours_of,
    smallest_covering,
    target_points,
    wanted_points,
)
from .anatomy.absent import absent_findings
from .anatomy.structures import structure_kins
from .case import Case, Lesion
from .cement.body import vertebral_body_of
from .cement.volume import cement_volume
from .errors import CaseError, DeviceError, PlanError
from .findings import Finding, Severity, worst_first
from .plan import Cement, Plan, Probe, Technique, Trajectory, Treatment
from .proposal import Goal, Proposal, SkinMap

TARGETS = 5
"""Points of the lesion that are aimed at: its middle and others half-way to its ends."""
_OTHER_TARGETS_EVERY = 4
"""Of the entries, so many share one when the targets beside the middle are searched."""
_ZONE_SHIFT_MM = 12.0
"""How far beyond the lesion the centre of a zone may come to lie, for the search of its neighbours."""
_TEAM_TARGETS, _TEAM_ENTRIES_EVERY, _TEAM_PATCH_MM, _TEAM_ROUNDS = 12, 12, 10.0, 5
"""For several probes: points aimed at, share and patches of the entries, and how often a team is tried again."""
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
    job = _job(case, goal, limits)
    findings = (*_device_findings(case, job.lesion, job.instrument), *absent_findings(case.structures))
    found = _search(job, relaxed=False)
    if not found.chosen and may_relax(found.skin_map, case, job.limits):
        relaxed = _search(job, relaxed=True)
        found = relaxed if relaxed.chosen else found
    if found.choice is None or not found.chosen:
        return Proposal(goal, (), found.skin_map, worst_first((*no_way_findings(found.skin_map), *findings)))
    ways = [_alone(job, item, found.choice, found.skin_map) for item in found.chosen]
    ranked = sorted([*ways, *_team(job, found, max(way.covered for way in ways))], key=lambda way: way.score)
    ranked = ranked[: goal.max_plans]
    plans = tuple(_plan(job, way, rank) for rank, way in enumerate(ranked))
    if found.relaxed:
        findings = (*relaxed_findings(), *findings)
    if job.zone is not None:
        findings = (*coverage_findings(max(way.covered for way in ranked), job.limits), *findings)
        findings = (*harm_findings(min(_harm_ml(job, way) for way in ranked), job.limits), *findings)
    return Proposal(goal, plans, found.skin_map, worst_first(findings), tuple(way.score for way in ranked))


@dataclass(frozen=True, eq=False)
class _Job:
    """What every plan of one proposal has in common."""

    case: Case
    lesion: Lesion
    goal: Goal
    instrument: Device
    needle: Needle
    zone: ZoneShape | None
    wanted_mm: NDArray[np.float64]
    neighbours: Neighbours | None
    limits: Limits


def _job(case: Case, goal: Goal, limits: Limits | None) -> _Job:
    lesion = case.lesion(goal.lesion)
    instrument = _instrument(goal)
    _check(goal)
    rules = widened_for(limits or access_limits(purpose_of(goal)), case.image.grid)
    rules = weighted_for_unknown(rules, _unknown_share(case))
    if lesion.mask.is_empty:
        raise CaseError(f"The lesion {lesion.name!r} is empty: nothing can be reached.")
    needle = Needle(instrument.diameter_mm.amount, instrument.usable_length_mm.amount)
    wanted = wanted_points(case, lesion, goal.margin_mm)
    zone = _zone(goal, instrument, wanted, target_points(lesion.mask, 1)[0], rules)
    neighbours = None if zone is None else neighbours_of(case, lesion, zone.length_mm / 2 + _ZONE_SHIFT_MM, rules)
    return _Job(case, lesion, goal, instrument, needle, zone, wanted, neighbours, rules)


def _unknown_share(case: Case) -> float:
    """Share of the critical classes of which nothing is outlined."""
    checked = [kin for kin in structure_kins().values() if kin.checked]
    absent = [finding for finding in absent_findings(case.structures) if finding.code == "case.absent"]
    return len(absent) / len(checked)


@dataclass(frozen=True, eq=False)
class _Way:
    """One plan in the making: where its needles go, what it costs and covers, and why it stands where it stands."""

    score: float
    trajectories: tuple[Trajectory, ...]
    approach: str
    covered: float
    reasons: tuple[str, ...]


def _harm_ml(job: _Job, way: _Way) -> float:
    """Severity-weighted mL of critical structures in the zones of a plan; those in two zones count twice."""
    if job.zone is None or job.neighbours is None:
        return 0.0
    tips = np.array([trajectory.tip_mm for trajectory in way.trajectories])
    ways = np.array([trajectory.direction for trajectory in way.trajectories])
    return float(harmed_ml(job.zone, job.neighbours, tips, ways).sum())


def _alone(job: _Job, item: Chosen, choice: Choice, skin_map: SkinMap) -> _Way:
    """A plan with one needle."""
    covered = 1.0
    if job.zone is not None:
        tip, way = (np.atleast_2d(v) for v in (item.trajectory.tip_mm, item.trajectory.direction))
        covered = float(covered_share(job.zone, job.wanted_mm, tip, way)[0])
    return _Way(item.score, (item.trajectory,), item.approach, covered, reasons_of(item, choice, skin_map))


def _team(job: _Job, found: _Found, alone: float) -> tuple[_Way, ...]:
    """A plan with several probes, where one covers too little and several cover more."""
    if job.zone is None or alone >= job.limits.coverage.amount / 100 or job.limits.probes_most.amount < 2:
        return ()
    targets = target_points(job.lesion.mask, _TEAM_TARGETS, spread=0.8)
    some = found.skin.part(np.arange(0, len(found.skin.points_mm), _TEAM_ENTRIES_EVERY))
    parts = [search(found.judge, some, _aim(job, target))[1] for target in targets]
    allowed = joined([part.part(best_per_patch(part.skin.points_mm, part.score, _TEAM_PATCH_MM)) for part in parts])
    for _ in range(_TEAM_ROUNDS):
        team = team_that_covers(allowed, job.zone, job.wanted_mm, job.needle, job.limits)
        if len(team.members) < 2 or team.covered < alone + job.limits.probe_gain.amount / 100:
            return ()
        ways = [allowed.trajectory(member) for member in team.members]
        paths = [PathSamples(job.case, way, job.needle, job.lesion, "", job.limits) for way in ways]
        fallen = [
            member
            for member, path in zip(team.members, paths, strict=True)
            if not stand_of(path, found.relaxed).allowed
        ]
        if not fallen:
            costs = allowed.costs[list(team.members)].max(axis=0)
            costs[COSTS.index("coverage")] = min((1 - team.covered) / (job.limits.coverage_scale.amount / 100), 1.0)
            approach = f"{Approaches(job.case, job.lesion).name(ways[0])}, {len(ways)} probes"
            score = float(weighted(costs[None], job.limits)[0])
            return (_Way(score, tuple(ways), approach, team.covered, team_reasons(len(ways), team.covered, alone)),)
        allowed = allowed.part(np.setdiff1d(np.arange(len(allowed)), fallen))
    return ()


@dataclass(frozen=True, eq=False)
class _Found:
    """What one search came to."""

    judge: Judge
    skin: Skin
    skin_map: SkinMap
    choice: Choice | None
    relaxed: bool

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        return () if self.choice is None else self.choice.chosen


def _search(job: _Job, relaxed: bool) -> _Found:
    """Search every entry for the middle of the lesion, and some of the entries for the other targets."""
    case, lesion, limits = job.case, job.lesion, job.limits
    field = build_field(case, lesion, job.needle, limits, relaxed=relaxed)
    judge = Judge(case, field, job.needle, limits, job.goal.position)
    core = limits.core_length.amount if job.goal.technique is Technique.BIOPSY else None
    middle, *others = (_aim(job, target, core) for target in target_points(lesion.mask, TARGETS))
    skin = skin_around(field, case.image, lesion.mask.centroid_mm, job.needle.reach_mm(limits))
    skin_map, allowed = search(judge, skin, middle)
    some = skin.part(np.arange(0, len(skin.points_mm), _OTHER_TARGETS_EVERY))
    allowed = joined([allowed, *(search(judge, some, aim)[1] for aim in others)])
    choice = None
    if len(allowed):
        choice = choose(case, lesion, job.needle, limits, allowed, job.goal.max_plans, relaxed=relaxed)
    return _Found(judge, skin, skin_map, choice, relaxed)


def _aim(job: _Job, target_mm: NDArray[np.float64], core_mm: float | None = None) -> Aim:
    return Aim(target_mm, job.zone, job.wanted_mm, core_mm, job.neighbours)


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


def _plan(job: _Job, way: _Way, rank: int) -> Plan:
    goal, lesion = job.goal, job.lesion
    treatment = Treatment(lesion.name, goal.technique, goal.margin_mm)
    if goal.technique is Technique.CEMENT:
        body = vertebral_body_of(lesion.mask, job.case.structures)
        volume = round(cement_volume(job.case.image, lesion.mask, body).expected_ml, 1)
        tool = Cement("1", way.trajectories[0], volume, job.instrument.diameter_mm.amount)
        treatment = replace(treatment, cement=(tool,))
    else:
        probes = tuple(_probe(job, trajectory, str(n + 1)) for n, trajectory in enumerate(way.trajectories))
        treatment = replace(treatment, probes=probes)
    reasons = (f"Rank {rank + 1} with a weighted cost of {way.score:.2f}.", *way.reasons)
    return Plan(f"plan-{rank + 1}", (treatment,), job.case.image.uid, way.approach, goal.position, reasons)


def _probe(job: _Job, trajectory: Trajectory, name: str) -> Probe:
    if job.zone is None:
        return Probe(name, job.goal.device, trajectory)
    size = job.instrument.zone(job.zone.setting)
    return Probe(name, job.goal.device, trajectory, size.setting, size.power_w, size.duration_s, size.target_c)

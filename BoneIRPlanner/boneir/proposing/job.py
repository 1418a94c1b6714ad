"""What every plan of one proposal has in common: lesion, instrument, zone, limits, and what stands already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ablation.device import ICE_EDGE, Device
from ..ablation.devices import device
from ..access.biopsy import CoreTaken, viable_part
from ..access.bones import bones_holding
from ..access.capsules import Capsule
from ..access.given import Given
from ..access.joints import with_open_joints
from ..access.limit_changes import changed_findings, changed_limits
from ..access.limits import Limits, Purpose, access_limits, weighted_for_unknown, widened_for
from ..access.needle import Needle, ZoneShape
from ..access.sacrum import with_sacral_foramina
from ..access.several import spaced_for
from ..access.targets import Neighbours, neighbours_of, smallest_covering, target_points, wanted_points
from ..anatomy.absent import absent_findings
from ..anatomy.structures import structure_kins
from ..assessing.aim import meant_to_control
from ..assessing.biopsy import throw_of
from ..case import Case, Lesion
from ..errors import CaseError, DeviceError, PlanError
from ..findings import Finding, Severity
from ..plan import Technique
from ..proposal import Goal

_ZONE_SHIFT_MM = 12.0
"""How far beyond the lesion the centre of a zone may come to lie, for the search of its neighbours."""


@dataclass(frozen=True, eq=False)
class Job:
    """What one proposal works on.

    Parameters
    ----------
    case : Case
        With zones for the sacral nerve roots, where the lesion lies in the sacrum.
    lesion : Lesion
    goal : Goal
    instrument : Device
    needle : Needle
    zone : ZoneShape or None
        Of one needle; None for an instrument that makes none.
    wanted_mm : ndarray, shape (p, 3)
        Points of lesion and margin to be reached.
    neighbours : Neighbours or None
        What the zone shall leave out.
    limits : Limits
    given : Given
        Entry zones of the goal, and what stands already.
    core : CoreTaken or None
        What of the lesion a biopsy needle brings home; None for any other instrument.
    passes_hips : bool
        Whether ways that may run through an unseen hip joint or sciatic nerve are taken, since there is no other.
    """

    case: Case
    lesion: Lesion
    goal: Goal
    instrument: Device
    needle: Needle
    zone: ZoneShape | None
    wanted_mm: NDArray[np.float64]
    neighbours: Neighbours | None
    limits: Limits
    given: Given
    core: CoreTaken | None = None
    passes_hips: bool = False


def job_of(case: Case, goal: Goal, limits: Limits | None, beside: Sequence[Capsule] = ()) -> Job:
    """Settle what a goal asks of a case; `beside` stands already.

    Raises
    ------
    CaseError
        If there is no such lesion or it is empty.
    DeviceError
        If the device is unknown, does not do what is asked, or lacks its maker's figures.
    PlanError
        If the goal contradicts itself, or changes a limit that there is not.
    """
    lesion = case.lesion(goal.lesion)
    instrument = _instrument(goal)
    _check(goal)
    rules = changed_limits(limits or spaced_for(access_limits(purpose_of(goal)), goal.technique), goal.limits)
    rules = widened_for(rules, case.image.grid)
    case = with_open_joints(with_sacral_foramina(case, lesion, rules), lesion, rules)
    rules = weighted_for_unknown(rules, _unknown_share(case))
    given = Given(case, goal.entry_allowed, goal.entry_forbidden, beside)
    if lesion.mask.is_empty:
        raise CaseError(f"The lesion {lesion.name!r} is empty: nothing can be reached.")
    needle = Needle(instrument.diameter_mm.amount, instrument.usable_length_mm.amount)
    wanted = wanted_points(case, lesion, goal.margin_mm)
    zone = _zone(goal, instrument, wanted, target_points(lesion.mask, 1)[0], rules)
    neighbours = None if zone is None else neighbours_of(case, lesion, zone.length_mm / 2 + _ZONE_SHIFT_MM, rules)
    core = _core(case, lesion, instrument, rules)
    return Job(case, lesion, goal, instrument, needle, zone, wanted, neighbours, rules, given, core)


def purpose_of(goal: Goal) -> Purpose:
    """What a goal implies: a sample, a hold for bone, control of the lesion, or relief of pain."""
    if goal.technique is Technique.BIOPSY:
        return Purpose.BIOPSY
    if goal.technique is Technique.CEMENT:
        return Purpose.CONSOLIDATION
    return Purpose.LOCAL_CONTROL if meant_to_control(goal.margin_mm) else Purpose.PALLIATIVE


def device_findings(job: Job) -> tuple[Finding, ...]:
    """Where the maker says that the device must not be used."""
    holding = {item.name for item in bones_holding(job.case, job.lesion)}
    return tuple(
        Finding(
            "access.contraindication",
            Severity.STOP,
            f"{job.instrument.name} is {rule.text} ({rule.source}): choose another device.",
            about=name,
        )
        for rule in job.instrument.contraindications
        for name in rule.structures
        if name in holding
    )


def limit_findings(goal: Goal) -> tuple[Finding, ...]:
    """Which limits the goal sets other than those that are shipped."""
    return changed_findings(access_limits(purpose_of(goal)), goal.limits)


def _core(case: Case, lesion: Lesion, instrument: Device, limits: Limits) -> CoreTaken | None:
    """What of a lesion is worth a core, for a biopsy needle."""
    if instrument.technique is not Technique.BIOPSY:
        return None
    return CoreTaken(viable_part(case.image, lesion, limits).mask, throw_of(instrument, limits))


def _unknown_share(case: Case) -> float:
    """Share of the critical classes of which nothing is outlined."""
    checked = [kin for kin in structure_kins().values() if kin.checked]
    absent = [finding for finding in absent_findings(case.structures) if finding.code == "case.absent"]
    return len(absent) / len(checked)


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

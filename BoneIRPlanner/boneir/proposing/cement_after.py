"""Cement after ablation, through the hole of a probe: where its tip goes on that line, and how much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..ablation.device import Device
from ..access.joints import with_open_joints
from ..access.limits import Limits, access_limits
from ..access.sacrum import with_sacral_foramina
from ..case import Case, Lesion
from ..cement.forecast import PreparedBone, forecast, prepare
from ..errors import BoneIRError, DeviceError, OutlineError, PlanError
from ..findings import Point
from ..plan import Cement, Plan, Probe, Technique, Trajectory, Treatment
from .cement import proposed_volume, wanted_cement

_EVERY_MM = 3.0
_MOST_TIPS = 6
"""So many places on the line of a probe are compared."""


def cement_after(
    case: Case, plan: Plan, cannula: Device, *, lesion: str = "", probe: str = "", limits: Limits | None = None
) -> Plan:
    """The plan with cement for an ablated lesion, through the hole of one of its probes.

    Of places on the line of the probe within the lesion the one is taken from which most of the lesion is filled
    before cement reaches the first dangerous port that the image shows.

    Parameters
    ----------
    case : Case
    plan : Plan
    cannula : Device
    lesion : str
        Name of the lesion; "" for the only one that the plan ablates.
    probe : str
        Name of the probe; "" lets the one be chosen from which most is filled.
    limits : Limits or None

    Raises
    ------
    PlanError
        If the plan does not ablate the lesion, has cement for it already, or has no such probe.
    DeviceError
        If the instrument is none for cement.
    OutlineError
        If no probe passes the lesion.
    """
    if cannula.technique is not Technique.CEMENT:
        raise DeviceError(f"{cannula.id} does {cannula.technique}: a cannula for cement is wanted.")
    number = _treatment_of(plan, lesion)
    treatment, rules = plan.treatments[number], limits or access_limits()
    sick = case.lesion(treatment.lesion)
    shown = with_open_joints(with_sacral_foramina(case, sick, rules), sick, rules)
    ways = [(item, tip) for item in _probes_of(treatment, probe) for tip in _tips_on(sick, item.trajectory)]
    if not ways:
        raise OutlineError(f"No probe of {plan.name!r} passes {sick.name!r}: cement has no way into it.")
    chosen, tip = _best_of(shown, sick, ways)
    volume, reasons = proposed_volume(shown, sick, tip)
    name = next(word for n in ("", *range(2, 99)) if not plan.title_of(word := f"{chosen.name}c{n}"))
    way = Trajectory(chosen.trajectory.entry_mm, tip)
    filled = replace(treatment, cement=(Cement(name, way, volume, cannula.diameter_mm.amount),))
    treatments = (*plan.treatments[:number], filled, *plan.treatments[number + 1 :])
    more = f"Cement goes in after ablation, through the hole of needle {chosen.name}."
    return replace(plan, treatments=treatments, reasons=(*plan.reasons, more, *reasons))


def _treatment_of(plan: Plan, lesion: str) -> int:
    """Which treatment of a plan ablates a lesion."""
    found = [n for n, item in enumerate(plan.treatments) if item.probes and lesion in ("", item.lesion)]
    if len(found) != 1:
        names = ", ".join(plan.treatments[n].lesion for n in found) or "none"
        raise PlanError(f"{plan.name!r} ablates these lesions: {names}; name one of them.")
    treatment = plan.treatments[found[0]]
    if treatment.technique is Technique.BIOPSY:
        raise PlanError(f"{plan.name!r} takes a biopsy of {treatment.lesion!r}: cement follows an ablation.")
    if treatment.cement:
        raise PlanError(f"{plan.name!r} has cement for {treatment.lesion!r} already.")
    return found[0]


def _probes_of(treatment: Treatment, name: str) -> list[Probe]:
    found = [item for item in treatment.probes if name in ("", item.name)]
    if not found:
        have = ", ".join(item.name for item in treatment.probes)
        raise PlanError(f"There is no probe {name!r} for {treatment.lesion!r}; there are: {have}.")
    return found


def _tips_on(lesion: Lesion, way: Trajectory) -> list[Point]:
    """Places in the lesion on the line of a needle, the deepest first."""
    depths = np.arange(way.length_mm, 0.0, -_EVERY_MM)
    inside = [point for depth in depths if lesion.mask.at(point := way.point_at(float(depth)))]
    count = min(len(inside), _MOST_TIPS)
    few = {round(n) for n in np.linspace(0, len(inside) - 1, count)} if count else set()
    return [inside[n] for n in sorted(few)]


def _best_of(case: Case, lesion: Lesion, ways: list[tuple[Probe, Point]]) -> tuple[Probe, Point]:
    """The way from which most is filled before a dangerous port; the first where that cannot be told."""
    try:
        bone = prepare(case.image, lesion.mask, case.structures)
    except BoneIRError:
        return ways[0]
    wanted = wanted_cement(case, lesion).expected_ml
    return max(ways, key=lambda way: _worth(bone, way[1], wanted))


def _worth(bone: PreparedBone, tip_mm: Point, wanted_ml: float) -> tuple[float, float]:
    """Share of the lesion that is filled at what is wanted, or at what is safe, and what is safe."""
    try:
        found = forecast(bone, [tip_mm], [wanted_ml], draws=0)
    except OutlineError:
        return -1.0, 0.0
    safe = min(found.safe.seen_ml, 1e9)
    return round(found.filling.filled_share(bone.medium.lesion, min(wanted_ml, safe)), 2), safe

"""Assess: what follows from a case and a plan, proposed, hand-made or carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .ablation.approach import approach
from .ablation.checks import contraindication_findings, energy_check, medium_finding
from .ablation.device import Device
from .ablation.devices import device
from .ablation.limits import ablation_limit
from .ablation.physics import SIMULATED, Watch, predict
from .ablation.safety import NEURAL, zone_safety
from .ablation.zone import Shells, joined_zone, shells_of, zone_of, zone_size_of
from .access.path import measure_path
from .anatomy.absent import absent_findings
from .anatomy.lesion_measures import measure_lesion
from .anatomy.structures import kind_for, structure_kinds
from .assessment import Assessment, Measure, Zone
from .case import Case, Lesion
from .cement.body import vertebral_body_of
from .cement.measure import cement_findings, cement_measure
from .cement.volume import cement_volume
from .errors import PlanError
from .findings import Finding, Severity, worst_first
from .fusion.margin import surface_margins
from .fusion.margin_measures import margin_findings, margin_measures
from .plan import Cement, Plan, Probe, Screw, Technique, Trajectory, Treatment

WITHOUT_ZONE = (Technique.BIOPSY, Technique.CEMENT)
"""Techniques whose instruments make no zone."""

WHOLE_ZONE = 0.98
"""A zone of which less than this lies in the image is said to be cut off; voxels alone make a percent."""


@dataclass
class _Sheet:
    """What has been found so far."""

    measures: list[Measure] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    zones: list[Zone] = field(default_factory=list)

    def add(self, measures: Sequence[Measure] = (), findings: Sequence[Finding | None] = ()) -> None:
        """Take in measures and findings."""
        self.measures += measures
        self.findings += [finding for finding in findings if finding is not None]


def assess(case: Case, plan: Plan, *, physics: bool = False, progress: Watch | None = None) -> Assessment:
    """Say what a plan does to a case.

    Parameters
    ----------
    case : Case
    plan : Plan
        Made for the planning image of the case.
    physics : bool
        Whether heat and cold are simulated as well, where the technique can be.
    progress : callable, optional
        Called while a simulation runs.

    Returns
    -------
    Assessment
        Measures of every needle, zone and lesion; findings, the worst first, with those of the case and of what is not
        outlined; zones of every probe, and of all probes of a lesion together.

    Raises
    ------
    PlanError
        If the plan was made for another image, has no treatment, or a needle begins or ends outside the image.
    CaseError
        If a lesion of the plan is not in the case.
    DeviceError
        If a device is unknown, not ready, or has no setting that fits.
    """
    _check(case, plan)
    sheet = _Sheet()
    sheet.add((), case.findings)
    sheet.add((), absent_findings(case.structures))
    if not plan.image_uid:
        text = f"The plan {plan.name!r} does not name its image: whether it was made for this one was not checked."
        sheet.add((), [Finding("plan.no_image", Severity.WARN, text)])
    for treatment in plan.treatments:
        _assess_treatment(case, treatment, sheet)
        if physics:
            _simulate(case, treatment, sheet, progress)
    findings = worst_first(dict.fromkeys(sheet.findings))
    return Assessment(plan.uid, case.uid, tuple(sheet.measures), findings, tuple(sheet.zones))


def _simulate(case: Case, treatment: Treatment, sheet: _Sheet, progress: Watch | None) -> None:
    """What physics says, beside the published zones."""
    if treatment.technique in SIMULATED and treatment.probes:
        found = predict(case, treatment, progress=progress)
        sheet.add(found.measures, found.findings)
        sheet.zones.append(found.zone)
    elif treatment.technique not in WITHOUT_ZONE:
        text = f"What {treatment.technique} does to {treatment.lesion} was not simulated: only its zone is known."
        sheet.add((), [Finding("ablation.not_simulated", Severity.NOTE, text, about=treatment.lesion)])


def _check(case: Case, plan: Plan) -> None:
    """Refuse what cannot be assessed, before anything is computed."""
    if plan.image_uid and plan.image_uid != case.image.uid:
        raise PlanError(
            f"The plan {plan.name!r} was made for another image ({plan.image_uid[:12]}...) than that of this case "
            f"({case.image.uid[:12]}...): open the case it belongs to, or plan again."
        )
    if not plan.treatments:
        raise PlanError(f"The plan {plan.name!r} treats nothing: give it at least one treatment.")
    for treatment in plan.treatments:
        case.lesion(treatment.lesion)
        tools: tuple[Probe | Cement | Screw, ...] = (*treatment.probes, *treatment.cement, *treatment.screws)
        for tool in tools:
            _check_within(case, tool.name, tool.trajectory)


def _check_within(case: Case, name: str, trajectory: Trajectory) -> None:
    for end, point in (("begins", trajectory.entry_mm), ("ends", trajectory.tip_mm)):
        if not bool(case.image.grid.contains(point)):
            place = ", ".join(f"{x:.1f}" for x in point)
            raise PlanError(
                f"The needle {name!r} {end} at ({place}) mm LPS, outside the image, which spans "
                f"{case.image.grid.bounds_text()}: move it into the image."
            )


def _assess_treatment(case: Case, treatment: Treatment, sheet: _Sheet) -> None:
    lesion = case.lesion(treatment.lesion)
    sheet.add(measure_lesion(case, lesion))
    chosen = [(probe, device(probe.device)) for probe in treatment.probes]
    for probe, instrument in chosen:
        sheet.add(*_path(case, probe.name, probe.trajectory, instrument, lesion.name))
        sheet.add((), contraindication_findings(probe, instrument, lesion, case.structures))
    for cannula in treatment.cement:
        sheet.add(*measure_path(case, cannula.trajectory, cannula.diameter_mm, about=cannula.name, lesion=lesion.name))
    ablating = [(probe, instrument) for probe, instrument in chosen if instrument.technique not in WITHOUT_ZONE]
    sheet.add((), _technique_findings(treatment, chosen, ablating))
    if ablating:
        _assess_zones(case, treatment, lesion, ablating, sheet)
    if treatment.technique is not Technique.BIOPSY:
        _assess_cement(case, treatment, lesion, sheet)
    if treatment.screws:
        names = ", ".join(screw.name for screw in treatment.screws)
        text = f"The screws {names} are drawn but not assessed: their corridor has to be judged by eye."
        sheet.add((), [Finding("plan.screws", Severity.WARN, text, about=names)])


def _technique_findings(
    treatment: Treatment, chosen: Sequence[tuple[Probe, Device]], ablating: Sequence[tuple[Probe, Device]]
) -> list[Finding]:
    """Devices of another technique than the treatment's, and a technique whose zone nothing here predicts."""
    found = []
    for probe, instrument in ablating:
        if instrument.technique is not treatment.technique:
            text = (
                f"Probe {probe.name}: {instrument.name} is a device for {instrument.technique}, the treatment of "
                f"{treatment.lesion} says {treatment.technique}; its zone is that of the device."
            )
            found.append(Finding("plan.technique", Severity.WARN, text, about=probe.name))
    if chosen and not ablating and treatment.technique not in WITHOUT_ZONE:
        text = f"What {treatment.technique} does to {treatment.lesion} is not predicted: its devices have no zone."
        found.append(Finding("ablation.no_zone", Severity.WARN, text, about=treatment.lesion))
    return found


def _path(
    case: Case, name: str, trajectory: Trajectory, instrument: Device, lesion: str
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    diameter, length = instrument.diameter_mm.amount, instrument.usable_length_mm.amount
    return measure_path(case, trajectory, diameter, about=name, lesion=lesion, usable_length_mm=length)


def _assess_zones(
    case: Case, treatment: Treatment, lesion: Lesion, chosen: Sequence[tuple[Probe, Device]], sheet: _Sheet
) -> None:
    """Zones of all probes of a lesion: volume, margin, coverage, what is near, what must be known of the devices."""
    grid = case.image.grid
    sizes = [zone_size_of(probe, instrument) for probe, instrument in chosen]
    shells = [
        shells_of(probe, size, instrument.technique) for (probe, instrument), size in zip(chosen, sizes, strict=True)
    ]
    zones = [zone_of(probe, instrument, grid) for probe, instrument in chosen]
    in_spine = _in_spine(case, shells)
    for (probe, instrument), size, shell, zone in zip(chosen, sizes, shells, zones, strict=True):
        sheet.add([_volume(zone)], [_cut_off(probe, shell, zone), medium_finding(probe, instrument, size)])
        sheet.add(*energy_check(probe, instrument, size, in_spine=in_spine))
    sheet.zones += zones
    if len(zones) > 1:
        together = Technique.CRYO in {instrument.technique for _, instrument in chosen}
        joined, findings = joined_zone(zones, Technique.CRYO if together else treatment.technique)
        sheet.zones.append(joined)
        sheet.add([_volume(joined)], findings)
    _assess_margin(treatment, lesion, shells, sheet)
    sheet.add(*zone_safety(shells, case.structures, case.image, lesion))


def _volume(zone: Zone) -> Measure:
    low, high = (None if mask is None else mask.volume_ml for mask in (zone.inner, zone.outer))
    title = "Volume of the zone" if zone.probe else "Volume of all zones together"
    about = zone.probe or zone.name
    return Measure("ablation.zone_volume", title, zone.mask.volume_ml, "mL", about, low, high, note=zone.medium)


def _cut_off(probe: Probe, shells: Shells, zone: Zone) -> Finding | None:
    """That a zone sticks out of the image; None where it does not."""
    share = zone.mask.volume_ml / shells.expected.volume_ml
    if share > WHOLE_ZONE:
        return None
    text = (
        f"Only {100 * share:.0f} % of the zone of probe {probe.name} lies within the image: the rest was not checked."
    )
    return Finding("ablation.outside_image", Severity.WARN, text, share, "1", None, probe.trajectory.tip_mm, probe.name)


def _in_spine(case: Case, shells: Sequence[Shells]) -> bool:
    """Whether a vertebra, the canal, the cord or a root is so near the zones that nerves need protection."""
    near_mm = ablation_limit("neural_protection_mm").amount
    for item in case.structures:
        kind = structure_kinds().get(item.kind) or kind_for(item.name)
        spinal = item.name.startswith("vertebra") or (kind is not None and kind.kin.key in NEURAL)
        found = approach(shells, item.mask) if spinal else None
        if found is not None and found.distance_mm < near_mm:
            return True
    return False


def _assess_margin(treatment: Treatment, lesion: Lesion, shells: Sequence[Shells], sheet: _Sheet) -> None:
    zones = [[shell.expected for shell in shells], [shell.inner for shell in shells], [shell.outer for shell in shells]]
    expected, inner, outer = surface_margins(lesion.mask, zones)
    wanted, liver = treatment.margin_mm, ablation_limit("liver_margin_mm")
    note = f"For comparison, in liver: {liver.note} ({liver.source})"
    sheet.add(
        margin_measures(expected, inner, outer, lesion.name, wanted, note),
        margin_findings(expected, inner, lesion.name, wanted, ablation_limit("coverage_of_lesion")),
    )


def _assess_cement(case: Case, treatment: Treatment, lesion: Lesion, sheet: _Sheet) -> None:
    volume = cement_volume(case.image, lesion.mask, vertebral_body_of(lesion.mask, case.structures))
    sheet.add([cement_measure(volume, lesion.name)], cement_findings(volume, lesion.name, treatment.cement))

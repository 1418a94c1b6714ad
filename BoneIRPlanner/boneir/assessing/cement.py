"""How much cement a lesion takes, where planned cement goes, where it would leak, and how warm it gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..anatomy.structures import kind_for, structure_kinds, structure_title, with_article, within_sentence
from ..assessment import Measure
from ..case import Case, Modality, Structure
from ..cement.after_ablation import ablated, order_findings
from ..cement.curing import curing_limit, rise_at, rise_near, usual_heat
from ..cement.forecast import Forecast, PreparedBone, best_tips, forecast, prepare
from ..cement.forecast_measures import (
    forecast_curve,
    forecast_findings,
    forecast_measures,
    forecast_zone,
    no_port_within,
)
from ..cement.measure import cement_findings, cement_measure
from ..cement.site import CementSite, CompartmentPart, cement_site, compartments_of
from ..cement.tip import TipAdvice, posterior_wall
from ..cement.volume import CementVolume, cement_volume
from ..errors import BoneIRError, OutlineError
from ..findings import Finding, Severity
from ..plan import Technique, Treatment
from ..resources import limit
from .sheet import Sheet
from .subject import Subject

_PART_REASONS = 2
"""Of a part it is said what it consists of and to what share it is filled; the rest is said of the whole."""
NEURAL = ("cord", "nerve_roots")
"""Kins of structures that must not get warm."""


def assess_cement(subject: Subject, sheet: Sheet) -> None:
    """Measure what cement the lesion of a treatment takes, and forecast what is planned.

    A biopsy and screws alone have none.

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in what is found.
    """
    case, treatment, lesion = subject.case, subject.treatment, subject.lesion
    if not treatment.cement and treatment.technique in (Technique.BIOPSY, Technique.FIXATION):
        return
    site = cement_site(lesion.mask, case.structures)
    body = None if site is None else site.neighbours.body
    parts = compartments_of(lesion.mask, case.structures)
    volume = cement_volume(case.image, lesion.mask, body, parts[0].compartment)
    sheet.add([cement_measure(volume, lesion.name)], cement_findings(volume, lesion.name, treatment.cement))
    sheet.add(_by_compartment(case, parts, site, lesion.name))
    if body is not None:
        note = "Of the level that holds most of the lesion, without pedicles and arch."
        sheet.add([Measure("cement.body_volume", "Vertebral body", body.volume_ml, "mL", lesion.name, note=note)])
    sheet.add((), order_findings(treatment, {probe.name: tool.diameter_mm.amount for probe, tool in subject.chosen}))
    if case.image.modality is Modality.CT and site is not None:
        _fill(subject, volume, sheet)
    elif treatment.cement:
        why = "the image is not CT" if site is not None else "no bone is outlined around it"
        text = f"Where the cement in {lesion.name} goes was not forecast: {why}."
        sheet.add((), [Finding("cement.not_forecast", Severity.NOTE, text, about=lesion.name)])


def _by_compartment(
    case: Case, parts: Sequence[CompartmentPart], site: CementSite | None, lesion: str
) -> list[Measure]:
    """The range of each part where a lesion lies in several compartments."""
    if len(parts) < 2:
        return []
    found = []
    for part in parts:
        body = site.neighbours.body if site is not None and part.bone == site.name else None
        bone_title = within_sentence(structure_title(part.bone))
        where = str(part.compartment) if part.bone == part.compartment else f"{part.compartment} ({bone_title})"
        volume = cement_volume(case.image, part.lesion, body, part.compartment)
        measure = cement_measure(volume, f"{lesion}, {where}")
        found.append(
            Measure(
                "cement.part_volume",
                f"Cement for the part in the {where}",
                measure.amount,
                "mL",
                measure.about,
                measure.low,
                measure.high,
                note=" ".join(volume.reasons[:_PART_REASONS]),
            )
        )
    return found


def _fill(subject: Subject, volume: CementVolume, sheet: Sheet) -> None:
    """Forecast the planned injections; of a lytic lesion without any, what would be safe from the best place."""
    case, treatment, lesion = subject.case, subject.treatment, subject.lesion
    lytic = volume.void_ml >= limit("cement", "lytic_from").amount * lesion.mask.volume_ml
    if not treatment.cement and not lytic:
        return
    try:
        bone = prepare(case.image, lesion.mask, case.structures)
        advice = best_tips(bone, volume.expected_ml)
    except OutlineError as error:
        sheet.add((), [Finding("cement.not_forecast", Severity.NOTE, str(error), about=lesion.name)])
        return
    sheet.add((), _coarse(case, lesion.name))
    if not treatment.cement:
        sheet.add(_from_best_place(advice[0], volume.indicated_ml, lesion.name))
        return
    bone = after_ablation(treatment, bone, sheet)
    tips = [item.trajectory.tip_mm for item in treatment.cement]
    amounts = [item.volume_ml for item in treatment.cement]
    try:
        found = forecast(bone, tips, amounts)
    except BoneIRError as error:
        text = f"Where the cement in {lesion.name} goes was not forecast: {error}"
        sheet.add((), [Finding("cement.not_forecast", Severity.WARN, text, None, "", None, tips[0], lesion.name)])
        return
    most = volume.indicated_ml
    sheet.add(forecast_measures(found, lesion.name, most), forecast_findings(found, lesion.name, advice[0], most))
    sheet.add((), _near_wall(bone, treatment))
    sheet.findings = [_if_held_back(item, found, lesion.name, volume.low_ml) for item in sheet.findings]
    if found.planned_ml > 0:
        sheet.zones.append(forecast_zone(found, lesion.name, case.image.grid))
        sheet.curves.append(forecast_curve(found, lesion.name, most))
        sheet.add(*_warming(case, found, lesion.name))


def _if_held_back(finding: Finding, found: Forecast, lesion: str, low_ml: float) -> Finding:
    """Less cement than a lesion may take is no fault where more would not be safe."""
    safe = found.safe
    if finding.code != "cement.volume" or finding.about != lesion or not found.planned_ml <= safe.seen_ml < low_ml:
        return finding
    why = f" More than {safe.seen_ml:.1f} mL would not be safe from this tip: the {safe.seen_port} comes first."
    return replace(finding, severity=Severity.NOTE, text=finding.text + why)


def after_ablation(treatment: Treatment, bone: PreparedBone, sheet: Sheet) -> PreparedBone:
    """The bone as the ablation of the same treatment leaves it."""
    for zone in sheet.zones if treatment.probes else ():
        medium, coarse = (ablated(item, zone.mask, treatment.technique) for item in (bone.medium, bone.coarse))
        bone = replace(bone, medium=medium, coarse=coarse)
    return bone


def _coarse(case: Case, lesion: str) -> list[Finding]:
    longest, coarse = max(case.image.grid.spacing_mm), limit("cement", "coarse_voxel_mm")
    if longest <= coarse.amount:
        return []
    text = (
        f"Voxels of {longest:.1f} mm blur the cortex around {lesion}: gaps may be missed, and thin cortex may be taken "
        "for a gap."
    )
    return [Finding("cement.coarse", Severity.NOTE, text, longest, "mm", coarse, about=lesion)]


def _from_best_place(best: TipAdvice, indicated_ml: float, lesion: str) -> list[Measure]:
    """What would be safe from the best place, never more than is called for."""
    if indicated_ml <= 0.0:
        return []
    safe, (x, y, z) = best.safe, best.tip_mm
    note = f"With the tip at ({x:.0f}, {y:.0f}, {z:.0f}) mm LPS, if cement were added; "
    note += f"limited by the {safe.port}." if safe.volume_ml <= indicated_ml else _lower(no_port_within(indicated_ml))
    amount = min(safe.volume_ml, indicated_ml)
    title = "Cement before the first dangerous port, from the best place"
    return [Measure("cement.safe_from_best", title, amount, "mL", lesion, place_mm=best.tip_mm, note=note)]


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _near_wall(bone: PreparedBone, treatment: Treatment) -> list[Finding]:
    """Tips nearer to the posterior wall than they should be."""
    wall = posterior_wall(bone.medium, bone.ports)
    if not wall.any():
        return []
    places = bone.medium.grid.to_mm(np.argwhere(wall)[:, ::-1])
    keep, found = limit("leak", "tip_from_posterior_mm"), []
    for cannula in treatment.cement:
        apart = float(np.linalg.norm(places - np.asarray(cannula.trajectory.tip_mm), axis=1).min())
        if apart < keep.amount:
            text = f"The tip of cannula {cannula.name} lies {apart:.1f} mm from the posterior wall; {keep} is wanted."
            found.append(
                Finding(
                    "cement.tip_to_wall",
                    Severity.WARN,
                    text,
                    apart,
                    "mm",
                    keep,
                    cannula.trajectory.tip_mm,
                    cannula.name,
                )
            )
    return found


def _warming(case: Case, found: Forecast, lesion: str) -> tuple[list[Measure], list[Finding]]:
    """How warm curing cement makes canal, cord and roots: an upper bound without blood flow."""
    medium, body, limit_c = found.bone.medium, curing_limit("body_c").amount, limit("ablation", "neural_heat_c")
    shares = found.filling.shares(found.planned_ml) * medium.share
    rise = rise_near(shares, medium.grid, usual_heat())
    measures, findings = [], []
    for item in (item for item in case.structures if _is_neural(item)):
        peak = rise_at(rise, medium.grid, item.mask)
        if peak is None:
            continue
        warmest, place = body + peak[0], peak[1]
        words = structure_title(item.kind or item.name)
        compared = curing_limit("canal_large_c")
        note = (
            f"Blood flow, which cools, is left out. Measured at the canal: {compared.low:g} to "
            f"{compared.high:g} degC with 6 or 10 mL ({compared.source})."
        )
        measures.append(
            Measure(
                "cement.warming",
                f"Curing cement warms: {words}",
                warmest,
                "degC",
                item.name,
                None,
                None,
                limit_c,
                place,
                note,
            )
        )
        if warmest >= limit_c.amount:
            warmed = with_article(item.name, item.kind)
            text = f"Curing cement in {lesion} may warm {warmed} to {warmest:.0f} degC; nerves bear {limit_c}."
            findings.append(Finding("cement.warming", Severity.WARN, text, warmest, "degC", limit_c, place, item.name))
    return measures, findings


def _is_neural(item: Structure) -> bool:
    kind = structure_kinds().get(item.kind) or kind_for(item.name)
    return kind is not None and kind.kin.key in NEURAL and not item.mask.is_empty

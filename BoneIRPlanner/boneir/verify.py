"""Verify: what a control image shows of a plan that has been carried out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .access.bones import bones_holding
from .anatomy.axial import AxialFrame
from .anatomy.body import fine_body, outline_body
from .anatomy.outline import AIR_HU
from .anatomy.structures import kind_for
from .assess import assess
from .assessment import Assessment, Curve, Measure
from .case import Case, Image, Modality, Role
from .errors import BoneIRError, ImageError, OutlineError
from .findings import Finding, Severity, worst_first
from .fusion.after_margin import AfterMargin, after_margin
from .fusion.after_margin_measures import after_findings, after_measures, coverage_curve
from .fusion.carried_out import CarriedOut, actual_plan, carried_out, moved_needle, needle_measures
from .fusion.cement_after import (
    CementAfter,
    cement_after,
    cement_findings,
    cement_measures,
    cement_volume_ml,
    outline_cement,
)
from .fusion.moved_plan import moved_needle as moved_trajectory
from .fusion.needles_found import find_needles
from .image.rigid import Rigid, placed, placed_grid
from .mask import Mask
from .plan import Cement, Plan, Probe, Treatment
from .register import register
from .resources import limit


@dataclass(frozen=True, eq=False)
class Verification:
    """What a control image shows of a plan.

    Parameters
    ----------
    case : Case
        With the control image laid over the planning image.
    plan : Plan
        As planned.
    actual : Plan or None
        With the needles where they are; None where no needle was looked for or found.
    needles : CarriedOut or None
    before, after : Assessment
        Of the plan, and of the actual one (the same where there is none).
    margins : tuple of (lesion, AfterMargin)
    zone : Mask or None
        The ablation zone where it lies over the planning image.
    cement : tuple of (lesion, CementAfter)
    error_mm : float
        Expected error of the registration.
    assessment : Assessment
        Measures, findings and curves of the verification itself.
    """

    case: Case
    plan: Plan
    actual: Plan | None
    needles: CarriedOut | None
    before: Assessment
    after: Assessment
    margins: tuple[tuple[str, AfterMargin], ...]
    cement: tuple[tuple[str, CementAfter], ...]
    error_mm: float
    assessment: Assessment
    zone: Mask | None = None


def verify(
    case: Case,
    plan: Plan,
    control: Image,
    *,
    zone: Mask | None = None,
    needles: bool = True,
    aligned: bool = False,
    seed: int = 0,
) -> Verification:
    """Compare a plan with what a control image shows.

    Parameters
    ----------
    case : Case
    plan : Plan
    control : Image
        With the needles, the ablation zone or the cement; registered to the planning image here.
    zone : Mask or None
        The ablation zone in the frame of the control image.
    needles : bool
        Whether needles are looked for; only CT shows them.
    aligned : bool
        Whether the control image lies in the frame of the planning image already: it is not registered then.
    seed : int

    Raises
    ------
    PlanError
        If the plan was made for another image.
    ImageError
        If the images have nothing in common.
    OutlineError
        If the zone is empty, or larger than any ablation zone.
    """
    if zone is not None:
        _need_zone(zone)
    before = assess(case, plan)
    shown, motion, error_mm, findings = _laid_over(case, plan, control, aligned, seed)
    measures: list[Measure] = []
    curves: list[Curve] = []
    result = None
    if needles and control.modality is Modality.CT:
        result, found = _needles(plan, control, motion)
        findings += found
        measures += needle_measures(result)
    actual = actual_plan(plan, result) if result and result.matches else None
    after = _assessed(case, actual, findings) if actual else before
    if zone is not None:
        zone = Mask(placed_grid(zone.grid, motion.inverse), zone.corner, zone.voxels)
    margins, cement = [], []
    for treatment in plan.treatments:
        if zone is not None:
            margins.append((treatment.lesion, _margin(case, treatment, zone, error_mm)))
            name, found_margin = margins[-1]
            measures += after_measures(found_margin, name, treatment.margin_mm)
            findings += after_findings(found_margin, name, treatment.margin_mm)
            curves.append(coverage_curve(found_margin, name, treatment.margin_mm))
        if treatment.cement and control.modality is Modality.CT:
            lying = placed(control, motion.inverse)
            cement.append((treatment.lesion, _cement(case, treatment, lying, before, result)))
            name, found_cement = cement[-1]
            planned_ml = sum(item.volume_ml for item in treatment.cement)
            seen_ml = cement_volume_ml(case.image, lying, found_cement.mask)
            measures += cement_measures(found_cement, name, planned_ml, seen_ml)
            findings += cement_findings(found_cement, name)
    seen = bool(margins) or any(not item.mask.is_empty for _, item in cement)
    if result and not result.matches and not result.unplanned and seen:
        findings = _withdrawn(findings)
    sheet = Assessment(plan.uid, case.uid, tuple(measures), worst_first(dict.fromkeys(findings)), (), tuple(curves))
    return Verification(
        shown, plan, actual, result, before, after, tuple(margins), tuple(cement), error_mm, sheet, zone
    )  # fmt: skip


def _need_zone(zone: Mask) -> None:
    """Refuse what cannot be an ablation zone: nothing at all, or a segment of something larger."""
    most = limit("verification", "largest_zone_ml")
    if zone.is_empty:
        raise OutlineError("The ablation zone is empty: outline it on the control image, or verify without it.")
    if zone.volume_ml > most.amount:
        raise OutlineError(f"The ablation zone holds {zone.volume_ml:.0f} mL (limit {most}): outline the zone alone.")


def _laid_over(
    case: Case, plan: Plan, control: Image, aligned: bool, seed: int
) -> tuple[Case, Rigid, float, list[Finding]]:
    """The case with the control image, the motion to it, its error, and what speaks against it."""
    if aligned:
        text = "The control image was taken to lie over the planning image already: that was not checked."
        finding = Finding("verify.not_registered", Severity.NOTE, text)
        return replace(case, others=(*case.others, control)), Rigid(), 0.0, [finding]
    held = [bones_holding(case, case.lesion(item.lesion))[:1] for item in plan.treatments]
    names = tuple(dict.fromkeys(bone.name for bones in held for bone in bones))[:1]
    try:
        shown, registration = register(case, control, "control", bones=names, seed=seed)
    except ImageError:
        shown, registration = register(case, control, "control", seed=seed)
    bone = registration.bones[0] if registration.bones else None
    motion, quality = (bone.motion, bone.quality) if bone else (registration.motion, registration.quality)
    return shown, motion, quality.error_mm, list(registration.findings)


def _needles(plan: Plan, control: Image, motion: Rigid) -> tuple[CarriedOut, list[Finding]]:
    """The needles of the control image, in the frame of the plan, matched."""
    body = _body_of(control)
    tools: list[Probe | Cement] = []
    for item in plan.treatments:
        tools += [*item.probes, *item.cement]
    planned = [moved_trajectory(tool.trajectory, motion, None) for tool in tools]
    found, findings = find_needles(control, body, planned)
    here = [
        replace(item, place_mm=None if item.place_mm is None else motion.inverse.apply_to(item.place_mm))
        for item in findings
    ]
    result = carried_out(plan, [moved_needle(needle, motion.inverse) for needle in found])
    return result, [*here, *result.findings]


def _withdrawn(findings: list[Finding]) -> list[Finding]:
    """The same where no needle is left in the control image, which shows what they have done: that is no fault."""
    text = (
        "The control image shows no needle: taken as withdrawn, so that their places were not compared with the plan."
    )
    kept = [item for item in findings if item.code not in ("verify.no_needle", "verify.needle_missing")]
    return [*kept, Finding("verify.no_needle", Severity.NOTE, text)]


def _body_of(control: Image) -> Mask:
    """The patient in a CT; the skin tells how deep a needle is."""
    frame = AxialFrame(control.grid)
    coarse = outline_body(frame.coarse(control.voxels, AIR_HU), frame)
    return Mask.of(frame.on_grid(fine_body(coarse, control.voxels, frame)), control.grid)


def _assessed(case: Case, actual: Plan, findings: list[Finding]) -> Assessment:
    try:
        return assess(case, actual)
    except BoneIRError as error:
        text = f"With the needles where they are the plan cannot be assessed: {error}"
        findings.append(Finding("verify.not_assessed", Severity.WARN, text))
        return Assessment(actual.uid, case.uid)


def _margin(case: Case, treatment: Treatment, zone: Mask, error_mm: float) -> AfterMargin:
    barriers = [*_of_kin(case, "cord"), *_of_kin(case, "joint")]
    lesion = case.lesion(treatment.lesion).mask
    return after_margin(lesion, zone, barriers=barriers, error_mm=error_mm, wanted_mm=treatment.margin_mm)


def _cement(
    case: Case, treatment: Treatment, control: Image, before: Assessment, result: CarriedOut | None
) -> CementAfter:
    lesion = case.lesion(treatment.lesion)
    left = [match.actual for match in result.matches] if result else []
    mask = outline_cement(case.image, control, lesion.mask, left)
    beside = {
        "canal": _of_kin(case, "cord"),
        "foramen": _named(case, "foram") + _named(case, "nerve_root"),
        "joint": _of_kin(case, "joint"),
        "disc": _named(case, "disc"),
    }
    bone = [item.mask for item in case.of_role(Role.BONE)]
    zone = next((item for item in before.zones if item.name == f"cement in {lesion.name}"), None)
    predicted, possible = (zone.mask, zone.outer) if zone else (None, None)
    return cement_after(mask, [*bone, lesion.mask], beside, predicted, possible)


def _of_kin(case: Case, kin: str) -> list[Mask]:
    """Outlines of a kin of structures ("cord", "joint")."""
    found = []
    for item in case.structures:
        kind = kind_for(item.kind or item.name)
        if kind is not None and kind.kin.key == kin and not item.mask.is_empty:
            found.append(item.mask)
    return found


def _named(case: Case, part: str) -> list[Mask]:
    return [item.mask for item in case.structures if part in item.name and not item.mask.is_empty]

"""Assess: what follows from a case and a plan, proposed, hand-made or carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .ablation.physics import Watch
from .access.joints import with_open_joints
from .access.limit_changes import changed_findings, changed_limits
from .access.limits import access_limits
from .access.plain_faults import faults_of_case
from .access.sacrum import foramina_findings, with_sacral_foramina
from .anatomy.absent import TOLD, absent_findings
from .anatomy.lesion_measures import measure_lesion
from .assessing.acetabulum import assess_acetabulum
from .assessing.biopsy import assess_biopsy
from .assessing.cement import assess_cement
from .assessing.checks import check_plan
from .assessing.conflicts import assess_conflicts
from .assessing.fracture import assess_fracture
from .assessing.paths import assess_paths
from .assessing.pedicles import assess_pedicles
from .assessing.rigidity import assess_rigidity
from .assessing.robustness import assess_robustness
from .assessing.room import assess_room
from .assessing.screws import assess_screws
from .assessing.sheet import Sheet
from .assessing.simulation import assess_simulation
from .assessing.stability import assess_stability
from .assessing.subject import Subject
from .assessing.zones import assess_zones
from .assessment import Assessment
from .case import Case
from .findings import Finding, Severity, worst_first
from .plan import Plan


def assess(
    case: Case,
    plan: Plan,
    *,
    physics: bool = False,
    spread: bool = False,
    in_turn: bool = False,
    progress: Watch | None = None,
    told: Callable[[float], None] | None = None,
) -> Assessment:
    """Say what a plan does to a case.

    Parameters
    ----------
    case : Case
    plan : Plan
        Made for the planning image of the case.
    physics : bool
        Whether what the technique does is simulated as well, where that is possible.
    spread : bool
        Whether heat and cold are simulated nine times over the ranges of tissue values, for shells and chances.
    in_turn : bool
        Whether, when simulated, needles heat one after the other instead of together.
    progress : callable, optional
        Called while a simulation of heat or cold runs. What it raises ends the assessment.
    told : callable, optional
        Called with the share that is done of every other simulation; likewise.

    Returns
    -------
    Assessment
        Measures of every needle, zone and lesion; findings, the worst first, with those of the case and of what is not
        outlined; zones of every probe, and of all probes of a lesion together.

    Raises
    ------
    PlanError
        If the plan was made for another image, has no treatment, changes a limit that there is not, or a needle begins
        or ends outside the image.
    CaseError
        If a lesion of the plan is not in the case.
    DeviceError
        If a device is unknown, not ready, or has no setting that fits.
    """
    check_plan(case, plan)
    sheet = Sheet()
    if not plan.image_uid:
        text = f"The plan {plan.name!r} does not name its image: whether it was made for this one was not checked."
        sheet.add((), [Finding("plan.no_image", Severity.WARN, text)])
    limits = changed_limits(access_limits(), plan.limits)
    sheet.add((), changed_findings(access_limits(), plan.limits))
    for treatment in plan.treatments:
        subject = Subject(case, treatment, limits, plan.position, plan.landmark)
        _assess_treatment(subject, sheet)
        if physics or spread:
            assess_simulation(subject, sheet, progress, spread=spread, in_turn=in_turn, told=told)
    assess_conflicts(plan, limits, sheet)
    of_image = [finding for finding in case.findings if finding.code not in TOLD]
    sheet.add((), (*of_image, *faults_of_case(case), *absent_findings(case.structures)))
    findings = worst_first(dict.fromkeys(sheet.findings))
    return Assessment(plan.uid, case.uid, tuple(sheet.measures), findings, tuple(sheet.zones), tuple(sheet.curves))


def _assess_treatment(subject: Subject, sheet: Sheet) -> None:
    case, lesion, limits = subject.case, subject.lesion, subject.limits
    sheet.add(measure_lesion(case, lesion))
    shown = with_open_joints(with_sacral_foramina(case, lesion, limits), lesion, limits)
    sheet.add((), foramina_findings(shown, lesion, limits))
    assess_paths(replace(subject, case=shown), sheet)
    assess_room(subject, sheet)
    assess_pedicles(subject, sheet)
    assess_biopsy(subject, sheet)
    assess_zones(subject, sheet)
    assess_robustness(subject, sheet)
    assess_cement(replace(subject, case=shown), sheet)
    assess_fracture(subject, sheet)
    assess_stability(subject, sheet)
    assess_acetabulum(subject, sheet)
    assess_rigidity(subject, sheet)
    assess_screws(subject, sheet)

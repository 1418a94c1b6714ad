"""``boneir demo``: a synthetic patient, planned from DICOM to report as any other."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..anatomy.lesion import grow_lesion
from ..assess import assess
from ..assessment import Assessment
from ..case import Case
from ..case_folder import save_case, save_plan
from ..errors import MissingExtraError
from ..findings import Point
from ..image.dicom_write import write_ct_series
from ..open import open_case
from ..plan import Plan, Technique
from ..proposal import Goal
from ..propose import propose
from ..report import write_report
from ..training.demo_patient import demo_patient
from .drawing import draw, write_scene
from .output import Answer, Progress, TextTable
from .propose import refusal_lines
from .tables import finding_lines, plan_table, verdict_word

TECHNIQUE, DEVICE = Technique.MICROWAVE, "emprint"


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Make a patient, plan it, and write report and scene of the plan that stands first."""
    folder: Path = options.out
    seed_mm = _patient(folder / "dicom", options.seed, progress)
    case = _case(folder, seed_mm, progress)
    with progress.step("Looking for ways in"):
        proposal = propose(case, Goal(TECHNIQUE, DEVICE, seed=options.seed))
    with progress.step(f"Assessing {len(proposal.plans)} plans"):
        judged = [(plan, assess(case, plan)) for plan in proposal.plans]
    for plan, _ in judged:
        save_plan(plan, folder / "case")
    document: dict[str, Any] = {
        "dicom": str(folder / "dicom"),
        "case": str(folder / "case"),
        "plans": [_summary(plan, assessment) for plan, assessment in judged],
        "findings": proposal.findings,
    }
    parts: list[str | TextTable] = [refusal_lines(proposal)]
    if judged:
        best, assessment = judged[0]
        with progress.step(f"Drawing {best.name}"):
            pictures, missing = draw(case, best, assessment, proposal)
        with progress.step("Writing the report"):
            written = write_report(
                case, best, assessment, pictures, folder / "report", findings=missing, others=judged, proposal=proposal
            )
        scene = _scene(case, best, assessment, folder / "scene.mrb", progress)
        files = {"html": written.html, "pdf": written.pdf, "scene": scene}
        lacking = (*missing, *written.findings)
        document |= {kind: str(path) if path else None for kind, path in files.items()}
        document["findings"] = (*proposal.findings, *lacking)
        parts = [plan_table(proposal.plans, proposal.scores, [item for _, item in judged]), refusal_lines(proposal)]
        parts += [finding_lines(lacking)] if lacking else []
        parts += [f"{'Scene' if kind == 'scene' else 'Report'}: {path}" for kind, path in files.items() if path]
    else:
        parts.append(finding_lines(proposal.findings))
    return Answer(document | {"seconds": progress.seconds}, tuple(parts))


def _patient(folder: Path, seed: int, progress: Progress) -> Point:
    """Write the patient's images as DICOM; gives a point inside the lesion, as a physician would click it."""
    with progress.step("Making a patient"):
        patient = demo_patient(seed)
    with progress.step("Writing the images as DICOM"):
        write_ct_series(patient.image, folder)
    return patient.seed_mm


def _case(folder: Path, seed_mm: Point, progress: Progress) -> Case:
    """Open the images without any outline, and outline what is needed."""
    with progress.step("Opening the images and outlining the body"):
        case = open_case(folder / "dicom")
    with progress.step("Outlining the lesion"):
        lesion, findings = grow_lesion(case, seed_mm)
        case = case.with_lesion(lesion).with_findings(findings)
    save_case(case, folder / "case")
    return case


def _scene(case: Case, plan: Plan, assessment: Assessment, path: Path, progress: Progress) -> Path | None:
    """The scene file; None where Slicer's core is not installed."""
    try:
        with progress.step("Writing the scene"):
            return write_scene(case, plan, assessment, path)
    except MissingExtraError:
        return None


def _summary(plan: Plan, assessment: Assessment) -> dict[str, Any]:
    return {
        "name": plan.name,
        "uid": plan.uid,
        "approach": plan.approach,
        "verdict": verdict_word(assessment),
        "measures": assessment.measures,
    }

"""``boneir open``: images and outlines become a case on disk."""

from __future__ import annotations

import argparse
from typing import Any

from ..case import Case
from ..case_folder import lesions_in, save_case
from ..errors import CaseError
from ..open import open_case
from .output import Answer, Progress, TextTable
from .tables import finding_lines


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Open an image and save the case.

    Raises
    ------
    CaseError
        If the folder holds a case with lesions, which would be lost, and ``--replace`` is not given.
    """
    lesions = () if options.replace else lesions_in(options.case)
    if lesions:
        raise CaseError(f"{options.case} holds a case with {', '.join(lesions)}: take another folder, or --replace it.")
    with progress.step(f"Opening {options.path}"):
        case = open_case(options.path, options.series, options.labels, options.label_names)
    with progress.step(f"Saving the case in {options.case}"):
        save_case(case, options.case)
    source = case.image.source
    size, spacing = case.image.grid.shape[::-1], case.image.grid.spacing_mm
    image = f"{case.image.modality.value} {source.series_description}".strip()
    voxels = f"{' x '.join(map(str, size))} voxels of {' x '.join(f'{step:.3g}' for step in spacing)} mm"
    summary = f"Case {options.case}: {image}, {voxels}, spanning {case.image.grid.bounds_text()} mm."
    return Answer(case_document(case, options.case), (summary, outline_table(case), finding_lines(case.findings)))


def outline_table(case: Case) -> TextTable:
    """What is outlined on a case, with its role and volume."""
    rows = [(s.name, s.role.value, f"{s.mask.volume_ml:.1f}", s.origin, _doubt(s.sure)) for s in case.structures]
    rows += [(lesion.name, "lesion", f"{lesion.mask.volume_ml:.1f}", lesion.origin, "") for lesion in case.lesions]
    return TextTable(("Outline", "Role", "mL", "From", ""), tuple(rows), numeric=("mL",))


def _doubt(sure: bool) -> str:
    return "" if sure else "rough"


def case_document(case: Case, folder: Any) -> dict[str, Any]:
    """A case in short, for machines."""
    grid = case.image.grid
    return {
        "case": str(folder),
        "case_uid": case.uid,
        "image_uid": case.image.uid,
        "modality": case.image.modality,
        "size": grid.shape[::-1],
        "spacing_mm": grid.spacing_mm,
        "structures": [
            {"name": s.name, "role": s.role, "volume_ml": s.mask.volume_ml, "origin": s.origin, "sure": s.sure}
            for s in case.structures
        ],
        "lesions": [
            {"name": item.name, "volume_ml": item.mask.volume_ml, "origin": item.origin} for item in case.lesions
        ],
        "findings": case.findings,
    }

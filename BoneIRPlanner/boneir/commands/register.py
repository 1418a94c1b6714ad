"""``boneir register``: another image of the patient over the planning image."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..case_folder import load_case, save_case
from ..errors import ImageError
from ..fusion.levels import shown
from ..fusion.quality import Quality
from ..fusion.record import Registration
from ..image.read import read_image
from ..image.rigid import Rigid
from ..register import named_bones, register, save_registration
from .output import Answer, Progress, TextTable
from .tables import finding_lines


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Register an image and save it with the case."""
    case = load_case(options.case)
    read_uid, before = case.uid, case.findings
    with progress.step(f"Reading {options.image}"):
        moving, found = read_image(options.image, options.series)
        through = read_image(options.through, options.through_series)[0] if options.through else None
    bones = named_bones(case) if "all" in options.bone else tuple(options.bone)
    with progress.step("Registering"):
        case, registration = register(
            case,
            moving,
            options.name,
            through=through,
            bones=bones,
            landmarks_mm=_landmarks(options.landmarks),
            bend=options.bend,
        )
    said = [replace(item, text=f"{registration.name}: {item.text}") for item in found]
    findings = tuple(item for item in case.findings if item not in before)
    case = case.with_findings(said)
    with progress.step(f"Saving the case in {options.case}"):
        save_case(case, options.case, instead_of=read_uid)
        path = save_registration(registration, options.case)
    document = {"case": str(options.case), "file": str(path), "case_uid": case.uid, "registration": registration}
    return Answer(document, (_sentence(registration), quality_table(registration), finding_lines((*findings, *said))))


def quality_table(registration: Registration) -> TextTable:
    """How well the image and each bone were registered."""
    rows = [_row(registration.name, registration.motion, registration.quality)]
    rows += [_row(shown(bone.name), bone.motion, bone.quality) for bone in registration.bones]
    titles = ("What", "Verdict", "Expected error", "Turn", "Starts", "There and back", "Halves", "Edges", "Landmarks")
    return TextTable(titles, tuple(rows), numeric=titles[2:])


def _row(name: str, motion: Rigid, quality: Quality) -> tuple[str, ...]:
    lengths = (quality.spread_mm, quality.return_mm, quality.halves_mm, quality.edges_mm, quality.landmarks_mm)
    shown = ("-" if length is None else f"{length:.1f} mm" for length in lengths)
    return name, quality.verdict.value, f"{quality.error_mm:.1f} mm", f"{motion.angle_deg:.1f} deg", *shown


def _sentence(registration: Registration) -> str:
    through = f" through {registration.through}" if registration.through else ""
    return f"{registration.name} lies over the planning image{through}: {registration.verdict.value}."


def _landmarks(path: Path | None) -> tuple[Any, Any] | None:
    """Pairs of points from a file with six numbers a line."""
    if path is None:
        return None
    try:
        numbers = np.array(
            [line.replace(",", " ").split() for line in path.read_text("utf-8").splitlines() if line.strip()], float
        )
    except (OSError, ValueError) as error:
        raise ImageError(f"{path}: not lines of six numbers in mm ({error}).") from error
    if numbers.ndim != 2 or numbers.shape[1] != 6:
        raise ImageError(
            f"{path}: every line must hold six numbers, LPS mm in the planning image and in the other one."
        )
    return numbers[:, :3], numbers[:, 3:]

"""``boneir respond``: how every lesion has answered to treatment."""

from __future__ import annotations

import argparse
import re
from datetime import date
from pathlib import Path

from ..case_folder import load_case
from ..errors import CaseError, MissingExtraError
from ..findings import Finding, Severity
from ..follow_up import Exam, FollowUp, day_words
from ..fusion.uptake import lean_share
from ..picture import Picture
from ..report.follow_up import compose_follow_up
from ..report.verification import write_verification
from ..respond import respond
from .output import Answer, Progress, TextTable
from .tables import finding_lines

_DATED = re.compile(r"(?P<folder>.+)=(?P<day>\d{8})")


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Judge the response and write the report.

    Raises
    ------
    CaseError
        If an examination has no date, or only one of weight and height is given.
    """
    with progress.step(f"Reading {len(options.cases)} examinations"):
        exams = [_exam(words) for words in options.cases]
    lean = _lean(options, exams)
    with progress.step("Measuring every lesion"):
        found = respond(exams, gone=options.gone, lean=lean)
    with progress.step("Drawing it"):
        pictures, missing = _pictures(found)
    folder: Path = options.out or _folder(options.cases[-1]) / "response"
    report = compose_follow_up(found, pictures=pictures, findings=missing, made_on=options.date)
    with progress.step("Writing the report"):
        written = write_verification(report, folder, "response")
    document = {
        "dates": found.dates,
        "overall": found.overall,
        "lesions": found.courses,
        "findings": (*found.findings, *missing, *written.findings),
        "html": str(written.html),
        "pdf": str(written.pdf) if written.pdf else None,
    }
    said = finding_lines((*found.findings, *missing, *written.findings))
    return Answer(document, (_answers(found), _sizes(found), said, written.paths))


def _folder(words: str) -> Path:
    dated = _DATED.fullmatch(words)
    return Path(dated["folder"] if dated and not Path(words).exists() else words)


def _exam(words: str) -> Exam:
    """A case with its day: as given behind the folder, else as the image says."""
    folder = _folder(words)
    case = load_case(folder)
    day = words[-8:] if str(folder) != words else case.image.source.study_date
    try:
        date(int(day[:4]), int(day[4:6]), int(day[6:8]))
    except ValueError:
        raise CaseError(
            f"{folder}: the image has no date; give it behind the folder, as in {folder}=20260131."
        ) from None
    return Exam(day[:8], case)


def _lean(options: argparse.Namespace, exams: list[Exam]) -> float | None:
    if options.weight is None and options.height is None:
        return None
    if options.weight is None or options.height is None:
        raise CaseError("Lean mass follows from weight and height together: give both --weight and --height.")
    sex = next((exam.case.image.source.sex for exam in exams if exam.case.image.source.sex), options.sex or "")
    return lean_share(options.weight, options.height, options.sex or sex)


def _pictures(found: FollowUp) -> tuple[tuple[Picture, ...], tuple[Finding, ...]]:
    try:
        from ..scene.lesion_days import lesion_days
        from ..scene.render_check import why_no_pictures

        reason = why_no_pictures()
        if not reason:
            return tuple(lesion_days(found)), ()
    except (MissingExtraError, ImportError) as error:
        reason = str(error)
    return (), (Finding("report.no_pictures", Severity.NOTE, f"No pictures were drawn: {reason}"),)


def _answers(found: FollowUp) -> TextTable:
    rows = []
    groups = [("all lesions", found.overall), *((course.lesion, course.answers) for course in found.courses)]
    for name, answers in groups:
        for day, mine in zip(found.dates[1:], answers, strict=True):
            rows.append((name, day_words(day), *(str(item.answer) if item.answer else "not judged" for item in mine)))
    return TextTable(("Lesion", "Date", *(item.criteria for item in found.overall[0])), tuple(rows))


def _sizes(found: FollowUp) -> TextTable:
    rows: list[tuple[str, ...]] = []
    for course in found.courses:
        for day, state in zip(found.dates, course.states, strict=True):
            if state is None:
                rows.append((course.lesion, day_words(day), "not outlined", *("-",) * 5))
                continue
            axes = f"{state.long_mm:.0f} x {state.short_mm:.0f} mm"
            rest = ((state.soft_mm, " mm"), (state.hu_mean, " HU"), (state.lytic_ml, " mL"), (state.suv_peak, ""))
            cells = ("-" if value is None else f"{value:.{0 if unit == ' HU' else 1}f}{unit}" for value, unit in rest)
            rows.append((course.lesion, day_words(day), f"{state.volume_ml:.1f} mL", axes, *cells))
    titles = ("Lesion", "Date", "Volume", "Axes", "Soft part", "Mean", "Lytic", "SUV peak")
    return TextTable(titles, tuple(rows), numeric=titles[2:])

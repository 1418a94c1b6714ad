"""The report of a verification: what was achieved, beside what was planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..assessment import Assessment, Measure
from ..case import Case
from ..errors import MissingExtraError
from ..findings import Finding, Severity, worst_first, worst_severity
from ..image.safe_file import file_name_for, write_safely
from ..picture import Picture
from ..plan import Plan
from .about_case import images_section, patient_facts, record_section
from .about_findings import findings_section
from .about_measures import measures_table
from .compose import PURPOSE
from .histogram import Histogram
from .html import html_of
from .material import Material
from .model import Bars, Block, Chart, Column, Gallery, Report, Row, Section, Table, Tile, Tiles, Verdict
from .numbers import amount_text
from .pdf import pdf_of
from .write import NO_PDF, ReportFiles

_TITLES = {
    "needle": "Needles, planned against actual",
    "after": "Margin after ablation",
    "cement_after": "Cement",
}
_KEY_NUMBERS = {
    "needle.tip_error": "Tip error",
    "needle.angle_error": "Angle",
    "after.minimum": "Minimal margin",
    "after.claimed": "Claimed margin",
    "after.coverage_0": "Lesion in the zone",
    "cement_after.volume": "Cement",
    "cement_after.leak": "Largest leak",
}
_SPEAK_OF = {
    "after.minimum": ("after.minimum", "after.missed"),
    "after.claimed": ("after.minimum", "after.missed", "after.claimed"),
    "after.coverage_0": ("after.missed",),
    "cement_after.leak": ("cement_after.leak",),
}
"""Findings that mark a number which is read first, by its code."""
_WORST = (Severity.STOP, Severity.WARN, Severity.NOTE)
_SMALLEST_IS_WORST = ("after.",)


def compose_verification(
    case: Case,
    plan: Plan,
    sheet: Assessment,
    *,
    histograms: Mapping[str, Histogram] | None = None,
    pictures: Sequence[Picture] = (),
    changes: Sequence[tuple[str, float, float, str]] = (),
    findings: Sequence[Finding] = (),
    made_on: str = "",
) -> Report:
    """Put a verification in order: the verdict, the findings, then the numbers of each part with their pictures.

    Parameters
    ----------
    case : Case
        With the control image among its images.
    plan : Plan
        As planned.
    sheet : Assessment
        Measures, findings and curves of the verification.
    histograms : mapping of str to Histogram
        Of margins, by lesion.
    pictures : sequence of Picture
    changes : sequence of (title, planned, actual, unit)
        Numbers of the plan that changed with the needles where they are.
    findings : sequence of Finding
        Further findings.
    made_on : str
    """
    everything = worst_first(dict.fromkeys((*sheet.findings, *findings)))
    material = Material(case, plan, sheet, pictures, everything, made_on=made_on)
    sections = [_at_a_glance(material), findings_section(material)]
    if pictures:
        sections.append(Section("Pictures", (Gallery(tuple(pictures)),)))
    groups: dict[str, list[Measure]] = {}
    for measure in sheet.measures:
        groups.setdefault(measure.code.partition(".")[0], []).append(measure)
    for key, measures in groups.items():
        blocks: list[Block] = [measures_table(material, measures, "")]
        if key == "after":
            note = "Share of the lesion's surface, by area; without what lies at the canal or a joint."
            blocks += [Bars(item, note) for item in (histograms or {}).values()]
            blocks += [Chart(curve, curve.note) for curve in sheet.curves]
        sections.append(Section(_TITLES.get(key, key), tuple(blocks)))
    if changes:
        columns = (Column("Measure", 0.6), Column("Planned", 0.2, numeric=True), Column("Actual", 0.2, numeric=True))
        rows = tuple(
            Row((material.words(title), amount_text(before, unit), amount_text(after, unit)))
            for title, before, after, unit in changes
        )
        sections.append(Section("The plan assessed again", (Table(columns, rows),)))
    sections += [images_section(material), material.sources.section(), record_section(material)]
    title, patient = f"Verification of {plan.name}", patient_facts(case)
    return Report(title, plan.approach, patient, PURPOSE, plan.name, plan.uid, tuple(sections))


def _at_a_glance(material: Material) -> Section:
    worst = worst_severity(material.findings)
    stops, warnings = (sum(f.severity is level for f in material.findings) for level in (Severity.STOP, Severity.WARN))
    text = "What was planned was achieved, as far as it was checked."
    if stops:
        text = f"Not achieved: {stops} {'finding says' if stops == 1 else 'findings say'} so."
    elif warnings:
        text = f"A physician has to decide on {warnings} {'point' if warnings == 1 else 'points'}."
    tiles = [_tile(material, code, label) for code, label in _KEY_NUMBERS.items()]
    known = tuple(tile for tile in tiles if tile is not None)
    blocks: list[Block] = [Verdict(worst, text)]
    return Section("At a glance", (*blocks, Tiles(known)) if known else tuple(blocks))


def _tile(material: Material, code: str, label: str) -> Tile | None:
    have = [m for m in material.assessment.measures if m.code == code and m.amount is not None]
    if not have:
        return None
    worst = min if code.startswith(_SMALLEST_IS_WORST) else max
    measure = worst(have, key=lambda item: item.amount or 0.0)
    text = amount_text(measure.amount or 0.0, measure.unit)
    speaking = [f.severity for f in material.findings if f.code in _SPEAK_OF.get(code, ()) and f.about == measure.about]
    gravest = min(speaking, key=_WORST.index, default=material.severity_of(measure))
    return Tile(label, text, material.thing(measure.about), gravest)


def write_verification(report: Report, folder: Path, name: str) -> ReportFiles:
    """Write the report of a verification as HTML and, where reportlab is installed, as PDF.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = file_name_for(name)
    html = write_safely(folder / f"{stem}.html", [html_of(report).encode()])
    try:
        content, lacking = pdf_of(report)
    except MissingExtraError as error:
        return ReportFiles(html, None, (Finding(NO_PDF, Severity.NOTE, str(error)),))
    return ReportFiles(html, write_safely(folder / f"{stem}.pdf", [content]), lacking)

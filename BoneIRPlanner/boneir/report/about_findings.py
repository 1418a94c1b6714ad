"""The answer first: the verdict, the numbers that are read first, what was not checked, and the findings."""

from __future__ import annotations

from collections.abc import Sequence

from ..findings import Finding, Severity, worst_severity
from .material import Material, worst_measure
from .model import Block, Notice, Notices, Paragraph, Section, Tile, Tiles, Verdict
from .numbers import beside_limit, range_text
from .words import anatomical_place

NOT_CHECKED = "case.absent"
"""Code of the finding that a critical class is not outlined."""
PARTLY_CHECKED = "case.partly_absent"
"""Code of the finding that parts of a critical class are not outlined."""

_KEY_NUMBERS = {
    "access.length": "Skin to tip",
    "access.clearance": "Needle to critical structure",
    "ablation.distance": "Zone to critical structure",
    "ablation.minimal_margin": "Minimal margin",
    "ablation.coverage": "Lesion covered",
    "cement.volume": "Cement",
    "cement.safe_volume": "Cement before a port",
}
"""Measures that are read first, with their short titles."""


def at_a_glance(material: Material) -> Section:
    """The verdict in one sentence and the numbers that are read first."""
    missing = sum(finding.code == NOT_CHECKED for finding in material.findings)
    classes = "class" if missing == 1 else "classes"
    detail = f"{missing} critical {classes} of structures not outlined, so not checked." if missing else ""
    sentence = _verdict_sentence(_without_absent(material.findings))
    blocks: list[Block] = [Verdict(worst_severity(material.findings), sentence, detail)]
    tiles = [_tile(material, code, label) for code, label in _KEY_NUMBERS.items()]
    known = tuple(tile for tile in tiles if tile is not None)
    blocks += [Tiles(known)] if known else []
    return Section("At a glance", tuple(blocks))


def _without_absent(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.code not in (NOT_CHECKED, PARTLY_CHECKED))


def _verdict_sentence(checked: Sequence[Finding]) -> str:
    stops, warnings = (sum(f.severity is level for f in checked) for level in (Severity.STOP, Severity.WARN))
    if stops:
        they_stop = "1 finding stops" if stops == 1 else f"{stops} findings stop"
        more = f", {warnings} more to decide" if warnings else ""
        return f"Not to be carried out as written: {they_stop} this plan{more}."
    if warnings:
        return f"A physician has to decide on {warnings} {'point' if warnings == 1 else 'points'}."
    return "Nothing that was checked stands against this plan."


def _tile(material: Material, code: str, label: str) -> Tile | None:
    measure = worst_measure(material.assessment, code)
    if measure is None or measure.amount is None:
        return None
    value = beside_limit(measure.amount, measure.unit, measure.limit)
    span = range_text(measure.low, measure.high, measure.unit)
    note = ", ".join(part for part in (material.thing(measure.about), span) if part)
    return Tile(label, value, note, material.severity_of(measure))


def not_checked(material: Material) -> Section:
    """What this plan was not held against: classes without an outline or with a part of one, and rough outlines."""
    codes = (NOT_CHECKED, PARTLY_CHECKED)
    missing = [Notice(f.severity, material.words(f.text)) for f in material.findings if f.code in codes]
    rough = [material.thing(structure.name) for structure in material.case.structures if not structure.sure]
    blocks: list[Block] = [Notices(tuple(missing))] if missing else []
    blocks += [Paragraph(f"Outlined only roughly: {', '.join(rough)}.")] if rough else []
    blocks = blocks or [Paragraph("No critical class was reported as missing.")]
    return Section("Not checked", tuple(blocks))


def findings_section(material: Material, aside: Sequence[Finding] = ()) -> Section:
    """Every finding but the missing outlines and those that stand `aside`, the worst first."""
    shown = tuple(finding for finding in _without_absent(material.findings) if finding not in aside)
    blocks: list[Block] = [notices(material, shown)] if shown else [Paragraph("No further finding.")]
    blocks += [Paragraph(f"Notes on the image and its outlines: {len(aside)}, below.", quiet=True)] if aside else []
    return Section("Findings", tuple(blocks))


def notes_on_image(material: Material) -> tuple[Finding, ...]:
    """How the image was read and outlined: notes of the case, which every plan on it has alike."""
    of_case = frozenset(item for item in material.case.findings if item.severity is Severity.NOTE)
    return tuple(item for item in _without_absent(material.findings) if item in of_case)


def notices(material: Material, findings: Sequence[Finding]) -> Notices:
    """Findings with their numbers, places and what they are about in small print."""
    return Notices(tuple(_notice(material, finding) for finding in findings))


def _notice(material: Material, finding: Finding) -> Notice:
    parts = []
    limit, unit = finding.limit, finding.unit or (finding.limit.unit if finding.limit else "")
    if finding.measured is not None:
        parts.append(f"measured {beside_limit(finding.measured, unit, limit)}")
    if limit is not None:
        is_held_against = finding.measured is not None and limit.unit == unit
        text = material.sources.figure_text(limit, finding.code)
        parts.append(f"limit {text}" if is_held_against else f"rests on {text}")
    if finding.place_mm is not None:
        parts.append(f"at {anatomical_place(finding.place_mm)}")
    about, text = material.thing(finding.about), material.words(finding.text)
    if about and about not in text.lower() and finding.about not in text:
        parts.append(f"about {about}")
    return Notice(finding.severity, text, "; ".join(parts))

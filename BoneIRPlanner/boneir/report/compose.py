"""From case, plan, assessment and pictures to the one report that HTML and PDF are set from."""

from __future__ import annotations

from collections.abc import Sequence

from ..assessment import Assessment
from ..case import Case
from ..findings import Finding, Severity, worst_first
from ..picture import Picture
from ..plan import Plan
from ..proposal import Proposal
from .about_case import images_section, lesion_section, patient_facts, record_section
from .about_choice import choice_section, shows_skin
from .about_findings import at_a_glance, findings_section, not_checked, notes_on_image
from .about_measures import measures_section
from .about_plan import plan_section, plan_title
from .material import Alternative, Material
from .model import Block, Gallery, Paragraph, Report, Section
from .words import printed

PURPOSE = "For research and training; not a medical device."

NO_PICTURES = "report.no_pictures"
"""Code of the finding that no picture could be drawn."""
PICTURE_MISSING = "report.picture_missing"
"""Code of the finding that a view of a needle is missing."""

_VIEWS = {
    "axial": "axial",
    "along": "along the needle",
    "across": "across",
    "three_d": "three-dimensional",
    "down_the_needle": "down the needle",
}


def compose_report(
    case: Case,
    plan: Plan,
    assessment: Assessment,
    pictures: Sequence[Picture] = (),
    *,
    findings: Sequence[Finding] = (),
    others: Sequence[Alternative] = (),
    proposal: Proposal | None = None,
    made_on: str = "",
) -> Report:
    """Put everything that a tumour board reads in order: the answer first, then what it rests on.

    Parameters
    ----------
    case, plan, assessment
        What is reported.
    pictures : sequence of Picture
        Shown needle by needle; a view that is missing becomes a finding.
    findings : sequence of Finding
        Further findings, for instance of drawing the pictures.
    others : sequence of (Plan, Assessment)
        The plans that this one was compared with, itself included.
    proposal : Proposal or None
        The search that the plan came from: says what refused the other entries.
    made_on : str
        A date to print; "" for none, so that the same input gives the same bytes.
    """
    known = (*assessment.findings, *findings, *picture_findings(plan, pictures, findings))
    everything = worst_first(dict.fromkeys(known))
    material = Material(case, plan, assessment, pictures, everything, others, proposal, made_on)
    notes = notes_on_image(material)
    sections = (
        at_a_glance(material),
        not_checked(material),
        findings_section(material, notes),
        plan_section(material),
        pictures_section(material),
        measures_section(material),
        lesion_section(material),
        images_section(material, notes),
        choice_section(material),
        material.sources.section(),
        record_section(material),
    )
    subtitle = " · ".join(part for part in (plan.name, printed(plan.approach)) if part)
    return Report(plan_title(plan), subtitle, patient_facts(case), PURPOSE, plan.name, plan.uid, sections)


def pictures_section(material: Material) -> Section:
    """The pictures, needle by needle; where one is missing, the reason."""
    groups: dict[str, list[Picture]] = {}
    needles = {picture.about for picture in material.pictures} - {""}
    for picture in (item for item in material.pictures if not shows_skin(item)):
        groups.setdefault(picture.about if len(needles) > 1 else "", []).append(picture)
    blocks: list[Block] = [
        Gallery(tuple(group), material.plan.title_of(name) or name) for name, group in groups.items()
    ]
    missing = (NO_PICTURES, PICTURE_MISSING)
    blocks += [Paragraph(finding.text) for finding in material.findings if finding.code in missing]
    return Section("Pictures", tuple(blocks))


def picture_findings(plan: Plan, pictures: Sequence[Picture], known: Sequence[Finding] = ()) -> tuple[Finding, ...]:
    """A finding where the report has no picture at all, or lacks a view of a needle."""
    if any(finding.code == NO_PICTURES for finding in known):
        return ()
    if not pictures:
        text = "The report has no pictures: none was drawn."
        return (Finding(NO_PICTURES, Severity.NOTE, text),)
    found = []
    for probe in plan.probes:
        have = tuple(p.name for p in pictures if p.about in ("", probe.name))
        lacking = [words for view, words in _VIEWS.items() if not any(name.startswith(view) for name in have)]
        if lacking:
            text = f"Needle {probe.name} has no picture of these views: {', '.join(lacking)}."
            found.append(Finding(PICTURE_MISSING, Severity.NOTE, text, about=probe.name))
    return tuple(found)

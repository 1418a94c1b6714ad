"""Findings, measures and plans as text, with the same words and numbers as in the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..anatomy.structures import structure_kinds, structure_title
from ..assessment import Assessment, Measure
from ..findings import Finding, worst_first
from ..plan import Plan, Trajectory
from ..report.material import worst_measure
from ..report.model import SEVERITY_WORDS
from ..report.numbers import MINUS, NO_BREAK_SPACE, amount_text, beside_limit, measure_text, value_text
from .output import TextTable

_COMPARED = (
    ("Length", "access.length"),
    ("Clearance", "access.clearance"),
    ("Margin", "ablation.minimal_margin"),
    ("Covered", "ablation.coverage"),
)


def plain(text: str) -> str:
    """Text for a terminal: with ordinary spaces and hyphens."""
    return text.replace(NO_BREAK_SPACE, " ").replace(MINUS, "-")


def finding_lines(findings: Iterable[Finding]) -> str:
    """Findings one a line, the worst first; a sentence where there are none."""
    ordered = worst_first(findings)
    if not ordered:
        return "No findings."
    return "\n".join(f"{SEVERITY_WORDS[finding.severity] + ':':<8} {finding.text}" for finding in ordered)


def measure_table(measures: Iterable[Measure], plan: Plan | None = None) -> TextTable:
    """Measures with the limit that each is held against; instruments by their titles where their plan is given."""
    rows = []
    for measure in measures:
        limit = f"{plain(value_text(measure.limit))}, {measure.limit.grade}" if measure.limit else ""
        rows.append((measure.title, words_of(measure.about, plan), plain(measure_text(measure)), limit))
    return TextTable(("Measure", "Of", "Value", "Limit"), tuple(rows), numeric=("Value",))


def plan_table(plans: Sequence[Plan], scores: Sequence[float], assessments: Sequence[Assessment] = ()) -> TextTable:
    """Plans in their order; with assessments, the least favourable number of each kind."""
    titles = ["Plan", "Way in", "Cost", *(title for title, _ in _COMPARED if assessments)]
    rows = []
    for n, plan in enumerate(plans):
        row = [plan.name, plan.approach, f"{scores[n]:.2f}" if n < len(scores) else ""]
        if n < len(assessments):
            row += [_amount(worst_measure(assessments[n], code)) for _, code in _COMPARED]
            row.append(verdict_word(assessments[n]))
        elif not assessments:
            row.append(plain(amount_text(max((way.length_mm for way in _needle_ways(plan)), default=0.0), "mm")))
        rows.append(tuple(row))
    titles += ["Verdict"] if assessments else ["Length"]
    return TextTable(tuple(titles), tuple(rows), numeric=("Cost", *(title for title, _ in _COMPARED)))


def _needle_ways(plan: Plan) -> list[Trajectory]:
    """The ways of all needles of a plan: of probes and of cannulas."""
    cannulas = [item.trajectory for treatment in plan.treatments for item in treatment.cement]
    return [*(item.trajectory for item in plan.probes), *cannulas]


def words_of(about: str, plan: Plan | None = None) -> str:
    """What a measure is about: an instrument of the plan or a kind of structure by its title, else its name."""
    title = plan.title_of(about) if plan else ""
    return title or (structure_title(about) if about in structure_kinds() else about)


def verdict_word(assessment: Assessment) -> str:
    """The gravest severity of an assessment in one word."""
    return SEVERITY_WORDS[assessment.verdict] if assessment.verdict else "Clear"


def _amount(measure: Measure | None) -> str:
    if measure is None or measure.amount is None:
        return "-"
    return plain(beside_limit(measure.amount, measure.unit, measure.limit))

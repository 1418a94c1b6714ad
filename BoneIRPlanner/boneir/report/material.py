"""What a report is made of, handed to each of its sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..anatomy.structures import structure_kinds, structure_title, within_sentence
from ..assessment import Assessment, Measure
from ..case import Case
from ..findings import Finding, Severity, worst_severity
from ..picture import Picture
from ..plan import Plan
from ..proposal import Proposal
from .source_list import SourceList
from .words import printed

Alternative = tuple[Plan, Assessment]
"""Another plan for the same goal, with what follows from it."""

_WORST_IS_LARGEST = ("access.length", "cement.volume")


@dataclass(frozen=True, eq=False)
class Material:
    """What a report is made of.

    Parameters
    ----------
    case, plan, assessment
        What is reported.
    pictures : sequence of Picture
    findings : tuple of Finding
        Those of the assessment and those of making the report, the worst first.
    others : sequence of (Plan, Assessment)
        The plans that this one was compared with.
    proposal : Proposal or None
        The search that the plan came from.
    made_on : str
        A date to print, or "".
    sources : SourceList
        Fills while the sections are written.
    """

    case: Case
    plan: Plan
    assessment: Assessment
    pictures: Sequence[Picture] = ()
    findings: tuple[Finding, ...] = ()
    others: Sequence[Alternative] = ()
    proposal: Proposal | None = None
    made_on: str = ""
    sources: SourceList = field(default_factory=SourceList)

    def thing(self, about: str) -> str:
        """What a measure or finding is about: "needle 1" of an instrument's name, "spinal canal" of "spinal_canal"."""
        return within_sentence(self.plan.title_of(about)) or self.title_within(about)

    def title_within(self, name: str) -> str:
        """An outline of the case, or a kind that is not outlined in it, by the title of its kind."""
        is_outline = name in structure_kinds() or self.case.has(name)
        known = is_outline and name not in {item.name for item in self.case.lesions}
        return within_sentence(structure_title(name)) if known else name.replace("_", " ")

    def words(self, text: str) -> str:
        """A sentence as it is printed, in which structures go by their titles: "spinal canal" for "spinal_canal"."""
        for name in sorted((s.name for s in self.case.structures if "_" in s.name), key=len, reverse=True):
            text = text.replace(name, self.title_within(name))
        return printed(text)

    def severity_of(self, measure: Measure) -> Severity | None:
        """The gravest finding of the same thing that names the same number, or the same code in another unit."""
        return worst_severity(finding for finding in self.findings if _speaks_of(finding, measure))


def _speaks_of(finding: Finding, measure: Measure) -> bool:
    if finding.about != measure.about or measure.amount is None:
        return False
    if finding.measured is not None and finding.unit == measure.unit:
        return finding.measured == measure.amount
    return finding.code == measure.code


def worst_measure(assessment: Assessment, code: str) -> Measure | None:
    """The least favourable of all measures of a code; None where none has a number."""
    amounts = [(m.amount, n) for n, m in enumerate(assessment.measures) if m.code == code and m.amount is not None]
    if not amounts:
        return None
    worst = max if code in _WORST_IS_LARGEST else min
    return assessment.measures[worst(amounts)[1]]

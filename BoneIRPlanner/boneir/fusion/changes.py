"""What differs between two assessments of one plan: measures in their units, findings that are new or gone."""

from __future__ import annotations

from dataclasses import dataclass

from ..assessment import Assessment
from ..findings import Finding, worst_first


@dataclass(frozen=True)
class Change:
    """A measure that both assessments have.

    Parameters
    ----------
    code, title, unit, about : str
        As in `Measure`.
    before, after : float
    """

    code: str
    title: str
    unit: str
    about: str
    before: float
    after: float

    @property
    def difference(self) -> float:
        """After less before, in the unit of the measure."""
        return self.after - self.before


@dataclass(frozen=True)
class Changes:
    """What differs.

    Parameters
    ----------
    measures : tuple of Change
        In the order of the assessment, also those that stayed the same.
    new, gone : tuple of Finding
        The worst first.
    """

    measures: tuple[Change, ...]
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]


def changes_between(before: Assessment, after: Assessment) -> Changes:
    """Compare two assessments by the codes of their measures and findings and by what these are about."""
    old = {(item.code, item.about): item for item in before.measures}
    measures = []
    for item in after.measures:
        was = old.get((item.code, item.about))
        if was is not None and was.amount is not None and item.amount is not None and was.unit == item.unit:
            measures.append(Change(item.code, item.title, item.unit, item.about, was.amount, item.amount))
    known, known_after = ({_key(finding) for finding in part.findings} for part in (before, after))
    return Changes(
        tuple(measures),
        worst_first(finding for finding in after.findings if _key(finding) not in known),
        worst_first(finding for finding in before.findings if _key(finding) not in known_after),
    )


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.about, finding.severity

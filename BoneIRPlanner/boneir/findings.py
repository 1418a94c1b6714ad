"""Findings: what a reader must know of an image, case or plan, with the measured value, the limit and the place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .evidence import Value

Point = tuple[float, float, float]
"""A place in LPS mm."""


class Severity(StrEnum):
    """How much a finding weighs."""

    STOP = "stop"
    """The plan must not be carried out like this."""
    WARN = "warn"
    """A physician has to decide."""
    NOTE = "note"
    """Worth knowing."""


@dataclass(frozen=True)
class Finding:
    """One thing found, in one sentence.

    Parameters
    ----------
    code : str
        Stable dotted name ("image.gantry_tilt", "access.clearance"), for tests and for filtering.
    severity : Severity
        How much it weighs.
    text : str
        One sentence: what, where, and what would be right.
    measured : float or None
        The measured number, in the unit of `limit` or of `unit`.
    unit : str
        Unit of `measured`.
    limit : Value or None
        The limit that was applied, with its evidence.
    place_mm : Point or None
        Where, in LPS mm.
    about : str
        The structure, needle or file that it concerns.
    """

    code: str
    severity: Severity
    text: str
    measured: float | None = None
    unit: str = ""
    limit: Value | None = None
    place_mm: Point | None = None
    about: str = ""


_ORDER = {Severity.STOP: 0, Severity.WARN: 1, Severity.NOTE: 2}


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings by severity, the worst first; equal ones keep their order."""
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.severity]))


def worst_severity(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among `findings`, or None where there are none."""
    ordered = worst_first(findings)
    return ordered[0].severity if ordered else None

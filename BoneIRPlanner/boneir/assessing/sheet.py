"""The sheet on which the parts of an assessment write what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..assessment import Curve, Measure, Zone
from ..findings import Finding


@dataclass
class Sheet:
    """What has been found so far: measures, findings, zones and curves, in the order of their finding."""

    measures: list[Measure] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    zones: list[Zone] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    def add(self, measures: Sequence[Measure] = (), findings: Sequence[Finding | None] = ()) -> None:
        """Take in measures and findings."""
        self.measures += measures
        self.findings += [finding for finding in findings if finding is not None]

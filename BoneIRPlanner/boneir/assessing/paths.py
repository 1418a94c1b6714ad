"""What the ways of probes and cannulas mean."""

from __future__ import annotations

from ..ablation.checks import contraindication_findings
from ..access.path import measure_samples
from .sheet import Sheet
from .subject import Subject


def assess_paths(subject: Subject, sheet: Sheet) -> None:
    """Measure every path of a treatment, and say where the maker forbids the device.

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in what is found.
    """
    for path in subject.paths:
        sheet.add(*measure_samples(path))
    for probe, tool in subject.chosen:
        sheet.add((), contraindication_findings(probe, tool, subject.lesion, subject.case.structures))

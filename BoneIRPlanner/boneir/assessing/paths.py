"""What the ways of probes and cannulas mean."""

from __future__ import annotations

from ..ablation.checks import contraindication_findings
from ..access.path import measure_path
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
    case, lesion, limits = subject.case, subject.lesion, subject.limits
    for probe, tool in subject.chosen:
        diameter, length = tool.diameter_mm.amount, tool.usable_length_mm.amount
        way, name = probe.trajectory, probe.name
        sheet.add(
            *measure_path(
                case, way, diameter, about=name, lesion=lesion.name, usable_length_mm=length, limits=limits
            )
        )  # fmt: skip
        sheet.add((), contraindication_findings(probe, tool, lesion, case.structures))
    for cannula in subject.treatment.cement:
        way, name, diameter = cannula.trajectory, cannula.name, cannula.diameter_mm
        sheet.add(*measure_path(case, way, diameter, about=name, lesion=lesion.name, limits=limits))

"""What the ways of probes and cannulas mean."""

from __future__ import annotations

from collections.abc import Sequence

from ..ablation.checks import contraindication_findings
from ..ablation.device import Device
from ..access.limits import Limits
from ..access.path import measure_path
from ..case import Case
from ..plan import Probe, Treatment
from .sheet import Sheet


def assess_paths(
    case: Case, treatment: Treatment, chosen: Sequence[tuple[Probe, Device]], limits: Limits, sheet: Sheet
) -> None:
    """Measure every path of a treatment, and say where the maker forbids the device.

    Parameters
    ----------
    case : Case
    treatment : Treatment
    chosen : sequence of (Probe, Device)
        The probes of the treatment, each with its device.
    limits : Limits
    sheet : Sheet
        Takes in what is found.
    """
    lesion = case.lesion(treatment.lesion)
    for probe, instrument in chosen:
        diameter, length = instrument.diameter_mm.amount, instrument.usable_length_mm.amount
        way, name = probe.trajectory, probe.name
        sheet.add(
            *measure_path(
                case, way, diameter, about=name, lesion=lesion.name, usable_length_mm=length, limits=limits
            )
        )  # fmt: skip
        sheet.add((), contraindication_findings(probe, instrument, lesion, case.structures))
    for cannula in treatment.cement:
        way, name, diameter = cannula.trajectory, cannula.name, cannula.diameter_mm
        sheet.add(*measure_path(case, way, diameter, about=name, lesion=lesion.name, limits=limits))

"""What the ways of probes and cannulas do to pedicles."""

from __future__ import annotations

from collections.abc import Sequence

from ..ablation.device import Device
from ..access.limits import Limits
from ..access.needle import Needle
from ..access.path_samples import PathSamples
from ..access.pedicle_measures import measure_pedicles
from ..case import Case
from ..plan import Probe, Treatment
from .sheet import Sheet


def assess_pedicles(
    case: Case, treatment: Treatment, chosen: Sequence[tuple[Probe, Device]], limits: Limits, sheet: Sheet
) -> None:
    """Grade every way through a pedicle after Gertzbein and Robbins.

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
    ways = [(probe.name, probe.trajectory, tool.diameter_mm.amount) for probe, tool in chosen]
    ways += [(cannula.name, cannula.trajectory, cannula.diameter_mm) for cannula in treatment.cement]
    for name, trajectory, diameter in ways:
        needle = Needle(diameter, trajectory.length_mm + limits.hub_reserve.amount)
        sheet.add(*measure_pedicles(PathSamples(case, trajectory, needle, lesion, name, limits)))

"""What the room has to be set to for the instruments of a plan, and whether they begin at the skin at all."""

from __future__ import annotations

from collections.abc import Sequence

from ..ablation.device import Device
from ..access.limits import Limits
from ..access.needle import Needle
from ..access.path_samples import PathSamples
from ..access.plain_faults import entry_findings
from ..access.room_measures import setting_measures
from ..case import Case
from ..plan import Plan, Probe, Treatment
from .sheet import Sheet


def assess_room(
    case: Case,
    plan: Plan,
    treatment: Treatment,
    chosen: Sequence[tuple[Probe, Device]],
    limits: Limits,
    sheet: Sheet,
) -> None:
    """Gantry tilt, C-arm and offset from the landmark for every probe and cannula.

    Parameters
    ----------
    case : Case
    plan : Plan
        Says how the patient lies, and what entries are marked from.
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
        path = PathSamples(case, trajectory, needle, lesion, name, limits)
        sheet.add(*setting_measures(path, plan.position, plan.landmark))
        sheet.add((), entry_findings(path))

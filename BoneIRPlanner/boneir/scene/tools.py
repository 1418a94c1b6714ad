"""The instruments of a plan in one list: probes, cannulas and screws, each with its way and its true diameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from ..ablation.devices import device
from ..errors import DeviceError
from ..plan import Cement, Plan, Probe, Screw, Trajectory, Treatment

AnyTool = TypeVar("AnyTool", Probe, Cement, Screw)


@dataclass(frozen=True)
class Tool:
    """An instrument as it is shown.

    Parameters
    ----------
    name : str
        Unique in the plan.
    title : str
        Words for people ("Needle 1").
    trajectory : Trajectory
    diameter_mm : float or None
        Outer diameter; None where nobody knows it.
    lesion : str
        Name of the lesion that it is for.
    """

    name: str
    title: str
    trajectory: Trajectory
    diameter_mm: float | None
    lesion: str = ""

    @property
    def within(self) -> str:
        """Its title within a sentence: "pedicle screw, L3 left"."""
        return self.title[0].lower() + self.title[1:]


def tools_of(plan: Plan, diameters_mm: Mapping[str, float] | None = None) -> tuple[Tool, ...]:
    """Every instrument of a plan, in its order.

    Parameters
    ----------
    plan : Plan
    diameters_mm : mapping or None
        Outer diameters by device identifier; what is missing is looked up among the devices that are known.
    """
    return tuple(tool for treatment in plan.treatments for tool in _tools_of(treatment, diameters_mm or {}))


def _tools_of(treatment: Treatment, diameters_mm: Mapping[str, float]) -> Iterator[Tool]:
    for probe in treatment.probes:
        diameter_mm = _diameter(probe, diameters_mm)
        yield Tool(probe.name, f"Needle {probe.name}", probe.trajectory, diameter_mm, treatment.lesion)
    for cement in treatment.cement:
        yield Tool(cement.name, f"Cannula {cement.name}", cement.trajectory, cement.diameter_mm, treatment.lesion)
    for screw in treatment.screws:
        yield Tool(screw.name, screw.title, screw.trajectory, screw.diameter_mm, treatment.lesion)


def _diameter(probe: Probe, diameters_mm: Mapping[str, float]) -> float | None:
    if probe.device in diameters_mm:
        return diameters_mm[probe.device]
    try:
        return device(probe.device).diameter_mm.amount
    except DeviceError:
        return None


def with_trajectories(plan: Plan, ways: Mapping[str, Trajectory]) -> Plan:
    """The plan in which the instruments named in `ways` take another way.

    The reasons of a ranking no longer hold for a plan that was moved: they go.
    """
    if not ways:
        return plan

    def moved(tools: tuple[AnyTool, ...]) -> tuple[AnyTool, ...]:
        return tuple(replace(tool, trajectory=ways[tool.name]) if tool.name in ways else tool for tool in tools)

    def treated(treatment: Treatment) -> Treatment:
        return replace(
            treatment,
            probes=moved(treatment.probes),
            cement=moved(treatment.cement),
            screws=moved(treatment.screws),
        )

    return replace(plan, treatments=tuple(treated(treatment) for treatment in plan.treatments), reasons=())

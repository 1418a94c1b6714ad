"""What an assessment is about: one treatment of one lesion, with all that it stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from ..ablation.device import Device
from ..ablation.devices import device
from ..access.limits import Limits, access_limits
from ..access.needle import Needle
from ..access.path_samples import PathSamples
from ..case import Case, Lesion
from ..plan import Cement, Landmark, Position, Probe, Technique, Treatment


@dataclass(frozen=True)
class Subject:
    """One treatment of a case.

    Parameters
    ----------
    case : Case
    treatment : Treatment
    limits : Limits
        Of access, with the changes of the plan.
    position : Position
        How the patient lies.
    landmark : Landmark or None
        What entries are marked from.
    """

    case: Case
    treatment: Treatment
    limits: Limits = field(default_factory=access_limits)
    position: Position = Position.PRONE
    landmark: Landmark | None = None

    @cached_property
    def lesion(self) -> Lesion:
        """The lesion that is treated."""
        return self.case.lesion(self.treatment.lesion)

    @cached_property
    def chosen(self) -> tuple[tuple[Probe, Device], ...]:
        """The probes, each with its device; none for ultrasound, of which nothing enters the body."""
        known = tuple((probe, device(probe.device)) for probe in self.treatment.probes)
        return () if self.treatment.technique is Technique.ULTRASOUND else known

    @cached_property
    def paths(self) -> tuple[PathSamples, ...]:
        """The ways of probes and of cannulas; a cannula is as long as its way and the reserve of its hub."""
        reserve = self.limits.hub_reserve.amount
        tools: list[tuple[str, Probe | Cement, Needle]] = [
            ("needle", probe, Needle(tool.diameter_mm.amount, tool.usable_length_mm.amount))
            for probe, tool in self.chosen
        ]
        tools += [
            ("cannula", item, Needle(item.diameter_mm, item.trajectory.length_mm + reserve))
            for item in self.treatment.cement
        ]
        return tuple(
            PathSamples(self.case, item.trajectory, needle, self.lesion, item.name, self.limits, kind)
            for kind, item, needle in tools
        )

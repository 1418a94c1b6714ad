"""The instruments of a plan as the room that each takes up, from its hub to its tip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..ablation.devices import device
from ..access.capsules import Capsule
from ..access.limits import Limits, access_limits
from ..anatomy.structures import within_sentence
from ..findings import Point
from ..plan import Screw, Trajectory, Treatment


@dataclass(frozen=True)
class Instrument:
    """One instrument of a plan.

    Parameters
    ----------
    kind : str
        "needle", "cannula" or "screw".
    capsule : Capsule
        From the hub, or the head of a screw, to the tip.
    has_hub : bool
        Whether something thicker than the shaft stands outside the skin.
    """

    kind: str
    capsule: Capsule
    has_hub: bool

    @property
    def words(self) -> str:
        """The instrument in words: "needle 1"."""
        name = self.capsule.name
        return within_sentence(name) if self.kind in name.lower() else f"{self.kind} {name}"

    @property
    def hub_mm(self) -> Point:
        """LPS mm of the hub, or of the head of a screw."""
        return self.capsule.start_mm


def instruments_of(treatments: Sequence[Treatment], limits: Limits | None = None) -> tuple[Instrument, ...]:
    """Every probe, cannula and screw of some treatments.

    A probe is as long as its device says. Of a cannula only the way in the body is known: its hub is taken to stand
    the hub reserve outside the skin.

    Raises
    ------
    DeviceError
        If a device is unknown.
    """
    reserve = (limits or access_limits()).hub_reserve.amount
    found = []
    for treatment in treatments:
        for probe in treatment.probes:
            tool = device(probe.device)
            length = max(tool.usable_length_mm.amount, probe.trajectory.length_mm)
            found.append(_with_hub("needle", probe.name, probe.trajectory, length, tool.diameter_mm.amount))
        for cannula in treatment.cement:
            length = cannula.trajectory.length_mm + reserve
            found.append(_with_hub("cannula", cannula.name, cannula.trajectory, length, cannula.diameter_mm))
        found += [_screw(screw) for screw in treatment.screws]
    return tuple(found)


def _with_hub(kind: str, name: str, way: Trajectory, length_mm: float, diameter_mm: float) -> Instrument:
    hub = way.point_at(way.length_mm - length_mm)
    return Instrument(kind, Capsule(name, hub, way.tip_mm, diameter_mm), True)


def _screw(screw: Screw) -> Instrument:
    way = screw.trajectory
    return Instrument("screw", Capsule(screw.name, way.entry_mm, way.tip_mm, screw.diameter_mm), False)

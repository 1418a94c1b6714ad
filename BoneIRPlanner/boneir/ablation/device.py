"""A device: what a needle, electrode, antenna or cryoprobe is, and how large a zone it was published to make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from ..errors import DeviceError
from ..evidence import Value
from ..plan import Technique


class DeviceStatus(StrEnum):
    """Whether a device can be planned with."""

    READY = "ready"
    """Its figures are there."""
    NEEDS_IFU = "needs_ifu"
    """Its zone is in the maker's instructions for use, which a user has to enter."""


@dataclass(frozen=True)
class ZoneSize:
    """The zone that one setting of a device was measured to make: an ellipsoid of revolution about the needle.

    Parameters
    ----------
    setting : str
        Identifier, unique within the device ("100W-10min").
    title : str
        Words for people ("100 W, 10 min").
    medium : str
        What it was measured in ("measured in excised bovine liver").
    in_bone : bool
        Whether that medium was bone.
    criterion : str
        What was taken as the edge ("coagulation", "-40 degC"); `ICE_EDGE` where it is the edge of visible ice.
    length_mm, width_mm : Value
        Full axis along the needle and full diameter across it.
    forward_mm : Value
        How far the zone reaches beyond the tip.
    power_w, duration_s, current_ma, target_c, volume_ml : float or None
        The setting, as far as the technique has it.
    """

    setting: str
    title: str
    medium: str
    in_bone: bool
    criterion: str
    length_mm: Value
    width_mm: Value
    forward_mm: Value
    power_w: float | None = None
    duration_s: float | None = None
    current_ma: float | None = None
    target_c: float | None = None
    volume_ml: float | None = None

    @property
    def medium_sentence(self) -> str:
        """What a reader must know of the place where the size was measured."""
        return self.medium if self.in_bone else f"{self.medium}; not measured in bone"


ICE_EDGE = "ice edge"
"""Criterion of a zone whose border is the visible ice, which lies outside the lethal zone."""


@dataclass(frozen=True)
class Contraindication:
    """Where a device must not be used.

    Parameters
    ----------
    structures : tuple of str
        Names of structures of a case ("vertebra_C1").
    text : str
        The rule in words.
    source : str
        Who says so.
    """

    structures: tuple[str, ...]
    text: str
    source: str


@dataclass(frozen=True)
class Device:
    """An instrument that people choose.

    Parameters
    ----------
    id : str
        Identifier ("emprint").
    vendor, model : str
    technique : Technique
    status : DeviceStatus
    diameter_mm, usable_length_mm : Value
        Outer diameter and length of the shaft that can go into the patient.
    active_tips_mm : tuple of Value
        Lengths of the active part that exist.
    zones : tuple of ZoneSize
    figures : tuple of (str, Value)
        Published figures that do not make a whole zone, each with its title; shown, never planned with.
    contraindications : tuple of Contraindication
    notes : tuple of str
    parameters : mapping of str to Value
        What a simulation needs to know of the device, by name with the unit ("curvature_mm", "volts_per_mm").
    """

    id: str
    vendor: str
    model: str
    technique: Technique
    status: DeviceStatus
    diameter_mm: Value
    usable_length_mm: Value
    active_tips_mm: tuple[Value, ...] = ()
    zones: tuple[ZoneSize, ...] = ()
    figures: tuple[tuple[str, Value], ...] = ()
    contraindications: tuple[Contraindication, ...] = ()
    notes: tuple[str, ...] = ()
    parameters: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """Vendor and model, for people."""
        return f"{self.vendor} {self.model}".strip()

    def parameter(self, key: str) -> float:
        """What a simulation needs to know.

        Raises
        ------
        DeviceError
            If the device does not have it.
        """
        if key not in self.parameters:
            have = ", ".join(self.parameters) or "none"
            raise DeviceError(
                f"{self.name} cannot be simulated: its file has no parameter {key!r} (it has: {have}); add it."
            )
        return self.parameters[key].amount

    def ready(self) -> Device:
        """The device itself, where it can be planned with.

        Raises
        ------
        DeviceError
            If the maker's figures are missing; the sentence says how to enter them.
        """
        if self.status is DeviceStatus.NEEDS_IFU:
            raise DeviceError(
                f"{self.name}: the zone sizes of its maker are not part of this software; enter length, width and "
                f"reach beyond the tip from the instructions for use in a copy of Resources/Devices/{self.id}.json, "
                'set its status to "ready", and give the path of that file as the device.'
            )
        return self

    def zone(self, setting: str) -> ZoneSize:
        """The published zone of one setting.

        Raises
        ------
        DeviceError
            If the device has no such setting, or its maker's figures are missing; the sentence lists the settings.
        """
        for size in self.ready().zones:
            if size.setting == setting:
                return size
        have = ", ".join(size.setting for size in self.zones) or "none, because it makes no zone"
        raise DeviceError(f"{self.name} has no setting {setting!r}; it has: {have}.")

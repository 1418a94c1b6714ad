"""What a report prints of a device: its name, its figures with their evidence, and what its zone was measured in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ResourceError
from ..evidence import Value, read_value
from ..plan import Probe
from ..resources import read_resource
from .numbers import value_text
from .source_list import SourceList

_SHAFT_FIGURES = {"diameter_mm": "shaft diameter", "usable_length_mm": "usable length"}
_ZONE_FIGURES = {"length_mm": "zone length", "width_mm": "zone width", "forward_mm": "zone beyond the tip"}


@dataclass(frozen=True)
class DeviceSheet:
    """The figures of one device at one setting.

    Parameters
    ----------
    device, setting : str
        Identifiers, as in the plan.
    title : str
        Maker and model; the identifier where the device file cannot be read.
    setting_title : str
        The setting in words.
    medium : str
        What the zone was measured in; "" where the device makes none.
    figures : tuple of (words, Value)
    notes : tuple of str
    """

    device: str
    setting: str
    title: str
    setting_title: str = ""
    medium: str = ""
    figures: tuple[tuple[str, Value], ...] = ()
    notes: tuple[str, ...] = ()

    def lines(self, sources: SourceList) -> tuple[str, ...]:
        """One line of figures, each with the number of its source, then the notes of the device."""
        name = f"{self.title}, {self.setting_title}" if self.setting_title else self.title
        parts = [
            f"{words} {value_text(value)} {sources.cite(value, f'{name}, {words}')}" for words, value in self.figures
        ]
        parts += [self.medium] if self.medium else []
        line = "; ".join(parts) or "its figures could not be read"
        return (f"{name}: {line}.", *(f"{self.title}: {note}" for note in self.notes))


def device_sheets(probes: Iterable[Probe]) -> tuple[DeviceSheet, ...]:
    """The sheets of all devices of a plan at the settings used, each once, in order."""
    return tuple(_sheet(device, setting) for device, setting in dict.fromkeys((p.device, p.setting) for p in probes))


def _sheet(device: str, setting: str) -> DeviceSheet:
    data = _device_file(device)
    title = f"{data.get('vendor', '')} {data.get('model', '')}".strip() or device
    zone: Mapping[str, Any] = next((row for row in data.get("zones", ()) if row.get("setting") == setting), {})
    medium = str(zone.get("medium", ""))
    if medium and zone.get("in_bone") is not True:
        medium += "; not measured in bone"
    figures = (*_figures(data, _SHAFT_FIGURES, device), *_figures(zone, _ZONE_FIGURES, device))
    notes = tuple(str(note) for note in data.get("notes", ()))
    return DeviceSheet(device, setting, title, str(zone.get("title", "")), medium, figures, notes)


def _device_file(device: str) -> Mapping[str, Any]:
    """The JSON of a device; empty where it cannot be read, since a report of what is known must still come out."""
    try:
        is_file = device.lower().endswith(".json")
        data = json.loads(Path(device).read_text("utf-8")) if is_file else read_resource("Devices", f"{device}.json")
    except (OSError, ValueError, ResourceError):
        return {}
    return data if isinstance(data, Mapping) else {}


def _figures(data: Mapping[str, Any], names: Mapping[str, str], where: str) -> tuple[tuple[str, Value], ...]:
    found = []
    for key, words in names.items():
        try:
            found.append((words, read_value(data[key], f"{where}: {key}")))
        except (KeyError, ResourceError):
            continue
    return tuple(found)

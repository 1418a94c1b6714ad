"""``boneir devices``: what can be planned with."""

from __future__ import annotations

import argparse

from ..ablation.device import Device, DeviceStatus
from ..ablation.devices import devices
from ..plan import Technique
from .output import Answer, Progress, TextTable

_STATUS = {
    DeviceStatus.READY: "ready",
    DeviceStatus.NEEDS_IFU: "needs the maker's figures",
}


def run(options: argparse.Namespace, progress: Progress) -> Answer:  # noqa: ARG001 (every command is called alike)
    """List devices."""
    found = devices(Technique(options.technique) if options.technique else None)
    rows = tuple(_row(device) for device in found)
    table = TextTable(("Device", "Maker and model", "Technique", "Status", "Settings"), rows)
    hint = (
        "Where the maker's figures are missing, enter them in a copy of the device's file and plan with --device FILE."
    )
    waiting = any(device.status is DeviceStatus.NEEDS_IFU for device in found)
    return Answer({"devices": found}, (table, hint) if waiting else (table,))


def _row(device: Device) -> tuple[str, ...]:
    settings = ", ".join(size.setting for size in device.zones)
    return (device.id, device.name, device.technique.value, _STATUS[device.status], settings)

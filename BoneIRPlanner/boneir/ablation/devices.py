"""The devices that people choose from: those that come with the software, and those of a user's own file."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from ..errors import DeviceError, ResourceError
from ..plan import Technique
from ..resources import read_resource, resource_names
from .device import Device
from .device_file import device_from_plain


def device(id_or_path: str) -> Device:
    """The device of that identifier, or the one that a JSON file of the user describes.

    Parameters
    ----------
    id_or_path : str
        Identifier in ``Resources/Devices`` ("emprint"), or the path of a file of the same form, ending in ".json".

    Raises
    ------
    DeviceError
        If there is no such device, or the file is at fault; `faults` lists every fault with its path.
    """
    if id_or_path.lower().endswith(".json"):
        return _device_of_user(Path(id_or_path))
    for item in devices():
        if item.id == id_or_path:
            return item
    have = ", ".join(item.id for item in devices())
    raise DeviceError(
        f"There is no device {id_or_path!r}; there are: {have}; or give the path of a device file (.json)."
    )


def devices(technique: Technique | None = None) -> tuple[Device, ...]:
    """All devices that come with the software, or those of one technique, by identifier."""
    return tuple(item for item in _shipped() if technique in (None, item.technique))


@cache
def _shipped() -> tuple[Device, ...]:
    found = []
    for name in resource_names("Devices"):
        try:
            found.append(device_from_plain(read_resource("Devices", name), f"Devices/{name}"))
        except DeviceError as error:
            raise ResourceError(str(error)) from error
    return tuple(sorted(found, key=lambda item: item.id))


def _device_of_user(path: Path) -> Device:
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DeviceError(f"{path}: the device file cannot be read ({error.strerror}).") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DeviceError(f"{path}: the device file is not a JSON document ({error}).") from error
    return device_from_plain(data, str(path))

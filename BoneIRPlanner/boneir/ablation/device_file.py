"""The JSON form of a device, read so that every fault is listed with its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from ..errors import DeviceError, ResourceError
from ..evidence import Grade, Value, read_value
from ..plan import Technique
from .device import Contraindication, Device, DeviceStatus, ZoneSize

DEVICE_SCHEMA = "boneir.device/1"
"""Name and version of the JSON form."""

WITHOUT_ZONE = (Technique.BIOPSY, Technique.CEMENT, Technique.ULTRASOUND)
"""Techniques whose instruments make no zone that is known before it is simulated, or none at all."""

_DEVICE_KEYS = {
    *("schema", "id", "vendor", "model", "technique", "status", "diameter_mm", "usable_length_mm"),
    *("active_tips_mm", "zones", "figures", "contraindications", "notes", "parameters"),
}
_NUMBERS = {"power_w": "W", "duration_s": "s", "current_ma": "mA", "target_c": "degC", "volume_ml": "mL"}
"""What a setting can have, and its unit."""

_ZONE_KEYS = {"setting", "title", "medium", "in_bone", "criterion", "length_mm", "width_mm", "forward_mm", *_NUMBERS}

T = TypeVar("T")
_NOTHING = Value(0.0, "mm", Grade.DEFAULT, "missing")


def device_from_plain(data: Any, where: str) -> Device:
    """Build a device from what ``json.loads`` gave.

    Parameters
    ----------
    data : object
        Plain values.
    where : str
        The file, for the error.

    Raises
    ------
    DeviceError
        If anything is missing, unknown or impossible; `faults` lists all faults with their paths.
    """
    if not isinstance(data, Mapping) or data.get("schema") != DEVICE_SCHEMA:
        found = data.get("schema") if isinstance(data, Mapping) else None
        raise DeviceError(f"{where}: the schema is {found!r}; a device file begins with {DEVICE_SCHEMA!r}.")
    reader = _Reader()
    built = reader.device(data)
    if reader.faults:
        raise DeviceError(f"{where}: {'; '.join(reader.faults)}.", reader.faults)
    return built


class _Reader:
    """Reads one device and remembers what is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def device(self, data: Mapping[str, Any]) -> Device:
        self.only(data, _DEVICE_KEYS, "")
        built = Device(
            id=self.text(data, "id", ""),
            vendor=str(data.get("vendor", "")),
            model=self.text(data, "model", ""),
            technique=self.choice(Technique, data.get("technique"), "technique", Technique.BIOPSY),
            status=self.choice(DeviceStatus, data.get("status"), "status", DeviceStatus.NEEDS_IFU),
            diameter_mm=self.length(data.get("diameter_mm"), "diameter_mm"),
            usable_length_mm=self.length(data.get("usable_length_mm"), "usable_length_mm"),
            active_tips_mm=self.each(data, "active_tips_mm", self.length),
            zones=self.each(data, "zones", self.zone),
            figures=self.each(data, "figures", self.figure),
            contraindications=self.each(data, "contraindications", self.contraindication),
            notes=self.each(data, "notes", self.words),
            parameters=self.parameters(data.get("parameters", {})),
        )
        self.check_zones(built)
        return built

    def parameters(self, data: Any) -> Mapping[str, Value]:
        rows = self.mapping(data, "parameters")
        return MappingProxyType({key: self.value(value, f"parameters.{key}") for key, value in rows.items()})

    def check_zones(self, device: Device) -> None:
        settings = [size.setting for size in device.zones]
        if len(set(settings)) != len(settings):
            self.faults.append("zones: two zones have the same setting")
        if device.status is DeviceStatus.READY and not settings and device.technique not in WITHOUT_ZONE:
            self.faults.append('zones: a device that is "ready" needs at least one zone')

    def only(self, data: Mapping[str, Any], known: set[str], path: str) -> None:
        self.faults += [f"{_join(path, key)}: is not known" for key in data if key not in known]

    def text(self, data: Mapping[str, Any], key: str, path: str) -> str:
        value = data.get(key)
        if not isinstance(value, str) or not value.strip():
            self.faults.append(f"{_join(path, key)}: expected words, found {value!r}")
            return ""
        return value

    def words(self, value: Any, path: str) -> str:
        return self.text({path: value}, path, "")

    def choice(self, kind: Callable[[Any], T], value: Any, path: str, otherwise: T) -> T:
        try:
            return kind(value)
        except ValueError:
            self.faults.append(f"{path}: expected one of {', '.join(kind)}, found {value!r}")  # type: ignore[arg-type]
            return otherwise

    def value(self, data: Any, path: str) -> Value:
        try:
            return read_value(data, path)
        except ResourceError as error:
            self.faults.append(str(error).rstrip("."))
            return _NOTHING

    def length(self, data: Any, path: str, minimum: float = 0.1) -> Value:
        value = self.value(data, path)
        if value is _NOTHING:
            return value
        if value.unit != "mm":
            self.faults.append(f"{path}: expected mm, found {value.unit!r}")
        elif not minimum <= value.amount <= 1000.0:
            self.faults.append(f"{path}: {value.amount:g} mm is not between {minimum:g} and 1000 mm")
        elif not (value.low or value.amount) <= value.amount <= (value.high or value.amount):
            self.faults.append(f"{path}: {value.amount:g} mm lies outside its own range {value.low} to {value.high}")
        return value

    def each(self, data: Mapping[str, Any], key: str, read: Callable[[Any, str], T], path: str = "") -> tuple[T, ...]:
        items, here = data.get(key, []), _join(path, key)
        if not isinstance(items, list):
            self.faults.append(f"{here}: expected a list, found {items!r}")
            return ()
        return tuple(read(item, f"{here}[{n}]") for n, item in enumerate(items))

    def mapping(self, data: Any, path: str) -> Mapping[str, Any]:
        if isinstance(data, Mapping):
            return data
        self.faults.append(f"{path}: expected an object, found {data!r}")
        return {}

    def zone(self, data: Any, path: str) -> ZoneSize:
        row = self.mapping(data, path)
        self.only(row, _ZONE_KEYS, path)
        length = self.length(row.get("length_mm"), f"{path}.length_mm")
        forward = self.length(row.get("forward_mm"), f"{path}.forward_mm", -200.0)
        if forward.amount > length.amount:
            self.faults.append(f"{path}.forward_mm: the zone reaches farther beyond the tip than it is long")
        numbers = {key: self.number(row[key], unit, f"{path}.{key}") for key, unit in _NUMBERS.items() if key in row}
        return ZoneSize(
            setting=self.text(row, "setting", path),
            title=self.text(row, "title", path),
            medium=self.text(row, "medium", path),
            in_bone=row.get("in_bone") is True,
            criterion=self.text(row, "criterion", path),
            length_mm=length,
            width_mm=self.length(row.get("width_mm"), f"{path}.width_mm"),
            forward_mm=forward,
            **numbers,
        )

    def number(self, data: Any, unit: str, path: str) -> float:
        value = self.value(data, path)
        if value is not _NOTHING and value.unit != unit:
            self.faults.append(f"{path}: expected {unit}, found {value.unit!r}")
        return value.amount

    def figure(self, data: Any, path: str) -> tuple[str, Value]:
        row = self.mapping(data, path)
        return self.text(row, "title", path), self.value(row.get("figure"), f"{path}.figure")

    def contraindication(self, data: Any, path: str) -> Contraindication:
        row = self.mapping(data, path)
        names = self.each(row, "structures", self.words, path)
        return Contraindication(names, self.text(row, "text", path), self.text(row, "source", path))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key

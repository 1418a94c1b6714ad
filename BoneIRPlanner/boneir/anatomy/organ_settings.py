"""The thresholds of organs at risk, read from ``Resources/Structures/organs.json``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ..errors import ResourceError
from ..evidence import Value, read_value
from ..resources import read_resource

_FILE = ("Structures", "organs.json")


@cache
def organ_values() -> Mapping[str, Value]:
    """Every threshold by name, with unit, grade and source."""
    data = read_resource(*_FILE)
    return MappingProxyType({name: read_value(item, f"organs.json, {name}") for name, item in data.items()})


def organ_setting(name: str) -> float:
    """The amount of one threshold, in the unit that its name says.

    Raises
    ------
    ResourceError
        If there is no such threshold.
    """
    return _value(name).amount


def organ_span(name: str) -> tuple[float, float]:
    """The least and the greatest value of a threshold that has a range.

    Raises
    ------
    ResourceError
        If there is no such threshold, or it has no range.
    """
    value = _value(name)
    if value.low is None or value.high is None:
        raise ResourceError(f"organs.json, {name}: low or high is missing.")
    return value.low, value.high


def _value(name: str) -> Value:
    values = organ_values()
    if name not in values:
        raise ResourceError(f"organs.json has no value {name!r}; it has: {', '.join(values)}.")
    return values[name]

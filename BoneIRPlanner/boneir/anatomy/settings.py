"""The thresholds of the outlines, read from ``Resources/Structures/outlines.json``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ..errors import ResourceError
from ..evidence import Value, read_value
from ..resources import read_resource

_FILE = ("Structures", "outlines.json")


@cache
def outline_values() -> Mapping[str, Value]:
    """Every threshold by name, with unit, grade and source."""
    data = read_resource(*_FILE)
    return MappingProxyType({name: read_value(item, f"outlines.json, {name}") for name, item in data.items()})


def setting(name: str) -> float:
    """The amount of one threshold, in the unit that its name says.

    Raises
    ------
    ResourceError
        If there is no such threshold.
    """
    values = outline_values()
    if name not in values:
        raise ResourceError(f"outlines.json has no value {name!r}; it has: {', '.join(values)}.")
    return values[name].amount

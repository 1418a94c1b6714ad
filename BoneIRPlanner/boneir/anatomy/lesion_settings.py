"""The numbers of the outline that grows from a click, read from ``Resources/Structures/lesion_outline.json``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ..errors import ResourceError
from ..evidence import Value, read_value
from ..resources import read_resource

_FILE = "lesion_outline.json"


@cache
def lesion_values() -> Mapping[str, Value]:
    """Every number by name, with unit, grade and source."""
    data = read_resource("Structures", _FILE)["values"]
    return MappingProxyType({name: read_value(item, f"{_FILE}, values.{name}") for name, item in data.items()})


def lesion_setting(name: str) -> float:
    """One number, in the unit that its name or note says.

    Raises
    ------
    ResourceError
        If there is none of that name.
    """
    values = lesion_values()
    if name not in values:
        raise ResourceError(f"{_FILE} has no value {name!r}; it has: {', '.join(values)}.")
    return values[name].amount

"""The measures by which levels and other bones are told, read from ``Resources/Structures/levels.json``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..errors import ResourceError
from ..evidence import Value, read_value
from ..resources import read_resource

_FILE = ("Structures", "levels.json")


@cache
def level_values() -> Mapping[str, Value]:
    """Every measure by name, with unit, grade and source."""
    data = read_resource(*_FILE)
    return MappingProxyType({name: read_value(item, f"levels.json, {name}") for name, item in data.items()})


def level_setting(name: str) -> float:
    """The amount of one measure, in the unit that its name says.

    Raises
    ------
    ResourceError
        If there is no such measure.
    """
    return _value(name).amount


def level_span(name: str) -> tuple[float, float]:
    """The least and the greatest value of a measure that has a range.

    Raises
    ------
    ResourceError
        If there is no such measure, or it has no range.
    """
    value = _value(name)
    if value.low is None or value.high is None:
        raise ResourceError(f"levels.json, {name}: low or high is missing.")
    return value.low, value.high


def level_steps(name: str, step: float) -> NDArray[np.float64]:
    """Places from the least to the greatest value of a measure, evenly apart."""
    low, high = level_span(name)
    return np.arange(low, high + 0.1 * step, step)


def _value(name: str) -> Value:
    values = level_values()
    if name not in values:
        raise ResourceError(f"levels.json has no value {name!r}; it has: {', '.join(values)}.")
    return values[name]

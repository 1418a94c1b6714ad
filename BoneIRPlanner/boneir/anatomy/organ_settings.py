"""The thresholds of organs at risk, read from ``Resources/Structures/organs.json``."""

from __future__ import annotations

from ..evidence import Value
from ..resources import span_in, value_in


def organ_value(name: str) -> Value:
    """One threshold with unit, grade and source."""
    return value_in("Structures", "organs", name)


def organ_setting(name: str) -> float:
    """The amount of one threshold, in the unit that its name says."""
    return organ_value(name).amount


def organ_span(name: str) -> tuple[float, float]:
    """The least and the greatest value of a threshold that has a range."""
    return span_in("Structures", "organs", name)

"""The numbers of the outline that grows from a click, read from ``Resources/Structures/lesion_outline.json``."""

from __future__ import annotations

from ..evidence import Value
from ..resources import value_in


def lesion_value(name: str) -> Value:
    """One number with unit, grade and source."""
    return value_in("Structures", "lesion_outline", name)


def lesion_setting(name: str) -> float:
    """One number, in the unit that its name or note says."""
    return lesion_value(name).amount

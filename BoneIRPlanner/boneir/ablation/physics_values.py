"""How needles put heat or cold into tissue, where their maker's figures are not known."""

from __future__ import annotations

from ..evidence import Value
from ..resources import limit


def physics_value(key: str) -> Value:
    """One value of ``Resources/Limits/physics.json``."""
    return limit("physics", key)

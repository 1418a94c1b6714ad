"""How needles put heat or cold into tissue, where their maker's figures are not known."""

from __future__ import annotations

from functools import cache

from ..evidence import Value, read_value
from ..resources import read_resource


@cache
def physics_value(key: str) -> Value:
    """One value of ``Resources/Limits/physics.json``."""
    return read_value(read_resource("Limits", "physics.json")["values"][key], f"Limits/physics.json, {key}")

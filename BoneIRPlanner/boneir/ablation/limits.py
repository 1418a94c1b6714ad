"""The limits and assumptions of ablation, each with its evidence."""

from __future__ import annotations

from functools import cache

from ..errors import ResourceError
from ..evidence import Value, read_value
from ..resources import read_resource


@cache
def ablation_limit(key: str) -> Value:
    """One value of ``Resources/Limits/ablation.json``.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    data = read_resource("Limits", "ablation.json")
    if key not in data:
        raise ResourceError(f"Limits/ablation.json has no {key!r}; it has: {', '.join(data)}.")
    return read_value(data[key], f"Limits/ablation.json, {key}")

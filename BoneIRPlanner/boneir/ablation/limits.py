"""The limits and assumptions of ablation, each with its evidence."""

from __future__ import annotations

from ..evidence import Value
from ..resources import limit


def ablation_limit(key: str) -> Value:
    """One value of ``Resources/Limits/ablation.json``.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    return limit("ablation", key)

"""The values that filling, leaks and curing rest on."""

from __future__ import annotations

from ..resources import limit


def filling(key: str) -> float:
    """One number of ``Resources/Limits/filling.json``, in the unit that stands there.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    return limit("filling", key).amount


def leak(key: str) -> float:
    """One number of ``Resources/Limits/leak.json``, in the unit that stands there.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    return limit("leak", key).amount

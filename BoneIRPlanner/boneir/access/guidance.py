"""How precisely a way of guiding a needle places it, as it stands in ``Resources/Limits/guidance.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from ..errors import ResourceError
from ..evidence import Value, read_value
from ..plan import LimitChange
from ..resources import read_resource
from .limits import Limits

_ERRORS = ("tip_sigma", "entry_sigma", "depth_sigma")
OWN = "limits"
"""Key of a guidance whose placement error is that of no preset."""
_DEPTH_FROM = "stepwise_ct"
"""Limits have no error along the needle: what it is where theirs are those of no preset."""


@dataclass(frozen=True)
class Guidance:
    """A way of guiding a needle.

    Parameters
    ----------
    key, name : str
        Identifier, and words for people.
    tip_sigma, entry_sigma : Value
        Standard deviation per axis across the needle, at its tip and at the skin, in mm.
    depth_sigma : Value
        Standard deviation along the needle, in mm.
    """

    key: str
    name: str
    tip_sigma: Value
    entry_sigma: Value
    depth_sigma: Value


@cache
def guidance_presets() -> Mapping[str, Guidance]:
    """Every way of guiding a needle that this project knows, by its key.

    Raises
    ------
    ResourceError
        If a value is missing or has no unit, grade or source.
    """
    presets = read_resource("Limits", "guidance.json")["presets"]
    found = {}
    for key, data in presets.items():
        tip, entry, depth = (read_value(data.get(name), f"Limits/guidance.json, {key}.{name}") for name in _ERRORS)
        found[key] = Guidance(key, str(data["name"]), tip, entry, depth)
    return MappingProxyType(found)


def guidance(key: str) -> Guidance:
    """One way of guiding a needle.

    Raises
    ------
    ResourceError
        If there is no such preset; the sentence lists those there are.
    """
    presets = guidance_presets()
    if key not in presets:
        raise ResourceError(f"There is no guidance {key!r}; there is: {', '.join(presets)}.")
    return presets[key]


def guidance_changes(key: str) -> tuple[LimitChange, ...]:
    """The limits of placement error that go with a way of guiding a needle, for a goal or a plan.

    Raises
    ------
    ResourceError
        If there is no such preset; the sentence lists those there are.
    """
    guided = guidance(key)
    return (
        LimitChange("entry_sigma", guided.entry_sigma.amount),
        LimitChange("tip_sigma", guided.tip_sigma.amount),
    )


def guidance_of(limits: Limits) -> Guidance:
    """The way of guiding a needle whose placement error some limits hold; one of their own where none has it."""
    for guided in guidance_presets().values():
        same = guided.tip_sigma.amount == limits.tip_sigma.amount
        if same and guided.entry_sigma.amount == limits.entry_sigma.amount:
            return guided
    along = guidance(_DEPTH_FROM).depth_sigma
    return Guidance(OWN, "as its limits say", limits.tip_sigma, limits.entry_sigma, along)

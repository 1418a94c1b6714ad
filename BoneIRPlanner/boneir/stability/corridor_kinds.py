"""The kinds of corridors for screws, and which screws there are for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..errors import BoneIRError
from ..evidence import Value, read_value
from ..resources import read_resource
from .corridor_reach import Reach


@dataclass(frozen=True)
class CorridorKind:
    """A kind of corridor.

    Parameters
    ----------
    key, title : str
    towards : tuple of float
        From the entry to the tip: how much to lateral, to back and up, for a corridor of one side.
    cone : Value
        By how much the direction may differ, in degrees.
    reach : Reach
    diameter, length : Value
        Sizes of screws in mm: from `low` to `high` in steps of the amount.
    """

    key: str
    title: str
    towards: tuple[float, float, float]
    cone: Value
    reach: Reach
    diameter: Value
    length: Value

    @property
    def diameters_mm(self) -> tuple[float, ...]:
        """Every diameter of the catalogue, ascending."""
        return _sizes(self.diameter)

    @property
    def lengths_mm(self) -> tuple[float, ...]:
        """Every length of the catalogue, ascending."""
        return _sizes(self.length)


@cache
def corridor_kinds() -> Mapping[str, CorridorKind]:
    """Every kind of ``Resources/Limits/screws.json`` by its key."""
    table = read_resource("Limits", "screws.json")["corridors"]
    return {key: _read(key, data) for key, data in table.items()}


def corridor_kind(key: str) -> CorridorKind:
    """The kind of that key.

    Raises
    ------
    BoneIRError
        If there is none; the sentence lists those that exist.
    """
    kinds = corridor_kinds()
    if key not in kinds:
        raise BoneIRError(f"There is no corridor {key!r}; there are: {', '.join(kinds)}.")
    return kinds[key]


def _read(key: str, data: Mapping[str, Any]) -> CorridorKind:
    def value(name: str) -> Value:
        return read_value(data.get(name), f"Limits/screws.json, corridors.{key}.{name}")

    lateral, back, up = (value(f"towards_{name}").amount for name in ("lateral", "back", "up"))
    behind, ahead, tip, least = (value(name).amount for name in ("behind", "ahead", "tip", "least"))
    reach = Reach(behind, ahead, tip, key.startswith("trans_"), least)
    sizes = value("diameter"), value("length")
    return CorridorKind(key, str(data["title"]), (lateral, back, up), value("cone"), reach, *sizes)


def _sizes(value: Value) -> tuple[float, ...]:
    low, high = value.low or value.amount, value.high or value.amount
    return tuple(float(v) for v in np.arange(low, high + value.amount / 2, value.amount))

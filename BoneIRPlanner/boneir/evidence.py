"""Values with a unit and the evidence behind them: what every clinical constant of the library is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .errors import ResourceError


class Grade(StrEnum):
    """How well a value is founded."""

    PUBLISHED = "published"
    """Its source was read at the address given."""
    DERIVED = "derived"
    """Computed from published values by a stated rule."""
    DEFAULT = "default"
    """Proposed by this project: a physician should set it."""


@dataclass(frozen=True)
class Value:
    """A number with its unit, its grade and its source.

    Parameters
    ----------
    amount : float
        The number, in `unit`.
    unit : str
        Unit symbol ("mm", "W", "degC", "1" for a pure number).
    grade : Grade
        How well it is founded.
    source : str
        Address, citation or rule; never empty.
    low, high : float or None
        Range where one is known, in `unit`.
    note : str
        What a reader must know ("measured in liver, not in bone").
    """

    amount: float
    unit: str
    grade: Grade
    source: str
    low: float | None = None
    high: float | None = None
    note: str = ""

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.amount:g}{unit}"


def read_value(data: Any, where: str) -> Value:
    """Read a value from its JSON form.

    Parameters
    ----------
    data : mapping
        ``{"value": 3, "unit": "mm", "grade": "default", "source": "..."}`` with optional ``low``, ``high``, ``note``.
    where : str
        File and path, for the error.

    Returns
    -------
    Value

    Raises
    ------
    ResourceError
        If unit, grade or source is missing, or the number is not a number.
    """
    if not isinstance(data, Mapping):
        raise ResourceError(f"{where}: expected a value with unit, grade and source, found {data!r}.")
    missing = [key for key in ("value", "unit", "grade", "source") if not str(data.get(key, "")).strip()]
    if missing:
        raise ResourceError(f"{where}: {', '.join(missing)} missing; every constant has value, unit, grade and source.")
    try:
        grade = Grade(data["grade"])
        amount = float(data["value"])
        low, high = (None if data.get(key) is None else float(data[key]) for key in ("low", "high"))
    except (TypeError, ValueError) as error:
        raise ResourceError(f"{where}: {error}; grades are {', '.join(Grade)}.") from error
    return Value(amount, str(data["unit"]), grade, str(data["source"]), low, high, str(data.get("note", "")))

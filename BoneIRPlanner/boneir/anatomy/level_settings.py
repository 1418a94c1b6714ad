"""The measures by which levels and other bones are told, read from ``Resources/Structures/levels.json``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..evidence import Value
from ..resources import span_in, value_in


def level_value(name: str) -> Value:
    """One measure with unit, grade and source."""
    return value_in("Structures", "levels", name)


def level_setting(name: str) -> float:
    """The amount of one measure, in the unit that its name says."""
    return level_value(name).amount


def level_span(name: str) -> tuple[float, float]:
    """The least and the greatest value of a measure that has a range."""
    return span_in("Structures", "levels", name)


def level_steps(name: str, step: float) -> NDArray[np.float64]:
    """Places from the least to the greatest value of a measure, evenly apart."""
    low, high = level_span(name)
    return np.arange(low, high + 0.1 * step, step)

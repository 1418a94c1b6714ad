"""Numbers as a reader gets them: rounded to what is justified, with their unit, never rounded across a limit."""

from __future__ import annotations

import math

from ..assessment import Measure
from ..evidence import Value

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
NOT_KNOWN = "not known"

_DECIMALS = {"mm": 1, "mL": 1, "deg": 0, "%": 0, "HU": 0, "W": 0, "s": 0, "degC": 0, "mm2": 0, "cm": 1, "min": 1}
_SYMBOLS = {"degC": "°C", "deg": "°", "mm2": "mm²", "mm3": "mm³", "1": ""}
_EXTRA_DECIMALS = 2


def amount_text(amount: float, unit: str = "", extra_decimals: int = 0) -> str:
    """A number and its unit: mm and mL to one decimal, degrees, per cent and HU to none, others to three digits.

    A share is never rounded to a full 100 % or down to 0 %: 99.97 % is not all. 1000 minutes and more, as only a
    thermal dose has, are rounded to three digits.

    Examples
    --------
    >>> amount_text(12.4, "deg")
    '12°'
    """
    if not math.isfinite(amount):
        return NOT_KNOWN
    return _number(amount, unit, extra_decimals) + unit_suffix(unit)


def unit_suffix(unit: str) -> str:
    """What is written behind a number: the symbol of its unit after a space that does not break, or nothing."""
    symbol = _SYMBOLS.get(unit, unit)
    return symbol if symbol in ("", "°") else NO_BREAK_SPACE + symbol


def _number(amount: float, unit: str, extra_decimals: int) -> str:
    if unit == "%" and 99 < amount < 100:
        amount, decimals = math.floor(amount * 10) / 10, 1
    elif unit == "%" and 0 < amount < 1:
        amount, decimals = math.ceil(amount * 10) / 10, 1
    elif unit == "min" and abs(amount) >= 1000:
        amount, decimals = float(f"{amount:.3g}"), 0
    elif unit in _DECIMALS:
        decimals = _DECIMALS[unit]
    else:
        decimals = 0 if amount == 0 else max(0, 2 - math.floor(math.log10(abs(amount))))
    text = f"{amount:.{decimals + extra_decimals}f}"
    if unit not in _DECIMALS and "." in text:
        text = text.rstrip("0").rstrip(".")
    is_zero = float(text) == 0
    return text.replace("-", "" if is_zero else MINUS)


def beside_limit(amount: float, unit: str, limit: Value | None) -> str:
    """A number with as many decimals as it takes to see on which side of its limit it lies (4.96 mm, limit 5 mm)."""
    text = amount_text(amount, unit)
    if limit is None or limit.unit != unit or amount == limit.amount:
        return text
    for extra in range(_EXTRA_DECIMALS + 1):
        text = amount_text(amount, unit, extra)
        if text != amount_text(limit.amount, unit, extra):
            break
    return text


def measure_text(measure: Measure) -> str:
    """The number of a measure, with its range where it has one; words where the number cannot be had."""
    span = range_text(measure.low, measure.high, measure.unit)
    if measure.amount is None:
        return span or measure.note or NOT_KNOWN
    text = beside_limit(measure.amount, measure.unit, measure.limit)
    return text if span in ("", text) else f"{text} ({span})"


def range_text(low: float | None, high: float | None, unit: str) -> str:
    """A range in words ("4.1 to 8.3 mL"), or "" where neither end is known."""
    if low is not None and high is not None:
        ends = _number(low, unit, 0), amount_text(high, unit)
        return ends[1] if amount_text(low, unit) == ends[1] else " to ".join(ends)
    if low is not None:
        return f"at least {amount_text(low, unit)}"
    return "" if high is None else f"at most {amount_text(high, unit)}"


def value_text(value: Value) -> str:
    """A constant as its source gives it, with its range where one is known."""
    text = f"{value.amount:g}".replace("-", MINUS) + unit_suffix(value.unit)
    span = [f"{end:g}".replace("-", MINUS) for end in (value.low, value.high) if end is not None]
    return f"{text} ({' to '.join(span)})" if len(span) == 2 else text


def seconds_text(duration_s: float) -> str:
    """A duration as a room reads it: "45 s", "5 min", "2 min 30 s"."""
    minutes, seconds = divmod(round(duration_s), 60)
    parts = [f"{minutes}{NO_BREAK_SPACE}min"] if minutes else []
    if seconds or not minutes:
        parts.append(f"{seconds}{NO_BREAK_SPACE}s")
    return " ".join(parts)

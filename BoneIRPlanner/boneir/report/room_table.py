"""What the room is set to for each instrument: needle, marks on the skin, gantry and C-arm."""

from __future__ import annotations

from collections.abc import Sequence

from ..assessment import Assessment, Measure
from .model import Column, Row, Table
from .numbers import NOT_KNOWN, amount_text


def setting_of_room(instruments: Sequence[tuple[str, str]], assessment: Assessment) -> Table:
    """One row for each instrument that the assessment has measured.

    Parameters
    ----------
    instruments : sequence of (str, str)
        Name of the instrument in the plan, and its title.
    assessment : Assessment
    """
    columns = (
        Column("Instrument", 0.16),
        Column("Shortest needle", 0.14, numeric=True),
        Column("Entry", 0.30),
        Column("Gantry tilt", 0.20),
        Column("C-arm down the needle", 0.20),
    )
    rows = []
    for name, title in instruments:
        cells = (_needle(assessment, name), _marks(assessment, name), _tilt(assessment, name), _c_arm(assessment, name))
        if set(cells) != {NOT_KNOWN}:
            rows.append(Row((title, *cells)))
    return Table(columns, tuple(rows), "Setting of the room")


def _needle(assessment: Assessment, name: str) -> str:
    return _amount(assessment.measure("access.needle_length", name))


def _marks(assessment: Assessment, name: str) -> str:
    """The entry from the midline and from the landmark."""
    aside, mark = assessment.measure("access.from_midline", name), assessment.measure("access.from_landmark", name)
    parts = []
    if aside is not None and aside.amount is not None:
        distance = amount_text(abs(aside.amount), aside.unit)
        side = "left" if aside.amount > 0 else "right"
        parts.append(f"{distance} {side} of the midline")
    if mark is not None:
        parts.append(f"{mark.title.removeprefix('Entry ')}: {mark.note}")
    return "; ".join(parts) or NOT_KNOWN


def _tilt(assessment: Assessment, name: str) -> str:
    tilt = assessment.measure("access.gantry_tilt", name)
    if tilt is None or tilt.amount is None:
        return NOT_KNOWN
    return f"{amount_text(abs(tilt.amount), tilt.unit)}, {tilt.note}"


def _c_arm(assessment: Assessment, name: str) -> str:
    arm = assessment.measure("access.c_arm_primary", name)
    return NOT_KNOWN if arm is None else arm.note


def _amount(measure: Measure | None) -> str:
    return NOT_KNOWN if measure is None or measure.amount is None else amount_text(measure.amount, measure.unit)

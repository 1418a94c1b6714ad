"""What the planned screws mean."""

from __future__ import annotations

from ..findings import Finding, Severity
from ..plan import Treatment
from .sheet import Sheet


def assess_screws(treatment: Treatment, sheet: Sheet) -> None:
    """Say that screws are drawn and not assessed."""
    if treatment.screws:
        names = ", ".join(screw.name for screw in treatment.screws)
        text = f"The screws {names} are drawn but not assessed: their corridor has to be judged by eye."
        sheet.add((), [Finding("plan.screws", Severity.WARN, text, about=names)])

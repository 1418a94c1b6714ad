"""What the ways of probes and cannulas do to pedicles."""

from __future__ import annotations

from ..access.pedicle_measures import measure_pedicles
from .sheet import Sheet
from .subject import Subject


def assess_pedicles(subject: Subject, sheet: Sheet) -> None:
    """Grade every way through a pedicle after Gertzbein and Robbins.

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in what is found.
    """
    for path in subject.paths:
        sheet.add(*measure_pedicles(path))

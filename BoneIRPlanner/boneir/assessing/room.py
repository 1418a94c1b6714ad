"""What the room has to be set to for the instruments of a plan, and whether they begin at the skin at all."""

from __future__ import annotations

from ..access.plain_faults import entry_findings
from ..access.room_measures import setting_measures
from .sheet import Sheet
from .subject import Subject


def assess_room(subject: Subject, sheet: Sheet) -> None:
    """Gantry tilt, C-arm and offset from the landmark for every probe and cannula.

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in what is found.
    """
    for path in subject.paths:
        sheet.add(*setting_measures(path, subject.position, subject.landmark))
        sheet.add((), entry_findings(path))

"""How much cement a lesion takes, and what that means for the planned injections."""

from __future__ import annotations

from ..case import Case
from ..cement.body import vertebral_body_of
from ..cement.measure import cement_findings, cement_measure
from ..cement.volume import cement_volume
from ..plan import Technique, Treatment
from .sheet import Sheet


def assess_cement(case: Case, treatment: Treatment, sheet: Sheet) -> None:
    """Measure the volume of cement for the lesion of a treatment; a biopsy has none."""
    if treatment.technique is Technique.BIOPSY:
        return
    lesion = case.lesion(treatment.lesion)
    volume = cement_volume(case.image, lesion.mask, vertebral_body_of(lesion.mask, case.structures))
    sheet.add([cement_measure(volume, lesion.name)], cement_findings(volume, lesion.name, treatment.cement))

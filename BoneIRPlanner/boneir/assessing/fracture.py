"""Bone that bears weight may break after heat or cold: whether the plan holds it with cement or screws."""

from __future__ import annotations

from ..access.bones import bones_holding
from ..anatomy.structures import structure_title
from ..findings import Finding, Severity
from ..plan import Technique
from .sheet import Sheet
from .subject import Subject

BEARS_WEIGHT = ("vertebra", "sacrum", "hip", "femur", "tibia")
"""How names of bones begin that bear weight."""

WEAKENS = (Technique.RADIOFREQUENCY, Technique.MICROWAVE, Technique.CRYO, Technique.ULTRASOUND)
"""Techniques after which bone may break."""


def assess_fracture(subject: Subject, sheet: Sheet) -> None:
    """Warn where bone that bears weight is heated or frozen and nothing holds it afterwards.

    That ablated bone breaks is published (https://pmc.ncbi.nlm.nih.gov/articles/PMC4035489).

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in what is found.
    """
    treatment, lesion = subject.treatment, subject.lesion
    if treatment.technique not in WEAKENS or treatment.cement or treatment.screws:
        return
    bones = [item.name for item in bones_holding(subject.case, lesion) if item.name.startswith(BEARS_WEIGHT)]
    if not bones:
        return
    names = ", ".join(structure_title(name) for name in bones)
    text = (
        f"{lesion.name} lies in bone that bears weight ({names}): after {treatment.technique} it may break; plan "
        "cement or screws as well, or weigh why not."
    )
    sheet.add((), [Finding("ablation.fracture", Severity.WARN, text, about=lesion.name)])

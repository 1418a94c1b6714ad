"""What a reader must know of a follow-up: what is missing, what cannot be compared, what may be healing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..case import Case
from ..findings import Finding, Severity
from ..follow_up import RECIST, Answer, LesionState, Response, day_words
from ..resources import limit
from .response import FLARE


def exam_findings(exams: Sequence[tuple[str, Case]]) -> list[Finding]:
    """Examinations that are of different patients, or that cannot be compared in all they show."""
    found = [Finding("response.flare", Severity.NOTE, FLARE)]
    people = {case.image.source.patient_id for _, case in exams if case.image.source.patient_id}
    if len(people) > 1:
        text = f"The examinations are of different patients, by their numbers: {', '.join(sorted(people))}."
        found.append(Finding("response.patients", Severity.STOP, text))
    ratio = limit("response", "slice_ratio")
    dated = [(day_words(day), case) for day, case in exams]
    for (day, one), (other_day, other) in pairwise(dated):
        if one.image.modality is not other.image.modality:
            text = (
                f"{day} is {one.image.modality.value}, {other_day} {other.image.modality.value}: sizes differ by that."
            )
            found.append(Finding("response.modality", Severity.WARN, text))
            continue
        pairs = [sorted(p) for p in zip(one.image.grid.spacing_mm, other.image.grid.spacing_mm, strict=True)]
        most = max(high / low for low, high in pairs)
        if most > ratio.amount:
            text = f"The voxels of {day} and {other_day} differ by a factor of {most:.1f}: small changes are not sure."
            found.append(Finding("response.voxels", Severity.NOTE, text, most, "1", ratio))
        contrasts = [bool(case.image.source.contrast) for case in (one, other)]
        if contrasts[0] != contrasts[1]:
            with_it, without = (day, other_day) if contrasts[0] else (other_day, day)
            text = f"{with_it} was taken with contrast, {without} without: CT numbers cannot be compared."
            found.append(Finding("response.contrast", Severity.NOTE, text))
    return found


def course_findings(
    lesion: str, states: Sequence[LesionState | None], filled_in: Sequence[float | None]
) -> list[Finding]:
    """Of one lesion: first seen late, lost, with cement, or denser while it grew."""
    found = []
    start, now = states[0], states[-1]
    if start is None:
        first = next(state for state in states if state is not None)
        text = (
            f"{lesion} is outlined for the first time on {day_words(first.date)}: was it there before? It counts as "
            "new, unless it is sclerotic (then it may be healing of what was not seen) or, for PERCIST, no hotter than "
            "blood."
        )
        found.append(Finding("response.new", Severity.WARN, text, first.volume_ml, "mL", None, first.place_mm, lesion))
        return found
    if now is None:
        text = f"{lesion} is not outlined in the last examination: not judged. Outline it, or say that it is gone."
        found.append(Finding("response.not_outlined", Severity.WARN, text, about=lesion))
        return found
    rise = (now.dense_ml or 0.0) - (start.dense_ml or 0.0)
    bound = limit("response", "cement_rise_ml")
    if rise >= bound.amount:
        text = f"{lesion} holds {rise:.1f} mL as dense as cement, new since the start: density says nothing of healing."
        found.append(Finding("response.cement", Severity.NOTE, text, rise, "mL", bound, now.place_mm, lesion))
    elif now.volume_ml > start.volume_ml and _denser(start, now) and (filled_in[-1] or 0.0) > 0.0:
        text = (
            f"{lesion} has grown by {now.volume_ml - start.volume_ml:.1f} mL while its lytic part shrank and sclerosis "
            "grew: that can be healing (flare), confirm it at the next examination."
        )
        found.append(Finding("response.denser", Severity.NOTE, text, None, "", None, now.place_mm, lesion))
    return found


def _denser(start: LesionState, now: LesionState) -> bool:
    return (now.sclerotic_ml or 0.0) > (start.sclerotic_ml or 0.0)


def overall_findings(
    overall: Sequence[Response], answers: Sequence[Sequence[Response]], lesions: Sequence[str], date: str
) -> list[Finding]:
    """Progression, of all lesions together and of each, on the last day."""
    found = []
    for response in overall:
        if response.answer is Answer.PROGRESSION:
            text = f"By {response.criteria} the disease has progressed on {day_words(date)}."
            found.append(Finding("response.progression", Severity.WARN, text, about=response.criteria))
    for lesion, mine in zip(lesions, answers, strict=True):
        grown = [item.criteria for item in mine if item.answer is Answer.PROGRESSION]
        if grown:
            text = f"{lesion} has grown by {' and '.join(grown)}: look for nodular growth at its margin."
            found.append(Finding("response.lesion_progression", Severity.WARN, text, about=lesion))
    if len(lesions) > limit("response", "recist_targets").amount:
        most = limit("response", "recist_targets")
        text = f"{RECIST} sums the {most.amount:g} largest soft-tissue parts: bone is one organ."
        found.append(Finding("response.targets", Severity.NOTE, text, None, "", most))
    return found

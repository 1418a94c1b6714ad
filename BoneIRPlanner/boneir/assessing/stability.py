"""How stable the bone of a lesion is, as far as its image tells."""

from __future__ import annotations

from collections.abc import Mapping

from ..access.bones import bones_holding
from ..anatomy.structures import structure_title
from ..assessment import Measure
from ..case import Case, Lesion
from ..findings import Finding, Severity
from ..stability.answers import Answered, image_answers, score_of
from ..stability.scores import Result, add_up, score_named
from .sheet import Sheet
from .subject import Subject


def assess_stability(subject: Subject, sheet: Sheet, answers: Mapping[str, str] | None = None) -> None:
    """Score the bone of a lesion; items that only the patient answers make the score an interval.

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in what is found.
    answers : mapping of item key to option key, optional
        What was asked for; it replaces what the image tells.
    """
    case, lesion = subject.case, subject.lesion
    suited = score_of(case, lesion)
    if suited is None:
        sheet.add((), [_not_scored(case, lesion)])
        return
    result, seen = scored(case, lesion, suited, answers or {})
    sheet.add([stability_measure(result, seen, lesion.name)], open_findings(result, lesion.name))


def _not_scored(case: Case, lesion: Lesion) -> Finding:
    """Why no score was computed."""
    known = sorted({_words(item.name) for item in bones_holding(case, lesion) if item.name != "bone"})
    if known:
        why = f"it lies in {' and '.join(known)}, and only vertebrae and long bones have one"
        if any(item.name.startswith("hip_") for item in bones_holding(case, lesion)):
            why += "; where it reaches the acetabulum, what it takes of that is measured instead"
    else:
        why = "the bone around it is outlined without its name; an outline of its vertebra by level would be right"
    text = f"No stability score of {lesion.name} was computed: {why}."
    return Finding("stability.not_scored", Severity.NOTE, text, about=lesion.name)


def _words(name: str) -> str:
    title = structure_title(name)
    return f"the {title[0].lower()}{title[1:]}"


def scored(
    case: Case, lesion: Lesion, suited: tuple[str, str], answers: Mapping[str, str]
) -> tuple[Result, tuple[Answered, ...]]:
    """The result of a score with the answers of the image and those that were given.

    Raises
    ------
    BoneIRError
        If an answer is none of the score's.
    """
    key, bone = suited
    seen = image_answers(case, lesion, key, bone)
    given = {item.item: item.option for item in seen} | dict(answers)
    return add_up(score_named(key), given), seen


def stability_measure(result: Result, seen: tuple[Answered, ...], about: str) -> Measure:
    """The score as a measure: its range, and what the image answered."""
    whole = result.low == result.high
    words = "; ".join(item.words for item in seen if result.answers.get(item.item) == item.option)
    note = f"{result.band}; from the image: {words}" if words else result.band
    return Measure(
        f"stability.{result.score.key}", result.score.title, float(result.low) if whole else None, "points", about,
        None if whole else float(result.low), None if whole else float(result.high), note=note,
    )  # fmt: skip


def open_findings(result: Result, about: str) -> list[Finding]:
    """That items are open, and which."""
    if not result.open_items:
        return []
    items = ", ".join(title[0].lower() + title[1:] for title in result.open_items)
    text = (
        f"{result.score.title} of {about}: {result.low} to {result.high} points, because these items are not answered: "
        f"{items}."
    )
    return [Finding("stability.open_items", Severity.NOTE, text, about=about)]

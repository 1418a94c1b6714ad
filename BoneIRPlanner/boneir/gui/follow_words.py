"""What two examinations together say, in a few lines and as measures."""

from __future__ import annotations

from collections.abc import Iterable

from slicer.i18n import tr as _

from ..assessment import Assessment, Measure
from ..findings import Severity
from ..follow_up import FollowUp, LesionState, Response, day_words
from ..fusion.changes import Change
from ..fusion.quality import Verdict
from ..report.numbers import amount_text
from ..transfer import Stage, Transfer
from ..verify import Verification
from .wording import structure_words

_SAME = 0.05
"""Numbers that differ by less read alike."""


def stage_words(stage: Stage) -> str:
    """What a transfer is at."""
    words = {
        Stage.BEFORE: _("The plan is being assessed where it was made."),
        Stage.ALIGN: _("Both images are being laid over each other."),
        Stage.BONE: _("The bone of each lesion is being followed."),
        Stage.AFTER: _("Every limit is being checked again on the other image."),
        Stage.NEAREST: _("The nearest way that can be gone is being looked for."),
    }
    return words[stage]


def transfer_words(moved: Transfer, shown: str, nearest: str) -> str:
    """How a plan stands where it was moved to."""
    lines = [
        _("{name} lies on the other image. Planned: {before}. There: {after}.").format(
            name=shown, before=_standing(moved.before), after=_standing(moved.after)
        )
    ]
    for motion in moved.motions:
        what = structure_words(motion.name) if motion.name else _("the whole image")
        lines.append(_("{what}: {verdict}").format(what=what, verdict=_verdict_words(motion.quality.verdict)))
    if nearest:
        lines.append(_("The nearest plan that may be carried out is {name}.").format(name=nearest))
    return "\n".join(lines)


def verification_words(made: Verification, actual: str) -> str:
    """What a control image shows of a plan."""
    lines = [_("Registered with an expected error of {error}.").format(error=amount_text(made.error_mm, "mm"))]
    if not actual:
        lines.append(_("No needle of the plan was found in the control image."))
    else:
        found = len(made.needles.matches) if made.needles is not None else 0
        lines.append(_("{count} needles found; they stand as {name}.").format(count=found, name=actual))
    if not made.margins:
        lines.append(_("No ablation zone is outlined on the control image: its margin was not measured."))
    return "\n".join(lines)


def response_words(found: FollowUp) -> str:
    """How all lesions together have answered."""
    first, last = day_words(found.dates[0]), day_words(found.dates[-1])
    lines = [_("From {first} to {last}, all lesions:").format(first=first, last=last)]
    return "\n".join((*lines, *(f"{item.criteria}: {answer_words(item)}" for item in found.overall[-1])))


def response_measures(found: FollowUp) -> tuple[Measure, ...]:
    """Answer and size of each lesion, the size with what it was."""
    rows: list[Measure] = []
    for course in found.courses:
        rows += [
            Measure("response.answer", item.criteria, None, about=course.lesion, note=answer_words(item))
            for item in course.answers[-1]
        ]
        rows += _sizes(course.lesion, course.states)
    return tuple(rows)


def answer_words(item: Response) -> str:
    """One answer, with the change that it rests on, or why there is none."""
    if item.answer is None:
        return _("not judged: {why}").format(why=item.note)
    if item.change is None:
        return str(item.answer.value)
    return _("{answer}, {change} %").format(answer=item.answer.value, change=f"{100 * item.change:+.0f}")


def _sizes(lesion: str, states: Iterable[LesionState | None]) -> list[Measure]:
    known = [state for state in states if state is not None]
    if len(known) < 2:
        return []
    first, last = known[0], known[-1]
    return [
        _then_and_now(lesion, _("Longest axial diameter"), first.long_mm, last.long_mm, "mm"),
        _then_and_now(lesion, _("Volume"), first.volume_ml, last.volume_ml, "mL"),
    ]


def change_measures(changes: Iterable[Change]) -> tuple[Measure, ...]:
    """The measures that differ by what people read, with both numbers."""
    return tuple(
        _then_and_now(item.about, item.title, item.before, item.after, item.unit)
        for item in changes
        if abs(item.difference) >= _SAME
    )


def _then_and_now(about: str, title: str, before: float, after: float, unit: str) -> Measure:
    both = _("{before}, now {after}").format(before=amount_text(before, unit), after=amount_text(after, unit))
    return Measure("follow.change", title, None, about=about, note=both)


def _standing(assessment: Assessment) -> str:
    words = {
        Severity.STOP: _("something to stop at"),
        Severity.WARN: _("something to decide"),
        Severity.NOTE: _("only notes"),
    }
    return words[assessment.verdict] if assessment.verdict is not None else _("nothing found")


def _verdict_words(verdict: Verdict) -> str:
    words = {
        Verdict.GOOD: _("registered well"),
        Verdict.DOUBTFUL: _("registration doubtful"),
        Verdict.FAILED: _("registration failed"),
    }
    return words[verdict]

"""Respond: how every lesion has answered to treatment, over two or more examinations."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from .errors import CaseError
from .findings import worst_first
from .follow_up import MDA, PERCIST, RECIST, Answer, Course, Exam, FollowUp, LesionState, Response
from .fusion.lesion_state import blood_of, gone_state, lesion_state
from .fusion.response import NOT_MEASURABLE, mda_bone, percist, recist
from .fusion.response_findings import course_findings, exam_findings, overall_findings
from .resources import limit

NOT_OUTLINED = "The lesion is not outlined on that day: outline it, or say that it is gone."
NO_BONE = "No bone is outlined: a soft-tissue part cannot be told from the rest."
STILL_THERE = "The soft-tissue part is gone, the lesion in the bone is not."
NO_UPTAKE = "There is no PET in SUV of both days that shows it."
NO_LEAN = "The lean mass is not known: give weight and height; the image must say the sex."


def respond(exams: Sequence[Exam], *, gone: Collection[str] = (), lean: float | None = None) -> FollowUp:
    """Judge the response of every lesion by named criteria.

    Parameters
    ----------
    exams : sequence of Exam
        Two or more, in any order; the earliest is the start, before treatment.
    gone : collection of str
        Lesions that a reader calls gone in the last examination.
    lean : float or None
        Lean mass as part of the weight; turns SUV into SUL. Without it PERCIST gives no answer.

    Raises
    ------
    CaseError
        If there are fewer than two examinations, two of one day, or no lesion at the start; or if a lesion is called
        gone that is outlined in the last one, or is none.
    """
    ordered = tuple(sorted(exams, key=lambda exam: exam.date))
    _check(ordered, gone)
    names = tuple(dict.fromkeys(lesion.name for exam in ordered for lesion in exam.case.lesions))
    found = {name: tuple(_state(exam, name, gone, exam is ordered[-1]) for exam in ordered) for name in names}
    courses = tuple(_course(name, states, lean) for name, states in found.items())
    overall = tuple(_overall(courses, n, lean) for n in range(1, len(ordered)))
    findings = [
        *exam_findings([(exam.date, exam.case) for exam in ordered]),
        *(item for course in courses for item in course_findings(course.lesion, course.states, course.filled_in)),
        *overall_findings(overall[-1], [course.answers[-1] for course in courses], names, ordered[-1].date),
    ]
    return FollowUp(ordered, courses, overall, worst_first(dict.fromkeys(findings)))


def _check(exams: tuple[Exam, ...], gone: Collection[str]) -> None:
    if len(exams) < 2:
        raise CaseError(f"A response needs two examinations or more; there is {len(exams)}.")
    for one, other in pairwise(exams):
        if one.date == other.date:
            raise CaseError(f"Two examinations are of {one.date}: give each its own date.")
    for one, other in combinations(exams, 2):
        if one.case.image.uid == other.case.image.uid:
            raise CaseError(f"The examinations of {one.date} and {other.date} are the same image: give each its own.")
    if not exams[0].case.lesions:
        raise CaseError(
            f"No lesion is outlined in the first examination, of {exams[0].date}: outline what was treated."
        )
    last = {lesion.name for lesion in exams[-1].case.lesions}
    before = {lesion.name for exam in exams[:-1] for lesion in exam.case.lesions}
    for name in gone:
        if name in last:
            raise CaseError(f"{name} is called gone, but is outlined in the examination of {exams[-1].date}.")
        if name not in before:
            raise CaseError(f"No lesion {name!r} was outlined before; there are: {', '.join(sorted(before))}.")


def _state(exam: Exam, name: str, gone: Collection[str], is_last: bool) -> LesionState | None:
    mine = next((lesion for lesion in exam.case.lesions if lesion.name == name), None)
    if mine is not None:
        return lesion_state(exam.case, mine, exam.date)
    return gone_state(exam.date, name, blood_of(exam.case)) if is_last and name in gone else None


def _course(name: str, states: tuple[LesionState | None, ...], lean: float | None) -> Course:
    filled = tuple(_filled_in(states[0], now) for now in states)
    answers = tuple(_answers(states[: n + 1], filled[n], lean) for n in range(1, len(states)))
    return Course(name, states, answers, filled)


def _filled_in(start: LesionState | None, now: LesionState | None) -> float | None:
    """By how much the lytic share of a lesion has fallen; None where there was none, or where cement hides it.

    Shares, not volumes: an outline that has become smaller is told by its diameters already.
    """
    if start is None or now is None or has_cement(start, now):
        return None
    before, after = _lytic_share(start), _lytic_share(now)
    if before is None or after is None or (start.lytic_ml or 0.0) < limit("response", "least_lytic_ml").amount:
        return None
    return 1.0 - after / before


def _lytic_share(state: LesionState) -> float | None:
    """Lytic part (0 to 1) of what lies within the bone; None where it is not known."""
    within = state.volume_ml - (state.soft_ml or 0.0)
    return None if state.lytic_ml is None or within <= 0.0 else min(state.lytic_ml / within, 1.0)


def has_cement(start: LesionState, now: LesionState) -> bool:
    """Whether so much of a lesion has become as dense as cement that its density says nothing of healing."""
    rise = (now.dense_ml or 0.0) - (start.dense_ml or 0.0)
    return rise >= limit("response", "cement_rise_ml").amount


def _answers(
    states: tuple[LesionState | None, ...], filled: float | None, lean: float | None
) -> tuple[Response, Response, Response]:
    """Of one lesion on the last of some days."""
    start, now = states[0], states[-1]
    if start is None or now is None:
        note = NOT_OUTLINED if now is None else "The lesion was not outlined at the start."
        none = [Response(name, None, None, note) for name in (RECIST, MDA, PERCIST)]
        return none[0], none[1], none[2]
    known = [state for state in states[:-1] if state is not None]
    return (
        _by_recist([[state.soft_mm] for state in (*known, now)], left=not now.gone, new_lesion=False),
        _by_mda([state.across_mm for state in (*known, now)], filled, new_lesion=False),
        _by_percist(start.suv_peak, 0.0 if now.gone else now.suv_peak, now.suv_blood, lean, new_lesion=False),
    )


def _by_recist(sizes_mm: Sequence[Sequence[float | None]], *, left: bool, new_lesion: bool) -> Response:
    """On the sums of soft-tissue parts of several days, the last of them now; complete only where nothing is left."""
    if any(size is None for day in sizes_mm for size in day):
        return Response(RECIST, None, None, NO_BONE)
    sums = [math.fsum(size or 0.0 for size in day) for day in sizes_mm]
    if sums[0] <= 0.0:
        return Response(RECIST, None, None, NOT_MEASURABLE)
    found = recist(sums[0], min(sums[:-1]), sums[-1], new_lesion=new_lesion)
    if found.answer is Answer.COMPLETE and left:
        return replace(found, answer=Answer.PARTIAL, note=f"{STILL_THERE} {found.note}")
    return found


def _by_mda(sums_mm: Sequence[float], filled: float | None, *, new_lesion: bool) -> Response:
    part = -1.0 if filled is None else filled
    return mda_bone(
        sums_mm[0],
        min(sums_mm[:-1]),
        sums_mm[-1],
        filled_in=part >= limit("response", "mda_filled").amount,
        partly_filled_in=part >= limit("response", "mda_partly_filled").amount,
        new_lesion=new_lesion,
    )


def _by_percist(
    before: float | None, now: float | None, blood: float | None, lean: float | None, *, new_lesion: bool
) -> Response:
    if before is None or now is None or before <= 0.0:
        return Response(PERCIST, None, None, NO_UPTAKE)
    if lean is None:
        return Response(PERCIST, None, now / before - 1.0, NO_LEAN)
    return percist(before * lean, now * lean, None if blood is None else blood * lean, new_lesion=new_lesion)


def _overall(courses: Sequence[Course], n: int, lean: float | None) -> tuple[Response, Response, Response]:
    """Of all lesions together in examination `n`; sums leave out nothing that was outlined at the start."""
    old = [course for course in courses if not course.is_new]
    new = [state for course in courses if course.is_new and (state := course.states[n]) is not None]
    lost = [course.lesion for course in old if course.states[n] is None]
    if lost:
        none = [Response(name, None, None, f"{', '.join(lost)}: {NOT_OUTLINED}") for name in (RECIST, MDA, PERCIST)]
        return none[0], none[1], none[2]
    # Days on which a lesion is not outlined have no sum; they can be no nadir.
    days = [m for m in range(n + 1) if all(course.states[m] is not None for course in old)]
    table = [[state for course in old if (state := course.states[m]) is not None] for m in days]
    order = sorted(range(len(old)), key=lambda row: -(table[0][row].soft_mm or 0.0))
    least, most = limit("response", "recist_measurable_mm"), int(limit("response", "recist_targets").amount)
    targets = [row for row in order if (table[0][row].soft_mm or 0.0) >= least.amount][:most] or order[:1]
    hottest = [_hottest([course.states[m] for course in courses]) for m in (0, n)]
    # By the MDA criteria growth of any lesion is progression, whatever the sum does.
    grown = any(map(_may_be_growth, new)) or any(_mda_of(c.answers[n - 1]) is Answer.PROGRESSION for c in old)
    filled = [course.filled_in[n] for course in old]
    all_filled = None if any(part is None for part in filled) else min(part for part in filled if part is not None)
    left = any(not state.gone for state in table[-1])
    blood = next((state.suv_blood for state in table[-1] if state.suv_blood is not None), None)
    return (
        _by_recist(
            [[day[row].soft_mm for row in targets] for day in table],
            left=left,
            new_lesion=any(map(_may_be_growth, new)),
        ),
        _by_mda(
            [math.fsum(state.across_mm for state in day) for day in table],
            all_filled,
            new_lesion=grown,
        ),
        _by_percist(hottest[0], hottest[1], blood, lean, new_lesion=any(map(_takes_up, new))),
    )


def _mda_of(answers: Sequence[Response]) -> Answer | None:
    return next((item.answer for item in answers if item.criteria == MDA), None)


def _may_be_growth(state: LesionState) -> bool:
    """Whether a new lesion is more than sclerosis, which may be healing of what was not seen before."""
    return state.lytic_ml is None or state.lytic_ml >= limit("response", "least_lytic_ml").amount


def _takes_up(state: LesionState) -> bool:
    """Whether a new lesion is hotter than blood, or nobody knows."""
    return state.suv_peak is None or state.suv_blood is None or state.suv_peak > state.suv_blood


def _hottest(states: Sequence[LesionState | None]) -> float | None:
    """The highest peak of a day; one that is gone has none, and counts as 0."""
    peaks = [0.0 if state.gone else state.suv_peak for state in states if state is not None]
    return max((peak for peak in peaks if peak is not None), default=None)

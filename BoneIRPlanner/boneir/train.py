"""Train: a practice case is begun, and the plan that a trainee made for it is scored against the best ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .assess import assess
from .case import Case
from .case_folder import save_case
from .errors import PlanError
from .open import case_of
from .plan import Plan
from .propose import propose
from .training.practice import LESION, Attempt, Exercise, PracticeCase, practice_case, save_attempt
from .training.score import Facts, ScoreSheet, facts_of, score_plan


@dataclass(frozen=True, eq=False)
class Best:
    """The plans that were found best for a practice case, with the whole truth at hand.

    Parameters
    ----------
    plans : tuple of Plan
        The best first.
    facts : tuple of Facts
        What each is scored by.
    """

    plans: tuple[Plan, ...]
    facts: tuple[Facts, ...]


def begin(task: Exercise, folder: Path | str, clock: Callable[[], float]) -> Case:
    """Make the patient of an exercise, outline what software can, and write both as a case without its truth.

    Parameters
    ----------
    task : Exercise
    folder : Path or str
    clock : callable
        Gives the time in seconds since 1970; asked when the patient is ready, for the time runs from then on.

    Returns
    -------
    Case
        What the trainee sees: no lesion, and no outline that was not found in the image.
    """
    case = case_of(practice_case(task).image)
    save_case(case, folder)
    save_attempt(Attempt(task.name, case.image.uid, clock()), folder)
    return case


def best_of(practice: PracticeCase) -> Best:
    """Look for the best plans of a practice case, and judge them; what must not be carried out is none of them."""
    plans = propose(practice.truth, practice.exercise.goal).plans
    facts = [facts_of(plan.name, assess(practice.truth, plan)) for plan in plans]
    sound = [(plan, item) for plan, item in zip(plans, facts, strict=True) if not item.stops]
    return Best(tuple(plan for plan, _ in sound), tuple(item for _, item in sound))


def judged(practice: PracticeCase, plan: Plan) -> Facts:
    """What a trainee's plan is scored by, held against the truth.

    Whatever the trainee called the lesion, however wide a rim was asked for, and whichever limits were loosened: the
    true lesion counts, with the rim of the exercise and the limits that are shipped.

    Raises
    ------
    PlanError
        If the plan was made for another image, or treats nothing.
    """
    if plan.image_uid and plan.image_uid != practice.image.uid:
        raise PlanError(f"The plan {plan.name!r} was made for another image than that of {practice.exercise.name}.")
    treatments = tuple(
        replace(item, lesion=LESION, margin_mm=practice.exercise.margin_mm, technique=practice.exercise.technique)
        for item in plan.treatments
    )
    if len(treatments) != 1 or not treatments[0].probes:
        raise PlanError(f"The plan {plan.name!r} must treat the one lesion of the practice case with probes.")
    wrong = [probe.device for probe in treatments[0].probes if probe.device != practice.exercise.device]
    if wrong:
        raise PlanError(f"The practice case is to be planned with {practice.exercise.device}, not with {wrong[0]}.")
    held = replace(plan, treatments=treatments, image_uid=practice.image.uid, limits=())
    return facts_of(plan.name, assess(practice.truth, held))


def score(practice: PracticeCase, plan: Plan, best: Best, seconds: float) -> ScoreSheet:
    """Score a trainee's plan; see `judged` and `score_plan`."""
    return score_plan(judged(practice, plan), best.facts, seconds, practice.exercise.allowed_s)


def fact_rows(facts: Sequence[Facts]) -> tuple[tuple[str, ...], ...]:
    """Plans side by side: name, room, coverage, harm and whether something forbids them."""
    return tuple(
        (
            item.name,
            "-" if item.room_mm is None else f"{item.room_mm:.1f} mm",
            f"{item.covered_percent:.1f} %",
            f"{item.too_near_mm:.1f} mm",
            "Stop" if item.stops else "Clear",
        )
        for item in facts
    )

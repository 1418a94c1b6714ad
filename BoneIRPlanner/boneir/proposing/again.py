"""The skin of a plan, looked at again: what a search for the plan's own needle finds of every entry."""

from __future__ import annotations

from ..case import Case
from ..errors import BoneIRError
from ..findings import Finding, Severity
from ..plan import Plan, Technique, Treatment
from ..proposal import Goal, Proposal
from .job import job_of
from .search import skin_of


def searched_again(case: Case, plan: Plan) -> tuple[Proposal | None, Finding]:
    """Look at every entry for the lesion and the needle of a plan, as `propose` does first.

    A plan stores its lesion, its instrument, how the patient lies and the limits that it was made with. It stores no
    entry zones and nothing that stood already, so the map knows neither.

    Parameters
    ----------
    case : Case
    plan : Plan

    Returns
    -------
    Proposal or None
        Without plans; None where the plan has no needle whose ways a search would look for.
    Finding
        A note that the map was made again, or why there is none.
    """
    goal = _goal_of(plan)
    if goal is None:
        text = "Where a needle may enter is not shown: the plan names no probe or biopsy needle to search for."
        return None, Finding("report.no_skin", Severity.NOTE, text)
    try:
        skin = skin_of(job_of(case, goal, None))
    except BoneIRError as error:
        text = f"Where a needle may enter is not shown: {error}"
        return None, Finding("report.no_skin", Severity.NOTE, text)
    text = (
        "Where a needle may enter was looked at again for this report, with the plan's needle, position and limits; "
        "entry zones and instruments that stood already are not kept with a plan and do not count in it."
    )
    return Proposal(goal, (), skin, ()), Finding("report.skin_again", Severity.NOTE, text)


def _goal_of(plan: Plan) -> Goal | None:
    """The goal of the first treatment with a needle that a search is made for."""
    for treatment in plan.treatments:
        if treatment.probes and treatment.technique is not Technique.ULTRASOUND:
            return _goal(plan, treatment)
    return None


def _goal(plan: Plan, treatment: Treatment) -> Goal:
    first = treatment.probes[0]
    return Goal(
        treatment.technique,
        first.device,
        treatment.lesion,
        first.setting,
        treatment.margin_mm,
        plan.position,
        limits=plan.limits,
        landmark=plan.landmark,
    )

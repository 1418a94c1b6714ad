"""The verb `propose`: a case and a goal become ranked plans, each with the reasons for its place."""

from __future__ import annotations

from .access.explain import coverage_findings, harm_findings, no_way_findings
from .access.limits import Limits
from .access.plain_faults import faults_of_case
from .access.sacrum import foramina_findings
from .anatomy.absent import absent_findings
from .assessing.instruments import instruments_of
from .case import Case
from .findings import worst_first
from .plan import Plan, Technique
from .proposal import Goal, Proposal
from .proposing.arrays import arrays_of
from .proposing.deepen import deepened
from .proposing.job import device_findings, job_of, limit_findings, purpose_of
from .proposing.plans import plan_of, told_apart
from .proposing.sound import propose_sound
from .proposing.ways import harm_of, way_alone, way_together
from .proposing.yielding import search_yielding

__all__ = ["propose", "purpose_of"]


def propose(case: Case, goal: Goal, limits: Limits | None = None, *, beside: Plan | None = None) -> Proposal:
    """Look for the ways in that serve a goal, and rank them.

    Every skin voxel within reach of the instrument is looked at. What is refused is kept with the rule, the structure
    and the missing mm; of what is allowed, the ways that no other beats in every respect are ranked by their weighted
    cost and shown as far as they differ.

    Parameters
    ----------
    case : Case
        With outlines of the body and of as much else as is known.
    goal : Goal
    limits : Limits or None
        None takes those that this project ships, weighted for the purpose that the goal implies.
    beside : Plan or None
        Its probes, cannulas and screws stand already: no new needle may meet them, from hub to tip.

    Returns
    -------
    Proposal
        Without plans where nothing is allowed; its findings then say what stands in the way.

    Raises
    ------
    CaseError
        If there is no such lesion, it lies outside the body, or the body is not outlined.
    DeviceError
        If the device is unknown, does not do what is asked, or lacks its maker's figures.
    PlanError
        If the goal contradicts itself, changes a limit that there is not, or names an entry zone that is none.
    """
    standing = () if beside is None else tuple(tool.capsule for tool in instruments_of(beside.treatments))
    if goal.technique is Technique.ULTRASOUND:
        return propose_sound(case, goal)
    job = job_of(case, goal, limits, standing)
    findings = (*device_findings(job), *limit_findings(goal), *faults_of_case(case))
    findings = (*findings, *foramina_findings(job.case, job.lesion, job.limits), *absent_findings(case.structures))
    job, found, given_up = search_yielding(job)
    if found.choice is None or not found.chosen:
        return Proposal(goal, (), found.skin_map, worst_first((*no_way_findings(found.skin_map), *findings)))
    sample = goal.technique is Technique.BIOPSY
    chosen = [deepened(job, item, found.relaxed) if sample else item for item in found.chosen]
    if goal.technique is Technique.ELECTROCHEMOTHERAPY:
        together, notes = arrays_of(job, found)
        ways, findings = list(together), (*notes, *findings)
        if not ways:
            return Proposal(goal, (), found.skin_map, worst_first(findings))
    else:
        ways = [way_alone(job, item, found.choice, found.skin_map) for item in chosen]
        ways += way_together(job, found, max(way.covered for way in ways))
    ranked = sorted(ways, key=lambda way: way.score)
    ranked = ranked[: goal.max_plans]
    plans = tuple(plan_of(job, way, rank) for rank, way in enumerate(told_apart(ranked)))
    findings = (*given_up, *findings)
    if job.zone is not None:
        findings = (*coverage_findings(max(way.covered for way in ranked), job.limits), *findings)
        findings = (*harm_findings(min(harm_of(job, way) for way in ranked), job.limits), *findings)
    return Proposal(goal, plans, found.skin_map, worst_first(findings), tuple(way.score for way in ranked))

"""Make a case and a goal ready for a needle that is moved by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..access.capsules import Capsule
from ..access.field_cache import FIELDS
from ..access.limit_changes import changed_limits
from ..access.limits import Limits, access_limits
from ..access.live import LiveAccess, Measured
from ..access.rules import Judge
from ..access.targets import target_points
from ..assessing.paths import assess_paths
from ..assessing.sheet import Sheet
from ..assessing.subject import Subject
from ..assessing.zones import assess_coverage
from ..assessment import Measure
from ..case import Case
from ..findings import Finding
from ..plan import Cement, Technique, Trajectory, Treatment
from ..proposal import Goal
from .job import Job, job_of
from .plans import probe_of
from .search import aim_at


def live_access(
    case: Case, goal: Goal, limits: Limits | None = None, *, name: str = "1", beside: Sequence[Capsule] = ()
) -> LiveAccess:
    """Make a lesion and an instrument ready, once, for needles that are moved by hand.

    It takes the rules, the costs and the zone that `propose` would take for the same goal, and measures each needle as
    `assess` would measure a plan with that one needle.

    Parameters
    ----------
    case : Case
    goal : Goal
    limits : Limits or None
        As in `propose`.
    name : str
        Name of the needle, for the texts.
    beside : sequence of Capsule
        Instruments that stand already.

    Returns
    -------
    LiveAccess

    Raises
    ------
    CaseError, DeviceError, PlanError
        As in `propose`.
    """
    job = job_of(case, goal, limits, beside)
    field = FIELDS.field(case, job.lesion, job.needle, job.limits)
    judge = Judge(case, field, job.needle, job.limits, goal.position, job.given)
    core = job.limits.core_length.amount if goal.technique is Technique.BIOPSY else None
    aim = aim_at(job, target_points(job.lesion.mask, 1)[0], core)
    return LiveAccess(judge, aim, job.lesion.mask.centroid_mm, _measured(job, name))


def _measured(job: Job, name: str) -> Measured:
    """What `assess` says of a plan with one needle: its path, and how its zone covers the lesion."""
    case, goal = job.case, job.goal
    rules = changed_limits(access_limits(), goal.limits)

    def measured(trajectory: Trajectory) -> tuple[list[Measure], list[Finding]]:
        sheet = Sheet()
        treatment = _treatment(job, trajectory, name)
        subject = Subject(case, treatment, rules)
        assess_paths(subject, sheet)
        if job.zone is not None:
            assess_coverage(subject, sheet)
        return sheet.measures, sheet.findings

    return measured


def _treatment(job: Job, trajectory: Trajectory, name: str) -> Treatment:
    treatment = Treatment(job.lesion.name, job.goal.technique, job.goal.margin_mm)
    if job.goal.technique is Technique.CEMENT:
        return replace(treatment, cement=(Cement(name, trajectory, 0.0, job.instrument.diameter_mm.amount),))
    return replace(treatment, probes=(probe_of(job, trajectory, name),))

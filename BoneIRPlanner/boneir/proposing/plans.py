"""Plans from ways: probes with their settings, or a cannula with its volume of cement."""

from __future__ import annotations

from dataclasses import replace

from ..plan import Cement, Plan, Probe, Technique, Trajectory, Treatment
from .cement import proposed_volume
from .job import Job
from .ways import Way


def plan_of(job: Job, way: Way, rank: int) -> Plan:
    """The plan of one way; `rank` counts from 0."""
    goal, lesion = job.goal, job.lesion
    treatment, more = Treatment(lesion.name, goal.technique, goal.margin_mm), tuple[str, ...]()
    if goal.technique is Technique.CEMENT:
        volume, more = proposed_volume(job.case, lesion, way.trajectories[0].tip_mm)
        tool = Cement("1", way.trajectories[0], volume, job.instrument.diameter_mm.amount)
        treatment = replace(treatment, cement=(tool,))
    else:
        probes = tuple(probe_of(job, trajectory, str(n + 1)) for n, trajectory in enumerate(way.trajectories))
        treatment = replace(treatment, probes=probes)
    reasons = (f"Rank {rank + 1} with a weighted cost of {way.score:.2f}.", *more, *way.reasons)
    name, uid = f"plan-{rank + 1}", job.case.image.uid
    return Plan(
        name, (treatment,), uid, way.approach, goal.position, reasons, limits=goal.limits, landmark=goal.landmark
    )


def probe_of(job: Job, trajectory: Trajectory, name: str) -> Probe:
    """The probe of a job on one way, with the setting that its zone was chosen for."""
    if job.zone is None:
        return Probe(name, job.goal.device, trajectory)
    size = job.instrument.zone(job.zone.setting)
    return Probe(name, job.goal.device, trajectory, size.setting, size.power_w, size.duration_s, size.target_c)

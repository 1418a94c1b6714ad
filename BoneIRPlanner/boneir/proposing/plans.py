"""Plans from ways: probes with their settings, or a cannula with its volume of cement."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..access.approach import aside_deg
from ..plan import Cement, Plan, Probe, Technique, Trajectory, Treatment
from .cement import proposed_volume
from .job import Job
from .ways import Way


def told_apart(ways: Sequence[Way]) -> list[Way]:
    """Ways of the same name with the angle that each is held at: "right posterior oblique at 25 deg".

    The angle is that to the anteroposterior axis in the axial plane; where it is the same as well, that out of the
    axial plane follows.
    """
    turned = _with_words_where_repeated(ways, _aside_words)
    return _with_words_where_repeated(turned, _tilt_words)


def _with_words_where_repeated(ways: Sequence[Way], words: Callable[[Trajectory], str]) -> list[Way]:
    count = Counter(way.approach for way in ways)
    return [
        way if count[way.approach] == 1 else replace(way, approach=way.approach + words(way.trajectories[0]))
        for way in ways
    ]


def _aside_words(trajectory: Trajectory) -> str:
    return f" at {aside_deg(trajectory):.0f} deg"


def _tilt_words(trajectory: Trajectory) -> str:
    tilt = -math.degrees(math.asin(max(-1.0, min(1.0, trajectory.direction[2]))))
    return f", {abs(tilt):.0f} deg from {'above' if tilt > 0 else 'below'}"


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

"""Plans in the making: one needle, or several that go together where one covers too little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..access.approach import Approaches
from ..access.biopsy import core_of
from ..access.choice import Choice, Chosen, stand_of
from ..access.costs import weighted
from ..access.explain import reasons_of, team_reasons
from ..access.hip_hazards import hip_reason
from ..access.limits import COSTS
from ..access.pareto import best_per_patch
from ..access.path_samples import PathSamples
from ..access.pedicle_measures import pedicle_reason
from ..access.search import Candidates, joined, search
from ..access.several import team_that_covers
from ..access.targets import covered_share, harmed_ml, target_points
from ..assessing.biopsy import throw_of
from ..plan import Technique, Trajectory
from ..proposal import SkinMap
from .job import Job
from .search import Found, aim_at

_TARGETS, _ENTRIES_EVERY, _PATCH_MM, _ROUNDS = 12, 12, 10.0, 5
"""For several probes: points aimed at, share and patches of the entries, and how often a team is tried again."""


@dataclass(frozen=True, eq=False)
class Way:
    """One plan in the making: where its needles go, what it costs and covers, and why it stands where it stands."""

    score: float
    trajectories: tuple[Trajectory, ...]
    approach: str
    covered: float
    reasons: tuple[str, ...]


def harm_of(job: Job, way: Way) -> float:
    """Severity-weighted mL of critical structures in the zones of a plan; those in two zones count twice."""
    if job.zone is None or job.neighbours is None:
        return 0.0
    tips = np.array([trajectory.tip_mm for trajectory in way.trajectories])
    ways = np.array([trajectory.direction for trajectory in way.trajectories])
    return float(harmed_ml(job.zone, job.neighbours, tips, ways).sum())


def way_alone(job: Job, item: Chosen, choice: Choice, skin_map: SkinMap) -> Way:
    """A plan with one needle."""
    covered = 1.0
    if job.zone is not None:
        tip, way = (np.atleast_2d(v) for v in (item.trajectory.tip_mm, item.trajectory.direction))
        covered = float(covered_share(job.zone, job.wanted_mm, tip, way)[0])
    path = PathSamples(job.case, item.trajectory, job.needle, job.lesion, "", job.limits)
    reasons = [
        *reasons_of(item, choice, skin_map, sample=job.core is not None),
        pedicle_reason(path),
        hip_reason(path),
        _core_reason(job, item.trajectory),
    ]
    return Way(item.score, (item.trajectory,), item.approach, covered, tuple(filter(None, reasons)))


def _core_reason(job: Job, trajectory: Trajectory) -> str:
    """What the core of a biopsy is expected to hold; "" for any other needle."""
    if job.goal.technique is not Technique.BIOPSY:
        return ""
    core = core_of(job.case.image, job.lesion, trajectory, throw_of(job.instrument, job.limits), job.limits)
    return (
        f"Its core of {core.throw_mm:.0f} mm holds {core.in_lesion_mm:.0f} mm of lesion, {core.viable_mm:.0f} mm of it "
        "expected to be viable."
    )


def ways_for_several(job: Job, found: Found) -> Candidates:
    """Single ways to points all over the lesion, of which some may go together."""
    targets = target_points(job.lesion.mask, _TARGETS, spread=0.8)
    some = found.skin.part(np.arange(0, len(found.skin.points_mm), _ENTRIES_EVERY))
    parts = [search(found.judge, some, aim_at(job, target))[1] for target in targets]
    return joined([part.part(best_per_patch(part.skin.points_mm, part.score, _PATCH_MM)) for part in parts])


def way_together(job: Job, found: Found, alone: float) -> tuple[Way, ...]:
    """A plan with several probes, where one covers too little and several cover more.

    Parameters
    ----------
    job : Job
    found : Found
    alone : float
        Share of lesion and margin that the best single probe covers, 0..1.
    """
    if job.zone is None or alone >= job.limits.coverage.amount / 100 or job.limits.probes_most.amount < 2:
        return ()
    allowed = ways_for_several(job, found)
    for _ in range(_ROUNDS):
        team = team_that_covers(allowed, job.zone, job.wanted_mm, job.needle, job.limits, beside=job.given.beside)
        if len(team.members) < 2 or team.covered < alone + job.limits.probe_gain.amount / 100:
            return ()
        ways = [allowed.trajectory(member) for member in team.members]
        paths = [PathSamples(job.case, way, job.needle, job.lesion, "", job.limits) for way in ways]
        fallen = [
            member
            for member, path in zip(team.members, paths, strict=True)
            if not stand_of(path, found.relaxed).allowed
        ]
        if not fallen:
            costs = allowed.costs[list(team.members)].max(axis=0)
            costs[COSTS.index("coverage")] = min((1 - team.covered) / (job.limits.coverage_scale.amount / 100), 1.0)
            approach = f"{Approaches(job.case, job.lesion, job.limits).name(ways[0])}, {len(ways)} probes"
            score = float(weighted(costs[None], job.limits)[0])
            return (Way(score, tuple(ways), approach, team.covered, team_reasons(team, alone, job.zone, job.limits)),)
        allowed = allowed.part(np.setdiff1d(np.arange(len(allowed)), fallen))
    return ()

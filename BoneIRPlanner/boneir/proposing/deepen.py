"""A biopsy needle goes on through the lesion as far as it may, so that its core holds more of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..access.biopsy import core_of
from ..access.choice import Chosen, stand_of
from ..access.clearance import as_point
from ..access.costs import weighted
from ..access.limits import COSTS
from ..access.path_samples import PathSamples
from ..access.region import marked_at
from ..assessing.biopsy import throw_of
from ..plan import Trajectory
from .job import Job

_STEP_MM = 0.5
_FARTHEST_MM = 40.0
_BEFORE_EDGE_MM = 1.0
"""A tip stops so far before the far edge of the lesion."""
_SHARES = (1.0, 0.75, 0.5, 0.25)
"""Of the way to the far edge: how far the tip is tried to go, the farthest first."""
_WORTH_MM = 1.0
"""A core that gains less viable lesion is left as it is."""


def deepened(job: Job, item: Chosen, relaxed: bool) -> Chosen:
    """The same way with its tip deeper in the lesion, where that gains viable core and every rule is still kept.

    Parameters
    ----------
    job : Job
        Of a biopsy.
    item : Chosen
    relaxed : bool
        As in `build_field`.
    """
    image, lesion, way = job.case.image, job.lesion, item.trajectory
    throw = throw_of(job.instrument, job.limits)
    least = core_of(image, lesion, way, throw, job.limits).viable_mm + _WORTH_MM
    for share in _SHARES:
        longer = _longer(way, share * _to_far_edge_mm(job, way))
        if not _has_room(job, longer) or core_of(image, lesion, longer, throw, job.limits).viable_mm < least:
            continue
        stand = stand_of(PathSamples(job.case, longer, job.needle, lesion, "", job.limits), relaxed)
        if stand.allowed:
            return _priced_again(job, replace(item, trajectory=longer, binding=stand.binding))
    return item


def _priced_again(job: Job, item: Chosen) -> Chosen:
    """The same with the costs that a deeper tip changes: the length of the way, and what the core lacks."""
    if job.core is None:
        return item
    way, costs = item.trajectory, item.costs.copy()
    held = job.core.held_mm(np.array([way.tip_mm]), np.array([way.direction]))[0]
    costs[COSTS.index("coverage")] = np.clip(1 - held / job.limits.core_length.amount, 0, 1)
    costs[COSTS.index("length")] = min(way.length_mm / job.needle.usable_length_mm, 1.0)
    return replace(item, costs=costs, score=float(weighted(costs[None], job.limits)[0]))


def _has_room(job: Job, way: Trajectory) -> bool:
    """Whether the needle is long enough, and still clear of what stands already, from its new hub to its new tip."""
    if way.length_mm > job.needle.reach_mm(job.limits):
        return False
    hub = way.point_at(way.length_mm - job.needle.usable_length_mm)
    missing = job.given.missing_mm(np.array([hub]), np.array([way.tip_mm]), job.needle, job.limits)
    return bool(missing[0] <= 0)


def _to_far_edge_mm(job: Job, way: Trajectory) -> float:
    """How far the lesion goes on beyond a tip that lies in it, less what is kept to its edge."""
    beyond = np.arange(_STEP_MM, _FARTHEST_MM, _STEP_MM)
    points = np.asarray(way.tip_mm) + beyond[:, None] * np.asarray(way.direction)
    out = np.flatnonzero(~marked_at(job.lesion.mask, points))
    return max((float(beyond[out[0]]) if out.size else _FARTHEST_MM) - _BEFORE_EDGE_MM, 0.0)


def _longer(way: Trajectory, by_mm: float) -> Trajectory:
    tip = np.asarray(way.tip_mm) + by_mm * np.asarray(way.direction)
    return Trajectory(way.entry_mm, as_point(tip))

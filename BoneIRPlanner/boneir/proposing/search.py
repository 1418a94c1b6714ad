"""One search of a proposal: every entry for the middle of the lesion, some for its other targets, and the choice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..access.biopsy import viable_part
from ..access.choice import Choice, Chosen, choose
from ..access.entries import Skin, skin_around
from ..access.field_cache import FIELDS
from ..access.many_targets import coarse_to_fine, ways_to
from ..access.rules import Judge
from ..access.search import Aim, Candidates, joined, search
from ..access.targets import roomiest_points, target_points
from ..mask import Mask
from ..plan import Technique
from ..proposal import SkinMap
from .cement import cement_targets
from .job import Job

TARGETS = 5
"""Points of the lesion that are aimed at: its middle and others half-way to its ends."""
_OTHER_TARGETS_EVERY = 4
"""Of the entries, so many share one when the targets beside the middle are searched."""

_ROOMIEST = 8
"""Points of the lesion far from what must not be touched, aimed at from every entry where nothing else is reached."""

_MANY_TARGETS, _ENTRIES, _AROUND_MM = 200, 12_500, 6.0
"""Where that finds nothing either: points all over the lesion, entries asked for each, and how far around the best."""


@dataclass(frozen=True, eq=False)
class Found:
    """What one search came to.

    Parameters
    ----------
    judge : Judge
    skin : Skin
        Every entry that was looked at.
    skin_map : SkinMap
        For the middle of the lesion.
    choice : Choice or None
        None where no target can be reached from anywhere.
    relaxed : bool
        As in `build_field`.
    """

    judge: Judge
    skin: Skin
    skin_map: SkinMap
    choice: Choice | None
    relaxed: bool

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        """The ways that are shown, the best first."""
        return () if self.choice is None else self.choice.chosen


def search_ways(job: Job, relaxed: bool) -> Found:
    """Search every entry for the middle of the lesion, and some of the entries for the other targets."""
    judge, skin, worth, (middle, *others) = _made_ready(job, relaxed)
    core, field = middle.core_mm, judge.field
    skin_map, allowed = search(judge, skin, middle)
    some = skin.part(np.arange(0, len(skin.points_mm), _OTHER_TARGETS_EVERY))
    allowed = joined([allowed, *(ways_to(judge, some, aim) for aim in others)])
    choice = _choice(job, judge, allowed, relaxed)
    if choice is None or not choice.chosen:
        points = roomiest_points(worth, field.room_mm, _ROOMIEST)
        edge = joined([ways_to(judge, skin, aim_at(job, point, core)) for point in points])
        choice = _choice(job, judge, edge, relaxed) or choice
    if choice is None or not choice.chosen:
        many = _spread(worth, _MANY_TARGETS)
        rest = coarse_to_fine(judge, skin, middle, many, entries=_ENTRIES, around_mm=_AROUND_MM)
        choice = _choice(job, judge, rest, relaxed) or choice
    return Found(judge, skin, skin_map, choice, relaxed)


def skin_of(job: Job) -> SkinMap:
    """Every entry for the middle of the lesion alone: the map that a whole search begins with."""
    judge, skin, _, aims = _made_ready(job, relaxed=False)
    return search(judge, skin, aims[0])[0]


def _made_ready(job: Job, relaxed: bool) -> tuple[Judge, Skin, Mask, list[Aim]]:
    """Who judges, the entries, what of the lesion is worth aiming at, and the targets, its middle first."""
    case, lesion, limits = job.case, job.lesion, job.limits
    field = FIELDS.field(case, lesion, job.needle, limits, relaxed=relaxed)
    judge = Judge(case, field, job.needle, limits, job.goal.position, job.given)
    sample, filled = (job.goal.technique is technique for technique in (Technique.BIOPSY, Technique.CEMENT))
    core = limits.core_length.amount if sample else None
    worth = viable_part(case.image, lesion, limits).mask if sample else lesion.mask
    targets = cement_targets(case, lesion, TARGETS) if filled else target_points(worth, TARGETS)
    skin = skin_around(field, case.image, lesion.mask.centroid_mm, job.needle.reach_mm(limits))
    return judge, skin, worth, [aim_at(job, target, core) for target in targets]


def _spread(lesion: Mask, count: int) -> NDArray[np.float64]:
    """Evenly many voxels of a lesion, in LPS mm."""
    voxels = lesion.points_mm()
    return voxels[np.linspace(0, len(voxels) - 1, min(count, len(voxels))).astype(np.intp)]


def _choice(job: Job, judge: Judge, allowed: Candidates, relaxed: bool) -> Choice | None:
    """The choice among what is allowed; None where nothing is."""
    if not len(allowed):
        return None
    if job.passes_hips:
        allowed = allowed.part(judge.hips.least_in_the_way(allowed.walk))
    return choose(job.case, job.lesion, job.needle, job.limits, allowed, job.goal.max_plans, relaxed=relaxed)


def aim_at(job: Job, target_mm: NDArray[np.float64], core_mm: float | None = None) -> Aim:
    """What the needles of a job shall reach at one target."""
    return Aim(target_mm, job.zone, job.wanted_mm, core_mm, job.neighbours, job.core)

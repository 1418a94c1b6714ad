"""Arrays of needles for electric pulses: as few as cover a lesion completely.

A needle alone makes no field, and a lesion that is not covered everywhere grows again. The field of hundreds of arrays
is known in closed form for even tissue; the best are simulated in the tissue of the patient, with one needle more as
long as something stays uncovered.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..ablation.predict_pulses import predict_pulses
from ..access.approach import Approaches
from ..access.choice import stand_of
from ..access.clearance import as_point
from ..access.costs import weighted
from ..access.entries import Skin
from ..access.field import body_of
from ..access.limits import COSTS
from ..access.pareto import apart
from ..access.path_samples import PathSamples
from ..access.rays import walk_paths
from ..access.region import marked_at
from ..access.search import priced
from ..access.targets import wanted_points
from ..findings import Finding, Severity
from ..plan import Trajectory
from .array_shapes import AROUND_MM, Array, bare_mm, polygons, teams
from .job import Job
from .search import Found, aim_at
from .ways import Way, ways_for_several

Floats = NDArray[np.float64]

_WAYS, _WAY_ANGLE_DEG, _POOL = 6, 12.0, 120
"""Ways in along which polygons are tried, how different they are, and single ways that may make a team."""
_SIMULATED = 2
"""So many arrays are simulated at most: that takes seconds for each pair of needles."""
_MAY_FALL = 4
"""So many arrays of one number of needles are measured on the outlines before the number counts as not possible."""
_ENTRY_STEP_MM = 0.5


def arrays_of(job: Job, found: Found) -> tuple[tuple[Way, ...], tuple[Finding, ...]]:
    """Plans of two needles and more whose pulses cover the lesion; where none does, those that come nearest.

    Parameters
    ----------
    job : Job
        Of electrochemotherapy.
    found : Found
        What single needles may do.
    """
    wanted = wanted_points(job.case, job.lesion, AROUND_MM)
    side_by_side = (array for direction in _ways_in(found) for array in polygons(job, direction, wanted))
    tips, ways = _single_ways(job, found)
    both = (*_allowed(job, found, side_by_side), *(teams(job, tips, ways, wanted) if len(tips) > 1 else ()))
    made = list[Way]()
    for array in _worth_simulating(job, found, both):
        made.append(_simulated(job, found, array))
        if made[-1].covered >= 1.0:
            break
    made.sort(key=lambda way: -way.covered)
    return tuple(made[: job.goal.max_plans]), _findings(job, made)


def _findings(job: Job, made: list[Way]) -> tuple[Finding, ...]:
    """Where no array is possible, or none covers all."""
    name = job.lesion.name
    if not made:
        text = f"No two needles may go to {name} together, and one alone makes no field: another technique is right."
        return (Finding("access.no_array", Severity.STOP, text, about=name),)
    if made[0].covered >= 1.0:
        return ()
    text = (
        f"No array of needles that was tried covers {name} completely: {100 * made[0].covered:.1f} % at best, in the "
        "simulated field; more voltage or another technique would be right."
    )
    return (Finding("access.array_incomplete", Severity.WARN, text, 100 * made[0].covered, "%", about=name),)


def _ways_in(found: Found) -> Floats:
    """Directions that may be tried, the best first and different from each other, shape (n, 3)."""
    assert found.choice is not None
    front = found.choice.front
    ranked, names = np.argsort(front.score, kind="stable"), [""] * len(front)
    picked = apart(
        front.walk.entries_mm, front.walk.directions, ranked, names, distance_mm=1e3, angle_deg=_WAY_ANGLE_DEG,
        count=_WAYS,
    )  # fmt: skip
    return np.asarray(front.walk.directions[picked])


def _single_ways(job: Job, found: Found) -> tuple[Floats, Floats]:
    """Tips and unit vectors of single ways that keep the rules as measured on the outlines, the best first."""
    pool = ways_for_several(job, found)
    kept = [int(n) for n in np.argsort(pool.score, kind="stable")[:_POOL]]
    kept = [n for n in kept if _keeps_rules(job, found, pool.trajectory(n))]
    return pool.walk.tips_mm[kept], pool.walk.directions[kept]


def _keeps_rules(job: Job, found: Found, way: Trajectory) -> bool:
    return stand_of(PathSamples(job.case, way, job.needle, job.lesion, "", job.limits), found.relaxed).allowed


def _worth_simulating(job: Job, found: Found, arrays: tuple[Array, ...]) -> list[Array]:
    """The best array of each number of needles whose field suffices in even tissue, the fewest needles first.

    Where none suffices, the one that comes nearest.
    """
    best = list[Array]()
    for count in sorted({len(array) for array in arrays}):
        some = sorted((array for array in arrays if len(array) == count), key=lambda array: -array.weakest)
        best += [array for array in some[:_MAY_FALL] if _stands(job, found, array)][:1]
    enough = [array for array in best if array.weakest >= 1.0]
    return enough[:_SIMULATED] or sorted(best, key=lambda array: -array.weakest)[:1]


def _allowed(job: Job, found: Found, arrays: Iterable[Array]) -> list[Array]:
    """The arrays all of whose needles the rules of access allow."""
    every = list(arrays)
    if not every:
        return []
    tips, ways = (np.concatenate([getattr(item, name) for item in every]) for name in ("tips_mm", "ways"))
    entries = _entries(job, tips, ways)
    good = np.asarray(np.isfinite(entries).all(axis=1))
    region = found.judge.field.grid
    for points in (tips, np.where(good[:, None], entries, tips)):
        good &= np.asarray(region.contains(points))
    some = np.flatnonzero(good)
    if some.size:
        walk = walk_paths(found.judge.field, entries[some], tips[some], job.needle, job.limits)
        good[some] = found.judge.judge(_skin(found.skin, entries[some]), walk).allowed
    ends = np.cumsum([len(item) for item in every])
    return [item for item, end in zip(every, ends, strict=True) if good[end - len(item) : end].all()]


def _entries(job: Job, tips: Floats, ways: Floats) -> Floats:
    """Where each needle enters the body, shape (n, 3); NaN where it does not within its length."""
    body, reach = body_of(job.case), job.needle.reach_mm(job.limits)
    depths = np.arange(0.0, reach, _ENTRY_STEP_MM)
    points = tips[:, None] - depths[:, None] * ways[:, None]
    inside = marked_at(body, points.reshape(-1, 3)).reshape(len(tips), len(depths))
    out = np.argmin(inside, axis=1)
    entries = tips - np.maximum(depths[out] - _ENTRY_STEP_MM, 0.0)[:, None] * ways
    entries[inside.all(axis=1) | (out == 0)] = np.nan
    return np.asarray(entries)


def _skin(skin: Skin, entries: Floats) -> Skin:
    """Entries with the normals of the nearest points of the skin."""
    from scipy.spatial import cKDTree

    nearest = cKDTree(skin.points_mm).query(entries)[1]
    return Skin(entries, skin.normals[nearest])


def _trajectories(job: Job, array: Array) -> list[Trajectory]:
    entries = _entries(job, array.tips_mm, array.ways)
    return [Trajectory(as_point(entry), as_point(tip)) for entry, tip in zip(entries, array.tips_mm, strict=True)]


def _stands(job: Job, found: Found, array: Array) -> bool:
    """Whether every needle begins on the skin within its length and keeps the rules as measured on the outlines."""
    reach_skin = np.isfinite(_entries(job, array.tips_mm, array.ways)).all()
    return bool(reach_skin) and all(_keeps_rules(job, found, way) for way in _trajectories(job, array))


def _simulated(job: Job, found: Found, array: Array) -> Way:
    """The way of an array, with what its pulses cover in the patient's own tissue."""
    ways = _trajectories(job, array)
    outcome = predict_pulses(
        job.case, job.lesion.name, ways, active_mm=bare_mm(job),
        diameter_mm=job.needle.diameter_mm, volts_per_mm=job.instrument.parameter("volts_per_mm"),
    )  # fmt: skip
    amounts = {measure.code: measure.amount or 0.0 for measure in outcome.measures}
    covered = amounts["ablation.field_coverage"] / 100.0
    entries = np.asarray([way.entry_mm for way in ways])
    walk = walk_paths(found.judge.field, entries, array.tips_mm, job.needle, job.limits)
    skin = _skin(found.skin, entries)
    verdict = found.judge.judge(skin, walk)
    costs = priced(found.judge, skin, walk, verdict.incidence_deg, aim_at(job, array.tips_mm[0])).costs.max(axis=0)
    costs[COSTS.index("coverage")] = min((1.0 - covered) / (job.limits.coverage_scale.amount / 100.0), 1.0)
    approach = f"{Approaches(job.case, job.lesion, job.limits).name(ways[0])}, {len(ways)} needles"
    state = "all of the lesion" if covered >= 1.0 else f"{100 * covered:.1f} % of the lesion, and all of it is needed"
    field = (
        f"{len(ways)} needles: the simulated field of their pulses reaches {state}; it is "
        f"{amounts['ablation.weakest_field']:.0f} V/cm at its weakest."
    )
    electric = (
        f"Their highest voltage is {amounts['ablation.pulse_voltage']:.0f} V, their highest current "
        f"{amounts['ablation.pulse_current']:.0f} A."
    )
    return Way(float(weighted(costs[None], job.limits)[0]), tuple(ways), approach, covered, (field, electric))

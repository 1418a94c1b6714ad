"""Planned against actual: which needle was which, how far each is from its plan, and the plan as it was carried out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ..assessment import Measure
from ..findings import Finding, Severity
from ..image.rigid import Rigid
from ..plan import Cement, Plan, Probe, Trajectory
from ..resources import limit
from .found_needle import FoundNeedle

Floats = NDArray[np.float64]

_FAR = 1e6
_DEGREE_MM = 1.0
"""Of two needles that could be the planned one, one degree weighs as much as so many millimetres."""


@dataclass(frozen=True)
class NeedleError:
    """How far a needle lies from its plan; lengths in mm.

    Parameters
    ----------
    tip_mm : float
        Distance of the tips.
    depth_mm : float
        The part of it along the planned way: positive where the needle is too deep.
    lateral_mm : float
        The part across.
    entry_mm : float or None
        Distance of the entries on the skin; None where the control image does not show the entry.
    most_lateral_mm : float
        Largest distance across from the planned axis between skin and tip.
    angle_deg : float
        Between the directions.
    """

    tip_mm: float
    depth_mm: float
    lateral_mm: float
    entry_mm: float | None
    most_lateral_mm: float
    angle_deg: float


@dataclass(frozen=True)
class Match:
    """A planned needle and the one that was found for it, in the frame of the plan.

    Parameters
    ----------
    name : str
        Of the probe or cannula in the plan.
    planned : Trajectory
    actual : Trajectory
    error : NeedleError
    """

    name: str
    planned: Trajectory
    actual: Trajectory
    error: NeedleError


@dataclass(frozen=True)
class CarriedOut:
    """What became of the needles of a plan.

    Parameters
    ----------
    matches : tuple of Match
        In the order of the plan.
    missing : tuple of str
        Planned needles that were not found.
    unplanned : tuple of FoundNeedle
        Needles that were not planned.
    findings : tuple of Finding
    """

    matches: tuple[Match, ...]
    missing: tuple[str, ...]
    unplanned: tuple[FoundNeedle, ...]
    findings: tuple[Finding, ...]


def needle_error(planned: Trajectory, actual: Trajectory, entry_known: bool = True) -> NeedleError:
    """Compare a needle with its plan.

    Parameters
    ----------
    planned, actual : Trajectory
        In one frame.
    entry_known : bool
        False where the first point of `actual` does not lie on the skin.
    """
    way, entry, tip = (np.asarray(v) for v in (planned.direction, planned.entry_mm, planned.tip_mm))
    off = np.asarray(actual.tip_mm) - tip
    depth = float(off @ way)
    ends = np.array([actual.tip_mm, actual.entry_mm]) - entry
    across = np.linalg.norm(ends - (ends @ way)[:, None] * way, axis=1)  # linear in between: largest at an end
    cosine = float(np.clip(np.dot(planned.direction, actual.direction), -1.0, 1.0))
    return NeedleError(
        tip_mm=float(np.linalg.norm(off)),
        depth_mm=depth,
        lateral_mm=float(np.linalg.norm(off - depth * way)),
        entry_mm=math.dist(planned.entry_mm, actual.entry_mm) if entry_known else None,
        most_lateral_mm=float(across.max()),
        angle_deg=math.degrees(math.acos(cosine)),
    )


def is_near(error: NeedleError) -> bool:
    """Whether a needle lies near enough to a planned one to be taken for it."""
    near = error.tip_mm <= limit("verification", "match_mm").amount
    return near and error.angle_deg <= limit("verification", "match_deg").amount


def carried_out(plan: Plan, found: Sequence[FoundNeedle]) -> CarriedOut:
    """Say which needle of a plan became which needle of a control image.

    Parameters
    ----------
    plan : Plan
    found : sequence of FoundNeedle
        In the frame of the plan.
    """
    most_mm, most_deg = limit("verification", "match_mm"), limit("verification", "match_deg")
    tools: list[Probe | Cement] = []
    for item in plan.treatments:
        tools += [*item.probes, *item.cement]
    cost = np.full((len(tools), len(found)), _FAR)
    for t, tool in enumerate(tools):
        for f, needle in enumerate(found):
            error = needle_error(tool.trajectory, needle.trajectory)
            if is_near(error):
                cost[t, f] = error.tip_mm + _DEGREE_MM * error.angle_deg
    rows, columns = linear_sum_assignment(cost)
    pairs = {int(r): int(c) for r, c in zip(rows, columns, strict=True) if cost[r, c] < _FAR}
    matches, missing, findings = [], [], []
    for t, tool in enumerate(tools):
        if t not in pairs:
            missing.append(tool.name)
            text = f"Needle {tool.name} of the plan was not found within {most_mm} and {most_deg} of its place."
            place = tool.trajectory.tip_mm
            findings.append(Finding("verify.needle_missing", Severity.WARN, text, None, "", most_mm, place, tool.name))
            continue
        needle = found[pairs[t]]
        match = Match(
            tool.name, tool.trajectory, needle.trajectory,
            needle_error(tool.trajectory, needle.trajectory, needle.entry_mm is not None),
        )  # fmt: skip
        matches.append(match)
        findings += _miss(match)
    unplanned = tuple(needle for n, needle in enumerate(found) if n not in pairs.values())
    for needle in unplanned:
        text = f"A needle was found that the plan does not have, {needle.length_mm:.0f} mm long."
        findings.append(Finding("verify.needle_unplanned", Severity.NOTE, text, place_mm=needle.tip_mm))
    return CarriedOut(tuple(matches), tuple(missing), unplanned, tuple(findings))


def _miss(match: Match) -> tuple[Finding, ...]:
    bound, error = limit("verification", "tip_error_mm"), match.error
    if error.tip_mm <= bound.amount:
        return ()
    deep = "too deep" if error.depth_mm > 0 else "short"
    text = (
        f"The tip of needle {match.name} lies {error.tip_mm:.1f} mm from its plan: {abs(error.depth_mm):.1f} mm {deep} "
        f"and {error.lateral_mm:.1f} mm to the side."
    )
    place = match.actual.tip_mm
    return (Finding("verify.tip_error", Severity.WARN, text, error.tip_mm, "mm", bound, place, match.name),)


def actual_plan(plan: Plan, result: CarriedOut) -> Plan:
    """The plan with its needles where they were found; those that were not found are left out."""
    where = {match.name: match.actual for match in result.matches}
    treatments = []
    for item in plan.treatments:
        probes = tuple(replace(p, trajectory=where[p.name]) for p in item.probes if p.name in where)
        cement = tuple(replace(c, trajectory=where[c.name]) for c in item.cement if c.name in where)
        treatments.append(replace(item, probes=probes, cement=cement))
    reason = f"{plan.name}, with its needles where the control image shows them."
    return replace(plan, name=f"{plan.name}-actual", treatments=tuple(treatments), reasons=(reason,))


def needle_measures(result: CarriedOut) -> tuple[Measure, ...]:
    """Every error of every needle."""
    bound = limit("verification", "tip_error_mm")
    measures: list[Measure] = []
    for match in result.matches:
        error, name, place = match.error, match.name, match.actual.tip_mm
        depth_note = "Positive where the needle is deeper than planned."
        entry_note = "" if error.entry_mm is not None else "The control image does not show the entry."
        measures += [
            Measure("needle.tip_error", "Tip to planned tip", error.tip_mm, "mm", name, limit=bound, place_mm=place),
            Measure("needle.depth_error", "Of that along the way", error.depth_mm, "mm", name, note=depth_note),
            Measure("needle.lateral_error", "Of that to the side", error.lateral_mm, "mm", name),
            Measure("needle.entry_error", "Entry to planned entry", error.entry_mm, "mm", name, note=entry_note),
            Measure("needle.most_lateral", "Farthest from the planned axis", error.most_lateral_mm, "mm", name),
            Measure("needle.angle_error", "Angle to the planned axis", error.angle_deg, "deg", name),
        ]
    if len(result.matches) > 1:
        low, middle, high = (float(v) for v in np.percentile([m.error.tip_mm for m in result.matches], (25, 50, 75)))
        note = "Over the needles; the range is from the 25th to the 75th percentile."
        measures.append(Measure("needle.tip_error_median", "Median tip error", middle, "mm", "", low, high, note=note))
    return tuple(measures)


def moved_needle(needle: FoundNeedle, motion: Rigid) -> FoundNeedle:
    """A needle in another frame."""
    ahead = np.asarray(motion.apply_to(needle.tip_mm)) - np.asarray(motion.apply_to(needle.rear_mm))
    x, y, z = (float(v) for v in ahead / np.linalg.norm(ahead))
    entry = None if needle.entry_mm is None else motion.apply_to(needle.entry_mm)
    return replace(
        needle,
        tip_mm=motion.apply_to(needle.tip_mm),
        rear_mm=motion.apply_to(needle.rear_mm),
        entry_mm=entry,
        direction=(x, y, z),
    )

"""The score of a trainee's plan: room, coverage, harm and time, held against the plans that were found best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..anatomy.structures import with_article
from ..assessment import Assessment, Measure
from ..errors import CaseError
from ..findings import Severity
from ..resources import limit


@dataclass(frozen=True)
class Facts:
    """What a plan is scored by.

    Parameters
    ----------
    name : str
        Of the plan.
    room_mm : float or None
        Least distance from a needle to what must not be touched, less the distance that is to be kept; None where
        nothing is near.
    nearest : str
        The structure that it is measured to.
    covered_percent : float
        Share of lesion and rim within the zone.
    too_near_mm : float
        By how many mm the zone is nearer to structures than it shall be, summed over them.
    stops : tuple of str
        Sentences of the findings that forbid the plan.
    """

    name: str
    room_mm: float | None
    nearest: str
    covered_percent: float
    too_near_mm: float
    stops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One row of a score sheet: how many of how many points, and why."""

    title: str
    points: float
    most: float
    reason: str


@dataclass(frozen=True)
class ScoreSheet:
    """The score of a plan.

    Parameters
    ----------
    parts : tuple of Part
    passed : bool
    verdict : str
        In a sentence.
    own : Facts
    best : tuple of Facts
        Of the plans that were found best, in their order.
    against : str
        Name of the one of them that the points are counted against: the one that gives most.
    """

    parts: tuple[Part, ...]
    passed: bool
    verdict: str
    own: Facts
    best: tuple[Facts, ...]
    against: str

    @property
    def points(self) -> float:
        """All points, of 100."""
        return sum(part.points for part in self.parts)


def facts_of(name: str, assessment: Assessment) -> Facts:
    """What a plan is scored by, from its assessment."""
    room, nearest = min(_rooms(assessment.measures), default=(None, ""))
    covered = [m.amount for m in assessment.measures if m.code == "ablation.margin_coverage" and m.amount is not None]
    stops = tuple(item.text for item in assessment.findings if item.severity is Severity.STOP)
    too_near = sum(
        max(0.0, m.limit.amount - m.amount)
        for m in assessment.measures
        if m.code == "ablation.distance" and m.amount is not None and m.limit is not None
    )
    return Facts(name, room, nearest, min(covered, default=0.0), too_near, stops)


def score_plan(own: Facts, best: Sequence[Facts], seconds: float, allowed_s: float) -> ScoreSheet:
    """Score a plan against those that were found best; the one of them counts that gives most points.

    Parameters
    ----------
    own : Facts
    best : sequence of Facts
    seconds, allowed_s : float
        Time that was taken, and within which all points for time are earned; at twice that none are.

    Raises
    ------
    CaseError
        If there is no plan to compare with, or the time is negative.
    """
    if not best:
        raise CaseError("No plan was found for this practice case: there is nothing to score against.")
    if seconds < 0 or allowed_s <= 0:
        raise CaseError(f"A plan was made in {seconds:g} s of {allowed_s:g} s allowed: both must be positive.")
    time_part = _time(seconds, allowed_s)
    sheets = [(_room(own, other), _coverage(own, other), _harm(own, other), time_part) for other in best]
    points = [sum(part.points for part in parts) for parts in sheets]
    at = points.index(max(points))
    passed = not own.stops and points[at] >= limit("training", "pass_mark").amount
    return ScoreSheet(sheets[at], passed, _verdict(points[at], passed, own.stops), own, tuple(best), best[at].name)


def _verdict(points: float, passed: bool, forbidden: Sequence[str]) -> str:
    if forbidden:
        return f"Not passed, {points:.0f} points: this plan must not be carried out. {forbidden[0]}"
    mark = limit("training", "pass_mark").amount
    return f"{'Passed' if passed else 'Not passed'}: {points:.0f} of 100 points; {mark:.0f} are needed."


def _rooms(measures: Iterable[Measure]) -> list[tuple[float, str]]:
    """(room beyond the clearance, structure) of every needle and structure near it."""
    return [
        (m.amount - m.limit.amount, m.about)
        for m in measures
        if m.code == "access.clearance" and m.amount is not None and m.limit is not None
    ]


def _room(own: Facts, other: Facts) -> Part:
    enough = limit("training", "enough_room").amount
    share = 1.0
    if own.room_mm is not None:
        have = min(max(own.room_mm, 0.0), enough)
        wanted = enough if other.room_mm is None else min(max(other.room_mm, 0.0), enough)
        share = 0.0 if own.room_mm < 0 else 1.0 if have >= wanted else have / wanted
    reason = f"{_room_words(own)}; {other.name}: {_room_words(other)}"
    return _part("Room around the needle", "weight_clearance", share, reason)


def _room_words(facts: Facts) -> str:
    if facts.room_mm is None:
        return "nothing is near"
    where = with_article(facts.nearest)
    if facts.room_mm < 0:
        return f"{-facts.room_mm:.1f} mm too near to {where}"
    return f"{facts.room_mm:.1f} mm beyond what is to be kept from {where}"


def _coverage(own: Facts, other: Facts) -> Part:
    share = 1.0 if own.covered_percent >= other.covered_percent else own.covered_percent / other.covered_percent
    reason = f"{own.covered_percent:.1f} % of lesion and rim; {other.name}: {other.covered_percent:.1f} %"
    return _part("Lesion and rim within the zone", "weight_coverage", share, reason)


def _harm(own: Facts, other: Facts) -> Part:
    more = max(0.0, own.too_near_mm - other.too_near_mm)
    share = max(0.0, 1.0 - more / limit("training", "all_harm").amount)
    reason = f"{own.too_near_mm:.1f} mm too near, summed over structures; {other.name}: {other.too_near_mm:.1f} mm"
    return _part("Harm by the zone", "weight_harm", share, reason)


def _time(seconds: float, allowed_s: float) -> Part:
    share = min(1.0, max(0.0, 2.0 - seconds / allowed_s))
    reason = f"{seconds / 60:.1f} min of {allowed_s / 60:.0f} min"
    return _part("Time", "weight_time", share, reason)


def _part(title: str, weight: str, share: float, reason: str) -> Part:
    most = limit("training", weight).amount
    return Part(title, most * share, most, reason)

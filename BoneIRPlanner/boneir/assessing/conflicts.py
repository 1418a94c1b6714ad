"""Whether the instruments of a plan have room beside each other, over their whole length."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..access.capsules import segment_distances
from ..access.limits import Limits
from ..assessment import Measure, Zone
from ..findings import Finding, Point, Severity
from ..plan import Plan, Treatment
from .instruments import Instrument, instruments_of
from .sheet import Sheet

_CEMENT = "cement in "
"""How the predicted shapes of cement are named."""
_STEP_MM = 0.5
"""Distance of the points at which the nearest place of two axes is looked for."""


def assess_conflicts(plan: Plan, limits: Limits, sheet: Sheet) -> None:
    """Hold every pair of probes, cannulas and screws against the room that they need.

    Two that go one after the other through one hole, as cement follows a probe, are no conflict.

    Parameters
    ----------
    plan : Plan
    limits : Limits
    sheet : Sheet
        Takes in the measure "access.instruments_apart" of every pair, and findings "access.instruments_meet" and
        "access.hubs_meet"; "screw.in_cement" and "access.in_cement" where one goes through cement of the plan.
    """
    for one, other in combinations(instruments_of(plan.treatments, limits), 2):
        names = f"{one.words} and {other.words}"
        if one.capsule.shares_way_with(other.capsule):
            text = f"{_capital(names)} go one after the other through one hole."
            sheet.add((), [Finding("access.one_hole", Severity.NOTE, text, place_mm=one.capsule.end_mm, about=names)])
            continue
        gap, place = one.capsule.gap_mm(other.capsule), _nearest_place(one, other)
        title = f"Distance between {names}"
        measure = Measure(
            "access.instruments_apart", title, gap, "mm", names, limit=limits.probe_apart, place_mm=place,
            note="between their surfaces, over the whole length",
        )  # fmt: skip
        sheet.add([measure], [_meeting(one, other, gap, place, limits), _hubs(one, other, limits)])
    for treatment in plan.treatments:
        for tool in instruments_of([treatment], limits):
            for zone in sheet.zones:
                if zone.name.startswith(_CEMENT) and not _belongs(tool, treatment, zone):
                    sheet.add(*_in_cement(tool, zone))


def _belongs(tool: Instrument, treatment: Treatment, zone: Zone) -> bool:
    """Whether a needle is there for the lesion that the cement is for; what comes first is said there."""
    return tool.kind != "screw" and zone.name == f"{_CEMENT}{treatment.lesion}"


def _in_cement(tool: Instrument, zone: Zone) -> tuple[list[Measure], list[Finding]]:
    """How much of an instrument lies in cement that the plan puts there too."""
    start, end = (np.asarray(point) for point in (tool.capsule.start_mm, tool.capsule.end_mm))
    length = float(np.linalg.norm(end - start))
    steps = np.arange(0.5, max(length, 1.0))
    points = start + steps[:, None] / max(length, 1e-9) * (end - start)
    held = [point for point in points if zone.mask.at((float(point[0]), float(point[1]), float(point[2])))]
    if not held:
        return [], []
    x, y, z = (float(v) for v in held[0])
    name, code = tool.capsule.name, "screw.in_cement" if tool.kind == "screw" else "access.in_cement"
    title = f"Length in the predicted {zone.name}"
    measure = Measure(code, title, float(len(held)), "mm", name, place_mm=(x, y, z))
    text = f"{_capital(tool.words)} goes through {len(held)} mm of the predicted {zone.name}: "
    text += "set it before that hardens." if tool.kind == "screw" else "it has to be out before that hardens."
    severity = Severity.NOTE if tool.kind == "screw" else Severity.WARN
    return [measure], [Finding(code, severity, text, float(len(held)), "mm", None, (x, y, z), name)]


def _meeting(one: Instrument, other: Instrument, gap: float, place: Point, limits: Limits) -> Finding | None:
    limit, names = limits.probe_apart, f"{one.words} and {other.words}"
    if gap >= limit.amount - 1e-6:
        return None
    where = "run into each other" if gap < 0 else f"come within {gap:.1f} mm of each other"
    text = f"{_capital(names)} {where}: at least {limit} between them would be right."
    at_once = one.kind == other.kind
    if not at_once:
        text += " It is no conflict if the one is out before the other goes in, which a physician has to decide."
    severity = Severity.STOP if gap < 0 and at_once else Severity.WARN
    return Finding("access.instruments_meet", severity, text, gap, "mm", limit, place, names)


def _hubs(one: Instrument, other: Instrument, limits: Limits) -> Finding | None:
    if not (one.has_hub and other.has_hub):
        return None
    apart, limit = float(np.linalg.norm(np.subtract(one.hub_mm, other.hub_mm))), limits.hub_apart
    if apart >= limit.amount - 1e-6:
        return None
    names = f"{one.words} and {other.words}"
    text = f"The hubs of {names} stand {apart:.0f} mm apart: at least {limit} would be right."
    return Finding("access.hubs_meet", Severity.WARN, text, apart, "mm", limit, one.hub_mm, names)


def _nearest_place(one: Instrument, other: Instrument) -> Point:
    """The point of the axis of the one that is nearest to the other."""
    start, end = (np.asarray(point) for point in (one.capsule.start_mm, one.capsule.end_mm))
    count = max(int(np.ceil(np.linalg.norm(end - start) / _STEP_MM)), 1) + 1
    points = start + np.linspace(0, 1, count)[:, None] * (end - start)
    apart = segment_distances(points, points, other.capsule.start_mm, other.capsule.end_mm)
    x, y, z = (float(v) for v in points[int(np.argmin(apart))])
    return x, y, z


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]

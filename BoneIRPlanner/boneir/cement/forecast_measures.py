"""What a forecast of filling says, as measures, findings, a zone and a curve of a plan."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..assessment import Curve, CurveMark, Measure, Zone
from ..findings import Finding, Severity
from ..grid import Grid
from ..resources import limit
from .forecast import Forecast
from .leaks import ReachedPort
from .ports import PortKind
from .tip import TipAdvice

SURE, POSSIBLE = 0.9, 0.1
"""Shares of the drawn fillings that the inner and the outer extent of the shape stand for."""
MEDIUM = "the room that cement and the bone in it take up; what leaks out is not followed"
_LATER = 1.25
"""Another tip is worth a word when it is safe for so many times the volume."""
_TO_CANAL = (PortKind.POSTERIOR, PortKind.CANAL, PortKind.FORAMEN)


def forecast_measures(found: Forecast, lesion: str, indicated_ml: float = np.inf) -> tuple[Measure, ...]:
    """Safe volume, share filled, probability of a leak, and the volume at which each port is reached.

    Where no dangerous port is reached within `indicated_ml`, the most that is called for in the lesion, no more than
    that is called safe.
    """
    medium = found.bone.medium
    measures = [_safe_measure(found, lesion, indicated_ml)]
    share = 100.0 * found.filling.filled_share(medium.lesion, found.planned_ml)
    note = f"At {found.planned_ml:.1f} mL, of what the lesion can take up; on voxels of {medium.step_mm:g} mm."
    measures.append(Measure("cement.filled", "Share of the lesion filled", share, "%", lesion, note=note))
    if found.draws is not None:
        rate = limit("leak", "any_rate")
        note = (
            f"Over {len(found.draws.at_ml)} drawn permeabilities, with the probability that each port lets cement "
            f"through. For comparison: {rate.note.lower().rstrip('.')} in a series of metastases "
            f"{100 * rate.amount:.0f} % ({rate.source})."
        )
        measures.append(
            Measure("cement.leak_chance", "Probability of a leak", 100.0 * found.leak_chance, "%", lesion, note=note)
        )
        worst = found.stress_ml if np.isfinite(found.stress_ml) else None
        note = "If cement took only the easiest ways, as a thin fluid does: a stress on the plan, not what is expected."
        if worst is None:
            note = "not reached within the planned volume, even if cement took only the easiest ways"
        measures.append(Measure("cement.stress", "First dangerous port at the worst", worst, "mL", lesion, note=note))
    measures += [_port_measure(item, lesion) for item in found.ports]
    return tuple(measures)


def no_port_within(indicated_ml: float) -> str:
    """That no dangerous port is reached within the most that is called for, and that more is not."""
    return (
        f"No dangerous port is reached within {indicated_ml:.1f} mL, the most that is called for here; beyond that "
        "nothing is called safe."
    )


def _safe_measure(found: Forecast, lesion: str, indicated_ml: float) -> Measure:
    title, reserve = "Cement before the first dangerous port", limit("leak", "safe_share")
    safe = found.safe
    if np.isfinite(indicated_ml) and safe.volume_ml > indicated_ml:
        note = f"{no_port_within(indicated_ml)} Only what is outlined and what the CT shows was looked at."
        return Measure("cement.safe_volume", title, indicated_ml, "mL", lesion, note=note)
    if not np.isfinite(safe.volume_ml):
        note = (
            "Cement reaches no dangerous port that is known: only what is outlined and what the CT shows was looked at."
        )
        return Measure("cement.safe_volume", title, None, "mL", lesion, note=note)
    port = next(item for item in found.ports if item.port.name == safe.port)
    seen = "is seen on the image" if port.port.seen else "the image does not show"
    note = f"Limited by the {safe.port}, which {seen}; {reserve.amount:.0%} of the volume at which it is reached."
    if safe.seen_port != safe.port:
        beyond = f"{safe.seen_ml:.1f} mL (the {safe.seen_port})" if np.isfinite(safe.seen_ml) else "none"
        note += f" Of the ports that are seen the first one limits to: {beyond}."
    low = reserve.amount * port.low_ml if np.isfinite(port.low_ml) else None
    high = reserve.amount * port.high_ml if np.isfinite(port.high_ml) else None
    low = None if low is None else min(low, safe.volume_ml)
    high = None if high is None else max(high, safe.volume_ml)
    place = port.port.place_mm
    return Measure("cement.safe_volume", title, safe.volume_ml, "mL", lesion, low, high, None, place, note)


def _port_measure(item: ReachedPort, lesion: str) -> Measure:
    port = item.port
    about = f"{lesion}, {port.name}"
    title = f"Cement until it reaches the {port.name}"
    seen = "" if port.seen else ", not seen on the image"
    note = f"Type {port.leak_type}{seen}; {port.area_mm2:.0f} mm2, {item.distance_mm:.0f} mm from the tip"
    note += f", {item.way_mm:.0f} mm as cement goes" if np.isfinite(item.way_mm) else ""
    if np.isfinite(item.reach_chance):
        note += f"; reached in {100 * item.reach_chance:.0f} % of the draws, leaks in {100 * item.leak_chance:.0f} %"
    note += f" (opens with {port.open_chance}, {port.open_chance.grade})."
    if not np.isfinite(item.at_ml):
        return Measure("cement.port", title, None, "mL", about, place_mm=port.place_mm, note=f"Not reached. {note}")
    low, high = (v if np.isfinite(v) else None for v in (item.low_ml, item.high_ml))
    low = None if low is None else max(0.0, min(low, item.at_ml))
    high = None if high is None else max(high, item.at_ml)
    return Measure("cement.port", title, max(item.at_ml, 0.0), "mL", about, low, high, None, port.place_mm, note)


def forecast_findings(
    found: Forecast, lesion: str, best: TipAdvice | None = None, indicated_ml: float = np.inf
) -> tuple[Finding, ...]:
    """What a physician has to decide on: too much cement, gaps towards what must not be hurt, a better tip."""
    return tuple(_findings(found, lesion, best, indicated_ml))


def _findings(found: Forecast, lesion: str, best: TipAdvice | None, indicated_ml: float) -> Iterator[Finding]:
    safe, planned = found.safe, found.planned_ml
    if planned > safe.volume_ml:
        port = next(item.port for item in found.ports if item.port.name == safe.port)
        seen = "" if port.seen else " (not seen on the image)"
        text = (
            f"The plan puts {planned:.1f} mL into {lesion}, but the front reaches the {safe.port}{seen} so early that "
            f"no more than {safe.volume_ml:.1f} mL are safe ({limit('leak', 'safe_share').amount:.0%} of that)."
        )
        severity = Severity.WARN if port.seen else Severity.NOTE
        yield Finding("cement.safe_volume", severity, text, safe.volume_ml, "mL", None, port.place_mm, lesion)
    for item in found.ports:
        port = item.port
        if port.kind in (*_TO_CANAL, PortKind.JOINT) and port.seen and item.at_ml <= planned:
            text = (
                f"The {port.name} of {lesion} is open over {port.area_mm2:.0f} mm2, and the front reaches it at "
                f"{max(item.at_ml, 0.0):.1f} mL."
            )
            yield Finding(
                "cement.gap",
                Severity.WARN,
                text,
                port.area_mm2,
                "mm2",
                limit("leak", "least_area_mm2"),
                port.place_mm,
                lesion,
            )
    later_ml = np.inf if best is None else min(best.safe.volume_ml, indicated_ml)
    if best is not None and later_ml > _LATER * safe.volume_ml:
        x, y, z = best.tip_mm
        place = f"({x:.0f}, {y:.0f}, {z:.0f}) mm LPS"
        text = f"With the tip at {place} {later_ml:.1f} mL would be safe instead of {safe.volume_ml:.1f} mL."
        if best.safe.volume_ml > later_ml or not np.isfinite(later_ml):
            within = f" within {later_ml:.1f} mL" if np.isfinite(later_ml) else ""
            text = (
                f"With the tip at {place} no dangerous port is reached{within}; as planned, {safe.volume_ml:.1f} mL "
                "are safe."
            )
        yield Finding("cement.better_tip", Severity.NOTE, text, None, "", None, best.tip_mm, lesion)
    if not found.bone.site.alone:
        text = f"The bones around {lesion} are outlined as one: cement may be taken to run from one into the next."
        yield Finding("cement.bones_as_one", Severity.NOTE, text, about=lesion)


def forecast_zone(found: Forecast, lesion: str, grid: Grid) -> Zone:
    """The shape at the planned volume, with its sure and its possible extent."""
    inner = outer = None
    expected = found.filling.shape_on(grid, found.planned_ml)
    if found.draws is not None:
        inner, outer = (found.draws.shape_on(grid, share) for share in (SURE, POSSIBLE))
    return Zone(f"cement in {lesion}", "", expected, inner, outer, MEDIUM)


def forecast_curve(found: Forecast, lesion: str, indicated_ml: float = np.inf) -> Curve:
    """Millilitres against the share of the lesion that is filled, with the ports and the planned volume on it."""
    points = tuple((volume, 100.0 * share) for volume, share in found.curve())
    last = points[-1][0]
    marks = [CurveMark(found.planned_ml, "planned")]
    if np.isfinite(found.safe.volume_ml) and found.safe.volume_ml <= min(last, indicated_ml):
        marks.append(CurveMark(found.safe.volume_ml, "safe"))
    for item in found.ports:
        if item.at_ml <= last:
            level = Severity.WARN if item.port.is_dangerous and item.port.seen else Severity.NOTE
            marks.append(CurveMark(max(item.at_ml, 0.0), item.port.name, level))
    note = "Marks: volumes at which the front reaches a place where cement can leave. What leaks out is not followed."
    return Curve(
        "cement.filling", f"Filling of {lesion}", "Cement injected", "Share of the lesion filled", "mL", "%", lesion,
        points, tuple(sorted(marks, key=lambda mark: mark.x)), note,
    )  # fmt: skip

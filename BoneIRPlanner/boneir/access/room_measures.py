"""What the room has to be set to for one path: gantry tilt, C-arm, and the entry from a landmark or laser lines."""

from __future__ import annotations

import math

from ..assessment import Measure
from ..findings import Finding, Severity
from ..plan import Landmark, Position
from .entries import UPWARDS
from .path_samples import PathSamples
from .room import beam_along, offset_from

_NONE_DEG = 0.5
"""A tilt that would be said as 0."""


def setting_measures(
    path: PathSamples, position: Position, landmark: Landmark | None = None
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Gantry tilt, C-arm angles, and the offset of the entry from a landmark, with what the room cannot do.

    Parameters
    ----------
    path : PathSamples
    position : Position
    landmark : Landmark or None
        What the entry is marked from; None for the midline alone.

    Returns
    -------
    measures : tuple of Measure
        Codes "access.gantry_tilt", "access.c_arm_primary", "access.c_arm_secondary" and "access.from_landmark".
    findings : tuple of Finding
        "access.gantry_tilt" and "access.c_arm" where the room cannot be set so.
    """
    tilts, tilt_findings = _tilt(path, position)
    arms, arm_findings = _c_arm(path, position)
    marks = () if landmark is None else (_from_landmark(path, landmark),)
    return (*tilts, *arms, *marks), (*tilt_findings, *arm_findings)


def tilt_deg(path: PathSamples, position: Position) -> float:
    """The tilt of the gantry that holds a needle in one slice, -90..90, positive with its top towards the head.

    A gantry tilts about the horizontal axis across the table: of the slice, the direction from table to ceiling then
    leans towards the head or the feet, and has to lean as the needle does.
    """
    way = path.trajectory.direction
    rise = sum(a * b for a, b in zip(way, UPWARDS[position], strict=True))
    if abs(way[2]) < 1e-9:
        return 0.0
    return math.degrees(math.atan(way[2] / rise)) if abs(rise) > 1e-9 else math.copysign(90.0, way[2])


def _tilt(path: PathSamples, position: Position) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    most, tilt = path.limits.of_file("room", "gantry_tilt_most"), tilt_deg(path, position)
    reached = abs(tilt) <= most.amount + 1e-9
    words = f"the top towards the {'head' if tilt > 0 else 'feet'}" if abs(tilt) >= _NONE_DEG else "none is needed"
    measure = Measure(
        "access.gantry_tilt", "Gantry tilt that holds the needle in one slice", tilt, "deg", path.about, limit=most,
        note=words if reached else f"{words}; this gantry does not tilt so far",
    )  # fmt: skip
    if reached:
        return (measure,), ()
    text = (
        f"No tilt of the gantry holds {path.called().lower()} in one slice: {abs(tilt):.0f} deg would be needed, and "
        f"it tilts by {most}. Follow the needle from slice to slice, or tilt as far as it goes."
    )
    place = path.trajectory.entry_mm
    return (measure,), (
        Finding("access.gantry_tilt", Severity.NOTE, text, abs(tilt), "deg", most, place, path.about),
    )  # fmt: skip


def _c_arm(path: PathSamples, position: Position) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    view, most = beam_along(path.trajectory, position), path.limits.of_file("room", "c_arm_secondary_most")
    measures = (
        Measure(
            "access.c_arm_primary", "C-arm for a view down the needle, around the body", view.primary_deg, "deg",
            path.about, note=view.words,
        ),
        Measure(
            "access.c_arm_secondary", "C-arm for a view down the needle, to head or feet", view.secondary_deg, "deg",
            path.about, limit=most, note=view.words,
        ),
    )  # fmt: skip
    if abs(view.secondary_deg) <= most.amount + 1e-9:
        return measures, ()
    text = (
        f"No C-arm looks down {path.called().lower()}: it would have to turn {abs(view.secondary_deg):.0f} deg to the "
        f"{'head' if view.secondary_deg > 0 else 'feet'}, and {most} can be had."
    )
    place = path.trajectory.entry_mm
    finding = Finding("access.c_arm", Severity.NOTE, text, abs(view.secondary_deg), "deg", most, place, path.about)
    return measures, (finding,)


def _from_landmark(path: PathSamples, landmark: Landmark) -> Measure:
    entry = path.trajectory.entry_mm
    reference = (landmark.left_mm, landmark.posterior_mm, landmark.superior_mm)
    offset = offset_from(entry, reference)
    distance = math.hypot(offset.left_mm, offset.back_mm, offset.up_mm)
    title = f"Entry from {landmark.name}"
    return Measure("access.from_landmark", title, distance, "mm", path.about, place_mm=entry, note=offset.words)

"""Pictures of a plan for the report, or one finding that says why there are none."""

from __future__ import annotations

from collections.abc import Mapping

from ..assessment import Assessment
from ..case import Case
from ..findings import Finding, Severity
from ..picture import Picture
from ..plan import Plan
from .render_check import why_no_pictures


def pictures_of(
    case: Case,
    plan: Plan,
    assessment: Assessment | None = None,
    *,
    diameters_mm: Mapping[str, float] | None = None,
) -> tuple[tuple[Picture, ...], tuple[Finding, ...]]:
    """Draw a plan as a report shows it, off the screen, with Slicer's own views.

    Parameters
    ----------
    case : Case
    plan : Plan
    assessment : Assessment or None
        Whose zones are drawn, and whose narrowest place is looked at.
    diameters_mm : mapping or None
        Outer diameters of probes by device identifier, where they are not those of the device files.

    Returns
    -------
    pictures : tuple of Picture
        "three_d" of the whole plan; for each needle "axial", "along" and "across", which are the two planes that hold
        it, and "down_the_needle", the plane across it at the narrowest place. All have 800 x 700 pixels.
    findings : tuple of Finding
        ``report.no_pictures`` where this machine cannot draw, or the plan has no needle; there are then no pictures.
    """
    reason = why_no_pictures()
    if not reason and not any(t.probes or t.cement or t.screws for t in plan.treatments):
        reason = f"No pictures were made: the plan {plan.name!r} has no needle."
    if reason:
        return (), (Finding("report.no_pictures", Severity.NOTE, reason),)
    from .album import Album
    from .tools import tools_of

    album = Album(case, plan, assessment, tools_of(plan, diameters_mm))
    return tuple(album.pictures()), ()

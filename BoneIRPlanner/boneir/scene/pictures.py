"""Pictures of a plan for the report, or one finding that says why there are none."""

from __future__ import annotations

from collections.abc import Mapping

from ..assessment import Assessment
from ..case import Case
from ..findings import Finding, Point, Severity
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
        it, and "down_the_needle", the plane across it at the narrowest place; "fused" of each other image of the case,
        in the axial slice through the lesion. All have 800 x 700 pixels. "z_score" of each lesion in bone, wider.
    findings : tuple of Finding
        ``report.no_pictures`` where this machine cannot draw, or the plan has no needle; there are then no pictures.
    """
    reason = why_no_pictures()
    if not reason and not any(t.probes or t.cement or t.screws for t in plan.treatments):
        reason = f"No pictures were made: the plan {plan.name!r} has no needle."
    if reason:
        return (), (Finding("report.no_pictures", Severity.NOTE, reason),)
    from .album import Album
    from .fused import fused_pictures
    from .tools import tools_of
    from .zscore_picture import zscore_pictures

    tools = tools_of(plan, diameters_mm)
    album = Album(case, plan, assessment, tools)
    fused = fused_pictures(case, _middle(case, plan, tools[0].trajectory.tip_mm))
    scores = zscore_pictures(case, tuple(treatment.lesion for treatment in plan.treatments))
    return (*album.pictures(), *fused, *scores), ()


def _middle(case: Case, plan: Plan, otherwise_mm: Point) -> Point:
    """The middle of the first lesion of a plan; without one another place."""
    wanted = plan.treatments[0].lesion
    places = [item.mask.centroid_mm for item in case.lesions if item.name == wanted and not item.mask.is_empty]
    return places[0] if places else otherwise_mm

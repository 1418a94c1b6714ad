"""Faults that need no limit to be seen: an entry that is no entry, a cut body, a case in which nothing can be hurt."""

from __future__ import annotations

import numpy as np

from ..case import Case, Lesion, Role
from ..findings import Finding, Severity
from .clearance import as_point
from .entries import cut_at_sides_cm2
from .path_samples import PathSamples
from .region import marked_at

_SKIN_MM = 3.0
"""The outline of the skin is a staircase: so deep below it an entry still counts as on the skin, and a voxel more."""
_STEP_MM = 0.5
_OUTSIDE_PERCENT = 2.0
"""Outlines of skin and lesion are staircases: so much of a lesion beneath the skin may seem to lie outside."""
_CUT_CM2 = 1.0
"""Less of a cut is no more than voxels at a border."""
_FARTHEST_MM = 400.0
"""The skin is looked for so far behind an entry."""


def entry_findings(path: PathSamples) -> tuple[Finding, ...]:
    """Say so where a needle begins inside the body instead of on its skin; nothing where the body is not outlined."""
    bodies = [item.mask for item in path.case.of_role(Role.BODY) if not item.mask.is_empty]
    if not bodies:
        return ()
    behind = np.arange(_STEP_MM, _FARTHEST_MM, _STEP_MM)
    entry = np.asarray(path.trajectory.entry_mm)
    points = entry - behind[:, None] * np.asarray(path.trajectory.direction)
    outside = np.flatnonzero(~np.any([marked_at(mask, points) for mask in bodies], axis=0))
    depth = float(behind[outside[0]]) if outside.size else _FARTHEST_MM
    if depth <= _SKIN_MM + max(path.case.image.grid.spacing_mm):
        return ()
    bones = [item for item in path.case.of_role(Role.BONE) if item.mask.at(path.trajectory.entry_mm)]
    where = " and in bone" if bones else ""
    text = (
        f"{path.called()} begins {depth:.0f} mm below the skin{where}: the entry has to lie on the skin, and what lies "
        "before it was not checked."
    )
    place = path.trajectory.entry_mm
    return (Finding("access.entry_inside", Severity.STOP, text, depth, "mm", None, place, path.about),)


def faults_of_case(case: Case) -> tuple[Finding, ...]:
    """What a case lacks or contradicts itself in, whatever is planned on it."""
    outside = (finding for lesion in case.lesions for finding in _lesion_outside(case, lesion))
    return (*nothing_critical_findings(case), *cut_body_findings(case), *outside)


def _lesion_outside(case: Case, lesion: Lesion) -> tuple[Finding, ...]:
    """Say so where part of a lesion lies outside the outline of the body."""
    bodies = [item.mask for item in case.of_role(Role.BODY) if not item.mask.is_empty]
    if not bodies or lesion.mask.is_empty:
        return ()
    points = lesion.mask.points_mm()
    outside = ~np.any([marked_at(mask, points) for mask in bodies], axis=0)
    share = 100 * float(outside.mean())
    if share < _OUTSIDE_PERCENT:
        return ()
    text = (
        f"{share:.0f} % of the lesion {lesion.name!r} lies outside the outline of the body: one of the two outlines is "
        "wrong; mend it before planning."
    )
    place = as_point(points[outside].mean(axis=0))
    severity = Severity.WARN if share < 50 else Severity.STOP
    return (Finding("case.lesion_outside", severity, text, share, "%", None, place, lesion.name),)


def cut_body_findings(case: Case) -> tuple[Finding, ...]:
    """Say so where the field of view cuts the body at its sides: there is no skin, nor is known what follows."""
    told = tuple(finding for finding in case.findings if finding.code == "outline.field_of_view")
    bodies = [item.mask for item in case.of_role(Role.BODY) if not item.mask.is_empty]
    area = 0.0 if told else sum(cut_at_sides_cm2(case.image, mask) for mask in bodies)
    if area < _CUT_CM2:
        return told
    text = (
        f"The field of view cuts the body at its sides, over {area:.0f} cm²: nobody can enter there, and what lies "
        "beyond it, an arm or the table, was not checked."
    )
    return (Finding("access.body_cut", Severity.WARN, text, area, "cm2", about="body"),)


def nothing_critical_findings(case: Case) -> tuple[Finding, ...]:
    """Say so where a case outlines nothing that a needle must not touch: nothing then refuses any way."""
    if any(not item.mask.is_empty for item in case.of_role(Role.CRITICAL)):
        return ()
    text = (
        "Nothing that a needle must not touch is outlined: no way can be refused for it, and none is safe for that. "
        "Outline at least canal, vessels, lungs and bowel first."
    )
    return (Finding("access.nothing_critical", Severity.WARN, text),)

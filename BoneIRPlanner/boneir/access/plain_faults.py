"""Faults that need no limit to be seen: an entry that is no entry, and a case in which nothing could be hurt."""

from __future__ import annotations

import numpy as np

from ..case import Case, Role
from ..findings import Finding, Severity
from .path_samples import PathSamples
from .region import marked_at

_SKIN_MM = 3.0
"""The outline of the skin is a staircase: so deep below it an entry still counts as on the skin, and a voxel more."""
_STEP_MM = 0.5
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


def nothing_critical_findings(case: Case) -> tuple[Finding, ...]:
    """Say so where a case outlines nothing that a needle must not touch: nothing then refuses any way."""
    if any(not item.mask.is_empty for item in case.of_role(Role.CRITICAL)):
        return ()
    text = (
        "Nothing that a needle must not touch is outlined: no way can be refused for it, and none is safe for that. "
        "Outline at least canal, vessels, lungs and bowel first."
    )
    return (Finding("access.nothing_critical", Severity.WARN, text),)

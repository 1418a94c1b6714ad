"""Outlines of our own beside labels that others made: theirs come first, and where the levels differ it is said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..case import Role, Structure
from ..findings import Finding, Severity
from ..mask import Mask
from .outline_conflicts import conflict_findings

_OVERLAP = 0.3
"""An outline that shares more of its voxels with labelled bones shows what they show."""
_SAME = 0.5
"""Two outlines of a vertebra that share this much of the smaller one are of the same vertebra."""
_SPINE = ("vertebra_", "vertebrae", "sacrum")
_MANY_BONES = ("bone", "vertebrae", "vertebral_bodies", "ribs")


def outlines_beside(
    labelled: Sequence[Structure], outlined: Sequence[Structure]
) -> tuple[tuple[Structure, ...], tuple[Finding, ...]]:
    """What to add of our own outlines to labels, and where both differ.

    Parameters
    ----------
    labelled : sequence of Structure
        From labels.
    outlined : sequence of Structure
        By the numbers of the image, on the same grid.

    Returns
    -------
    add : tuple of Structure
        Those that the labels do not give: no name twice, no vertebra beside labelled vertebrae, no bone that the
        labels show under another name.
    findings : tuple of Finding
    """
    names = {item.name for item in labelled}
    spine = [item for item in labelled if item.name.startswith(_SPINE)]
    bones = [item for item in labelled if item.role is Role.BONE and item.name not in _MANY_BONES]
    add = []
    for item in outlined:
        twice = item.name in names or (bool(spine) and item.name.startswith(_SPINE))
        is_bone = item.role is Role.BONE and item.name not in _MANY_BONES
        if not twice and not (is_bone and _covered(item, bones) > _OVERLAP):
            add.append(item)
    named_otherwise = _conflicts(spine, outlined)
    # Where the levels differ every vertebra would differ as well: that one finding says it.
    compared = [item for item in outlined if not (named_otherwise and item.name.startswith(_SPINE))]
    return tuple(add), (*named_otherwise, *conflict_findings(labelled, compared))


def _covered(item: Structure, others: Sequence[Structure]) -> float:
    return sum(_shared(item.mask, other.mask) for other in others) / max(1, item.mask.count)


def _shared(a: Mask, b: Mask) -> int:
    k, j, i = a.voxels.shape
    return int(np.count_nonzero(a.voxels & b.part(a.corner, (k, j, i))))


def _conflicts(spine: Sequence[Structure], outlined: Sequence[Structure]) -> tuple[Finding, ...]:
    """A finding where labels and our own count give one vertebra two names."""
    differ = []
    mine = [item for item in outlined if item.name.startswith("vertebra_")]
    for label in spine:
        if not mine or not label.name.startswith("vertebra_"):
            continue
        # A vertebra that is cut lies in part within its neighbour: the one that it shares most with counts.
        best = max(mine, key=lambda item: _shared(label.mask, item.mask))
        smaller = min(label.mask.count, best.mask.count)
        if label.name != best.name and _shared(label.mask, best.mask) > _SAME * smaller:
            differ.append((label, best))
    if not differ:
        return ()
    pairs = ", ".join(f"{a.name[9:]} for {b.name[9:]}" for a, b in differ)
    text = (
        f"The labels name vertebrae otherwise than counting on the image does ({pairs}); the labels are kept: confirm "
        "the level on the whole spine before treating."
    )
    first = differ[0][0]
    place = first.mask.centroid_mm
    return (Finding("levels.conflict", Severity.WARN, text, float(len(differ)), "levels", None, place, first.name),)

"""Where two sources outline one structure differently: how far they agree, and the place where they differ most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Structure
from ..findings import Finding, Point, Severity
from ..mask import Mask
from .from_labels import RINGS
from .organ_settings import organ_setting, organ_value
from .structures import structure_kinds

Marked = NDArray[np.bool_]

OURS = "outlined on the CT"
"""Origin of outlines that this library made from an image."""
_NOT_COMPARED = {"gas", "contrast_filled", "nerve_roots", "bowel_wall", "pleura", "facet_joints", "bone", "vertebrae"}
"""Outlines of ours that stand for no more than a part, or for a zone."""


def conflict_findings(labelled: Sequence[Structure], outlined: Iterable[Structure] = ()) -> tuple[Finding, ...]:
    """A finding for each structure that two sources outline differently.

    Compared are outlines of one kind by two sources among the labels, and labels with our own outline. Both have to
    show the structure at a height for it to count there: a shorter outline is not a different one.

    Parameters
    ----------
    labelled : sequence of Structure
        By others, on one grid.
    outlined : iterable of Structure
        By us, on the same grid.

    Returns
    -------
    tuple of Finding
        ``outline.differ`` (warn) with the agreement (Dice), the setting `same_dice` and the place where the outlines
        differ over the widest stretch.
    """
    # Two outlines of one kind in one file are its parts.
    pairs = [(a, b) for a, b in combinations(labelled, 2) if a.kind and a.kind == b.kind and a.origin != b.origin]
    mine = {item.kind: item for item in outlined if item.kind not in _NOT_COMPARED}
    # A canal that was derived from labelled rings is no outline of its own.
    first = {item.kind: item for item in reversed(labelled) if item.origin != RINGS}
    pairs += [(item, mine[kind]) for kind, item in first.items() if kind in mine]
    return tuple(finding for a, b in pairs if (finding := _difference(a, b)) is not None)


def _difference(first: Structure, second: Structure) -> Finding | None:
    one, other, corner = _both(first.mask, second.mask)
    total = int(np.count_nonzero(one)) + int(np.count_nonzero(other))
    if total == 0:
        return None
    dice = 2.0 * int(np.count_nonzero(one & other)) / total
    limit = organ_value("same_dice")
    if dice >= organ_setting("same_dice"):
        return None
    kind = structure_kinds()[first.kind]
    sources = ["this software" if item.origin == OURS else item.origin or item.name for item in (first, second)]
    kept = "both are kept" if second.name != first.name else f"that of {sources[0]} is kept"
    text = (
        f"{kind.name}: the outlines of {sources[0]} and of {sources[1]} agree by a Dice of {dice:.2f} only, where both "
        f"show it; {kept}: look which one is right."
    )
    place = _widest(one ^ other, corner, first.mask)
    return Finding("outline.differ", Severity.WARN, text, dice, "1", limit, place, first.name)


def _both(first: Mask, second: Mask) -> tuple[Marked, Marked, tuple[int, int, int]]:
    """Both masks in a window that holds them, without the slices that one of them does not reach; its corner."""
    low = [min(a.start, b.start) for a, b in zip(first.window, second.window, strict=True)]
    high = [max(a.stop, b.stop) for a, b in zip(first.window, second.window, strict=True)]
    axis = _long_axis(first)
    low[axis] = max(first.window[axis].start, second.window[axis].start)
    high[axis] = max(low[axis], min(first.window[axis].stop, second.window[axis].stop))
    corner = (low[0], low[1], low[2])
    shape = (high[0] - low[0], high[1] - low[1], high[2] - low[2])
    return first.part(corner, shape), second.part(corner, shape), corner


def _long_axis(mask: Mask) -> int:
    """The axis of the array that runs most nearly from feet to head."""
    along = np.asarray(mask.grid.direction, float).reshape(3, 3)
    return 2 - int(np.argmax(np.abs(along[2])))


def _widest(differs: Marked, corner: tuple[int, int, int], mask: Mask) -> Point:
    """The middle of the thickest part of where two outlines differ."""
    deep = ndimage.distance_transform_edt(np.pad(differs, 1), sampling=mask.grid.spacing_mm[::-1])[1:-1, 1:-1, 1:-1]
    kji = np.asarray(np.unravel_index(int(np.argmax(deep)), differs.shape)) + corner
    x, y, z = (float(v) for v in mask.grid.to_mm(kji[None, ::-1].astype(float))[0])
    return x, y, z

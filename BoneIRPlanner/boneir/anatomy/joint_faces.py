"""Joints: where the faces of two outlined bones meet. Cartilage is not seen on CT, the bones under it are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Structure
from ..findings import Finding, Severity
from ..grid import Grid
from ..mask import Mask
from .axial import AxialFrame
from .level_names import ALL
from .organ_settings import organ_setting, organ_span, organ_value
from .structures import structure_kinds

Marked = NDArray[np.bool_]
Window = tuple[slice, slice, slice]
Part = Callable[[Window], Marked]

ORIGIN = "where two outlined bones meet"
_SPINE = (*(f"vertebra_{level}" for level in ALL), "sacrum")


def joint_faces(structures: Iterable[Structure], grid: Grid) -> tuple[tuple[Structure, ...], tuple[Finding, ...]]:
    """Outline hip, sacroiliac, shoulder and facet joints between outlined bones, where there is no outline of them yet.

    A joint is what lies within the setting `joint_reach_mm` of both bones, the faces of the bones included. Hip,
    sacroiliac and shoulder joints are outlined only between bones that are sure: where these were parted by the
    brightness of a CT alone, they often part beside the joint, and a joint in the wrong place is worse than none. In
    slices thicker than the setting `facet_slice_mm` facets are not parted rightly either.

    Parameters
    ----------
    structures : iterable of Structure
        Of a case, by us or by others.
    grid : Grid
        Of its image.

    Returns
    -------
    structures : tuple of Structure
        ``hip_joint_left``, ``sacroiliac_joint_left``, ``shoulder_joint_left`` and the like, ``facet_joints``; none is
        sure.
    findings : tuple of Finding
        ``outline.organ`` (note) that says what stands for them.
    """
    items = [item for item in structures if not item.mask.is_empty]
    known = {item.kind or item.name: item.mask for item in items}
    sure = {item.kind or item.name: item.mask for item in items if item.sure}
    found = {}
    for side in ("left", "right"):
        for joint, bone, other in (
            ("hip_joint", f"femur_{side}", f"hip_{side}"),
            ("sacroiliac_joint", "sacrum", f"hip_{side}"),
            ("shoulder_joint", f"humerus_{side}", f"scapula_{side}"),
        ):
            first, second, key = sure.get(bone), sure.get(other), f"{joint}_{side}"
            if first is not None and second is not None and key not in known and "joints" not in known:
                found[key] = _between(first, second)
    thin = max(grid.spacing_mm) <= organ_setting("facet_slice_mm")
    if thin and not {"facet_joints", "joints"} & set(known) and "spinal_canal" in known:
        found["facet_joints"] = _facets(known, grid)
    kinds = structure_kinds()
    made = tuple(
        Structure(key, kinds[key].role, mask, key, ORIGIN, sure=False)
        for key, mask in found.items()
        if mask is not None and not mask.is_empty
    )
    return made, tuple(_said(item) for item in made)


def _said(item: Structure) -> Finding:
    kind = structure_kinds()[item.kind]
    limit = organ_value("joint_reach_mm")
    verb = "are" if kind.name.endswith("s") else "is"
    text = (
        f"{kind.name} {verb} outlined where the bones meet, up to {limit} from either; cartilage is not seen, and "
        "where the bones are not parted rightly neither is the joint."
    )
    points = item.mask.points_mm()
    x, y, z = (float(v) for v in points[int(np.argmin(np.square(points - points.mean(axis=0)).sum(axis=1)))])
    return Finding("outline.organ", Severity.NOTE, text, limit=limit, place_mm=(x, y, z), about=item.name)


def _between(first: Mask, second: Mask, part: Part | None = None) -> Mask | None:
    """What lies within reach of both masks; None where they do not come near each other."""
    spacing = first.grid.spacing_mm[::-1]
    # Thick voxels reach their neighbours at least.
    reach = max(organ_setting("joint_reach_mm"), 1.01 * min(spacing))
    ends = []
    for axis, step in enumerate(spacing):
        steps = int(reach / step) + 1
        low = max(mask.window[axis].start - steps for mask in (first, second))
        high = min(mask.window[axis].stop + steps for mask in (first, second))
        ends.append((max(0, low), min(first.grid.shape[axis], high)))
    if any(high <= low for low, high in ends):
        return None
    corner = (ends[0][0], ends[1][0], ends[2][0])
    shape = (ends[0][1] - corner[0], ends[1][1] - corner[1], ends[2][1] - corner[2])
    near = np.ones(shape, bool)
    for mask in (first, second):
        bone = mask.part(corner, shape)
        if not bone.any():
            return None
        near &= ndimage.distance_transform_edt(~bone, sampling=spacing) <= reach
    if part is not None:
        k, j, i = (slice(start, start + size) for start, size in zip(corner, shape, strict=True))
        near &= part((k, j, i))
    return Mask.within(near, corner, first.grid) if near.any() else None


def _facets(known: Mapping[str, Mask], grid: Grid) -> Mask | None:
    """Where neighbouring vertebrae meet beside and behind the canal."""
    beside = _beside_canal(known["spinal_canal"], grid)
    marked, found = np.zeros(grid.shape, bool), False
    for upper, lower in pairwise(_SPINE):
        if upper in known and lower in known:
            mask = _between(known[upper], known[lower], beside)
            if mask is not None:
                marked[mask.window] |= mask.voxels
                found = True
    return Mask.of(marked, grid) if found else None


def _beside_canal(canal: Mask, grid: Grid) -> Part:
    """Which voxels of a window lie behind the front of the canal and beside it, in the region of the facets."""
    frame = AxialFrame(grid, coarse_mm=0.0)
    upright = frame.upright(canal.full())
    rows, columns = np.asarray(upright.any(axis=2)), np.asarray(upright.any(axis=1))
    shown = np.flatnonzero(rows.any(axis=1))
    front = np.asarray([np.flatnonzero(rows[s])[0] for s in shown], float)
    middle = np.asarray([np.flatnonzero(columns[s]).mean() for s in shown])
    every = np.arange(len(rows))
    fronts, middles = np.interp(every, shown, front), np.interp(every, shown, middle)
    _, row, column = frame.spacing_mm
    near, far = organ_span("facet_aside_mm")
    behind = (np.arange(upright.shape[1])[None, :, None] - fronts[:, None, None]) * row
    aside = np.abs(np.arange(upright.shape[2])[None, None, :] - middles[:, None, None]) * column
    depth = (behind > 0.0) & (behind < organ_setting("facet_deep_mm"))
    within = np.broadcast_to((aside > near) & (aside < far), upright.shape)

    region = frame.on_grid(depth & within)

    def part(window: Window) -> Marked:
        return np.asarray(region[window])

    return part

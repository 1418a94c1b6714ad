"""Whether outlines can be believed: volumes, pieces, leaks, levels that are missing, and a canal that is too narrow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from ..case import Image, Modality, Role, Structure
from ..evidence import Value, read_value
from ..findings import Finding, Point, Severity
from ..mask import Mask
from ..resources import read_resource
from .axial import AxialFrame
from .level_names import ALL
from .structures import with_article

_SIX_SIDES = np.ones((3, 3, 3), bool)
_HIGHEST = (
    ("vertebra_", "vertebra_high_ml"),
    ("sacrum", "sacrum_high_ml"),
    ("hip_", "hip_high_ml"),
    ("rib_", "rib_high_ml"),
    ("kidney_left", "kidney_high_ml"),
    ("kidney_right", "kidney_high_ml"),
    ("aorta", "aorta_high_ml"),
    ("inferior_vena_cava", "cava_high_ml"),
    ("urinary_bladder", "bladder_high_ml"),
    ("spinal_canal", "canal_high_ml"),
)


@cache
def quality_values() -> Mapping[str, Value]:
    """The limits by name, with unit, grade and source."""
    data = read_resource("Structures", "quality.json")
    return MappingProxyType({name: read_value(item, f"quality.json, {name}") for name, item in data.items()})


def quality_findings(image: Image, structures: Iterable[Structure]) -> tuple[Finding, ...]:
    """Say which outlines look wrong, each with the place to look at.

    Parameters
    ----------
    image : Image
    structures : iterable of Structure
        Outlined by us or by others, on the grid of the image.

    Returns
    -------
    tuple of Finding
        ``quality.volume``, ``quality.pieces``, ``quality.leak``, ``quality.missing_level`` and ``quality.canal``.
    """
    items = [item for item in structures if not item.mask.is_empty]
    spine = sorted((item for item in items if _level(item) in ALL), key=lambda item: ALL.index(_level(item)))
    measured = [item for item in items if item.name.startswith(tuple(start for start, _ in _HIGHEST))]
    bone = next((item.mask for item in items if item.name == "bone"), None)
    found = [*_neighbours(spine), *_missing(spine)]
    for item in measured:
        found += _volume(item)
        if item.role is Role.BONE:
            found += _leak(item, image) or _beyond_bone(item, bone)
    for item in spine:
        found += _pieces(item)
    for item in items:
        if item.name == "spinal_canal":
            found += _narrow(item, [other for other in items if other.name in ("sacrum", "vertebra_S1")])
    return tuple(found)


def _level(item: Structure) -> str:
    return item.name.removeprefix("vertebra_") if item.name.startswith("vertebra_") else ""


def _words(item: Structure) -> str:
    return with_article(item.name, item.kind)


def _is_whole(mask: Mask) -> bool:
    """Whether the outline stays clear of the border of the image, so that nothing of it is cut."""
    ends = zip(mask.corner, mask.voxels.shape, mask.grid.shape, strict=True)
    return all(start > 0 and start + size < count for start, size, count in ends)


def _finding(code: str, text: str, measured: float, limit: str, place: Point, item: Structure) -> Finding:
    value = quality_values()[limit]
    return Finding(f"quality.{code}", Severity.WARN, text, measured, value.unit, value, place, item.name)


def _volume(item: Structure) -> list[Finding]:
    """An outline larger than such a bone is, or a whole vertebra smaller."""
    volume, limits = item.mask.volume_ml, quality_values()
    high = next(limit for start, limit in _HIGHEST if item.name.startswith(start))
    if volume > limits[high].amount:
        text = (
            f"The outline of {_words(item)} holds {volume:.0f} mL, more than {limits[high].amount:.0f} mL: it has "
            "probably run into a neighbouring bone or soft tissue."
        )
        return [_finding("volume", text, volume, high, item.mask.centroid_mm, item)]
    low = "vertebra_low_ml"
    if _level(item) and _is_whole(item.mask) and volume < limits[low].amount:
        text = f"The outline of {_words(item)} holds only {volume:.1f} mL: most of it is missing."
        return [_finding("volume", text, volume, low, item.mask.centroid_mm, item)]
    return []


def _neighbours(spine: Sequence[Structure]) -> list[Finding]:
    """Vertebrae much smaller or larger than the mean of those above and below."""
    limits, found = quality_values(), []
    for n, item in enumerate(spine[1:-1], start=1):
        beside = [spine[n - 1], spine[n + 1]]
        places = [ALL.index(_level(other)) - ALL.index(_level(item)) for other in beside]
        if places != [-1, 1] or not all(_is_whole(other.mask) for other in (item, *beside)):
            continue
        ratio = item.mask.volume_ml / (0.5 * sum(other.mask.volume_ml for other in beside))
        for limit, wrong, word in (
            ("neighbour_low", ratio < limits["neighbour_low"].amount, "small"),
            ("neighbour_high", ratio > limits["neighbour_high"].amount, "large"),
        ):
            if wrong:
                text = (
                    f"The outline of {_words(item)} is {ratio:.2f} times as large as those above and below it, too "
                    f"{word}: collapse, a destroyed vertebra, or a wrong outline; check it."
                )
                found.append(_finding("volume", text, ratio, limit, item.mask.centroid_mm, item))
    return found


def _missing(spine: Sequence[Structure]) -> list[Finding]:
    """Levels without an outline between two that have one."""
    found = []
    for above, below in pairwise(spine):
        between = ALL[ALL.index(_level(above)) + 1 : ALL.index(_level(below))]
        if between:
            x, y, z = (0.5 * (a + b) for a, b in zip(above.mask.centroid_mm, below.mask.centroid_mm, strict=True))
            text = f"Between {_level(above)} and {_level(below)} there is no outline of {', '.join(between)}."
            found.append(
                Finding("quality.missing_level", Severity.WARN, text, float(len(between)), "levels", None, (x, y, z))
            )
    return found


def _pieces(item: Structure) -> list[Finding]:
    """A vertebra in pieces; the place is the middle of the second largest."""
    labels, count = ndimage.label(item.mask.voxels, _SIX_SIDES)
    if count < 2:
        return []
    sizes = np.bincount(labels.ravel())[1:]
    share = float(sizes.max() / sizes.sum())
    if share >= quality_values()["together"].amount:
        return []
    second = int(np.argsort(sizes)[-2]) + 1
    place = Mask.within(labels == second, item.mask.corner, item.mask.grid).centroid_mm
    text = (
        f"The outline of {_words(item)} is in {count} pieces, the largest holds {100 * share:.0f} % of it: part of it "
        "is missing or belongs to another level."
    )
    return [_finding("pieces", text, share, "together", place, item)]


def _leak(item: Structure, image: Image) -> list[Finding]:
    """Bone that is as dark as fat or air in part: the outline has left the bone. Only CT tells."""
    if image.modality is not Modality.CT:
        return []
    limits = quality_values()
    dark = item.mask.voxels & (image.voxels[item.mask.window] < limits["fat_hu"].amount)
    share = float(np.count_nonzero(dark) / item.mask.count)
    if share <= limits["fat_share"].amount:
        return []
    place = Mask.within(dark, item.mask.corner, item.mask.grid).centroid_mm
    text = (
        f"{100 * share:.0f} % of the outline of {_words(item)} are as dark as fat: it has left the bone, or the marrow "
        "is unusual; check its edge."
    )
    return [_finding("leak", text, share, "fat_share", place, item)]


def _beyond_bone(item: Structure, bone: Mask | None) -> list[Finding]:
    """A bone whose outline reaches far beyond what is outlined as bone by its density; needs that outline."""
    if bone is None:
        return []
    limits = quality_values()
    spacing = item.mask.grid.spacing_mm[::-1]
    reach = limits["outside_mm"].amount
    steps = [int(reach / step) + 1 for step in spacing]
    low = [max(0, start - n) for start, n in zip(item.mask.corner, steps, strict=True)]
    ends = zip(item.mask.corner, item.mask.voxels.shape, steps, item.mask.grid.shape, strict=True)
    high = [min(count, start + size + n) for start, size, n, count in ends]
    corner, shape = (low[0], low[1], low[2]), (high[0] - low[0], high[1] - low[1], high[2] - low[2])
    dense = bone.part(corner, shape)
    if not dense.any():
        return []  # nothing of it is seen as bone: a vertebra of soft tissue alone is told by its volume
    outline = item.mask.part(corner, shape)
    if np.count_nonzero(outline & ~dense) <= limits["outside_share"].amount * item.mask.count:
        return []  # not even what is no bone is so much
    far = ndimage.distance_transform_edt(~dense, sampling=spacing) > reach
    outside = far & outline
    share = float(np.count_nonzero(outside) / item.mask.count)
    if share <= limits["outside_share"].amount:
        return []
    deep = ndimage.distance_transform_edt(np.pad(outside, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    kji = np.asarray(np.unravel_index(int(np.argmax(deep)), shape)) + corner
    x, y, z = (float(v) for v in item.mask.grid.to_mm(kji[None, ::-1].astype(float))[0])
    text = (
        f"{100 * share:.0f} % of the outline of {_words(item)} is more than {limits['outside_mm']} beyond what is "
        "dense or enclosed: it has run into soft tissue, or a lesion has destroyed the bone there; check it."
    )
    return [_finding("leak", text, share, "outside_share", (x, y, z), item)]


def _narrow(canal: Structure, sacrum: Sequence[Structure]) -> list[Finding]:
    """The narrowest place of the canal above the sacrum, where it is narrower than the limit."""
    frame = AxialFrame(canal.mask.window_grid)
    upright = frame.upright(canal.mask.voxels)
    _, row, column = frame.spacing_mm
    top = max((float(item.mask.points_mm()[:, 2].max()) for item in sacrum), default=-np.inf)
    narrowest: tuple[float, Point] | None = None
    # The first and last slices cut the rounded ends of the tube.
    for s in range(1, len(upright) - 1):
        plane = np.pad(upright[s], 1)
        if not plane.any():
            continue
        depth = ndimage.distance_transform_edt(plane, sampling=(row, column))
        p, left = np.unravel_index(int(np.argmax(depth)), depth.shape)
        # Depth counts to the middle of the first voxel outside: on average a quarter of a voxel too far on either side.
        width = 2 * float(depth.max()) - 0.25 * (row + column)
        place = _place(frame, s, int(p) - 1, int(left) - 1)
        if place[2] > top and (narrowest is None or width < narrowest[0]):
            narrowest = width, place
    if narrowest is None or narrowest[0] >= quality_values()["canal_mm"].amount:
        return []
    width, place = narrowest
    text = (
        f"The outlined spinal canal is only {width:.1f} mm wide at S {place[2]:.0f} mm: it is compressed there, or the "
        "outline is wrong; check it before a needle or heat comes near."
    )
    return [_finding("canal", text, width, "canal_mm", place, canal)]


def _place(frame: AxialFrame, s: int, p: int, left: int) -> Point:
    """LPS mm of an upright index on the voxels of the image."""
    return AxialFrame(frame.grid, coarse_mm=0.0).place_mm((float(s), float(p), float(left)))

"""Cement after the fact: how much, where it lies against the prediction, and what has leaked where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..assessment import Measure
from ..case import Image
from ..findings import Finding, Point, Severity
from ..image.distance import exact_distance_mm
from ..image.resample import image_on, mask_on
from ..mask import Mask
from ..plan import Trajectory
from ..resources import limit

Marked = NDArray[np.bool_]

OTHER = "vein or soft tissue"
"""Type of a leak that lies in nothing that is outlined."""
_NEEDLE_MM = 2.5
_EDGE_VOXELS = 2
"""So far out of an outline its edge reaches, and one voxel more within it."""


@dataclass(frozen=True)
class Leak:
    """Cement outside of the bone.

    Parameters
    ----------
    into : str
        "canal", "disc", "foramen", "joint", or "vein or soft tissue".
    volume_ml : float
    place_mm : Point
        LPS mm of its middle.
    """

    into: str
    volume_ml: float
    place_mm: Point


@dataclass(frozen=True, eq=False)
class CementAfter:
    """Cement that a control CT shows.

    Parameters
    ----------
    mask : Mask
        On the grid of the planning image.
    leaks : tuple of Leak
        The most dangerous first, of one kind the largest first.
    overlap : float or None
        Dice coefficient with the predicted shape; None without one.
    outside_prediction_ml : float or None
        Cement beyond the possible extent of the prediction.
    """

    mask: Mask
    leaks: tuple[Leak, ...]
    overlap: float | None
    outside_prediction_ml: float | None


def outline_cement(before: Image, control: Image, around: Mask, needles: Sequence[Trajectory] = ()) -> Mask:
    """Outline new cement: what is dense in the control CT and was much less so before.

    Parameters
    ----------
    before, control : Image
        CT in HU, in one frame.
    around : Mask
        The lesion, on the grid of `before`: cement is looked for near it.
    needles : sequence of Trajectory
        Still in place: they are no cement.

    Returns
    -------
    Mask
        On the grid of `before`; empty where there is none.
    """
    reach = limit("verification", "cement_reach_mm").amount
    grid = before.grid
    room = [int(np.ceil(reach / s)) for s in grid.spacing_mm[::-1]]
    low = [max(c - n, 0) for c, n in zip(around.corner, room, strict=True)]
    ends = zip(around.corner, around.voxels.shape, room, grid.shape, strict=True)
    high = [min(c + size + n, most) for c, size, n, most in ends]
    corner, shape = (low[0], low[1], low[2]), (high[0] - low[0], high[1] - low[1], high[2] - low[2])
    part = grid.window(corner, shape)
    old = before.voxels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].astype(float)
    new = np.asarray(image_on(control, part).voxels, float)
    dense = (new >= limit("verification", "cement_hu").amount) & (
        new - old >= limit("verification", "cement_rise_hu").amount
    )
    dense &= exact_distance_mm(around.part(corner, shape), grid.spacing_mm) <= reach
    points = part.to_mm(np.argwhere(dense)[:, ::-1])
    metal = np.zeros(len(points), bool)
    for needle in needles:
        unit, offset = np.asarray(needle.direction), points - np.asarray(needle.tip_mm)
        along = offset @ unit
        metal |= (np.linalg.norm(offset - along[:, None] * unit, axis=1) <= _NEEDLE_MM) & (along <= _NEEDLE_MM)
    dense[tuple(np.argwhere(dense)[metal].T)] = False
    parts, count = ndimage.label(dense, np.ones((3, 3, 3)))
    least = limit("verification", "least_cement_ml").amount / grid.voxel_ml
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    return Mask.within(sizes[parts] >= least, corner, grid) if count else Mask.of(np.zeros(grid.shape, bool), grid)


def cement_volume_ml(before: Image, control: Image, cement: Mask) -> float:
    """Volume of cement, its edge counted by the share of each voxel that it fills; an outline alone is too large.

    Parameters
    ----------
    before, control : Image
        CT in HU, in one frame.
    cement : Mask
        As outlined, on the grid of `before`.
    """
    if cement.is_empty:
        return 0.0
    corner, shape = _wider(cement, _EDGE_VOXELS)
    marked = cement.part(corner, shape)
    window = tuple(slice(c, c + n) for c, n in zip(corner, shape, strict=True))
    old = before.voxels[window].astype(float)
    new = np.asarray(image_on(control, cement.grid.window(corner, shape)).voxels, float)
    inner = ndimage.binary_erosion(marked, iterations=_EDGE_VOXELS + 1)
    edge = ndimage.binary_dilation(marked, iterations=_EDGE_VOXELS) & ~inner
    typical = float(np.percentile(new[inner if inner.any() else marked], 50.0 if inner.any() else 90.0))
    share = np.clip((new - old) / np.maximum(typical - old, 100.0), 0.0, 1.0)
    return float(np.count_nonzero(inner) + share[edge].sum()) * cement.grid.voxel_ml


def _wider(mask: Mask, room: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Corner and shape of the window that reaches some voxels beyond a mask, within its grid."""
    low = [max(c - room, 0) for c in mask.corner]
    ends = zip(mask.corner, mask.voxels.shape, mask.grid.shape, strict=True)
    high = [min(c + size + room, most) for c, size, most in ends]
    return (low[0], low[1], low[2]), (high[0] - low[0], high[1] - low[1], high[2] - low[2])


def cement_after(
    cement: Mask,
    bone: Sequence[Mask],
    beside: Mapping[str, Sequence[Mask]],
    predicted: Mask | None = None,
    possible: Mask | None = None,
) -> CementAfter:
    """Say where cement lies.

    Parameters
    ----------
    cement : Mask
    bone : sequence of Mask
        The bone and the lesion that it was meant for, on the same grid: holes within them count as bone.
    beside : mapping of str to sequence of Mask
        What it may have leaked into, by type, the most dangerous first; on the same grid.
    predicted, possible : Mask or None
        The expected shape, and the largest that was thought possible.
    """
    grid, corner, shape = cement.grid, cement.corner, cement.voxels.shape
    window = (shape[0], shape[1], shape[2])
    left = cement.voxels.copy()
    leaks: list[Leak] = []
    for into, masks in beside.items():
        here = left & _union(masks, corner, window)
        leaks += _leaks(here, into, cement)
        left &= ~here
    if left.size:
        within = np.pad(_union(bone, corner, window), 2)
        closed = ndimage.binary_closing(within, iterations=2) | within
        leaks += _leaks(left & ~closed[2:-2, 2:-2, 2:-2], OTHER, cement)
    overlap = outside = None
    if predicted is not None:
        shape_there = mask_on(predicted, grid)
        both = np.count_nonzero(cement.voxels & shape_there.part(corner, window))
        overlap = 2.0 * both / max(cement.count + shape_there.count, 1)
        largest = mask_on(possible or predicted, grid).part(corner, window)
        outside = float(np.count_nonzero(cement.voxels & ~largest)) * grid.voxel_ml
    return CementAfter(cement, tuple(leaks), overlap, outside)


def _union(masks: Sequence[Mask], corner: tuple[int, int, int], shape: tuple[int, int, int]) -> Marked:
    marked = np.zeros(shape, bool)
    for mask in masks:
        marked |= mask.part(corner, shape)
    return marked


def _leaks(marked: Marked, into: str, cement: Mask) -> list[Leak]:
    """Connected parts that are large enough to count, the largest first."""
    parts, count = ndimage.label(marked, np.ones((3, 3, 3)))
    found = []
    for n in range(1, count + 1):
        place = np.argwhere(parts == n)
        volume = len(place) * cement.grid.voxel_ml
        if volume >= limit("verification", "least_leak_ml").amount:
            x, y, z = (float(v) for v in cement.grid.to_mm((place.mean(axis=0) + cement.corner)[::-1]))
            found.append(Leak(into, volume, (x, y, z)))
    return sorted(found, key=lambda leak: -leak.volume_ml)


def cement_measures(
    found: CementAfter, lesion: str, planned_ml: float, volume_ml: float | None = None
) -> tuple[Measure, ...]:
    """Volume, overlap with the prediction, and every leak.

    Without a volume (`cement_volume_ml`) that of the outline is given.
    """
    note = f"{planned_ml:.1f} mL were planned." if planned_ml else ""
    seen_ml = found.mask.volume_ml if volume_ml is None else volume_ml
    measures = [Measure("cement_after.volume", "Cement seen", seen_ml, "mL", lesion, note=note)]
    beyond = found.outside_prediction_ml
    if found.overlap is not None:
        measures += [
            Measure("cement_after.overlap", "Overlap with the prediction (Dice)", found.overlap, "", lesion),
            Measure("cement_after.outside", "Cement beyond the possible extent", beyond, "mL", lesion),
        ]
    for leak in found.leaks:
        title = f"Leak into {leak.into}"
        measures.append(Measure("cement_after.leak", title, leak.volume_ml, "mL", lesion, place_mm=leak.place_mm))
    return tuple(measures)


def cement_findings(found: CementAfter, lesion: str) -> tuple[Finding, ...]:
    """What leaked where."""
    if found.mask.is_empty:
        text = f"The control image shows no new cement around {lesion}."
        return (Finding("cement_after.none", Severity.NOTE, text, about=lesion),)
    findings = []
    for leak in found.leaks:
        where = ", ".join(f"{round(v)}" for v in leak.place_mm)
        into = leak.into if leak.into == OTHER else f"the {leak.into}"
        text = f"{leak.volume_ml:.2f} mL of cement lie in {into} at ({where}) mm LPS."
        severity = Severity.NOTE if leak.into == "disc" else Severity.WARN
        bound = limit("verification", "least_leak_ml")
        findings.append(
            Finding("cement_after.leak", severity, text, leak.volume_ml, "mL", bound, leak.place_mm, lesion)
        )
    return tuple(findings)

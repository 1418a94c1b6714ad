"""Needles in a control CT: where each begins to enter the body, where it points, and where its tip lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..case import Image, Modality
from ..errors import ImageError
from ..findings import Finding, Point, Severity
from ..mask import Mask
from ..plan import Trajectory
from ..resources import limit
from .carried_out import is_near, needle_error
from .found_needle import FoundNeedle
from .implants import metal_inside, stays_inside, wide_metal
from .metal_lines import MetalLine, metal_lines
from .needle_fit import FittedNeedle, fit_needles

Floats = NDArray[np.float64]

_STEP_MM = 0.25
_FARTHEST_MM = 400.0
_BORDER_MM = 2.0
_AROUND, _AROUND_MM = 8, 8.0


def find_needles(
    image: Image, body: Mask | None = None, planned: Sequence[Trajectory] = ()
) -> tuple[tuple[FoundNeedle, ...], tuple[Finding, ...]]:
    """Find every needle that a control CT shows.

    Parameters
    ----------
    image : Image
        CT in HU with the needles in place.
    body : Mask or None
        The patient's outline on the grid of the image: gives the entry, and keeps metal outside of the body out.
    planned : sequence of Trajectory
        Planned needles in the frame of the image: say which end of a needle is its tip where the image does not.

    Returns
    -------
    needles : tuple of FoundNeedle
        From the longest to the shortest.
    findings : tuple of Finding
        ``verify.coarse``, ``verify.no_needle``, ``verify.wide_metal``, ``verify.metal_inside``, ``verify.tip_outside``.

    Raises
    ------
    ImageError
        If the image is no CT.
    """
    if image.modality is not Modality.CT:
        raise ImageError(f"Needles are looked for in CT; the control image is {image.modality.value}.")
    lines = metal_lines(
        image, limit("verification", "metal_hu").amount, limit("verification", "least_needle_mm").amount
    )
    least_mm = limit("verification", "needle_in_body_mm").amount
    lines = tuple(line for line in lines if body is None or _length_in(body, line) >= least_mm)
    widest = limit("verification", "widest_needle_mm")
    findings: list[Finding] = [*_coarse(image), *wide_metal(lines, widest)]
    slim = [line for line in lines if line.width_mm <= widest.amount]
    ends = [_tip_and_rear(line, image, body, planned) for line in slim]
    fits = fit_needles(image, [tip for tip, _ in ends], [rear for _, rear in ends])
    needles = [_needle(image, body, *item) for item in zip(slim, ends, fits, strict=True)]
    inside = [item for item in needles if stays_inside(item, body, image.grid) and not _is_planned(item, planned)]
    needles = _without_doubles([needle for needle in needles if needle not in inside])
    findings += metal_inside(inside)
    findings += [_tip_outside(n, needle) for n, needle in enumerate(needles, 1) if not needle.tip_seen]
    if not needles:
        text = "The control image shows no needle: no straight metal of its width and length lies in the body."
        findings.append(Finding("verify.no_needle", Severity.WARN, text, limit=limit("verification", "metal_hu")))
    return tuple(needles), tuple(findings)


def _is_planned(needle: FoundNeedle, planned: Sequence[Trajectory]) -> bool:
    return any(is_near(needle_error(way, needle.trajectory)) for way in planned)


def _coarse(image: Image) -> tuple[Finding, ...]:
    """A finding where voxels are too large to find needles exactly, or to tell apart those that cross."""
    within, across = limit("verification", "needle_voxel_mm"), limit("verification", "needle_slice_mm")
    _, middle, largest = sorted(image.grid.spacing_mm)
    if middle <= within.amount and largest <= across.amount:
        return ()
    measured, bound = (middle, within) if middle > within.amount else (largest, across)
    text = f"The control image has voxels of {measured:.1f} mm: tips are not sure, and needles that cross are mixed up."
    return (Finding("verify.coarse", Severity.WARN, text, measured, "mm", bound),)


def _tip_outside(number: int, needle: FoundNeedle) -> Finding:
    text = f"Needle {number} of the control image runs out of it: its tip is not shown, and its depth is not known."
    return Finding("verify.tip_outside", Severity.WARN, text, place_mm=needle.tip_mm)


def _needle(
    image: Image, body: Mask | None, line: MetalLine, ends: tuple[Floats, Floats], fit: FittedNeedle
) -> FoundNeedle:
    tip, rear = ends
    seen = bool(image.grid.contains(tip + _BORDER_MM * fit.direction))
    foremost = fit.tip_mm if seen else fit.tip_mm + ((tip - fit.tip_mm) @ fit.direction) * fit.direction
    entry = None if body is None else _entry(body, foremost, -fit.direction)
    behind = foremost - float((tip - rear) @ fit.direction) * fit.direction
    return FoundNeedle(_point(foremost), _point(fit.direction), _point(behind), entry, line.width_mm, seen)


def _tip_and_rear(
    line: MetalLine, image: Image, body: Mask | None, planned: Sequence[Trajectory]
) -> tuple[Floats, Floats]:
    """Which end is the tip: as the nearest planned needle points; else the one that has more body before it."""
    ends = (line.last_mm, line.first_mm)
    most = np.cos(np.deg2rad(limit("verification", "match_deg").amount))
    near = [item for item in planned if abs(float(line.direction @ np.asarray(item.direction))) >= most]
    if near:
        middle = (line.first_mm + line.last_mm) / 2.0
        mine = min(near, key=lambda item: _off_axis(item, middle))
        forward = float(line.direction @ np.asarray(mine.direction)) > 0
    elif body is not None:
        forward = _way_out_mm(body, line.last_mm, line.direction) >= _way_out_mm(body, line.first_mm, -line.direction)
    else:
        forward = _way_out_mm(image, line.last_mm, line.direction) >= _way_out_mm(image, line.first_mm, -line.direction)
    return ends if forward else ends[::-1]


def _off_axis(trajectory: Trajectory, place: Floats) -> float:
    offset, unit = place - np.asarray(trajectory.tip_mm), np.asarray(trajectory.direction)
    return float(np.linalg.norm(offset - (offset @ unit) * unit))


def _way_out_mm(within: Mask | Image, start: Floats, direction: Floats) -> float:
    """How far it is along a direction out of a body or an image; 0 where the start is outside."""
    steps = np.arange(0.0, _FARTHEST_MM, 2.0)
    points = start + steps[:, None] * direction
    inside = within.grid.contains(points) if isinstance(within, Image) else _marked(within, points)
    return float(steps[-1] if inside.all() else steps[int(np.argmin(inside))])


def _entry(body: Mask, tip: Floats, back: Floats) -> Point | None:
    """Where a needle goes through the skin; None where the image ends before.

    The skin is taken from around the needle: at the needle itself the outline of the body may follow the metal.
    """
    basis = np.linalg.svd(back[None])[2][1:]
    turns = np.linspace(0.0, 2.0 * np.pi, _AROUND, endpoint=False)
    ring = _AROUND_MM * (np.cos(turns)[:, None] * basis[0] + np.sin(turns)[:, None] * basis[1])
    depths = [_way_to_skin_mm(body, tip + offset, back) for offset in ring]
    known = [depth for depth in depths if depth is not None]
    return _point(tip + float(np.median(known)) * back) if 2 * len(known) > _AROUND else None


def _way_to_skin_mm(body: Mask, start: Floats, direction: Floats) -> float | None:
    """How far along a way the body ends for the last time; None where it never begins or the image ends before."""
    steps = np.arange(0.0, _FARTHEST_MM, _STEP_MM)
    points = start + steps[:, None] * direction
    shown = body.grid.contains(points)
    last = int(np.argmin(shown)) if not shown.all() else len(steps)
    inside = np.flatnonzero(_marked(body, points[:last]))
    return None if not inside.size or inside[-1] == last - 1 else float(steps[inside[-1]]) + 0.5 * _STEP_MM


def _marked(body: Mask, points: Floats) -> NDArray[np.bool_]:
    """Whether each point lies in the mask."""
    ijk = np.rint(body.grid.to_ijk(points)).astype(int) - np.asarray(body.corner[::-1])
    size = np.asarray(body.voxels.shape[::-1])
    inside = np.all((ijk >= 0) & (ijk < size), axis=1)
    i, j, k = np.clip(ijk, 0, np.maximum(size - 1, 0)).T
    return np.asarray(inside & body.voxels[k, j, i]) if body.voxels.size else inside & False


def _length_in(body: Mask, line: MetalLine) -> float:
    points = line.first_mm + np.arange(0.0, line.length_mm, 1.0)[:, None] * line.direction
    return float(np.count_nonzero(_marked(body, points)))


def _without_doubles(needles: Sequence[FoundNeedle]) -> list[FoundNeedle]:
    """Needles that do not run within another one: what blooming left over can look like a second needle."""
    kept: list[FoundNeedle] = []
    same_mm, same_deg = (limit("verification", key).amount for key in ("same_needle_mm", "same_needle_deg"))
    for needle in needles:
        middle = (np.asarray(needle.tip_mm) + np.asarray(needle.rear_mm)) / 2.0
        double = any(
            _off_axis(other.trajectory, middle) < same_mm
            and abs(np.dot(needle.direction, other.direction)) > np.cos(np.deg2rad(same_deg))
            for other in kept
        )
        if not double:
            kept.append(needle)
    return kept


def _point(values: Floats) -> Point:
    x, y, z = (float(v) for v in values)
    return x, y, z

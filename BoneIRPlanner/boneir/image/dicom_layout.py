"""Layout: the regular grid that a stack of slices becomes, and what had to be repaired for it.

Slices may be shifted against each other within their planes (gantry tilt) and stand at uneven distances. The layout
keeps the planes as they were measured, so that tilt costs an in-plane shift and no blur across slices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError
from ..findings import Finding, Severity
from ..grid import Grid
from .dicom_stack import Stack
from .image_limits import check_range, image_limit

HOLE = 1.5
"""A gap of more than this times what it should be is a hole: a slice is missing."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the slices of a stack lie in a regular grid.

    Parameters
    ----------
    grid : Grid
    depth : ndarray, shape (n,)
        Place of each slice along the k axis of the grid, in voxels.
    shift : ndarray, shape (n, 2)
        Place of each slice's first pixel along i and j of the grid, in voxels.
    is_regular : bool
        Whether slices and voxels coincide, so that nothing has to be resampled.
    findings : tuple of Finding
    """

    grid: Grid
    depth: NDArray[np.float64]
    shift: NDArray[np.float64]
    is_regular: bool
    findings: tuple[Finding, ...] = ()


def lay_out(stack: Stack) -> Layout:
    """Find the regular grid of a stack.

    Raises
    ------
    ImageError
        If the slices are no volume: one place, a hole too wide to fill, a spacing that cannot be.
    """
    first = stack.slices[0]
    if len(stack.slices) < 2 or stack.is_one_place:
        raise ImageError(_no_volume(stack))
    check_range("pixel_spacing", min(first.spacing_mm), max(first.spacing_mm), f"{first.label}: the pixel spacing")
    places = np.array([item.position_mm for item in stack.slices])
    offsets = places - places[0]
    across = offsets @ stack.normal
    along = np.stack([offsets @ np.array(first.row), offsets @ np.array(first.column)], axis=1)
    step, findings = _step(stack, across)
    check_range("slice_spacing", step, step, f"{first.path.parent.name}: the slice spacing")
    tolerance = image_limit("slice_tolerance").amount
    count = round(across[-1] / step) + 1
    even = len(across) == count and bool(np.all(np.abs(across - step * np.arange(count)) <= tolerance))
    straight = bool(np.all(np.abs(along) <= max(tolerance, 0.1 * min(first.spacing_mm))))
    if not straight:
        findings.append(_tilt_finding(across, along, stack))
    if bool(np.any(np.abs(across - step * np.rint(across / step)) > tolerance)):
        findings.append(_uneven_finding(across, step))
    low = np.zeros(2) if straight else along.min(axis=0)
    extra = np.zeros(2, int) if straight else np.ceil(np.ptp(along, axis=0) / first.spacing_mm - 1e-3).astype(int)
    origin = places[0] + low[0] * np.array(first.row) + low[1] * np.array(first.column)
    grid = Grid(
        shape=(count, first.size[1] + int(extra[1]), first.size[0] + int(extra[0])),
        spacing_mm=(*first.spacing_mm, step),
        origin_mm=(float(origin[0]), float(origin[1]), float(origin[2])),
        direction=tuple(np.stack([first.row, first.column, stack.normal], axis=1).ravel().tolist()),
    )
    shift = np.zeros_like(along) if straight else (along - low) / first.spacing_mm
    return Layout(grid, across / step, shift, straight and even, (*findings, *_thickness_findings(stack, step)))


def _step(stack: Stack, across: NDArray[np.float64]) -> tuple[float, list[Finding]]:
    """Slice distance that divides the stack evenly, after a look at its holes."""
    gaps = np.diff(across)
    typical = float(np.sort(gaps)[(len(gaps) - 1) // 2])
    findings = []
    for n, gap in enumerate(gaps):
        thickness = max(stack.slices[n].thickness_mm or 0.0, stack.slices[n + 1].thickness_mm or 0.0)
        if gap > HOLE * max(typical, thickness):
            findings.append(_hole(stack, n, float(gap), typical))
    return float(across[-1] / max(1, round(across[-1] / typical))), findings


def _hole(stack: Stack, n: int, gap: float, typical: float) -> Finding:
    before, after = stack.slices[n], stack.slices[n + 1]
    limit = image_limit("largest_filled_gap")
    missing = max(1, round(gap / typical) - 1)
    which = f"{missing} slice{'s'[: missing > 1]} between {before.label} and {after.label}"
    if gap > limit.amount:
        raise ImageError(
            f"{before.path.parent.name}: {which} missing; the hole of {gap:.1f} mm (elsewhere {typical:.2f} mm) "
            f"is wider than the {limit} that may be filled."
        )
    x, y, z = (float(a + b) / 2 for a, b in zip(before.position_mm, after.position_mm, strict=True))
    return Finding(
        code="image.missing_slices",
        severity=Severity.WARN,
        text=f"{which} missing; the hole of {gap:.2f} mm was filled by interpolation.",
        measured=gap,
        unit="mm",
        limit=limit,
        place_mm=(x, y, z),
    )


def _tilt_finding(across: NDArray[np.float64], along: NDArray[np.float64], stack: Stack) -> Finding:
    slope = (across @ along) / (across @ across)
    rest = float(np.abs(along - across[:, None] * slope).max())
    tilt = float(np.degrees(np.arctan(np.hypot(*slope))))
    if rest <= 1.0:
        return Finding(
            code="image.gantry_tilt",
            severity=Severity.NOTE,
            text=f"The gantry was tilted by {tilt:.1f} degrees; the slices were shifted in their planes "
            "onto a grid with perpendicular axes.",
            measured=tilt,
            unit="degrees",
        )
    return Finding(
        code="image.shifted_slices",
        severity=Severity.WARN,
        text=f"The slices are shifted against each other by up to {float(np.abs(along).max()):.1f} mm "
        f"({stack.slices[0].label} on); they were put where their headers say.",
        measured=float(np.abs(along).max()),
        unit="mm",
    )


def _uneven_finding(across: NDArray[np.float64], step: float) -> Finding:
    gaps = np.diff(across)
    return Finding(
        code="image.uneven_slices",
        severity=Severity.WARN,
        text=f"The slices stand {gaps.min():.2f} to {gaps.max():.2f} mm apart; they were resampled to {step:.2f} mm.",
        measured=float(gaps.max()),
        unit="mm",
    )


def _thickness_findings(stack: Stack, step: float) -> list[Finding]:
    findings = []
    thickness = stack.slices[0].thickness_mm
    limit = image_limit("thick_slice")
    if step > limit.amount:
        findings.append(
            Finding(
                code="image.thick_slices",
                severity=Severity.WARN,
                text=f"The slices stand {step:.2f} mm apart; thin cortex, foramina and small vessels are not resolved.",
                measured=step,
                unit="mm",
                limit=limit,
            )
        )
    if thickness is not None and abs(thickness - step) > 0.1 * step:
        word = "overlap" if thickness > step else "leave gaps"
        findings.append(
            Finding(
                code="image.slice_thickness",
                severity=Severity.NOTE,
                text=f"The slices are {thickness:.2f} mm thick and stand {step:.2f} mm apart: they {word}.",
                measured=thickness,
                unit="mm",
            )
        )
    return findings


def _no_volume(stack: Stack) -> str:
    first = stack.slices[0]
    if len(stack.slices) == 1:
        return f"{first.label}: a single slice is no volume."
    return (
        f"{first.path.parent.name}: all {len(stack.slices)} slices ({first.label} to {stack.slices[-1].label}) lie in "
        "one place: a series in time, not a volume."
    )

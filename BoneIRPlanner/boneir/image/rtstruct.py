"""RTSTRUCT: the outlines of a radiotherapy structure set as masks, filled from their contours.

A structure set gives planar contours in LPS mm (DICOM PS3.3 C.8.8.6) and seldom the grid that they were drawn on. They
are filled on a grid of their own, as fine as they deserve, and brought to the planning image afterwards like any other
outline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError, OutlineError
from ..grid import Grid
from ..mask import Mask
from .dicom_header import read_dicom, text
from .polygon_fill import pixels_within
from .seg_nrrd import Segment

STRUCTURE_SET_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
"""RT Structure Set Storage."""

Floats = NDArray[np.float64]

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_PIXEL_MM = 0.5
_MOST_PIXELS = 2000
_FLAT_MM = 0.1
"""A contour whose points leave its plane by more than this is not planar."""
_LONE_SLICE_MM = 3.0
"""Thickness given to an outline that has one contour only."""


@dataclass(frozen=True, eq=False)
class _Stack:
    """The contours of one outline in a frame of their own: two axes in the plane, one across."""

    axes: Floats
    planes: dict[float, list[Floats]]


def read_rtstruct(path: Path) -> tuple[Segment, ...]:
    """Read the outlines of a structure set that have closed contours; points and open lines are left out.

    Returns
    -------
    tuple of Segment
        Each on a grid in the plane of its contours, of 0.5 mm (coarser for very large ones) and as thick as the
        contours lie apart.

    Raises
    ------
    OutlineError
        If the file has no contours, or they are broken: not in triplets, not finite, not planar or in several
        directions.
    """
    try:
        data = read_dicom(path)
        names = {int(item.ROINumber): text(item, "ROIName") for item in data.get("StructureSetROISequence") or ()}
        found = []
        for item in data.get("ROIContourSequence") or ():
            number = int(item.ReferencedROINumber)
            name = names.get(number) or f"ROI {number}"
            contours = _contours(item, name, path)
            if contours:
                found.append(Segment(name, _filled(_stack(contours, name, path), name, path)))
    except ImageError as error:
        raise OutlineError(str(error)) from error
    except (AttributeError, TypeError, ValueError) as error:
        words = " ".join(str(error).split())[:160]
        raise OutlineError(f"{path.name}: the structure set cannot be read ({words}).") from error
    if not found:
        raise OutlineError(f"{path.name}: the structure set holds no closed contour.")
    return tuple(found)


def _contours(item: Any, name: str, path: Path) -> list[Floats]:
    """The closed contours of one outline, each (n, 3) in LPS mm."""
    out = []
    for contour in item.get("ContourSequence") or ():
        if text(contour, "ContourGeometricType") not in _CLOSED:
            continue
        numbers = np.asarray([float(x) for x in contour.get("ContourData") or ()])
        if numbers.size % 3 or not np.isfinite(numbers).all():
            raise OutlineError(f"{path.name}: a contour of {name!r} has {numbers.size} numbers; triplets are right.")
        if numbers.size >= 9:
            out.append(numbers.reshape(-1, 3))
    return out


def _stack(contours: Sequence[Floats], name: str, path: Path) -> _Stack:
    """Contours by their plane, with points (u, v) along the axes of the frame."""
    axes = _frame(contours)
    planes: dict[float, list[Floats]] = {}
    for points in contours:
        u, v, w = (points @ axes).T
        if float(np.ptp(w)) > 2 * _FLAT_MM:
            fault = f"a contour of {name!r} leaves its plane by {np.ptp(w) / 2:.1f} mm, or lies across the others"
            raise OutlineError(f"{path.name}: {fault}; planar contours in one direction are right.")
        level = float(w.mean())
        known = next((key for key in planes if abs(key - level) <= 2 * _FLAT_MM), level)
        planes.setdefault(known, []).append(np.stack([u, v], axis=1))
    return _Stack(axes, dict(sorted(planes.items())))


def _frame(contours: Sequence[Floats]) -> Floats:
    """3x3 matrix whose columns are two axes in the plane of the contours and their common normal, right-handed."""
    largest = max(contours, key=lambda points: float(np.linalg.norm(_area(points))))
    normal = _area(largest)
    normal = normal / max(float(np.linalg.norm(normal)), 1e-12)
    # The exact axis where it is meant to be one: the last digits of the contours must not turn the grid.
    main = int(np.argmax(np.abs(normal)))
    if abs(normal[main]) > 1 - 1e-6:
        normal = np.eye(3)[main]
    normal = normal * (np.sign(normal[main]) or 1.0)
    across = np.eye(3)[0 if main != 0 else 1]
    first = across - normal * float(across @ normal)
    first = first / np.linalg.norm(first)
    return np.stack([first, np.cross(normal, first), normal], axis=1)


def _area(points: Floats) -> Floats:
    """Vector normal to a closed contour, as long as twice its area."""
    away = points - points.mean(axis=0)
    return np.asarray(np.cross(away, np.roll(away, -1, axis=0)).sum(axis=0))


def _filled(stack: _Stack, name: str, path: Path) -> Mask:
    """The contours filled slice by slice; a slice that is missing between two is filled from its nearer neighbour."""
    levels = np.asarray(list(stack.planes))
    thick = float(np.median(np.diff(levels))) if levels.size > 1 else _LONE_SLICE_MM
    corners = np.concatenate([points for plane in stack.planes.values() for points in plane])
    low, high = corners.min(axis=0), corners.max(axis=0)
    step = max(_PIXEL_MM, float((high - low).max()) / _MOST_PIXELS)
    columns, rows = (int(n) + 3 for n in np.ceil((high - low) / step))
    count = round(float(levels[-1] - levels[0]) / thick) + 1
    start = low - step
    marked = np.zeros((count, rows, columns), bool)
    for k in range(count):
        level = levels[0] + k * thick
        nearest = float(levels[int(np.argmin(np.abs(levels - level)))])
        if abs(nearest - level) <= 1.01 * thick:
            marked[k] = pixels_within([(points - start) / step for points in stack.planes[nearest]], (rows, columns))
    if not marked.any():
        raise OutlineError(f"{path.name}: the contours of {name!r} enclose nothing.")
    x, y, z = (float(v) for v in stack.axes @ np.asarray([start[0], start[1], levels[0]]))
    direction = tuple(float(v) for v in stack.axes.ravel())
    return Mask.of(marked, Grid((count, rows, columns), (step, step, thick), (x, y, z), direction))  # type: ignore[arg-type]

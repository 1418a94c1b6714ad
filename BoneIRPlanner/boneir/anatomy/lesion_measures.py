"""What can be measured on a lesion: size, CT numbers, kind, and how near the critical structures are."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from ..assessment import Measure
from ..case import Case, Image, Lesion, Modality, Role, Structure
from ..errors import OutlineError
from ..evidence import Value
from ..findings import Point
from ..mask import Mask
from .extent import axial_axes, longest_diameter_mm
from .lesion_kind import kind_of
from .neighbourhood import healthy_marrow, neighbourhood
from .settings import setting
from .structures import structure_kinds

_KNOWN: WeakKeyDictionary[Case, WeakKeyDictionary[Lesion, tuple[Measure, ...]]] = WeakKeyDictionary()
"""What was measured: case and lesion never change, and many plans are assessed on the same."""


def measure_lesion(case: Case, lesion: Lesion) -> tuple[Measure, ...]:
    """Measure a lesion.

    Parameters
    ----------
    case : Case
        That the lesion belongs to.
    lesion : Lesion

    Returns
    -------
    tuple of Measure
        ``lesion.volume`` (mL), ``lesion.long_axis``, ``lesion.short_axis`` (RECIST, in axial slices) and
        ``lesion.diameter`` (in space) in mm; on CT ``lesion.hu_mean``, ``_sd``, ``_median``, ``_p5``, ``_p95`` and
        ``lesion.kind``; and ``lesion.distance`` in mm to each critical structure that is near, with the place on it.

    Raises
    ------
    OutlineError
        If the lesion marks nothing.
    """
    if lesion.mask.is_empty:
        raise OutlineError(f"The lesion {lesion.name!r} marks no voxel: there is nothing to measure.")
    known = _KNOWN.setdefault(case, WeakKeyDictionary())
    if lesion not in known:
        known[lesion] = _measured(case, lesion)
    return known[lesion]


def _measured(case: Case, lesion: Lesion) -> tuple[Measure, ...]:
    measures = [*_sizes(lesion)]
    if case.image.modality is Modality.CT:
        measures += [*_numbers(case.image, lesion), _kind(case, lesion)]
    critical = case.of_role(Role.CRITICAL)
    measures += [m for structure in critical if (m := _distance(lesion, structure)) is not None]
    return tuple(measures)


def _sizes(lesion: Lesion) -> tuple[Measure, ...]:
    axes = axial_axes(lesion.mask)
    about, centre = lesion.name, lesion.mask.centroid_mm
    return (
        Measure("lesion.volume", "Volume", lesion.mask.volume_ml, "mL", about, place_mm=centre),
        Measure("lesion.long_axis", "Long axis in the slice", axes.long_mm, "mm", about, place_mm=axes.middle_mm),
        Measure("lesion.short_axis", "Short axis across it", axes.short_mm, "mm", about, place_mm=axes.middle_mm),
        Measure("lesion.diameter", "Largest diameter", longest_diameter_mm(lesion.mask), "mm", about, place_mm=centre),
    )


def _values(image: Image, mask: Mask) -> NDArray[np.float64]:
    return np.asarray(image.voxels[mask.window][mask.voxels], np.float64)


def _numbers(image: Image, lesion: Lesion) -> tuple[Measure, ...]:
    values = _values(image, lesion.mask)
    p5, median, p95 = (float(v) for v in np.percentile(values, (5, 50, 95)))
    rows = (
        ("mean", "Mean CT number", float(values.mean())),
        ("sd", "Standard deviation of the CT number", float(values.std())),
        ("median", "Median CT number", median),
        ("p5", "5th percentile of the CT number", p5),
        ("p95", "95th percentile of the CT number", p95),
    )
    return tuple(Measure(f"lesion.hu_{code}", title, amount, "HU", lesion.name) for code, title, amount in rows)


def _kind(case: Case, lesion: Lesion) -> Measure:
    """The kind as a note; without an outline of bone the fixed limits serve."""
    healthy = None
    if case.of_role(Role.BONE):
        around = neighbourhood(case, lesion.mask, setting("healthy_to_mm"))
        healthy = healthy_marrow(around, lesion.mask.part(around.corner, _shape(around.bone)))
    kind = kind_of(_values(case.image, lesion.mask), healthy)
    return Measure("lesion.kind", "Kind", None, "", lesion.name, note=str(kind))


def _shape(array: NDArray[np.bool_]) -> tuple[int, int, int]:
    k, j, i = array.shape
    return k, j, i


def _distance(lesion: Lesion, structure: Structure) -> Measure | None:
    """Smallest distance between the surfaces of lesion and structure, or None where it is not near."""
    reach = setting("near_mm")
    box = _wider_box(lesion.mask, reach)
    there = structure.mask.part(*box)
    if not there.any():
        return None
    near, place = _nearest(lesion.mask, there, box[0])
    if near > reach:
        return None
    kind = structure_kinds().get(structure.kind)
    name = kind.name if kind is not None else structure.name
    limit: Value | None = kind.clearance if kind is not None else None
    title = f"Distance to {name[0].lower() + name[1:]}"
    return Measure("lesion.distance", title, near, "mm", structure.name, limit=limit, place_mm=place)


def _wider_box(mask: Mask, reach_mm: float) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    steps = [int(np.ceil(reach_mm / step)) for step in mask.grid.spacing_mm[::-1]]
    low = [max(0, c - n) for c, n in zip(mask.corner, steps, strict=True)]
    ends = zip(mask.corner, mask.voxels.shape, steps, mask.grid.shape, strict=True)
    high = [min(size, c + n + step) for c, n, step, size in ends]
    shape = [b - a for a, b in zip(low, high, strict=True)]
    return (low[0], low[1], low[2]), (shape[0], shape[1], shape[2])


def _nearest(mask: Mask, there: NDArray[np.bool_], corner: tuple[int, int, int]) -> tuple[float, Point]:
    """Distance between the facing surfaces of both outlines, and the nearest place of the second in LPS mm."""
    pitch = np.asarray(mask.grid.spacing_mm[::-1])
    mine = (np.argwhere(_rim(mask.voxels)) + mask.corner) * pitch
    theirs = np.argwhere(_rim(there)) + corner
    distance, index = cKDTree(mine).query(theirs * pitch)
    at = int(np.argmin(distance))
    line = theirs[at] * pitch - mine[int(index[at])]
    length = float(np.linalg.norm(line))
    # From centre to centre there is half a voxel on either side that belongs to the outlines.
    inside = float(np.linalg.norm(line / length * pitch)) if length > 0 else 0.0
    x, y, z = (float(v) for v in mask.grid.to_mm(theirs[at][::-1]))
    return max(0.0, length - inside), (x, y, z)


def _rim(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(marked & ~ndimage.binary_erosion(marked))

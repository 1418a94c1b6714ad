"""A path in the words of the room: how the C-arm stands, where the skin is marked, how deep it goes, which needle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..assessment import Measure
from ..case import Case, Role
from ..errors import ResourceError
from ..evidence import Value, read_value
from ..findings import Point
from ..mask import Mask
from ..plan import Position, Trajectory
from ..resources import read_resource
from .field import kin_of
from .path_samples import PathSamples

_UP = {
    Position.PRONE: (0.0, 1.0, 0.0),
    Position.SUPINE: (0.0, -1.0, 0.0),
    Position.LEFT_LATERAL: (-1.0, 0.0, 0.0),
    Position.RIGHT_LATERAL: (1.0, 0.0, 0.0),
}
"""LPS unit vector from the table to the ceiling."""
_NO_PLANE = 1e-3
"""Share of a beam across the body below which it runs straight along it."""
_WHOLE_DEG = 0.5
"""Angles are said in whole degrees; a smaller one is none."""


@dataclass(frozen=True)
class BeamView:
    """How a C-arm stands so that its beam runs along the needle, which is then seen as a point.

    Parameters
    ----------
    primary_deg : float or None
        Positioner primary angle of DICOM, -180..180: 0 with the detector before the chest, 90 at the patient's left
        (LAO), -90 at the right (RAO). None where the beam runs straight along the body.
    secondary_deg : float
        Positioner secondary angle of DICOM: positive where the detector is turned to the head (CRA), negative to the
        feet (CAU).
    words : str
        The same in words ("LAO 30, CRA 10"); behind the patient "LPO" and "RPO".
    """

    primary_deg: float | None
    secondary_deg: float
    words: str


def beam_along(trajectory: Trajectory, position: Position) -> BeamView:
    """The C-arm's angles for a view down the barrel, the detector above the table and the tube below it.

    The angles are those of DICOM PS3.3, C.8.7.5 (XA Positioner), which are the patient's and hold for every position:
    https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.8.7.5.html. A horizontal needle is looked at
    from its hub.

    Parameters
    ----------
    trajectory : Trajectory
    position : Position

    Raises
    ------
    PlanError
        If entry and tip are the same place.
    """
    x, y, z = trajectory.direction
    height = sum(a * b for a, b in zip((x, y, z), _UP[position], strict=True))
    side = 1.0 if height > 1e-9 else -1.0
    left, back, up = side * x, side * y, side * z
    secondary = math.degrees(math.asin(max(-1.0, min(1.0, up))))
    if math.hypot(left, back) < _NO_PLANE:
        words = "along the body: no C-arm looks down this needle"
        return BeamView(None, secondary, words)
    primary = math.degrees(math.atan2(left, -back))
    return BeamView(primary, secondary, f"{_around_words(primary)}, {_head_words(secondary)}")


def _around_words(primary_deg: float) -> str:
    side = "L" if primary_deg > 0 else "R"
    turned = abs(primary_deg)
    if turned < _WHOLE_DEG:
        return "LAO/RAO 0"
    if turned > 180 - _WHOLE_DEG:
        return "LPO/RPO 0"
    return f"{side}AO {turned:.0f}" if turned <= 90 else f"{side}PO {180 - turned:.0f}"


def _head_words(secondary_deg: float) -> str:
    if abs(secondary_deg) < _WHOLE_DEG:
        return "CRA 0"
    return f"{'CRA' if secondary_deg > 0 else 'CAU'} {abs(secondary_deg):.0f}"


@dataclass(frozen=True)
class Offset:
    """Where a point lies as seen from another, along the patient's axes.

    Parameters
    ----------
    left_mm, back_mm, up_mm : float
        To the patient's left, back and head; negative to the right, front and feet.
    """

    left_mm: float
    back_mm: float
    up_mm: float

    @property
    def words(self) -> str:
        """In whole mm: "35 mm left, 12 mm towards the feet"."""
        parts = [
            f"{abs(amount):.0f} mm {more if amount > 0 else less}"
            for amount, more, less in (
                (self.left_mm, "left", "right"),
                (self.back_mm, "towards the back", "towards the front"),
                (self.up_mm, "towards the head", "towards the feet"),
            )
            if abs(amount) >= _WHOLE_DEG
        ]
        return ", ".join(parts) or "there"


def offset_from(point_mm: Point, reference_mm: tuple[float | None, float | None, float | None]) -> Offset:
    """Offset of a point from a landmark, or from laser lines.

    Parameters
    ----------
    point_mm : Point
        LPS mm.
    reference_mm : three float or None
        LPS mm of a landmark; for laser lines the places of those that are used, None for the others: a sagittal laser
        is ``(x, None, None)``, a transverse one ``(None, None, z)``.
    """
    found = (0.0 if r is None else p - r for p, r in zip(point_mm, reference_mm, strict=True))
    return Offset(*found)


def midline_mm(case: Case, height_mm: float) -> float | None:
    """The L coordinate of the midline at a height: that of the spinal canal, or else of the body.

    Parameters
    ----------
    case : Case
    height_mm : float
        S coordinate.

    Returns
    -------
    float or None
        None where neither is outlined at that height.
    """
    canals = [item for item in case.structures if kin_of(item) == "cord"]
    thick = max(case.image.grid.spacing_mm) / 2 + 1e-6
    for item in (*canals, *case.of_role(Role.BODY)):
        here = _points_at(item.mask, height_mm, thick)
        if len(here):
            return float((here[:, 0].min() + here[:, 0].max()) / 2)
    return None


def _points_at(mask: Mask, height_mm: float, thick_mm: float) -> NDArray[np.float64]:
    """LPS mm of the marked voxels whose centres lie at a height; only the layers that can hold them are looked at."""
    if mask.is_empty:
        return np.zeros((0, 3))
    grid = mask.window_grid
    rise = grid.axes[2]  # of one voxel along i, j and k
    main = int(np.argmax(np.abs(rise)))
    size = np.asarray(grid.shape[::-1])
    others = np.delete(rise * (size - 1), main)
    low = height_mm - thick_mm - grid.origin_mm[2] - float(np.maximum(others, 0).sum())
    high = height_mm + thick_mm - grid.origin_mm[2] - float(np.minimum(others, 0).sum())
    ends = sorted((low / rise[main], high / rise[main]))
    first, last = max(int(np.ceil(ends[0])), 0), min(int(np.floor(ends[1])), int(size[main]) - 1)
    if first > last:
        return np.zeros((0, 3))
    window = [slice(None)] * 3
    window[2 - main] = slice(first, last + 1)
    ijk = np.argwhere(mask.voxels[tuple(window)])[:, ::-1]
    ijk[:, main] += first
    points = grid.to_mm(ijk)
    return np.asarray(points[np.abs(points[:, 2] - height_mm) <= thick_mm])


@dataclass(frozen=True)
class Depths:
    """How deep a needle goes, in mm behind the skin.

    Parameters
    ----------
    tip_mm : float
    cortex_mm : float or None
        Where it first meets bone; None where it meets none.
    lesion_mm : float or None
        Where it first meets the lesion; None where it meets none.
    target_mm : float or None
        Where it is nearest to the middle of the lesion; None without a lesion.
    """

    tip_mm: float
    cortex_mm: float | None
    lesion_mm: float | None
    target_mm: float | None


def depths_of(path: PathSamples) -> Depths:
    """Depth to the tip, the cortex, the lesion and the target."""
    bone = np.flatnonzero(path.within(path.case.of_role(Role.BONE)))
    hit = np.flatnonzero(path.in_lesion)
    target = None
    if path.lesion is not None and not path.lesion.mask.is_empty:
        along = np.asarray(path.lesion.mask.centroid_mm) - np.asarray(path.trajectory.entry_mm)
        at = float(along @ np.asarray(path.trajectory.direction))
        target = min(max(at, 0.0), path.trajectory.length_mm)
    first, second = (float(path.depth_mm[found[0]]) if found.size else None for found in (bone, hit))
    return Depths(path.trajectory.length_mm, first, second, target)


def room_measures(path: PathSamples, family: str = "bone_access") -> tuple[Measure, ...]:
    """Offset of the entry from the midline, depths, and the shortest needle that suffices, for the report.

    Parameters
    ----------
    path : PathSamples
    family : str
        Family of needles, as in `shortest_needle`.
    """
    entry = path.trajectory.entry_mm
    middle = midline_mm(path.case, entry[2])
    depths = depths_of(path)
    needle = shortest_needle(depths.tip_mm, path.limits.hub_reserve.amount, family)
    aside = None if middle is None else entry[0] - middle
    return (
        Measure(
            "access.from_midline", "Entry from the midline", aside, "mm", path.about, place_mm=entry,
            note="neither canal nor body is outlined at this height" if aside is None
            else "positive to the patient's left",
        ),
        Measure(
            "access.depth_cortex", "Depth to the cortex", depths.cortex_mm, "mm", path.about,
            note="the needle meets no outlined bone" if depths.cortex_mm is None else "",
        ),
        Measure(
            "access.depth_target", "Depth to the middle of the lesion", depths.target_mm, "mm", path.about,
            note="no lesion is named" if depths.target_mm is None else "",
        ),
        Measure(
            "access.needle_length", "Shortest bone needle that suffices", needle.amount if needle else None, "mm",
            path.about, note=f"with {path.limits.hub_reserve} outside the skin" if needle else "all are too short",
        ),
    )  # fmt: skip


@cache
def needle_lengths(family: str) -> tuple[Value, ...]:
    """Usable lengths of a family of needles, the shortest first.

    Raises
    ------
    ResourceError
        If there is no such family; the sentence lists those there are.
    """
    families = read_resource("Limits", "needle_lengths.json")["families"]
    if family not in families:
        raise ResourceError(f"There is no family of needles {family!r}; there is: {', '.join(families)}.")
    lengths = families[family]["lengths"]
    values = [read_value(item, f"Limits/needle_lengths.json, {family}[{n}]") for n, item in enumerate(lengths)]
    return tuple(sorted(values, key=lambda value: value.amount))


def shortest_needle(depth_mm: float, reserve_mm: float, family: str = "bone_access") -> Value | None:
    """The shortest needle of a family that goes so deep with a reserve outside the skin; None where all are too short.

    Parameters
    ----------
    depth_mm : float
        From the skin to the tip.
    reserve_mm : float
        Length that stays outside.
    family : str
        Key in ``Resources/Limits/needle_lengths.json``.
    """
    needed = depth_mm + reserve_mm - 1e-6
    return next((value for value in needle_lengths(family) if value.amount >= needed), None)

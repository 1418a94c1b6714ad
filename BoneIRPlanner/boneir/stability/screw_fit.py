"""How a screw sits in bone: what is left around it, where it stands out, and how dense the bone along it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image
from ..errors import BoneIRError
from ..findings import Point
from ..plan import Trajectory
from ..resources import limit
from .axis_in_bone import AxisInBone
from .corridor import Corridor
from .corridor_kinds import CorridorKind
from .in_bone import InBone

Floats = NDArray[np.float64]

_STEP_MM = 0.5
_TURNS = 24
_FLUSH_MM = 2.0
_LOOK_MM = 12.0
"""How far around a screw the surface is looked at."""


@dataclass(frozen=True)
class ScrewFit:
    """How a screw sits in bone.

    Parameters
    ----------
    margin_mm : float
        Least bone between its surface and that of the bone, behind the mouth of its entry; negative where it stands
        out.
    place_mm : Point
        Where that is, on its axis; LPS mm.
    in_bone_mm : float
        Length of its axis in bone.
    tip_out_mm : float
        How far its tip stands beyond the bone; 0 where it ends inside.
    """

    margin_mm: float
    place_mm: Point
    in_bone_mm: float
    tip_out_mm: float

    @property
    def breach_mm(self) -> float:
        """How far it stands out of bone at its side; 0 where it does not."""
        return max(0.0, -self.margin_mm)


def fit_of_screw(bone: InBone, trajectory: Trajectory, diameter_mm: float) -> ScrewFit | None:
    """Measure how a screw sits in bone.

    What counts is the surface of bone beside it, behind the mouth of its entry, up to its tip or to the mouth of its
    exit. Where the axis itself leaves the bone on its way, that is how far it stands out.

    Parameters
    ----------
    bone : InBone
    trajectory : Trajectory
        From head to tip.
    diameter_mm : float

    Returns
    -------
    ScrewFit or None
        None where its axis does not touch the bone.
    """
    way, length = np.asarray(trajectory.direction), trajectory.length_mm
    along = np.arange(0.0, length + _STEP_MM / 2, _STEP_MM)
    axis = np.asarray(trajectory.entry_mm) + along[:, None] * way
    inside = np.flatnonzero(bone.share_at(axis) >= 0.5)
    if not inside.size:
        return None
    first, last = float(along[inside[0]]), float(along[inside[-1]])
    middle = np.asarray(trajectory.point_at((first + last) / 2))
    around = AxisInBone(bone, middle, way, length, length, diameter_mm / 2 + _LOOK_MM)
    radius = diameter_mm / 2
    tip_out = max(0.0, length - last - _STEP_MM) if last < length - _STEP_MM else 0.0
    far = length - (first + last) / 2
    flush = around.ends(middle, way)[1] - far < _FLUSH_MM  # a tip at the far surface stands in the mouth of its exit
    beside, at = around.nearest(middle, way, None if tip_out or flush else far, (first - last) / 2)
    margin, depth = beside - radius, (first + last) / 2 + at
    gone = inside[0] + np.flatnonzero(bone.share_at(axis[inside[0] : inside[-1] + 1]) < 0.5)
    if gone.size:
        out = around.surface.signed_distance_mm(axis[gone])
        margin, depth = -float(out.max()) - radius, float(along[gone[int(out.argmax())]])
    place = trajectory.point_at(depth)
    return ScrewFit(margin, place, float(inside.size * _STEP_MM), tip_out)


def _rim(way: Floats, radius: float) -> Floats:
    across = np.cross(way, np.eye(3)[int(np.argmin(np.abs(way)))])
    across /= np.linalg.norm(across)
    turn = np.arange(_TURNS) * 2 * math.pi / _TURNS
    return np.asarray(radius * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * np.cross(way, across)))


def hu_along(image: Image, start_mm: Point, end_mm: Point, radius_mm: float) -> Floats:
    """CT numbers on the axis and half way to the surface of a cylinder, one row for each mm, shape (n, 9)."""
    way = np.subtract(end_mm, start_mm)
    length = float(np.linalg.norm(way))
    way = way / max(length, 1e-9)
    depth = np.arange(0.0, length + 0.5)
    rim = np.vstack([np.zeros(3), _rim(way, radius_mm / 2)[:: _TURNS // 8]])
    points = np.asarray(start_mm) + depth[:, None, None] * way + rim
    kji = np.moveaxis(image.grid.to_ijk(points)[..., ::-1], -1, 0)
    return np.asarray(ndimage.map_coordinates(image.voxels, kji, output=float, order=1, mode="nearest"))


def chosen_size(kind: CorridorKind, bone: InBone, corridor: Corridor, words: str) -> tuple[float, float]:
    """Diameter and length in mm of the largest screw of the catalogue that a corridor holds.

    Parameters
    ----------
    kind : CorridorKind
    bone : InBone
    corridor : Corridor
    words : str
        The corridor in words, for the error.

    Returns
    -------
    tuple of float
        The thinnest screw, where even that leaves too little bone.

    Raises
    ------
    BoneIRError
        If the corridor is shorter than the shortest screw.
    """
    gap = limit("screws", "gap").amount
    fitting = [d for d in kind.diameters_mm if d / 2 + gap <= corridor.radius_mm]
    diameter = fitting[-1] if fitting else kind.diameters_mm[0]
    room = corridor.length_mm - kind.reach.tip_mm
    if not kind.reach.through:
        way, middle = np.asarray(corridor.way), np.asarray(corridor.middle_mm)
        behind = float(np.linalg.norm(middle - np.asarray(corridor.entry_mm)))
        around = AxisInBone(bone, middle, way, behind + 5.0, corridor.length_mm - behind + 5.0, diameter / 2 + _LOOK_MM)
        far = around.farthest_mm(middle, way, diameter / 2 + (gap if fitting else 0.0))
        room = min(room, behind + max(far, kind.reach.ahead_mm))
    lengths = [length for length in kind.lengths_mm if length <= room + 1e-6]
    if not lengths:
        raise BoneIRError(
            f"The corridor through the {words} is {room:.0f} mm long, the shortest screw {kind.lengths_mm[0]:g} mm."
        )
    return diameter, lengths[-1]

"""How much of the walls of an acetabulum a lesion has taken: roof, rim, medial wall and both columns.

From the middle of the femoral head rays go out through the bone around the joint. On each the bone is measured as it
was and as it is left; a wall is told by the direction of its rays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image, Modality
from ..findings import Point
from ..mask import Mask
from ..resources import limit
from .hip_joint import JointBall, joint_ball, sphere_of_ways
from .pelvis_frame import PelvisFrame, pelvis_frame
from .scores import Harrington, harrington_class

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]

_RAYS = 4000
_STEP_MM = 0.5
_FIRST_MM = 1.0
"""Bone is measured from so far beyond the middle of the joint space."""
_LEAST_MM = 1.0
"""Rays with less bone than this went through no wall: the mouth and the notch of the socket."""
_LEAST_SEEN = 0.5
"""Of a wall that the image shows less of than this nothing is said."""
_LEAST_RAYS = 20


class Wall(StrEnum):
    """Parts of the bone around a hip joint."""

    ROOF = "roof"
    RIM = "lateral rim"
    MEDIAL = "medial wall"
    ANTERIOR = "anterior column"
    POSTERIOR = "posterior column"


@dataclass(frozen=True)
class WallState:
    """What is left of one wall.

    Parameters
    ----------
    wall : Wall
    lost_share : float
        Share of its area where a lesion has taken half of the bone or more.
    open_share : float
        Share of its area where no bone is left.
    left_mm : float
        Bone that is left on nearly all rays (their 5th percentile), as far as was looked.
    place_mm : Point
        Where least is left; LPS mm, on the joint space.
    """

    wall: Wall
    lost_share: float
    open_share: float
    left_mm: float
    place_mm: Point


@dataclass(frozen=True)
class Acetabulum:
    """The walls around one hip joint; a wall that the image does not show is missing."""

    side: str
    ball: JointBall
    walls: Mapping[Wall, WallState]

    @property
    def is_reached(self) -> bool:
        """Whether a lesion took anything of it."""
        return any(state.lost_share > 0.0 for state in self.walls.values())

    def is_intact(self, *walls: Wall) -> bool:
        """Whether so little of all these walls is lost that they count as intact."""
        most = limit("stability", "wall_deficient").amount
        return all(100.0 * self.walls[wall].lost_share <= most for wall in walls)

    def harrington(self, *, resection_for_cure: bool = False) -> Harrington | None:
        """Its class after Harrington; None for what the classification does not name.

        Raises
        ------
        KeyError
            If roof, rim or medial wall is not shown.
        """
        return harrington_class(
            medial_wall_intact=self.is_intact(Wall.MEDIAL),
            roof_and_rim_intact=self.is_intact(Wall.ROOF, Wall.RIM),
            resection_for_cure=resection_for_cure,
        )


def acetabulum_with(image: Image, lesion: Mask, bones: Mapping[str, Mask], side: str) -> Acetabulum:
    """Measure the walls around a hip joint, a lesion among them.

    Parameters
    ----------
    image : Image
    lesion : Mask
    bones : mapping of structure key to mask
        With "hip_..." and "femur_..." of the side; the other hip bone sets the axis of the pelvis where it is there.
    side : str
        "left" or "right", the patient's.

    Raises
    ------
    OutlineError
        If no hip joint is found.
    """
    frame = pelvis_frame(bones)
    hip = bones[f"hip_{side}"]
    medial = frame.way(-1.0, 0.0, 0.0, side)
    ball = joint_ball(image, hip, bones[f"femur_{side}"], medial)
    ways = sphere_of_ways(_RAYS)
    before, left = _bone_on(image, hip, lesion, ball, ways)
    kinds = walls_of(ways, frame, side)
    walls = {}
    for wall in Wall:
        state = _state(wall, kinds == wall, before, left, ball, ways)
        if state is not None:
            walls[wall] = state
    return Acetabulum(side, ball, walls)


def walls_of(ways: Floats, frame: PelvisFrame, side: str) -> NDArray[np.object_]:
    """The wall that each direction from the middle of the head leads through."""
    lateral = ways @ frame.way(1.0, 0.0, 0.0, side)
    roof, medial = (np.cos(np.radians(limit("stability", key).amount)) for key in ("roof_cone", "medial_cone"))
    kinds = np.where(ways @ frame.back > 0, Wall.POSTERIOR, Wall.ANTERIOR).astype(object)
    kinds[lateral > np.sin(np.radians(limit("stability", "rim_beyond").amount))] = Wall.RIM
    kinds[-lateral >= medial] = Wall.MEDIAL
    kinds[ways @ frame.up >= roof] = Wall.ROOF
    return kinds


def _bone_on(image: Image, hip: Mask, lesion: Mask, ball: JointBall, ways: Floats) -> tuple[Floats, Floats]:
    """Bone on each ray in mm as it was and as it is left; NaN where the border of the image cuts it off."""
    reach = np.arange(_FIRST_MM, limit("stability", "wall_depth").amount + _STEP_MM / 2, _STEP_MM)
    points = np.asarray(ball.centre_mm) + (ball.radius_mm + reach)[None, :, None] * ways[:, None, :]
    kji = np.moveaxis(image.grid.to_ijk(points)[..., ::-1], -1, 0)
    sick = _share_at(lesion, kji) >= 0.5
    bone = (_share_at(hip, kji) >= 0.5) | sick
    gone = sick
    if image.modality is Modality.CT:
        hu = ndimage.map_coordinates(image.voxels, kji, output=float, order=1, mode="nearest")
        gone = sick & (hu < limit("stability", "lysed_hu").amount)
    before, left = (_STEP_MM * part.sum(axis=1) for part in (bone, bone & ~gone))
    inside = image.grid.contains(points)
    last = np.maximum(inside.sum(axis=1) - 1, 0)  # a ray that leaves the image does not come back
    cut_off = ~inside.all(axis=1) & np.take_along_axis(bone, last[:, None], axis=1)[:, 0]
    seen = inside[:, 0] & ~cut_off
    return np.where(seen, before, np.nan), np.where(seen, left, np.nan)


def _share_at(mask: Mask, kji: Floats) -> Floats:
    """Share of a mask at array indices (3, ...), interpolated linearly."""
    if mask.is_empty:
        return np.zeros(kji.shape[1:])
    padded = np.pad(mask.voxels, 1).astype(np.float32)
    own = kji - (np.asarray(mask.corner, float) - 1.0).reshape(3, *[1] * (kji.ndim - 1))
    return np.asarray(ndimage.map_coordinates(padded, own, order=1, cval=0.0), float)


def _state(
    wall: Wall, chosen: Marked, before: Floats, left: Floats, ball: JointBall, ways: Floats
) -> WallState | None:  # fmt: skip
    """What is left of a wall; None where the image shows too little of it."""
    shown = chosen & np.isfinite(before)
    held = shown & (before >= _LEAST_MM)
    if shown.sum() < _LEAST_SEEN * chosen.sum() or held.sum() < _LEAST_RAYS:
        return None
    lost = left[held] <= limit("stability", "wall_half").amount * before[held]
    worst = int(np.flatnonzero(held)[int(np.argmin(left[held]))])
    x, y, z = (float(v) for v in np.asarray(ball.centre_mm) + ball.radius_mm * ways[worst])
    open_share = float((left[held] < _LEAST_MM).mean())
    return WallState(wall, float(lost.mean()), open_share, float(np.quantile(left[held], 0.05)), (x, y, z))

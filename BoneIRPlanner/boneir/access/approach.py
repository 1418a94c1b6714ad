"""The way in, in the words of the room: "right transpedicular L3", "left posterior oblique, left hip bone"."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..anatomy.structures import structure_kinds
from ..case import Case, Lesion, Structure
from ..plan import Trajectory
from .bones import bones_holding
from .clearance import points_along
from .field import kin_of
from .joints import joint_words
from .limits import Limits
from .pedicle import pedicle_limit, pedicle_side
from .region import marked_at
from .vertebra import level_of, parts_of

_STRAIGHT_DEG = 15.0
"""Within so much of an axis of the body an approach is named by that axis alone."""
_STEEP_DEG = 20.0
"""From so much out of the axial plane on an approach is said to be angled."""
_FROM_THE_FRONT = 0.3
"""Share of its way that a needle goes backwards when it comes from the front."""
_PEDICLE_MM = 14.0
"""A way through a pedicle passes the middle of the canal at most this far outside the canal's wall."""


class Approaches:
    """Names the ways in to one lesion, as far as what is outlined tells them.

    Parameters
    ----------
    case : Case
    lesion : Lesion
    limits : Limits or None
        None takes what is shipped.
    """

    def __init__(self, case: Case, lesion: Lesion, limits: Limits | None = None) -> None:
        self._limits = limits
        holding = bones_holding(case, lesion)
        self._case = case
        self._bone = holding[0] if holding else None
        self._level = level_of(self._bone) if self._bone else ""
        self._canal = _canal_at(case, self._bone) if self._bone and self._level else None
        self._parts = parts_of(case, self._bone) if self._bone and self._canal is not None else None
        self._ribs = tuple(item.mask for item in case.structures if item.name.startswith("rib"))

    def name(self, trajectory: Trajectory) -> str:
        """Name one way in; without the name of a bone where none is outlined by name."""
        if self._bone is None:
            return direction_words(trajectory)
        side = side_of(self._bone)
        if self._canal is not None:
            route = self._spinal_route(trajectory, self._bone, self._canal)
            if route:
                return f"{route} {self._level}"
        crossed = joint_words(self._case, self._bone, _points(trajectory))
        if crossed:
            return f"{crossed}, {direction_words(trajectory, side)}, {self._level or bone_words(self._bone)}"
        return f"{direction_words(trajectory, side)}, {self._level or bone_words(self._bone)}"

    def _spinal_route(self, trajectory: Trajectory, vertebra: Structure, canal: NDArray[np.float64]) -> str:
        """How a needle gets into a vertebra: through a pedicle, beside it, from the front, or only into the arch.

        Where the vertebra comes apart, its pedicles tell; else it is told by where the needle stands in bone when it
        passes the middle of the canal.
        """
        points = _points(trajectory)
        in_bone = marked_at(vertebra.mask, points)
        if not in_bone.any():
            return ""
        entered, tip = points[int(in_bone.argmax())], points[-1]
        middle = canal.mean(axis=0)
        side = "left" if entered[0] > middle[0] else "right"
        if trajectory.direction[1] > _FROM_THE_FRONT:
            return f"{side} anterolateral"
        through = pedicle_side(self._parts, trajectory, self._limits) if self._parts is not None else ""
        if through:
            return f"{through} transpedicular"
        if tip[1] > middle[1]:
            return f"{side} posterior, into the arch of"
        if self._parts is None and _beside_canal(canal, points, entered, vertebra):
            return f"{side} transpedicular"
        crossed = joint_words(self._case, vertebra, points)
        if crossed:
            return crossed
        if self._beside_rib(entered):
            return f"{side} costovertebral"
        is_straight = aside_deg(trajectory) <= pedicle_limit("straight", limits=self._limits).amount
        return f"{side} {'posterior' if is_straight else 'posterolateral'}"

    def _beside_rib(self, entered_mm: NDArray[np.float64]) -> bool:
        """Whether a thoracic vertebra is entered beside a rib, in the corner of rib and transverse process."""
        if not self._level.startswith("T"):
            return False
        near = [np.linalg.norm(mask.points_mm() - entered_mm, axis=1).min() for mask in self._ribs if mask.count]
        return bool(near) and float(min(near)) <= pedicle_limit("rib_near", limits=self._limits).amount


def direction_words(trajectory: Trajectory, bone_side: str = "") -> str:
    """Where the needle comes from, as seen from the patient: "left posterior oblique, from below".

    Parameters
    ----------
    trajectory : Trajectory
    bone_side : str
        "left" or "right" for a bone of that side: a needle that comes from the other side comes "from medial", since
        it may well enter on the side of the bone.
    """
    left, back, up = (-v for v in trajectory.direction)
    aside = aside_deg(trajectory)
    side, face = ("left" if left > 0 else "right"), ("posterior" if back > 0 else "anterior")
    if aside < _STRAIGHT_DEG:
        words = face
    elif bone_side and side != bone_side:
        words = "from medial" if aside > 90 - _STRAIGHT_DEG else f"{face} oblique, from medial"
    elif aside > 90 - _STRAIGHT_DEG:
        words = f"{side} lateral"
    else:
        words = f"{side} {face} oblique"
    tilt = math.degrees(math.asin(max(-1.0, min(1.0, up))))
    if abs(tilt) < _STEEP_DEG:
        return words
    joined = " and" if words.endswith("from medial") else ", from"
    return f"{words}{joined} {'above' if tilt > 0 else 'below'}"


def aside_deg(trajectory: Trajectory) -> float:
    """Angle of a way to the anteroposterior axis, in the axial plane; 0 for one along the body."""
    left, back, _ = trajectory.direction
    return math.degrees(math.atan2(abs(left), abs(back))) if math.hypot(left, back) > 1e-6 else 0.0


def side_of(bone: Structure) -> str:
    """The side of a bone, "left" or "right"; "" for one in the middle of the body."""
    parts = (bone.kind or bone.name).split("_")
    return next((side for side in ("left", "right") if side in parts), "")


def bone_words(bone: Structure) -> str:
    """A bone in words, in lower case."""
    kind = structure_kinds().get(bone.kind)
    return kind.name.lower() if kind is not None else bone.name.replace("_", " ")


def _beside_canal(
    canal: NDArray[np.float64], points: NDArray[np.float64], entered: NDArray[np.float64], vertebra: Structure
) -> bool:
    """Whether a needle stands in bone close to the canal's side when it passes its middle: that bone is a pedicle."""
    middle, front = canal.mean(axis=0), float(canal[:, 1].min())
    passing = points[int(np.abs(points[:, 1] - middle[1]).argmin())]
    half_width = float(np.abs(canal[:, 0] - middle[0]).max())
    beside = abs(float(passing[0] - middle[0])) - half_width
    return bool(marked_at(vertebra.mask, passing[None])[0] and beside <= _PEDICLE_MM and entered[1] > front)


def _points(trajectory: Trajectory) -> NDArray[np.float64]:
    depth = points_along(trajectory)[:, None]
    return np.asarray(np.asarray(trajectory.entry_mm) + depth * np.asarray(trajectory.direction))


def _canal_at(case: Case, vertebra: Structure) -> NDArray[np.float64] | None:
    """Points of the canal or cord at the height of the middle of a vertebra, None where none is outlined there."""
    height = vertebra.mask.centroid_mm[2]
    thickness = max(case.image.grid.spacing_mm)
    for item in case.structures:
        if kin_of(item) == "cord" and not item.mask.is_empty:
            points = item.mask.points_mm()
            here = points[np.abs(points[:, 2] - height) <= thickness]
            if len(here):
                return here
    return None

"""Where a picture lies in the patient: its plane, what is up in it, and which pixel a place falls on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..findings import Point
from ..plan import Trajectory

Vector = NDArray[np.float64]

_LEFT, _POSTERIOR, _SUPERIOR = np.eye(3)
_LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))
_WORDS = {"L": "the left", "R": "the right", "P": "behind", "A": "the front", "S": "above", "I": "below"}
_LEAST_WIDTH_MM = 180.0
_ROUND_ABOUT_MM = 22.0
"""What is left free around the ends of the needle, for their labels."""
_BEYOND_TIP_MM = 45.0
"""How far ahead of the tip a reader wants to see."""
_OBLIQUE = 0.35
"""A direction is named with a second letter where its cosine with that axis is above this (about 20 degrees off)."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A rectangle in the patient that is seen as a picture with square pixels.

    Parameters
    ----------
    centre_mm : ndarray, shape (3,)
        LPS mm of the middle.
    right, up : ndarray, shape (3,)
        LPS unit vectors of the picture's axes; ``cross(right, up)`` points to the reader.
    width_mm : float
        What the width of the picture spans.
    size_px : tuple of int
        Width and height in pixels.
    """

    centre_mm: Vector
    right: Vector
    up: Vector
    width_mm: float
    size_px: tuple[int, int]

    @property
    def mm_per_px(self) -> float:
        """Size of a pixel."""
        return self.width_mm / self.size_px[0]

    @property
    def height_mm(self) -> float:
        """What the height of the picture spans."""
        return self.mm_per_px * self.size_px[1]

    @property
    def normal(self) -> Vector:
        """LPS unit vector to the reader."""
        return np.cross(self.right, self.up)

    def to_px(self, points_mm: ArrayLike) -> Vector:
        """Pixel coordinates (..., 2) of LPS points seen along the normal: from the lower left corner, x right, y up."""
        offset = np.asarray(points_mm, float) - self.centre_mm
        flat = np.stack([offset @ self.right, offset @ self.up], axis=-1) / self.mm_per_px
        return np.asarray(flat + np.asarray(self.size_px) / 2)

    def depth_mm(self, points_mm: ArrayLike) -> Vector:
        """Distance of LPS points from the plane, positive towards the reader."""
        return np.asarray((np.asarray(points_mm, float) - self.centre_mm) @ self.normal)

    def points_mm(self, step_mm: float) -> Vector:
        """LPS mm of a grid of points all over the picture, shape (n, 3)."""
        x = np.arange(-self.width_mm / 2, self.width_mm / 2, step_mm)
        y = np.arange(-self.height_mm / 2, self.height_mm / 2, step_mm)
        return np.asarray(
            self.centre_mm + (x[:, None, None] * self.right + y[None, :, None] * self.up).reshape(-1, 3), float
        )

    def letters(self) -> tuple[str, str, str, str]:
        """The patient's directions at the left, right, lower and upper edge ("R", "L", "P", "A" in an axial slice)."""
        return named(-self.right), named(self.right), named(-self.up), named(self.up)


def in_words(direction: Vector) -> str:
    """A direction in words, the nearest axis first: "behind and the left"."""
    return " and ".join(_WORDS[letter] for letter in named(direction))


def named(direction: Vector) -> str:
    """A direction in one or two letters, the nearest axis first: "A", "LP"."""
    order = np.argsort(-np.abs(direction))
    found = [_LETTERS[axis][0 if direction[axis] > 0 else 1] for axis in order if abs(direction[axis]) > _OBLIQUE]
    return "".join(found[:2])


def axial_frame(way: Trajectory, through_mm: Point, size_px: tuple[int, int]) -> Frame:
    """The axial slice through a point, seen from the feet, wide enough for entry and tip."""
    level = np.array([0.0, 0.0, 1.0])
    middle = _seen_ends(way).mean(axis=0)
    centre = middle + (np.asarray(through_mm) - middle) @ level * level
    return _wide_enough(Frame(centre, _LEFT, -_POSTERIOR, _LEAST_WIDTH_MM, size_px), way)


def along_frames(way: Trajectory, size_px: tuple[int, int]) -> tuple[Frame, Frame]:
    """Two planes that hold the needle: the one nearest to an axial slice, and the one at a right angle to it.

    Anterior, or else superior, stays up as in the slices that a reader knows. For a needle that runs along the body the
    first plane is the one nearest to a coronal slice.
    """
    axis = np.asarray(way.direction)
    normal = _across(_SUPERIOR, axis)
    if normal is None:
        normal = _across(_POSTERIOR, axis)
    assert normal is not None  # one axis at least is far from the needle
    middle = _seen_ends(way).mean(axis=0)
    first, second = (_frame_with_normal(middle, n, size_px) for n in (normal, np.cross(axis, normal)))
    return _wide_enough(first, way), _wide_enough(second, way)


def down_frame(way: Trajectory, depth_mm: float, width_mm: float, size_px: tuple[int, int]) -> Frame:
    """The plane across the needle at `depth_mm` from the entry, seen from the entry."""
    normal = -np.asarray(way.direction)
    up = _across(_SUPERIOR, normal)
    if up is None:
        up = _across(-_POSTERIOR, normal)
    assert up is not None
    return Frame(np.asarray(way.point_at(depth_mm)), np.cross(up, normal), up, width_mm, size_px)


def _seen_ends(way: Trajectory) -> Vector:
    """Entry, and a place ahead of the tip, shape (2, 3)."""
    return np.array([way.entry_mm, way.point_at(way.length_mm + _BEYOND_TIP_MM)])


def _across(vector: Vector, axis: Vector) -> Vector | None:
    """The part of `vector` that is perpendicular to `axis`, as a unit vector; None where little is left of it."""
    part = vector - (vector @ axis) * axis
    length = float(np.linalg.norm(part))
    return np.asarray(part / length) if length > 0.3 else None


def _frame_with_normal(centre: Vector, normal: Vector, size_px: tuple[int, int]) -> Frame:
    """Up and right as in the standard slice that is nearest to the plane."""
    nearest = int(np.argmax(np.abs(normal)))
    wanted_up = -_POSTERIOR if nearest == 2 else _SUPERIOR
    wanted_right = _POSTERIOR if nearest == 0 else _LEFT
    up = wanted_up - (wanted_up @ normal) * normal
    up /= np.linalg.norm(up)
    right = np.cross(up, normal)
    return Frame(centre, right if right @ wanted_right > 0 else -right, up, _LEAST_WIDTH_MM, size_px)


def _wide_enough(frame: Frame, way: Trajectory) -> Frame:
    """The frame widened until the needle, what is ahead of it and some room around are inside."""
    offsets = _seen_ends(way) - frame.centre_mm
    x = float(np.abs(offsets @ frame.right).max()) + _ROUND_ABOUT_MM
    y = float(np.abs(offsets @ frame.up).max()) + _ROUND_ABOUT_MM
    aspect = frame.size_px[0] / frame.size_px[1]
    width = math.ceil(max(_LEAST_WIDTH_MM, 2 * x, 2 * y * aspect) / 10.0) * 10.0
    return Frame(frame.centre_mm, frame.right, frame.up, width, frame.size_px)

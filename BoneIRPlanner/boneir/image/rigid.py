"""Rigid motions: how points of one image lie in another, and an image put elsewhere without touching its voxels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..case import Image
from ..errors import ImageError
from ..findings import Point
from ..grid import Grid, Matrix3

Floats = NDArray[np.float64]

_IDENTITY: Matrix3 = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
_DIGITS = 9
"""Digits that are kept, so that the last bit of an optimisation does not change what is written."""


@dataclass(frozen=True)
class Rigid:
    """A rotation and a shift: ``y = rotation @ x + shift``.

    Parameters
    ----------
    rotation : tuple of float
        Row-major 3x3 matrix, a proper rotation.
    shift_mm : Point

    Raises
    ------
    ImageError
        If the matrix is not a proper rotation.
    """

    rotation: Matrix3 = _IDENTITY
    shift_mm: Point = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        matrix = self.matrix
        if not np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-4) or np.linalg.det(matrix) < 0:
            raise ImageError(f"The matrix {self.rotation} is not a rotation: its columns must be right-handed units.")

    @classmethod
    def of(cls, matrix: ArrayLike, shift_mm: ArrayLike) -> Rigid:
        """A motion from a 3x3 matrix that is a rotation but for rounding, and a shift."""
        u, _, v = np.linalg.svd(np.asarray(matrix, float))
        a, b, c, d, e, f, g, h, i = (round(float(x), _DIGITS) + 0.0 for x in (u @ v).ravel())
        x, y, z = (round(float(part), 6) + 0.0 for part in np.asarray(shift_mm, float))
        return cls((a, b, c, d, e, f, g, h, i), (x, y, z))

    @classmethod
    def about(cls, centre_mm: ArrayLike, turn_deg: ArrayLike, shift_mm: ArrayLike = (0.0, 0.0, 0.0)) -> Rigid:
        """A turn about a centre, then a shift.

        Parameters
        ----------
        centre_mm : Point
        turn_deg : (3,)
            Axis of the turn times its angle in degrees.
        shift_mm : Point
        """
        centre, matrix = np.asarray(centre_mm, float), turned(np.deg2rad(np.asarray(turn_deg, float)))
        return cls.of(matrix, centre - matrix @ centre + np.asarray(shift_mm, float))

    @property
    def matrix(self) -> Floats:
        """The rotation as an array (3, 3)."""
        return np.asarray(self.rotation, float).reshape(3, 3)

    @property
    def angle_deg(self) -> float:
        """How far it turns, in degrees from 0 to 180."""
        cosine = (np.trace(self.matrix) - 1.0) / 2.0
        return float(np.rad2deg(np.arccos(np.clip(cosine, -1.0, 1.0))))

    def apply(self, points_mm: ArrayLike) -> Floats:
        """Where LPS points (..., 3) come to lie."""
        return np.asarray(np.asarray(points_mm, float) @ self.matrix.T + np.asarray(self.shift_mm))

    def apply_to(self, point_mm: Point) -> Point:
        """Where one LPS point comes to lie."""
        x, y, z = (float(v) for v in self.apply(point_mm))
        return x, y, z

    @property
    def inverse(self) -> Rigid:
        """The motion back."""
        return Rigid.of(self.matrix.T, -self.matrix.T @ np.asarray(self.shift_mm))

    def after(self, first: Rigid) -> Rigid:
        """`first`, then this one."""
        return Rigid.of(self.matrix @ first.matrix, self.apply(first.shift_mm))

    def apart_mm(self, other: Rigid, points_mm: ArrayLike) -> Floats:
        """How far apart two motions bring each point (n, 3), in mm."""
        return np.asarray(np.linalg.norm(self.apply(points_mm) - other.apply(points_mm), axis=-1))


def turned(turn: ArrayLike) -> Floats:
    """The rotation matrix (3, 3) of an axis times an angle in radians."""
    axis = np.asarray(turn, float)
    angle = float(np.linalg.norm(axis))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = axis / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross)


def placed(image: Image, motion: Rigid) -> Image:
    """The same voxels elsewhere: where `motion` takes them. Nothing is interpolated.

    Parameters
    ----------
    image : Image
    motion : Rigid
        From where the image lies to where it shall lie; the inverse of what maps the planning image onto it.
    """
    return replace(image, grid=placed_grid(image.grid, motion))


def placed_grid(grid: Grid, motion: Rigid) -> Grid:
    """The same grid elsewhere."""
    x, y, z = motion.apply_to(grid.origin_mm)
    a, b, c, d, e, f, g, h, i = (float(v) for v in (motion.matrix @ np.reshape(grid.direction, (3, 3))).ravel())
    return Grid(grid.shape, grid.spacing_mm, (x, y, z), (a, b, c, d, e, f, g, h, i))

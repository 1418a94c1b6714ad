"""Solid shapes given by level functions: about the signed distance in mm to their surface, negative inside.

Each shape knows the box that holds it, so that it is only computed where it is. Places are LPS mm; coordinates come as
three arrays that broadcast against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..findings import Point

Floats = NDArray[np.float32]
Box = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Lower and upper corner in LPS mm."""


class Shape(Protocol):
    """Anything with a box around it."""

    @property
    def box_mm(self) -> Box:
        """The corners of a box that holds the shape."""


class Solid(Shape, Protocol):
    """A shape with a level function of its own."""

    def level_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """About the signed distance in mm from the points to the surface, negative inside."""


def _linear(row: ArrayLike, x: Floats, y: Floats, z: Floats, offset: float) -> Floats:
    """``row . (x, y, z) + offset`` without touching coordinates whose factor is zero."""
    a, b, c = (float(v) for v in np.asarray(row, float))
    total: Floats = np.full((1, 1, 1), offset, np.float32)
    for factor, values in ((a, x), (b, y), (c, z)):
        if abs(factor) > 1e-12:
            total = total + np.float32(factor) * values
    return total


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """An ellipsoid.

    Parameters
    ----------
    centre_mm : Point
    radii_mm : Point
        Semi-axes along the columns of `axes`.
    axes : ndarray (3, 3) or None
        Orthonormal; None for the axes of the patient.
    """

    centre_mm: Point
    radii_mm: Point
    axes: NDArray[np.float64] | None = None

    @property
    def _axes(self) -> NDArray[np.float64]:
        return np.eye(3) if self.axes is None else self.axes

    @property
    def box_mm(self) -> Box:
        """The corners of the box around it."""
        reach = np.linalg.norm(self._axes * np.asarray(self.radii_mm), axis=1)
        return np.asarray(self.centre_mm) - reach, np.asarray(self.centre_mm) + reach

    def level_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Exact on the surface and for a sphere; elsewhere to first order on the shortest axis."""
        rows = self._axes.T / np.asarray(self.radii_mm)[:, None]
        squares = [_linear(row, x, y, z, -float(row @ np.asarray(self.centre_mm))) ** 2 for row in rows]
        radius: Floats = np.sqrt(squares[0] + squares[1] + squares[2])
        return (radius - 1) * np.float32(min(self.radii_mm))


@dataclass(frozen=True, eq=False)
class Capsule:
    """A rod with round ends, possibly tapering, possibly stretched across.

    Parameters
    ----------
    start_mm, end_mm : Point
    start_radius_mm, end_radius_mm : float
    stretch : Point
        Factors along the columns of `axes` by which the round cross-section is drawn out.
    axes : ndarray (3, 3) or None
        Orthonormal; None for the axes of the patient.
    """

    start_mm: Point
    end_mm: Point
    start_radius_mm: float
    end_radius_mm: float
    stretch: Point = (1.0, 1.0, 1.0)
    axes: NDArray[np.float64] | None = None

    @property
    def _axes(self) -> NDArray[np.float64]:
        return np.eye(3) if self.axes is None else self.axes

    @property
    def box_mm(self) -> Box:
        """The corners of the box around it."""
        wide = np.linalg.norm(self._axes * np.asarray(self.stretch), axis=1)
        reach = wide * max(self.start_radius_mm, self.end_radius_mm)
        ends = np.asarray([self.start_mm, self.end_mm])
        return ends.min(axis=0) - reach, ends.max(axis=0) + reach

    def level_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """The distance in the space in which the rod is round."""
        squeeze = self._axes.T / np.asarray(self.stretch)[:, None]
        start, end = squeeze @ np.asarray(self.start_mm), squeeze @ np.asarray(self.end_mm)
        way = end - start
        u, v, w = (_linear(row, x, y, z, -float(first)) for row, first in zip(squeeze, start, strict=True))
        share: Floats = (u * np.float32(way[0]) + v * np.float32(way[1])) + w * np.float32(way[2])
        share = np.clip(share / np.float32(max(float(way @ way), 1e-9)), 0, 1)
        gap = (u - share * np.float32(way[0])) ** 2
        gap = gap + (v - share * np.float32(way[1])) ** 2
        gap = gap + (w - share * np.float32(way[2])) ** 2
        radius = np.float32(self.start_radius_mm) + share * np.float32(self.end_radius_mm - self.start_radius_mm)
        level: Floats = np.sqrt(gap) - radius
        return level


@dataclass(frozen=True, eq=False)
class Plate:
    """A triangle with a thickness at each corner: the piece that flat bones are made of.

    Parameters
    ----------
    corners_mm : three Points
    radii_mm : tuple of float
        Half the thickness at each corner.
    """

    corners_mm: tuple[Point, Point, Point]
    radii_mm: tuple[float, float, float]

    @property
    def box_mm(self) -> Box:
        """The corners of the box around it."""
        corners, reach = np.asarray(self.corners_mm), max(self.radii_mm)
        return corners.min(axis=0) - reach, corners.max(axis=0) + reach

    def level_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """The distance to the point with the clipped barycentric coordinates, less the thickness there."""
        first, second, third = np.asarray(self.corners_mm, float)
        to_shares = np.linalg.pinv(np.stack([second - first, third - first], axis=1))
        shares = [_linear(row, x, y, z, -float(row @ first)) for row in to_shares]
        shares.insert(0, 1 - shares[0] - shares[1])
        shares = [np.maximum(share, 0) for share in shares]
        total = shares[0] + shares[1] + shares[2]
        p, q, r = (share / total for share in shares)
        gap: Floats = np.zeros((1, 1, 1), np.float32)
        for values, (a, b, c) in zip((x, y, z), np.asarray(self.corners_mm, np.float32).T, strict=True):
            gap = gap + (values - (a * p + b * q + c * r)) ** 2
        a, b, c = np.asarray(self.radii_mm, np.float32)
        level: Floats = np.sqrt(gap) - (a * p + b * q + c * r)
        return level


@dataclass(frozen=True, eq=False)
class Column:
    """A solid whose axial sections are ellipses, or boxier, that change along z.

    Parameters
    ----------
    z_mm : ndarray (n,)
        Heights, increasing; the column ends at the first and the last.
    centre_mm : ndarray (n, 2)
        x and y of the centre at each height.
    radii_mm : ndarray (n, 2)
        Semi-axes along x and y at each height.
    boxiness : float
        0 for ellipses; up to 1 for sections that fill their box better (a super-ellipse of power 4).
    """

    z_mm: NDArray[np.float64]
    centre_mm: NDArray[np.float64]
    radii_mm: NDArray[np.float64]
    boxiness: float = 0.0

    @property
    def box_mm(self) -> Box:
        """The corners of the box around it."""
        low, high = (self.centre_mm - self.radii_mm).min(axis=0), (self.centre_mm + self.radii_mm).max(axis=0)
        return np.append(low, self.z_mm[0]), np.append(high, self.z_mm[-1])

    def level_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """To first order the in-plane distance, and the distance to the ends where that is larger."""

        def at(values: NDArray[np.float64]) -> Floats:
            return np.interp(z, self.z_mm, values).astype(np.float32)

        wide, deep = at(self.radii_mm[:, 0]), at(self.radii_mm[:, 1])
        square = ((x - at(self.centre_mm[:, 0])) / wide) ** 2, ((y - at(self.centre_mm[:, 1])) / deep) ** 2
        rise = square[0] + square[1] - 1
        if self.boxiness > 0:
            rise = rise * (1 - self.boxiness) + (square[0] ** 2 + square[1] ** 2 - 1) * (self.boxiness / 2)
        side = rise * (np.minimum(wide, deep) / 2)
        ends = np.maximum(np.float32(self.z_mm[0]) - z, z - np.float32(self.z_mm[-1]))
        level: Floats = np.maximum(side, ends).astype(np.float32)
        return level


@dataclass(frozen=True, eq=False)
class Barrel:
    """A short oval column with a waist and hollow ends: a vertebral body, or a disc.

    Parameters
    ----------
    centre_mm : Point
    axes : ndarray (3, 3)
        Orthonormal columns: left, back, up.
    radii_mm : tuple of float
        Semi-axes to the left and to the back, at the ends.
    height_mm : float
        Between the rims of its ends.
    waist : float
        Share of the radii that is missing at half height.
    hollow_mm : float
        Depth of the hollow in each end.
    """

    centre_mm: Point
    axes: NDArray[np.float64]
    radii_mm: tuple[float, float]
    height_mm: float
    waist: float = 0.0
    hollow_mm: float = 0.0

    @property
    def box_mm(self) -> Box:
        """The corners of the box around it."""
        reach = np.abs(self.axes) @ np.asarray([*self.radii_mm, self.height_mm / 2])
        return np.asarray(self.centre_mm) - reach, np.asarray(self.centre_mm) + reach

    def level_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """The larger of the distances to the side and to the ends, each to first order."""
        left, back, up = (_linear(row, x, y, z, -float(row @ np.asarray(self.centre_mm))) for row in self.axes.T)
        half, (wide, deep) = self.height_mm / 2, self.radii_mm
        narrow = 1 - np.float32(self.waist) * np.maximum(1 - (up / np.float32(half)) ** 2, 0)
        square = (left / np.float32(wide)) ** 2 + (back / np.float32(deep)) ** 2
        side = (np.sqrt(square) - narrow) * np.float32(min(wide, deep))
        hollow = np.float32(self.hollow_mm) * np.maximum(1 - square, 0)
        ends = np.abs(up) - np.float32(half) + hollow
        level: Floats = np.maximum(side, ends).astype(np.float32)
        return level


@dataclass(frozen=True, eq=False)
class HalfSpace:
    """Everything behind a plane.

    Parameters
    ----------
    point_mm : Point
        A point of the plane.
    outward : Point
        Unit normal that points out of the solid.
    """

    point_mm: Point
    outward: Point

    @property
    def box_mm(self) -> Box:
        """All space."""
        return np.full(3, -np.inf), np.full(3, np.inf)

    def level_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """The exact signed distance."""
        normal = np.asarray(self.outward, float)
        return _linear(normal, x, y, z, -float(normal @ np.asarray(self.point_mm)))


@dataclass(frozen=True, eq=False)
class Union:
    """All of several shapes, with fillets of about `blend_mm` where they meet."""

    parts: Sequence[Shape]
    blend_mm: float = 0.0

    @property
    def box_mm(self) -> Box:
        """The corners of the box around all of them."""
        boxes = [part.box_mm for part in self.parts]
        return np.min([low for low, _ in boxes], axis=0), np.max([high for _, high in boxes], axis=0)


@dataclass(frozen=True, eq=False)
class Common:
    """What several shapes have in common."""

    parts: Sequence[Shape]

    @property
    def box_mm(self) -> Box:
        """The corners of the box that all of them share."""
        boxes = [part.box_mm for part in self.parts]
        return np.max([low for low, _ in boxes], axis=0), np.min([high for _, high in boxes], axis=0)


@dataclass(frozen=True, eq=False)
class Cut:
    """A shape less others, which are taken `gap_mm` larger than they are."""

    body: Shape
    holes: Sequence[Shape]
    gap_mm: float = 0.0

    @property
    def box_mm(self) -> Box:
        """The corners of the box around the whole shape."""
        return self.body.box_mm

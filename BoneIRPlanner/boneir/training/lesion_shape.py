"""The shape of an implanted lesion: a ball or ellipsoid with low bumps, whose volume is known exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import OutlineError
from ..findings import Point
from .shapes import Box, Floats

_DEGREES = (2, 3, 4)
_BUMPS_PER_DEGREE = 4
_LEAST_RADIUS, _MOST_RADIUS = 0.55, 1.6
"""How far a bump may go, as shares of the mean radius."""


@dataclass(frozen=True, eq=False)
class LesionShape:
    """A body whose surface lies at one distance from its centre in every direction.

    Parameters
    ----------
    centre_mm : Point
    mean_radius_mm : float
        Of the surface before the bumps.
    stretch : Point
        Factors along x, y and z.
    directions : ndarray (n, 3)
        Unit vectors of the bumps.
    heights : ndarray (n,)
        Heights of the bumps as shares of the radius.
    degrees : ndarray of int (n,)
        Degrees of their Legendre polynomials.
    """

    centre_mm: Point
    mean_radius_mm: float
    stretch: Point
    directions: NDArray[np.float64]
    heights: NDArray[np.float64]
    degrees: NDArray[np.int64]

    @property
    def box_mm(self) -> Box:
        """The corners of the box around it."""
        reach = self.mean_radius_mm * _MOST_RADIUS * np.asarray(self.stretch)
        return np.asarray(self.centre_mm) - reach, np.asarray(self.centre_mm) + reach

    @property
    def volume_ml(self) -> float:
        """The exact volume: the cube of the radius is a polynomial of degree 12 and the quadrature is exact for it."""
        return _mean_cube(self) * 4 / 3 * math.pi * self.mean_radius_mm**3 * math.prod(self.stretch) / 1000.0

    def level_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """The distance along the ray from the centre, before the stretch."""
        shape = np.broadcast_shapes(x.shape, y.shape, z.shape)
        parts = [
            np.broadcast_to((values - np.float32(middle)) / np.float32(factor), shape)
            for values, middle, factor in zip((x, y, z), self.centre_mm, self.stretch, strict=True)
        ]
        away = np.stack(parts, axis=-1)
        distance = np.linalg.norm(away, axis=-1)
        unit = away / np.maximum(distance, np.float32(1e-6))[..., None]
        return np.asarray(distance - self.mean_radius_mm * self.radius_in(unit), np.float32)

    def radius_in(self, directions: NDArray[np.floating]) -> NDArray[np.float64]:
        """Radius in directions (..., 3) of unit length, as a share of the mean."""
        radius = np.ones(directions.shape[:-1])
        for direction, height, degree in zip(self.directions, self.heights, self.degrees, strict=True):
            radius += height * _legendre(int(degree), np.asarray(directions @ direction, float))
        return radius


def _legendre(degree: int, t: NDArray[np.float64]) -> NDArray[np.float64]:
    square = t * t
    if degree == 2:
        return (3 * square - 1) / 2
    if degree == 3:
        return t * (5 * square - 3) / 2
    return ((35 * square - 30) * square + 3) / 8


def _all_round() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directions and weights, which add up to one, that integrate polynomials of degree 12 over the sphere exactly."""
    heights, weights = np.polynomial.legendre.leggauss(12)
    turns = 2 * np.pi * np.arange(24) / 24
    flat = np.sqrt(1 - heights**2)
    x, y = flat[:, None] * np.cos(turns), flat[:, None] * np.sin(turns)
    z = np.broadcast_to(heights[:, None], x.shape)
    return np.stack([x, y, z], axis=-1), np.broadcast_to(weights[:, None] / 2 / turns.size, x.shape)


def _mean_cube(shape: LesionShape) -> float:
    directions, weights = _all_round()
    return float((weights * shape.radius_in(directions) ** 3).sum())


def lesion_shape(
    centre_mm: Point,
    diameter_mm: float,
    rng: np.random.Generator,
    roughness: float = 0.1,
    stretch: Point = (1.0, 1.0, 1.0),
) -> LesionShape:
    """Draw a shape with the volume of a ball.

    Parameters
    ----------
    centre_mm : Point
    diameter_mm : float
        Of the ball of the same volume.
    rng : numpy Generator
    roughness : float
        Standard deviation of the radius as a share of its mean, 0 to 0.2; 0 gives a ball or an ellipsoid.
    stretch : Point
        Proportions along x, y and z; only their ratios matter.

    Raises
    ------
    OutlineError
        If a size is not positive or the roughness is out of its range.
    """
    if not (math.isfinite(diameter_mm) and diameter_mm > 0):
        raise OutlineError(f"A lesion needs a diameter above 0 mm, not {diameter_mm}.")
    if not 0 <= roughness <= 0.2:
        raise OutlineError(f"The roughness of a lesion lies between 0 and 0.2, not at {roughness}.")
    if not all(math.isfinite(factor) and factor > 0 for factor in stretch):
        raise OutlineError(f"The proportions of a lesion must be positive, not {stretch}.")
    even = math.prod(stretch) ** (1 / 3)
    proportions = (stretch[0] / even, stretch[1] / even, stretch[2] / even)
    degrees = np.repeat(np.asarray(_DEGREES, np.int64), _BUMPS_PER_DEGREE)
    directions = rng.standard_normal((degrees.size, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    heights = rng.standard_normal(degrees.size) / (degrees - 1)
    raw = LesionShape(centre_mm, 1.0, proportions, directions, heights, degrees)
    heights = heights * _height_factor(raw, roughness)
    rough = LesionShape(centre_mm, 1.0, proportions, directions, heights, degrees)
    radius = diameter_mm / 2 / _mean_cube(rough) ** (1 / 3)
    return LesionShape(centre_mm, radius, proportions, directions, heights, degrees)


def _height_factor(raw: LesionShape, roughness: float) -> float:
    """What makes the bumps as high as asked, and keeps the surface within its bounds."""
    directions, weights = _all_round()
    bumps = raw.radius_in(directions) - 1
    factor = roughness / math.sqrt(float((weights * bumps**2).sum()))
    deepest, highest = -float(bumps.min()), float(bumps.max())
    # A share of safety, since the bumps may go a little further between the directions that were looked at.
    return min(factor, 0.9 * (1 - _LEAST_RADIUS) / deepest, 0.9 * (_MOST_RADIUS - 1) / highest)

"""Ellipsoids of revolution: exact inside test, exact distance, and the voxels they fill."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..findings import Point
from ..grid import Grid
from ..mask import Mask

SUBSAMPLE_MM = 0.25
"""Voxels that the surface may cross are divided to about this size."""


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid of revolution that may be uncertain in its place along its axis.

    Parameters
    ----------
    centre_mm : Point
        LPS mm.
    axis : Point
        LPS unit vector of the axis of revolution.
    along_mm, across_mm : float
        Semi-axes along and across the axis.
    slide_mm : float
        Positive: all that the ellipsoid covers while it slides by so much to either side along its axis.
        Negative: what it covers wherever it slides.
    """

    centre_mm: Point
    axis: Point
    along_mm: float
    across_mm: float
    slide_mm: float = 0.0

    @property
    def volume_ml(self) -> float:
        """Volume in mL of the ellipsoid that does not slide."""
        return 4.0 / 3.0 * math.pi * self.along_mm * self.across_mm**2 / 1000.0

    def grown(self, by_mm: float) -> Ellipsoid:
        """The ellipsoid whose semi-axes are longer by so much, and at least a tenth of a millimetre."""
        return replace(self, along_mm=max(self.along_mm + by_mm, 0.1), across_mm=max(self.across_mm + by_mm, 0.1))

    def level(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Scaled radius of points (..., 3): below 1 inside, 1 on the surface, above 1 outside."""
        t, r = self._cylinder(points_mm)
        return np.asarray(np.hypot(t / self.along_mm, r / self.across_mm))

    def contains(self, points_mm: ArrayLike) -> NDArray[np.bool_]:
        """Whether points (..., 3) lie inside or on the surface; what `level` says, in a fraction of its time."""
        offset = np.asarray(points_mm, float) - np.asarray(self.centre_mm)
        t = offset @ np.asarray(self.axis)
        across = np.einsum("...a,...a->...", offset, offset) - t * t
        along = np.maximum(np.abs(t) - self.slide_mm, 0.0)
        return np.asarray((along / self.along_mm) ** 2 + across / self.across_mm**2 <= 1.0)

    def signed_distance_mm(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Distance of points (..., 3) to the surface in mm, negative inside; exact where nothing slides."""
        t, r = self._cylinder(points_mm)
        shape = t.shape
        distance = _distance_to_ellipse(t.ravel(), r.ravel(), self.along_mm, self.across_mm).reshape(shape)
        inside = np.hypot(t / self.along_mm, r / self.across_mm) < 1.0
        return np.where(inside, -distance, distance)

    def mask_on(self, grid: Grid) -> Mask:
        """The voxels of a grid of which at least half lies inside."""
        window = self._window(grid)
        if window is None:
            return Mask.of(np.zeros(grid.shape, bool), grid)
        corner, shape = window
        ijk = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)[..., ::-1]
        part = grid.window(corner, shape)
        level = self.level(part.to_mm(ijk))
        half_diagonal = float(np.linalg.norm(grid.spacing_mm)) / 2.0
        near = np.abs(level - 1.0) * min(self.along_mm, self.across_mm) <= half_diagonal
        marked = level <= 1.0
        marked[near] = self._occupancy(part, ijk[near]) >= 0.5
        return Mask.within(marked, corner, grid)

    def _cylinder(self, points_mm: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coordinates along (not negative, slide taken off) and across the axis."""
        offset = np.asarray(points_mm, float) - np.asarray(self.centre_mm)
        t = offset @ np.asarray(self.axis)
        r = np.linalg.norm(offset - t[..., None] * np.asarray(self.axis), axis=-1)
        return np.maximum(np.abs(t) - self.slide_mm, 0.0), np.asarray(r)

    def _window(self, grid: Grid) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
        """Corner and shape (k, j, i) of the part of the grid that the ellipsoid can reach, or None."""
        spacing = np.asarray(grid.spacing_mm)
        slope = (np.asarray(grid.direction, float).reshape(3, 3).T @ np.asarray(self.axis)) ** 2
        reach = np.sqrt(self.across_mm**2 + (self.along_mm**2 - self.across_mm**2) * slope)
        reach += max(self.slide_mm, 0.0) * np.sqrt(slope)
        centre = grid.to_ijk(self.centre_mm)
        low = np.maximum(np.floor(centre - reach / spacing - 1), 0).astype(int)[::-1]
        high = np.minimum(np.ceil(centre + reach / spacing + 2)[::-1], grid.shape).astype(int)
        if np.any(high <= low):
            return None
        k, j, i = (int(v) for v in low)
        nk, nj, ni = (int(v) for v in high - low)
        return (k, j, i), (nk, nj, ni)

    def _occupancy(self, grid: Grid, ijk: NDArray[np.int_]) -> NDArray[np.float64]:
        """Share of voxels (n, 3), in the order (i, j, k), that lies inside."""
        parts = [int(np.clip(math.ceil(s / SUBSAMPLE_MM), 3, 12)) for s in grid.spacing_mm]
        steps = [(np.arange(n) + 0.5) / n - 0.5 for n in parts]
        count = np.zeros(len(ijk))
        for step in np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3):
            count += self.level(grid.to_mm(ijk + step)) <= 1.0
        return count / math.prod(parts)


def _distance_to_ellipse(x: NDArray[np.float64], y: NDArray[np.float64], a: float, b: float) -> NDArray[np.float64]:
    """Distance of points (x, y >= 0) to the ellipse with semi-axes a and b.

    The foot of the perpendicular is (a^2 x / (s + a^2), b^2 y / (s + b^2)), with s the largest root of
    (a x / (s + a^2))^2 + (b y / (s + b^2))^2 = 1; that function is convex and falls there, so Newton's method from
    the left comes down to the root without overshoot (D. Eberly, "Distance from a point to an ellipse").
    """
    tiny = 1e-9 * min(a, b)
    x, y = np.maximum(x, tiny), np.maximum(y, tiny)
    s = np.maximum(a * x - a * a, b * y - b * b)
    for _ in range(80):
        p, q = a * x / (s + a * a), b * y / (s + b * b)
        value = p * p + q * q - 1.0
        slope = -2.0 * (p * p / (s + a * a) + q * q / (s + b * b))
        step = -value / slope
        s = s + step
        if float(np.max(np.abs(step), initial=0.0)) < 1e-9 * (a * a + b * b):
            break
    return np.asarray(np.hypot(a * a * x / (s + a * a) - x, b * b * y / (s + b * b) - y))

"""A closed surface as points with normals and areas, and the signed distance to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from ..grid import Grid


@dataclass(frozen=True, eq=False)
class Surface:
    """Points all over a closed surface.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3)
        LPS mm.
    normals : ndarray, shape (n, 3)
        Outward unit normals.
    areas_mm2 : ndarray, shape (n,)
        The area that each point stands for.
    step_mm : float
        How far apart neighbouring points lie at most, about.
    """

    points_mm: NDArray[np.float64]
    normals: NDArray[np.float64]
    areas_mm2: NDArray[np.float64]
    step_mm: float

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points_mm)

    def signed_distance_mm(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Distance of points (..., 3) to the surface in mm, negative inside."""
        points = np.asarray(points_mm, float)
        distance, index = self._tree.query(points, workers=-1)
        along = np.einsum("...i,...i->...", points - self.points_mm[index], self.normals[index])
        # Between two of its points the surface is flat; from afar the nearest point is near enough.
        return np.asarray(np.where(distance < 2.0 * self.step_mm, along, np.copysign(distance, along)))


def cut(field: NDArray[np.float32], grid: Grid) -> Surface:
    """The surface where a function is zero, negative inside: its points on the lines between voxel centres.

    Lines along an axis cross the surface once for every voxel face that its shadow along that axis covers; weighted by
    the square of the normal's share along the axis, the three families of points add up to the area.
    """
    slopes = [np.gradient(field, s, axis=axis) for axis, s in enumerate(grid.spacing_mm[::-1])]
    ijk, normals, areas = [], [], []
    for axis in range(3):
        first, second = _neighbours(axis)
        crossed = (field[first] < 0) != (field[second] < 0)
        a, b = field[first][crossed], field[second][crossed]
        part = a / (a - b)
        place = np.argwhere(crossed).astype(float)
        place[:, axis] += part
        slope = np.stack([(1 - part) * g[first][crossed] + part * g[second][crossed] for g in slopes], axis=-1)
        slope /= np.linalg.norm(slope, axis=-1, keepdims=True) + 1e-12
        face_mm2 = math.prod(grid.spacing_mm) / grid.spacing_mm[2 - axis]
        ijk.append(place[:, ::-1])
        normals.append(slope[:, ::-1])
        areas.append(face_mm2 * np.abs(slope[:, axis]))
    direction = np.asarray(grid.direction, float).reshape(3, 3)
    return Surface(
        points_mm=grid.to_mm(np.concatenate(ijk)),
        normals=np.concatenate(normals) @ direction.T,
        areas_mm2=np.concatenate(areas),
        step_mm=max(grid.spacing_mm),
    )


def _neighbours(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    first = tuple(slice(0, -1) if a == axis else slice(None) for a in range(3))
    second = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
    return first, second

"""Where voxels lie: one geometry for every image, mask and field of the library.

Arrays are indexed (k, j, i). Points are LPS mm, as in DICOM. Indices given as coordinates are in the order (i, j, k),
as in SimpleITK, so that an index and a point both begin with the left-right axis of an unrotated axial image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import ImageError

Matrix3 = tuple[float, float, float, float, float, float, float, float, float]

_IDENTITY: Matrix3 = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

ORTHOGONALITY_TOLERANCE = 1e-3
"""Largest accepted deviation of the direction matrix from an orthonormal one (headers carry about five digits)."""


@dataclass(frozen=True)
class Grid:
    """A regular grid of voxels in patient space.

    Parameters
    ----------
    shape : tuple of int
        Number of voxels as arrays are indexed: (k, j, i).
    spacing_mm : tuple of float
        Distance between voxel centres along (i, j, k).
    origin_mm : tuple of float
        LPS position of the centre of voxel (0, 0, 0).
    direction : tuple of float
        Row-major 3x3 matrix whose columns are the LPS unit vectors of the axes i, j and k.

    Raises
    ------
    ImageError
        If a size or spacing is not positive, or the axes are not perpendicular unit vectors.

    Examples
    --------
    >>> grid = Grid(shape=(4, 3, 2), spacing_mm=(1.0, 1.0, 2.5), origin_mm=(-10.0, 0.0, 5.0))
    >>> grid.to_mm([1, 2, 3]).tolist()
    [-9.0, 2.0, 12.5]
    """

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: Matrix3 = _IDENTITY

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ImageError(f"A grid needs three positive sizes, found {self.shape}.")
        if len(self.spacing_mm) != 3 or not all(math.isfinite(s) and s > 0 for s in self.spacing_mm):
            raise ImageError(f"A grid needs three positive spacings in mm, found {self.spacing_mm}.")
        matrix = np.asarray(self.direction, float).reshape(3, 3)
        if not np.allclose(matrix.T @ matrix, np.eye(3), atol=ORTHOGONALITY_TOLERANCE):
            raise ImageError(f"The axes of the grid are not perpendicular unit vectors: {self.direction}.")

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """3x3 matrix whose columns step one voxel along i, j and k, in mm."""
        return np.asarray(np.asarray(self.direction, float).reshape(3, 3) * np.asarray(self.spacing_mm))

    @cached_property
    def _to_index(self) -> NDArray[np.float64]:
        return np.asarray(np.linalg.inv(self.axes))

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in mL."""
        return float(np.prod(self.spacing_mm)) / 1000.0

    @property
    def is_right_handed(self) -> bool:
        """Whether the axes i, j, k form a right-handed system."""
        return float(np.linalg.det(self.axes)) > 0

    def to_mm(self, ijk: ArrayLike) -> NDArray[np.float64]:
        """LPS mm of indices (..., 3) in the order (i, j, k); fractions are allowed."""
        return np.asarray(np.asarray(ijk, float) @ self.axes.T + np.asarray(self.origin_mm))

    def to_ijk(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Fractional indices (..., 3) in the order (i, j, k) of LPS points in mm."""
        return np.asarray((np.asarray(points_mm, float) - np.asarray(self.origin_mm)) @ self._to_index.T)

    def contains(self, points_mm: ArrayLike) -> NDArray[np.bool_]:
        """Whether each LPS point (..., 3) lies within half a voxel of a voxel centre of the grid."""
        ijk = self.to_ijk(points_mm)
        upper = np.asarray(self.shape[::-1]) - 0.5
        return np.asarray(np.all((ijk >= -0.5) & (ijk <= upper), axis=-1))

    def nearest_voxel(self, point_mm: ArrayLike) -> tuple[int, int, int]:
        """Array index (k, j, i) of the voxel around one LPS point.

        Raises
        ------
        ImageError
            If the point lies outside the grid.
        """
        if not bool(self.contains(point_mm)):
            place = ", ".join(f"{x:.1f}" for x in np.asarray(point_mm, float))
            raise ImageError(f"The point ({place}) mm LPS lies outside the image, which spans {self.bounds_text()}.")
        i, j, k = np.clip(np.rint(self.to_ijk(point_mm)), 0, np.asarray(self.shape[::-1]) - 1).astype(int)
        return int(k), int(j), int(i)

    @cached_property
    def corners_mm(self) -> NDArray[np.float64]:
        """LPS mm of the eight outermost voxel centres, shape (8, 3)."""
        nk, nj, ni = self.shape
        ends = [(i, j, k) for i in (0, ni - 1) for j in (0, nj - 1) for k in (0, nk - 1)]
        return self.to_mm(ends)

    def bounds_text(self) -> str:
        """The extent of the grid along L, P and S in words, for messages."""
        low, high = self.corners_mm.min(axis=0), self.corners_mm.max(axis=0)
        return ", ".join(f"{name} {a:.0f} to {b:.0f}" for name, a, b in zip("LPS", low, high, strict=True))

    def window(self, corner: tuple[int, int, int], shape: tuple[int, int, int]) -> Grid:
        """The part of the grid that begins at array index `corner` (k, j, i) and has `shape` voxels."""
        k, j, i = corner
        x, y, z = (float(v) for v in self.to_mm((i, j, k)))
        return Grid(shape, self.spacing_mm, (x, y, z), self.direction)

    def matches(self, other: Grid, tolerance_mm: float = 1e-2) -> bool:
        """Whether both grids have the same shape and their corners lie within `tolerance_mm` of each other."""
        return self.shape == other.shape and bool(np.allclose(self.corners_mm, other.corners_mm, atol=tolerance_mm))

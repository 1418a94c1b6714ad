"""Between the patient's LPS of DICOM and the RAS of MRML: the only file that turns one into the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..findings import Point
from ..grid import Grid, Matrix3
from .core import vtk

_FLIP = np.array([-1.0, -1.0, 1.0])


def to_ras(points_mm: ArrayLike) -> NDArray[np.float64]:
    """RAS mm of LPS points or directions (..., 3)."""
    return np.asarray(np.asarray(points_mm, float) * _FLIP)


def to_lps(points_ras: ArrayLike) -> NDArray[np.float64]:
    """LPS mm of RAS points or directions (..., 3)."""
    return np.asarray(np.asarray(points_ras, float) * _FLIP)


def lps_point(point_ras: ArrayLike) -> Point:
    """One RAS point as the library's LPS `Point`, without negative zeros."""
    x, y, z = (float(value) + 0.0 for value in to_lps(point_ras))
    return x, y, z


def ijk_to_ras(grid: Grid) -> NDArray[np.float64]:
    """4x4 matrix from voxel indices (i, j, k) to RAS mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = grid.axes * _FLIP[:, None]
    matrix[:3, 3] = to_ras(grid.origin_mm)
    return matrix


def grid_of(matrix: NDArray[np.float64], shape: tuple[int, int, int]) -> Grid:
    """The grid with the 4x4 matrix `matrix` from (i, j, k) to RAS mm and `shape` voxels (k, j, i).

    Raises
    ------
    ImageError
        If the axes are not perpendicular.
    """
    axes = matrix[:3, :3] * _FLIP[:, None]
    spacing = np.linalg.norm(axes, axis=0)
    sx, sy, sz = (float(value) for value in spacing)
    safe = np.where(spacing > 0, spacing, 1.0)
    direction: Matrix3 = tuple(float(v) for v in (axes / safe).ravel())  # type: ignore[assignment]
    return Grid(shape, (sx, sy, sz), lps_point(matrix[:3, 3]), direction)


def vtk_matrix(matrix: NDArray[np.float64]) -> vtk.vtkMatrix4x4:
    """A NumPy 4x4 matrix as VTK's."""
    made = vtk.vtkMatrix4x4()
    made.DeepCopy(matrix.ravel().tolist())
    return made


def numpy_matrix(matrix: vtk.vtkMatrix4x4) -> NDArray[np.float64]:
    """VTK's 4x4 matrix as NumPy's."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])

"""Surfaces of masks for pictures: smooth, closed, no finer than a picture shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..grid import Grid
from ..mask import Mask
from .core import vtk
from .ras import ijk_to_ras, vtk_matrix
from .volume import vtk_image

_ITERATIONS = 12
_PASS_BAND = 0.1
"""Of the windowed sinc smoothing: takes the steps of the voxels away and keeps the volume."""


def window_around(grid: Grid, centre_mm: NDArray[np.float64], radius_mm: float) -> Mask:
    """An all-marked mask of the box of voxels around a ball, cut at the border of the grid."""
    reach = radius_mm / np.asarray(grid.spacing_mm)
    middle = grid.to_ijk(centre_mm)
    size = np.asarray(grid.shape[::-1])
    low = np.clip(np.floor(middle - reach), 0, size - 1).astype(int)[::-1]
    high = np.clip(np.ceil(middle + reach), 0, size - 1).astype(int)[::-1]
    k, j, i = (int(v) for v in low)
    return Mask(grid, (k, j, i), np.ones(tuple(high - low + 1), bool))


def surface_of(masks: list[Mask], window: Mask, step_mm: float, *, closed: bool = True) -> Any | None:
    """Smooth surface in RAS mm of the union of masks within a window.

    Parameters
    ----------
    masks : list of Mask
        On one grid.
    window : Mask
        The box of voxels to look at.
    step_mm : float
        Voxels are averaged to about this size first.
    closed : bool
        Whether what the window cuts is capped.

    Returns
    -------
    vtkPolyData or None
        None where nothing of the masks lies in the window.
    """
    grid = window.grid
    shape = window.window_grid.shape
    marked = np.zeros(shape, bool)
    for mask in masks:
        marked |= mask.part(window.corner, shape)
    part = Mask.within(marked, window.corner, grid)
    if part.is_empty:
        return None
    factors = [max(1, round(step_mm / spacing)) for spacing in grid.spacing_mm[::-1]]
    coarse = _averaged(part.voxels, factors)
    first = part.corner
    if closed:
        coarse = np.pad(coarse, 1)
        first = tuple(f - n for f, n in zip(first, factors, strict=True))  # type: ignore[assignment]
    return _contour(coarse, grid, first, factors)


def _averaged(voxels: NDArray[np.bool_], factors: list[int]) -> NDArray[np.float32]:
    """Share of marked voxels in blocks; the last blocks are filled up with unmarked ones."""
    padded = np.pad(voxels, [(0, -n % f) for n, f in zip(voxels.shape, factors, strict=True)])
    (nk, fk), (nj, fj), (ni, fi) = ((n // f, f) for n, f in zip(padded.shape, factors, strict=True))
    return np.asarray(padded.reshape(nk, fk, nj, fj, ni, fi).mean(axis=(1, 3, 5), dtype=np.float32))


def _contour(values: NDArray[np.float32], grid: Grid, first: tuple[int, int, int], factors: list[int]) -> Any | None:
    edges = vtk.vtkFlyingEdges3D()
    edges.SetInputData(vtk_image(values))
    edges.SetValue(0, 0.5)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    matrix = ijk_to_ras(grid)
    scale = np.asarray(factors[::-1], float)
    start = np.asarray(first[::-1], float) + (scale - 1) / 2
    matrix[:3, 3] += matrix[:3, :3] @ start
    matrix[:3, :3] *= scale
    place = vtk.vtkTransform()
    place.SetMatrix(vtk_matrix(matrix))
    placed = vtk.vtkTransformPolyDataFilter()
    placed.SetTransform(place)
    placed.SetInputConnection(edges.GetOutputPort())
    smooth = vtk.vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(placed.GetOutputPort())
    smooth.SetNumberOfIterations(_ITERATIONS)
    smooth.SetPassBand(_PASS_BAND)
    smooth.NormalizeCoordinatesOn()
    smooth.BoundarySmoothingOff()
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(smooth.GetOutputPort())
    normals.ConsistencyOff()
    normals.SplittingOff()
    if np.linalg.det(matrix[:3, :3]) < 0:
        normals.FlipNormalsOn()
    normals.Update()
    made = normals.GetOutput()
    return made if made.GetNumberOfPoints() else None

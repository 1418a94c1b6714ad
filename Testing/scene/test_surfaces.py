"""Surfaces for pictures: as large as, and where, the mask is, on every grid; and words that do not cover each other."""

from __future__ import annotations

import numpy as np
import pytest
import vtk

from boneir.mask import Mask
from boneir.scene.drawing import Drawing
from boneir.scene.surfaces import surface_of, window_around
from small_case import DIRECTIONS, ball, grid_around

CENTRE = (12.0, -8.0, 104.0)
RADIUS_MM = 16.0


def volume_ml(surface) -> float:
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputData(surface)
    measured = vtk.vtkMassProperties()
    measured.SetInputConnection(triangles.GetOutputPort())
    return measured.GetVolume() / 1000.0


@pytest.mark.parametrize("step_mm", [0.0, 2.0])
@pytest.mark.parametrize("name", DIRECTIONS)
def test_the_surface_of_a_ball_is_a_ball(name: str, step_mm: float) -> None:
    grid = grid_around((10.0, -10.0, 100.0), 60.0, (0.8, 1.0, 1.4), DIRECTIONS[name])
    window = window_around(grid, np.asarray(CENTRE), 40.0)
    surface = surface_of([ball(grid, CENTRE, RADIUS_MM)], window, step_mm)
    points = np.array([surface.GetPoint(n) for n in range(surface.GetNumberOfPoints())]) * [-1, -1, 1]
    away = np.linalg.norm(points - CENTRE, axis=1)
    assert np.median(away) == pytest.approx(RADIUS_MM, abs=0.25)
    assert np.abs(away - RADIUS_MM).max() < 1.3
    assert points.mean(axis=0) == pytest.approx(CENTRE, abs=0.3)
    assert volume_ml(surface) == pytest.approx(4 / 3 * np.pi * (RADIUS_MM / 10) ** 3, rel=0.04)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_normals_point_outwards_on_every_grid(name: str) -> None:
    grid = grid_around((10.0, -10.0, 100.0), 60.0, (0.8, 1.0, 1.4), DIRECTIONS[name])
    surface = surface_of([ball(grid, CENTRE, RADIUS_MM)], window_around(grid, np.asarray(CENTRE), 40.0), 0.0)
    normals = surface.GetPointData().GetNormals()
    middle = np.multiply(CENTRE, [-1, -1, 1])
    for n in range(0, surface.GetNumberOfPoints(), 50):
        assert np.dot(normals.GetTuple(n), np.subtract(surface.GetPoint(n), middle)) > 0


def test_what_the_window_cuts_is_capped_unless_asked_otherwise() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 60.0, (1.0, 1.0, 1.0), DIRECTIONS["axial"])
    whole = Mask.of(np.ones(grid.shape, bool), grid)
    window = window_around(grid, np.array([0.0, 0.0, 0.0]), 10.0)
    for closed in (True, False):
        surface = surface_of([whole], window, 0.0, closed=closed)
        assert (surface is not None) == closed
    edges = vtk.vtkFeatureEdges()
    edges.SetInputData(surface_of([whole], window, 0.0))
    edges.FeatureEdgesOff()
    edges.Update()
    assert edges.GetOutput().GetNumberOfCells() == 0


def test_nothing_in_the_window_gives_no_surface() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 60.0, (1.0, 1.0, 1.0), DIRECTIONS["axial"])
    window = window_around(grid, np.array([-20.0, -20.0, -20.0]), 5.0)
    assert surface_of([ball(grid, (20.0, 20.0, 20.0), 5.0)], window, 0.0) is None
    assert surface_of([], window, 0.0) is None


def test_words_that_may_move_do_not_cover_each_other() -> None:
    drawing = Drawing(vtk.vtkRenderer(), (800, 580))
    for number in range(8):
        drawing.words(f"Probe {number}", (400.0 + number, 300.0), away=(0.3, -0.95))
    boxes = drawing._taken
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
            assert apart, (one, other)
        assert one[0] >= 0
        assert one[1] <= 800

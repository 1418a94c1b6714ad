"""Grid: indices to LPS mm and back on any axes, checked against SimpleITK."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from hypothesis import given
from hypothesis import strategies as st

from boneir.errors import ImageError
from boneir.grid import Grid
from small_case import DIRECTIONS

IDENTITY = DIRECTIONS["axial"]


def a_grid(name: str) -> Grid:
    return Grid((4, 5, 6), (0.7, 1.1, 2.5), (-12.5, 33.0, 7.25), DIRECTIONS[name])


def itk_image(grid: Grid) -> sitk.Image:
    image = sitk.Image(grid.shape[::-1], sitk.sitkUInt8)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_mm)
    image.SetDirection(grid.direction)
    return image


@pytest.mark.parametrize("name", DIRECTIONS)
def test_places_agree_with_simpleitk(name: str) -> None:
    grid = a_grid(name)
    image = itk_image(grid)
    rng = np.random.default_rng(0)
    for ijk in rng.uniform(-3, 8, (20, 3)):
        point = image.TransformContinuousIndexToPhysicalPoint(ijk.tolist())
        assert grid.to_mm(ijk) == pytest.approx(point, abs=1e-9)
        assert grid.to_ijk(point) == pytest.approx(ijk, abs=1e-9)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_many_points_at_once(name: str) -> None:
    grid = a_grid(name)
    ijk = np.random.default_rng(1).uniform(0, 4, (3, 7, 3))
    assert grid.to_ijk(grid.to_mm(ijk)) == pytest.approx(ijk)
    assert grid.contains(grid.to_mm(ijk)).shape == (3, 7)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_a_voxel_reaches_half_a_voxel_around_its_centre(name: str) -> None:
    grid = a_grid(name)
    assert grid.contains(grid.to_mm([-0.49, 4.49, 3.49]))
    assert not grid.contains(grid.to_mm([-0.51, 0, 0]))
    assert not grid.contains(grid.to_mm([0, 0, 3.51]))
    assert grid.nearest_voxel(grid.to_mm([4.6, 1.4, 2.5001])) == (3, 1, 5)
    with pytest.raises(ImageError, match=r"lies outside the image, which spans L "):
        grid.nearest_voxel(grid.to_mm([7, 0, 0]))


@pytest.mark.parametrize("name", DIRECTIONS)
def test_a_window_keeps_its_place(name: str) -> None:
    grid = a_grid(name)
    window = grid.window((1, 2, 3), (2, 2, 2))
    assert window.to_mm([0, 1, 1]) == pytest.approx(grid.to_mm([3, 3, 2]))
    assert window.shape == (2, 2, 2)


def test_volume_and_handedness() -> None:
    assert a_grid("oblique").voxel_ml == pytest.approx(0.7 * 1.1 * 2.5 / 1000)
    for name in DIRECTIONS:
        assert a_grid(name).is_right_handed == (np.linalg.det(np.reshape(DIRECTIONS[name], (3, 3))) > 0)


def test_corners_are_the_outermost_centres() -> None:
    corners = Grid((2, 3, 4), (1.0, 2.0, 3.0)).corners_mm
    assert corners.min(axis=0).tolist() == [0, 0, 0]
    assert corners.max(axis=0).tolist() == [3, 4, 3]


def test_grids_that_nearly_agree_match() -> None:
    grid = Grid((4, 5, 6), (0.7, 1.1, 2.5))
    assert grid.matches(Grid((4, 5, 6), (0.7, 1.1, 2.5), (0.009, 0.0, 0.0)))
    assert not grid.matches(Grid((4, 5, 6), (0.7, 1.1, 2.5), (0.02, 0.0, 0.0)))
    assert not grid.matches(Grid((4, 5, 7), (0.7, 1.1, 2.5)))
    assert not grid.matches(Grid((4, 5, 6), (0.71, 1.1, 2.5)))


@pytest.mark.parametrize(
    ("shape", "spacing", "direction", "sentence"),
    [
        ((0, 5, 6), (1, 1, 1), IDENTITY, "three positive sizes"),
        ((4, 5), (1, 1, 1), IDENTITY, "three positive sizes"),
        ((4, 5, 6), (1, 0, 1), IDENTITY, "three positive spacings"),
        ((4, 5, 6), (1, -1, 1), IDENTITY, "three positive spacings"),
        ((4, 5, 6), (1, math.nan, 1), IDENTITY, "three positive spacings"),
        ((4, 5, 6), (1, 1, 1), (1, 0.01, 0, 0, 1, 0, 0, 0, 1), "perpendicular unit vectors"),
        ((4, 5, 6), (1, 1, 1), (2, 0, 0, 0, 1, 0, 0, 0, 1), "perpendicular unit vectors"),
    ],
)
def test_what_is_no_grid_is_refused(shape: tuple, spacing: tuple, direction: tuple, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence):
        Grid(shape, spacing, (0.0, 0.0, 0.0), direction)


@given(
    st.tuples(*[st.floats(-400, 400)] * 3),
    st.tuples(*[st.floats(0.1, 10)] * 3),
    st.tuples(*[st.floats(-math.pi, math.pi)] * 3),
)
def test_there_and_back(origin: tuple, spacing: tuple, angles: tuple) -> None:
    turn = sitk.Euler3DTransform((0, 0, 0), *angles)
    grid = Grid((20, 30, 40), spacing, origin, turn.GetMatrix())
    ijk = np.array([[0, 0, 0], [39, 29, 19], [1.5, 2.5, 3.5]])
    assert grid.to_ijk(grid.to_mm(ijk)) == pytest.approx(ijk, abs=1e-6)
    edge = np.linalg.norm(grid.to_mm([1, 0, 0]) - grid.to_mm([0, 0, 0]))
    assert edge == pytest.approx(spacing[0])

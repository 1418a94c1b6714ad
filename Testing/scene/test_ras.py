"""LPS to RAS: the sign, against SimpleITK's own geometry and against points written down by hand."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from boneir.errors import ImageError
from boneir.grid import Grid
from boneir.scene.ras import grid_of, ijk_to_ras, lps_point, to_lps, to_ras
from small_case import DIRECTIONS

SPACING = (0.7, 0.9, 2.1)


def test_left_and_posterior_change_their_sign_and_superior_keeps_it() -> None:
    assert to_ras((10.0, 20.0, 30.0)).tolist() == [-10.0, -20.0, 30.0]
    assert to_lps((10.0, 20.0, 30.0)).tolist() == [-10.0, -20.0, 30.0]
    assert str(lps_point((0.0, 0.0, 5.0))) == "(0.0, 0.0, 5.0)"


@pytest.mark.parametrize("name", DIRECTIONS)
def test_the_matrix_places_voxels_where_simpleitk_places_them(name: str) -> None:
    grid = Grid((4, 5, 6), SPACING, (-17.1, 22.3, 401.7), DIRECTIONS[name])
    image = sitk.Image(6, 5, 4, sitk.sitkInt16)
    image.SetSpacing(SPACING)
    image.SetOrigin(grid.origin_mm)
    image.SetDirection(grid.direction)
    matrix = ijk_to_ras(grid)
    for ijk in ((0, 0, 0), (5, 4, 3), (1, 2, 3)):
        x, y, z = image.TransformIndexToPhysicalPoint(ijk)
        assert (matrix @ [*ijk, 1.0])[:3] == pytest.approx([-x, -y, z], abs=1e-9)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_a_grid_comes_back_from_its_matrix(name: str) -> None:
    grid = Grid((4, 5, 6), SPACING, (-17.1, 22.3, 401.7), DIRECTIONS[name])
    back = grid_of(ijk_to_ras(grid), grid.shape)
    assert back.shape == grid.shape
    assert np.allclose(back.corners_mm, grid.corners_mm, atol=1e-12)
    assert back.is_right_handed == grid.is_right_handed


def test_a_sheared_matrix_is_refused() -> None:
    matrix = np.eye(4)
    matrix[0, 1] = 0.2
    with pytest.raises(ImageError, match="perpendicular"):
        grid_of(matrix, (2, 2, 2))

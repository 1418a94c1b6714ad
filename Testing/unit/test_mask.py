"""Mask: cropping to the bounding box loses nothing, checked against whole arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from boneir.errors import OutlineError
from boneir.grid import Grid
from boneir.mask import Mask, bounding_box
from small_case import DIRECTIONS, ball, grid_around

SHAPE = (4, 5, 6)
GRID = Grid(SHAPE, (0.7, 1.1, 2.5), (-12.5, 33.0, 7.25), DIRECTIONS["oblique"])
arrays = hnp.arrays(bool, SHAPE, elements=st.sampled_from([False, False, False, True]))


@given(arrays)
def test_cropped_and_whole_are_the_same(whole: np.ndarray) -> None:
    mask = Mask.of(whole, GRID)
    assert np.array_equal(mask.full(), whole)
    assert mask.count == whole.sum()
    assert mask.is_empty == (not whole.any())
    assert mask.volume_ml == pytest.approx(whole.sum() * 0.7 * 1.1 * 2.5 / 1000)
    found = ndimage.find_objects(whole.astype(int))
    assert bounding_box(whole) == (found[0] if found else None)


@given(arrays, st.tuples(*[st.integers(-7, 7)] * 3), st.tuples(*[st.integers(1, 9)] * 3))
def test_a_part_is_what_a_padded_array_shows(whole: np.ndarray, corner: tuple, shape: tuple) -> None:
    padded = np.pad(whole, 20)
    window = tuple(slice(c + 20, c + 20 + n) for c, n in zip(corner, shape, strict=True))
    assert np.array_equal(Mask.of(whole, GRID).part(corner, shape), padded[window])


@given(arrays, arrays)
def test_equality(a: np.ndarray, b: np.ndarray) -> None:
    assert Mask.of(a, GRID).equals(Mask.of(b, GRID)) == np.array_equal(a, b)
    other = Grid(SHAPE, (0.7, 1.1, 2.6), GRID.origin_mm, GRID.direction)
    assert not Mask.of(a, GRID).equals(Mask.of(a, other))


@given(arrays)
def test_every_voxel_by_its_place(whole: np.ndarray) -> None:
    mask = Mask.of(whole, GRID)
    for k, j, i in [(0, 0, 0), (3, 4, 5), (1, 2, 3)]:
        point = tuple(GRID.to_mm((i + 0.3, j - 0.3, k + 0.4)).tolist())
        assert mask.at(point) == whole[k, j, i]
    assert not mask.at((1e4, 0.0, 0.0))


@pytest.mark.parametrize("name", DIRECTIONS)
def test_a_ball_has_the_centroid_and_volume_of_a_ball(name: str) -> None:
    centre = (13.0, -21.0, 400.0)
    grid = grid_around(centre, 50.0, (1.0, 1.3, 1.7), DIRECTIONS[name])
    mask = ball(grid, centre, 18.0)
    assert mask.centroid_mm == pytest.approx(centre, abs=0.05)
    assert mask.volume_ml == pytest.approx(4 / 3 * np.pi * 1.8**3, rel=0.01)
    assert mask.window_grid.contains(mask.points_mm()).all()
    reach = np.linalg.norm(mask.points_mm() - np.array(centre), axis=1)
    assert reach.max() <= 18.0


def test_a_mask_within_a_part_of_the_grid() -> None:
    part = np.zeros((2, 2, 2), bool)
    part[1, 0, 1] = True
    mask = Mask.within(part, (1, 2, 3), GRID)
    assert np.argwhere(mask.full()).tolist() == [[2, 2, 4]]
    assert mask.window_grid.to_mm([0, 0, 0]) == pytest.approx(GRID.to_mm([4, 2, 2]))


def test_the_array_given_is_neither_changed_nor_kept() -> None:
    whole = np.zeros(SHAPE, np.uint8)
    whole[1:3, 1:3, 1:3] = 7
    mask = Mask.of(whole, GRID)
    whole[:] = 0
    assert mask.count == 8
    with pytest.raises(ValueError, match="read-only"):
        mask.voxels[0] = False


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(OutlineError, match="they must agree"):
        Mask.of(np.zeros((4, 5, 7), bool), GRID)
    empty = Mask.of(np.zeros(SHAPE, bool), GRID)
    with pytest.raises(OutlineError, match="it has no place"):
        _ = empty.centroid_mm

"""Resampling: nothing moves, by closed forms on flipped, swapped and oblique grids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boneir.case import Image, Modality
from boneir.grid import Grid, Matrix3
from boneir.image.resample import image_on, mask_on
from boneir.mask import Mask
from small_case import DIRECTIONS, ball, grid_around

CENTRE = (13.0, -21.0, 400.0)
RAMP = np.array([2.0, -3.0, 5.0])


def centres(grid: Grid) -> np.ndarray:
    nk, nj, ni = grid.shape
    k, j, i = np.meshgrid(np.arange(nk), np.arange(nj), np.arange(ni), indexing="ij")
    return grid.to_mm(np.stack([i, j, k], axis=-1))


def ramp_on(grid: Grid, kind: type = np.float32) -> np.ndarray:
    return ((centres(grid) - np.array(CENTRE)) @ RAMP).astype(kind)


@pytest.mark.parametrize("start", DIRECTIONS)
@pytest.mark.parametrize("end", DIRECTIONS)
def test_a_ramp_stays_where_it_is(start: str, end: str) -> None:
    source = grid_around(CENTRE, 80.0, (2.0, 1.5, 3.0), DIRECTIONS[start])
    wanted = grid_around(CENTRE, 40.0, (1.0, 2.5, 1.7), DIRECTIONS[end])
    image = Image(ramp_on(source), source, Modality.MR, "")
    moved = image_on(image, wanted)
    assert moved.grid == wanted
    assert moved.voxels == pytest.approx(ramp_on(wanted), abs=2e-3)


def test_ct_stays_whole_and_air_lies_around_it() -> None:
    source = grid_around(CENTRE, 40.0, (2.0, 2.0, 2.0), DIRECTIONS["axial"])
    image = Image(ramp_on(source, np.int16), source)
    bigger = grid_around(CENTRE, 80.0, (2.0, 2.0, 2.0), DIRECTIONS["axial"])
    moved = image_on(image, bigger)
    assert moved.voxels.dtype == np.int16
    assert np.array_equal(moved.voxels[10:30, 10:30, 10:30], image.voxels)
    assert moved.voxels[0, 0, 0] == -1024
    assert image_on(image, bigger, outside=-7).voxels[0, 0, 0] == -7
    assert image_on(image, source) is image


@pytest.mark.parametrize("end", DIRECTIONS)
def test_a_ball_keeps_place_and_volume(end: str) -> None:
    source = grid_around(CENTRE, 60.0, (1.5, 1.5, 2.0), DIRECTIONS["oblique"])
    mask = ball(source, CENTRE, 15.0)
    moved = mask_on(mask, grid_around(CENTRE, 60.0, (1.0, 1.2, 1.4), DIRECTIONS[end]))
    assert moved.centroid_mm == pytest.approx(CENTRE, abs=0.1)
    assert moved.volume_ml == pytest.approx(4 / 3 * np.pi * 1.5**3, rel=0.02)


def turned(mask: Mask, axes: list[int], flips: list[int]) -> Mask:
    """The same voxels described by a grid whose axes are swapped and flipped: the second way to the answer."""
    whole = np.flip(mask.full().transpose(axes), flips)
    order = [2 - axes[2 - n] for n in range(3)]  # axis i, j, k of the new grid was this one of the old
    signs = [-1 if 2 - n in flips else 1 for n in range(3)]
    steps = mask.grid.axes[:, order] * signs
    first = [0, 0, 0]
    for n, sign in zip(order, signs, strict=True):
        first[n] = mask.grid.shape[2 - n] - 1 if sign < 0 else 0
    spacing = np.linalg.norm(steps, axis=0)
    direction: Matrix3 = tuple((steps / spacing).ravel().tolist())
    x, y, z = (float(v) for v in mask.grid.to_mm(first))
    return Mask.of(whole, Grid(whole.shape, tuple(spacing.tolist()), (x, y, z), direction))


@pytest.mark.parametrize("axes", [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
@pytest.mark.parametrize("flips", [[], [0], [1], [2], [0, 2], [0, 1, 2]])
@pytest.mark.parametrize("direction", ["axial", "oblique"])
def test_swapped_and_flipped_axes_move_voxels_exactly(axes: list[int], flips: list[int], direction: str) -> None:
    grid = Grid((7, 8, 9), (0.7, 1.1, 2.3), (10.0, 20.0, 30.0), DIRECTIONS[direction])
    mask = Mask.of(np.random.default_rng(3).random(grid.shape) < 0.3, grid)
    other = turned(mask, axes, flips)
    assert np.array_equal(mask_on(other, grid).full(), mask.full())
    assert np.array_equal(mask_on(mask, other.grid).full(), other.full())


@settings(max_examples=60, deadline=None)
@given(
    offset=st.tuples(*[st.integers(-8, 8)] * 3),
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    name=st.sampled_from(sorted(DIRECTIONS)),
)
def test_a_window_is_cut_out_exactly(offset: tuple[int, int, int], shape: tuple[int, int, int], name: str) -> None:
    grid = Grid((6, 7, 8), (0.7, 1.1, 2.3), (10.0, 20.0, 30.0), DIRECTIONS[name])
    mask = Mask.of(np.random.default_rng(4).random(grid.shape) < 0.3, grid)
    window = grid.window(offset, shape)
    assert np.array_equal(mask_on(mask, window).full(), mask.part(offset, shape))


def test_finer_voxels_mark_what_the_coarse_ones_cover() -> None:
    """Four fine voxels in a coarse one: the fine ones nearer to its centre than half are its own."""
    coarse = Grid((3, 3, 3), (4.0, 4.0, 4.0))
    one = np.zeros(coarse.shape, bool)
    one[1, 1, 1] = True
    fine = Grid((12, 12, 12), (1.0, 1.0, 1.0), (-1.5, -1.5, -1.5))
    nearest = mask_on(Mask.of(one, coarse), fine, smooth=False)
    assert nearest.corner == (4, 4, 4)
    assert nearest.voxels.shape == (4, 4, 4)
    assert nearest.voxels.all()
    smooth = mask_on(Mask.of(one, coarse), fine)
    axis = np.maximum(0, 1 - np.abs((np.arange(12) - 5.5) / 4))
    expected = axis[:, None, None] * axis[:, None] * axis >= 0.5
    assert np.array_equal(smooth.full(), expected)


def test_empty_and_distant_masks_stay_empty() -> None:
    grid = Grid((5, 5, 5), (1.0, 1.0, 1.0))
    far = Grid((5, 5, 5), (1.3, 1.0, 1.0), (100.0, 0.0, 0.0))
    assert mask_on(Mask.of(np.zeros(grid.shape, bool), grid), far).is_empty
    assert mask_on(Mask.of(np.ones(grid.shape, bool), grid), far).is_empty
    assert mask_on(Mask.of(np.ones(grid.shape, bool), grid), far).grid == far
    assert mask_on(Mask.of(np.ones(grid.shape, bool), grid), grid.window((50, 0, 0), (3, 3, 3))).is_empty

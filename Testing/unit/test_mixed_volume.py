"""Two images in one volume: which voxel is whose, counted another way, on turned grids."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.case import Image, Modality
from boneir.errors import ImageError
from boneir.fusion.mixed_volume import chequered_volume, swiped_volume
from boneir.grid import Grid
from small_case import DIRECTIONS, grid_around


def flat(grid: Grid, hu: int) -> Image:
    return Image(np.full(grid.shape, hu, np.int16), grid)


@pytest.mark.parametrize("direction", DIRECTIONS, ids=str)
def test_each_voxel_is_of_the_image_whose_turn_it_is(direction: str) -> None:
    grid = grid_around((0.0, 0.0, 100.0), 96.0, (2.0, 3.0, 4.0), DIRECTIONS[direction])
    black, white = flat(grid, -200), flat(grid, 800)
    made = chequered_volume(black, white, 20.0)
    for k, j, i in ((0, 0, 0), (0, 0, 10), (5, 0, 0), (5, 7, 0), (5, 7, 10), (0, 6, 0)):
        turns = int(i * 2 // 20) + int(j * 3 // 20) + int(k * 4 // 20)
        assert made.voxels[k, j, i] == (1000 if turns % 2 else 0)
    assert 0.4 < float(np.mean(made.voxels == 1000)) < 0.6
    assert made.modality is Modality.OTHER


@pytest.mark.parametrize("direction", DIRECTIONS, ids=str)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_swipe_parts_right_from_left(direction: str, share: float) -> None:
    grid = grid_around((0.0, 0.0, 100.0), 60.0, (2.0, 3.0, 4.0), DIRECTIONS[direction])
    made = swiped_volume(flat(grid, -200), flat(grid, 800), share)
    kji = np.indices(grid.shape).reshape(3, -1).T
    x = grid.to_mm(kji[:, ::-1].astype(float))[:, 0]
    plane = x.min() + share * (x.max() - x.min())
    clear = np.abs(x - plane) > 1e-6
    wanted = x < plane if share < 1 else np.ones(x.shape, bool)
    assert np.array_equal((made.voxels.reshape(-1) == 1000)[clear], wanted[clear])


def test_where_the_other_shows_nothing_the_first_is_shown() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 60.0, (2.0, 2.0, 2.0), DIRECTIONS["axial"])
    away = grid_around((500.0, 0.0, 0.0), 60.0, (2.0, 2.0, 2.0), DIRECTIONS["axial"])
    made = chequered_volume(flat(grid, 300), flat(away, 800))
    assert np.unique(made.voxels).tolist() == [500]


def test_inputs_stay_and_nonsense_is_refused() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 40.0, (2.0, 2.0, 2.0), DIRECTIONS["axial"])
    one, two = flat(grid, 0), flat(grid, 100)
    before = one.uid, two.uid
    chequered_volume(one, two)
    assert (flat(grid, 0).uid, flat(grid, 100).uid) == before
    with pytest.raises(ImageError, match="above 0"):
        chequered_volume(one, two, 0.0)
    with pytest.raises(ImageError, match="0 to 1"):
        swiped_volume(one, two, 1.5)

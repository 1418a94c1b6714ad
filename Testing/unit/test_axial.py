"""The patient's axes are found in every orientation of the array."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from boneir.anatomy.axial import AxialFrame
from boneir.grid import Grid

DIRECTIONS = [
    np.eye(3)[:, list(order)] * signs for order in permutations(range(3)) for signs in product((1, -1), repeat=3)
]


def _tilted(matrix: np.ndarray) -> np.ndarray:
    a, b = np.radians(20.0), np.radians(12.0)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    return about_z @ about_x @ matrix


@pytest.mark.parametrize("tilt", [False, True])
@pytest.mark.parametrize("matrix", DIRECTIONS)
def test_upright_axes_run_to_superior_posterior_and_left(matrix, tilt):
    matrix = _tilted(matrix) if tilt else matrix
    grid = Grid((5, 6, 7), (1.0, 1.5, 2.0), (3.0, -4.0, 9.0), tuple(matrix.ravel()))
    frame = AxialFrame(grid, coarse_mm=1e-3)
    centres = frame.places_mm(np.array([[1.0, 1, 1], [2, 1, 1], [1, 2, 1], [1, 1, 2]]))
    steps = centres[1:] - centres[0]
    for step, axis in zip(steps, (2, 1, 0), strict=True):
        assert step[axis] == np.max(np.abs(step))


@pytest.mark.parametrize("matrix", DIRECTIONS[::7])
def test_places_of_coarse_voxels_are_the_means_of_their_blocks(matrix):
    grid = Grid((6, 8, 10), (0.5, 0.7, 1.0), (3.0, -4.0, 9.0), tuple(matrix.ravel()))
    frame = AxialFrame(grid, coarse_mm=1.5)
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    places = grid.to_mm(np.stack([i, j, k], -1))
    s, p, left = (2, 1, 2)
    means = [frame.coarse(places[..., axis], -1e9)[s, p, left] for axis in range(3)]
    full = [n // f * f for n, f in zip(frame.upright(places[..., 0]).shape, frame.factors, strict=True)]
    assert all((c + 1) * f <= n for c, f, n in zip((s, p, left), frame.factors, full, strict=True))
    assert frame.place_mm((s, p, left)) == pytest.approx(tuple(means), abs=1e-4)


@pytest.mark.parametrize("matrix", DIRECTIONS)
def test_going_upright_and_back_changes_nothing(matrix):
    grid = Grid((5, 6, 7), (1.0, 1.5, 2.0), direction=tuple(matrix.ravel()))
    array = np.arange(210).reshape(grid.shape)
    frame = AxialFrame(grid)
    assert np.array_equal(frame.on_grid(frame.upright(array)), array)
    assert frame.upright(array).base is not None


def test_coarse_blocks_come_back_to_the_voxels_they_came_from():
    grid = Grid((7, 9, 11), (0.8, 0.8, 1.0), direction=(0, 1, 0, 0, 0, -1, 1, 0, 0))
    frame = AxialFrame(grid)
    coarse = frame.coarse(np.zeros(grid.shape), 0.0)
    numbered = np.arange(coarse.size, dtype=np.float32).reshape(coarse.shape)
    fine = frame.on_grid(frame.fine(numbered))
    assert fine.shape == grid.shape
    assert np.array_equal(frame.coarse(fine, 0.0), numbered)


def test_padding_counts_as_the_lowest_value():
    grid = Grid((2, 2, 2), (0.9, 0.9, 0.9))
    voxels = np.full(grid.shape, -3024, np.int16)
    voxels[0] = 24
    assert AxialFrame(grid).coarse(voxels, -1024.0).ravel().tolist() == [-500.0]

"""The ellipsoid: exact distance against a brute-force search, voxel volume against the closed form, on any grid."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.grid import Grid
from boneir.image.ellipsoid import Ellipsoid


def turned(seed):
    """A random rotation; for odd seeds with a flipped axis."""
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return matrix * np.array([1, 1, -1 if seed % 2 else 1])


def grid_around(centre, half_mm, spacing, seed):
    shape = tuple(int(2 * half_mm / s) + 3 for s in spacing[::-1])
    matrix = turned(seed)
    middle = matrix @ ((np.array(shape[::-1]) - 1) / 2 * spacing)
    shift = matrix @ (np.random.default_rng(seed).uniform(-0.5, 0.5, 3) * spacing)
    return Grid(shape, spacing, tuple(np.asarray(centre) - middle + shift), tuple(matrix.ravel()))


@pytest.mark.parametrize(("along", "across"), [(20, 12), (12, 20), (15, 15), (30, 5)])
def test_signed_distance_equals_a_search_over_the_surface(along, across):
    axis = turned(4)[:, 0]
    body = Ellipsoid((1.0, 2.0, 3.0), tuple(axis), along, across)
    points = np.random.default_rng(1).normal(scale=18, size=(300, 3)) + body.centre_mm
    offset = points - np.asarray(body.centre_mm)
    t, r = offset @ axis, np.linalg.norm(offset - np.outer(offset @ axis, axis), axis=1)
    angle = np.linspace(0, np.pi, 20_001)
    searched = np.hypot(t[:, None] - along * np.cos(angle), r[:, None] - across * np.sin(angle)).min(axis=1)
    inside = (t / along) ** 2 + (r / across) ** 2 < 1
    np.testing.assert_allclose(body.signed_distance_mm(points), np.where(inside, -searched, searched), atol=2e-3)


def test_distance_at_the_special_places():
    body = Ellipsoid((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 20, 12)
    places = [[0, 0, 0], [0, 0, 20], [0, 0, 25], [12, 0, 0], [0, -15, 0], [0, 0, 19]]
    np.testing.assert_allclose(body.signed_distance_mm(places), [-12, 0, 5, 0, 3, -1], atol=1e-6)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.7, 3.0), (2.0, 0.6, 1.1)])
def test_voxel_volume_is_within_one_percent_of_the_closed_form(seed, spacing):
    body = Ellipsoid((-40.0, 12.0, 300.0), tuple(turned(seed + 10)[:, 1]), 20, 14)
    mask = body.mask_on(grid_around(body.centre_mm, 22, spacing, seed))
    assert mask.volume_ml == pytest.approx(4 / 3 * np.pi * 20 * 14 * 14 / 1000, rel=0.01)
    assert mask.volume_ml == pytest.approx(body.volume_ml, rel=0.01)
    np.testing.assert_allclose(mask.centroid_mm, body.centre_mm, atol=0.1)


def test_a_voxel_is_marked_from_half_occupancy_on():
    """A thin disc across thick slices: what counts is the share of each voxel, not where its centre lies."""
    grid = Grid((3, 41, 41), (1.0, 1.0, 4.0), (-20.0, -20.0, -4.0))
    for thickness, expected in ((1.5, 0), (2.5, 1)):  # semi-axis along z, slices 4 mm thick: half is 2 mm
        disc = Ellipsoid((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), thickness / 2, 15)
        assert disc.mask_on(grid).at((0.0, 0.0, 0.0)) == bool(expected)


def test_outside_the_grid_nothing_is_marked():
    grid = Grid((10, 10, 10), (1.0, 1.0, 1.0))
    assert Ellipsoid((100.0, 0.0, 0.0), (1.0, 0.0, 0.0), 5, 5).mask_on(grid).is_empty
    half = Ellipsoid((0.0, 4.5, 4.5), (1.0, 0.0, 0.0), 3.5, 3.5).mask_on(grid)
    assert 0 < half.volume_ml < Ellipsoid((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 3.5, 3.5).volume_ml * 0.6


def test_sliding_covers_more_and_sure_covers_less():
    axis = tuple(turned(2)[:, 0])
    still = Ellipsoid((0.0, 0.0, 0.0), axis, 15, 10)
    swept = Ellipsoid((0.0, 0.0, 0.0), axis, 15, 10, 4.0)
    kept = Ellipsoid((0.0, 0.0, 0.0), axis, 15, 10, -4.0)
    points = np.random.default_rng(0).uniform(-20, 20, (4000, 3))
    places = [still.level(points + shift * np.asarray(axis)) <= 1 for shift in np.linspace(-4, 4, 81)]
    assert np.mean(np.any(places, axis=0) != (swept.level(points) <= 1)) < 2e-3
    assert np.mean(np.all(places, axis=0) != (kept.level(points) <= 1)) < 2e-3
    # swept: a cylinder of 2 x 4 mm more between the two halves
    grid = Grid((60, 60, 60), (1.0, 1.0, 1.0), (-29.5, -29.5, -29.5))
    assert swept.mask_on(grid).volume_ml == pytest.approx(still.volume_ml + np.pi * 100 * 8 / 1000, rel=0.01)

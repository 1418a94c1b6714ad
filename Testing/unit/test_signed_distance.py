"""The surface between voxels: against exact ellipsoids at random places on oblique grids, and on hard cases."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.errors import OutlineError
from boneir.grid import Grid
from boneir.image.ellipsoid import Ellipsoid
from boneir.image.signed_distance import surface_of
from boneir.mask import Mask


def oblique(seed, spacing, half_mm):
    """A grid in a random direction whose voxels lie anywhere relative to the origin, which it surrounds."""
    draw = np.random.default_rng(seed)
    matrix, _ = np.linalg.qr(draw.normal(size=(3, 3)))
    shape = tuple(int(2 * half_mm / s) + 4 for s in spacing[::-1])
    first = -matrix @ (((np.array(shape[::-1]) - 1) / 2 + draw.uniform(-0.5, 0.5, 3)) * spacing)
    return Grid(shape, spacing, tuple(first), tuple(matrix.ravel()))


def ball(radius, grid):
    return Ellipsoid((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), radius, radius).mask_on(grid)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("radius", [5, 10, 17])
@pytest.mark.parametrize(("spacing", "bound"), [((1.0, 1.0, 1.0), 0.3), ((0.7, 0.7, 3.0), 0.5)])
def test_balls(seed, radius, spacing, bound):
    surface = surface_of(ball(radius, oblique(seed, spacing, radius + 3)))
    off = np.linalg.norm(surface.points_mm, axis=1) - radius
    if radius > 5 or spacing[2] == 1.0:  # a ball of three slices is not resolved
        assert np.abs(off).max() < bound
    assert abs(np.average(off, weights=surface.areas_mm2)) < 0.15
    assert surface.areas_mm2.sum() == pytest.approx(4 * np.pi * radius**2, rel=0.05)
    outward = np.einsum("ij,ij->i", surface.normals, surface.points_mm) / np.linalg.norm(surface.points_mm, axis=1)
    assert np.average(outward, weights=surface.areas_mm2) > 0.98


@pytest.mark.parametrize("seed", range(3))
def test_distance_far_inside_and_outside(seed):
    grid = oblique(seed, (0.9, 0.9, 1.5), 18)
    points = np.random.default_rng(seed).normal(scale=14, size=(500, 3))
    truth = np.linalg.norm(points, axis=1) - 12
    far = np.abs(truth) < 10
    np.testing.assert_allclose(surface_of(ball(12, grid)).signed_distance_mm(points)[far], truth[far], atol=0.35)


@pytest.mark.parametrize("seed", range(3))
def test_a_slanted_plane_is_flat(seed):
    """Half of a large ball, cut by a plane in any direction: on the cut the surface is flat to a part of a voxel."""
    grid = oblique(seed, (1.0, 1.0, 1.0), 20)
    normal = np.random.default_rng(seed + 50).normal(size=3)
    normal /= np.linalg.norm(normal)
    centres = grid.to_mm(np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)[..., ::-1])
    half = (np.linalg.norm(centres, axis=-1) < 16) & (centres @ normal < 0)
    surface = surface_of(Mask.of(half, grid))
    height = surface.points_mm @ normal
    inner = (np.linalg.norm(surface.points_mm - np.outer(height, normal), axis=1) < 8) & (height > -4)
    assert np.abs(height[inner]).max() < 0.35
    assert abs(height[inner].mean()) < 0.1


def test_the_surface_never_leaves_the_voxels_it_separates():
    """Noise-like outlines are not smoothed away: every centre keeps its side."""
    draw = np.random.default_rng(3)
    grid = Grid((14, 15, 16), (1.0, 1.0, 1.0))
    mask = Mask.of(draw.random(grid.shape) < 0.2, grid)
    surface = surface_of(mask)
    off = surface.points_mm - np.rint(surface.points_mm)
    assert np.abs(off).max() <= 0.5
    on_a_line = np.sort(np.abs(off), axis=1)[:, :2]
    assert np.abs(on_a_line).max() < 1e-6
    marked = mask.full()
    low, high = np.floor(surface.points_mm + 1e-9).astype(int), np.ceil(surface.points_mm - 1e-9).astype(int)

    def sides(corner):
        inside = np.all((corner >= 0) & (corner < np.array(grid.shape[::-1])), axis=1)
        i, j, k = np.clip(corner, 0, np.array(grid.shape[::-1]) - 1).T
        return marked[k, j, i] & inside

    assert np.all(sides(low) != sides(high))


def test_one_voxel_is_a_surface_too():
    marked = np.zeros((5, 5, 5), bool)
    marked[2, 2, 2] = True
    surface = surface_of(Mask.of(marked, Grid((5, 5, 5), (1.0, 1.0, 2.0))))
    assert surface.signed_distance_mm([2.0, 2.0, 4.0]) < 0 < surface.signed_distance_mm([3.0, 2.0, 4.0])


def test_a_mask_at_the_border_of_the_image_is_closed_there():
    grid = Grid((20, 20, 20), (1.0, 1.0, 1.0))
    marked = np.zeros(grid.shape, bool)
    marked[:, 5:15, :10] = True
    surface = surface_of(Mask.of(marked, grid))
    assert surface.points_mm[:, 0].min() == pytest.approx(-0.5, abs=0.5)
    assert surface.signed_distance_mm([5.0, 10.0, 10.0]) < -3
    assert surface.signed_distance_mm([-5.0, 10.0, 10.0]) == pytest.approx(4.5, abs=0.5)


def test_nothing_has_no_surface():
    with pytest.raises(OutlineError, match="empty"):
        surface_of(Mask.of(np.zeros((3, 3, 3), bool), Grid((3, 3, 3), (1.0, 1.0, 1.0))))

"""The margin against closed forms: spheres inside spheres, off centre, ellipsoids, caps, at two voxel sizes."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.errors import OutlineError
from boneir.fusion.margin import surface_margin
from boneir.grid import Grid
from boneir.image.ellipsoid import Ellipsoid
from boneir.mask import Mask

VOXELS = [((1.0, 1.0, 1.0), 0.3), ((0.7, 0.7, 3.0), 0.5)]


def oblique(seed, spacing, half_mm):
    draw = np.random.default_rng(seed)
    matrix, _ = np.linalg.qr(draw.normal(size=(3, 3)))
    shape = tuple(int(2 * half_mm / s) + 4 for s in spacing[::-1])
    first = -matrix @ (((np.array(shape[::-1]) - 1) / 2 + draw.uniform(-0.5, 0.5, 3)) * spacing)
    return Grid(shape, spacing, tuple(first), tuple(matrix.ravel()))


def ball(radius, centre=(0.0, 0.0, 0.0)):
    return Ellipsoid(tuple(float(c) for c in centre), (0.0, 0.0, 1.0), radius, radius)


def direction(seed):
    vector = np.random.default_rng(seed + 100).normal(size=3)
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("as_mask", [False, True], ids=["exact zone", "zone of voxels"])
@pytest.mark.parametrize(("spacing", "bound"), VOXELS)
@pytest.mark.parametrize(("radius", "rim", "shift"), [(10, 5, 0), (10, 5, 3), (12, 2, 5), (15, 6, 6)])
def test_spheres(radius, rim, shift, spacing, bound, as_mask):
    seed = radius + shift
    grid = oblique(seed, spacing, radius + rim + shift + 2)
    away = direction(seed)
    zone = ball(radius + rim, shift * away)
    found = surface_margin(ball(radius).mask_on(grid), zone.mask_on(grid) if as_mask else [zone])
    assert found.minimum_mm == pytest.approx(rim - shift, abs=bound)
    if shift:
        np.testing.assert_allclose(found.place_mm, -radius * away, atol=0.35 * radius)  # flat near the minimum
    # the margin over the sphere's surface has the distribution of R - |r n - s|, n uniform on the sphere
    normals = np.random.default_rng(0).normal(size=(40_000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    truth = radius + rim - np.linalg.norm(radius * normals - shift * away, axis=1)
    assert found.median_mm == pytest.approx(np.median(truth), abs=bound)
    assert found.fifth_percentile_mm == pytest.approx(np.percentile(truth, 5), abs=bound)
    assert found.share_uncovered + found.share_narrow + found.share_wide == pytest.approx(1)
    if shift:
        assert found.share_uncovered == pytest.approx(np.mean(truth < 0), abs=0.05)
        assert found.share_wide == pytest.approx(np.mean(truth >= 5), abs=0.08)


@pytest.mark.parametrize(("spacing", "bound"), VOXELS)
def test_an_ellipsoid_in_a_sphere(spacing, bound):
    lesion = Ellipsoid((0.0, 0.0, 0.0), tuple(direction(3)), 16.0, 11.0)
    found = surface_margin(lesion.mask_on(oblique(3, spacing, 20)), [ball(20)])
    assert found.minimum_mm == pytest.approx(4.0, abs=bound)
    assert abs(np.dot(found.place_mm, direction(3))) == pytest.approx(16.0, abs=1.0)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("spacing", "bound"), VOXELS)
def test_a_capped_sphere(seed, spacing, bound):
    """A lesion that ends flat at a cortex parallel to the slices; the edge of the cut has the least margin."""
    grid = oblique(seed, spacing, 24)
    normal = np.asarray(grid.direction).reshape(3, 3)[:, 2]
    offset = np.random.default_rng(seed).uniform(-1, 1)
    level = (np.round((-5 + offset) / spacing[2]) + 0.5) * spacing[2] + grid.to_mm([0, 0, 0]) @ normal % spacing[2]
    centres = grid.to_mm(np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)[..., ::-1])
    capped = (np.linalg.norm(centres, axis=-1) <= 14) & (centres @ normal > level)
    found = surface_margin(Mask.of(capped, grid), [ball(18, 5 * normal)])
    rim = np.sqrt(14**2 - level**2)
    sharp = 18 - np.hypot(rim, level - 5)  # the edge of the cut is farthest from the zone's centre
    assert found.minimum_mm == pytest.approx(sharp, abs=bound + 0.2)  # edges are known to half a voxel


@pytest.mark.parametrize("as_mask", [False, True])
def test_coverage_of_the_lesion_and_its_rims(as_mask):
    """Ball and zone are concentric, so the covered part of a rim is a ratio of volumes."""
    grid = oblique(7, (0.9, 0.9, 1.2), 24)
    zone = ball(14)
    found = surface_margin(ball(10).mask_on(grid), zone.mask_on(grid) if as_mask else [zone])
    truth = [min(1.0, (14 / (10 + m)) ** 3) for m in range(11)]
    np.testing.assert_allclose(found.coverage, truth, atol=0.03)
    assert found.coverage[:4] == (1.0, 1.0, 1.0, 1.0)
    assert found.coverage_of_rim(2.5) == 1.0
    assert found.coverage_of_rim(7.5) == pytest.approx((found.coverage[7] + found.coverage[8]) / 2)


def test_coverage_falls_with_the_overlap_of_two_balls():
    """The lens of two equal balls at distance d has the volume pi (4 r + d) (2 r - d)^2 / 12."""
    grid = oblique(9, (1.0, 1.0, 1.0), 26)
    r, d = 12.0, 9.0
    found = surface_margin(ball(r).mask_on(grid), [ball(r, d * direction(1))])
    lens = np.pi * (4 * r + d) * (2 * r - d) ** 2 / 12
    assert found.coverage[0] == pytest.approx(lens / (4 / 3 * np.pi * r**3), abs=0.015)
    assert found.minimum_mm == pytest.approx(-d, abs=0.3)


def test_two_probes_cover_more_than_one():
    grid = oblique(2, (1.0, 1.0, 1.0), 24)
    lesion = Ellipsoid((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 15.0, 9.0).mask_on(grid)
    pair = [ball(12, (-6, 0, 0)), ball(12, (6, 0, 0))]
    single, both = surface_margin(lesion, pair[:1]), surface_margin(lesion, pair)
    assert single.minimum_mm == pytest.approx(-9.0, abs=0.4)
    assert both.minimum_mm == pytest.approx(min(3.0, np.sqrt(12**2 - 36) - 9), abs=0.4)
    assert both.coverage[0] == 1.0 > single.coverage[0]


def test_empty_outlines_are_refused():
    grid = Grid((5, 5, 5), (1.0, 1.0, 1.0))
    empty = Mask.of(np.zeros(grid.shape, bool), grid)
    with pytest.raises(OutlineError):
        surface_margin(empty, [ball(3)])

"""Rigid registration: known motions are found again on made-up images, whatever their grids, contrast and noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from boneir.case import Image, Modality
from boneir.errors import ImageError
from boneir.fusion.likeness import normalised_mutual_information
from boneir.fusion.optimise import (
    Objective,
    mutual_information,
    mutual_information_numpy,
    samples_of,
    value_and_slope,
    value_and_slope_numpy,
)
from boneir.fusion.points import landmark_distance_mm, motion_of_landmarks, target_error_mm
from boneir.fusion.quality import Verdict, edge_offsets_mm, quality_of
from boneir.fusion.registration import (
    best_of_pair,
    cropped,
    pair_of_bone,
    pair_of_images,
    region_on,
    register_bone,
    register_whole,
)
from boneir.fusion.scaled import Scaled, scaled
from boneir.grid import Grid
from boneir.image.rigid import Rigid, placed, turned
from boneir.mask import Mask

OBLIQUE = (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
MOTION = Rigid.about((5.0, 10.0, 20.0), (6.0, -4.0, 8.0), (7.0, -5.0, 6.0))


def field(points: np.ndarray) -> np.ndarray:
    """A made-up body with bones in it, as a smooth function of LPS mm: no voxels, so no interpolation in the truth."""
    body = 40.0 / (1 + np.exp((np.linalg.norm(points * (1.0, 1.3, 0.8), axis=-1) - 52.0) / 1.5))
    bones = np.zeros(points.shape[:-1])
    for centre, radii, height in (
        ((0, 15, 0), (14, 11, 13), 420.0), ((0, 15, 30), (13, 10, 12), 380.0), ((2, 16, -30), (15, 12, 13), 460.0),
        ((18, 24, 4), (12, 4, 5), 520.0), ((-17, 25, -3), (11, 4, 6), 500.0), ((1, 32, 10), (3, 9, 7), 600.0),
        ((-22, -12, 14), (6, 7, 18), 150.0), ((25, -14, -12), (9, 6, 8), -120.0),
    ):  # fmt: skip
        away = np.linalg.norm((points - centre) / np.array(radii), axis=-1)
        bones += height / (1 + np.exp((away - 1.0) * 9.0))
    return np.asarray(bones + 25.0 * body - 1000.0)


def image_of(grid: Grid, motion: Rigid, noise: float, seed: int, *, mr: bool = False) -> Image:
    """The body as an image shows it into which `motion` brought it."""
    k, j, i = np.indices(grid.shape)
    values = field(motion.inverse.apply(grid.to_mm(np.stack([i, j, k], axis=-1))))
    if mr:
        values = np.interp(values, [-1000, -200, 0, 200, 700], [10, 200, 700, 500, 60])
    values = values + np.random.default_rng(seed).normal(0, noise, grid.shape)
    voxels = values.astype(np.float32) if mr else np.rint(values).astype(np.int16)
    return Image(voxels, grid, Modality.MR if mr else Modality.CT, "" if mr else "HU")


FIXED = Grid((64, 60, 60), (2.0, 2.0, 2.0), (-59.0, -50.0, -62.0))
OTHER = Grid((60, 40, 60), (2.1, 3.2, 2.1), (-60.0, 70.0, 60.0), OBLIQUE)
BONES = np.array([[0, 15, 0], [0, 15, 30], [2, 16, -30], [18, 24, 4], [1, 38, 10]], float)


def other_grid() -> Grid:
    """A permuted, anisotropic grid whose middle lies where the body is."""
    middle = OTHER.to_mm((np.asarray(OTHER.shape[::-1]) - 1) / 2)
    x, y, z = (float(v) for v in np.asarray(OTHER.origin_mm) - middle + (4.0, 8.0, 3.0))
    return Grid(OTHER.shape, OTHER.spacing_mm, (x, y, z), OTHER.direction)


@pytest.fixture(scope="module")
def fixed() -> Image:
    return image_of(FIXED, Rigid(), 15.0, 0)


@pytest.fixture(scope="module")
def bones(fixed: Image) -> Mask:
    return Mask.of(fixed.voxels > 200, fixed.grid)


def test_a_turn_is_that_of_scipy_and_goes_back() -> None:
    turn = np.array([0.3, -0.7, 0.4])
    assert np.allclose(turned(turn), Rotation.from_rotvec(turn).as_matrix(), atol=1e-14)
    points = np.random.default_rng(1).normal(0, 100, (20, 3))
    assert np.allclose(MOTION.inverse.apply(MOTION.apply(points)), points, atol=1e-4)
    assert np.allclose(MOTION.after(MOTION).apply(points), MOTION.apply(MOTION.apply(points)), atol=1e-4)
    assert MOTION.angle_deg == pytest.approx(np.linalg.norm((6, -4, 8)), abs=1e-6)
    with pytest.raises(ImageError, match="not a rotation"):
        Rigid((1, 0, 0, 0, 1, 0, 0, 0, -1))


def test_a_placed_image_keeps_its_voxels_and_moves_its_points() -> None:
    image = image_of(other_grid(), Rigid(), 0.0, 0)
    moved = placed(image, MOTION)
    assert moved.voxels is image.voxels
    ijk = np.random.default_rng(2).uniform(0, 50, (30, 3))
    assert np.allclose(moved.grid.to_mm(ijk), MOTION.apply(image.grid.to_mm(ijk)), atol=1e-4)


def test_values_between_voxels_and_their_slopes() -> None:
    image = Scaled(
        np.random.default_rng(3).normal(size=(7, 8, 9)).astype(np.float32),
        Grid((7, 8, 9), (1.2, 0.7, 2.0), (1, 2, 3), OBLIQUE),
    )
    points = image.grid.to_mm(np.random.default_rng(4).uniform(-0.5, 8.4, (400, 3)))
    values, slopes, inside = value_and_slope(image, points)
    expected = image.at(points)
    assert np.array_equal(inside, np.isfinite(expected))
    assert 50 < inside.sum() < 400
    assert np.allclose(values, expected[inside], atol=1e-5)
    step = 1e-4
    for axis in range(3):
        ahead, _, still = value_and_slope(image, points[inside] + step * np.eye(3)[axis])
        same_cell = still & np.all(
            np.floor(image.grid.to_ijk(points[inside] + step * np.eye(3)[axis]))
            == np.floor(image.grid.to_ijk(points[inside])),
            axis=1,
        )
        rate = (ahead[same_cell[still]] - values[same_cell]) / step
        assert np.allclose(rate, slopes[same_cell, axis], atol=2e-3)


def test_mutual_information_of_known_dependence() -> None:
    draw = np.random.default_rng(5)
    one = draw.uniform(0, 1, 60_000).astype(np.float32)
    independent, _ = mutual_information(samples_of(np.zeros((60_000, 3)), one).bins, draw.uniform(0, 1, 60_000), (0, 1))
    assert independent < 0.02
    # Two normal variables of correlation r share -ln(1 - r^2) / 2 nats.
    a = draw.normal(size=60_000)
    b = 0.8 * a + 0.6 * draw.normal(size=60_000)
    found, _ = mutual_information(samples_of(np.zeros((60_000, 3)), a.astype(np.float32)).bins, b, (-3.5, 3.5))
    assert found == pytest.approx(-0.5 * np.log(1 - 0.64), rel=0.06)
    assert normalised_mutual_information(one, one) == pytest.approx(2.0, abs=1e-9)
    assert normalised_mutual_information(one, draw.uniform(0, 1, 60_000).astype(np.float32)) < 1.01


def test_the_compiled_loops_are_those_of_numpy() -> None:
    pytest.importorskip("numba")
    draw = np.random.default_rng(11)
    image = Scaled(draw.normal(size=(6, 7, 5)).astype(np.float32), Grid((6, 7, 5), (1.1, 0.9, 2.2), (3, 4, 5), OBLIQUE))
    points = image.grid.to_mm(draw.uniform(-0.7, 6.5, (3000, 3)))
    for fast, slow in zip(value_and_slope(image, points), value_and_slope_numpy(image, points), strict=True):
        assert np.allclose(fast, slow, atol=1e-10)
    bins, values = draw.integers(0, 32, 5000), draw.normal(0, 50, 5000)
    fast_mi, fast_rate = mutual_information(bins, values, (-90.0, 80.0))
    slow_mi, slow_rate = mutual_information_numpy(bins, values, (-90.0, 80.0))
    assert fast_mi == pytest.approx(slow_mi, abs=1e-12)
    assert np.allclose(fast_rate, slow_rate, atol=1e-14)


def test_the_derivative_is_that_of_the_objective(fixed: Image) -> None:
    pair = pair_of_images(fixed, image_of(other_grid(), MOTION, 5.0, 1, mr=True))
    level = pair.levels[1].seen_from(MOTION)
    inner = np.linalg.norm(level.points_mm - (0, 10, 0), axis=1) < 35  # no point crosses the border of the image
    objective = Objective(samples_of(level.points_mm[inner], level.values[inner]), level.moving, MOTION)
    lengths = np.array([2.0, -1.0, 1.5, 0.5, -0.8, 1.1])
    _, rate = objective(lengths)
    steps = 2e-3 * np.eye(6)
    difference = [(objective(lengths + step)[0] - objective(lengths - step)[0]) / 4e-3 for step in steps]
    assert np.allclose(rate, difference, rtol=0.05, atol=2e-4)


@pytest.mark.parametrize("mr", [False, True])
def test_a_known_motion_is_found_from_afar(fixed: Image, bones: Mask, mr: bool) -> None:
    other = image_of(other_grid(), MOTION, 15.0, 2, mr=mr)
    found = register_whole(fixed, other, bones)
    assert found.apart_mm(MOTION, BONES).max() < (1.0 if mr else 0.4)
    assert found == register_whole(fixed, other, bones)


def test_a_bone_is_found_near_where_it_was_thought(fixed: Image) -> None:
    bone = Mask.of(ndimage.label(fixed.voxels[26:38] > 150)[0] == 0, fixed.grid.window((26, 0, 0), (12, 60, 60)))
    marked = np.zeros(FIXED.shape, bool)
    marked[26:38] = ~bone.full()
    bone = Mask.of(marked, FIXED)
    start = MOTION.after(Rigid.about((0, 15, 0), (5, -4, 6), (5, -6, 4)))
    found = register_bone(fixed, image_of(other_grid(), MOTION, 20.0, 3), bone, start)
    assert found.apart_mm(MOTION, BONES[[0, 3, 4]]).max() < 0.5


def test_good_is_told_from_off(fixed: Image, bones: Mask) -> None:
    other = image_of(other_grid(), MOTION, 15.0, 4)
    pair = pair_of_images(fixed, other, bones)
    good = quality_of(pair, MOTION)
    assert good.verdict is Verdict.GOOD
    assert not good.reasons
    assert good.error_mm < 1.0
    off = MOTION.after(Rigid.about((0, 15, 0), (0, 0, 0), (2.0, 1.5, 1.5)))
    bad = quality_of(pair, off, about="L3")
    assert bad.verdict is not Verdict.GOOD
    assert bad.error_mm > 2.0
    assert bad.halves_mm == pytest.approx(2.9, abs=0.6)
    assert all("L3" in reason.text and reason.limit is not None for reason in bad.reasons)
    assert np.median(edge_offsets_mm(pair.levels[-1].seen_from(MOTION), MOTION)) <= 1.0


def test_another_body_is_not_taken_for_this_one(fixed: Image, bones: Mask) -> None:
    """Noise alone, and a body of another shape: whatever is found, it is not called good."""
    noise = Image(np.random.default_rng(6).normal(0, 300, FIXED.shape).astype(np.int16), FIXED)
    turned_over = Image(
        np.ascontiguousarray(fixed.voxels[:, ::-1, ::-1].transpose(1, 2, 0)[:60, :60, :60]),
        Grid((60, 60, 60), (2.0, 2.0, 2.0), (-59.0, -50.0, -62.0)),
    )
    for other in (noise, turned_over):
        pair = pair_of_images(fixed, other, bones)
        assert quality_of(pair, best_of_pair(pair)).verdict is not Verdict.GOOD


def test_landmarks_give_the_motion_in_closed_form() -> None:
    draw = np.random.default_rng(7)
    here = draw.uniform(-60, 60, (6, 3))
    found = motion_of_landmarks(here, MOTION.apply(here))
    assert found.apart_mm(MOTION, here).max() < 1e-4
    rotation, _ = Rotation.align_vectors(MOTION.apply(here) - MOTION.apply(here).mean(0), here - here.mean(0))
    assert np.allclose(found.matrix, rotation.as_matrix(), atol=1e-6)
    assert landmark_distance_mm(here, MOTION.apply(here) + np.array([3.0, 0, 4.0]), MOTION) == pytest.approx(
        5.0, abs=1e-4
    )
    with pytest.raises(ImageError, match="in a line"):
        motion_of_landmarks([[0, 0, 0], [1, 0, 0], [5, 0, 0]], [[0, 0, 0], [1, 0, 0], [5, 0, 0]])
    with pytest.raises(ImageError, match="three or more"):
        motion_of_landmarks([[0, 0, 0], [1, 0, 0]], [[0, 0, 0], [1, 0, 0]])


def test_the_expected_error_at_a_target_is_that_of_many_draws() -> None:
    here = np.array([[0, 0, 0], [50, 0, 0], [0, 40, 0], [10, 10, 60.0]])
    target, each = np.array([30.0, -40.0, 20.0]), 1.5
    draw = np.random.default_rng(8)
    errors = []
    for _ in range(2000):
        there = here + draw.normal(0, each / np.sqrt(3), here.shape)
        errors.append(np.linalg.norm(motion_of_landmarks(here, there).apply(target) - target))
    assert target_error_mm(here, target, each) == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=0.05)


def test_levels_of_the_pyramid_lie_where_the_image_lies() -> None:
    grid = other_grid()
    k, j, i = np.indices(grid.shape)
    slope = np.array([2.0, -1.0, 1.5])
    ramp = (grid.to_mm(np.stack([i, j, k], axis=-1)) @ slope).astype(np.float32)
    points = np.random.default_rng(10).uniform(-35, 35, (300, 3)) + np.array([4.0, 8.0, 3.0])
    for voxel_mm in (0.5, 3.0, 5.0, 8.0):
        level = scaled(Image(ramp, grid, Modality.MR, ""), voxel_mm)
        assert min(level.grid.spacing_mm) >= 0.99 * min(voxel_mm, 2.1)
        assert np.abs(level.at(points) - points @ slope).max() < 0.5
    bounded = scaled(image_of(grid, Rigid(), 0.0, 0), 4.0).values
    assert bounded.min() >= -200.0


def test_what_lies_outside_is_refused(fixed: Image) -> None:
    with pytest.raises(ImageError, match="outside the image"):
        cropped(fixed, np.array([[500.0, 0.0, 0.0], [510.0, 0.0, 0.0]]), 5.0)
    bone = Mask.of(np.pad(np.ones((4, 4, 4), bool), ((30, 30), (28, 28), (28, 28))), FIXED)
    far = placed(fixed, Rigid(shift_mm=(900.0, 0.0, 0.0)))
    with pytest.raises(ImageError, match="outside the image"):
        pair_of_bone(fixed, far, bone, Rigid())
    assert region_on(bone, FIXED).sum() > bone.count

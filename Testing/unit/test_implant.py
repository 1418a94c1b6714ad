from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage

from boneir.case import Image, Modality
from boneir.errors import ImageError, OutlineError
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.training.demo_patient import demo_patient
from boneir.training.implant import CORTEX_MM, RIM_MM, Implanted, LesionKind, implant_lesion
from boneir.training.lesion_shape import lesion_shape
from boneir.training.room_in_bone import depth_in_bone, place_in
from boneir.training.scanner_noise import correlated_noise, noise_near

_C, _S = math.cos(0.4), math.sin(0.4)
DIRECTIONS = {
    "axial": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "permuted": (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "flipped": (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "oblique": (_C, 0.0, _S, 0.0, 1.0, 0.0, -_S, 0.0, _C),
}
CENTRE = (11.0, -7.0, 52.0)
BONE_RADIUS = 22.0
NOISE_SIGMA = (0.0, 0.8, 0.7)
"""Of the noise of the test images, in voxels along (k, j, i)."""


def grid_at(direction: str = "axial", spacing=(0.8, 0.9, 1.3), size_mm: float = 90.0) -> Grid:
    counts = [math.ceil(size_mm / step) for step in spacing]
    axes = np.asarray(DIRECTIONS[direction]).reshape(3, 3) * spacing
    origin = np.asarray(CENTRE) - axes @ ((np.asarray(counts) - 1) / 2)
    return Grid((counts[2], counts[1], counts[0]), spacing, tuple(origin.tolist()), DIRECTIONS[direction])


def distance_from(centre, grid: Grid) -> np.ndarray:
    k, j, i = np.indices(grid.shape)
    return np.linalg.norm(grid.to_mm(np.stack([i, j, k], axis=-1)) - np.asarray(centre), axis=-1)


def bone_in_muscle(direction: str = "axial", noise_hu: float = 15.0, **how) -> tuple[Image, Mask]:
    """A ball of bone with a cortex, in muscle with noise."""
    grid = grid_at(direction, **how)
    away = distance_from(CENTRE, grid)
    hu = np.where(away < BONE_RADIUS, np.where(away > BONE_RADIUS - 1.5, 700.0, 160.0), 55.0)
    hu = hu + noise_hu * correlated_noise(grid.shape, NOISE_SIGMA, np.random.default_rng(5))
    return Image(np.rint(hu).astype(np.int16), grid), Mask.of(away < BONE_RADIUS, grid)


@pytest.fixture(scope="module")
def scene() -> tuple[Image, Mask]:
    return bone_in_muscle()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_smooth_lesion_is_a_ball_of_the_asked_diameter(direction: str) -> None:
    image, _ = bone_in_muscle(direction)
    found = implant_lesion(image, CENTRE, 20.0, "lytic", roughness=0.0)
    exact = math.pi / 6 * 20.0**3 / 1000
    assert found.exact_volume_ml == pytest.approx(exact, rel=1e-9)
    assert found.mask.volume_ml == pytest.approx(exact, rel=0.02)
    assert math.dist(found.mask.centroid_mm, CENTRE) < 0.1
    assert found.volume_ml == pytest.approx(exact, rel=0.002)
    # A voxel belongs to it by half or more, which is nearly but not quite where its centre lies inside.
    away = distance_from(CENTRE, image.grid)
    lesion = found.mask.full()
    assert lesion[away < 9.95].all()
    assert not lesion[away > 10.05].any()


@pytest.mark.parametrize("seed", range(4))
def test_rough_lesion_has_the_volume_of_the_ball_too(scene, seed: int) -> None:
    image, _ = scene
    found = implant_lesion(
        image, CENTRE, 18.0, LesionKind.SCLEROTIC, roughness=0.12, stretch=(1.0, 1.3, 0.8), seed=seed
    )
    assert found.exact_volume_ml == pytest.approx(math.pi / 6 * 18.0**3 / 1000, rel=1e-9)
    assert found.mask.volume_ml == pytest.approx(found.exact_volume_ml, rel=0.02)
    surface = np.linalg.norm((found.mask.points_mm() - CENTRE) / np.asarray([1.0, 1.3, 0.8]), axis=1).max()
    assert surface > 9.0 * 1.04


def test_volume_of_a_rough_shape_agrees_with_counting() -> None:
    shape = lesion_shape((0.0, 0.0, 0.0), 20.0, np.random.default_rng(2), roughness=0.15)
    step = 0.25
    axis = np.arange(-16, 16, step, dtype=np.float32) + np.float32(step / 2)
    inside = shape.level_mm(axis[None, None, :], axis[None, :, None], axis[:, None, None]) <= 0
    assert np.count_nonzero(inside) * step**3 / 1000 == pytest.approx(shape.volume_ml, rel=2e-3)


def test_roughness_is_the_spread_of_the_radius() -> None:
    shape = lesion_shape((0.0, 0.0, 0.0), 20.0, np.random.default_rng(2), roughness=0.08)
    directions = np.random.default_rng(0).standard_normal((20000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    assert shape.radius_in(directions).std() == pytest.approx(0.08, rel=0.05)
    assert shape.radius_in(directions).mean() == pytest.approx(1.0, abs=0.005)


def test_nothing_else_changes_and_the_input_stays(scene) -> None:
    image, bone = scene
    before = image.voxels.copy()
    found = implant_lesion(image, CENTRE, 16.0, "mixed", bone=bone, rim=True, seed=3)
    assert np.array_equal(image.voxels, before)
    changed = found.image.voxels != before
    near = ndimage.distance_transform_edt(~found.mask.full(), sampling=image.grid.spacing_mm[::-1])
    diagonal = float(np.linalg.norm(image.grid.spacing_mm))
    assert near[changed].max() < RIM_MM + diagonal
    assert changed[found.mask.full()].mean() > 0.9
    assert found.image.grid == image.grid


def test_edge_is_blended_by_the_share_of_the_voxel() -> None:
    """Against supersampling: every voxel is cut into 7 x 7 x 7 and counted."""
    image, _ = bone_in_muscle(noise_hu=1.0)
    quiet = Image(np.where(distance_from(CENTRE, image.grid) < 25, 1000, image.voxels).astype(np.int16), image.grid)
    found = implant_lesion(quiet, CENTRE, 20.0, "lytic", roughness=0.0)
    fine = (np.arange(7) - 3) / 7
    corners = np.stack(np.meshgrid(fine, fine, fine, indexing="ij"), axis=-1).reshape(-1, 3)
    picks = np.argwhere(np.abs(distance_from(CENTRE, image.grid) - 10.0) < 0.5)[::7]
    errors = []
    for k, j, i in picks:
        places = image.grid.to_mm(np.asarray([i, j, k]) + corners)
        share = (np.linalg.norm(places - CENTRE, axis=1) < 10.0).mean()
        errors.append((1000 - found.image.voxels[k, j, i]) / (1000 - 46) - share)
    assert len(errors) > 100
    assert np.abs(np.mean(errors)) < 0.004
    assert np.std(errors) < 0.012


@pytest.mark.parametrize("noise_hu", [6.0, 15.0, 40.0])
def test_lesion_is_as_noisy_as_its_surroundings(noise_hu: float) -> None:
    image, bone = bone_in_muscle(noise_hu=noise_hu)
    found = implant_lesion(image, CENTRE, 26.0, "lytic", bone=bone, seed=1)
    core = ndimage.binary_erosion(found.mask.full(), iterations=2)
    muscle = distance_from(CENTRE, image.grid) > BONE_RADIUS + 3
    inside, outside = found.image.voxels[core].astype(float), image.voxels[muscle].astype(float)
    assert inside.std() == pytest.approx(outside.std(), rel=0.2)
    assert inside.mean() == pytest.approx(46.0, abs=noise_hu / 3)


def test_noise_of_an_image_is_measured(scene) -> None:
    image, _ = scene
    noise = noise_near(image, CENTRE)
    assert noise.sd_hu == pytest.approx(15.0, rel=0.05)
    for measured, sigma in zip(noise.neighbour_correlation, NOISE_SIGMA, strict=True):
        exact = math.exp(-1 / (4 * sigma**2)) if sigma else 0.0
        assert measured == pytest.approx(exact, abs=0.08)


def test_sampled_noise_has_the_measured_properties(scene) -> None:
    noise = noise_near(scene[0], CENTRE)
    values = noise.sample((40, 60, 60), np.random.default_rng(0)).astype(float)
    assert values.std() == pytest.approx(noise.sd_hu, rel=0.03)
    neighbours = (values[:, :, 1:] * values[:, :, :-1]).mean() / values.var()
    assert neighbours == pytest.approx(noise.neighbour_correlation[2], abs=0.05)


def test_unbroken_lesion_leaves_the_cortex(scene) -> None:
    image, bone = scene
    off = (CENTRE[0] + 12.0, CENTRE[1], CENTRE[2])
    found = implant_lesion(image, off, 24.0, "lytic", bone=bone, rim=True, seed=2)
    away = distance_from(CENTRE, image.grid)
    assert found.exact_volume_ml is None
    assert away[found.mask.full()].max() <= BONE_RADIUS - CORTEX_MM + 0.8
    assert np.array_equal(found.image.voxels[away > BONE_RADIUS + 1.2], image.voxels[away > BONE_RADIUS + 1.2])
    assert found.volume_ml < math.pi / 6 * 24.0**3 / 1000


def test_breach_replaces_the_cortex_at_one_place_and_grows_out(scene) -> None:
    image, bone = scene
    off = (CENTRE[0] + 9.0, CENTRE[1], CENTRE[2])
    found = implant_lesion(image, off, 20.0, "lytic", bone=bone, breach=True, seed=2)
    away = distance_from(CENTRE, image.grid)
    lesion = found.mask.full()
    assert found.breach_mm is not None
    assert math.dist(found.breach_mm, CENTRE) == pytest.approx(BONE_RADIUS, abs=1.5)
    assert found.breach_mm[0] > CENTRE[0] + BONE_RADIUS - 3.0
    outside = lesion & (away > BONE_RADIUS)
    assert 0.1 < outside.sum() * image.grid.voxel_ml < 2.0
    assert away[lesion].max() == pytest.approx(BONE_RADIUS + 0.22 * 20.0, abs=1.5)
    gone = lesion & (away > BONE_RADIUS - 1.3) & (away < BONE_RADIUS - 0.2)
    assert found.image.voxels[ndimage.binary_erosion(gone | outside) & gone].mean() < 150
    cortex = (away < BONE_RADIUS) & (away > BONE_RADIUS - 1.4) & ~ndimage.binary_dilation(lesion, iterations=3)
    assert np.array_equal(found.image.voxels[cortex], image.voxels[cortex])
    assert ndimage.label(lesion)[1] == 1


def test_breach_goes_where_it_is_sent(scene) -> None:
    image, bone = scene
    behind = (CENTRE[0], CENTRE[1] + 60.0, CENTRE[2])
    found = implant_lesion(image, CENTRE, 44.0, "lytic", bone=bone, breach=True, towards_mm=behind, seed=2)
    assert found.breach_mm == pytest.approx((CENTRE[0], CENTRE[1] + BONE_RADIUS, CENTRE[2]), abs=1.0)


def test_rim_is_bright_and_not_part_of_the_lesion(scene) -> None:
    image, bone = scene
    found = implant_lesion(image, CENTRE, 18.0, "lytic", bone=bone, rim=True, roughness=0.0)
    plain = implant_lesion(image, CENTRE, 18.0, "lytic", bone=bone, rim=False, roughness=0.0)
    away = distance_from(CENTRE, image.grid)
    shell = np.abs(away - (9.0 + RIM_MM / 2)) < 0.2
    assert found.image.voxels[shell].mean() > 400
    assert found.mask.equals(plain.mask)
    assert found.image.voxels[away < 7.5].mean() == pytest.approx(46.0, abs=3.0)


def test_kinds_differ_as_their_names_say(scene) -> None:
    image, bone = scene

    def inside(kind: LesionKind) -> np.ndarray:
        found = implant_lesion(image, CENTRE, 24.0, kind, bone=bone, seed=1)
        return found.image.voxels[ndimage.binary_erosion(found.mask.full(), iterations=2)]

    assert inside(LesionKind.LYTIC).mean() < 60
    assert inside(LesionKind.SCLEROTIC).mean() > 550
    mixed = inside(LesionKind.MIXED)
    assert (mixed < 120).mean() > 0.2
    assert (mixed > 450).mean() > 0.2


def test_same_seed_same_bytes_and_another_seed_another_lesion(scene) -> None:
    image, bone = scene

    def made(seed: int) -> Implanted:
        return implant_lesion(image, CENTRE, 18.0, "mixed", bone=bone, rim=True, seed=seed)

    assert made(4).image.uid == made(4).image.uid
    assert made(4).mask.equals(made(4).mask)
    assert not made(4).mask.equals(made(5).mask)


def test_depth_is_the_distance_to_the_surface(scene) -> None:
    image, bone = scene
    hollow = Mask.of(bone.full() & (distance_from(CENTRE, image.grid) > 8.0), image.grid)
    window = tuple(slice(0, n) for n in image.grid.shape)
    depth = depth_in_bone(hollow, window)
    exact = BONE_RADIUS - distance_from(CENTRE, image.grid)
    near = np.abs(exact) < 15
    assert np.abs(depth - exact)[near].max() < 1.3
    assert np.abs((depth - exact)[near].mean()) < 0.3


@pytest.mark.parametrize("seed", range(3))
def test_place_in_bone_has_room(scene, seed: int) -> None:
    _, bone = scene
    place = place_in(bone, 24.0, seed)
    assert math.dist(place, CENTRE) < BONE_RADIUS - 12.0 + 1.0
    assert place_in(bone, 24.0, seed) == place
    assert place_in(bone, 24.0, seed + 10) != place


def test_what_cannot_be_done_is_refused(scene) -> None:
    image, bone = scene
    with pytest.raises(OutlineError, match="up to 4"):
        place_in(bone, 60.0)
    with pytest.raises(OutlineError, match="above 0"):
        implant_lesion(image, CENTRE, 0.0, "lytic")
    with pytest.raises(OutlineError, match="lytic, sclerotic, mixed"):
        implant_lesion(image, CENTRE, 10.0, "blastic")
    with pytest.raises(OutlineError, match="needs the outline"):
        implant_lesion(image, CENTRE, 10.0, "lytic", breach=True)
    with pytest.raises(OutlineError, match="outside the bone"):
        implant_lesion(image, (CENTRE[0] + 30.0, CENTRE[1], CENTRE[2]), 10.0, "lytic", bone=bone)
    with pytest.raises(OutlineError, match="more than 8 mm away"):
        implant_lesion(image, CENTRE, 8.0, "lytic", bone=bone, breach=True)
    with pytest.raises(ImageError, match="outside the image"):
        implant_lesion(image, (500.0, 0.0, 0.0), 10.0, "lytic")
    with pytest.raises(ImageError, match="int16"):
        implant_lesion(Image(image.voxels.astype(np.float32), image.grid, Modality.MR, ""), CENTRE, 10.0, "lytic")
    empty = Image(np.full(image.grid.shape, -1000, np.int16), image.grid)
    with pytest.raises(ImageError, match="noise"):
        implant_lesion(empty, CENTRE, 10.0, "lytic")
    other = Mask.of(np.ones((4, 4, 4), bool), Grid((4, 4, 4), (1.0, 1.0, 1.0)))
    with pytest.raises(OutlineError, match="another grid"):
        implant_lesion(image, CENTRE, 10.0, "lytic", bone=other)


def test_demo_patient_has_a_lytic_lesion_in_the_body_of_l3() -> None:
    grid = Grid((50, 110, 110), (1.0, 1.0, 1.5), (-55.0, -30.0, 65.0))
    demo = demo_patient(0, grid=grid)
    assert demo.lesion.at(demo.seed_mm)
    bone = demo.labels["vertebra_L3"].full()
    lesion = demo.lesion.full()
    assert (lesion & bone).sum() == lesion.sum()
    diameter = (6 * demo.lesion.volume_ml * 1000 / math.pi) ** (1 / 3)
    assert 17.0 < diameter < 22.0
    core = ndimage.binary_erosion(lesion)
    assert demo.image.voxels[core].mean() == pytest.approx(46.0, abs=4.0)
    # Healthy cancellous bone around it is clearly denser.
    assert demo.image.voxels[ndimage.binary_erosion(bone & ~lesion)].mean() > 130
    assert demo_patient(0, grid=grid).image.uid == demo.image.uid


@pytest.mark.parametrize("edge_mm", [1.0, 2.0])
def test_a_blurred_edge_is_as_wide_as_asked_and_keeps_volume_and_mask(edge_mm: float) -> None:
    image, _ = bone_in_muscle(noise_hu=2.0)
    sharp = implant_lesion(image, CENTRE, 24.0, "lytic", roughness=0.0, seed=3)
    blurred = implant_lesion(image, CENTRE, 24.0, "lytic", roughness=0.0, edge_mm=edge_mm, seed=3)
    assert blurred.mask.equals(sharp.mask)
    assert blurred.volume_ml == pytest.approx(sharp.volume_ml)
    away = distance_from(CENTRE, image.grid)
    marrow, lesion = 160.0, 46.0
    for offset, share in ((-edge_mm, 0.841), (edge_mm, 0.159)):  # a normal distribution at one standard deviation
        ring = np.abs(away - 12.0 - offset) < 0.3
        expected = share * lesion + (1 - share) * marrow
        # The ball is curved, so a little less of it lies within reach than of a half-space.
        assert blurred.image.voxels[ring].mean() == pytest.approx(expected, abs=12.0)


def test_an_edge_wider_than_a_lesion_could_have_is_refused() -> None:
    image, _ = bone_in_muscle()
    with pytest.raises(OutlineError, match="blurred by 0 to 3 mm"):
        implant_lesion(image, CENTRE, 12.0, "lytic", edge_mm=4.0)

"""The margin after an ablation against closed forms: spheres, ellipsoids, capped spheres, barriers, what was missed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from boneir.case import Image, Modality
from boneir.errors import OutlineError
from boneir.fusion.ablated import Look, outline_ablated
from boneir.fusion.after_margin import after_margin
from boneir.fusion.after_margin_measures import after_findings, after_measures, coverage_curve
from boneir.grid import Grid
from boneir.image.ellipsoid import Ellipsoid
from boneir.mask import Mask
from boneir.plan import Trajectory
from boneir.training.implant_needles import implant_needles

VOXELS = [((1.0, 1.0, 1.0), 0.3), ((0.7, 0.7, 3.0), 0.5)]


def oblique(seed, spacing, half_mm):
    draw = np.random.default_rng(seed)
    matrix, _ = np.linalg.qr(draw.normal(size=(3, 3)))
    shape = tuple(int(2 * half_mm / s) + 6 for s in spacing[::-1])
    first = -matrix @ (((np.array(shape[::-1]) - 1) / 2 + draw.uniform(-0.5, 0.5, 3)) * spacing)
    return Grid(shape, spacing, tuple(first), tuple(matrix.ravel()))


def ball(radius, centre=(0.0, 0.0, 0.0)):
    return Ellipsoid(tuple(float(c) for c in centre), (0.0, 0.0, 1.0), radius, radius)


def points_of(grid):
    return grid.to_mm(np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)[..., ::-1])


@pytest.mark.parametrize(("spacing", "bound"), VOXELS)
@pytest.mark.parametrize(("rim", "shift"), [(5.0, 0.0), (7.0, 4.0), (3.0, 5.0)])
def test_spheres(spacing, bound, rim, shift):
    """A true margin of 5.00 mm is read as such, and one that is missed as negative, with its place."""
    grid = oblique(int(rim), spacing, 12 + rim + shift)
    away = np.array([0.6, 0.0, 0.8])
    zone = ball(12 + rim, shift * away).mask_on(grid)
    found = after_margin(ball(12).mask_on(grid), zone, error_mm=0.5)
    assert found.minimum_mm == pytest.approx(rim - shift, abs=bound)
    assert found.claimed_mm == pytest.approx(found.minimum_mm - 0.98)
    normals = np.random.default_rng(0).normal(size=(40_000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    truth = 12 + rim - np.linalg.norm(12 * normals - shift * away, axis=1)
    np.testing.assert_allclose(found.percentiles_mm, np.percentile(truth, (0, 5, 25, 50, 75, 100)), atol=bound)
    edges, shares = found.histogram()
    assert shares.sum() == pytest.approx(1.0)
    below = np.interp(rim, edges, np.append(0.0, np.cumsum(shares)))
    assert below == pytest.approx(np.mean(truth < rim), abs=0.12 if shift else 1.0)
    if shift > rim:
        assert found.missed[0].deepest_mm == pytest.approx(shift - rim, abs=1.6)
        assert np.dot(found.missed[0].place_mm, away) < -8
        d, big, small = shift, 12 + rim, 12.0  # the lens that both balls share has a closed form
        lens = np.pi * (big + small - d) ** 2 * (d * d + 2 * d * (big + small) - 3 * (big - small) ** 2) / (12 * d)
        missed_ml = (4 / 3 * np.pi * small**3 - lens) / 1000
        assert sum(part.volume_ml for part in found.missed) == pytest.approx(missed_ml, abs=0.12)
    else:
        assert not found.missed


@pytest.mark.parametrize(("spacing", "bound"), VOXELS)
def test_an_ellipsoid_in_a_sphere_and_a_capped_sphere(spacing, bound):
    grid = oblique(3, spacing, 24)
    long = Ellipsoid((0.0, 0.0, 0.0), (0.0, 0.6, 0.8), 15.0, 10.0)
    assert after_margin(long.mask_on(grid), ball(20).mask_on(grid)).minimum_mm == pytest.approx(5.0, abs=bound)
    normal = np.asarray(grid.direction).reshape(3, 3)[:, 2]
    level = (np.round(-5 / spacing[2]) + 0.5) * spacing[2] + grid.to_mm([0, 0, 0]) @ normal % spacing[2]
    height = points_of(grid) @ normal
    bone, canal = Mask.of(height > level, grid), Mask.of(height <= level, grid)
    lesion = Mask.of(ball(12).mask_on(grid).full() & bone.full(), grid)
    zone = Mask.of(ball(17).mask_on(grid).full() & bone.full(), grid)
    found = after_margin(lesion, zone, barriers=[canal])
    assert found.minimum_mm == pytest.approx(5.0, abs=bound)
    assert found.whole.minimum_mm <= 0.5 * spacing[2]
    cap = 2 * np.pi * 12 * (12 + level)  # the round part; the flat one is a circle
    flat = np.pi * (144 - level**2)
    assert flat / (flat + cap) - 0.05 < found.excluded_share < flat / (flat + cap) + 5.5 * 2 * np.pi * 12 / (flat + cap)


@pytest.mark.parametrize("seed", [2, 3, 11])
def test_spheres_capped_by_a_wall_of_any_direction(seed):
    """Lesion and zone end at one wall; what faces it does not count, the rest has the margin of sphere or wall."""
    draw = np.random.default_rng(seed)
    radius, rim, shift = draw.uniform(8, 14), draw.uniform(3, 8), draw.uniform(0, 2)
    grid = oblique(seed, (1.0, 1.0, 1.0), radius + rim + shift + 3)
    normal, across = draw.normal(size=(2, 3))
    normal /= np.linalg.norm(normal)
    level = draw.uniform(0.2, 0.7) * radius
    across = np.cross(normal, across)
    offset = shift * across / np.linalg.norm(across)
    centres = points_of(grid)
    height = centres @ normal
    lesion = Mask.of((np.linalg.norm(centres, axis=-1) <= radius) & (height <= level), grid)
    zone = Mask.of((np.linalg.norm(centres - offset, axis=-1) <= radius + rim) & (height <= level), grid)
    wall = Mask.of((height > level) & (height < level + 12), grid)
    found = after_margin(lesion, zone, barriers=[wall])
    units = draw.normal(size=(200_000, 3))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    on_lesion = units[units @ normal <= level / radius]
    to_sphere = radius + rim - np.linalg.norm(radius * on_lesion - offset, axis=1)
    to_wall, slope = level - radius * on_lesion @ normal, on_lesion @ normal
    faces = (slope > 0) & (to_wall <= 5.0 * slope)
    counts = ~faces & ~((to_wall <= to_sphere) & (to_wall < 5.0))
    assert found.minimum_mm == pytest.approx(np.minimum(to_sphere, to_wall)[counts].min(), abs=0.3)


def test_surface_that_faces_a_barrier_does_not_count():
    """A lesion 2 mm from a canal that stops the zone: the margin is that of the rest."""
    grid = oblique(5, (1.0, 1.0, 1.0), 26)
    wall = Mask.of(points_of(grid)[..., 0] >= 12.0, grid)
    lesion = ball(10).mask_on(grid)
    centres = points_of(grid)
    zone = Mask.of((np.linalg.norm(centres, axis=-1) <= 16) & (centres[..., 0] < 12.0), grid)
    free, barred = after_margin(lesion, zone), after_margin(lesion, zone, barriers=[wall])
    assert free.minimum_mm == pytest.approx(2.0, abs=0.5)
    # the wall, where the zone ends, is nearer than 5 mm from x = 7 on: a cap of height 3; a ray along the normal
    # (nx = x/10) meets it within 5 mm from x = 8 on, which lies within that cap
    assert barred.excluded_share == pytest.approx((1 - 0.7) / 2, abs=0.015)
    assert barred.minimum_mm == pytest.approx(5.0, abs=0.3)
    assert barred.whole.minimum_mm == free.minimum_mm
    codes = {item.code: item for item in after_findings(barred, "lesion-1", 3.0)}
    assert "after.barrier" in codes
    assert "in the liver" in codes["after.liver_minimum_mm"].text


def test_measures_findings_and_curve_say_the_same():
    grid = oblique(1, (1.0, 1.0, 1.0), 22)
    found = after_margin(ball(10).mask_on(grid), ball(13, (5, 0, 0)).mask_on(grid), error_mm=0.5, wanted_mm=5.0)
    amounts = {m.code: m.amount for m in after_measures(found, "lesion-1", 5.0)}
    assert amounts["after.minimum"] == found.minimum_mm
    assert amounts["after.coverage_0"] == coverage_curve(found, "lesion-1", 5.0).points[0][1]
    coverage = [amounts[f"after.coverage_{n}"] for n in range(11)]
    assert all(a >= b for a, b in pairwise(coverage))
    codes = [item.code for item in after_findings(found, "lesion-1", 5.0)]
    assert codes[:2] == ["after.minimum", "after.missed"]  # the zone ends within the lesion: both stop
    near = after_margin(ball(10).mask_on(grid), ball(15.5).mask_on(grid), error_mm=0.5, wanted_mm=5.0)
    assert "after.claimed" in {item.code for item in after_findings(near, "lesion-1", 5.0)}


def shown(modality=Modality.CT, inside=30.0, around=110.0, noise=15.0, leak=False):
    grid = oblique(4, (0.8, 0.8, 1.5), 42)
    zone = Ellipsoid((2.0, -3.0, 1.0), (0.0, 0.6, 0.8), 14.0, 10.0)
    marked = zone.mask_on(grid)
    values = np.full(grid.shape, around) + np.random.default_rng(0).normal(0, noise, grid.shape)
    values[marked.full()] += inside - around
    if leak:
        centres = points_of(grid)
        thin = (np.linalg.norm(centres[..., 1:], axis=-1) < 1.2) & (centres[..., 0] > 0)
        values[thin] = inside
    kind = np.int16 if modality is Modality.CT else np.float32
    return Image(values.astype(kind), grid, modality, "HU" if modality is Modality.CT else ""), marked


def dice(one, other):
    a, b = one.full(), other.full()
    return 2 * np.count_nonzero(a & b) / (a.sum() + b.sum())


@pytest.mark.parametrize(
    ("modality", "look"), [(Modality.CT, Look.DARK), (Modality.CT, Look.ICE), (Modality.MR, Look.NECROSIS)]
)
def test_a_dark_zone_is_outlined_from_a_point(modality, look):
    image, truth = shown(modality)
    found = outline_ablated(image, (0.0, 0.0, 0.0), look)
    assert dice(found.mask, truth) >= 0.95
    assert found.mask.volume_ml == pytest.approx(truth.volume_ml, rel=0.05)
    assert ("verify.ice_edge" in {item.code for item in found.findings}) == (look is Look.ICE)


def test_a_thin_bridge_is_cut_off_and_a_faint_zone_is_said_to_be():
    image, truth = shown(leak=True)
    assert dice(outline_ablated(image, (0.0, 0.0, 0.0), Look.DARK).mask, truth) >= 0.93
    faint, _ = shown(inside=95.0)
    assert "verify.faint_zone" in {f.code for f in outline_ablated(faint, (0.0, 0.0, 0.0), Look.DARK).findings}


def test_the_hull_of_gas():
    grid = oblique(6, (0.8, 0.8, 1.0), 30)
    truth = ball(9).mask_on(grid)
    values = np.full(grid.shape, 60.0)
    bubbles = np.random.default_rng(1).random(grid.shape) < 0.12
    values[truth.full() & bubbles] = -900.0
    values = np.asarray(values + np.random.default_rng(0).normal(0, 10, grid.shape), np.int16)
    found = outline_ablated(Image(values, grid), (0.0, 0.0, 0.0), Look.GAS)
    assert found.mask.volume_ml < 1.05 * truth.volume_ml
    assert "verify.gas_hull" in {item.code for item in found.findings}


def test_what_cannot_be_outlined_is_refused():
    image, _ = shown()
    with pytest.raises(OutlineError):
        outline_ablated(image, (35.0, 30.0, 0.0), Look.GAS)
    mr, _ = shown(Modality.MR)
    with pytest.raises(OutlineError, match="on CT"):
        outline_ablated(mr, (0.0, 0.0, 0.0), Look.ICE)


def among_fat_and_bone(streak_hu: float | None = None):
    """A zone of 15 HU in muscle of 50 HU; fat begins 14 mm away on one side, bone on the other."""
    grid = Grid((70, 90, 90), (1.0, 1.0, 1.2), (-45.0, -45.0, -42.0))
    centres = points_of(grid)
    truth = ball(11).mask_on(grid)
    values = np.full(grid.shape, 50.0)
    values[centres[..., 0] > 14] = -100.0
    values[centres[..., 0] < -14] = 400.0
    values[truth.full()] = 15.0
    values += np.random.default_rng(2).normal(0, 12, grid.shape)
    image = Image(np.rint(values).astype(np.int16), grid)
    if streak_hu is not None:
        image = implant_needles(image, [Trajectory((30.0, 40.0, 3.0), (0.0, 0.0, 0.0))], 1.8, streak_hu=streak_hu)
    return image, truth


def test_fat_is_no_zone_and_needles_are_said_to_hide_it():
    image, truth = among_fat_and_bone()
    found = outline_ablated(image, (2.0, 1.0, -2.0), Look.DARK)
    assert dice(found.mask, truth) >= 0.93
    assert not {"verify.metal_in_zone", "verify.zone_leaks"} & {item.code for item in found.findings}
    held = outline_ablated(among_fat_and_bone(streak_hu=15.0)[0], (2.0, 1.0, -2.0), Look.DARK)
    assert "verify.metal_in_zone" in {item.code for item in held.findings}
    assert dice(held.mask, truth) >= 0.85
    with pytest.raises(OutlineError, match="streaks of the needles"):
        outline_ablated(among_fat_and_bone(streak_hu=120.0)[0], (2.0, 1.0, -2.0), Look.DARK)


def test_a_zone_that_ends_at_bone_is_said_to():
    image, _ = among_fat_and_bone()
    values = np.array(image.voxels)
    values[np.linalg.norm(points_of(image.grid), axis=-1) > 11] += 300  # bone all around
    codes = {item.code for item in outline_ablated(Image(values, image.grid), (0.0, 0.0, 0.0), Look.DARK).findings}
    assert "verify.zone_at_bone" in codes

"""The widest corridor in bone, against cylinders of known place and size."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage

from boneir.errors import BoneIRError, OutlineError
from boneir.grid import Grid
from boneir.image.distance import has_numba
from boneir.mask import Mask
from boneir.plan import Trajectory
from boneir.stability.axis_in_bone import AxisInBone
from boneir.stability.corridor import Aim, cone_of, widest_corridor
from boneir.stability.corridor_kinds import corridor_kind, corridor_kinds
from boneir.stability.corridor_places import site_named, sites_of
from boneir.stability.corridor_reach import Reach
from boneir.stability.corridor_walk import walk_numpy
from boneir.stability.in_bone import InBone
from boneir.stability.screw_fit import fit_of_screw

RADIUS_MM = 4.2
THROUGH = Reach(60.0, 60.0, 0.0, through=True, least_mm=60.0)


FINE, USUAL, EVEN, FLAT = (0.7, 0.7, 0.9), (0.8, 0.8, 1.0), (1.2, 1.2, 1.2), (0.7, 0.7, 1.25)


def hidden(
    seed: int, size: tuple[float, float, float] = FINE, radius_mm: float = RADIUS_MM
) -> tuple[Mask, np.ndarray, np.ndarray, np.ndarray]:
    """A cylinder within blobs of bone that nowhere hold a wider one, on an oblique grid."""
    draw = np.random.default_rng(seed)
    matrix = np.linalg.qr(draw.normal(size=(3, 3)))[0] if seed % 2 else np.eye(3)
    spacing = np.array(size)
    ni, nj, nk = (int(n) for n in np.array([46, 46, 84]) / spacing)
    first = tuple(float(v) for v in -matrix @ ((np.array([ni, nj, nk]) - 1) / 2 * spacing))
    grid = Grid((nk, nj, ni), size, first, tuple(matrix.ravel()))
    points = grid.to_mm(np.argwhere(np.ones(grid.shape, bool))[:, ::-1])
    way = np.array([0.0, 0.0, 1.0]) + 0.12 * draw.normal(size=3)
    way = matrix @ (way / np.linalg.norm(way))
    place = draw.uniform(-4, 4, 3)
    offset = points - place
    beside = np.linalg.norm(offset - (offset @ way)[:, None] * way, axis=1)
    noise = ndimage.gaussian_filter(draw.normal(size=grid.shape), 2.5).ravel()
    bone = ((noise > np.quantile(noise, 0.7)) | (beside <= radius_mm)) & (np.abs(points @ matrix[:, 2]) < 36)
    return Mask.of(bone.reshape(grid.shape), grid), place, way, matrix


@pytest.mark.parametrize(
    ("seed", "size", "radius_mm"),
    [
        (11, FINE, 4.2),
        (12, FINE, 4.2),
        (21, USUAL, 3.0),
        (22, USUAL, 4.2),
        (23, USUAL, 5.5),
        (45, EVEN, 3.0),
        (46, EVEN, 4.2),
        (47, FLAT, 3.0),
        (48, FLAT, 4.2),
    ],
)
def test_a_hidden_cylinder_is_found(seed: int, size: tuple[float, float, float], radius_mm: float) -> None:
    mask, place, way, matrix = hidden(seed, size, radius_mm)
    bone = InBone.of([mask])
    near = bone.grid.to_mm(np.argwhere(bone.depth_mm > 2)[:, ::-1])
    near = near[np.abs(near @ matrix[:, 2]) < 8]
    towards = matrix[:, 2] * np.sign(matrix[:, 2] @ way)
    found = widest_corridor(bone, Aim(near, towards, 25.0, THROUGH, 120.0))
    assert found is not None
    assert found.radius_mm == pytest.approx(radius_mm, abs=0.3)
    assert math.degrees(math.acos(min(1.0, abs(float(np.asarray(found.way) @ way))))) <= 1.0
    offset = np.asarray(found.middle_mm) - place
    assert np.linalg.norm(offset - (offset @ way) * way) <= 0.3


@pytest.mark.parametrize("size", [(0.5, 0.5, 0.6), USUAL, (1.2, 1.2, 1.2), (0.7, 0.7, 2.0)])
@pytest.mark.parametrize("seed", [31, 32, 33])
def test_what_the_steps_of_an_outline_take_errs_to_the_safe_side(seed: int, size: tuple[float, float, float]) -> None:
    """On the true axis the room is never more than the rod, and short of it by less than half a voxel's edge."""
    mask, place, way, _ = hidden(seed, size)
    room = AxisInBone(InBone.of([mask]), place, way, 50.0, 50.0, RADIUS_MM + 6.0).room(place, way, None)
    assert -0.3 <= room.radius_mm - RADIUS_MM <= 0.05


@pytest.mark.skipif(not has_numba(), reason="numba is not installed")
@pytest.mark.parametrize("through", [True, False])
def test_the_compiled_walk_is_that_of_numpy(through: bool) -> None:
    from boneir.stability.corridor_numba import walk_compiled

    draw = np.random.default_rng(3)
    depth = ndimage.gaussian_filter(draw.normal(size=(40, 36, 44)), 3.0).astype(np.float32) * 30
    depth = np.where(depth > 0, depth, np.where(draw.random(depth.shape) < 0.05, -1, 0)).astype(np.float32)
    centres = draw.uniform(5, 35, (60, 3))
    ways = cone_of(np.array([0.0, 0.6, 0.8]), 40.0, 50)
    reach = Reach(25.0, 30.0 if through else 6.0, 0.0 if through else 2.0, through, 8.0)
    plain, compiled = (f(depth, 1.0, centres, ways, reach, 30.0) for f in (walk_numpy, walk_compiled))
    assert np.array_equal(plain, compiled)
    assert (plain[..., 0] > 0).sum() > 20


def rod(radius_mm: float, spacing: tuple[float, float, float] = (0.8, 0.8, 1.0)) -> Mask:
    """A rod along z, 60 mm long."""
    ni, nj, nk = (int(n) for n in np.array([50, 50, 90]) / np.array(spacing))
    grid = Grid((nk, nj, ni), spacing, tuple(-(n - 1) / 2 * s for n, s in zip((ni, nj, nk), spacing, strict=True)))
    points = grid.to_mm(np.argwhere(np.ones(grid.shape, bool))[:, ::-1])
    inside = (np.hypot(points[:, 0], points[:, 1]) <= radius_mm) & (np.abs(points[:, 2]) <= 30)
    return Mask.of(inside.reshape(grid.shape), grid)


@pytest.mark.parametrize(("aside", "diameter"), [(0.0, 6.0), (3.0, 6.0), (6.0, 8.0), (9.0, 6.0)])
def test_the_margin_of_a_screw_in_a_rod_is_its_closed_form(aside: float, diameter: float) -> None:
    bone = InBone.of([rod(10.0)])
    fit = fit_of_screw(bone, Trajectory((aside, 0.0, 36.0), (aside, 0.0, -20.0)), diameter)
    assert fit is not None
    assert fit.margin_mm == pytest.approx(10.0 - aside - diameter / 2, abs=0.5)
    assert fit.breach_mm == pytest.approx(max(0.0, aside + diameter / 2 - 10.0), abs=0.5)
    assert fit.tip_out_mm == 0.0
    assert fit.in_bone_mm == pytest.approx(50.0, abs=1.0)


def test_a_tip_beyond_the_bone_is_told() -> None:
    fit = fit_of_screw(InBone.of([rod(10.0)]), Trajectory((0.0, 0.0, 34.0), (0.0, 0.0, -37.0)), 6.0)
    assert fit is not None
    assert fit.tip_out_mm == pytest.approx(7.0, abs=1.0)
    assert fit.margin_mm == pytest.approx(7.0, abs=0.5)


def test_a_screw_beside_the_bone_has_no_fit() -> None:
    assert fit_of_screw(InBone.of([rod(10.0)]), Trajectory((20.0, 0.0, 30.0), (20.0, 0.0, -20.0)), 6.0) is None


def test_the_radius_around_an_axis_is_that_of_the_rod() -> None:
    bone = InBone.of([rod(7.0)])
    axis = AxisInBone(bone, np.zeros(3), np.array([0.0, 0.0, -1.0]), 50.0, 50.0)
    room = axis.room(np.zeros(3), np.array([0.0, 0.0, -1.0]), None)
    assert room.radius_mm == pytest.approx(7.0, abs=0.3)
    assert room.length_mm == pytest.approx(60.0, abs=1.0)
    assert axis.farthest_mm(np.zeros(3), np.array([0.0, 0.0, -1.0]), 5.0) == pytest.approx(30.0, abs=1.0)


def test_no_screw_comes_through_the_canal() -> None:
    """A rod that ends at a forbidden block above can be entered from below only."""
    mask = rod(10.0)
    block = Mask.of(np.asarray(mask.full()) & False, mask.grid)
    points = mask.grid.to_mm(np.argwhere(np.ones(mask.grid.shape, bool))[:, ::-1])
    block = Mask.of((points[:, 2] > 30.5).reshape(mask.grid.shape), mask.grid)
    places = np.array([[0.0, 0.0, 0.0]])
    reach = Reach(45.0, 10.0, 2.0, through=False, least_mm=40.0)
    free, barred = InBone.of([mask]), InBone.of([mask], [block])
    down, up = (Aim(places, np.array([0.0, 0.0, z]), 10.0, reach, 60.0) for z in (-1.0, 1.0))
    assert widest_corridor(free, down) is not None
    assert widest_corridor(barred, down) is None
    assert widest_corridor(barred, up) is not None


def test_the_catalogue_ascends_and_every_kind_points_somewhere() -> None:
    for kind in corridor_kinds().values():
        assert list(kind.diameters_mm) == sorted(set(kind.diameters_mm)), kind.key
        assert list(kind.lengths_mm) == sorted(set(kind.lengths_mm)), kind.key
        assert kind.diameters_mm[-1] == pytest.approx(kind.diameter.high)
        assert np.linalg.norm(kind.towards) == pytest.approx(1.0, abs=0.05)


def test_what_is_not_there_is_said() -> None:
    empty = Mask.of(np.zeros((4, 4, 4), bool), Grid((4, 4, 4), (1.0, 1.0, 1.0)))
    with pytest.raises(OutlineError, match="empty"):
        InBone.of([empty])
    with pytest.raises(BoneIRError, match="pedicle"):
        corridor_kind("elbow")
    with pytest.raises(OutlineError, match="femoral_neck_left"):
        site_named("femoral_neck_right", {"femur_left": rod(8.0)})
    assert [site.key for site in sites_of({"vertebra_L3": rod(8.0)})] == ["pedicle_L3_left", "pedicle_L3_right"]

"""The planning field: room and tissue against geometry, and no unsafe path accepted against exact shapes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access_phantom import PERMUTED, ball, grid_around, limits_with, marked, phantom, rod, slab, turned
from boneir.access.field import EIGHTHS, OFFSET, Tissue, build_field
from boneir.access.limits import widened_for
from boneir.access.needle import Needle
from boneir.access.rays import walk_paths
from boneir.access.region import VOXEL_MM, marked_at, on_region, planning_grid
from boneir.errors import CaseError, DeviceError
from boneir.image.resample import mask_on
from boneir.mask import Mask

NEEDLE = Needle(2.4, 150.0)
GRIDS = [
    pytest.param((1.0, 1.0, 1.0), None, id="cubic"),
    pytest.param((0.8, 0.8, 1.5), None, id="slices"),
    pytest.param((0.9, 0.9, 4.25), PERMUTED, id="thick, permuted"),
    pytest.param((1.1, 1.1, 1.4), turned(3), id="oblique"),
]


@pytest.mark.parametrize(("spacing", "direction"), GRIDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_unsafe_path_is_accepted_against_exact_geometry(spacing, direction, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = ("aorta", "spinal_cord", "colon", "liver", "kidney_left", "heart")
    balls = {name: (rng.uniform(-40, 40, 3), rng.uniform(2, 11)) for name in names}
    rods = {
        name: (rng.uniform(-40, 40, 3), rng.normal(size=3), rng.uniform(2, 7)) for name in ("vessels", "nerve_roots")
    }
    shapes = {"body": ball((0, 0, 0), 60)}
    shapes |= {name: ball(*shape) for name, shape in balls.items()} | {
        name: rod(*shape) for name, shape in rods.items()
    }
    case = phantom(grid_around(64, spacing, direction), shapes, ball((0, 0, 0), 5))
    limits = widened_for(limits_with(), case.image.grid)
    field = build_field(case, case.lesion(), NEEDLE, limits)
    entries = rng.normal(size=(12_500, 3))
    entries *= 59 / np.linalg.norm(entries, axis=1, keepdims=True)
    tips = rng.uniform(-25, 25, (12_500, 3))
    walk = walk_paths(field, entries, tips, NEEDLE, limits)
    accepted = walk.spare_mm >= 0
    assert 0.1 < accepted.mean() < 0.9

    share = np.linspace(0, 1, 300)
    way = (tips - entries)[accepted]
    points = entries[accepted][:, None] + way[:, None] * share[None, :, None]
    needed = NEEDLE.kept_clear_mm(share, limits)
    spare = np.full(len(way), np.inf)
    for name, (centre, radius) in balls.items():
        distance = np.linalg.norm(points - centre, axis=2) - radius
        spare = np.minimum(spare, (distance - limits.clearance_of(case.structure(name)).amount - needed).min(axis=1))
    for name, (centre, axis, radius) in rods.items():
        distance = np.linalg.norm(np.cross(points - centre, axis / np.linalg.norm(axis)), axis=2) - radius
        spare = np.minimum(spare, (distance - limits.clearance_of(case.structure(name)).amount - needed).min(axis=1))
    assert spare.min() >= 0, f"{(spare < 0).sum()} accepted paths come too near"
    if max(spacing) < 2:
        near = spare < 8
        assert np.percentile(spare[near] - walk.spare_mm[accepted][near], 99) < 2.3, "the field is too careful"


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_moving_a_mask_gives_what_the_general_way_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    direction = np.zeros((3, 3))
    direction[np.arange(3), rng.permutation(3)] = rng.choice([-1, 1], 3)
    grid = grid_around(9, tuple(rng.uniform(0.6, 3, 3)), direction, rng.uniform(-5, 5, 3))
    mask = marked(rod(rng.uniform(-4, 4, 3), rng.normal(size=3), 4), grid)
    region = planning_grid(mask, [[0, 0, 0]], float(rng.uniform(4, 12)))
    assert on_region(mask, region).equals(mask_on(mask, region))


def test_moving_an_oblique_or_empty_mask_falls_back() -> None:
    grid = grid_around(12, (1, 1, 1), turned(1))
    mask = marked(ball((0, 0, 0), 6), grid)
    region = planning_grid(mask, [[0, 0, 0]], 20)
    assert on_region(mask, region).count == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.05)
    nothing = Mask.of(np.zeros(grid.shape, bool), grid)
    assert on_region(nothing, region).is_empty
    assert not marked_at(nothing, np.zeros((2, 3))).any()


def test_room_is_the_distance_less_the_clearance_of_the_class() -> None:
    case = phantom(grid_around(50), {"body": ball((0, 0, 0), 45), "aorta": ball((0, 20, 0), 8)}, ball((0, 0, 0), 4))
    limits = limits_with()
    field = build_field(case, case.lesion(), NEEDLE, limits)
    for y in (0.0, 5.0, 11.0, 14.0, 20.0):
        exact = max(12 - y, 0.0) - limits.clearance_of(case.structure("aorta")).amount
        assert exact - 1.0 <= field.room_mm([0.0, y, 0.0]) <= exact + 0.25
    assert field.nearest[tuple(np.rint(field.grid.to_ijk([0, 14, 0])).astype(int)[::-1])] == 0
    assert field.packed.dtype == np.uint16
    assert int(field.packed.max() >> 8) <= 255
    assert (OFFSET, EIGHTHS, VOXEL_MM) == (80, 8, 1.0)


def test_inside_the_target_bone_its_wall_counts() -> None:
    shapes = {"body": ball((0, 0, 0), 45), "bone": ball((0, 0, 0), 20), "spinal_canal": ball((0, 26, 0), 4)}
    case = phantom(grid_around(50), shapes, ball((0, -8, 0), 6))
    limits = limits_with()
    field = build_field(case, case.lesion(), NEEDLE, limits)
    assert field.tissue[tuple(np.rint(field.grid.to_ijk([0, 18, 0])).astype(int)[::-1])] == Tissue.BONE
    in_bone, outside = field.room_mm([0.0, 18.0, 0.0]), field.room_mm([0.0, 20.9, 0.0])
    assert in_bone == pytest.approx(4 - 0.5 - limits.clearance_in_bone(case.structure("spinal_canal")).amount, abs=0.3)
    assert outside <= 1.1 - limits.clearance_of(case.structure("spinal_canal")).amount + 0.25
    assert limits.clearance_in_bone(case.structure("spinal_canal")).amount < 3


def test_named_bones_beside_the_one_that_holds_the_lesion_are_in_the_way() -> None:
    shapes = {
        "body": ball((0, 0, 0), 60),
        "bone": slab(1, -12, 12),
        "vertebra_L3": lambda p: slab(1, -10, 10)(p) & slab(2, -12, 12)(p),
        "vertebra_L2": lambda p: slab(1, -10, 10)(p) & slab(2, 16, 40)(p),
    }
    case = phantom(grid_around(64), shapes, ball((0, 0, 0), 7))
    field = build_field(case, case.lesion(), NEEDLE, limits_with())
    assert field.bones.holding == ("vertebra_L3",)

    def tissue(z: float, y: float = 0.0) -> int:
        return int(field.tissue[tuple(np.rint(field.grid.to_ijk([0, y, z])).astype(int)[::-1])])

    assert tissue(10) == Tissue.BONE
    assert tissue(10, 11.5) == Tissue.BONE, "the edge that the named outline left out belongs to it"
    assert tissue(30) == Tissue.OTHER_BONE
    assert tissue(-30) == Tissue.OTHER_BONE, "bone without a name far from the named one"
    names = {structure.name for structure, _ in field.bones.others}
    assert names == {"vertebra_L2", "bone"}
    taken = np.zeros(field.grid.shape, int)
    for _, mask in field.bones.others:
        taken += mask.full()
    assert taken.max() == 1
    assert not (taken.astype(bool) & field.bones.target).any()


def test_without_names_the_target_bone_is_what_hangs_together_with_the_lesion() -> None:
    shapes = {"body": ball((0, 0, 0), 60), "bone": lambda p: ball((0, 0, 0), 12)(p) | ball((0, 40, 0), 10)(p)}
    case = phantom(grid_around(64), shapes, ball((0, 10, 0), 5))
    field = build_field(case, case.lesion(), NEEDLE, limits_with())
    assert field.bones.holding == ()
    target = Mask.of(field.bones.target, field.grid)
    assert np.linalg.norm(target.points_mm(), axis=1).max() < 13
    assert len(field.bones.others) == 1


def test_dense_bone_and_lung_are_told_apart() -> None:
    shapes = {"body": ball((0, 0, 0), 45), "lungs": ball((0, 30, 0), 9), "bone": ball((0, 0, 0), 12)}
    case = phantom(grid_around(50), shapes, ball((0, 0, 0), 4), bone_hu=900)
    tissue = build_field(case, case.lesion(), NEEDLE, limits_with()).tissue
    counts = np.bincount(tissue.ravel(), minlength=8)
    assert counts[Tissue.HARD_BONE] == pytest.approx(4 / 3 * np.pi * (12**3 - 4**3), rel=0.03)
    assert counts[Tissue.LUNG] == pytest.approx(4 / 3 * np.pi * 9**3, rel=0.03)
    assert counts[Tissue.BONE] == 0


def test_a_case_that_cannot_be_searched_is_refused() -> None:
    grid = grid_around(40)
    no_body = phantom(grid, {"bone": ball((0, 0, 0), 9)}, ball((0, 0, 0), 4))
    with pytest.raises(CaseError, match="no outline of the body"):
        build_field(no_body, no_body.lesion(), NEEDLE, limits_with())
    outside = phantom(grid, {"body": ball((0, 0, 0), 20)}, ball((0, 30, 0), 4))
    with pytest.raises(CaseError, match=r"lesion-1.*outside the outline of the body"):
        build_field(outside, outside.lesion(), NEEDLE, limits_with())
    empty = phantom(grid, {"body": ball((0, 0, 0), 20)}, ball((0, 300, 0), 4))
    with pytest.raises(CaseError, match="empty"):
        build_field(empty, empty.lesion(), NEEDLE, limits_with())
    with pytest.raises(DeviceError, match="diameter"):
        Needle(float("nan"), 100)

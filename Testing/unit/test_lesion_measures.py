"""Sizes against closed forms and all pairs of voxels; CT numbers and distances against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.extent import axial_axes, longest_diameter_mm
from boneir.anatomy.lesion_measures import measure_lesion
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.errors import OutlineError
from boneir.grid import Grid
from boneir.mask import Mask
from torso_phantom import grid_of

UPRIGHT = grid_of((1, 0, 0, 0, 1, 0, 0, 0, 1), (80, 80, 70), (0.8, 0.8, 1.0))
SAGITTAL = grid_of((0, 0, 1, 1, 0, 0, 0, -1, 0), (80, 70, 80), (0.8, 1.0, 0.8))


def _places(grid):
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    return grid.to_mm(np.stack([i, j, k], -1))


def _ellipsoid(grid, half_mm, turn_deg=0.0, centre=(0.13, -0.21, 0.4)):
    turn = np.radians(turn_deg)
    x, y, z = np.moveaxis(_places(grid) - centre, -1, 0)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    a, b, c = half_mm
    return Mask.of((along / a) ** 2 + (across / b) ** 2 + (z / c) ** 2 <= 1, grid)


@pytest.mark.parametrize("grid", [UPRIGHT, SAGITTAL])
@pytest.mark.parametrize(
    ("half_mm", "turn_deg"), [((10, 10, 10), 0), ((15, 8, 6), 30), ((15, 8, 20), 65), ((5, 5, 12), 0)]
)
def test_axes_of_an_ellipsoid(grid, half_mm, turn_deg):
    mask = _ellipsoid(grid, half_mm, turn_deg)
    axes = axial_axes(mask)
    assert axes.long_mm == pytest.approx(2 * max(half_mm[:2]), abs=1.0)
    assert axes.short_mm == pytest.approx(2 * min(half_mm[:2]), abs=1.0)
    assert longest_diameter_mm(mask) == pytest.approx(2 * max(half_mm), abs=1.2)
    ends = np.asarray(axes.ends_mm)
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(axes.long_mm, abs=1.0)
    assert ends[0][2] == pytest.approx(ends[1][2])  # both in one axial slice
    assert axes.middle_mm == pytest.approx((0.13, -0.21, axes.middle_mm[2]), abs=1.0)
    assert abs(axes.middle_mm[2]) < half_mm[2]


def test_axes_agree_with_all_pairs_of_voxels():
    rng = np.random.default_rng(3)
    grid = Grid((9, 30, 30), (0.9, 1.1, 2.0))
    blob = np.zeros(grid.shape, bool)
    for _ in range(6):
        k, j, i = rng.integers((2, 8, 8), (7, 22, 22))
        blob[k - 1 : k + 2, j - 3 : j + 4, i - 4 : i + 5] = True
    mask = Mask.of(blob, grid)
    longest = 0.0
    for k in range(9):
        places = np.argwhere(blob[k]) * (1.1, 0.9)
        if len(places):
            lines = places[:, None] - places[None]
            lengths = np.linalg.norm(lines, axis=-1)
            at = np.unravel_index(int(np.argmax(lengths)), lengths.shape)
            unit = lines[at] / lengths[at]
            longest = max(longest, float(lengths[at] + np.linalg.norm(unit * (1.1, 0.9))))
    assert axial_axes(mask).long_mm == pytest.approx(longest, rel=2e-3)
    places = mask.points_mm()
    widest = max(float(np.linalg.norm(places - place, axis=1).max()) for place in places)
    assert longest_diameter_mm(mask) == pytest.approx(widest, abs=2.0)
    assert longest_diameter_mm(mask) >= widest


def test_one_voxel_has_the_size_of_a_voxel():
    grid = Grid((3, 3, 3), (0.5, 0.7, 2.0))
    marked = np.zeros(grid.shape, bool)
    marked[1, 1, 1] = True
    axes = axial_axes(Mask.of(marked, grid))
    assert axes.long_mm == pytest.approx(0.7)
    assert longest_diameter_mm(Mask.of(marked, grid)) == pytest.approx(2.0)


def _case(grid=UPRIGHT):
    voxels = np.rint(_places(grid)[..., 0] * 3 + 100).astype(np.int16)
    wall = Mask.of(_places(grid)[..., 0] > 20.0, grid)
    vessel = Mask.of(np.linalg.norm(_places(grid) - (0.0, -22.0, 0.0), axis=-1) <= 5.0, grid)
    structures = (
        Structure("spinal_canal", Role.CRITICAL, wall, "spinal_canal"),
        Structure("aorta", Role.CRITICAL, vessel, "aorta"),
        Structure("muscle", Role.PASSABLE, wall, "muscle"),
    )
    return Case(Image(voxels, grid), structures)


@pytest.mark.parametrize("grid", [UPRIGHT, SAGITTAL])
def test_measures_of_a_ball(grid):
    case = _case(grid)
    lesion = Lesion("met", _ellipsoid(grid, (8, 8, 8), centre=(0.0, 0.0, 0.0)))
    measures = {m.code: m for m in measure_lesion(case, lesion) if m.about == "met"}
    assert measures["lesion.volume"].amount == pytest.approx(4 / 3 * np.pi * 0.8**3, rel=0.02)
    values = case.image.voxels[lesion.mask.full()].astype(float)
    for code, number in (
        ("mean", values.mean()), ("sd", values.std()), ("median", np.median(values)),
        ("p5", np.percentile(values, 5)), ("p95", np.percentile(values, 95)),
    ):  # fmt: skip
        assert measures[f"lesion.hu_{code}"].amount == pytest.approx(number)
    # In a ball a coordinate has the variance r^2 / 5.
    assert measures["lesion.hu_sd"].amount == pytest.approx(3 * 8 / np.sqrt(5), rel=0.03)


@pytest.mark.parametrize("grid", [UPRIGHT, SAGITTAL])
def test_distances_to_a_plane_and_to_a_ball(grid):
    case = _case(grid)
    lesion = Lesion("met", _ellipsoid(grid, (8, 8, 8), centre=(0.0, 0.0, 0.0)))
    near = {m.about: m for m in measure_lesion(case, lesion) if m.code == "lesion.distance"}
    assert set(near) == {"spinal_canal", "aorta"}
    assert near["spinal_canal"].amount == pytest.approx(12.0, abs=0.8)
    assert near["spinal_canal"].place_mm[0] == pytest.approx(20.0, abs=0.8)
    assert near["aorta"].amount == pytest.approx(9.0, abs=0.9)
    assert near["aorta"].place_mm == pytest.approx((0.0, -17.0, 0.0), abs=1.5)
    assert near["aorta"].limit is not None
    assert near["aorta"].limit.amount == 5


def test_a_lesion_that_touches_has_distance_zero_and_a_far_one_none():
    grid = Grid((4, 4, 200), (1.0, 1.0, 1.0))
    image = Image(np.zeros(grid.shape, np.int16), grid)
    marked = np.zeros(grid.shape, bool)
    marked[1:3, 1:3, 1:3] = True
    beside, far = np.roll(marked, 2, axis=2), np.roll(marked, 150, axis=2)
    case = Case(
        image,
        (
            Structure("aorta", Role.CRITICAL, Mask.of(beside, grid), "aorta"),
            Structure("heart", Role.CRITICAL, Mask.of(far, grid), "heart"),
        ),
    )
    near = [m for m in measure_lesion(case, Lesion("met", Mask.of(marked, grid))) if m.code == "lesion.distance"]
    assert [(m.about, m.amount) for m in near] == [("aorta", 0.0)]


def test_an_empty_lesion_is_refused():
    case = _case()
    with pytest.raises(OutlineError, match="nothing to measure"):
        measure_lesion(case, Lesion("met", Mask.of(np.zeros(UPRIGHT.shape, bool), UPRIGHT)))

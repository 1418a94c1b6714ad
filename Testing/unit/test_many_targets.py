"""Many targets at once give the allowed ways that the full search gives, one after the other, and no others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from access_phantom import ball, grid_around, limits_with, phantom, rod, slab
from boneir.access.field import build_field
from boneir.access.incidence import angle_to_cortex_deg, slope_numpy
from boneir.access.live import LiveAccess
from boneir.access.many_targets import coarse_to_fine, ways_to
from boneir.access.needle import Needle
from boneir.access.rays import walk_paths
from boneir.access.search import search
from boneir.access.spared import spared_paths
from boneir.case import Case
from boneir.image.distance import has_numba
from boneir.plan import Technique
from boneir.proposal import Goal
from boneir.proposing.live import live_access

needs_numba = pytest.mark.skipif(not has_numba(), reason="numba is not installed")


def torso(bone_name: str = "bone") -> Case:
    shapes = {
        "body": lambda p: (p[..., 0] / 72) ** 2 + (p[..., 1] / 60) ** 2 + (p[..., 2] / 70) ** 2 <= 1,
        bone_name: lambda p: rod((0, 12, 0), (0, 0, 1), 15)(p) & slab(2, -30, 30)(p),
        "spinal_canal": rod((0, 33, 0), (0, 0, 1), 5),
        "aorta": rod((20, -12, 0), (0, 0, 1), 7),
        "lung_left": ball((40, -10, 45), 22),
    }
    return phantom(grid_around(76, (1.4, 1.4, 2.0)), shapes, ball((3, 8, 1), 7))


@pytest.fixture(scope="module")
def case() -> Case:
    return torso()


GOALS = [Goal(Technique.MICROWAVE, "emprint", margin_mm=3.0), Goal(Technique.BIOPSY, "biopsy-13g")]


def targets_of(live: LiveAccess, count: int) -> list[np.ndarray]:
    voxels = live.judge.case.lesion().mask.points_mm()
    return list(voxels[np.random.default_rng(4).choice(len(voxels), count, replace=False)])


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.technique.value)
def test_the_allowed_ways_are_those_of_the_full_search_with_the_same_prices(case: Case, goal: Goal) -> None:
    live = live_access(case, goal)
    found = 0
    for target in targets_of(live, 4):
        aim = replace(live.aim, target_mm=target)
        quick, (full_map, full) = ways_to(live.judge, live.skin, aim), search(live.judge, live.skin, aim)
        assert np.array_equal(quick.walk.entries_mm, full.walk.entries_mm)
        assert np.array_equal(quick.walk.tips_mm, full.walk.tips_mm)
        assert np.array_equal(quick.walk.found, full.walk.found)
        assert np.allclose(quick.costs, full.costs, atol=1e-12)
        assert np.allclose(quick.score, full.score, atol=1e-12)
        assert len(quick) == full_map.allowed_count
        assert len(quick) < len(live.skin.points_mm)
        found += len(quick)
    assert found > 100


def test_behind_a_rib_nothing_is_left_out_before_all_are_asked() -> None:
    live = live_access(torso("rib_left_8"), GOALS[1])
    assert live.judge.field.bones.holding == ("rib_left_8",)
    for target in targets_of(live, 2):
        aim = replace(live.aim, target_mm=target)
        quick, (_, full) = ways_to(live.judge, live.skin, aim), search(live.judge, live.skin, aim)
        assert np.array_equal(quick.walk.entries_mm, full.walk.entries_mm)


def test_coarse_to_fine_prices_what_the_full_search_prices_and_comes_near_its_best(case: Case) -> None:
    live = live_access(case, GOALS[1])
    aims = [replace(live.aim, target_mm=target) for target in targets_of(live, 12)]
    targets = np.array([aim.target_mm for aim in aims])
    found = coarse_to_fine(live.judge, live.skin, live.aim, targets, entries=800, around_mm=6.0)
    everything = {}
    for aim in aims:
        full = search(live.judge, live.skin, aim)[1]
        ways = np.concatenate([full.walk.entries_mm, full.walk.tips_mm], axis=1)
        everything |= {tuple(way): score for way, score in zip(ways.tolist(), full.score, strict=True)}
    mine = [tuple(way) for way in np.concatenate([found.walk.entries_mm, found.walk.tips_mm], axis=1).tolist()]
    assert len(set(mine)) == len(mine)
    assert [everything[way] for way in mine] == pytest.approx(found.score.tolist(), abs=1e-12)
    assert len(mine) < len(everything) / 2
    assert float(found.score.min()) <= min(everything.values()) + 0.005


def test_nothing_allowed_is_no_error(case: Case) -> None:
    live = live_access(case, Goal(Technique.BIOPSY, "biopsy-13g"))
    nowhere = live.skin.part(np.zeros(0, np.intp))
    assert len(ways_to(live.judge, nowhere, live.aim)) == 0
    assert len(coarse_to_fine(live.judge, nowhere, live.aim, live.aim.target_mm[None], entries=9, around_mm=1.0)) == 0


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=needs_numba)])
def test_spared_is_what_a_full_walk_finds(case: Case, compiled: bool) -> None:
    limits, needle, rng = limits_with(), Needle(2.4, 150.0), np.random.default_rng(7)
    field = build_field(case, case.lesion(), needle, limits)
    entries = rng.uniform(field.grid.corners_mm.min(axis=0), field.grid.corners_mm.max(axis=0), (6000, 3))
    tips = rng.uniform(-50, 50, (6000, 3))
    walk = walk_paths(field, entries, tips, needle, limits)
    right = (walk.column("spare") >= 0) & (walk.column("canal") == 0) & (walk.column("air") == 0)
    assert 50 < right.sum() < 5000
    assert np.array_equal(spared_paths(field, entries, tips, needle, limits, compiled=compiled), right)
    roomy = walk.column("spare") >= 0
    assert roomy.sum() > right.sum()
    assert np.array_equal(
        spared_paths(field, entries, tips, needle, limits, air_allowed=True, compiled=compiled), roomy
    )


@needs_numba
def test_the_slope_of_bone_is_the_same_compiled(case: Case) -> None:
    from boneir.access.incidence_numba import slope_compiled

    field, rng = build_field(case, case.lesion(), Needle(2.4, 150.0), limits_with()), np.random.default_rng(3)
    voxels = rng.integers(-2, np.asarray(field.grid.shape) + 2, (3000, 3))
    offsets, weights = rng.integers(-4, 5, (200, 3)), rng.normal(size=(200, 3))
    theirs = slope_numpy(field.packed, voxels, offsets, weights)
    assert np.abs(theirs).max() > 1
    assert np.allclose(slope_compiled(field.packed, voxels, offsets, weights), theirs, atol=1e-11)


def test_the_angle_to_a_round_bone_is_that_of_its_radius(case: Case) -> None:
    field = build_field(case, case.lesion(), Needle(2.4, 150.0), limits_with())
    around = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    outward = np.stack([np.cos(around), np.sin(around), 0 * around], axis=1)
    points = np.array([0, 12, 0]) + 15 * outward
    tilted = -outward * np.cos(0.5) + np.array([0, 0, np.sin(0.5)])
    found = angle_to_cortex_deg(field, points, tilted)
    assert np.abs(found - np.degrees(0.5)).max() < 6

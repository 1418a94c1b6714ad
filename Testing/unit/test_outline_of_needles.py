"""What a needle comes near to, found block by block, is what looking at every voxel finds; both kernels agree."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access_phantom import PERMUTED, grid_around, marked, rod, turned
from boneir.access.clearance import distance_along, least_squared_numpy, points_along
from boneir.access.outline import distance_to_segment, outline_of
from boneir.access.placement import drawn_needles, spared_share, touched_numpy
from boneir.image.distance import has_numba
from boneir.mask import Mask
from boneir.plan import Trajectory

GRIDS = [((1.0, 1.0, 1.0), None), ((0.8, 0.9, 3.0), PERMUTED), ((1.2, 1.0, 1.5), turned(2))]


def some_mask(seed: int, spacing, direction, extent_mm: float = 24) -> Mask:
    """Scattered rods, so that blocks are full, sparse and empty."""
    rng = np.random.default_rng(seed)
    shapes = [rod(rng.uniform(-20, 20, 3), rng.normal(size=3), rng.uniform(1.5, 5)) for _ in range(3)]
    return marked(lambda p: np.any([shape(p) for shape in shapes], axis=0), grid_around(extent_mm, spacing, direction))


def some_needle(seed: int) -> Trajectory:
    rng = np.random.default_rng(seed + 1000)
    entry, tip = rng.uniform(-30, 30, (2, 3))
    return Trajectory(tuple(entry), tuple(tip))


def to_every_box(points: np.ndarray, mask: Mask) -> np.ndarray:
    """Distance of each point to the nearest voxel box, asking all of them."""
    axes = np.asarray(mask.grid.direction, float).reshape(3, 3)
    gaps = np.abs((points @ axes)[:, None] - (mask.points_mm() @ axes)[None]) - np.asarray(mask.grid.spacing_mm) / 2
    return np.sqrt((np.maximum(gaps, 0) ** 2).sum(axis=2)).min(axis=1)


@pytest.mark.parametrize(("spacing", "direction"), GRIDS)
@pytest.mark.parametrize("slack", [0.0, 4.0, 11.0])
def test_the_distance_is_exact_wherever_it_matters(spacing, direction, slack: float) -> None:
    for seed in range(6):
        mask, needle = some_mask(seed, spacing, direction), some_needle(seed)
        found = distance_along(mask, needle, slack_mm=slack)
        points = np.asarray(needle.entry_mm) + points_along(needle)[:, None] * np.asarray(needle.direction)
        exact = to_every_box(points, mask)
        assert found is not None
        matters = exact <= exact.min() + slack
        assert found.distance_mm[matters] == pytest.approx(exact[matters], abs=1e-9)
        assert (found.distance_mm >= exact - 1e-9).all()


@pytest.mark.parametrize(("spacing", "direction"), GRIDS)
def test_blocks_hold_every_outermost_voxel_once_and_lie_within_their_balls(spacing, direction) -> None:
    mask = some_mask(3, spacing, direction)
    outline = outline_of(mask)
    padded = np.pad(mask.voxels, 1)
    neighbours = [np.roll(padded, step, axis) for axis in range(3) for step in (1, -1)]
    border = (padded & ~np.all(neighbours, axis=0))[1:-1, 1:-1, 1:-1]
    assert sorted(map(tuple, (outline.voxels - mask.corner).tolist())) == sorted(map(tuple, np.argwhere(border)))
    everything = np.arange(len(outline.radii_mm))
    assert np.array_equal(outline.voxels_of(everything), np.arange(len(outline.voxels)))
    block = np.repeat(everything, np.diff(outline.starts))
    reach = np.linalg.norm(outline.centres_mm - outline.middles_mm[block], axis=1)
    assert (reach <= outline.radii_mm[block]).all()
    needle = some_needle(1)
    near = np.zeros(len(outline.voxels), bool)
    near[outline.voxels_of(outline.blocks_near(needle, 9.0))] = True
    assert near[distance_to_segment(outline.centres_mm, needle) <= 9.0].all()


def test_an_outline_is_found_once_and_forgotten_with_its_mask() -> None:
    mask = some_mask(0, (2.0, 2.0, 2.0), None)
    known = weakref.ref(outline_of(mask))
    assert outline_of(mask) is known()
    del mask
    gc.collect()
    assert known() is None
    assert outline_of(Mask.of(np.zeros((3, 3, 3), bool), grid_around(1))).is_empty


@pytest.mark.skipif(not has_numba(), reason="numba is not installed, so there is only one kernel")
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), boxes=st.integers(0, 60), points=st.integers(1, 50))
def test_both_kernels_of_distance_agree_to_the_last_bit(seed: int, boxes: int, points: int) -> None:
    from boneir.access.clearance_numba import least_squared_compiled

    rng = np.random.default_rng(seed)
    first = rng.integers(0, points, boxes)
    last = rng.integers(first, points, endpoint=True)
    given_to = (rng.normal(size=(points, 3)), 5 * rng.normal(size=(boxes, 3)), rng.uniform(0.1, 2, 3), first, last)
    assert np.array_equal(least_squared_numpy(*given_to), least_squared_compiled(*given_to))


@pytest.mark.skipif(not has_numba(), reason="numba is not installed, so there is only one kernel")
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), blocks=st.integers(1, 20))
def test_both_kernels_of_placement_and_asking_every_point_agree(seed: int, blocks: int) -> None:
    from boneir.access.placement_numba import touched_compiled

    rng = np.random.default_rng(seed)
    starts = np.append(0, np.cumsum(rng.integers(1, 9, blocks)))
    middles = rng.uniform(-15, 15, (blocks, 3))
    away = rng.normal(size=(starts[-1], 3))
    points = np.repeat(middles, np.diff(starts), axis=0) + away
    radii = np.maximum.reduceat(np.linalg.norm(away, axis=1), starts[:-1]) + 1e-9
    entries, tips = rng.uniform(-25, 25, (2, 40, 3))
    reach = rng.uniform(0.5, 4)
    needles = [Trajectory(tuple(entry), tuple(tip)) for entry, tip in zip(entries, tips, strict=True)]
    exact = np.array([distance_to_segment(points, needle).min() for needle in needles])
    sure = np.abs(exact - reach) > 1e-6
    for kernel in (touched_numpy, touched_compiled):
        found = kernel(points, starts, middles, radii, entries, tips, reach)
        assert np.array_equal(found[sure], exact[sure] <= reach)


def test_beads_fill_long_voxels_and_all_of_them_are_asked() -> None:
    found = []
    for seed in range(5):
        mask, needle = some_mask(seed, (1.0, 1.0, 3.0), turned(4)), some_needle(seed + 1)
        entries, tips = drawn_needles(needle, 3.0, 2.5, draws=60, seed=2)
        share = spared_share(mask, needle, 2.0, entries, tips)
        thirds = np.array([[0, 0, -1 / 3], [0, 0, 0], [0, 0, 1 / 3]]) @ mask.grid.axes.T
        beads = (outline_of(mask).centres_mm[:, None] + thirds).reshape(-1, 3)
        drawn = [Trajectory(tuple(entry), tuple(tip)) for entry, tip in zip(entries, tips, strict=True)]
        exact = np.mean([distance_to_segment(beads, one).min() > 1.0 + 0.5 for one in drawn])
        if share is None:
            assert distance_to_segment(beads, needle).min() > 12
        else:
            assert share.value == pytest.approx(exact)
            found.append(share.value)
    assert min(found) < 0.5
    assert any(0.05 < share < 0.98 for share in found)

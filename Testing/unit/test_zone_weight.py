"""What lies in the zones of many needles: summed with both kernels as asking every point does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boneir.access.needle import ZoneShape
from boneir.access.zone_weight import weight_within
from boneir.image.distance import has_numba

KERNELS = [False, *([True] if has_numba() else [])]


@pytest.mark.parametrize("compiled", KERNELS)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), length=st.floats(8, 50), width=st.floats(8, 50), forward=st.floats(-5, 20))
def test_it_is_the_weight_of_the_points_that_the_zone_contains(compiled, seed, length, width, forward) -> None:
    rng = np.random.default_rng(seed)
    zone = ZoneShape(length, width, forward)
    points, weight = rng.uniform(-40, 40, (300, 3)), rng.uniform(0, 1, 300)
    ways = rng.normal(size=(60, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    tips = zone.behind_tip_mm * ways + rng.uniform(-5, 5, 3)
    tips[::7] += rng.uniform(-9, 9, tips[::7].shape)  # some are drawn back, their zones lie elsewhere
    tips[::5] += rng.uniform(-0.3, 0.3, tips[::5].shape)
    found = weight_within(zone, points, weight, tips, ways, compiled=compiled)
    assert found == pytest.approx(zone.contains(points, tips, ways) @ weight, abs=1e-9)


@pytest.mark.parametrize("compiled", KERNELS)
def test_nothing_weighs_nothing(compiled: bool) -> None:
    zone, none = ZoneShape(20, 10, 5), np.zeros((0, 3))
    way = np.array([[0.0, 0, 1]])
    assert weight_within(zone, none, np.zeros(0), way, way, compiled=compiled).tolist() == [0.0]
    assert weight_within(zone, way, np.ones(1), none, none, compiled=compiled).shape == (0,)

"""How much of a needle outside the skin lies in the body again, compiled and not."""

from __future__ import annotations

import numpy as np
import pytest

from access_phantom import ball, grid_around, marked
from boneir.access.shaft import STEP_MM, shaft_inside_mm, shaft_numpy
from boneir.image.distance import has_numba

GRID = grid_around(60, (1.0, 1.5, 2.0))
ARM = marked(ball((0, 40, 0), 10), GRID)


def test_a_shaft_through_an_arm_counts_the_arm_and_one_beside_it_does_not() -> None:
    entries, ways = np.zeros((3, 3)), np.array([[0, -1.0, 0], [0, 1.0, 0], [1.0, 0, 0]])
    inside = shaft_inside_mm(ARM, entries, ways, np.full(3, 90.0), 5.0)
    assert inside.tolist() == [pytest.approx(20, abs=STEP_MM + 1.5), 0, 0]


def test_only_what_lies_before_the_hub_counts() -> None:
    entries, ways = np.zeros((4, 3)), np.tile([[0, -1.0, 0]], (4, 1))
    inside = shaft_inside_mm(ARM, entries, ways, np.array([20.0, 31.0, 40.0, 90.0]), 5.0)
    assert inside[0] == 0
    assert (np.diff(inside) > 0).all(), "the farther the hub, the more of the arm is met"


@pytest.mark.skipif(not has_numba(), reason="numba is not installed, so there is only one way")
@pytest.mark.parametrize("seed", range(5))
def test_both_ways_agree_to_the_last_bit(seed: int) -> None:
    from boneir.access.shaft_numba import shaft_compiled

    rng = np.random.default_rng(seed)
    voxels, n = rng.random((20, 17, 23)) < 0.4, 500
    start, outward = rng.uniform(-5, 25, (n, 3)), rng.normal(size=(n, 3))
    outside = rng.uniform(-20, 80, n)
    outside[:50] = np.rint(outside[:50])
    plain = shaft_numpy(voxels, start, outward, outside, 5.0)
    assert plain.any()
    assert np.array_equal(plain, shaft_compiled(voxels, start, outward, outside, 5.0, STEP_MM))

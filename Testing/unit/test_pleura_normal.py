"""The normal of what lies nearest to a point: looked for around it first, and the same as if all were looked at."""

from __future__ import annotations

import numpy as np
import pytest

from access_phantom import PERMUTED, ball, grid_around, marked, turned
from boneir.access.incidence import outward_of_mask


def of_all(masks, point):
    """The plain way: every voxel of every mask."""
    points = np.concatenate([mask.points_mm() for mask in masks])
    distance = np.linalg.norm(points - point, axis=1)
    way = point - points[distance <= distance.min() + 3.0].mean(axis=0)
    return way / np.linalg.norm(way)


@pytest.mark.parametrize("direction", [None, PERMUTED, turned(5)])
def test_the_nearest_part_is_found_near_and_far(direction) -> None:
    grid = grid_around(90, (2.0, 2.5, 3.0), direction)
    lungs = [marked(ball((-45, 0, 0), 30), grid), marked(ball((45, 0, 10), 25), grid)]
    rng = np.random.default_rng(2)
    for point in (*rng.uniform(-85, 85, (12, 3)), np.array([-45.0, 0, 34]), np.array([300.0, 0, 0])):
        assert outward_of_mask(lungs, point) == pytest.approx(of_all(lungs, point), abs=1e-9)
    # Of a ball the normal points from its middle.
    away = outward_of_mask(lungs, np.array([-45.0, -40.0, 0.0]))
    assert away @ np.array([0.0, -1.0, 0.0]) > 0.99

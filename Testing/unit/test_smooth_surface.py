"""Surfaces around a centre: the mesh of directions is closed, and message passing finds the cheapest surface."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from boneir.anatomy.smooth_surface import between_steps, surface_costs, total_cost
from boneir.anatomy.sphere import sphere


@pytest.mark.parametrize("count", [42, 162, 642])
def test_directions_are_even_and_their_mesh_closed(count: int) -> None:
    ball = sphere(count)
    assert np.allclose(np.linalg.norm(ball.unit, axis=1), 1)
    assert np.abs(ball.unit.mean(axis=0)).max() < 0.02
    assert len(ball.source) == 2 * (3 * count - 6), "a closed mesh of triangles has 3n - 6 sides (Euler)"
    assert np.array_equal(ball.source[ball.back], ball.target)
    assert np.array_equal(ball.target[ball.back], ball.source)
    assert np.array_equal(ball.target[ball.first], np.arange(count))


def test_pooling_sums_neighbours() -> None:
    ball = sphere(42)
    among = np.eye(42)
    among[ball.source, ball.target] = 1
    values = np.random.default_rng(1).normal(size=(42, 3))
    assert np.allclose(ball.pooled(values, 2), among @ (among @ values))


def cheapest_by_flow(cost: np.ndarray, stiffness: float) -> float:
    """The cost of the best surface by the minimum cut of the graph of all places, which is exact."""
    ball = sphere(len(cost))
    n, radii = cost.shape
    shift = float(cost.min())
    sink, much = n * radii + 1, 10**8
    at = 1 + np.arange(n * radii).reshape(n, radii)
    sides = [(np.zeros(n, int), at[:, 0], np.full(n, much))]
    for r in range(radii):
        after = at[:, r + 1] if r + 1 < radii else np.full(n, sink)
        sides.append((at[:, r], after, np.rint((cost[:, r] - shift) * 1000).astype(int)))
        if r + 1 < radii:
            sides.append((after, at[:, r], np.full(n, much)))
        if r > 0:
            sides.append((at[ball.source, r], at[ball.target, r], np.full(len(ball.source), round(stiffness * 1000))))
    row, column, room = (np.concatenate([side[k] for side in sides]) for k in range(3))
    graph = coo_array((room.astype(np.int32), (row, column)), shape=(sink + 1, sink + 1)).tocsr()
    return maximum_flow(graph, 0, sink).flow_value / 1000 + n * shift


@pytest.mark.parametrize("stiffness", [0.05, 0.4, 2.0])
def test_the_surface_is_as_cheap_as_the_minimum_cut(stiffness: float) -> None:
    rng, ball = np.random.default_rng(7), sphere(42)
    best = (2 + 1.5 * ball.unit[:, :1] - np.arange(5)) ** 2 * 0.4
    cost = best + rng.normal(scale=0.15, size=(42, 5))
    chosen = surface_costs(cost, ball, stiffness, rounds=60).argmin(axis=1)
    found, exact = total_cost(cost, ball, stiffness, chosen), cheapest_by_flow(cost, stiffness)
    assert exact - 0.1 <= found <= 1.03 * exact + 0.1


def test_a_surface_that_cannot_bend_is_a_ball() -> None:
    cost = np.random.default_rng(3).normal(size=(42, 9))
    stiff = surface_costs(cost, sphere(42), 50.0, rounds=60).argmin(axis=1)
    assert np.ptp(stiff) == 0
    assert stiff[0] == cost.sum(axis=0).argmin()


@pytest.mark.parametrize("place", [9.5, 9.7, 10.1, 10.4])
def test_a_surface_between_two_radii_is_found_there(place: float) -> None:
    """What speaks falls evenly through zero at a place, so the cost is lowest there; smoothness pulls to whole ones."""
    ball, index = sphere(162), np.arange(24)
    speaks = np.broadcast_to(place + 0.5 - index, (ball.count, index.size))
    cost = -np.cumsum(speaks, axis=1)
    chosen = surface_costs(cost, ball, stiffness=3.0).argmin(axis=1)
    found = between_steps(cost, ball, chosen)
    # The sample at index n stands for what lies before surface n, so the sum turns half a step behind the zero.
    assert found == pytest.approx(np.full(ball.count, place), abs=1e-6)

"""Placement error: the drawn needles have the error they should, and the share that spares a wall is in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, kstest, norm

from access_phantom import PERMUTED, ball, grid_around, limits_with, phantom, slab
from boneir.access.path import measure_path
from boneir.access.placement import Share, drawn_needles, spared_share
from boneir.findings import Severity
from boneir.plan import Trajectory

STRAIGHT = Trajectory((0.0, 50.0, 0.0), (0.0, -10.0, 0.0))


@pytest.mark.parametrize("tip", [(0.0, -10.0, 0.0), (30.0, 10.0, -20.0), (0.0, 50.0, -40.0)])
def test_needles_miss_sideways_only_with_the_error_that_is_given(tip) -> None:
    trajectory = Trajectory((0.0, 50.0, 0.0), tip)
    entries, tips = drawn_needles(trajectory, 2.0, 0.5, draws=20_000, seed=3)
    way = np.asarray(trajectory.direction)
    for found, planned, sigma in ((entries, trajectory.entry_mm, 2.0), (tips, tip, 0.5)):
        error = found - np.asarray(planned)
        assert np.abs(error @ way).max() < 1e-9
        assert np.sqrt((error**2).sum(axis=1).mean() / 2) == pytest.approx(sigma, rel=0.02)
        lateral = np.linalg.norm(error, axis=1) / sigma
        assert kstest(lateral, "rayleigh").pvalue > 1e-3
    again = drawn_needles(trajectory, 2.0, 0.5, draws=20_000, seed=3)
    assert np.array_equal(entries, again[0])
    assert np.array_equal(tips, again[1])


@pytest.mark.parametrize(("spacing", "direction"), [((0.5, 0.5, 0.5), None), ((0.5, 0.6, 2.5), PERMUTED)])
@pytest.mark.parametrize("gap", [0.6, 1.5, 3.0])
def test_the_share_that_spares_a_wall_is_that_of_two_normal_errors(spacing, direction, gap: float) -> None:
    # A straight needle keeps off a plane if both of its ends do.
    radius, at_skin, at_tip = 1.0, 1.5, 0.8
    grid = grid_around(17, spacing, direction)
    short = Trajectory((0.0, 14.0, 0.0), (0.0, -14.0, 0.0))
    case = phantom(grid, {"body": ball((0, 0, 0), 60), "aorta": slab(0, radius + gap, 30)}, ball((0, 0, 0), 2))
    voxels = case.structure("aorta").mask.points_mm()
    surface = voxels[:, 0].min() - abs(grid.axes[0] / 2).max()
    entries, tips = drawn_needles(short, at_skin, at_tip, draws=4000, seed=1)
    share = spared_share(case.structure("aorta").mask, short, 2 * radius, entries, tips)
    assert share is not None
    kept = surface - radius
    exact = norm.cdf(kept / at_skin) * norm.cdf(kept / at_tip)
    error = math.sqrt(exact * (1 - exact) / 4000)
    assert share.value == pytest.approx(exact, abs=3 * error + 0.03)


@pytest.mark.parametrize(("hits", "draws"), [(0, 50), (1, 1000), (990, 1000), (1000, 1000), (37, 80)])
def test_the_interval_is_wilsons(hits: int, draws: int) -> None:
    share = Share.of(hits, draws)
    theirs = binomtest(hits, draws).proportion_ci(method="wilson")
    assert share.value == hits / draws
    assert share.low == pytest.approx(theirs.low, abs=1e-4)
    assert share.high == pytest.approx(theirs.high, abs=1e-4)


@pytest.mark.parametrize(("gap", "warned"), [(1.0, True), (9.0, False)])
def test_a_path_reports_what_placement_error_does_to_it(gap: float, warned: bool) -> None:
    shapes = {"body": ball((0, 0, 0), 62), "spinal_canal": ball((1.2 + gap + 6, 10, 0), 6)}
    case = phantom(grid_around(64, (0.9, 0.9, 1.2)), shapes, ball((0, -10, 0), 5))
    measures, findings = measure_path(case, STRAIGHT, 2.4, about="1")
    spared = next(item for item in measures if item.code == "access.spared")
    assert spared.about == "spinal_canal"
    assert spared.unit == "%"
    assert spared.low <= spared.amount <= spared.high
    assert spared.limit.amount == limits_with().cord_probability.amount == 99
    found = [item for item in findings if item.code == "access.spared"]
    assert [item.severity for item in found] == ([Severity.WARN] if warned else [])
    quick, _ = measure_path(case, STRAIGHT, 2.4, about="1", seed=None)
    assert [item.code for item in quick] == [item.code for item in measures if item.code != "access.spared"]


def test_what_placement_error_cannot_reach_is_not_drawn() -> None:
    shapes = {"body": ball((0, 0, 0), 62), "aorta": ball((30, 0, 0), 6)}
    case = phantom(grid_around(64, (1.5, 1.5, 1.5)), shapes, ball((0, -10, 0), 5))
    measures, _ = measure_path(case, STRAIGHT, 2.4)
    assert not any(item.code == "access.spared" for item in measures)

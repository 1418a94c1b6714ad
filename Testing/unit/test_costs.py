"""Costs and targets: what a path costs, and what its zone covers, in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from access_phantom import ball, grid_around, limits_with, phantom, slab
from boneir.access.costs import FRONT, clearance_cost, cost_table, objectives, weighted
from boneir.access.entries import Skin
from boneir.access.explain import harm_findings
from boneir.access.field import build_field
from boneir.access.limits import COSTS
from boneir.access.needle import Needle, ZoneShape
from boneir.access.rays import walk_paths
from boneir.access.targets import (
    covered_share,
    harmed_ml,
    neighbours_of,
    smallest_covering,
    target_points,
    wanted_points,
)

NEEDLE = Needle(2.0, 120.0)


def priced(entries, tips, shapes, bone_hu=300, incidence=None):
    case = phantom(grid_around(64), shapes, ball((0, 0, 0), 4), bone_hu)
    limits = limits_with()
    field = build_field(case, case.lesion(), NEEDLE, limits)
    entries, tips = np.asarray(entries, float), np.asarray(tips, float)
    walk = walk_paths(field, entries, tips, NEEDLE, limits)
    skin = Skin(entries, entries / np.linalg.norm(entries, axis=1, keepdims=True))
    angles = np.full(len(entries), np.nan if incidence is None else incidence, np.float32)
    return cost_table(
        field, skin, walk, angles, np.full(len(entries), 0.25), np.full(len(entries), 0.5), NEEDLE, limits
    ), limits


def column(costs, name: str) -> np.ndarray:
    return costs[:, COSTS.index(name)]


def test_each_cost_is_what_its_formula_says() -> None:
    shapes = {"body": ball((0, 0, 0), 60), "bone": lambda p: slab(1, -8, 12)(p) & ball((0, 0, 0), 30)(p)}
    tilted = 60 * np.array([0, np.cos(np.radians(12)), np.sin(np.radians(12))])
    costs, limits = priced([[0, 60, 0], tilted, [36, 48, 0]], np.zeros((3, 3)), shapes, 900, 26.0)
    assert column(costs, "length") == pytest.approx(60 / 120, abs=1e-6)
    assert column(costs, "out_of_plane") == pytest.approx([0, 12 / limits.tilt_scale.amount, 0], abs=1e-6)
    assert column(costs, "incidence") == pytest.approx(26 / limits.incidence.amount)
    assert column(costs, "hard_bone")[0] == pytest.approx((12 - 4) / limits.hard_bone_scale.amount, abs=0.15)
    assert column(costs, "healthy")[0] == pytest.approx((60 - 12) / 120, abs=0.02)
    assert column(costs, "obliquity") == pytest.approx(0, abs=1e-9)
    assert column(costs, "coverage") == pytest.approx(0.25)
    assert column(costs, "harm") == pytest.approx(0.5)
    assert column(costs, "clearance") == pytest.approx(0), "nothing critical is near"
    weights = [limits.weights[name].amount for name in COSTS]
    assert weighted(costs, limits) == pytest.approx((costs * weights).sum(axis=1))


def test_lung_costs_three_times_what_muscle_costs() -> None:
    shapes = {"body": ball((0, 0, 0), 60), "lungs": slab(1, 25, 35)}
    costs, limits = priced([[0, 60, 0], [0, -60, 0]], np.zeros((2, 3)), shapes)
    assert limits.lung_factor.amount == 3
    lung, muscle = column(costs, "healthy") * 120
    assert lung - muscle == pytest.approx(2 * 10, abs=3)


@pytest.mark.parametrize("spare", [2.0, 8.0, 24.0])
def test_clearance_costs_from_its_reach_on_up_to_the_severity(spare: float) -> None:
    limits = limits_with()
    reach = limits.clearance_reach.amount
    exact = clearance_cost(np.array([spare]), np.array([1.0]), limits)
    assert exact == pytest.approx(max((reach - spare) / reach, 0))
    assert clearance_cost(np.array([-1.0, 0.0]), np.array([0.6, 0.6]), limits) == pytest.approx(0.6)


def test_a_near_vessel_costs_by_its_distance() -> None:
    # An axis along y, a vessel beside it: radius 1, clearance 5, error and guard are taken off.
    costs = []
    limits = limits_with(entry_sigma=0.0, tip_sigma=0.0)
    for gap in (10.0, 14.0, 18.0):
        shapes = {"body": ball((0, 0, 0), 60), "aorta": ball((gap + 8, 25, 0), 8)}
        case = phantom(grid_around(64), shapes, ball((0, 0, 0), 4))
        field = build_field(case, case.lesion(), NEEDLE, limits)
        walk = walk_paths(field, [[0, 60.0, 0]], [[0, 0, 0.0]], NEEDLE, limits)
        skin = Skin(np.array([[0.0, 60, 0]]), np.array([[0.0, 1, 0]]))
        table = cost_table(field, skin, walk, np.zeros(1, np.float32), np.zeros(1), np.zeros(1), NEEDLE, limits)
        costs.append(float(column(table, "clearance")[0]))
        exact_spare = gap - 1 - 5 - limits.numeric_guard.amount
        assert costs[-1] == pytest.approx(max((12 - exact_spare) / 12, 0), abs=0.09)
    assert costs[0] > costs[1] > costs[2] >= 0


def test_objectives_are_the_groups_of_the_front() -> None:
    costs = np.arange(2.0 * len(COSTS)).reshape(2, len(COSTS)) / 20
    grouped = objectives(costs)
    assert grouped.shape == (2, len(FRONT))
    together = column(costs, "incidence") + column(costs, "hard_bone")
    assert grouped[:, 3] == pytest.approx(together)
    assert grouped[:, 4] == pytest.approx(column(costs, "coverage"))
    assert grouped[:, 5] == pytest.approx(column(costs, "harm"))


def test_the_zone_is_an_ellipsoid_that_reaches_beyond_the_tip_as_far_as_its_table_says() -> None:
    zone = ZoneShape(length_mm=30, width_mm=20, forward_mm=5)
    way = np.array([[0.0, -1, 0]])
    assert zone.behind_tip_mm == 10
    at = np.array([[0, -4.9, 0], [0, -5.1, 0], [0, 24.9, 0], [0, 25.1, 0], [9.9, 10, 0], [0, 10, 10.1], [9.9, 0, 0]])
    assert zone.contains(at, np.zeros((1, 3)), way)[0].tolist() == [True, False, True, False, True, False, False]
    assert zone.contains(at, np.zeros((1, 3)), way, grown_by_mm=0.2)[0, :6].all()
    rng = np.random.default_rng(0)
    box = rng.uniform(-40, 40, (200_000, 3))
    share = zone.contains(box, np.zeros((1, 3)), np.array([[0.6, 0.0, 0.8]]))[0].mean()
    assert share * 80**3 == pytest.approx(4 / 3 * np.pi * 15 * 10 * 10, rel=0.05)


@pytest.mark.parametrize("offset", [0.0, 5.0, 10.0])
def test_the_share_that_a_ball_covers_of_a_ball_is_that_of_the_lens(offset: float) -> None:
    radius, zone_radius = 12.0, 15.0
    case = phantom(grid_around(30), {"body": ball((0, 0, 0), 29)}, ball((0, 0, 0), radius))
    wanted = wanted_points(case, case.lesion(), 0.0)
    zone = ZoneShape(2 * zone_radius, 2 * zone_radius, zone_radius)
    share = covered_share(zone, wanted, np.array([[offset, 0, 0]]), np.array([[0.0, 1, 0]]))[0]
    d = offset
    if d <= zone_radius - radius:
        exact = 1.0
    else:
        lens = np.pi * (radius + zone_radius - d) ** 2
        lens *= d**2 + 2 * d * (radius + zone_radius) - 3 * (radius - zone_radius) ** 2
        exact = lens / (12 * d) / (4 / 3 * np.pi * radius**3)
    assert share == pytest.approx(exact, abs=0.03)


def test_what_is_wanted_is_the_lesion_and_its_margin_but_nothing_critical() -> None:
    shapes = {"body": ball((0, 0, 0), 40), "aorta": slab(1, 12, 40)}
    case = phantom(grid_around(42, (0.9, 0.9, 1.5)), shapes, ball((0, 0, 0), 10))
    wanted = wanted_points(case, case.lesion(), 5.0)
    radius = np.linalg.norm(wanted, axis=1)
    assert 300 < len(wanted) < 2500
    assert 14 < radius.max() < 16.5
    assert wanted[:, 1].max() < 12
    inside = (radius <= 10).mean()
    cap = np.pi * 3**2 * (3 * 15 - 3) / 3  # of the ball of 15 mm beyond y = 12
    assert inside == pytest.approx(10**3 / (15**3 - cap * 3 / (4 * np.pi)), abs=0.04)


def test_targets_are_the_middle_and_points_half_way_to_the_ends() -> None:
    case = phantom(grid_around(40), {"body": ball((0, 0, 0), 39)}, lambda p: ball((0, 0, 0), 30)(p) & slab(2, -6, 6)(p))
    lesion = case.lesion().mask
    targets = target_points(lesion, 5)
    assert targets.shape == (5, 3)
    assert np.linalg.norm(targets[0]) < 1
    assert np.abs(targets[:, 2]).max() <= 4, "no target at the edge"
    apart = [np.linalg.norm(a - b) for n, a in enumerate(targets) for b in targets[:n]]
    assert min(apart) > 12
    assert np.linalg.norm(targets[1:], axis=1) == pytest.approx(15, abs=1.5)
    assert np.linalg.norm(target_points(lesion, 5, spread=1.0)[1:], axis=1) == pytest.approx(30, abs=1.5)
    tiny = phantom(grid_around(10), {"body": ball((0, 0, 0), 9)}, ball((0, 0, 0), 0.6)).lesion().mask
    assert target_points(tiny, 5).shape == (1, 3)


def test_the_smallest_zone_that_covers_is_taken_and_the_largest_where_none_does() -> None:
    zones = [ZoneShape(2 * r, 2 * r, r, f"{r}") for r in (30.0, 12.0, 20.0)]
    case = phantom(grid_around(40), {"body": ball((0, 0, 0), 39)}, ball((0, 0, 0), 15))
    wanted = wanted_points(case, case.lesion(), 2.0)
    assert smallest_covering(zones, wanted, np.zeros(3), 0.95).setting == "20.0"
    assert smallest_covering(zones[1:2], wanted, np.zeros(3), 0.95).setting == "12.0"


def lens_ml(first: float, second: float, apart: float) -> float:
    """Volume common to two balls, in closed form."""
    sides = (first + second - apart) ** 2
    body = apart**2 + 2 * apart * (first + second) - 3 * (first - second) ** 2
    return float(np.pi * sides * body / (12 * apart) / 1000)


@pytest.mark.parametrize("apart", [12.0, 14.0, 17.0, 20.0])
def test_harm_is_the_volume_of_the_neighbour_within_the_zone(apart: float) -> None:
    limits = limits_with()
    shapes = {"body": ball((0, 0, 0), 60), "aorta": ball((apart, 0, 0), 10)}
    case = phantom(grid_around(64), shapes, ball((0, 0, 0), 3))
    zone = ZoneShape(length_mm=30, width_mm=30, forward_mm=15)
    neighbours = neighbours_of(case, case.lesion(), 30.0, limits)
    found = harmed_ml(zone, neighbours, np.zeros((2, 3)), np.array([[0.0, 1, 0], [0, 0, 1]]))
    severity = limits.severity_of(case.structure("aorta")).amount
    # Ten points of a lattice of 3 mm, an eighth of what costs 1.
    assert found == pytest.approx(severity * lens_ml(15, 10, apart), abs=0.25)


def test_a_zone_that_harms_nothing_costs_nothing_and_is_not_mentioned() -> None:
    limits = limits_with()
    case = phantom(grid_around(64), {"body": ball((0, 0, 0), 60), "aorta": ball((30, 0, 0), 10)}, ball((0, 0, 0), 3))
    zone = ZoneShape(length_mm=30, width_mm=30, forward_mm=15)
    neighbours = neighbours_of(case, case.lesion(), 30.0, limits)
    assert harmed_ml(zone, neighbours, np.zeros((1, 3)), np.array([[0.0, 1, 0]])) == pytest.approx(0)
    assert harm_findings(0.0, limits) == ()
    assert harm_findings(0.4, limits)[0].measured == pytest.approx(0.4)

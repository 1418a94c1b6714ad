"""The exact choice of a team against every team there is, against known coverings of a ball, and beside what stands."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from access_phantom import limits_with
from boneir.access.capsules import Capsule, segment_distances
from boneir.access.entries import Skin
from boneir.access.exact_cover import CoverProblem, best_few, best_team
from boneir.access.limits import COSTS
from boneir.access.needle import Needle, ZoneShape
from boneir.access.rays import COLUMNS, Walk
from boneir.access.search import Candidates
from boneir.access.several import Team, several_limit, team_that_covers

NEEDLE = Needle(2.0, 150.0)
FREE = {
    "probe_spacing_least": 0.0,
    "probe_spacing_most": 80.0,
    "probe_overlap": -200.0,
    "hub_apart": 0.0,
    "probe_apart": -5.0,
}


def needles(tips: np.ndarray, ways: np.ndarray | None = None) -> Candidates:
    """Needles to the tips, along -y where no directions are given."""
    ways = np.tile([0.0, -1.0, 0.0], (len(tips), 1)) if ways is None else ways
    entries, n = tips - 100.0 * ways, len(tips)
    walk = Walk(entries, tips, np.full(n, 100, np.int32), np.zeros((n, len(COLUMNS)), np.int32))
    return Candidates(Skin(entries, -ways), walk, np.zeros(n, np.float32), np.zeros((n, len(COSTS))), np.zeros(n))


def every_team(problem: CoverProblem) -> float:
    """Worth of the best of all teams, each looked at."""
    n = len(problem.price)
    teams = (list(team) for size in range(1, problem.most + 1) for team in combinations(range(n), size))
    return max(problem.worth(team) for team in teams if problem.allows(team))


@pytest.mark.parametrize("seed", range(12))
def test_no_team_of_a_small_choice_is_worth_more_than_the_exact_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 11
    upper = np.triu(rng.random((n, n)) < 0.25, 1)
    close = np.triu(rng.random((n, n)) < 0.5, 1)
    problem = CoverProblem(
        rng.random((n, 40)) < 0.3,
        1 + rng.random(n) / 2,
        upper | upper.T,
        close | close.T | np.eye(n, dtype=bool),
        enough=[0.7, 0.95][seed % 2],
        gain=[0.02, 0.08][seed // 2 % 2],
        most=2 + seed % 4,
    )
    best = every_team(problem)
    exact = best_team(problem, time_s=20, nodes=10_000)
    assert exact.repeatable
    assert problem.allows(list(exact.members))
    assert problem.worth(list(exact.members)) == pytest.approx(best, abs=1e-6)
    assert exact.bound == pytest.approx(best, abs=1e-5)
    few = best_few(problem)
    assert problem.allows(list(few.members))
    assert problem.worth(list(few.members)) == pytest.approx(every_team(replace(problem, most=2)), abs=1e-6)
    assert few.bound >= best - 1e-6


def test_the_exact_search_escapes_the_greedy_trap() -> None:
    # A middle zone takes the most at first and is then one too many: two zones side by side cover all.
    x = np.linspace(-20, 20, 161)
    wanted = np.stack([x, 0 * x, 0 * x], axis=1)
    tips = np.array([[0.0, 0, 0], [-10.5, 0, 0], [10.5, 0, 0]])
    candidates = needles(tips)
    candidates = replace(candidates, score=np.array([0.0, 0.4, 0.4]))
    limits = limits_with(coverage=100.0, probe_gain=1.0, probes_most=6.0, **FREE)
    team = team_that_covers(candidates, ZoneShape(22, 22, 11), wanted, NEEDLE, limits)
    assert set(team.members) == {1, 2}
    assert team.covered == 1.0
    assert team.gap == 0.0


def lattice(step: float, count: int) -> np.ndarray:
    line = step * np.arange(-count, count + 1)
    return np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)


def ball(radius: float, shells: int, on_surface: int) -> np.ndarray:
    """Points evenly spread over concentric spheres, most of them on the outermost."""
    parts = []
    for shell in range(1, shells + 1):
        n = max(int(on_surface * (shell / shells) ** 2), 6)
        z = 1 - (2 * np.arange(n) + 1) / n
        turn = math.pi * (3 - math.sqrt(5)) * np.arange(n)
        flat = np.sqrt(1 - z**2)
        parts.append(radius * shell / shells * np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1))
    return np.concatenate(parts)


@pytest.mark.parametrize(
    ("count", "cap_deg", "step", "reach"), [(4, 70.5288, 1 / (3 * math.sqrt(3)), 2), (6, 54.7356, 1 / math.sqrt(3), 1)]
)
def test_a_ball_takes_as_many_equal_balls_as_geometry_says(count: int, cap_deg: float, step: float, reach: int) -> None:
    # n caps of that radius cover a sphere: four in a tetrahedron, six in an octahedron.
    radius = 12.0
    zone = 2.002 * radius * math.sin(math.radians(cap_deg))
    limits = limits_with(coverage=100.0, probe_gain=0.05, probes_most=count + 1.0, **FREE)
    wanted = ball(radius, 2, 260)
    team = team_that_covers(
        needles(lattice(step * radius, reach)), ZoneShape(zone, zone, zone / 2), wanted, NEEDLE, limits, time_s=15
    )
    assert team.covered == 1.0
    assert len(team.members) == count
    assert team.gap == 0.0, "no smaller team covers it"


def test_fourteen_balls_cover_one_that_is_1_64_times_as_large() -> None:
    radius = 12.0
    zone = 2 * radius / 1.64
    limits = limits_with(coverage=99.0, probe_gain=0.05, probes_most=16.0, **FREE)
    wanted = ball(radius, 3, 300)
    team = team_that_covers(
        needles(lattice(radius / 5, 5)), ZoneShape(zone, zone, zone / 2), wanted, NEEDLE, limits, time_s=3
    )
    assert team.covered >= 0.99
    assert len(team.members) <= 14
    assert 0 <= team.gap <= 0.02


def sampled_distance(a, b, c, d) -> float:
    share = np.linspace(0, 1, 400)[:, None]
    one, other = a + share * (b - a), c + share * (d - c)
    return float(np.linalg.norm(one[:, None] - other[None], axis=2).min())


def test_distances_between_segments_are_those_of_their_points() -> None:
    rng = np.random.default_rng(5)
    a, b, c, d = rng.uniform(-10, 10, (4, 40, 3))
    aside = np.array([0.0, 0, 2])
    c[:5], d[:5] = a[:5] + aside, b[:5] + aside  # parallel
    b[5:8] = a[5:8]  # a point
    found = segment_distances(a, b, c, d)
    for n in range(40):
        exact = sampled_distance(a[n], b[n], c[n], d[n])
        assert exact - 0.08 <= found[n] <= exact + 1e-9
    assert found == pytest.approx(segment_distances(d, c, b, a))
    crossing = segment_distances([-5, 0, 0], [5, 0, 0], [0, -5, 3], [0, 5, 3])
    assert crossing[0] == pytest.approx(3)


def test_a_team_keeps_clear_of_what_stands_along_its_whole_length() -> None:
    tips = lattice(5.0, 3)
    zone, limits = ZoneShape(30, 20, 15), limits_with(hub_apart=0.0)
    wanted = ball(14, 2, 200) * [1.3, 1, 1]
    free = team_that_covers(needles(tips), zone, wanted, NEEDLE, limits)
    # A cannula that crosses the shafts far outside the lesion, where only the hubs are.
    cannula = Capsule("cement", (-60.0, 120.0, 0.0), (60.0, 120.0, 0.0), 3.0)
    beside = team_that_covers(needles(tips), zone, wanted, NEEDLE, limits, beside=[cannula])
    assert any(abs(tips[n][2]) < 5.5 for n in free.members)
    shafts = [Capsule("", tuple(tips[n] + np.array([0, 150, 0])), tuple(tips[n]), 2.0) for n in beside.members]
    assert min(shaft.gap_mm(cannula) for shaft in shafts) >= limits.probe_apart.amount - 1e-6
    assert beside.members
    wall = [Capsule("screw", (-60.0, 120.0, z), (60.0, 120.0, z), 8.0) for z in np.arange(-30.0, 31.0, 8)]
    assert team_that_covers(needles(tips), zone, wanted, NEEDLE, limits, beside=wall) == Team((), 0.0)


def test_cement_follows_a_probe_through_its_cannula() -> None:
    probe = Capsule("1", (0.0, 100.0, 0.0), (0.0, 0.0, 0.0), 2.4)
    assert probe.shares_way_with(Capsule("c", (0.3, 90.0, 0.0), (0.0, 10.0, 0.4), 3.0))
    assert not probe.shares_way_with(Capsule("c", (6.0, 90.0, 0.0), (0.0, 10.0, 0.0), 3.0))
    assert probe.gap_mm(Capsule("c", (6.0, 90.0, 0.0), (6.0, 10.0, 0.0), 3.0)) == pytest.approx(6 - 2.7)


def test_the_limits_of_the_search_have_their_evidence() -> None:
    for key in ("exact_candidates", "exact_time", "exact_nodes"):
        assert several_limit(key).amount > 0
        assert several_limit(key).source

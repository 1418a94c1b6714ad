"""Several probes: they cover what one cannot, stand apart, and need no more of them than geometry asks for."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from access_phantom import ball, grid_around, limits_with, phantom
from boneir.access.entries import Skin
from boneir.access.limit_changes import changed_limits
from boneir.access.limits import COSTS
from boneir.access.needle import Needle, ZoneShape
from boneir.access.path import measure_path
from boneir.access.rays import COLUMNS, Walk
from boneir.access.search import Candidates
from boneir.access.several import spaced_for, team_that_covers
from boneir.access.together import spacing_reason
from boneir.assess import assess
from boneir.plan import LimitChange, Technique
from boneir.proposal import Goal
from boneir.propose import propose

NEEDLE = Needle(2.0, 150.0)


def parallel(spread_mm: float, step_mm: float, depth_mm: float) -> Candidates:
    """Needles along y, their tips on a lattice."""
    across = np.arange(-spread_mm, spread_mm + step_mm / 2, step_mm)
    along = np.arange(-depth_mm, depth_mm + step_mm / 2, step_mm)
    tips = np.stack(np.meshgrid(across, along, across, indexing="ij"), axis=-1).reshape(-1, 3)
    entries = tips * [1, 0, 1] + [0, 100.0, 0]
    n = len(tips)
    walk = Walk(entries, tips, np.full(n, 100, np.int32), np.zeros((n, len(COLUMNS)), np.int32))
    skin = Skin(entries, np.tile([0.0, 1, 0], (n, 1)))
    return Candidates(skin, walk, np.zeros(n, np.float32), np.zeros((n, len(COSTS))), np.zeros(n))


def ball_points(radius: float, count: int = 4000) -> np.ndarray:
    points = np.random.default_rng(0).uniform(-radius, radius, (count, 3))
    return points[np.linalg.norm(points, axis=1) <= radius]


FREE = {
    "probe_spacing_least": 5.0,
    "probe_spacing_most": 60.0,
    "probe_overlap": 0.0,
    "hub_apart": 0.0,
    "probe_apart": 0.0,
}


@pytest.mark.parametrize(("ratio", "bound"), [(1.0, 1), (0.98, 4)])
def test_one_zone_does_where_it_is_large_enough(ratio: float, bound: int) -> None:
    zone = ZoneShape(2 * 12, 2 * 12, 12)
    limits = limits_with(coverage=100.0, probes_most=6.0, probe_gain=0.01, **FREE)
    team = team_that_covers(parallel(16, 4, 16), zone, ball_points(12 * ratio), NEEDLE, limits)
    assert team.covered == 1.0
    assert len(team.members) <= bound


def test_a_ball_needs_no_more_equal_balls_than_it_should() -> None:
    # Six balls cover one that is 1.22 times as large; a greedy choice may take two more.
    zone = ZoneShape(2 * 12, 2 * 12, 12)
    limits = limits_with(coverage=98.0, probes_most=12.0, probe_gain=0.1, probe_angle=15.0, **FREE)
    team = team_that_covers(parallel(12, 2, 12), zone, ball_points(12 * 1.2), NEEDLE, limits)
    assert team.covered >= 0.98
    assert 2 <= len(team.members) <= 8


def test_members_keep_their_distances_and_are_exchanged_for_better_ones() -> None:
    candidates = parallel(20, 2.5, 20)
    zone = ZoneShape(36, 20, 18)
    limits = limits_with()
    wanted = ball_points(18) * [1.3, 1, 1]
    team = team_that_covers(candidates, zone, wanted, NEEDLE, limits)
    assert 2 <= len(team.members) <= limits.probes_most.amount
    tips = candidates.walk.tips_mm[list(team.members)]
    for a, b in combinations(tips, 2):
        spacing = np.hypot(*(a - b)[[0, 2]])
        assert spacing >= min(limits.probe_spacing_least.amount, zone.width_mm / 2)
        hubs_apart = np.linalg.norm(a - b)
        assert hubs_apart >= limits.hub_apart.amount
    covers = zone.contains(wanted, candidates.walk.tips_mm, candidates.walk.directions)
    assert team.covered == pytest.approx(covers[list(team.members)].any(axis=0).mean())
    assert team.covered > covers.mean(axis=1).max() + 0.1


def test_each_rule_of_spacing_is_told_with_where_it_comes_from() -> None:
    wide, narrow = ZoneShape(40, 40, 20), ZoneShape(30, 12, 15)
    shipped = limits_with()
    cryo = spacing_reason(wide, spaced_for(shipped, Technique.CRYO))
    assert (
        "10 mm (a default of this project) to 20 mm (published, https://pmc.ncbi.nlm.nih.gov/articles/PMC4850244)"
        in cryo
    )
    other = spacing_reason(wide, shipped)
    assert "to 25 mm (a default of this project) apart and at most 15 deg out of parallel" in other
    assert "maker is not known" in other
    small = spacing_reason(narrow, shipped)
    assert "6 mm (half a zone" in small
    assert "8 mm (so that zones overlap by 30 %, a default of this project)" in small
    mine = changed_limits(shipped, [LimitChange("probe_spacing_most", 18.0)])
    assert "to 18 mm (set by the user)" in spacing_reason(wide, mine)


def test_where_no_second_probe_fits_one_stays() -> None:
    narrow = parallel(2, 1, 10)
    team = team_that_covers(narrow, ZoneShape(30, 12, 15), ball_points(20), NEEDLE, limits_with())
    assert len(team.members) == 1


def test_a_large_lesion_is_given_several_probes_that_each_keep_the_rules() -> None:
    shapes = {"body": ball((0, 0, 0), 80), "bone": ball((0, 15, 0), 34), "aorta": ball((0, -35, 0), 9)}

    def longish(points):
        return (((points - [0, 12, 0]) / [24, 16, 16]) ** 2).sum(axis=-1) <= 1

    case = phantom(grid_around(84, (1.8, 1.8, 2.0)), shapes, longish)
    goal = Goal(Technique.MICROWAVE, "emprint", margin_mm=5.0)
    proposal = propose(case, goal)
    team = next(plan for plan in proposal.plans if len(plan.probes) > 1)
    assert team is proposal.plans[0], "to control a lesion, covering it comes first"
    assert team.approach.endswith(f"{len(team.probes)} probes")
    reasons = " ".join(team.reasons)
    assert "probes cover" in reasons
    assert "Neighbouring probes stand" in reasons
    assert "ways compared is worth more" in reasons or "could be worth more, by" in reasons
    gaps = [item.amount for item in assess(case, team).measures if item.code == "access.instruments_apart"]
    assert len(gaps) == len(team.probes) * (len(team.probes) - 1) // 2
    assert min(gaps) >= limits_with().probe_apart.amount - 1e-6
    assert len({probe.name for probe in team.probes}) == len(team.probes)
    for probe in team.probes:
        _, findings = measure_path(case, probe.trajectory, 2.413)
        assert not any(finding.code == "access.clearance" for finding in findings)
    alone = propose(case, goal, limits_with(probes_most=1.0))
    assert all(len(plan.probes) == 1 for plan in alone.plans)
    short = [finding for finding in alone.findings if finding.code == "access.coverage"]
    assert len(short) == 1
    assert short[0].measured < 95
    palliative = propose(case, replace(goal, margin_mm=0.0))
    assert palliative.plans


def test_probes_stand_no_wider_apart_than_was_measured_for_their_technique() -> None:
    limits = limits_with()
    assert spaced_for(limits, Technique.CRYO).probe_spacing_most.amount == 20
    assert spaced_for(limits, Technique.MICROWAVE) is limits
    narrow = limits_with(probe_spacing_most=15.0)
    assert spaced_for(narrow, Technique.CRYO) is narrow

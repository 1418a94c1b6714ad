"""A needle moved by hand is told what the search and the assessment say of it, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom, rod
from boneir.access.live import LiveAccess
from boneir.access.search import search, tips_of
from boneir.assess import assess
from boneir.case import Case
from boneir.errors import PlanError
from boneir.findings import Finding
from boneir.fusion.margin import MARGINS_MM, surface_margin
from boneir.image.ellipsoid import Ellipsoid
from boneir.plan import Plan, Technique, Trajectory, Treatment
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.proposing.job import job_of
from boneir.proposing.live import live_access
from boneir.proposing.plans import probe_of

GOAL = Goal(Technique.MICROWAVE, "emprint", margin_mm=3.0)


@pytest.fixture(scope="module")
def case() -> Case:
    shapes = {
        "body": ball((0, 0, 0), 74),
        "bone": rod((0, 10, 0), (0, 0, 1), 16),
        "spinal_canal": rod((0, 34, 0), (0, 0, 1), 6),
        "aorta": rod((24, -14, 0), (0, 0, 1), 8),
    }
    return phantom(grid_around(78, (1.3, 1.3, 2.0)), shapes, ball((3, 8, 1), 7))


@pytest.fixture(scope="module")
def live(case: Case) -> LiveAccess:
    return live_access(case, GOAL)


NEEDLES = [
    Trajectory((-40.0, 60.0, 5.0), (4.0, 6.0, 1.0)),
    Trajectory((2.0, 73.0, 0.0), (3.0, 8.0, 1.0)),
    Trajectory((50.0, 40.0, -20.0), (1.0, 12.0, 3.0)),
    Trajectory((30.0, -30.0, 0.0), (3.0, 8.0, 1.0)),
]


@pytest.mark.parametrize("needle", NEEDLES)
def test_it_gives_the_numbers_of_an_assessment(case: Case, live: LiveAccess, needle: Trajectory) -> None:
    job = job_of(case, GOAL, None)
    treatment = Treatment(case.lesion().name, GOAL.technique, GOAL.margin_mm, probes=(probe_of(job, needle, "1"),))
    whole = assess(case, Plan("by hand", (treatment,), case.image.uid))
    found = live.path(needle)
    assert set(found.measures) <= set(whole.measures)
    assert set(found.findings) <= set(whole.findings)
    assert {m.code for m in found.measures} >= {"access.clearance", "ablation.coverage", "ablation.minimal_margin"}
    here = ("access.clearance", "access.spared", "access.length", "ablation.coverage", "ablation.margin_coverage")
    for code in here:
        theirs = [m for m in whole.measures if m.code == code]
        assert [m for m in found.measures if m.code == code] == theirs
    assert {item.code for item in whole.findings} >= {item.code for item in found.findings if isinstance(item, Finding)}


def test_it_says_of_every_entry_what_the_skin_map_says(case: Case, live: LiveAccess) -> None:
    aim = live.aim
    skin_map, allowed = search(live.judge, live.skin, aim)
    assert 0 < skin_map.allowed_count < len(skin_map.points_mm)
    too_long = skin_map.shortfall_mm[skin_map.reason == skin_map.reasons.index("length")]
    assert (too_long > 1e-4).all(), "a needle pushed in as far as it reaches is not refused for a rounding error"
    rng = np.random.default_rng(0)
    for n in rng.choice(len(allowed), 6, replace=False):
        found = live.path(allowed.trajectory(n))
        assert found.is_allowed
        assert found.shortfall_mm == 0
        assert found.score == pytest.approx(allowed.score[n], abs=1e-6)
        assert list(found.costs.values()) == pytest.approx(allowed.costs[n], abs=1e-6)
    reasons = set()
    for n in rng.choice(np.flatnonzero(skin_map.reason > 0), 40, replace=False):
        if skin_map.reasons[skin_map.reason[n]] in ("outside_body", "length"):
            continue
        tip = tips_of(live.judge.field, skin_map.points_mm[n : n + 1], aim, live.judge.reach_mm)[0]
        found = live.path(Trajectory(tuple(skin_map.points_mm[n]), tuple(tip)))
        assert found.rule == skin_map.reasons[skin_map.reason[n]]
        assert found.shortfall_mm == pytest.approx(skin_map.shortfall_mm[n], abs=1e-4)
        assert found.structure == ("" if skin_map.structure[n] < 0 else skin_map.structures[skin_map.structure[n]])
        reasons.add(found.rule)
    assert len(reasons) >= 2


def test_the_skin_map_of_the_middle_is_that_of_a_proposal_and_moves_with_the_target(case: Case) -> None:
    proposal = propose(case, GOAL)
    live = live_access(case, GOAL)
    target = proposal.skin.target_mm
    mine = live.skin_map(target)
    assert np.array_equal(mine.reason, proposal.skin.reason)
    assert np.array_equal(mine.score, proposal.skin.score, equal_nan=True)
    moved = live.skin_map((target[0] + 5, target[1], target[2] + 4))
    assert not np.array_equal(moved.reason, mine.reason)
    back = live.skin_map(target)
    assert np.array_equal(back.reason, mine.reason)


def test_a_needle_outside_the_region_is_refused_not_priced(live: LiveAccess) -> None:
    found = live.path(Trajectory((0.0, 500.0, 0.0), (3.0, 8.0, 1.0)))
    assert (found.rule, found.score, dict(found.costs)) == ("outside_body", None, {})
    assert any(item.code == "access.length" for item in found.findings)
    with pytest.raises(PlanError, match=r"target .* outside the region"):
        live.skin_map((0.0, 500.0, 0.0))


def test_a_biopsy_has_no_zone(case: Case) -> None:
    found = live_access(case, Goal(Technique.BIOPSY, "biopsy-13g"), name="a").path(NEEDLES[0])
    assert found.covered is None
    assert not any(m.code.startswith("ablation.") for m in found.measures)
    assert all("Needle a" in item.text or item.about for item in found.findings)


@pytest.mark.parametrize("slide", [0.0, 2.0, -1.5])
def test_an_ellipsoid_contains_what_its_level_says(slide: float) -> None:
    rng = np.random.default_rng(3)
    way = rng.normal(size=3)
    body = Ellipsoid((1.0, -2.0, 3.0), tuple(way / np.linalg.norm(way)), 14.0, 9.0, slide)
    points = rng.uniform(-20, 20, (5000, 3))
    level = body.level(points)
    sure = np.abs(level - 1) > 1e-9
    assert np.array_equal(body.contains(points)[sure], (level <= 1)[sure])
    assert 0.05 < body.contains(points).mean() < 0.6


def test_the_coverage_of_every_rim_is_that_of_the_points_themselves(case: Case) -> None:
    # A ball of 7 mm in a ball of 9 mm whose middle is 4 mm away: what is covered is a lens, in closed form.
    lesion = phantom(grid_around(14, (0.5, 0.5, 0.5)), {"body": ball((0, 0, 0), 13)}, ball((0, 0, 0), 7)).lesion()
    found = surface_margin(lesion.mask, [Ellipsoid((4.0, 0.0, 0.0), (1.0, 0.0, 0.0), 9.0, 9.0)])
    for width, share in zip(MARGINS_MM[:3], found.coverage, strict=False):
        a, b, d = 7.0 + width, 9.0, 4.0
        lens = np.pi * (a + b - d) ** 2 * (d * d + 2 * d * (a + b) - 3 * (a - b) ** 2) / (12 * d)
        assert share == pytest.approx(lens / (4 / 3 * np.pi * a**3), abs=0.015)

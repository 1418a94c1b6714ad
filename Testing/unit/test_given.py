"""Entry zones of the user, and instruments that stand already: no plan enters or meets what it must not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom, rod
from boneir.ablation.devices import device
from boneir.access.capsules import segment_distances
from boneir.access.limits import access_limits
from boneir.access.rules import RULES
from boneir.assess import assess
from boneir.case import Case, Role, Structure
from boneir.errors import CaseError, PlanError
from boneir.findings import Severity
from boneir.mask import Mask
from boneir.plan import Cement, Plan, Probe, Screw, Technique, Trajectory, Treatment
from boneir.proposal import EntryZone, Goal
from boneir.propose import propose

GOAL = Goal(Technique.BIOPSY, "biopsy-13g")
DIAMETER, LENGTH = device(GOAL.device).diameter_mm.amount, 150.0


@pytest.fixture(scope="module")
def case() -> Case:
    shapes = {"body": ball((0, 0, 0), 60), "bone": rod((0, 5, 0), (0, 0, 1), 18)}
    return phantom(grid_around(64, (1.5, 1.5, 2.0)), shapes, ball((0, 5, 0), 6))


def entries(proposal) -> np.ndarray:
    return np.array([plan.probes[0].trajectory.entry_mm for plan in proposal.plans])


def test_needles_enter_only_where_they_are_allowed_to(case: Case) -> None:
    zone = EntryZone((20.0, 55.0, 0.0), 18.0)
    proposal = propose(case, replace(GOAL, entry_allowed=(zone,)))
    assert proposal.plans
    assert np.linalg.norm(entries(proposal) - zone.centre_mm, axis=1).max() <= zone.radius_mm
    skin = proposal.skin
    far = np.linalg.norm(skin.points_mm - zone.centre_mm, axis=1) > zone.radius_mm
    assert (skin.reason[far] > 0).all()
    assert (skin.reason[far] == RULES.index("entry_outside")).any()
    assert "outside the entry zones that were asked for" in " ".join(proposal.plans[0].reasons)


def test_no_needle_enters_where_it_is_forbidden_to_by_ball_or_by_outline(case: Case) -> None:
    free = propose(case, GOAL)
    best = entries(free)[0]
    ball_zone = EntryZone(tuple(best), 12.0)
    proposal = propose(case, replace(GOAL, entry_forbidden=(ball_zone,)))
    assert proposal.plans
    assert np.linalg.norm(entries(proposal) - best, axis=1).min() > 12.0
    grid = case.image.grid
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    wound = Mask.of(ball(best, 10)(grid.to_mm(np.stack([i, j, k], axis=-1))), grid)
    wounded = case.with_structures([Structure("wound", Role.PASSABLE, wound)])
    proposal = propose(wounded, replace(GOAL, entry_forbidden=(EntryZone(structure="wound", radius_mm=4.0),)))
    assert proposal.plans
    away = np.linalg.norm(entries(proposal)[:, None] - wound.points_mm()[None], axis=2).min(axis=1)
    assert away.min() > 4.0
    refused = proposal.skin.reason == RULES.index("entry_forbidden")
    assert refused.any()
    gaps = np.linalg.norm(proposal.skin.points_mm[refused][:, None] - wound.points_mm()[None], axis=2).min(axis=1)
    assert gaps.max() <= 4.0 + 1.0 + 1e-6


def test_an_entry_zone_that_lies_nowhere_on_the_skin_leaves_no_plan_and_says_so(case: Case) -> None:
    proposal = propose(case, replace(GOAL, entry_allowed=(EntryZone((500.0, 0.0, 0.0), 5.0),)))
    assert proposal.plans == ()
    assert proposal.findings[0].code == "access.no_way"
    assert any("outside the entry zones that were asked for" in finding.text for finding in proposal.findings)


@pytest.mark.parametrize(
    ("zone", "error", "words"),
    [
        (EntryZone(), PlanError, "either a ball with a centre or an outline"),
        (EntryZone((0.0, 0.0, 0.0), 5.0, "wound"), PlanError, "either a ball with a centre or an outline"),
        (EntryZone((0.0, 0.0, 0.0), 0.0), PlanError, "more than zero"),
        (EntryZone((0.0, float("nan"), 0.0), 5.0), PlanError, "three numbers"),
        (EntryZone(structure="wound"), CaseError, "no structure 'wound'"),
    ],
)
def test_an_entry_zone_that_is_none_is_refused_in_one_sentence(case: Case, zone: EntryZone, error, words) -> None:
    with pytest.raises(error, match=words):
        propose(case, replace(GOAL, entry_forbidden=(zone,)))


def plan_with(case: Case, **tools) -> Plan:
    return Plan("standing", (Treatment("lesion-1", Technique.BIOPSY, 0.0, **tools),), case.image.uid)


def test_a_new_needle_meets_nothing_that_stands_already_from_hub_to_tip(case: Case) -> None:
    x, y, z = propose(case, GOAL).plans[0].probes[0].trajectory.point_at(5.0)
    cannula = Trajectory((x, y, z), (0.0, 8.0, 16.0))
    screw = Trajectory((-30.0, 45.0, -20.0), (0.0, 5.0, -16.0))
    standing = plan_with(case, cement=(Cement("c", cannula, 3.0, 3.0),), screws=(Screw("s", screw, 6.5),))
    free, proposal = propose(case, GOAL), propose(case, GOAL, beside=standing)
    assert proposal.plans
    assert proposal.skin.allowed_count < free.skin.allowed_count
    limits = access_limits()
    cannula_hub = cannula.point_at(-limits.hub_reserve.amount)
    for plan in proposal.plans:
        way = plan.probes[0].trajectory
        hub = way.point_at(way.length_mm - LENGTH)
        for start, end, width in ((cannula_hub, cannula.tip_mm, 3.0), (screw.entry_mm, screw.tip_mm, 6.5)):
            along = np.linspace(0, 1, 400)[:, None]
            one = np.asarray(hub) + along * np.subtract(way.tip_mm, hub)
            other = np.asarray(start) + along * np.subtract(end, start)
            sampled = np.linalg.norm(one[:, None] - other[None], axis=2).min()
            assert sampled - (width + DIAMETER) / 2 >= limits.probe_apart.amount - 1e-6
        assert np.linalg.norm(np.subtract(hub, cannula_hub)) >= limits.hub_apart.amount - 1e-6
    assert (proposal.skin.reason == RULES.index("beside")).any()


def two(case: Case, gap_mm: float) -> Plan:
    """Two parallel probes whose surfaces are so far apart."""
    apart = gap_mm + DIAMETER
    ways = [Trajectory((x, 58.0, 0.0), (x, 5.0, 0.0)) for x in (-apart / 2, apart / 2)]
    return plan_with(case, probes=tuple(Probe(str(n), GOAL.device, way) for n, way in enumerate(ways, 1)))


@pytest.mark.parametrize(("gap", "severity"), [(-1.0, Severity.STOP), (2.0, Severity.WARN), (20.0, None)])
def test_an_assessment_says_how_near_instruments_come_to_each_other(case: Case, gap: float, severity) -> None:
    assessment = assess(case, two(case, gap))
    (measure,) = [item for item in assessment.measures if item.code == "access.instruments_apart"]
    assert measure.amount == pytest.approx(gap, abs=1e-9)
    assert measure.title == "Distance between needle 1 and needle 2"
    found = [item for item in assessment.findings if item.code == "access.instruments_meet"]
    assert [item.severity for item in found] == ([] if severity is None else [severity])
    hubs = [item for item in assessment.findings if item.code == "access.hubs_meet"]
    assert len(hubs) == (gap + DIAMETER < 15)


def test_crossing_instruments_meet_where_they_cross_and_those_in_one_hole_do_not(case: Case) -> None:
    probe = Probe("1", GOAL.device, Trajectory((0.0, 55.0, 0.0), (0.0, 5.0, 0.0)))
    screw = Screw("a", Trajectory((20.0, 25.0, 0.0), (-20.0, 25.0, 0.0)), 6.0)
    follows = Cement("c", Trajectory((0.0, 55.0, 0.0), (0.0, 10.0, 0.0)), 3.0, 3.0)
    assessment = assess(case, plan_with(case, probes=(probe,), screws=(screw,), cement=(follows,)))
    met = {item.about: item for item in assessment.findings if item.code == "access.instruments_meet"}
    assert set(met) == {"needle 1 and screw a", "cannula c and screw a"}
    crossing = met["needle 1 and screw a"]
    assert crossing.severity is Severity.WARN
    assert "before the other goes in" in crossing.text
    assert crossing.place_mm == pytest.approx((0, 25, 0), abs=0.5)
    assert crossing.measured == pytest.approx(-(6.0 + DIAMETER) / 2)
    assert [item.about for item in assessment.findings if item.code == "access.one_hole"] == ["needle 1 and cannula c"]


def test_the_distance_of_crossing_axes_is_zero_by_a_second_way() -> None:
    assert segment_distances((0, 55, 0), (0, 5, 0), (20, 25, 0), (-20, 25, 0))[0] == pytest.approx(0)

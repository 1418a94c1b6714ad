"""The verb `propose` on bodies of analytic shapes: closed forms, rules, reasons, errors."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from access_phantom import PERMUTED, ball, grid_around, limits_with, phantom, rod, slab, trajectories, turned
from boneir.access.entries import UPWARDS
from boneir.access.limits import Purpose
from boneir.access.path import measure_path
from boneir.access.rules import RULES
from boneir.case import Case
from boneir.errors import CaseError, DeviceError, PlanError
from boneir.findings import Severity
from boneir.plan import Position, Technique, plan_from_plain, plan_to_plain
from boneir.proposal import REFUSAL_WORDS, Goal
from boneir.propose import propose, purpose_of
from boneir.proposing.cement import wanted_cement
from boneir.resources import read_resource

BIOPSY = Goal(Technique.BIOPSY, "biopsy-13g")
ABLATION = Goal(Technique.MICROWAVE, "emprint", margin_mm=3.0)
ANYWHERE = {"table_reserve": -500.0, "below_horizontal": 90.0, "bore_radius": 5000.0}
"""No table and no bore: the directions of a closed form are all free."""


def trunk(spacing=(1.2, 1.2, 2.0), direction=None, **more) -> Case:
    """A trunk with one vertebra of two parts, its canal, and vessels in front."""
    shapes = {
        "body": lambda p: (p[..., 0] / 70) ** 2 + (p[..., 1] / 55) ** 2 <= 1,
        "vertebra_L3": lambda p: (
            (rod((0, -8, 0), (0, 0, 1), 20)(p) | (slab(1, 5, 14)(p) & slab(0, -24, 24)(p)))
            & slab(2, -14, 14)(p)
            & ~rod((0, 20, 0), (0, 0, 1), 8)(p)
        ),
        "spinal_canal": rod((0, 20, 0), (0, 0, 1), 7.5),
        "aorta": rod((6, -40, 0), (0, 0, 1), 8),
    } | more
    return phantom(grid_around(80, spacing, direction), shapes, ball((7, -10, 0), 6))


@pytest.mark.parametrize("radius", [30.0, 22.0])
def test_the_free_solid_angle_of_a_hole_in_a_shell_is_that_of_its_closed_form(radius: float) -> None:
    inner, outer = 40.0, 44.0

    def shell(points):
        distance = np.linalg.norm(points, axis=-1)
        in_hole = (points[..., 1] > 0) & (points[..., 0] ** 2 + points[..., 2] ** 2 < radius**2)
        return (distance >= inner) & (distance <= outer) & ~in_hole

    case = phantom(grid_around(66), {"body": ball((0, 0, 0), 60), "aorta": shell}, ball((0, 0, 0), 4))
    limits = limits_with(entry_sigma=0.0, tip_sigma=0.0, **ANYWHERE)
    proposal = propose(case, replace(BIOPSY, margin_mm=0.0), limits)
    ways = proposal.skin.points_mm / np.linalg.norm(proposal.skin.points_mm, axis=1, keepdims=True)
    area = 1 / np.abs(ways).max(axis=1)  # of skin per voxel: a slanting surface has fewer voxels
    allowed = proposal.skin.reason == 0
    share = area[allowed].sum() / area.sum()

    def widest(clearance: float) -> float:
        """Largest angle to the axis of the hole that keeps `clearance` from its rim, the outer edge of the shell."""
        height = np.sqrt(outer**2 - radius**2)
        angle = np.linspace(0, np.pi / 2, 100_001)
        return float(angle[radius * np.cos(angle) - height * np.sin(angle) >= clearance].max())

    safe = 2.413 / 2 + 5.0
    careful = (1 - np.cos(widest(safe + limits.numeric_guard.amount + 1.3))) / 2
    assert careful < share < (1 - np.cos(widest(safe))) / 2
    # Voxels of 1 mm at 60 mm and a target in a voxel's corner turn a way by up to 0.03 rad.
    assert np.arccos(ways[allowed, 1]).max() < widest(safe) + 0.03


@pytest.mark.parametrize(
    ("spacing", "direction"),
    [((1.2, 1.2, 2.0), None), ((1.2, 1.2, 2.0), PERMUTED), ((1.3, 1.3, 2.0), turned(2))],
    ids=["axial", "permuted", "oblique"],
)
@pytest.mark.parametrize("goal", [BIOPSY, ABLATION], ids=["biopsy", "microwave"])
def test_every_plan_keeps_every_rule_on_any_grid(spacing, direction, goal: Goal) -> None:
    case = trunk(spacing, direction)
    proposal = propose(case, goal)
    assert 1 <= len(proposal.plans) <= goal.max_plans
    assert list(proposal.scores) == sorted(proposal.scores)
    lesion, body = case.lesion().mask, case.structure("body").mask
    for trajectory in trajectories(proposal):
        _, findings = measure_path(case, trajectory, 2.413)
        assert all(finding.severity is Severity.NOTE for finding in findings), findings
        entry, tip = np.asarray(trajectory.entry_mm), np.asarray(trajectory.tip_mm)
        on_skin = (entry[0] / 70) ** 2 + (entry[1] / 55) ** 2
        assert 0.9 < on_skin < 1.05
        assert np.linalg.norm(tip - lesion.centroid_mm) < 25
        hub = tip - 150 * np.asarray(trajectory.direction)
        assert not body.at(tuple(hub))
        assert entry[1] > -55 + 15, "prone: not from the table"
        assert not (abs(entry[0]) < 4 and entry[1] > 20), "not over the spinous processes"


def test_the_same_goal_gives_the_same_bytes_and_reads_back() -> None:
    case = trunk()
    one, other = propose(case, ABLATION), propose(case, ABLATION)
    assert [plan.to_json() for plan in one.plans] == [plan.to_json() for plan in other.plans]
    assert one.skin.score.tobytes() == other.skin.score.tobytes()
    assert [plan_from_plain(plan_to_plain(plan)) for plan in one.plans] == list(one.plans)
    assert all(plan.image_uid == case.image.uid for plan in one.plans)


def test_plans_differ_and_say_why_they_stand_where_they_stand() -> None:
    proposal = propose(trunk(), BIOPSY)
    ways = list(trajectories(proposal))
    for n, a in enumerate(ways):
        for b in ways[:n]:
            apart = np.linalg.norm(np.subtract(a.entry_mm, b.entry_mm))
            turned_by = np.degrees(np.arccos(np.clip(np.dot(a.direction, b.direction), -1, 1)))
            assert apart >= 15 - 1e-9 or turned_by >= 8 - 1e-9
    assert any("L3" in plan.approach for plan in proposal.plans)
    assert {plan.approach.split()[0] for plan in proposal.plans} >= {"left"}
    for rank, plan in enumerate(proposal.plans):
        text = " ".join(plan.reasons)
        assert f"Rank {rank + 1} " in text
        assert f"{proposal.skin.allowed_count} of {len(proposal.skin.points_mm)} entries are allowed" in text
        assert "What binds it is" in text
        assert "Entries that lost" in text
        assert "margin covered" not in text, "a biopsy needle makes no zone"
        assert "within its zone" not in text
        assert " 0 mm are to be kept" not in text
    rule, structure, count = proposal.skin.refusals()[0]
    assert f"{count} " in " ".join(proposal.plans[0].reasons)
    assert rule in RULES
    assert structure in ("", *proposal.skin.structures)


def test_every_rule_has_its_words() -> None:
    assert set(REFUSAL_WORDS) == set(RULES[1:])


def test_every_refused_entry_has_a_rule_and_what_is_missing() -> None:
    skin = propose(trunk(), BIOPSY).skin
    assert skin.reasons == RULES
    allowed = skin.reason == 0
    assert np.isfinite(skin.score[allowed]).all()
    assert np.isnan(skin.score[~allowed]).all()
    assert ((skin.score[allowed] >= 0) & (skin.score[allowed] <= 1)).all()
    assert (skin.shortfall_mm[allowed] == 0).all()
    near = skin.reason == RULES.index("clearance")
    assert near.any()
    assert (skin.shortfall_mm[near] > 0).all()
    assert {skin.structures[n] for n in np.unique(skin.structure[near])} <= {"spinal_canal", "aorta"}
    canal = skin.reason == RULES.index("canal")
    assert {skin.structures[n] for n in np.unique(skin.structure[canal])} == {"spinal_canal"}
    lengths = np.linalg.norm(skin.points_mm - np.asarray(skin.target_mm), axis=1)
    assert lengths[allowed].max() <= 140 + 1e-6


@pytest.mark.parametrize("position", list(Position))
def test_no_way_comes_from_the_table(position: Position) -> None:
    case = trunk()
    proposal = propose(case, replace(BIOPSY, position=position), limits_with(midline=0.0))
    up = np.asarray(UPWARDS[position])
    lowest = (case.structure("body").mask.points_mm() @ up).min()
    allowed = proposal.skin.points_mm[proposal.skin.reason == 0]
    assert len(allowed)
    assert (allowed @ up).min() >= lowest + 14
    for plan, trajectory in zip(proposal.plans, trajectories(proposal), strict=True):
        assert plan.position is position
        assert np.degrees(np.arcsin(np.dot(trajectory.direction, up))) <= 10.1


def test_the_hub_must_not_lie_in_the_patient_again() -> None:
    arm = rod((110, 0, 0), (0, 0, 1), 14)
    case = trunk()
    with_arm = phantom(
        grid_around(130, (1.5, 1.5, 2.5)),
        {
            "body": lambda p: ((p[..., 0] / 70) ** 2 + (p[..., 1] / 55) ** 2 <= 1) | arm(p),
            "bone": rod((30, 0, 0), (0, 0, 1), 15),
        },
        ball((30, 0, 0), 6),
    )
    skin = propose(with_arm, BIOPSY).skin
    by_hub = skin.points_mm[skin.reason == RULES.index("hub")]
    assert len(by_hub)
    allowed = skin.points_mm[skin.reason == 0]
    side = (allowed[:, 0] > 60) & (np.abs(allowed[:, 1]) < 8) & (np.abs(allowed[:, 2]) < 10)
    assert not side.any(), "straight towards the arm"
    assert (propose(case, BIOPSY).skin.reason != RULES.index("hub")).all()


def test_a_case_without_labels_is_planned_and_says_what_is_not_checked() -> None:
    shapes = {"body": ball((0, 0, 0), 70), "bone": rod((0, 10, 0), (0, 0, 1), 18)}
    proposal = propose(phantom(grid_around(74, (1.2, 1.2, 2.0)), shapes, ball((0, 8, 0), 7)), ABLATION)
    assert proposal.plans
    absent = [finding for finding in proposal.findings if finding.code == "case.absent"]
    assert {"cord", "lung", "great_vessels", "bowel"} <= {finding.about for finding in absent}
    assert "No critical structure that is outlined lies near the way." in proposal.plans[0].reasons
    assert proposal.plans[0].approach in ("posterior", "left posterior oblique", "right posterior oblique")


def test_where_nothing_is_allowed_it_says_what_stands_in_the_way() -> None:
    def shell(points):
        distance = np.linalg.norm(points, axis=-1)
        return (distance > 20) & (distance < 24)

    case = phantom(grid_around(64, (1.5, 1.5, 1.5)), {"body": ball((0, 0, 0), 60), "colon": shell}, ball((0, 0, 0), 4))
    proposal = propose(case, BIOPSY)
    assert proposal.plans == ()
    assert proposal.skin.allowed_count == 0
    first, *rest = proposal.findings
    assert (first.code, first.severity) == ("access.no_way", Severity.STOP)
    assert any(item.code == "access.refused" and item.about == "colon" and item.measured > 0 for item in rest)
    short = propose(trunk(), replace(BIOPSY, device="biopsy-13g"), limits_with(hub_reserve=145.0))
    assert short.findings[0].code == "access.no_way"
    assert "longer needle" in short.findings[0].text


def test_a_needle_too_short_for_its_zone_stops_where_it_reaches() -> None:
    case = phantom(grid_around(150, (3.0, 3.0, 3.0)), {"body": ball((0, 0, 0), 146)}, ball((0, 12, 0), 9))
    proposal = propose(case, ABLATION, limits_with(**ANYWHERE))
    assert proposal.plans
    for trajectory in trajectories(proposal):
        assert trajectory.length_mm <= 140 + 1e-6


@pytest.mark.parametrize("technique", list(Technique))
def test_the_purpose_follows_from_the_goal(technique: Technique) -> None:
    goal = Goal(technique, "x", margin_mm=5.0)
    expected = {Technique.BIOPSY: Purpose.BIOPSY, Technique.CEMENT: Purpose.CONSOLIDATION}
    assert purpose_of(goal) is expected.get(technique, Purpose.LOCAL_CONTROL)
    relief = {Technique.BIOPSY: Purpose.BIOPSY, Technique.CEMENT: Purpose.CONSOLIDATION}
    assert purpose_of(replace(goal, margin_mm=3.0)) is relief.get(technique, Purpose.PALLIATIVE)


def test_the_zone_lies_on_the_lesion_and_its_setting_is_carried_over() -> None:
    case = trunk()
    for plan in propose(case, ABLATION).plans:
        probe = plan.probes[0]
        assert probe.setting
        assert probe.power_w
        assert probe.duration_s
        past = np.asarray(probe.trajectory.tip_mm) - np.asarray(case.lesion().mask.centroid_mm)
        assert np.dot(past, probe.trajectory.direction) > 0, "the tip stands beyond the middle of the lesion"
    fixed = propose(case, replace(ABLATION, setting=propose(case, ABLATION).plans[0].probes[0].setting))
    assert {plan.probes[0].setting for plan in fixed.plans} == {fixed.goal.setting}
    cement = propose(case, Goal(Technique.CEMENT, "cement-13g")).plans[0].treatments[0].cement[0]
    wanted = wanted_cement(case, case.lesion())  # the lesion lies in a vertebra, of whose body a share is filled
    assert 0 < cement.volume_ml <= round(wanted.expected_ml, 1)
    assert cement.diameter_mm == pytest.approx(2.413, abs=0.02)


@pytest.mark.parametrize(
    ("goal", "error", "words"),
    [
        (replace(BIOPSY, device="nobody's"), DeviceError, "no device"),
        (
            replace(ABLATION, device="osteocool", technique=Technique.RADIOFREQUENCY),
            DeviceError,
            "instructions for use",
        ),
        (replace(ABLATION, device="biopsy-13g"), DeviceError, "was asked for"),
        (replace(ABLATION, setting="9000W"), DeviceError, "no setting"),
        (replace(BIOPSY, lesion="lesion-9"), CaseError, "no lesion 'lesion-9'"),
        (replace(BIOPSY, margin_mm=-1.0), PlanError, "margin"),
        (replace(BIOPSY, margin_mm=float("nan")), PlanError, "margin"),
        (replace(BIOPSY, max_plans=0), PlanError, "one or more"),
    ],
)
def test_a_goal_that_cannot_be_planned_is_refused_in_one_sentence(goal: Goal, error, words: str) -> None:
    with pytest.raises(error, match=words):
        propose(trunk((3.0, 3.0, 4.0)), goal)


def test_a_device_that_its_maker_forbids_here_is_stopped(tmp_path: Path) -> None:
    data = read_resource("Devices", "biopsy-13g.json")
    rule = {"structures": ["vertebra_L3", "vertebra_C4"], "text": "not meant for L3", "source": "maker's manual, 2026"}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({**data, "id": "mine", "contraindications": [rule]}))
    proposal = propose(trunk((2.0, 2.0, 3.0)), replace(BIOPSY, device=str(path)))
    found = [finding for finding in proposal.findings if finding.code == "access.contraindication"]
    assert [(finding.severity, finding.about) for finding in found] == [(Severity.STOP, "vertebra_L3")]
    assert proposal.findings[0] is found[0]
    assert {plan.probes[0].device for plan in proposal.plans} == {str(path)}


def test_a_tip_is_never_pushed_out_of_a_thin_bone() -> None:
    shapes = {"body": ball((0, 0, 0), 70), "bone": slab(1, 10, 22)}
    case = phantom(grid_around(74, (1.2, 1.2, 2.0)), shapes, ball((0, 16, 0), 7))
    proposal = propose(case, ABLATION)
    assert proposal.plans
    for trajectory in trajectories(proposal):
        y = trajectory.tip_mm[1]
        assert 9 <= y <= 23 or case.lesion().mask.at(trajectory.tip_mm)


def test_the_case_is_not_changed() -> None:
    case = trunk((2.0, 2.0, 3.0))
    before = case.uid
    propose(case, BIOPSY)
    assert replace(case).uid == before

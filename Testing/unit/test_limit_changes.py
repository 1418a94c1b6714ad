"""Limits that the user sets: in force in the search and in the assessment, checked, and told in every plan."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom, rod
from boneir.access.guidance import guidance, guidance_changes
from boneir.access.limit_changes import changed_findings, changed_limits, limit_words, read_limit_changes
from boneir.access.limits import access_limits
from boneir.assess import assess
from boneir.case import Structure
from boneir.errors import PlanError
from boneir.evidence import Grade
from boneir.plan import LimitChange, Plan, Probe, Technique, Trajectory, Treatment
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.resources import limit, read_resource

GOAL = Goal(Technique.BIOPSY, "biopsy-13g")


def test_a_changed_limit_holds_in_search_and_assessment_and_is_told() -> None:
    shapes = {"body": ball((0, 0, 0), 60), "aorta": rod((0, 20, 0), (0, 0, 1), 6)}
    case = phantom(grid_around(64, (1.5, 1.5, 2.0)), shapes, ball((0, 0, 0), 5))
    nearer, farther = (propose(case, replace(GOAL, limits=(LimitChange("clearance.aorta", mm),))) for mm in (2.0, 9.0))
    shipped = propose(case, GOAL)
    counts = [proposal.skin.allowed_count for proposal in (farther, shipped, nearer)]
    assert counts[0] < counts[1] < counts[2]
    told = [finding for finding in farther.findings if finding.code == "access.limit_changed"]
    assert [finding.text for finding in told] == [
        "The clearance of the aorta was set to 9 mm by the user; this project proposes 5 mm."
    ]
    plan = farther.plans[0]
    assert plan.limits == (LimitChange("clearance.aorta", 9.0),)
    assessment = assess(case, plan)
    assert told[0] in assessment.findings
    (measure,) = [item for item in assessment.measures if item.code == "access.clearance"]
    assert measure.limit is not None
    assert measure.limit.amount == 9.0
    assert "Set by the user" in measure.limit.source
    assert measure.amount is not None
    assert measure.amount >= 9.0
    way = plan.probes[0].trajectory
    points = np.array([way.point_at(depth) for depth in np.arange(0, way.length_mm, 0.25)])
    assert np.hypot(points[:, 0], points[:, 1] - 20).min() - 6 - 2.413 / 2 > 9 - 1.5


def test_every_kind_of_limit_can_be_set() -> None:
    limits = access_limits()
    changes = [
        LimitChange("incidence", 50.0), LimitChange("in_bone.cord", 1.0), LimitChange("weights.length", 0.3),
        LimitChange("clearance.great_vessels", 7.0), LimitChange("severity.lung", 0.2), LimitChange("crossings", 2.0),
    ]  # fmt: skip
    changed = changed_limits(limits, changes)
    assert changed.incidence.amount == 50
    assert changed.in_bone["cord"].amount == 1
    assert changed.weights["length"].amount == 0.3
    assert changed.crossings.amount == 2
    assert {value.grade for value in (changed.incidence, changed.in_bone["cord"])} == {Grade.DEFAULT}
    case = phantom(grid_around(20), {"body": ball((0, 0, 0), 18)}, ball((0, 0, 0), 4))
    mask = case.lesion().mask
    aorta, lung = (Structure(name, case.structures[0].role, mask, name) for name in ("aorta", "lung_left"))
    assert changed.clearance_of(aorta).amount == 7
    assert changed.severity_of(lung).amount == 0.2
    assert limits.clearance_of(aorta).amount == 5
    assert changed_limits(limits, ()) is limits
    assert len(changed_findings(limits, changes)) == 6
    assert changed_findings(limits, [LimitChange("incidence", 65.0)]) == ()
    assert not any("_" in limit_words(change.name) for change in changes)


@pytest.mark.parametrize(
    ("name", "amount", "words"),
    [
        ("incidense", 50.0, "no limit 'incidense'; did you mean incidence"),
        ("clearance.liver_and_more", 5.0, "no limit"),
        ("incidence", -1.0, "zero or more"),
        ("incidence", float("nan"), "zero or more"),
        ("incidence", 0.0, "must be more"),
        ("incidence", 200.0, "180 deg at most"),
        ("coverage", 120.0, "100 % at most"),
        ("severity.lung", 2.0, "at most"),
        ("probes_most", 2.5, "whole number"),
        ("biopsy.fan_cores", 1.5, "whole number"),
        ("biopsy.throw", 0.0, "must be more"),
        ("biopsy.necrosis_below", -300.0, "the first must be less"),
        ("biopsy.gas_below", float("inf"), "must be a number of HU"),
        ("pedicle.grade_D", 1.5, "grade C is 2 mm and .* grade D 1.5 mm: the first must be less"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_in_one_sentence(name: str, amount: float, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        changed_limits(access_limits(), [LimitChange(name, amount)])


@pytest.mark.parametrize("name", ["biopsy", "pedicle", "hip"])
def test_every_limit_of_cores_and_pedicles_can_be_set_and_says_so_in_words(name: str) -> None:
    shipped = {key: value for key, value in read_resource("Limits", f"{name}.json").items() if key != "about"}
    for key, item in shipped.items():
        change = LimitChange(f"{name}.{key}", item["value"] + (1 if key == "fan_cores" else 0.25))
        changed = changed_limits(access_limits(), [change])
        assert changed.of_file(name, key).amount == change.amount
        assert changed.of_file(name, key).grade is Grade.DEFAULT
        (told,) = changed_findings(access_limits(), [change])
        assert "set to" in told.text
        assert "_" not in told.text


def test_what_counts_as_viable_and_the_throw_follow_the_limits_in_proposal_and_assessment() -> None:
    shapes = {"body": ball((0, 0, 0), 60), "bone": rod((0, 5, 0), (0, 0, 1), 18)}
    case = phantom(grid_around(64, (1.5, 1.5, 2.0)), shapes, ball((0, 5, 0), 8))
    inside = case.image.voxels[case.lesion().mask.window][case.lesion().mask.voxels]
    hu = float(np.median(inside))
    changes = (LimitChange("biopsy.necrosis_below", hu + 50), LimitChange("biopsy.sclerosis_above", hu + 100))
    proposal = propose(case, replace(GOAL, limits=(*changes, LimitChange("biopsy.throw", 11.0)), max_plans=1))
    (plan,) = proposal.plans
    assert "Its core of 11 mm holds" in " ".join(plan.reasons)
    measures = {item.code: item for item in assess(case, plan).measures}
    assert 5 < measures["biopsy.core_in_lesion"].amount <= 11
    assert measures["biopsy.viable_core"].amount == 0, "all of it counts as necrosis now"
    shipped = {item.code: item for item in assess(case, replace(plan, limits=())).measures}
    assert shipped["biopsy.viable_core"].amount == shipped["biopsy.core_in_lesion"].amount > 5


def test_weights_cannot_all_be_zero() -> None:
    limits = access_limits()
    with pytest.raises(PlanError, match="at least one"):
        changed_limits(limits, [LimitChange(f"weights.{name}", 0.0) for name in limits.weights])


def test_a_file_of_limits_is_read_with_numbers_or_values(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({
        "incidence": {"value": 50, "unit": "deg"}, "limits": {"midline": 8}, "clearance": {"aorta": 9},
        "in_bone.cord": 1,
    }))  # fmt: skip
    assert set(read_limit_changes(path)) == {
        LimitChange("incidence", 50.0), LimitChange("midline", 8.0), LimitChange("clearance.aorta", 9.0),
        LimitChange("in_bone.cord", 1.0),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not a JSON document"),
        ("[1]", "expected an object"),
        ('{"incidence": "steep"}', "must be a number"),
        ('{"incidence": true}', "must be a number"),
        ('{"incidence": {"value": 1, "unit": "rad"}}', "must be in deg"),
        ('{"clearance": {"aorta": null}}', "clearance of the aorta must be a number"),
        ('{"nothing": 3}', "no limit 'nothing'"),
    ],
)
def test_a_file_of_limits_at_fault_is_refused_in_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(PlanError, match=words):
        read_limit_changes(path)
    with pytest.raises(PlanError, match="cannot be read"):
        read_limit_changes(tmp_path / "none.json")


def test_a_guidance_is_told_as_guidance_and_not_as_limits_that_someone_set() -> None:
    limits = access_limits()
    for key in ("ct_robot", "freehand_out_of_plane"):
        (told,) = changed_findings(limits, guidance_changes(key))
        guided = guidance(key)
        assert told.code == "access.guidance"
        assert f"guided so: {guided.name}." in told.text
        assert f"{guided.tip_sigma} at the tip and {guided.entry_sigma} at the skin" in told.text
        assert "by the user" not in told.text
        assert "sigma" not in told.text
    both = changed_findings(limits, [*guidance_changes("ct_robot"), LimitChange("incidence", 50.0)])
    assert [item.code for item in both] == ["access.guidance", "access.limit_changed"]
    (own,) = changed_findings(limits, [LimitChange("tip_sigma", 3.21)])
    assert own.code == "access.limit_changed"
    assert own.text.startswith("The placement error at the tip (standard deviation per axis) was set to 3.21 mm by the")


def test_what_the_room_and_the_search_of_teams_can_do_is_set_in_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"room": {"gantry_tilt_most": 5}, "several.exact_nodes": 50}))
    changes = read_limit_changes(path)
    assert set(changes) == {LimitChange("room.gantry_tilt_most", 5.0), LimitChange("several.exact_nodes", 50.0)}
    limits = changed_limits(access_limits(), changes)
    assert limits.of_file("room", "gantry_tilt_most").amount == 5
    assert limits.of_file("several", "exact_nodes").amount == 50
    assert limits.of_file("room", "c_arm_secondary_most") == limit("room", "c_arm_secondary_most")
    told = [finding.text for finding in changed_findings(access_limits(), changes)]
    assert "The gantry tilt most was set to 5 deg by the user; this project proposes 30 deg." in told
    assert len(told) == 2
    with pytest.raises(PlanError, match=r"no limit 'room\.height'"):
        changed_limits(limits, [LimitChange("room.height", 5.0)])
    with pytest.raises(PlanError, match="whole number"):
        changed_limits(limits, [LimitChange("several.exact_nodes", 5.5)])


def test_a_gantry_that_does_not_tilt_is_told_with_the_plan() -> None:
    case = phantom(grid_around(64, (2.0, 2.0, 2.0)), {"body": ball((0, 0, 0), 60)}, ball((0, 0, 0), 5))
    probe = Probe("1", "biopsy-13g", Trajectory((0.0, 50.0, -15.0), (0.0, 0.0, 0.0)))
    plan = Plan("p", (Treatment("lesion-1", Technique.BIOPSY, 0.0, (probe,)),), case.image.uid)
    fixed = replace(plan, limits=(LimitChange("room.gantry_tilt_most", 0.0),))
    codes = [{item.code for item in assess(case, one).findings} for one in (plan, fixed)]
    assert ["access.gantry_tilt" in found for found in codes] == [False, True]
    assert "access.limit_changed" in codes[1]

"""Plan: geometry of trajectories, and a JSON form that refuses what cannot be carried out."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boneir.errors import PlanError
from boneir.plan import (
    PLAN_SCHEMA,
    Cement,
    Plan,
    Probe,
    Screw,
    Technique,
    Trajectory,
    Treatment,
    plan_from_plain,
    plan_to_plain,
    read_plan,
)

WAY = Trajectory((1.0, 2.0, 3.0), (4.0, 6.0, 15.0))
PLAN = Plan(
    "plan-1",
    (
        Treatment("lesion-1", Technique.CRYO, 5.0, (Probe("1", "iceforce", WAY, duration_s=600.0, cycles=2),)),
        Treatment(
            "lesion-1", Technique.CEMENT, 0.0, cement=(Cement("c", WAY, 4.0, 2.5),), screws=(Screw("s", WAY, 7.3),)
        ),
    ),
    image_uid="abc",
)
points = st.tuples(*[st.floats(-500, 500)] * 3)


def test_a_trajectory_of_3_4_12() -> None:
    assert WAY.length_mm == 13.0
    assert WAY.direction == pytest.approx((3 / 13, 4 / 13, 12 / 13))
    assert WAY.point_at(6.5) == pytest.approx((2.5, 4.0, 9.0))


@given(points, points)
def test_the_way_leads_from_entry_to_tip(entry: tuple, tip: tuple) -> None:
    way = Trajectory(entry, tip)
    if way.length_mm < 1e-9:
        with pytest.raises(PlanError, match="a needle needs a direction"):
            _ = way.direction
        return
    assert math.hypot(*way.direction) == pytest.approx(1)
    assert way.point_at(way.length_mm) == pytest.approx(tip, abs=1e-6)
    assert way.point_at(0) == pytest.approx(entry)


def test_a_plan_reads_back_equal_with_the_same_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(PLAN.to_json(), "utf-8")
    back = read_plan(path)
    assert back == PLAN
    assert back.uid == PLAN.uid
    assert replace(PLAN, note="x").uid != PLAN.uid
    assert [probe.name for probe in PLAN.probes] == ["1"]


def faults_of(change: Any) -> tuple[str, ...]:
    data = plan_to_plain(PLAN)
    data = json.loads(json.dumps(data))
    change(data)
    with pytest.raises(PlanError) as caught:
        plan_from_plain(data, "p.json")
    return caught.value.faults


def test_what_cannot_be_carried_out_is_refused_with_its_path() -> None:
    first = lambda data: data["treatments"][0]["probes"][0]  # noqa: E731
    assert faults_of(lambda d: first(d).update(duration_s=-1)) == ("treatments[0].probes[0].duration_s: -1 is below 0",)
    assert faults_of(lambda d: first(d).update(cycles=0)) == ("treatments[0].probes[0].cycles: 0 is below 1",)
    assert faults_of(lambda d: d["treatments"][1]["screws"][0].update(diameter_mm=0)) == (
        "treatments[1].screws[0].diameter_mm: 0 must be above 0",
    )
    assert faults_of(lambda d: d["treatments"][1]["cement"][0].update(name="1")) == (
        "treatments[1].cement[0].name: '1' is used twice in this plan",
    )
    assert faults_of(lambda d: first(d)["trajectory"].update(tip_mm=[1, 2, 3])) == (
        "treatments[0].probes[0].trajectory: entry and tip are the same place",
    )
    (fault,) = faults_of(lambda d: d["treatments"][0].update(technique="laser"))
    assert fault.startswith("treatments[0].technique: expected one of radiofrequency, microwave, cryo")


@pytest.mark.parametrize("schema", [None, "boneir.plan/2", 1])
def test_another_schema_is_refused(schema: Any) -> None:
    data = plan_to_plain(PLAN) | {"schema": schema}
    with pytest.raises(PlanError, match=f"this version reads '{PLAN_SCHEMA}'"):
        plan_from_plain(data)
    with pytest.raises(PlanError, match="the schema is None"):
        plan_from_plain([1])


def test_files_that_are_no_plan_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"nowhere\.json: cannot be read"):
        read_plan(tmp_path / "nowhere.json")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(PlanError, match=r"a\.json: not a JSON document"):
        read_plan(tmp_path / "a.json")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe")
    with pytest.raises(PlanError, match=r"b\.json: not a JSON document"):
        read_plan(tmp_path / "b.json")

"""The score of a trainee's plan: points by hand, bounds, and what cannot be passed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boneir.assessment import Assessment, Measure
from boneir.errors import CaseError
from boneir.evidence import Grade, Value
from boneir.findings import Finding, Severity
from boneir.training.score import Facts, facts_of, score_plan

BEST = Facts("plan-1", 4.0, "aorta", 98.0, 2.0)
OWN = Facts("mine", 2.0, "spinal_canal", 49.0, 7.0)


def keep(amount: float) -> Value:
    return Value(amount, "mm", Grade.DEFAULT, "by hand")


def test_points_are_those_counted_by_hand() -> None:
    sheet = score_plan(OWN, [BEST], seconds=900.0, allowed_s=600.0)
    # 30 of which half the room, 30 of which half the cover, 25 of which 5 mm of 10 mm more harm, 15 of which half.
    assert [part.points for part in sheet.parts] == pytest.approx([15.0, 15.0, 12.5, 7.5])
    assert [part.most for part in sheet.parts] == [30.0, 30.0, 25.0, 15.0]
    assert sheet.points == pytest.approx(50.0)
    assert not sheet.passed
    assert sheet.verdict == "Not passed: 50 of 100 points; 70 are needed."
    assert sheet.parts[0].reason == (
        "2.0 mm beyond what is to be kept from the spinal canal; "
        "plan-1: 4.0 mm beyond what is to be kept from the aorta"
    )


def test_the_best_plan_in_time_earns_everything() -> None:
    sheet = score_plan(replace(BEST, name="mine"), [BEST], 599.0, 600.0)
    assert sheet.points == pytest.approx(100.0)
    assert sheet.passed


def test_the_plan_that_gives_most_points_is_compared_with() -> None:
    alike = replace(OWN, name="plan-2")
    sheet = score_plan(OWN, [BEST, alike], 0.0, 600.0)
    assert sheet.against == "plan-2"
    assert sheet.points == pytest.approx(100.0)


def test_a_plan_with_something_to_stop_at_is_never_passed() -> None:
    text = "The needle enters the spinal canal."
    sheet = score_plan(replace(BEST, stops=(text,)), [BEST], 0.0, 600.0)
    assert sheet.points == pytest.approx(100.0)
    assert not sheet.passed
    assert text in sheet.verdict


def test_a_needle_nearer_than_is_to_be_kept_earns_nothing_for_room() -> None:
    sheet = score_plan(replace(BEST, room_mm=-0.1), [replace(BEST, room_mm=-2.0)], 0.0, 600.0)
    assert sheet.parts[0].points == 0.0
    assert "0.1 mm too near to the aorta" in sheet.parts[0].reason


facts = st.builds(
    Facts,
    st.just("x"),
    st.none() | st.floats(-20, 50),
    st.just("aorta"),
    st.floats(0, 100),
    st.floats(0, 100),
    st.just(()),
)


@given(facts, st.lists(facts, min_size=1, max_size=3), st.floats(0, 5000))
def test_points_stay_within_bounds_and_never_fall_with_more_to_compare(own: Facts, best: list[Facts], s: float) -> None:
    sheet = score_plan(own, best, s, 600.0)
    assert all(0.0 <= part.points <= part.most for part in sheet.parts)
    assert sheet.points >= score_plan(own, best[:1], s, 600.0).points - 1e-9


@given(facts, facts, st.floats(0, 100))
def test_more_coverage_never_costs_points(own: Facts, best: Facts, more: float) -> None:
    better = replace(own, covered_percent=min(100.0, own.covered_percent + more))
    assert score_plan(better, [best], 0, 600).points >= score_plan(own, [best], 0, 600).points - 1e-9


def test_facts_are_read_from_an_assessment() -> None:
    measures = (
        Measure("access.clearance", "", 9.0, "mm", "aorta", limit=keep(5.0)),
        Measure("access.clearance", "", 4.0, "mm", "spinal_canal", limit=keep(3.0)),
        Measure("access.clearance", "", None, "mm", "liver", limit=keep(2.0)),
        Measure("ablation.margin_coverage", "", 97.5, "%", "lesion-1"),
        Measure("ablation.distance", "", 3.0, "mm", "aorta", limit=keep(5.0)),
        Measure("ablation.distance", "", -1.0, "mm", "spinal_canal", limit=keep(10.0)),
        Measure("ablation.distance", "", 30.0, "mm", "colon", limit=keep(5.0)),
    )
    findings = (Finding("x", Severity.STOP, "No."), Finding("y", Severity.WARN, "Look."))
    found = facts_of("mine", Assessment("p", "c", measures, findings, ()))
    assert found == Facts("mine", 1.0, "spinal_canal", 97.5, 13.0, ("No.",))


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(CaseError, match="nothing to score against"):
        score_plan(OWN, [], 1.0, 600.0)
    with pytest.raises(CaseError, match="must be positive"):
        score_plan(OWN, [BEST], -1.0, 600.0)

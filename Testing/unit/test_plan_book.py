"""The plan book: locked plans stay, touched plans outlive a new proposal, and what was done can be undone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from boneir.errors import PlanError
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment
from boneir.plan_book import Approval, Origin, PlanBook, book_from_json, book_to_json


def plan(name: str = "plan-1", depth_mm: float = 80.0) -> Plan:
    way = Trajectory((0.0, 0.0, 0.0), (0.0, -depth_mm, 0.0))
    return Plan(name, (Treatment("lesion-1", Technique.BIOPSY, 0.0, (Probe("1", "needle", way),)),))


def book(*names: str) -> PlanBook:
    made = PlanBook()
    for name in names:
        made = made.added(plan(name))
    return made


def test_a_new_proposal_replaces_only_what_nobody_touched() -> None:
    first = PlanBook().proposed([plan("plan-1"), plan("plan-2"), plan("plan-3"), plan("plan-4")], [0.1, 0.2, 0.3, 0.4])
    touched = first.locked("plan-1").edited("plan-2", plan("plan-2", 70.0)).duplicated("plan-3")
    again = touched.proposed([plan("plan-1", 60.0), plan("plan-2", 61.0)], [0.05, 0.06])
    assert again.names == ("plan-3", "plan-4", "plan-1", "plan-2", "plan-3 copy")
    assert again.page("plan-3").plan == plan("plan-3", 60.0), "the best of the new ones, under the next free name"
    assert again.page("plan-1").plan == plan("plan-1"), "the locked one is as it was"
    assert again.page("plan-2").plan == plan("plan-2", 70.0)
    assert again.page("plan-3").score == 0.05
    assert again.undone().pages == touched.pages


def test_an_edit_keeps_the_name_and_drops_the_score() -> None:
    made = PlanBook().proposed([plan()], [0.2]).edited("plan-1", plan("another", 70.0))
    page = made.page("plan-1")
    assert page.plan == plan("plan-1", 70.0)
    assert (page.origin, page.score) == (Origin.EDITED, None)
    assert made.edited("plan-1", plan("plan-1", 70.0)).pages == made.pages
    assert len(made.edited("plan-1", plan("plan-1", 70.0)).past) == len(made.past), "no act, nothing to undo"


@pytest.mark.parametrize("act", ["edited", "renamed", "deleted"])
@pytest.mark.parametrize("approved", [False, True])
def test_a_locked_plan_refuses_every_act(act: str, approved: bool) -> None:
    made = book("plan-1")
    made = made.approved("plan-1", "A. Reader", "2026-01-01") if approved else made.locked("plan-1")
    arguments = {"edited": (plan("plan-1", 50.0),), "renamed": ("x",), "deleted": ()}[act]
    with pytest.raises(PlanError, match="approved and therefore locked" if approved else "is locked"):
        getattr(made, act)("plan-1", *arguments)


def test_to_edit_an_approved_plan_takes_the_approval_back_and_says_so() -> None:
    made = book("plan-1").approved("plan-1", " A. Reader ", "2026-01-01")
    page = made.page("plan-1")
    assert page.approval == Approval(plan().uid, "A. Reader", "2026-01-01")
    assert page.locked
    assert page.approved
    opened = made.unlocked("plan-1")
    assert not opened.page("plan-1").approved
    assert "approval is taken back" in opened.said
    edited = opened.edited("plan-1", plan("plan-1", 70.0))
    assert not edited.locked("plan-1").page("plan-1").approved
    assert not edited.undone().page("plan-1").approved, "undo does not bring an approval back"
    assert book("plan-1").locked("plan-1").unlocked("plan-1").said == ""


def test_an_approval_of_other_values_counts_for_nothing() -> None:
    text = book_to_json(book("plan-1").approved("plan-1"))
    data = json.loads(text)
    data["leaves"][-1]["plan"]["note"] = data["leaves"][0]["plan"]["note"] = "changed in the file"
    read = book_from_json(json.dumps(data))
    assert not read.page("plan-1").approved
    assert read.page("plan-1").locked
    assert "plan-1" in read.said
    assert book_from_json(text).said == ""


def test_undo_and_redo_leave_locked_plans_alone() -> None:
    made = book("a", "b").edited("a", plan("a", 70.0)).locked("a")
    back = made.undone()
    assert back.names == ("a",), "adding b is the last act that is not about a"
    assert back.page("a").plan == plan("a", 70.0)
    assert not back.can_undo
    with pytest.raises(PlanError, match="nothing to undo"):
        back.undone()
    assert back.redone().names == ("a", "b")
    assert back.unlocked("a").undone().names == ()


def test_an_undone_name_gives_way_to_a_locked_plan() -> None:
    made = book("a", "b").deleted("a").renamed("b", "a").locked("a")
    back = made.undone()
    assert set(back.names) == {"a", "a 2"}
    assert back.page("a").plan == plan("a")
    assert back.page("a").locked
    assert back.page("a 2").key == 1


def test_redo_goes_when_something_new_is_done() -> None:
    made = book("a", "b").undone()
    assert made.can_redo
    assert not made.renamed("a", "c").can_redo
    with pytest.raises(PlanError, match="nothing to do again"):
        made.renamed("a", "c").redone()


@pytest.mark.parametrize(("new", "fault"), [("  ", "1 to 60"), ("b", "already"), ("x" * 61, "found 61")])
def test_names_are_told_apart(new: str, fault: str) -> None:
    with pytest.raises(PlanError, match=fault):
        book("a", "b").renamed("a", new)
    assert book("a").renamed("a", "  left   hip ").names == ("left hip",)


def test_a_missing_plan_is_named_with_those_that_exist() -> None:
    with pytest.raises(PlanError, match="no plan 'x'; there are: a, b"):
        book("a", "b").page("x")


def test_books_are_joined_without_losing_a_locked_plan() -> None:
    mine = book("plan-1", "plan-2").locked("plan-2")
    other = PlanBook().added(plan("plan-1")).approved("plan-1").added(plan("plan-2", 30.0)).locked("plan-2")
    joined = mine.joined(other)
    assert joined.names == ("plan-1", "plan-2", "plan-3")
    assert joined.page("plan-1").approved, "the same plan, approved there"
    assert joined.page("plan-2").plan == plan("plan-2")
    assert joined.page("plan-3").plan == plan("plan-3", 30.0)
    assert joined.page("plan-3").locked
    kept = book("plan-1").joined(PlanBook().added(plan("plan-1", 30.0)).approved("plan-1"))
    assert kept.page("plan-1").approved
    assert kept.page("plan-2").plan == plan("plan-2"), "the open one gave way"
    assert len({page.key for page in joined.pages}) == 3


def test_the_text_holds_each_state_of_a_plan_once() -> None:
    made = book("a", "b", "c")
    for step in range(60):
        made = made.edited("a", plan("a", 10.0 + step))
    text = book_to_json(made)
    assert book_from_json(text) == made
    assert len(json.loads(text)["leaves"]) == 50 + 3
    assert len(made.past) == 50


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"schema": "boneir.plan_book/9"}, "another schema"),
        ({"pages": [7]}, "does not hold"),
        ({"pages": [0, 0]}, "two plans with the same name"),
        ({"next_key": "x"}, "expected int"),
    ],
)
def test_a_damaged_text_is_refused(change: dict[str, object], fault: str) -> None:
    data = json.loads(book_to_json(book("a")))
    with pytest.raises(PlanError, match=fault):
        book_from_json(json.dumps(data | change))
    with pytest.raises(PlanError, match="not a JSON document"):
        book_from_json("{")


def test_a_book_does_not_change() -> None:
    made = book("a")
    before = replace(made)
    made.locked("a"), made.renamed("a", "b"), made.deleted("a"), made.undone(), made.duplicated("a")
    assert made == before

"""The plan book in a scene: it is saved, it follows needles that are moved, and locked plans are put right again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment


@pytest.fixture
def scene() -> Any:
    from boneir.scene.application import new_scene

    return new_scene()


@pytest.fixture
def desk(scene: Any) -> Any:
    from boneir.scene.plan_desk import PlanDesk

    return PlanDesk(scene)


def plan(name: str = "plan-1", depth_mm: float = 80.0) -> Plan:
    first = Probe("1", "emprint", Trajectory((10.0, 20.0, 30.0), (10.0, 20.0 - depth_mm, 30.0)))
    second = Probe("2", "no such device", Trajectory((20.0, 20.0, 30.0), (20.0, 20.0 - depth_mm, 31.0)))
    return Plan(name, (Treatment("lesion-1", Technique.MICROWAVE, 5.0, (first, second)),), reasons=("near",))


def lines(scene: Any, name: str) -> list[Any]:
    from boneir.scene.marks import Part, marked

    return list(marked(scene, Part.LINE, name))


def count(scene: Any) -> int:
    return int(scene.GetNumberOfNodes())


def test_plans_are_added_shown_and_removed_with_everything_of_theirs(scene: Any, desk: Any) -> None:
    desk.node()
    before = count(scene)
    desk.act(lambda book: book.added(plan()), "plan-1")
    assert len(lines(scene, "plan-1")) == 2
    assert all(line.GetDisplayVisibility() and not line.GetLocked() for line in lines(scene, "plan-1"))
    desk.act(lambda book: book.added(plan("plan-2")), "plan-2")
    assert not any(line.GetDisplayVisibility() for line in lines(scene, "plan-1"))
    desk.act(lambda book: book.deleted("plan-1").deleted("plan-2"))
    assert count(scene) == before
    assert desk.book.names == ()
    hierarchy = scene.GetFirstNodeByClass("vtkMRMLSubjectHierarchyNode")
    assert not hierarchy.GetItemByName("Plan plan-1"), "no empty folder is left"


def test_a_moved_needle_is_an_edit_that_can_be_undone(scene: Any, desk: Any) -> None:
    desk.act(lambda book: book.proposed([plan()], [0.2]), "plan-1")
    line = lines(scene, "plan-1")[0]
    line.SetNthControlPointPositionWorld(1, -12.0, 60.0, 33.0)
    assert desk.plan("plan-1").probes[0].trajectory.tip_mm == (12.0, -60.0, 33.0)
    assert desk.book.page("plan-1").plan == plan(), "not yet"
    assert desk.take_moves() == ""
    page = desk.book.page("plan-1")
    assert page.plan.probes[0].trajectory.tip_mm == (12.0, -60.0, 33.0)
    assert page.plan.reasons == ()
    assert page.score is None
    assert lines(scene, "plan-1")[0] is line, "the line stays in the user's hand"
    desk.act(lambda book: book.undone())
    assert desk.plan("plan-1") == plan()
    assert lines(scene, "plan-1")[0] is line
    np.testing.assert_allclose(line.GetNthControlPointPositionWorld(1), (-10.0, 60.0, 30.0))
    assert desk.act(lambda book: book.redone()) == ""
    assert desk.plan("plan-1") == page.plan


def test_the_cylinder_follows_a_move_that_was_taken_in(scene: Any, desk: Any) -> None:
    from boneir.scene.marks import Part, marked

    desk.act(lambda book: book.added(plan()), "plan-1")
    lines(scene, "plan-1")[0].SetNthControlPointPositionWorld(1, -12.0, 90.0, 33.0)
    desk.act(lambda book: book)
    body = next(marked(scene, Part.BODY, "plan-1"))
    assert body.GetPolyData().GetBounds()[3] == pytest.approx(90.0, abs=1.0)


def test_a_locked_plan_is_put_right_again(scene: Any, desk: Any) -> None:
    desk.act(lambda book: book.added(plan()).approved("plan-1"), "plan-1")
    assert all(line.GetLocked() for line in lines(scene, "plan-1"))
    lines(scene, "plan-1")[0].SetNthControlPointPositionWorld(1, -12.0, 60.0, 33.0)
    assert desk.plan("plan-1") == plan()
    assert "put back" in desk.take_moves()
    np.testing.assert_allclose(lines(scene, "plan-1")[0].GetNthControlPointPositionWorld(1), (-10.0, 60.0, 30.0))
    assert desk.book.page("plan-1").approved
    for line in lines(scene, "plan-1"):
        scene.RemoveNode(line)
    desk.show("plan-1")
    assert len(lines(scene, "plan-1")) == 2


def test_a_line_without_two_ends_or_without_length_is_no_edit(scene: Any, desk: Any) -> None:
    desk.act(lambda book: book.added(plan()), "plan-1")
    line = lines(scene, "plan-1")[0]
    line.SetNthControlPointPositionWorld(1, *line.GetNthControlPointPositionWorld(0))
    assert desk.plan("plan-1") == plan()
    line.RemoveNthControlPoint(1)
    desk.take_moves()
    assert desk.plan("plan-1") == plan()
    desk.show("plan-1")
    assert lines(scene, "plan-1")[0].GetNumberOfControlPoints() == 2


def test_a_book_that_was_lost_is_found_in_the_nodes(scene: Any, desk: Any) -> None:
    from boneir.scene.plan_desk import PlanDesk

    desk.act(lambda book: book.proposed([plan(), plan("plan-2", 70.0)], [0.1, 0.2]).approved("plan-1", "A"), "plan-2")
    pages = desk.book.pages
    scene.RemoveNode(desk.node())
    for again in (desk, PlanDesk(scene)):
        found = {page.name: page for page in again.book.pages}
        assert found["plan-1"].approved
        assert found["plan-1"].approval == pages[0].approval
        assert (found["plan-2"].plan, found["plan-2"].score) == (pages[1].plan, 0.2)
    desk.node().SetParameter("book", "damaged")
    assert set(desk.book.names) == {"plan-1", "plan-2"}


def test_an_approval_outlives_the_file_whatever_kind_of_number_a_plan_was_made_with(scene: Any, desk: Any) -> None:
    from dataclasses import replace

    from boneir.plan_book import book_from_json

    first = plan().treatments[0].probes[0]
    whole = replace(plan(), treatments=(replace(plan().treatments[0], probes=(replace(first, power_w=100),)),))
    desk.act(lambda book: book.added(whole), "plan-1")
    desk.act(lambda book: book.approved("plan-1"))
    assert book_from_json(desk.node().GetParameter("book")).page("plan-1").approved


def test_a_plan_of_another_face_is_on_the_desk(scene: Any, desk: Any) -> None:
    from boneir.scene.build import show_plan

    show_plan(scene, plan("from a file"))
    assert desk.book.names == ("from a file",)
    desk.act(lambda book: book.renamed("from a file", "mine"), "mine")
    assert desk.book.names == ("mine",)
    assert len(lines(scene, "mine")) == 2
    assert not lines(scene, "from a file")


def test_everything_is_there_when_the_scene_is_opened_again(scene: Any, desk: Any, tmp_path: Path) -> None:
    from boneir.scene.mrb import read_mrb, write_mrb
    from boneir.scene.plan_desk import PlanDesk

    desk.act(lambda book: book.proposed([plan(), plan("plan-2", 70.0)], [0.1, 0.2]), "plan-1")
    desk.act(lambda book: book.edited("plan-1", plan("plan-1", 66.0)).approved("plan-1", "A. Reader", "2026-01-01"))
    again = PlanDesk(read_mrb(write_mrb(scene, tmp_path / "plans.mrb")))
    assert again.book == desk.book
    assert again.take_moves() == "", "the digits of a file move no needle"
    assert again.book == desk.book
    again.act(lambda book: book.unlocked("plan-1").undone())
    assert again.plan("plan-1") == plan()


def test_another_scene_comes_in_and_no_plan_is_lost(scene: Any, desk: Any, tmp_path: Path) -> None:
    from boneir.scene.application import new_scene
    from boneir.scene.mrb import read_mrb, write_mrb
    from boneir.scene.plan_desk import PlanDesk

    other = PlanDesk(new_scene())
    other.act(lambda book: book.added(plan("plan-1", 60.0)), "plan-1")
    file = write_mrb(other._scene, tmp_path / "other.mrb")
    desk.act(lambda book: book.added(plan()).approved("plan-1").added(plan("plan-2")), "plan-2")
    mine = desk.book
    read_mrb(file, scene)
    desk.join(mine)
    assert {page.plan.treatments for page in desk.book.pages} == {
        plan().treatments,
        plan("x", 60.0).treatments,
    }
    assert desk.book.page("plan-1").approved
    assert desk.plan("plan-1") == plan()
    for name in desk.book.names:
        desk.show(name)
        assert len(lines(scene, name)) == 2
        assert desk.plan(name) == desk.book.page(name).plan

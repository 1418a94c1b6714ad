"""Plans in the panel: lock, approve, name, duplicate, delete, undo; and what is out of date says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from by_hand import findings, found, measures, proposed
from test_steps import cells, go_to, status


def standing(widget: Any) -> list[list[str]]:
    """Name and standing of each plan in the table."""
    return [[row[0], row[3]] for row in cells(go_to(widget, "access").plansTable)]


def test_lock_guards_a_plan_and_shows_it(planned: Any, refusals: list[str]) -> None:
    ui = go_to(planned, "access")
    ui.lockButton.click()
    assert standing(planned) == [["plan-1", "■ Locked"], ["plan-2", "Proposed"]]
    assert ui.lockButton.text == "Unlock"
    assert not ui.deleteButton.enabled
    assert not ui.planNameEdit.enabled
    ui.lockButton.click()
    assert standing(planned)[0] == ["plan-1", "Proposed"]
    assert ui.lockButton.text == "Lock"
    assert not refusals


def test_a_new_proposal_leaves_what_was_touched(planned: Any, image: Any) -> None:
    ui = go_to(planned, "access")
    ui.lockButton.click()
    ui.plansTable.cellClicked.emit(1, 0)
    ui.planNameEdit.text = "left"
    ui.planNameEdit.editingFinished.emit()
    record = proposed(image, planned.parameters)
    planned.parameters.planName, _ = planned.logic.takeProposed(record.plans, record.scores)
    assert standing(planned) == [
        ["plan-2", "Proposed"],
        ["plan-3", "Proposed"],
        ["plan-1", "■ Locked"],
        ["left", "Edited"],
    ]
    assert planned.parameters.planName == "plan-2"


def test_duplicate_delete_undo_and_redo_show_the_plan_they_are_about(planned: Any, scene: Any) -> None:
    from boneir.scene.marks import Part, marked

    ui = go_to(planned, "access")
    assert planned.parameters.planName == "plan-1"
    ui.duplicateButton.click()
    assert planned.parameters.planName == "plan-1 copy"
    seen = [node.GetAttribute("boneir.plan") for node in marked(scene, Part.LINE) if node.GetDisplayVisibility()]
    assert seen == ["plan-1 copy"]
    ui.deleteButton.click()
    assert planned.parameters.planName == "plan-2"
    ui.undoButton.click()
    assert [row[0] for row in standing(planned)] == ["plan-1", "plan-1 copy", "plan-2"]
    ui.redoButton.click()
    assert [row[0] for row in standing(planned)] == ["plan-1", "plan-2"]
    for _ in range(2):
        ui.deleteButton.click()
    assert standing(planned) == []
    assert planned.parameters.planName == ""
    assert not list(marked(scene, Part.LINE))
    assert not ui.lockButton.enabled
    ui.undoButton.click()
    assert len(standing(planned)) == 1


def test_a_name_that_is_taken_is_refused_in_one_sentence(planned: Any, refusals: list[str]) -> None:
    ui = go_to(planned, "access")
    ui.planNameEdit.text = "plan-2"
    ui.planNameEdit.editingFinished.emit()
    assert refusals == ["There is a plan 'plan-2' already: choose another name."]
    assert ui.planNameEdit.text == "plan-1", "the field shows the name again"


def test_only_a_fresh_prediction_without_a_stop_can_be_approved(planned: Any, refusals: list[str]) -> None:
    ui = go_to(planned, "review")
    assert not ui.approveButton.enabled
    assert "once its effect is predicted" in ui.approvalText.text
    uid = planned.logic.planNow("plan-1").uid
    found(planned, measures=measures(), findings=findings(), plan_uid=uid)
    assert not ui.approveButton.enabled
    assert "something to stop at" in ui.approvalText.text
    found(planned, measures=measures(), findings=findings()[:1], plan_uid=uid)
    assert not ui.approveButton.enabled, "nobody has given a name"
    ui.approverEdit.text = "A. Reader"
    assert ui.approveButton.enabled
    ui.approveButton.click()
    assert ui.approvalText.text.startswith("Approved by A. Reader on 20")
    assert standing(planned)[0] == ["plan-1", "✔ Approved"]
    assert not refusals


def test_unlocking_takes_an_approval_back_and_the_status_line_says_so(planned: Any) -> None:
    planned.logic.approvePlan("plan-1", "A. Reader")
    ui = go_to(planned, "access")
    ui.lockButton.click()
    assert status(planned).startswith("plan-1 was unlocked to be edited: its approval is taken back")
    assert standing(planned)[0] == ["plan-1", "Proposed"]
    go_to(planned, "lesion")
    assert "approval" not in status(planned), "it is said once"


def test_a_locked_needle_that_is_moved_from_elsewhere_goes_back_and_it_is_said(planned: Any, scene: Any) -> None:
    from boneir.scene.marks import Part, marked

    planned.logic.lockPlan("plan-1", True)
    before = planned.logic.planNow("plan-1")
    next(marked(scene, Part.LINE, "plan-1")).SetNthControlPointPositionWorld(1, 0.0, 0.0, 100.0)
    planned.needleBar.needles.onStopped()
    assert status(planned).startswith("Locked, so that its needles were put back: plan-1.")
    assert planned.logic.planNow("plan-1") == before


def test_an_edited_outline_makes_proposal_and_prediction_out_of_date(planned: Any) -> None:
    from dataclasses import replace

    from boneir.gui.records import Proposed, inputs_of, read, written
    from boneir.scene.volume import numpy_image

    about = planned.logic.fingerprint(inputs_of(planned.parameters))
    planned.parameters.proposal = written(replace(read(Proposed, planned.parameters.proposal), about=about))
    found(planned, measures=measures(), plan_uid=planned.logic.planNow("plan-1").uid, about=about)
    go_to(planned, "effect")
    assert status(planned) == "Ready for the next step, Review."
    segment = planned.parameters.outlines.GetSegmentation().GetSegment("lesion-1")
    data = segment.GetRepresentation("Binary labelmap")
    voxels = numpy_image(data)
    inside = voxels == segment.GetLabelValue()
    kept = voxels.copy()
    voxels[inside] = 0
    voxels[tuple(axis[0] for axis in inside.nonzero())] = segment.GetLabelValue()
    data.Modified()
    segment.Modified()
    assert "outline was changed since these paths were proposed" in status(planned)
    go_to(planned, "access").lockButton.click()
    go_to(planned, "effect")
    assert "outline was changed since the prediction" in status(planned), "a locked plan is not proposed again"
    assert not go_to(planned, "review").approveButton.enabled
    voxels[:] = kept
    data.Modified()
    segment.Modified()
    go_to(planned, "effect")
    assert status(planned) == "Ready for the next step, Review."


def test_growing_a_lesion_anew_refreshes_the_panel_a_few_times_and_not_for_each_segment(
    planned: Any, case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer

    from boneir.case import Role, Structure
    from boneir.gui.records import inputs_of
    from boneir.scene.build import show_outlines

    body = case.structure("body").mask
    many = case.with_structures([Structure(f"thing {n}", Role.CRITICAL, body) for n in range(12)])
    many = many.with_structures([Structure("bone", Role.BONE, case.lesion("lesion-1").mask, "bone")])
    show_outlines(slicer.mrmlScene, many, planned.parameters.inputVolume)
    go_to(planned, "report")
    planned.parameters.seed = planned.logic.placePoint(None)
    planned.parameters.seed.AddControlPointWorld(3.5, 4.2, 98.5)
    times: list[int] = []
    monkeypatch.setattr(type(planned.steps[0]), "refresh", lambda self: times.append(1))
    planned.logic.growLesion(inputs_of(planned.parameters), planned.parameters.seed)
    assert not times
    go_to(planned, "lesion").growButton.click()
    assert 1 <= len(times) <= 5


def test_an_edit_while_another_module_is_shown_is_seen_too(planned: Any) -> None:
    from boneir.gui.records import inputs_of
    from standins.application import enter_module, leave_module

    about = planned.logic.fingerprint(inputs_of(planned.parameters))
    found(planned, measures=measures(), plan_uid=planned.logic.planNow("plan-1").uid, about=about)
    go_to(planned, "effect")
    leave_module(planned)
    outlines = planned.logic.getParameterNode().outlines
    outlines.GetSegmentation().RemoveSegment("body")
    enter_module(planned)
    assert "outline was changed" in status(planned)


def test_each_plan_keeps_its_own_prediction(planned: Any) -> None:
    from boneir.gui.records import Outcome, Outcomes, written

    outcomes = Outcomes(
        tuple(
            Outcome(measures=measures()[:n], plan_uid=planned.logic.planNow(name).uid, plan_name=name)
            for n, name in ((2, "plan-1"), (3, "plan-2"))
        )
    )
    planned.parameters.assessments = written(outcomes)
    assert len(cells(go_to(planned, "effect").measuresTable)) == 2
    go_to(planned, "access").plansTable.cellClicked.emit(1, 0)
    assert len(cells(go_to(planned, "effect").measuresTable)) == 3
    assert status(planned) == "Ready for the next step, Review."


def test_plans_are_compared_side_by_side_and_a_click_shows_one(
    planned: Any, monkeypatch: pytest.MonkeyPatch, refusals: list[str]
) -> None:
    from boneir.assessment import Assessment, Measure

    asked: list[str] = []

    def assess(case: Any, plan: Any) -> Assessment:
        asked.append(plan.name)
        mm = 3.5 if plan.name == "plan-1" else 6.5
        return Assessment(
            plan.uid, case.uid, (Measure("access.clearance", "Clearance", mm, "mm", "aorta"),), findings()
        )

    import boneir.assess

    monkeypatch.setattr(boneir.assess, "assess", assess)
    ui = go_to(planned, "review")
    assert not ui.compareTable.isVisibleTo(ui.compareGroup)
    ui.compareButton.click()
    rows = cells(ui.compareTable)
    assert [row[0] for row in rows] == ["plan-1", "plan-2"]
    assert [row[2] for row in rows] == ["3.5\u00a0mm", "6.5\u00a0mm"]
    assert {row[5] for row in rows} == {"Stop"}
    assert asked == ["plan-1", "plan-2"]
    ui.compareButton.click()
    assert asked == ["plan-1", "plan-2"], "what is fresh is not predicted again"
    ui.compareTable.cellClicked.emit(1, 0)
    assert planned.parameters.planName == "plan-2"
    bar = go_to(planned, "access")
    bar.planNameEdit.text = "left"
    bar.planNameEdit.editingFinished.emit()
    rows = cells(go_to(planned, "review").compareTable)
    assert [row[0] for row in rows] == ["plan-1"], "the other is another plan now"
    assert not refusals


def test_two_lesions_and_two_devices_come_back_as_they_were(
    planned: Any, scene: Any, image: Any, tmp_path: Path
) -> None:
    from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment
    from boneir.scene.mrb import read_mrb, write_mrb

    first = Probe("1", "emprint", Trajectory((-45.0, 90.0, 100.0), (-3.0, -4.0, 98.0)), "", 100.0, 300.0)
    second = Probe("2", "icerod_1_5", Trajectory((50.0, 85.0, 70.0), (9.0, 4.0, 61.0)))
    both = Plan(
        "two lesions",
        (
            Treatment("lesion-1", Technique.MICROWAVE, 5.0, (first,)),
            Treatment("lesion-2", Technique.CRYO, 3.0, (second,)),
        ),
        image.uid,
    )
    planned.logic.desk.act(lambda book: book.added(both))
    go_to(planned, "access").plansTable.cellClicked.emit(2, 0)
    planned.logic.approvePlan("two lesions", "A. Reader")
    pages, book = planned.logic.planPages(), planned.logic.desk.book
    write_mrb(scene, tmp_path / "scene.mrb")
    scene.Clear(0)
    assert planned.logic.planPages() == ()
    read_mrb(tmp_path / "scene.mrb", scene)
    assert planned.logic.planPages() == pages
    assert planned.logic.desk.book == book, "undo and redo too"
    assert planned.logic.planNow("two lesions") == both
    assert planned.parameters.planName == "two lesions"
    assert "Needle 2" in go_to(planned, "effect").planText.text


@pytest.mark.parametrize("button", ["lockButton", "duplicateButton", "deleteButton", "undoButton", "redoButton"])
def test_no_button_of_the_plans_does_anything_without_a_plan(widget: Any, button: str) -> None:
    ui = go_to(widget, "access")
    assert not getattr(ui, button).enabled
    getattr(ui, button).clicked.emit()
    assert widget.logic.planPages() == ()

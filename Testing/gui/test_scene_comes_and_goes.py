"""A scene is closed, saved or opened while a step is shown: nothing breaks, nothing is lost, nothing is left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

STEPS = ("images", "lesion", "access", "effect", "review", "report")


def enter(widget: Any, name: str) -> None:
    widget.showStep(next(step.name for step in widget.steps if step.name.value == name))


@pytest.mark.parametrize("name", STEPS)
def test_the_scene_is_closed_in_a_step(planned: Any, scene: Any, name: str, refusals: list[str]) -> None:
    from standins.application import observers_of

    enter(planned, name)
    before = observers_of(scene)
    old = planned.parameters.parameterNode
    scene.Clear(0)
    assert planned.parameters is not None
    assert planned.parameters.inputVolume is None
    assert planned.parameters.outlines is None
    assert planned.parameters.planName == ""
    assert planned.ui.stepStack.currentIndex == 0, "a new scene begins with the first step"
    assert observers_of(scene) == before
    assert old is planned.parameters.parameterNode or not old.HasObserver("ModifiedEvent")
    assert not refusals


@pytest.mark.parametrize("name", STEPS)
def test_a_scene_is_closed_while_another_module_is_shown(planned: Any, scene: Any, name: str) -> None:
    from standins.application import enter_module, leave_module

    enter(planned, name)
    leave_module(planned)
    scene.Clear(0)
    assert planned.parameters is None
    enter_module(planned)
    assert planned.parameters.inputVolume is None


@pytest.mark.parametrize("name", ["images", "access", "review"])
def test_a_saved_scene_opens_in_the_step_and_state_that_it_had(
    planned: Any, scene: Any, name: str, tmp_path: Path
) -> None:
    from by_hand import findings, found, measures

    from boneir.gui.choices import PositionChoice
    from boneir.scene.mrb import read_mrb, write_mrb

    planned.parameters.position = PositionChoice.SUPINE
    planned.parameters.marginMm = 7.0
    found(planned, measures=measures(), findings=findings(), plan_uid=planned.logic.planNow("plan-1").uid)
    enter(planned, name)
    kept = {item: planned.parameters.getValue(item) for item in ("proposal", "assessments", "planName", "lesionName")}
    line, uid = str(planned.ui.statusLabel.text), planned.logic.planNow("plan-1").uid
    file = tmp_path / "plan.mrb"
    write_mrb(scene, file)
    scene.Clear(0)
    read_mrb(file, scene)
    again = planned.parameters
    assert {item: again.getValue(item) for item in kept} == kept
    assert (again.position, again.marginMm) == (PositionChoice.SUPINE, 7.0)
    assert again.currentStep.value == name
    assert again.inputVolume.GetImageData() is not None
    assert planned.logic.hasSegment(again.outlines, "lesion-1")
    assert planned.logic.planNow("plan-1").uid == uid
    assert planned.ui.statusLabel.text == line


def test_a_node_that_is_deleted_leaves_the_panel_standing(planned: Any, scene: Any) -> None:
    for name in ("outlines", "inputVolume"):
        scene.RemoveNode(planned.parameters.getValue(name))
        assert planned.parameters.getValue(name) is None
        for step in STEPS:
            enter(planned, step)
            assert planned.ui.statusLabel.text
    for node in list(scene.GetNodesByClass("vtkMRMLMarkupsLineNode")):
        scene.RemoveNode(node)
    enter(planned, "effect")
    planned.refresh()
    assert planned.ui.statusLabel.text


def test_records_of_another_version_are_run_again_and_break_nothing(planned: Any) -> None:
    planned.parameters.proposal = '{"goal": 3}'
    planned.parameters.assessments = "not json"
    enter(planned, "review")
    assert planned.ui.statusLabel.text == "First, in the step Effect: Predict what the plan does."
    planned.logic.desk.node().SetParameter("book", '{"schema": "boneir.plan_book/9"}')
    enter(planned, "access")
    assert [page.name for page in planned.logic.planPages()] == ["plan-1", "plan-2"], "what was there is remembered"


def test_outlines_of_another_patient_are_doubted_in_the_first_step(planned: Any, scene: Any, image: Any) -> None:
    from dataclasses import replace

    from test_steps import cells

    from boneir.scene.volume import show_image

    enter(planned, "images")
    table = next(step.ui.imageFindingsTable for step in planned.steps if step.name.value == "images")
    assert not any("were drawn on the image" in text for row in cells(table) for text in row)
    second = replace(image, voxels=image.voxels[:, :, ::-1].copy())
    planned.parameters.inputVolume = show_image(scene, second, "Second patient")
    told = [text for row in cells(table) for text in row if "were drawn on the image" in text]
    assert len(told) == 1
    assert "not on 'Second patient'" in told[0]
    table.cellClicked.emit(0, 0)

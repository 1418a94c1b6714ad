"""The panel for practice: begun, timed, scored, and nothing of the truth in the scene before that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from by_hand import plan
from panel_look import look_at
from test_steps import cells


@pytest.fixture(scope="module")
def practice() -> Any:
    from boneir.training.practice import EXERCISES, practice_case

    return practice_case(EXERCISES[0], (3.0, 3.0, 4.0))


@pytest.fixture(scope="module")
def best(practice: Any) -> Any:
    """A best plan by hand: what looking for one finds is tested without a panel."""
    from boneir.train import Best, judged

    made = aimed(practice, "plan-1")
    return Best((made,), (replace(judged(practice, made), stops=()),))


def aimed(practice: Any, name: str, off_mm: float = 0.0) -> Any:
    """A needle from the back into the lesion, or beside it."""
    from boneir.plan import Trajectory

    middle = practice.truth.lesion().mask.centroid_mm
    tip = (middle[0], middle[1], middle[2] + off_mm)
    made = plan(practice.image, name, "from the back", (tip[0], tip[1] + 60.0, tip[2]))
    way = Trajectory((tip[0], tip[1] + 60.0, tip[2]), tip)
    probe = replace(made.probes[0], trajectory=way, device=practice.exercise.device)
    return replace(made, treatments=(replace(made.treatments[0], probes=(probe,)),))


@pytest.fixture
def panel(training_module: Any, scene: Any, practice: Any, best: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    import slicer

    import boneir.gui.training_logic as code
    from standins.application import close_module, enter_module, open_module

    monkeypatch.setattr(code, "practice_case", lambda task: replace(practice, exercise=task))
    monkeypatch.setattr(code, "best_of", lambda made: best)
    monkeypatch.setattr(slicer.util, "setSliceViewerLayers", lambda **what: None)
    opened = open_module("BoneIRTraining")
    enter_module(opened)
    yield opened
    close_module(opened)


@pytest.fixture
def begun(panel: Any, practice: Any) -> Any:
    """A case that was begun and planned in the other module."""
    import slicer

    from boneir.scene.plan_desk import PlanDesk
    from standins.application import enter_module, leave_module

    panel.ui.beginButton.click()
    leave_module(panel)
    PlanDesk(slicer.mrmlScene).act(lambda book: book.added(aimed(practice, "mine", 9.0)))
    enter_module(panel)
    return panel


def test_only_the_image_is_shown_when_a_case_is_begun(panel: Any, scene: Any, practice: Any) -> None:
    from boneir.scene.volume import image_from_node

    assert not panel.ui.scoreButton.enabled
    panel.ui.beginButton.click()
    assert image_from_node(panel.parameters.practiceVolume)[0].uid == practice.image.uid
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0
    assert panel.parameters.begun == practice.exercise.name
    assert not any(str(number) in panel.parameters.sheet for number in practice.truth.lesion().mask.centroid_mm)


def test_a_plan_is_scored_and_the_clock_stops_once(
    begun: Any, practice: Any, best: Any, monkeypatch: pytest.MonkeyPatch, refusals: list[str]
) -> None:
    from boneir.gui.training_panel import read_sheet
    from boneir.train import score

    monkeypatch.setattr(begun.logic, "now", lambda: begun.parameters.startedS + 240.0)
    begun.ui.scoreButton.click()
    assert not refusals
    sheet = read_sheet(begun.parameters.sheet)
    assert sheet == score(practice, begun.logic.planNow("mine"), best, 240.0)
    assert begun.ui.trainingVerdictText.text == sheet.verdict
    shown = cells(begun.ui.sheetTable)
    assert shown[-1][1] == f"{sheet.points:.0f} / 100"
    assert shown[3][2] == "4.0 min of 10 min"
    assert [row[0] for row in cells(begun.ui.bestTable)] == ["mine", "plan-1"]
    monkeypatch.setattr(begun.logic, "now", lambda: begun.parameters.startedS + 9999.0)
    begun.ui.scoreButton.click()
    assert cells(begun.ui.sheetTable)[3][2] == "4.0 min of 10 min"


def test_the_best_plan_is_shown_beside_the_trainees(begun: Any, refusals: list[str]) -> None:
    assert not begun.ui.showBestButton.enabled
    begun.ui.scoreButton.click()
    begun.ui.showBestButton.click()
    assert [page.name for page in begun.logic.planPages()] == ["mine", "plan-1"]
    assert "plan-1" in begun.ui.trainingStatus.text
    assert not refusals


def test_lists_choose(begun: Any, practice: Any) -> None:
    begun.logic._act(lambda book: book.added(aimed(practice, "another")), "")
    begun.refresh()
    begun.ui.traineePlanBox.activated.emit(1)
    assert begun.parameters.traineePlan == "another"
    begun.ui.exerciseBox.activated.emit(1)
    assert begun.parameters.exercise == begun.ui.exerciseBox.itemData(1)
    assert "sacrum" in begun.ui.taskText.text


def test_the_planner_is_opened(begun: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import slicer

    opened: list[str] = []
    monkeypatch.setattr(slicer.util, "selectModule", opened.append)
    begun.ui.plannerButton.click()
    assert opened == ["BoneIRPlanner"]


def test_a_plan_that_does_not_fit_is_refused_in_a_sentence(begun: Any, practice: Any, refusals: list[str]) -> None:
    wrong = replace(aimed(practice, "wrong"), image_uid="0" * 64)
    begun.logic._act(lambda book: book.added(wrong), "")
    begun.parameters.traineePlan = "wrong"
    begun.ui.scoreButton.click()
    assert len(refusals) == 1
    assert "another image" in refusals[0]
    assert begun.parameters.takenS == 0.0


def test_closing_the_scene_leaves_nothing(begun: Any, scene: Any) -> None:
    begun.ui.scoreButton.click()
    scene.Clear(0)
    assert begun.parameters is not None
    assert begun.parameters.sheet == ""
    assert begun.ui.sheetTable.rowCount == 0
    assert not begun.ui.scoreButton.enabled
    assert begun.ui.traineePlanBox.count == 0


def test_a_damaged_sheet_is_no_sheet(panel: Any) -> None:
    panel.parameters.sheet = '{"parts": 3}'
    assert panel.ui.sheetTable.rowCount == 0
    panel.parameters.exercise = "no such case"
    assert panel.ui.exerciseBox.currentIndex == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_off_at_500_pixels(begun: Any, theme: str, tmp_path: Path) -> None:
    begun.ui.scoreButton.click()
    look_at(begun, tmp_path, "training", theme)

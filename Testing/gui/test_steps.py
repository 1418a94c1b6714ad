"""Each step, on nodes of a scene: what it runs, what it shows, and what it says is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_hand import CENTRE, findings, found, measures


def status(widget: Any) -> str:
    return str(widget.ui.statusLabel.text)


def go_to(widget: Any, name: str) -> Any:
    """Enter a step; give its widgets."""
    step = next(step for step in widget.steps if step.name.value == name)
    widget.showStep(step.name)
    return step.ui


def cells(table: Any) -> list[list[str]]:
    return [[table.item(r, c).text() for c in range(table.columnCount)] for r in range(table.rowCount)]


def test_images_outlines_beside_the_image_and_leaves_it_as_it_was(widget: Any, volume: Any, image: Any) -> None:
    from boneir.gui.records import inputs_of

    ui = go_to(widget, "images")
    assert "outline the image" in status(widget)
    before = volume.GetImageData().GetMTime()
    ui.outlineButton.click()
    names = widget.logic.segmentNames(widget.parameters.outlines)
    assert {"body", "bone", "spinal_canal"} <= set(names)
    assert ui.structuresText.text.startswith(f"{len(names)} outlines: Body")
    assert volume.GetImageData().GetMTime() == before
    assert widget.logic.caseOf(inputs_of(widget.parameters)).image.uid == image.uid
    assert any("not checked" in text for _, text in cells(ui.imageFindingsTable))
    assert status(widget) == "Ready for the next step, Lesion."


def test_outlining_does_not_touch_a_segmentation_of_the_user(widget: Any, volume: Any, scene: Any, image: Any) -> None:
    import slicer
    from by_hand import ball

    from boneir.gui.records import inputs_of
    from boneir.scene.segments import Segment, fill_segmentation

    own = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Mine")
    own.CreateDefaultDisplayNodes()
    fill_segmentation(own, [Segment("aorta", ball(image), (1.0, 0.0, 0.0))], image.grid)
    widget.parameters.outlines = own
    go_to(widget, "images").outlineButton.click()
    assert widget.logic.segmentNames(own) == ["aorta"]
    assert widget.parameters.outlines is not own
    made = widget.logic.caseOf(inputs_of(widget.parameters))
    assert made.structure("aorta").mask.equals(ball(image))
    assert made.has("bone")
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 2


def test_what_outlining_found_stays_with_the_case_until_other_outlines_are_chosen(
    widget: Any, volume: Any, scene: Any
) -> None:
    from boneir.gui.records import inputs_of

    ui = go_to(widget, "images")
    ui.outlineButton.click()
    shown = {text for _, text in cells(ui.imageFindingsTable)}
    kept = {item.text for item in widget.logic.caseOf(inputs_of(widget.parameters)).findings}
    assert kept
    assert kept < shown, "what is not outlined is found anew each time, the rest is kept"
    own = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Mine")
    widget.parameters.outlines = own
    assert not cells(ui.imageFindingsTable)
    assert not inputs_of(widget.parameters).findings


def test_an_image_that_cannot_be_planned_on_gives_one_sentence(widget: Any, scene: Any, refusals: list[str]) -> None:
    widget.parameters.inputVolume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    go_to(widget, "images").outlineButton.click()
    assert len(refusals) == 1
    assert refusals[0].endswith(".")
    assert "Traceback" not in refusals[0]


def test_another_extension_outlines_where_it_is_installed(
    widget: Any, volume: Any, image: Any, refusals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    from types import SimpleNamespace

    import slicer
    from by_hand import ball

    from boneir.scene.segments import Segment, fill_segmentation

    class Logic:
        fails = False

        def process(self, inputVolume: Any, outputSegmentation: Any, *, fast: bool, task: str) -> None:
            if self.fails:
                raise RuntimeError("no weights")
            assert inputVolume is volume
            fill_segmentation(outputSegmentation, [Segment("aorta", ball(image), (1.0, 0.0, 0.0))], image.grid)

    ui = go_to(widget, "images")
    assert not ui.otherButton.visible
    monkeypatch.setattr(slicer.modules, "totalsegmentator", object(), raising=False)
    monkeypatch.setitem(sys.modules, "TotalSegmentator", SimpleNamespace(TotalSegmentatorLogic=Logic))
    widget.refresh()
    assert ui.otherButton.isVisibleTo(ui.ImagesStep)
    ui.otherButton.click()
    assert widget.logic.segmentNames(widget.parameters.outlines) == ["aorta"]
    assert not refusals
    monkeypatch.setattr(Logic, "fails", True)
    kept = widget.parameters.outlines
    ui.otherButton.click()
    assert widget.parameters.outlines is kept
    assert len(refusals) == 1
    assert "no weights" in refusals[0]


def test_bone_around_the_lesion_is_coloured_and_is_not_again(outlined: Any, scene: Any, refusals: list[str]) -> None:
    view = scene.AddNewNodeByClass("vtkMRMLSliceCompositeNode")
    ui = go_to(outlined, "lesion")
    ui.scoresButton.click()
    assert len(refusals) == 1
    assert "bone" in refusals[0]
    assert not ui.scoresButton.checked
    go_to(outlined, "images").outlineButton.click()
    ui = go_to(outlined, "lesion")
    ui.scoresButton.click()
    assert ui.scoresButton.checked
    shown = scene.GetNodeByID(view.GetForegroundVolumeID())
    assert shown.GetName().startswith("lesion-1")
    assert view.GetBackgroundVolumeID() == outlined.parameters.inputVolume.GetID()
    ui.scoresButton.click()
    assert not ui.scoresButton.checked
    assert not view.GetForegroundVolumeID()
    assert not scene.IsNodePresent(shown)
    assert len(refusals) == 1


def test_a_point_is_placed_in_place_mode(widget: Any, volume: Any) -> None:
    import slicer
    import vtk

    ui = go_to(widget, "lesion")
    ui.placeButton.click()
    interaction = slicer.app.applicationLogic().GetInteractionNode()
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    assert not ui.growButton.enabled
    seed = widget.parameters.seed
    seed.AddControlPointWorld(vtk.vtkVector3d(-CENTRE[0], -CENTRE[1], CENTRE[2]))
    assert ui.growButton.enabled
    ui.placeButton.click()
    assert widget.parameters.seed is seed
    assert not ui.growButton.enabled


def test_the_named_segment_is_the_lesion(outlined: Any) -> None:
    ui = go_to(outlined, "lesion")
    assert status(outlined) == "Ready for the next step, Access."
    ui.lesionNameEdit.text = "not there"
    assert status(outlined).startswith("Place a point")
    ui.lesionNameEdit.text = ""
    assert status(outlined) == "Give the lesion a name."
    segmentation = outlined.parameters.outlines.GetSegmentation()
    segmentation.GetSegment("lesion-1").SetName("metastasis")
    ui.lesionNameEdit.text = "metastasis"
    assert status(outlined) == "Ready for the next step, Access."
    segmentation.RemoveSegment("lesion-1")
    assert status(outlined).startswith("Place a point")


def test_access_shows_the_plans_and_the_chosen_one(planned: Any, scene: Any) -> None:
    from boneir.scene.marks import Part, marked

    ui = go_to(planned, "access")
    rows = cells(ui.plansTable)
    assert [row[0] for row in rows] == ["plan-1", "plan-2"]
    length = np.linalg.norm(np.subtract((-45.0, 90.0, 100.0), CENTRE))
    assert rows[0][1] == f"{length:.1f}\u00a0mm"
    assert rows[1][3:] == ["Proposed", "left posterior oblique, between the transverse processes of L3 and L4"]
    assert "7.2 mm" in ui.reasonsText.text
    assert cells(ui.refusalsTable)[0] == ["1204", "Too near to", "Spinal canal"]
    assert status(planned) == "Ready for the next step, Effect."
    ui.plansTable.cellClicked.emit(1, 0)
    assert planned.parameters.planName == "plan-2"
    lines = {node.GetAttribute("boneir.plan"): node.GetDisplayVisibility() for node in marked(scene, Part.LINE)}
    assert lines == {"plan-1": 0, "plan-2": 1}


def test_changed_choices_ask_for_a_new_proposal(planned: Any) -> None:
    ui = go_to(planned, "access")
    ui.marginSlider.value = 8.0
    assert status(planned).startswith("The choices have changed")
    ui.marginSlider.value = 5.0
    assert status(planned) == "Ready for the next step, Effect."


def test_a_closed_curve_says_where_needles_may_enter(planned: Any, scene: Any) -> None:
    from boneir.gui.wording import goal_of

    ui = go_to(planned, "access")
    curve = scene.AddNewNodeByClass("vtkMRMLMarkupsClosedCurveNode", "Entry zone")
    planned.parameters.entryCurve = curve
    assert ui.entryCurveSelector.currentNode() is curve
    assert goal_of(planned.parameters).entry_allowed == (), "a curve without points is no zone yet"
    for x, y in ((-40, -90), (40, -90), (40, -80), (-40, -80)):
        curve.AddControlPointWorld(x, y, 10.0 + y / 10)
    (zone,) = goal_of(planned.parameters).entry_allowed
    assert zone.curve_mm[0] == (40.0, 90.0, 1.0), "RAS of the scene is LPS of the library"
    assert len(zone.curve_mm) == 4
    go_to(planned, "access")
    assert status(planned).startswith("The choices have changed")
    planned.parameters.entryCurve = None
    assert status(planned) == "Ready for the next step, Effect."


def test_a_moved_needle_asks_for_a_new_prediction(planned: Any, scene: Any, image: Any) -> None:
    import slicer

    from boneir.scene.marks import Part, marked

    ui = go_to(planned, "effect")
    assert "right transpedicular L3" in ui.planText.text
    assert status(planned) == "Predict what the plan does."
    uid = planned.logic.planNow("plan-1").uid
    found(planned, measures=measures(), findings=findings(), plan_uid=uid)
    assert status(planned) == "Ready for the next step, Review."
    assert cells(ui.measuresTable)[1] == ["lesion-1", "Smallest margin around the lesion", "2.4\u00a0mm"]
    found(planned, measures=(replace(measures()[0], about="1"), *measures()[1:]), plan_uid=uid)
    assert cells(ui.measuresTable)[0][0] == "Needle 1"
    assert cells(ui.measuresTable)[3][0] == "Inferior vena cava"
    assert cells(ui.measuresTable)[2][2] == "2.1 to 4.3\u00a0mL"
    line = next(marked(scene, Part.LINE, "plan-1"))
    line.SetNthControlPointPositionWorld(1, 0.0, 0.0, 100.0)
    line.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
    assert status(planned).startswith("A needle was moved")
    planned.logic.showPlan("plan-2")
    assert planned.logic.planNow("plan-1").uid != uid, "another plan was shown, and the moved one was put back"


def test_review_puts_the_worst_first_and_goes_to_its_place(planned: Any, monkeypatch: pytest.MonkeyPatch) -> None:

    found(planned, measures=measures(), findings=findings(), plan_uid=planned.logic.planNow("plan-1").uid)
    ui = go_to(planned, "review")
    assert [row[0][2:] for row in cells(ui.findingsTable)] == ["Stop", "Decide", "Note"]
    assert ui.verdictText.text == "1 to stop at, 1 to decide, 1 to note."
    assert "must not be carried out" in status(planned)
    assert "default" in ui.findingsTable.item(0, 0).toolTip()
    asked: list[Any] = []
    monkeypatch.setattr(type(planned.logic), "showPlace", lambda self, place: asked.append(place))
    ui.findingsTable.cellClicked.emit(0, 1)
    assert asked == [(10.0, 20.0, 95.0)]


def test_a_place_is_shown_in_the_slice_views(widget: Any, scene: Any) -> None:
    scene.AddNewNodeByClass("vtkMRMLSliceNode", "Red").SetOrientationToAxial()
    node = scene.GetFirstNodeByClass("vtkMRMLSliceNode")
    widget.logic.showPlace((10.0, 20.0, 95.0))
    matrix = node.GetSliceToRAS()
    assert [matrix.GetElement(row, 3) for row in range(3)] == pytest.approx([-10.0, -20.0, 95.0])
    widget.logic.showPlace(None)
    assert matrix.GetElement(2, 3) == pytest.approx(95.0)


def test_the_offer_of_the_accelerator_is_made_at_its_button_only(widget: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    import slicer

    asked: list[Any] = []
    monkeypatch.setattr(slicer.packaging, "pip_ensure", lambda what, **how: asked.append((what, how["requester"])))
    ui = go_to(widget, "access")
    assert not ui.accelerateButton.isVisibleTo(widget.panel)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    widget.refresh()
    assert ui.accelerateButton.isVisibleTo(widget.panel)
    assert not asked
    ui.accelerateButton.click()
    assert asked == [(["numba>=0.60"], "BoneIRPlanner")]


def test_a_fault_of_the_software_is_shown_and_goes_on_to_the_log(widget: Any) -> None:
    import slicer

    from boneir.gui.work import work

    with pytest.raises(ZeroDivisionError), work("It did not work."):
        _ = 1 / 0
    assert not slicer.app._cursors


def test_the_report_step_waits_for_a_report_of_this_plan(planned: Any, scene: Any, tmp_path: Path) -> None:
    from boneir.scene.marks import Part, marked

    ui = go_to(planned, "report")
    assert not ui.writeButton.enabled
    assert not ui.openButton.enabled
    page = tmp_path / "plan-1.html"
    page.write_text("<html></html>")
    planned.parameters.reportFile = str(page)
    planned.parameters.reportedPlan = uid = planned.logic.planNow("plan-1").uid
    found(planned, measures=measures(), plan_uid=uid)
    assert ui.openButton.enabled
    assert status(planned) == "The plan is written down."
    line = next(marked(scene, Part.LINE, "plan-1"))
    line.SetNthControlPointPositionWorld(1, 0.0, 0.0, 100.0)
    moved = planned.logic.planNow("plan-1").uid
    found(planned, measures=measures(), plan_uid=moved)
    assert status(planned) == "The report is of another plan than the one in the scene: write it again."

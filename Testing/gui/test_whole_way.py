"""The whole way in the panel, by clicks alone: a CT, outlines, a lesion from a point, needle paths, effect, report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import vtk
from test_steps import cells, go_to, status


def test_from_a_ct_to_a_report_by_clicks(
    widget: Any, scene: Any, patient: Any, refusals: list[str], tmp_path: Path
) -> None:
    from boneir.anatomy.lesion import grow_lesion
    from boneir.assess import assess
    from boneir.gui.records import inputs_of
    from boneir.scene.marks import Part, marked
    from boneir.scene.volume import show_image

    widget.parameters.inputVolume = show_image(scene, patient.image)
    go_to(widget, "images").outlineButton.click()
    assert status(widget) == "Ready for the next step, Lesion."

    ui = go_to(widget, "lesion")
    ui.placeButton.click()
    left, posterior, superior = patient.seed_mm
    widget.parameters.seed.AddControlPointWorld(vtk.vtkVector3d(-left, -posterior, superior))
    ui.growButton.click()
    assert status(widget) == "Ready for the next step, Access."
    case = widget.logic.caseOf(inputs_of(widget.parameters))
    grown, _ = grow_lesion(replace(case, lesions=()), patient.seed_mm)
    assert case.lesion("lesion-1").mask.equals(grown.mask), "the panel shows what the library finds"
    assert grown.mask.at(patient.seed_mm)
    assert cells(ui.lesionMeasuresTable)[0][0] == "Volume"

    ui = go_to(widget, "access")
    ui.proposeButton.click()
    assert status(widget) == "Ready for the next step, Effect."
    assert not refusals
    plan = widget.logic.planNow(widget.parameters.planName)
    assert plan.image_uid == patient.image.uid
    assert cells(ui.plansTable)[0][0] == plan.name
    assert sum(int(row[0]) for row in cells(ui.refusalsTable)) > 0
    assert any("not checked" in row[1] for row in cells(ui.searchFindingsTable))
    way = plan.probes[0].trajectory
    assert not case.structure("body").mask.at(way.point_at(-15.0)), "it comes from outside of the body"
    along = [way.point_at(depth) for depth in np.arange(0.0, way.length_mm, 1.0)]
    assert not any(case.structure("spinal_canal").mask.at(point) for point in along)

    ui = go_to(widget, "effect")
    ui.assessButton.click()
    assert status(widget) == "Ready for the next step, Review."
    assessed = assess(widget.logic.caseOf(inputs_of(widget.parameters)), plan)
    assert [row[1] for row in cells(ui.measuresTable)] == [item.title for item in assessed.measures]
    assert widget.logic.planNow(plan.name) == plan, "showing the zones does not change the plan"
    zones = list(marked(scene, Part.ZONES, plan.name))
    assert len(zones) == 1
    assert zones[0].GetSegmentation().GetNumberOfSegments() >= len(assessed.zones)

    ui = go_to(widget, "review")
    assert ui.findingsTable.rowCount == len(assessed.findings) > 0
    canal = [text for _, text in cells(ui.findingsTable) if "spinal canal is outlined from" in text]
    assert canal, "what outlining could not see is not forgotten"

    ui = go_to(widget, "report")
    ui.picturesBox.checked = False
    ui.folderButton.directory = str(tmp_path)
    ui.writeButton.click()
    assert status(widget) == "The plan is written down."
    page = Path(widget.parameters.reportFile).read_text("utf-8")
    assert plan.uid in page
    assert "Refused because of" in page, "the table of refusals"
    refused = cells(go_to(widget, "access").refusalsTable)
    assert all(row[0] in page for row in refused[:3])
    assert "spinal canal is outlined from" in page
    assert ui.openButton.enabled
    assert not refusals


def test_six_clicks_lead_from_a_ct_to_ranked_plans(module: Any, scene: Any, patient: Any, refusals: list[str]) -> None:
    import slicer

    from boneir.scene.volume import show_image
    from mouse import SliceWithMouse
    from standins.application import close_module, enter_module, open_module

    show_image(scene, patient.image)
    widget = open_module("BoneIRPlanner")
    enter_module(widget)
    clicks = 0

    def click(button: Any) -> None:
        nonlocal clicks
        assert button.enabled
        assert button.isVisibleTo(widget.panel)
        clicks += 1
        button.click()

    def ui() -> Any:
        return widget.steps[widget.ui.stepStack.currentIndex].ui

    click(ui().outlineButton)
    click(widget.ui.nextButton)
    click(ui().placeButton)
    left, posterior, superior = patient.seed_mm
    view = SliceWithMouse(scene, slicer.app.applicationLogic(), (-left, -posterior, superior))
    pixel = view.pixel_of((-left, -posterior, superior))
    clicks += 1
    view.press(pixel)
    view.release(pixel)
    view.close()
    slicer.app.processEvents()
    click(widget.ui.nextButton)
    click(ui().proposeButton)
    assert clicks == 6
    assert not refusals
    assert len(widget.logic.planPages()) >= 2
    assert widget.logic.hasSegment(widget.parameters.outlines, "lesion-1")
    scores = [page.score for page in widget.logic.planPages()]
    assert scores == sorted(scores)
    assert status(widget) == "Ready for the next step, Effect."
    close_module(widget)


def test_a_device_without_figures_is_refused_in_one_sentence(
    widget: Any, scene: Any, patient: Any, refusals: list[str]
) -> None:
    from by_hand import with_lesion

    from boneir.ablation.device import DeviceStatus
    from boneir.ablation.devices import devices
    from boneir.gui.records import Inputs
    from boneir.scene.build import show_outlines
    from boneir.scene.volume import show_image

    volume = show_image(scene, patient.image)
    widget.parameters.inputVolume = volume
    widget.parameters.outlines = show_outlines(scene, with_lesion(widget.logic.caseOf(Inputs(volume, None))), volume)
    lacking = next(device for device in devices() if device.status is DeviceStatus.NEEDS_IFU and device.zones == ())
    from boneir.gui.choices import TechniqueChoice

    widget.parameters.technique = TechniqueChoice(lacking.technique)
    widget.parameters.device = lacking.id
    go_to(widget, "access").proposeButton.click()
    assert len(refusals) == 1
    assert "instructions for use" in refusals[0]
    assert widget.parameters.proposal == ""

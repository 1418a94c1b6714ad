"""The whole way in the panel, by clicks alone: a CT, its outlines, a lesion from a point, needle paths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import vtk
from test_steps import cells, go_to, status


@pytest.fixture(scope="module")
def patient() -> Any:
    from boneir.training.demo_patient import demo_patient

    return demo_patient(seed=0, spacing_mm=(2.5, 2.5, 3.0))


def test_from_a_ct_to_a_plan_by_clicks(widget: Any, scene: Any, patient: Any, refusals: list[str]) -> None:
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
    case = widget.logic.caseOf(widget.parameters.inputVolume, widget.parameters.outlines, "lesion-1")
    grown, true = case.lesion("lesion-1").mask.full(), patient.lesion.full()
    assert 2 * np.count_nonzero(grown & true) / (grown.sum() + true.sum()) > 0.75
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


def test_a_device_without_figures_is_refused_in_one_sentence(
    widget: Any, scene: Any, patient: Any, refusals: list[str]
) -> None:
    from by_hand import with_lesion

    from boneir.ablation.devices import DeviceStatus, devices
    from boneir.scene.build import show_outlines
    from boneir.scene.volume import show_image

    volume = show_image(scene, patient.image)
    widget.parameters.inputVolume = volume
    widget.parameters.outlines = show_outlines(scene, with_lesion(widget.logic.caseOf(volume, None)), volume)
    lacking = next(device for device in devices() if device.status is DeviceStatus.NEEDS_IFU and device.zones == ())
    from boneir.gui.choices import TechniqueChoice

    widget.parameters.technique = TechniqueChoice(lacking.technique)
    widget.parameters.device = lacking.id
    go_to(widget, "access").proposeButton.click()
    assert len(refusals) == 1
    assert "instructions for use" in refusals[0]
    assert widget.parameters.proposal == ""

"""The skin map in the panel: coloured two ways with a legend, and pointing at the skin says why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


@pytest.fixture
def mapped(widget: Any, scene: Any, patient: Any) -> Any:
    """The module after a proposal on the exact outlines of a synthetic patient."""
    from boneir.anatomy.from_labels import structures_from_labels
    from boneir.case import Case, Lesion
    from boneir.image.labels import NamedMask
    from boneir.scene.build import show_outlines
    from boneir.scene.volume import show_image

    named = [NamedMask(name, mask, "", "synthetic") for name, mask in patient.labels.items()]
    case = Case(patient.image, structures_from_labels(named, patient.image.grid))
    case = case.with_lesion(Lesion("lesion-1", patient.lesion, "implanted"))
    widget.parameters.inputVolume = show_image(scene, patient.image)
    widget.parameters.outlines = show_outlines(scene, case, widget.parameters.inputVolume)
    widget.steps[2].ui.proposeButton.click()
    return widget


def point(crosshair: Any, place_mm: Any) -> None:
    """Let the mouse point at a place, as a view does."""
    crosshair.SetCursorPositionRAS([-place_mm[0], -place_mm[1], place_mm[2]])


def test_the_skin_says_why_where_the_mouse_points(mapped: Any, scene: Any, refusals: list[str]) -> None:
    import slicer

    crosshair = scene.GetSingletonNode("default", "vtkMRMLCrosshairNode")
    if crosshair is None:
        crosshair = slicer.vtkMRMLCrosshairNode()
        crosshair.SetCrosshairName("default")
        crosshair.SetSingletonTag("default")
        crosshair = scene.AddNode(crosshair)
    skin, _goal = mapped.logic.skinMap()
    ui, allowed, refused = mapped.ui, skin.points_mm[skin.reason == 0][0], skin.points_mm[skin.reason > 0][0]
    before = str(ui.needleText.text)
    point(crosshair, allowed)
    assert ui.needleText.text == before, "nobody has asked"
    ui.whyButton.click()
    assert mapped.logic.skinNode().GetDisplayVisibility()
    point(crosshair, allowed)
    assert ui.needleText.text.startswith("Allowed, with a weighted cost of ")
    score = float(skin.score[skin.reason == 0][0])
    assert f"{score:.2f}" in ui.needleText.text
    point(crosshair, refused)
    said = str(ui.needleText.text)
    assert not said.startswith("Allowed")
    point(crosshair, (0.0, 0.0, 900.0))
    assert ui.needleText.text == said, "no skin is near"
    mapped.parameters.outlines.GetSegmentation().RemoveSegment("lesion-1")
    point(crosshair, refused)
    assert ui.needleText.text.startswith("Refused here: "), "the map still knows the rule"
    ui.whyButton.click()
    observed = [node for node, *_ in mapped.Observations if node is crosshair]
    assert not observed
    assert not refusals


def test_colours_and_legend_follow_the_choice(mapped: Any) -> None:
    from boneir.scene.core import numpy_support

    def colours() -> Any:
        return numpy_support.vtk_to_numpy(mapped.logic.skinNode().GetPolyData().GetPointData().GetScalars()).copy()

    ui = mapped.ui
    assert not ui.skinLegend.isVisibleTo(mapped.panel)
    ui.skinMapButton.click()
    assert ui.skinLegend.isVisibleTo(mapped.panel)
    by_score, text = colours(), str(ui.skinLegend.text)
    assert "Weighted cost" in text
    assert "Refused" in text
    ui.skinColourBox.currentIndex = 1
    assert "Too near to what must not be touched" in ui.skinLegend.text
    assert not np.array_equal(colours(), by_score)
    ui.skinColourBox.currentIndex = 0
    assert np.array_equal(colours(), by_score)
    ui.skinMapButton.click()
    assert not mapped.logic.skinNode().GetDisplayVisibility()
    assert not ui.skinLegend.isVisibleTo(mapped.panel)

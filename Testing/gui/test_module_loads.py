"""The module is found, described and shown as Slicer would; nothing of it outlives the application's calls."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any


def test_the_module_describes_itself(module: Any) -> None:
    import slicer

    assert module.title == "Bone IR Planner"
    assert module.categories == ["Planning"]
    assert module.dependencies == [
        "Markups",
        "SegmentEditor",
        "Segmentations",
        "SubjectHierarchy",
        "Terminologies",
        "Volumes",
    ]
    assert "not a medical device" in " ".join(module.helpText.split())
    assert not module.icon.isNull()
    assert slicer.modules.BoneIRPlannerInstance.moduleName == "BoneIRPlanner"


def test_the_icon_is_128_pixels_wide(module: Any) -> None:
    import qt

    icon = qt.QImage(str(Path(module.path).parent / "Resources" / "Icons" / "BoneIRPlanner.png"))
    assert (icon.width(), icon.height()) == (128, 128)
    assert icon.hasAlphaChannel()


def test_the_panel_has_the_six_steps_in_order(widget: Any) -> None:
    assert [step.title() for step in widget.steps] == ["Images", "Lesion", "Access", "Effect", "Review", "Report"]
    assert widget.ui.stepStack.count == 6
    for step in widget.steps:
        getattr(widget.ui, f"{step.name.value}Button").click()
        assert widget.ui.stepStack.currentWidget() is step.widget
        assert widget.parameters.currentStep is step.name
        assert widget.ui.statusLabel.text


def test_back_and_next_go_through_the_steps_and_stop_at_the_ends(widget: Any) -> None:
    assert not widget.ui.backButton.enabled
    for place in range(1, 6):
        widget.ui.nextButton.click()
        assert widget.ui.stepStack.currentIndex == place
    assert not widget.ui.nextButton.enabled
    widget.ui.backButton.click()
    assert widget.ui.stepStack.currentIndex == 4


def test_a_panel_opened_again_and_again_leaves_no_observer_behind(module: Any, scene: Any) -> None:
    from standins.application import close_module, enter_module, leave_module, observers_of, open_module

    before = observers_of(scene)
    assert before > 0
    for _ in range(3):
        opened = open_module("BoneIRPlanner")
        enter_module(opened)
        leave_module(opened)
        enter_module(opened)
        assert observers_of(scene) > before
        close_module(opened)
        assert observers_of(scene) == before


def test_leaving_and_closing_let_go_of_the_parameter_node(module: Any, scene: Any) -> None:
    from standins.application import close_module, enter_module, leave_module, open_module

    opened = open_module("BoneIRPlanner")
    enter_module(opened)
    node = opened.parameters.parameterNode
    opened.ui.statusLabel.text = "as it was"
    leave_module(opened)
    assert opened.parameters is None
    node.SetParameter("lesionName", "another")
    assert opened.ui.statusLabel.text == "as it was"
    close_module(opened)
    assert not opened.Observations
    gone = weakref.ref(opened)
    import slicer

    del opened, slicer.modules.BoneIRPlannerWidget
    gc.collect()
    assert gone() is None
    assert not node.HasObserver("ModifiedEvent")


def test_the_structures_can_be_chosen_for_segments_once_the_application_runs(module: Any) -> None:
    import slicer

    from boneir.gui.register_terminology import register_terminology

    logic = slicer.modules.terminologies.logic()
    assert register_terminology() == "Bone IR Planner"
    assert logic.IsTerminologyContextLoaded("Bone IR Planner")
    vertebra = ("SCT", "123037004", "SCT", "23215003", "", "")
    assert list(logic.FindTerminologyNames(*vertebra, [], None)) == ["Bone IR Planner"]

"""Plans among the data of the scene: their icon, their tip, and what their menu does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from by_hand import found, measures


@pytest.fixture
def plugin(planned: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The plugin as the application asks for it at its start; the planner can be opened."""
    import slicer

    from boneir.gui.register_hierarchy import register_hierarchy

    slicer.qSlicerSubjectHierarchyPluginHandler._only = None
    register_hierarchy()
    opened: list[str] = []
    monkeypatch.setattr(slicer.util, "selectModule", opened.append, raising=False)
    monkeypatch.setattr(slicer.util, "getModuleWidget", lambda name: planned, raising=False)
    plugin = slicer.qSlicerSubjectHierarchyPluginHandler.instance().pluginByName("BoneIRPlan").self()
    plugin.opened = opened
    yield plugin
    slicer.qSlicerSubjectHierarchyPluginHandler._only = None


def item_of(scene: Any, part: Any, plan: str = "plan-2") -> int:
    """The item of a node of a plan; the user has clicked on it."""
    import slicer

    from boneir.scene.marks import marked

    handler = slicer.qSlicerSubjectHierarchyPluginHandler.instance()
    node = next(iter(marked(scene, part, plan or None)))
    item = int(handler.subjectHierarchyNode().GetItemByDataNode(node))
    handler.setCurrentItem(item)
    return item


def test_a_plan_has_an_icon_and_a_tip_of_its_own(plugin: Any, planned: Any, scene: Any) -> None:
    from boneir.scene.marks import Part

    planned.logic.showPlan("plan-2")
    item = item_of(scene, Part.PLAN)
    assert plugin.canOwnSubjectHierarchyItem(item) > 0.5
    assert not plugin.icon(item).isNull()
    tip = plugin.tooltip(item)
    assert tip.startswith("plan-2: left posterior oblique")
    assert tip.endswith("Proposed")
    planned.logic.lockPlan("plan-2", True)
    assert plugin.tooltip(item).endswith("■ Locked")
    other = item_of(scene, Part.IMAGE, "")
    assert plugin.canOwnSubjectHierarchyItem(other) == 0.0
    assert plugin.icon(other).isNull()


def test_texts_of_others_stay_theirs(plugin: Any, scene: Any) -> None:
    text = scene.AddNewNodeByClass("vtkMRMLTextNode", "a note")
    assert plugin.canAddNodeToSubjectHierarchy(text, 0) == 0.0
    assert plugin.canOwnSubjectHierarchyItem(0) == 0.0


def test_the_menu_is_there_for_everything_of_a_plan_and_for_nothing_else(plugin: Any, planned: Any, scene: Any) -> None:
    from boneir.scene.marks import Part

    planned.logic.showPlan("plan-2")
    actions = plugin.itemContextMenuActions()
    assert [action.text for action in actions] == ["Show this plan", "Assess this plan"]
    for part, plan, shown in ((Part.LINE, "plan-2", True), (Part.PLAN, "plan-2", True), (Part.IMAGE, "", False)):
        for action in actions:
            action.visible = False  # as the application does before it asks
        plugin.showContextMenuActionsForItem(item_of(scene, part, plan))
        assert [action.visible for action in actions] == [shown, shown]
    plugin.showContextMenuActionsForItem(0)


def test_show_opens_the_planner_at_the_plan(plugin: Any, planned: Any, scene: Any) -> None:
    from boneir.gui.choices import StepName
    from boneir.scene.marks import Part

    planned.logic.showPlan("plan-2")
    planned.logic.showPlan("plan-1")
    planned.parameters.planName = "plan-1"
    item_of(scene, Part.LINE)
    plugin.showAction.trigger()
    assert plugin.opened == ["BoneIRPlanner"]
    assert planned.parameters.planName == "plan-2"
    assert planned.parameters.currentStep is StepName.ACCESS
    plugin.editProperties(item_of(scene, Part.PLAN))
    assert plugin.opened == ["BoneIRPlanner"] * 2


def test_assess_predicts_the_plan(
    plugin: Any, planned: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, refusals: list[str]
) -> None:
    from boneir.assessment import Assessment
    from boneir.gui.choices import StepName
    from boneir.gui.records import plan_outcome
    from boneir.scene.marks import Part

    def assessed(case: Any, plan: Any) -> Any:
        return Assessment(plan.uid, case.uid, measures())

    monkeypatch.setattr("boneir.assess.assess", assessed)
    planned.logic.showPlan("plan-2")
    found(planned)
    item_of(scene, Part.LINE)
    plugin.assessAction.trigger()
    assert not refusals
    assert planned.parameters.currentStep is StepName.EFFECT
    assert plan_outcome(planned.parameters).plan_uid == planned.logic.planNow("plan-2").uid
    assert plan_outcome(planned.parameters).measures == measures()


def test_eyes_are_those_of_the_application(plugin: Any, planned: Any, scene: Any) -> None:
    from boneir.scene.marks import Part

    planned.logic.showPlan("plan-2")
    item = item_of(scene, Part.LINE)
    plugin.setDisplayVisibility(item, 0)
    assert plugin.getDisplayVisibility(item) == 0
    plugin.setDisplayVisibility(item, 1)
    assert plugin.getDisplayVisibility(item) == 1
    assert plugin.visibilityIcon(1) == "eye 1"
    assert plugin.sceneContextMenuActions() == []
    assert plugin.roleForPlugin() == "Plan"
    assert "Bone IR Planner" in plugin.helpText()

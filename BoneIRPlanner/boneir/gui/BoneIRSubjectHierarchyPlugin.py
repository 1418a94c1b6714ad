"""Plans among the data of the scene: an icon and a tip of their own, and what the menu of an item offers.

Slicer loads this file by its path, so that it knows the library by its full name only.
"""
# ruff: noqa: N999

from __future__ import annotations

from typing import Any

import qt
import slicer
from AbstractScriptedSubjectHierarchyPlugin import AbstractScriptedSubjectHierarchyPlugin
from slicer.i18n import tr as _

from boneir.gui.icons import icon
from boneir.gui.plan_actions import assess_plan, is_plan, open_plan, plan_of

_OWNS = 0.9
"""How surely a plan is ours: more than the plugin for texts is sure of any text."""


class BoneIRSubjectHierarchyPlugin(AbstractScriptedSubjectHierarchyPlugin):  # type: ignore[misc]
    """Owns the items of plans; its menu is there for everything that belongs to a plan."""

    filePath = __file__

    def __init__(self, scriptedPlugin: Any) -> None:
        scriptedPlugin.name = "BoneIRPlan"
        AbstractScriptedSubjectHierarchyPlugin.__init__(self, scriptedPlugin)
        self.showAction = qt.QAction(_("Show this plan"), scriptedPlugin)
        self.showAction.connect("triggered()", self.onShow)
        self.assessAction = qt.QAction(_("Assess this plan"), scriptedPlugin)
        self.assessAction.connect("triggered()", self.onAssess)

    def canOwnSubjectHierarchyItem(self, itemID: int) -> float:
        return _OWNS if is_plan(self._node(itemID)) else 0.0

    def canAddNodeToSubjectHierarchy(self, node: Any, _parentItemID: int) -> float:
        return _OWNS if is_plan(node) else 0.0

    def roleForPlugin(self) -> str:
        return "Plan"

    def helpText(self) -> str:
        return _("A plan of Bone IR Planner: its menu shows and assesses it.")

    def icon(self, itemID: int) -> qt.QIcon:
        return icon("BoneIRPlan") if self.canOwnSubjectHierarchyItem(itemID) else qt.QIcon()

    def tooltip(self, itemID: int) -> str:
        from boneir.gui.wording import plan_words, standing_words
        from boneir.scene.plan_desk import PlanDesk

        book = PlanDesk(slicer.mrmlScene).book
        name = plan_of(self._node(itemID))
        if not book.has(name):
            return _("A plan of Bone IR Planner")
        page = book.page(name)
        return f"{plan_words(page.plan)}\n{standing_words(page)}"

    def visibilityIcon(self, visible: int) -> qt.QIcon:
        return self._default().visibilityIcon(visible)

    def setDisplayVisibility(self, itemID: int, visible: int) -> None:
        self._default().setDisplayVisibility(itemID, visible)

    def getDisplayVisibility(self, itemID: int) -> int:
        shown: int = self._default().getDisplayVisibility(itemID)
        return shown

    def editProperties(self, itemID: int) -> None:
        open_plan(plan_of(self._node(itemID)))

    def itemContextMenuActions(self) -> list[Any]:
        return [self.showAction, self.assessAction]

    def sceneContextMenuActions(self) -> list[Any]:
        return []

    def showContextMenuActionsForItem(self, itemID: int) -> None:
        if itemID and plan_of(self._node(itemID)):
            self.showAction.visible = True
            self.assessAction.visible = True

    def onShow(self) -> None:
        open_plan(self._current())

    def onAssess(self) -> None:
        assess_plan(self._current())

    def _current(self) -> str:
        return plan_of(self._node(slicer.qSlicerSubjectHierarchyPluginHandler.instance().currentItem()))

    def _node(self, item: int) -> Any:
        """The node of an item; None for folders and for no item."""
        hierarchy = slicer.qSlicerSubjectHierarchyPluginHandler.instance().subjectHierarchyNode()
        return hierarchy.GetItemDataNode(item) if item and hierarchy is not None else None

    def _default(self) -> Any:
        return slicer.qSlicerSubjectHierarchyPluginHandler.instance().pluginByName("Default")

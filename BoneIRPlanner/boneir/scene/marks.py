"""How the nodes of this library are marked in a scene, found again and put into one folder."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from .core import slicer

PART = "boneir.part"
"""Node attribute: what the node is, one of `Part`."""
PLAN = "boneir.plan"
"""Node attribute: name of the plan that the node belongs to."""
TOOL = "boneir.tool"
"""Node attribute: name of the needle, cannula or screw that the node shows."""

FOLDER = "BoneIRPlanner"
"""Name of the folder that holds every node of this library."""


class Part(StrEnum):
    """What a node of this library is."""

    IMAGE = "image"
    OUTLINES = "outlines"
    ZONES = "zones"
    LINE = "line"
    BODY = "body"
    PLAN = "plan"
    VALUES = "values"
    BOOK = "book"
    SKIN = "skin"
    LIVE = "live"
    MIXED = "mixed"
    ISOTHERMS = "isotherms"
    CEMENT = "cement"
    SCORES = "scores"


LAYERS = (Part.ISOTHERMS, Part.CEMENT)
"""What was simulated of a plan as it was: it goes when the plan changes."""


def mark(node: Any, part: Part, plan: str = "", tool: str = "") -> None:
    """Write on a node what it is, and put it into the folder of its plan."""
    node.SetAttribute(PART, part.value)
    for attribute, value in ((PLAN, plan), (TOOL, tool)):
        if value:
            node.SetAttribute(attribute, value)
    _put_into_folder(node, f"Plan {plan}" if plan else "")


def marked(scene: Any, part: Part, plan: str | None = None) -> Iterator[Any]:
    """Nodes of that part, in the order of the scene; of one plan only where `plan` is given."""
    for index in range(scene.GetNumberOfNodes()):
        node = scene.GetNthNode(index)
        if node.GetAttribute(PART) == part.value and plan in (None, node.GetAttribute(PLAN) or ""):
            yield node


def remove_marked(scene: Any, part: Part, plan: str | None = None) -> None:
    """Remove the nodes of that part, so that a newer state can take their place."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    for node in list(marked(scene, part, plan)):
        item = hierarchy.GetItemByDataNode(node)
        helpers = [node.GetStorageNode()] if node.IsA("vtkMRMLStorableNode") else []
        if node.IsA("vtkMRMLDisplayableNode"):
            helpers += [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
        for helper in filter(None, helpers):
            scene.RemoveNode(helper)
        if item != hierarchy.GetInvalidItemID():
            hierarchy.RemoveItem(item, False, False)
        scene.RemoveNode(node)


def remove_folder(scene: Any, plan: str) -> None:
    """Remove the folder of a plan, where it holds nothing any more."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    folder = hierarchy.GetItemChildWithName(hierarchy.GetSceneItemID(), FOLDER)
    if folder == hierarchy.GetInvalidItemID():
        return
    item = hierarchy.GetItemChildWithName(folder, f"Plan {plan}")
    if item != hierarchy.GetInvalidItemID() and not hierarchy.GetNumberOfItemChildren(item):
        hierarchy.RemoveItem(item, False, False)


def _put_into_folder(node: Any, subfolder: str) -> None:
    """The application makes an item for each node by itself, the bare core does not: both end in the same place."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(node.GetScene())
    folder = _folder(hierarchy, hierarchy.GetSceneItemID(), FOLDER)
    if subfolder:
        folder = _folder(hierarchy, folder, subfolder)
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        hierarchy.CreateItem(folder, node)
    else:
        hierarchy.SetItemParent(item, folder)


def _folder(hierarchy: Any, parent: int, name: str) -> int:
    item = hierarchy.GetItemChildWithName(parent, name)
    if item == hierarchy.GetInvalidItemID():
        item = hierarchy.CreateFolderItem(parent, name)
    return int(item)

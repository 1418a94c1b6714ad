"""Stand-ins of the qMRML and qSlicer widgets that the modules use, over the real MRML of slicer-core."""

from __future__ import annotations

import sys
from typing import Any

from PySide6.QtCore import Property, QObject, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

NODE_SIGNAL = "currentNodeChanged(vtkMRMLNode*)"


class qMRMLWidget(QWidget):
    """A widget that knows a scene and tells it on."""

    mrmlSceneChanged = Signal(object)
    _signals_with_vtk_types = {"mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged"}  # noqa: RUF012
    _slots_with_vtk_types = ("setMRMLScene(vtkMRMLScene*)",)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)


class qSlicerScriptedLoadableModuleWidget(qMRMLWidget):
    """The widget that the application hands to a scripted module as its parent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entered = False

    isEntered = Property(bool, lambda self: self._entered)


class qSlicerScriptedLoadableModule(QObject):
    """What a scripted module describes itself in."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._values: dict[str, Any] = {"path": path}

    def _described(kind: Any, name: str, empty: Any, writable: bool = True) -> Any:  # type: ignore[misc]
        def write(self: Any, value: Any) -> None:
            self._values[name] = value

        return Property(kind, lambda self: self._values.get(name, empty), write if writable else None)

    path = _described(str, "path", "", writable=False)
    title = _described(str, "title", "")
    categories = _described(list, "categories", [])
    dependencies = _described(list, "dependencies", [])
    contributors = _described(list, "contributors", [])
    associatedNodeTypes = _described(list, "associatedNodeTypes", [])
    helpText = _described(str, "helpText", "")
    acknowledgementText = _described(str, "acknowledgementText", "")
    icon = _described(QIcon, "icon", QIcon())
    hidden = _described(bool, "hidden", False)
    index = _described(int, "index", -1)


class qMRMLNodeComboBox(QWidget):
    """Lists the nodes of some classes in a scene; without ``noneEnabled`` it takes the first by itself."""

    currentNodeChanged = Signal(object)
    nodeAddedByUser = Signal(object)
    _signals_with_vtk_types = {  # noqa: RUF012
        NODE_SIGNAL: "currentNodeChanged",
        "nodeAddedByUser(vtkMRMLNode*)": "nodeAddedByUser",
    }
    _slots_with_vtk_types = ("setMRMLScene(vtkMRMLScene*)", "setCurrentNode(vtkMRMLNode*)")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None
        self._tags: list[int] = []
        self._ids: list[str] = []
        self._current = ""
        self._options: dict[str, Any] = {"nodeTypes": []}
        self._box = QComboBox()
        self._box.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        self._box.activated.connect(lambda index: self._choose(self._ids[index] if index < len(self._ids) else ""))

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        for tag in self._tags:
            self._scene.RemoveObserver(tag)
        self._scene, self._tags = scene, []
        if scene is not None:
            events = (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndCloseEvent, scene.EndImportEvent)
            self._tags = [scene.AddObserver(event, lambda caller, event: self._fill()) for event in events]
            self.destroyed.connect(_observers_removed(scene, list(self._tags)))
        self._fill()

    def currentNode(self) -> Any:
        return self._scene.GetNodeByID(self._current) if self._scene is not None and self._current else None

    def setCurrentNode(self, node: Any) -> None:
        """Take a node, a node's ID, or None."""
        self._choose(node if isinstance(node, str) else node.GetID() if node is not None else "")

    def nodeCount(self) -> int:
        return sum(1 for identifier in self._ids if identifier)

    def addNode(self, class_name: str = "") -> Any:
        base = self._options.get("baseName") or class_name
        node = self._scene.AddNewNodeByClass(class_name or self._options["nodeTypes"][0], base)
        self._choose(node.GetID())
        return node

    def _listed(self) -> list[Any]:
        found = []
        for class_name in self._options["nodeTypes"]:
            for index in range(self._scene.GetNumberOfNodesByClass(class_name)):
                node = self._scene.GetNthNodeByClass(index, class_name)
                same = self._options.get("showChildNodeTypes", True) or node.GetClassName() == class_name
                if same and (self._options.get("showHidden", False) or not node.GetHideFromEditors()):
                    found.append(node)
        return found

    def _fill(self) -> None:
        nodes = self._listed() if self._scene is not None else []
        none = [""] if self._options.get("noneEnabled", False) else []
        self._ids = none + [node.GetID() for node in nodes]
        self._box.clear()
        self._box.addItems(([self._options.get("noneDisplay", "None")] if none else []) + [n.GetName() for n in nodes])
        kept = self._current if self._current in self._ids else ""
        if not kept and not none and nodes:
            kept = nodes[0].GetID()
        self._choose(kept)

    def _choose(self, identifier: str) -> None:
        changed = identifier != self._current
        self._current = identifier if identifier in self._ids else ""
        self._box.setCurrentIndex(self._ids.index(self._current) if self._current in self._ids else -1)
        if changed:
            self.currentNodeChanged.emit(self.currentNode())

    def _option(kind: Any, name: str, default: Any) -> Any:  # type: ignore[misc]
        def write(self: Any, value: Any) -> None:
            self._options[name] = list(value) if kind in (list, "QStringList") else value
            self._fill()

        return Property(kind, lambda self: self._options.get(name, default), write)

    nodeTypes = _option("QStringList", "nodeTypes", [])
    noneEnabled = _option(bool, "noneEnabled", False)
    addEnabled = _option(bool, "addEnabled", True)
    removeEnabled = _option(bool, "removeEnabled", True)
    renameEnabled = _option(bool, "renameEnabled", False)
    editEnabled = _option(bool, "editEnabled", False)
    showHidden = _option(bool, "showHidden", False)
    showChildNodeTypes = _option(bool, "showChildNodeTypes", True)
    selectNodeUponCreation = _option(bool, "selectNodeUponCreation", True)
    baseName = _option(str, "baseName", "")
    noneDisplay = _option(str, "noneDisplay", "None")
    currentNodeID = Property(str, lambda self: self._current, lambda self, value: self._choose(value))


def _observers_removed(scene: Any, tags: list[int]) -> Any:
    def remove() -> None:
        for tag in () if sys.is_finalizing() else tags:
            scene.RemoveObserver(tag)

    return remove


class _NotWritten(QWidget):
    """A class that exists in Slicer and that no module uses: making one says so."""

    def __init__(self, *arguments: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} has no stand-in yet.")


class qMRMLSliderWidget(_NotWritten): ...


class qMRMLSpinBox(_NotWritten): ...


class qMRMLRangeWidget(_NotWritten): ...


class qMRMLSubjectHierarchyComboBox(_NotWritten): ...


class qMRMLSubjectHierarchyTreeView(_NotWritten): ...


class qSlicerSimpleMarkupsWidget(_NotWritten): ...


class qSlicerWidget(_NotWritten): ...


MRML_WIDGETS: dict[str, Any] = {
    name: kind
    for name, kind in list(globals().items())
    if name.startswith(("qMRML", "qSlicer")) and isinstance(kind, type)
}

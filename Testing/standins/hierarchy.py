"""Stand-ins of the subject hierarchy's Qt side: plugins written in Python, and the handler that asks them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from PySide6.QtCore import Property, QObject

from .checkout import from_checkout
from .scripted import instance_from


class qSlicerSubjectHierarchyAbstractPlugin(QObject):
    """Base of all plugins."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._title = ""

    def _set_name(self, name: str) -> None:
        self._title = name

    name = Property(str, lambda self: self._title, _set_name)

    def visibilityIcon(self, visible: int) -> str:
        return f"eye {visible}"

    def setDisplayVisibility(self, item: int, visible: int) -> None:
        _node().SetItemDisplayVisibility(item, visible)

    def getDisplayVisibility(self, item: int) -> int:
        return int(_node().GetItemDisplayVisibility(item))


class qSlicerSubjectHierarchyScriptedPlugin(qSlicerSubjectHierarchyAbstractPlugin):
    """A plugin whose methods are those of a Python class."""

    def setPythonSource(self, path: str) -> bool:
        name = Path(path).stem
        if not name.endswith("SubjectHierarchyPlugin"):
            raise ValueError(f"{path}: Slicer looks for a class whose name ends in SubjectHierarchyPlugin.")
        self._python = instance_from(path, name, name, self)
        return True

    def self(self) -> Any:
        return self._python


class qSlicerSubjectHierarchyPluginHandler(QObject):
    """Knows every plugin, and which item the user is at."""

    displayPatientIDInSubjectHierarchyItemName = False
    displayPatientBirthDateInSubjectHierarchyItemName = False
    displayStudyIDInSubjectHierarchyItemName = False
    displayStudyDateInSubjectHierarchyItemName = False
    _only: Any = None

    @classmethod
    def instance(cls) -> Any:
        cls._only = cls._only or cls()
        return cls._only

    def __init__(self) -> None:
        super().__init__()
        default = qSlicerSubjectHierarchyAbstractPlugin()
        default.name = "Default"
        self._plugins: dict[str, Any] = {"Default": default}
        self._item = 0

    def registerPlugin(self, plugin: Any) -> bool:
        if not plugin.name or plugin.name in self._plugins:
            return False
        self._plugins[plugin.name] = plugin
        return True

    def pluginByName(self, name: str) -> Any:
        return self._plugins[name]

    def subjectHierarchyNode(self) -> Any:
        return _node()

    def currentItem(self) -> int:
        return self._item

    def setCurrentItem(self, item: int) -> None:
        self._item = item


class AbstractScriptedSubjectHierarchyPlugin:
    """Base of the Python classes."""

    def __init__(self, scriptedPlugin: Any) -> None:
        self.scriptedPlugin = scriptedPlugin
        slicer.qSlicerSubjectHierarchyPluginHandler.instance().registerPlugin(scriptedPlugin)


def _node() -> Any:
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)


def modules() -> dict[str, dict[str, Any]]:
    """What can be imported in the application, and what is in it."""
    name = "AbstractScriptedSubjectHierarchyPlugin"
    folder = ("Modules", "Loadable", "SubjectHierarchy", "Widgets", "Python", "SubjectHierarchyPlugins")
    real = from_checkout(*folder, f"{name}.py")
    base = getattr(real, name) if real else AbstractScriptedSubjectHierarchyPlugin
    return {name: {name: base}, "SubjectHierarchyPlugins": {}}


IN_SLICER = (
    qSlicerSubjectHierarchyAbstractPlugin,
    qSlicerSubjectHierarchyScriptedPlugin,
    qSlicerSubjectHierarchyPluginHandler,
)
"""What the module ``slicer`` itself shows."""

"""Stand-ins of the segment editor's Qt side, over its real logic: effects, their factory, a slice view to click into.

Only the members that the headers of qSlicerSegmentEditorAbstractEffect and qSlicerSegmentEditorScriptedEffect show.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from PySide6.QtCore import Property, QObject
from PySide6.QtGui import QVector3D
from PySide6.QtWidgets import QFormLayout, QFrame, QWidget

from .checkout import from_checkout
from .scripted import instance_from

_CALLED = {
    "activate",
    "deactivate",
    "setMRMLDefaults",
    "setupOptionsFrame",
    "updateGUIFromMRML",
}
"""What `_edit` calls of the Python class, as the editor does."""


_MODES = tuple(f"ModificationMode{name}" for name in ("Set", "Add", "Remove", "RemoveAll"))


class qMRMLSliceWidget(QWidget):
    """A slice view as an effect sees it."""

    def __init__(self, node: Any) -> None:
        super().__init__()
        self._node = node

    def mrmlSliceNode(self) -> Any:
        return self._node


class qSlicerSegmentEditorAbstractEffect(QObject):
    """Base of all effects."""

    ModificationModeSet, ModificationModeAdd, ModificationModeRemove, ModificationModeRemoveAll = range(4)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._values: dict[str, Any] = {"name": "", "title": "", "perSegment": True, "requireSegments": True}
        self._frame, self._node, self._logic, self._actors = QFrame(), None, None, []
        self._frame.setLayout(QFormLayout())

    def _told(kind: Any, name: str) -> Any:  # type: ignore[misc]
        def write(self: Any, value: Any) -> None:
            self._values[name] = value

        return Property(kind, lambda self: self._values[name], write)

    title = _told(str, "title")
    perSegment = _told(bool, "perSegment")
    requireSegments = _told(bool, "requireSegments")
    name = _told(str, "name")

    def parameterSetNode(self) -> Any:
        return self._node

    def optionsFrame(self) -> QFrame:
        return self._frame

    def addOptionsWidget(self, added: Any) -> None:
        self._frame.layout().addRow(added)

    def addLabeledOptionsWidget(self, label: str, added: Any) -> None:
        self._frame.layout().addRow(label, added)

    def parameter(self, name: str) -> str:
        value = self._node.GetAttribute(f"{self.name}.{name}")
        if value is None:
            raise KeyError(f"The effect has no parameter {name!r}: Slicer logs an error.")
        return str(value)

    def setParameter(self, name: str, value: str) -> None:
        """As Slicer does: an empty text takes the parameter away."""
        self._node.SetAttribute(f"{self.name}.{name}", value or None)

    def setParameterDefault(self, name: str, value: str) -> None:
        if self._node.GetAttribute(f"{self.name}.{name}") is None:
            self.setParameter(name, value)

    def confirmCurrentSegmentVisible(self) -> int:
        return 1

    def defaultModifierLabelmap(self) -> Any:
        if not self._logic.ResetModifierLabelmapToDefault():
            raise RuntimeError("The segmentation has no reference geometry.")
        return self._logic.GetModifierLabelmap()

    def modifySelectedSegmentByLabelmap(self, label_map: Any, mode: int, bypassMasking: bool = False) -> None:
        self._logic.ModifySegmentByLabelmap(
            self._node.GetSegmentationNode(),
            self._node.GetSelectedSegmentID(),
            label_map,
            getattr(slicer.vtkSlicerSegmentEditorLogic, _MODES[mode]),
            self.perSegment,
            bypassMasking,
        )

    def saveStateForUndo(self) -> None:
        self._logic.SaveStateForUndo()

    def addActor2D(self, view: qMRMLSliceWidget, actor: Any) -> None:
        self._actors.append((view, actor))

    def removeActor2D(self, view: qMRMLSliceWidget, actor: Any) -> None:
        self._actors.remove((view, actor))

    def scheduleRender(self, view: qMRMLSliceWidget) -> None:
        assert isinstance(view, qMRMLSliceWidget)

    def xyToRas(self, xy: Any, view: qMRMLSliceWidget) -> QVector3D:
        place = view.mrmlSliceNode().GetXYToRAS().MultiplyPoint((xy.x(), xy.y(), 0.0, 1.0))
        return QVector3D(*place[:3])


class qSlicerSegmentEditorScriptedEffect(qSlicerSegmentEditorAbstractEffect):
    """An effect whose methods are those of a Python class."""

    def setPythonSource(self, path: str) -> bool:
        stem = Path(path).stem
        kind = stem if stem.endswith("Effect") else stem + "Effect"
        self._python = instance_from(path, Path(path).parent.name, kind, self)
        return True

    def self(self) -> Any:
        return self._python

    def _edit(self, node: Any, logic: Any) -> None:
        """What the editor does when the user chooses the effect."""
        self._node, self._logic = node, logic
        self._ask("setMRMLDefaults")
        self._ask("setupOptionsFrame")
        self._ask("updateGUIFromMRML")
        self._ask("activate")

    def _ask(self, name: str, *values: Any) -> Any:
        """Call a method of the Python class, where it has it."""
        assert name in _CALLED
        own = getattr(self._python, name, None)
        return own(*values) if own is not None else None


class qSlicerSegmentEditorEffectFactory(QObject):
    """Knows every effect."""

    _only: Any = None

    @classmethod
    def instance(cls) -> Any:
        cls._only = cls._only or cls()
        return cls._only

    def __init__(self) -> None:
        super().__init__()
        self._effects: dict[str, Any] = {}

    def registerEffect(self, effect: Any) -> bool:
        if not effect.name or effect.name in self._effects:
            return False
        self._effects[effect.name] = effect
        return True

    def registeredEffects(self) -> list[Any]:
        return list(self._effects.values())


class AbstractScriptedSegmentEditorEffect:
    """Base of the Python classes."""

    def __init__(self, scriptedEffect: Any) -> None:
        self.scriptedEffect = scriptedEffect

    def register(self) -> None:
        slicer.qSlicerSegmentEditorEffectFactory.instance().registerEffect(self.scriptedEffect)

    def xyToRas(self, xy: Any, viewWidget: Any) -> list[float]:
        import qt

        place = self.scriptedEffect.xyToRas(qt.QPoint(xy[0], xy[1]), viewWidget)
        return [place.x(), place.y(), place.z()]


def modules() -> dict[str, dict[str, Any]]:
    """What can be imported in the application, and what is in it."""
    folder = ("Modules", "Loadable", "Segmentations", "EditorEffects", "Python", "SegmentEditorEffects")
    real = from_checkout(*folder, "AbstractScriptedSegmentEditorEffect.py")
    base = real.AbstractScriptedSegmentEditorEffect if real else AbstractScriptedSegmentEditorEffect
    return {
        "SegmentEditorEffects": {"AbstractScriptedSegmentEditorEffect": base},
        "qSlicerSegmentationsEditorEffectsPythonQt": {
            "qSlicerSegmentEditorScriptedEffect": qSlicerSegmentEditorScriptedEffect
        },
    }


IN_SLICER = (qMRMLSliceWidget, qSlicerSegmentEditorAbstractEffect, qSlicerSegmentEditorEffectFactory)
"""What the module ``slicer`` itself shows."""

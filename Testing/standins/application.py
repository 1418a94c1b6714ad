"""Stand-in of the running application: ``slicer.app``, the scene, the list of modules, and loading one of ours."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import slicer
import vtk
from PySide6.QtCore import QEvent, QObject, QSettings, Signal
from PySide6.QtWidgets import QApplication, QVBoxLayout

from . import mrml_widgets


class qSlicerModuleManager(QObject):
    """Stand-in of qSlicerModuleManager."""

    moduleAboutToBeUnloaded = Signal(str)


class qSlicerLayoutManager:
    """Stand-in of qSlicerLayoutManager: counts what it was asked for."""

    def __init__(self) -> None:
        self.slice_resets = 0

    def resetSliceViews(self) -> None:
        self.slice_resets += 1

    def mrmlSliceLogics(self) -> Any:
        return vtk.vtkCollection()

    def resetThreeDViews(self) -> None:
        """Nothing to reset without views."""


class qSlicerApplication(QApplication):
    """Stand-in of qSlicerApplication, always in testing mode: no message box opens."""

    startupCompleted = Signal()
    applicationName = "Slicer"
    documentationBaseUrl = ""

    def __init__(self) -> None:
        super().__init__(["slicer-stand-in"])
        self._modules, self._layout = qSlicerModuleManager(), qSlicerLayoutManager()
        self._unpacked = tempfile.TemporaryDirectory(prefix="boneir-standins-")
        self._cursors: list[Any] = []

    def serve(self, scene: Any) -> None:
        """Give a scene the logics that the application has for it."""
        self._logic = slicer.vtkSlicerApplicationLogic()
        self._logic.SetMRMLScene(scene)
        self._input = _input_logics(scene, self._logic, self._unpacked.name)

    @property
    def temporaryPath(self) -> str:
        return self._unpacked.name

    def testingEnabled(self) -> bool:
        return True

    def moduleManager(self) -> qSlicerModuleManager:
        return self._modules

    def layoutManager(self) -> qSlicerLayoutManager:
        return self._layout

    def mrmlScene(self) -> Any:
        return slicer.mrmlScene

    def applicationLogic(self) -> Any:
        return self._logic

    def translate(self, context: str, text: str) -> str:
        return text

    def settings(self) -> QSettings:
        return QSettings(str(Path(tempfile.gettempdir()) / "boneir-standins.ini"), QSettings.IniFormat)

    def setOverrideCursor(self, cursor: Any) -> None:
        self._cursors.append(cursor)

    def restoreOverrideCursor(self) -> None:
        self._cursors.pop()

    def moduleDocumentationUrl(self, name: str) -> str:
        return name

    def pauseRender(self) -> None:
        """No views."""

    def resumeRender(self) -> None:
        """No views."""


def _input_logics(scene: Any, application_logic: Any, cache: str) -> tuple[Any, Any]:
    """What the application has so that a scene in one file can be opened."""
    remote, manager = slicer.vtkMRMLRemoteIOLogic(), slicer.vtkDataIOManagerLogic()
    remote.GetCacheManager().SetRemoteCacheDirectory(cache)
    remote.SetMRMLScene(scene)
    remote.AddDataIOToScene()
    manager.SetMRMLApplicationLogic(application_logic)
    manager.SetAndObserveDataIOManager(remote.GetDataIOManager())
    return remote, manager


class LoadableModule:
    """A module of Slicer's own whose logic slicer-core has."""

    def __init__(self, logic: Any) -> None:
        self._logic = logic

    def logic(self) -> Any:
        return self._logic


def load_module(path: Path) -> Any:
    """Do with a scripted module's file what Slicer's factory does at start-up; give its description."""
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.append(folder)
    code = importlib.import_module(path.stem)
    described = mrml_widgets.qSlicerScriptedLoadableModule(str(path))
    instance = getattr(code, path.stem)(described)
    setattr(slicer.modules, path.stem + "Instance", instance)
    setattr(slicer.modules, path.stem.lower(), described)
    setattr(slicer.moduleNames, path.stem, path.stem)
    return described


def open_module(name: str) -> Any:
    """Make a module's panel as the application does when the user first selects the module; give its widget object."""
    parent = mrml_widgets.qSlicerScriptedLoadableModuleWidget()
    parent.setLayout(QVBoxLayout())
    parent.setMRMLScene(slicer.mrmlScene)
    widget = getattr(sys.modules[name], name + "Widget")(parent)
    setattr(slicer.modules, name + "Widget", widget)
    widget.setup()
    return widget


def enter_module(widget: Any) -> None:
    """Select a module: its panel is shown and told so."""
    widget.parent._entered = True
    widget.enter()


def leave_module(widget: Any) -> None:
    """Select another module."""
    widget.parent._entered = False
    widget.exit()


def close_module(widget: Any) -> None:
    """Do what the application does at its end: leave the module, let it clean up, delete its panel."""
    leave_module(widget)
    slicer.app.moduleManager().moduleAboutToBeUnloaded.emit(widget.moduleName)
    widget.parent.setMRMLScene(None)
    widget.parent.close()
    widget.parent.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.DeferredDelete)


def observers_of(node: Any) -> int:
    """How many observers a VTK object has, as VTK itself prints them."""
    return str(node).count("vtkObserver (")

"""Puts the stand-ins where modules look for Slicer, and takes them away again.

Where the environment variable BONEIR_SLICER_PYTHON names the folder ``Base/Python`` of a checkout of Slicer, its own
Python files take the place of ours.
"""

from __future__ import annotations

import importlib
import os
import sys
import types
from typing import Any

from .checkout import SLICER_PYTHON, base_module

OURS = {
    "slicer.i18n": "standins.i18n",
    "slicer.ScriptedLoadableModule": "standins.scripted_module",
    "slicer.parameterNodeWrapper": "standins.parameter_node_package",
    "slicer.packaging": "standins.packages",
}
"""Modules of Slicer that slicer-core does not hold, and our own in their place."""

_added_modules: list[str] = []
_added_names: list[str] = []
_kept: dict[str, Any] = {}


def install() -> None:
    """Make ``qt``, ``ctk`` and the rest of ``slicer`` importable, once, over the real slicer-core."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from . import ctk_widgets, mrml_widgets, pythonqt, ui_loader

    pythonqt.behave_like_pythonqt()
    custom = {**ctk_widgets.CTK_WIDGETS, **mrml_widgets.MRML_WIDGETS}
    ui_loader.StrictUiLoader.custom_widgets = custom
    _add_module("qt", {**pythonqt.qt_classes(), "QUiLoader": ui_loader.StrictUiLoader})
    _add_module("ctk", ctk_widgets.CTK_WIDGETS)
    _furnish_slicer(mrml_widgets.MRML_WIDGETS)
    from . import dicom, hierarchy, segment_editor

    parts = (dicom, hierarchy, segment_editor)
    for kind in (kind for part in parts for kind in part.IN_SLICER):
        _name_in_slicer(kind.__name__, kind)
    _name_in_slicer("dicomDatabase", dicom.ctkDICOMDatabase())
    sys.modules["slicer.modules"].dicomPlugins = {}  # type: ignore[attr-defined]
    for name, ours in OURS.items():
        _put(name, base_module(name) if SLICER_PYTHON else importlib.import_module(ours))
    if SLICER_PYTHON:
        _put("slicer.util", base_module("slicer.util"))
    for part in parts:
        for name, members in part.modules().items():
            _add_module(name, members)


def remove() -> None:
    """Undo `install`, so that other tests find slicer-core as it is."""
    import slicer

    ours = ("boneir.gui", "boneir_effects", "BoneIR", "slicer.parameterNodeWrapper.")
    for name in [name for name in sys.modules if name in _added_modules or name.startswith(ours)]:
        sys.modules.pop(name)
    for name in _added_names:
        delattr(slicer, name)
    for name, value in _kept.items():
        sys.modules[f"slicer.{name}"] = value
        setattr(slicer, name, value)
    for names in (_added_modules, _added_names, _kept):
        names.clear()


def _add_module(name: str, members: dict[str, Any]) -> None:
    module = types.ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module
    _added_modules.append(name)


def _name_in_slicer(name: str, value: Any) -> None:
    import slicer

    setattr(slicer, name, value)
    _added_names.append(name)


def _furnish_slicer(widgets: dict[str, Any]) -> None:
    import slicer

    from . import application

    for name, kind in widgets.items():
        _name_in_slicer(name, kind)
    for name in ("modules", "moduleNames"):
        _add_module(f"slicer.{name}", {})
        _name_in_slicer(name, sys.modules[f"slicer.{name}"])
    _name_in_slicer("mrmlScene", slicer.vtkMRMLScene())
    from PySide6.QtWidgets import QApplication

    existing = QApplication.instance()
    running = existing if isinstance(existing, application.qSlicerApplication) else application.qSlicerApplication()
    running.serve(slicer.mrmlScene)
    _name_in_slicer("app", running)
    logic = slicer.vtkSlicerMarkupsLogic()
    logic.SetMRMLScene(slicer.mrmlScene)
    running.applicationLogic().SetModuleLogic("Markups", logic)
    slicer.modules.markups = application.LoadableModule(logic)
    slicer.modules.terminologies = application.LoadableModule(slicer.vtkSlicerTerminologiesModuleLogic())


def _put(name: str, module: Any) -> None:
    import slicer

    short = name.removeprefix("slicer.")
    if hasattr(slicer, short):
        _kept[short] = getattr(slicer, short)
    else:
        _added_names.append(short)
        _added_modules.append(name)
    sys.modules[name] = module
    setattr(slicer, short, module)

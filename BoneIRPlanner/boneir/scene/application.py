"""A scene as the application sets one up: the nodes and node classes that needles, units and files rely on."""

from __future__ import annotations

from typing import Any

from .core import slicer


def new_scene() -> Any:
    """An empty vtkMRMLScene that needs no application.

    The logics that prepare it may go afterwards: what they added stays with the scene.
    """
    scene = slicer.vtkMRMLScene()
    application = slicer.vtkSlicerApplicationLogic()
    application.SetMRMLScene(scene)  # makes the selection node that markups and units look for
    prepare(scene, application)
    return scene


def prepare(scene: Any, application: Any) -> tuple[Any, ...]:
    """Let the logics of units, markups and segmentations register what they own in a scene."""
    logics = (
        slicer.vtkSlicerUnitsLogic(),
        slicer.vtkSlicerMarkupsLogic(),
        slicer.vtkSlicerSegmentationsModuleLogic(),
    )
    for logic in logics:
        logic.SetMRMLApplicationLogic(application)
        logic.SetMRMLScene(scene)
    return logics

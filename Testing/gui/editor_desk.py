"""The segment editor with the effect "Bone lesion", one slice view and a mouse, over the editor's real logic."""

from __future__ import annotations

from typing import Any

import numpy as np


def registered_effect() -> Any:
    """The effect, registered as Slicer does when it starts."""
    import slicer

    from boneir.gui.register_effect import register_effect

    forget_effects()
    register_effect()
    (registered,) = slicer.qSlicerSegmentEditorEffectFactory.instance().registeredEffects()
    return registered


def forget_effects() -> None:
    """No effect is registered any more."""
    import slicer

    slicer.qSlicerSegmentEditorEffectFactory._only = None


class Desk:
    """An editor with the effect, one slice view and a mouse."""

    def __init__(self, scene: Any, effect: Any, volume: Any, outlines: Any, segment: str) -> None:
        import slicer

        self.logic, self.node = slicer.vtkSlicerSegmentEditorLogic(), slicer.vtkMRMLSegmentEditorNode()
        self.node = scene.AddNode(self.node)
        self.logic.SetMRMLScene(scene)
        self.logic.SetSegmentEditorNode(self.node)
        self.node.SetAndObserveSegmentationNode(outlines)
        self.node.SetAndObserveSourceVolumeNode(volume)
        self.node.SetSelectedSegmentID(segment)
        self.effect, self.segment, self.outlines = effect, segment, outlines
        slicer.vtkSlicerSegmentationsModuleLogic().SetMRMLScene(scene)
        self.history = slicer.vtkSegmentationHistory()
        self.logic.SetSegmentationHistory(self.history)
        self.history.SetSegmentation(outlines.GetSegmentation())
        self.slice = scene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
        self.slice.SetDimensions(400, 400, 1)
        self.slice.SetFieldOfView(200, 200, 1)
        self.view = slicer.qMRMLSliceWidget(self.slice)
        effect._edit(self.node, self.logic)

    def xy(self, lps: Any) -> tuple[int, int]:
        """Pixel of a place; the slice is moved to it."""
        import vtk

        x, y, z = -lps[0], -lps[1], lps[2]
        self.slice.JumpSliceByOffsetting(x, y, z)
        back = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self.slice.GetXYToRAS(), back)
        px, py, *_ = back.MultiplyPoint((x, y, z, 1.0))
        return round(px), round(py)

    def scribble(self, *places: Any, shift: int = 0) -> bool:
        import vtk

        interactor, python = vtk.vtkGenericRenderWindowInteractor(), self.effect.self()
        last, taken = (0, 0), False
        for number, place in enumerate(places):
            last = self.xy(place)
            interactor.SetEventInformation(*last, 0, shift)
            event = vtk.vtkCommand.MouseMoveEvent if number else vtk.vtkCommand.LeftButtonPressEvent
            taken = python.processInteractionEvents(interactor, event, self.view)
            assert len(self.effect._actors) == (0 if shift else 1)
        return taken and bool(
            python.processInteractionEvents(interactor, vtk.vtkCommand.LeftButtonReleaseEvent, self.view)
        )

    def voxels(self, segment: Any = None) -> np.ndarray:
        """A segment, mostly that of the lesion, on the grid of the image."""
        from boneir.scene.outlines import _mask_of

        segment = segment or self.outlines.GetSegmentation().GetSegment(self.segment)
        return _mask_of(segment, np.eye(4), self.grid).full()

    grid: Any = None

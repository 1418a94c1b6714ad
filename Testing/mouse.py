"""A slice view with a mouse: the real interaction of Slicer's markups, drawn off the screen."""

from __future__ import annotations

from typing import Any

import numpy as np


class SliceWithMouse:
    """A slice view of a scene into which a mouse can be moved, pressed and released.

    Parameters
    ----------
    scene : vtkMRMLScene
    application : vtkMRMLApplicationLogic
        Of that scene.
    centre_ras : sequence of float
        Middle of the view.
    normal_ras, up_ras : sequence of float
        Unit vectors: towards the reader, and up.
    size_px : tuple of int
    field_mm : float
        What the width spans.
    """

    def __init__(
        self,
        scene: Any,
        application: Any,
        centre_ras: Any,
        normal_ras: Any = (0.0, 0.0, 1.0),
        up_ras: Any = (0.0, 1.0, 0.0),
        size_px: tuple[int, int] = (500, 400),
        field_mm: float = 250.0,
    ) -> None:
        import slicer
        import vtk

        self.window = vtk.vtkRenderWindow()
        self.window.SetOffScreenRendering(1)
        self.window.SetMultiSamples(0)
        self.window.SetSize(*size_px)
        self.renderer = vtk.vtkRenderer()
        self.renderer.GetActiveCamera().ParallelProjectionOn()
        self.window.AddRenderer(self.renderer)
        self.interactor = vtk.vtkGenericRenderWindowInteractor()
        self.interactor.SetRenderWindow(self.window)
        self.logic = slicer.vtkMRMLSliceLogic()
        self.logic.SetMRMLApplicationLogic(application)
        self.logic.SetMRMLScene(scene)
        self.node = self.logic.AddSliceNode("Mouse")
        self._collection = application.GetSliceLogics() or vtk.vtkCollection()
        self._collection.AddItem(self.logic)
        application.SetSliceLogics(self._collection)
        self._look(centre_ras, normal_ras, up_ras, size_px, field_mm)
        self._group = slicer.vtkMRMLDisplayableManagerGroup()
        self._group.SetRenderer(self.renderer)
        for name in ("vtkMRMLMarkupsDisplayableManager", "vtkMRMLModelSliceDisplayableManager"):
            manager = getattr(slicer, name)()
            manager.SetMRMLApplicationLogic(application)
            self._group.AddDisplayableManager(manager)
        self._group.SetMRMLDisplayableNode(self.node)
        self._style = slicer.vtkMRMLSliceViewInteractorStyle()
        self._style.SetSliceLogic(self.logic)
        self._style.SetDisplayableManagers(self._group)
        self.interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self._style.SetInteractor(self.interactor)
        self.interactor.Initialize()
        self.interactor.Enable()
        self.window.Render()

    def pixel_of(self, place_ras: Any) -> tuple[int, int]:
        """The pixel that a place falls on."""
        import vtk

        inverse = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self.node.GetXYToRAS(), inverse)
        x, y, *_ = inverse.MultiplyPoint((*place_ras, 1.0))
        return round(x), round(y)

    def place_of(self, pixel: tuple[int, int]) -> Any:
        """RAS mm of a pixel, in the plane of the view."""
        return np.array(self.node.GetXYToRAS().MultiplyPoint((*pixel, 0.0, 1.0))[:3])

    def send(self, event: str, pixel: tuple[int, int]) -> None:
        """Let the mouse do something at a pixel; y counts from below."""
        self.interactor.SetEventInformation(*pixel, 0, 0, "\0", 0, None)
        self.interactor.InvokeEvent(event)

    def press(self, pixel: tuple[int, int]) -> None:
        """Move there and press the left button."""
        self.send("MouseMoveEvent", pixel)  # the first move may only bring the mouse into the view
        self.send("MouseMoveEvent", pixel)
        self.send("LeftButtonPressEvent", pixel)

    def move(self, pixel: tuple[int, int]) -> None:
        """Move the mouse."""
        self.send("MouseMoveEvent", pixel)

    def release(self, pixel: tuple[int, int]) -> None:
        """Release the left button."""
        self.send("LeftButtonReleaseEvent", pixel)

    def close(self) -> None:
        """Let go of the scene."""
        self.interactor.Disable()
        self._group.SetMRMLDisplayableNode(None)
        self._style.SetInteractor(None)
        self._style.SetDisplayableManagers(None)
        self._collection.RemoveItem(self.logic)
        scene = self.node.GetScene()
        self.logic.SetMRMLScene(None)
        if scene is not None:
            scene.RemoveNode(self.node)
        self.window.Finalize()

    def _look(self, centre: Any, normal: Any, up: Any, size_px: tuple[int, int], field_mm: float) -> None:
        import vtk

        right = np.cross(up, normal)
        matrix = vtk.vtkMatrix4x4()
        for column, vector in enumerate((right, up, normal, centre)):
            for row in range(3):
                matrix.SetElement(row, column, float(vector[row]))
        self.logic.ResizeSliceNode(*size_px)
        blocked = self.node.StartModify()
        self.node.SetDimensions(*size_px, 1)
        self.node.SetFieldOfView(field_mm, field_mm * size_px[1] / size_px[0], 1.0)
        self.node.GetSliceToRAS().DeepCopy(matrix)
        self.node.UpdateMatrices()
        self.node.EndModify(blocked)

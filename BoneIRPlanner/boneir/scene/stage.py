"""What pictures are taken of: a scene of its own with image, surfaces and needles, and Slicer's views of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..case import Image
from .application import prepare
from .colours import NEEDLE, Colour
from .core import numpy_support, slicer, vtk
from .frames import Frame
from .needles import cylinder
from .ras import to_ras, vtk_matrix
from .tools import Tool
from .volume import show_image

Pixels = NDArray[np.uint8]
"""Picture (height, width, 3), the first row on top."""

_SURFACE = "Closed surface"
_SLICE_MANAGERS = ("vtkMRMLSegmentationsDisplayableManager2D", "vtkMRMLRulerDisplayableManager")
_SPACE_MANAGERS = (
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLOrientationMarkerDisplayableManager",
)


class Stage:
    """A scene for pictures; nothing of it is ever in the user's scene."""

    def __init__(self, image: Image) -> None:
        self.scene = slicer.vtkMRMLScene()
        self.application = slicer.vtkSlicerApplicationLogic()
        self.application.SetMRMLScene(self.scene)
        self._logics = prepare(self.scene, self.application)
        colours = self.application.GetColorLogic()
        if colours is not None:
            colours.SetMRMLScene(self.scene)
            colours.AddDefaultColorNodes()
        self.volume = show_image(self.scene, image)
        self._slices = vtk.vtkCollection()
        self.application.SetSliceLogics(self._slices)
        self._views = vtk.vtkCollection()
        self.application.SetViewLogics(self._views)

    def add_slice_logic(self, logic: Any) -> None:
        """Make a slice known to the managers that look for it."""
        self._slices.AddItem(logic)

    def surfaces(self, name: str, *, in_slices: bool, line_px: int = 3) -> Surfaces:
        """A segmentation node that takes surfaces."""
        return Surfaces(self.scene, name, in_slices, line_px)

    def add_needle(self, tool: Tool, diameter_mm: float) -> None:
        """Show an instrument in space, with its true diameter."""
        node = self.scene.AddNewNodeByClass("vtkMRMLModelNode", tool.title)
        node.SetAndObservePolyData(cylinder(tool.trajectory, diameter_mm))
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetColor(*NEEDLE)
        display.SetAmbient(0.4)


class Surfaces:
    """A segmentation whose segments are surfaces."""

    def __init__(self, scene: Any, name: str, in_slices: bool, line_px: int) -> None:
        self._node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
        self._node.CreateDefaultDisplayNodes()
        self._node.GetSegmentation().SetSourceRepresentationName(_SURFACE)
        self._display = self._node.GetDisplayNode()
        self._display.SetPreferredDisplayRepresentationName2D(_SURFACE)
        self._display.SetPreferredDisplayRepresentationName3D(_SURFACE)
        self._display.SetVisibility2DFill(False)
        self._display.SetVisibility2DOutline(in_slices)
        self._display.SetSliceIntersectionThickness(line_px)
        self._display.SetBackfaceCulling(True)

    def add(self, name: str, surface: Any, colour: Colour, opacity: float, *, in_space: bool = True) -> None:
        """Add one surface in RAS mm; its opacity counts in space only."""
        segment = slicer.vtkSegment()
        segment.SetName(name)
        segment.SetColor(*colour)
        segment.AddRepresentation(_SURFACE, surface)
        self._node.GetSegmentation().AddSegment(segment, name)
        self._display.SetSegmentOpacity3D(name, opacity)
        self._display.SetSegmentVisibility3D(name, in_space)


class SliceView:
    """Slicer's slice view, drawn off the screen on demand only."""

    def __init__(self, stage: Stage, size_px: tuple[int, int]) -> None:
        self._size = size_px
        self._window = offscreen_window(size_px)
        self.renderer = vtk.vtkRenderer()
        self.renderer.GetActiveCamera().ParallelProjectionOn()
        self._window.AddRenderer(self.renderer)
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(stage.application)
        self._logic.SetMRMLScene(stage.scene)
        self._node = self._logic.AddSliceNode("Picture")
        stage.add_slice_logic(self._logic)
        self._group = _managers(stage, _SLICE_MANAGERS, self.renderer, self._node)
        self._node.SetRulerType(self._node.RulerTypeThin)
        self._logic.ResizeSliceNode(*size_px)
        self._logic.GetSliceCompositeNode().SetBackgroundVolumeID(stage.volume.GetID())
        self._add_image()

    def picture(self, frame: Frame) -> Pixels:
        """The slice in a frame, with everything drawn over it."""
        matrix = np.eye(4)
        for column, vector in enumerate((frame.right, frame.up, frame.normal)):
            matrix[:3, column] = to_ras(vector)
        matrix[:3, 3] = to_ras(frame.centre_mm)
        node = self._node
        blocked = node.StartModify()
        node.SetDimensions(*self._size, 1)
        node.SetFieldOfView(frame.width_mm, frame.height_mm, 1.0)
        node.GetSliceToRAS().DeepCopy(vtk_matrix(matrix))
        node.UpdateMatrices()
        node.EndModify(blocked)
        return grabbed(self._window)

    def _add_image(self) -> None:
        """The image itself: the application does this in a widget, so that the core has nothing for it."""
        mapper = vtk.vtkImageMapper()
        mapper.SetColorWindow(255)
        mapper.SetColorLevel(127.5)
        mapper.SetInputConnection(self._logic.GetImageDataConnection())
        actor = vtk.vtkActor2D()
        actor.SetMapper(mapper)
        actor.GetProperty().SetDisplayLocationToBackground()
        self.renderer.AddViewProp(actor)


class SpaceView:
    """Slicer's 3D view, drawn off the screen on demand only."""

    def __init__(self, stage: Stage, size_px: tuple[int, int]) -> None:
        self._window = offscreen_window(size_px)
        self.renderer = vtk.vtkRenderer()
        # Translucent surfaces vanish in software drawing where peeling and multi-sampling come together.
        self.renderer.SetUseDepthPeeling(False)
        self._window.AddRenderer(self.renderer)
        node = stage.scene.AddNewNodeByClass("vtkMRMLViewNode", "Picture")
        node.SetBoxVisible(False)
        node.SetAxisLabelsVisible(False)
        node.SetOrientationMarkerType(node.OrientationMarkerTypeCube)
        node.SetOrientationMarkerSize(node.OrientationMarkerSizeMedium)
        self._group = _managers(stage, _SPACE_MANAGERS, self.renderer, node)

    def picture(
        self, focus_mm: NDArray[np.float64], from_mm: NDArray[np.float64], up: NDArray[np.float64], height_mm: float
    ) -> Pixels:
        """The surfaces as seen from a point towards another; `height_mm` is what the picture spans at the focus."""
        camera = self.renderer.GetActiveCamera()
        camera.ParallelProjectionOn()
        camera.SetFocalPoint(*to_ras(focus_mm))
        camera.SetPosition(*to_ras(from_mm))
        camera.SetViewUp(*to_ras(up))
        camera.SetParallelScale(height_mm / 2)
        self.renderer.ResetCameraClippingRange()
        return grabbed(self._window)


def offscreen_window(size_px: tuple[int, int]) -> Any:
    """A window that is drawn off the screen, without the multi-sampling that software drawing does not bear."""
    window = vtk.vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*size_px)
    interactor = vtk.vtkRenderWindowInteractor()
    interactor.SetRenderWindow(window)
    return window


def _managers(stage: Stage, names: tuple[str, ...], renderer: Any, view_node: Any) -> Any:
    """A group of Slicer's displayable managers that draws what the scene holds into a renderer.

    The factories of such managers are one for the whole process: inside of the application they belong to it.
    """
    group = slicer.vtkMRMLDisplayableManagerGroup()
    group.SetRenderer(renderer)
    for name in names:
        manager = getattr(slicer, name)()
        manager.SetMRMLApplicationLogic(stage.application)
        group.AddDisplayableManager(manager)
    group.SetMRMLDisplayableNode(view_node)
    return group


def grabbed(window: Any) -> Pixels:
    """Draw a window once and take its pixels."""
    window.Render()
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.SetInputBufferTypeToRGB()
    grab.ReadFrontBufferOff()
    grab.ShouldRerenderOff()
    grab.Update()
    data = grab.GetOutput()
    width, height, _ = data.GetDimensions()
    flat = numpy_support.vtk_to_numpy(data.GetPointData().GetScalars())
    return np.ascontiguousarray(flat.reshape(height, width, 3)[::-1])

"""Slice views along and across a needle, and back; a layout in which all of them are seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plan import Trajectory
from .core import slicer
from .frames import Frame, along_frames, down_frame
from .ras import to_lps, to_ras, vtk_matrix

LAYOUT = 5710
"""Identifier of the layout; built-in ones are below 100."""

ACROSS, ALONG, ALONG_TOO = "Red", "Yellow", "Green"
"""Slice views: down the needle, and the two planes that hold it."""

_SQUARE = (400, 400)
_PLAIN = {ACROSS: "Axial", ALONG: "Sagittal", ALONG_TOO: "Coronal"}
_AXES = {
    "Axial": ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0)),
    "Sagittal": ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "Coronal": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
}
"""What is right and up (LPS) where the scene has no named planes of its own."""
_VIEW = (
    '<item><view class="vtkMRMLSliceNode" singletontag="{name}">'
    '<property name="orientation" action="default">{plain}</property>'
    '<property name="viewlabel" action="default">{label}</property>'
    '<property name="viewcolor" action="default">{colour}</property></view></item>'
)
_COLOURS = {ACROSS: "#F34A33", ALONG: "#EDD54C", ALONG_TOO: "#6EB04B"}


def show_along_needle(scene: Any, way: Trajectory, depth_mm: float | None = None) -> None:
    """Turn the slice views to a needle: one looks down on it, two hold it.

    Parameters
    ----------
    scene : vtkMRMLScene
    way : Trajectory
    depth_mm : float or None
        How deep the view down the needle lies; None for the tip.
    """
    depth = way.length_mm if depth_mm is None else min(max(depth_mm, 0.0), way.length_mm)
    first, second = along_frames(way, _SQUARE)
    show_frame(scene, ACROSS, down_frame(way, depth, first.width_mm, _SQUARE))
    show_frame(scene, ALONG, first)
    show_frame(scene, ALONG_TOO, second)


def show_depth(scene: Any, way: Trajectory, depth_mm: float) -> None:
    """Move the view down the needle to another depth."""
    depth = min(max(depth_mm, 0.0), way.length_mm)
    show_frame(scene, ACROSS, down_frame(way, depth, 100.0, _SQUARE))


def show_plain(scene: Any, through: Trajectory | None = None) -> None:
    """Turn the slice views back to axial, sagittal and coronal, through the tip of a needle where there is one."""
    for name, orientation in _PLAIN.items():
        node = slice_node(scene, name)
        if node is None:
            continue
        if node.HasSliceOrientationPreset(orientation):
            node.SetOrientation(orientation)
        else:
            right, up = _AXES[orientation]
            origin = [node.GetSliceToRAS().GetElement(row, 3) for row in range(3)]
            show_frame(scene, name, Frame(to_lps(origin), np.array(right), np.array(up), 100.0, _SQUARE))
        if through is not None:
            node.JumpSliceByCentering(*to_ras(through.tip_mm))


def show_frame(scene: Any, name: str, frame: Frame) -> None:
    """Put a slice view into a plane; what it spans stays as the user has it."""
    node = slice_node(scene, name)
    if node is None:
        return
    matrix = np.eye(4)
    for column, vector in enumerate((frame.right, frame.up, frame.normal)):
        matrix[:3, column] = to_ras(vector)
    matrix[:3, 3] = to_ras(frame.centre_mm)
    node.GetSliceToRAS().DeepCopy(vtk_matrix(matrix))
    node.UpdateMatrices()


def slice_node(scene: Any, name: str) -> Any:
    """The slice view of that name, or None where the layout has none."""
    return scene.GetSingletonNode(name, "vtkMRMLSliceNode")


def use_layout(scene: Any) -> None:
    """Show the layout for a needle: a view in space beside the views down and along the needle."""
    arrange_views(scene, LAYOUT, layout_description())


def arrange_views(scene: Any, number: int, description: str) -> None:
    """Show a layout of our own, which Slicer learns under its number where it does not know it yet."""
    node = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    if node is None:
        node = scene.AddNode(slicer.vtkMRMLLayoutNode())
    if not node.IsLayoutDescription(number):
        node.AddLayoutDescription(number, description)
    node.SetViewArrangement(number)


def layout_description() -> str:
    """The layout as Slicer reads it."""
    views = {name: _VIEW.format(name=name, plain=_PLAIN[name], label=name[0], colour=_COLOURS[name]) for name in _PLAIN}
    space = (
        '<item><view class="vtkMRMLViewNode" singletontag="1">'
        '<property name="viewlabel" action="default">1</property></view></item>'
    )
    return (
        '<layout type="vertical" split="true">'
        f'<item><layout type="horizontal" split="true">{views[ACROSS]}{space}</layout></item>'
        f'<item><layout type="horizontal" split="true">{views[ALONG]}{views[ALONG_TOO]}</layout></item>'
        "</layout>"
    )

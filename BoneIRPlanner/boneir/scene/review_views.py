"""Two images in Slicer's own slice views, blended or mixed, with linked slices and cursor; what lies over them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from ..case import Image
from .core import slicer
from .marks import Part, mark, marked, remove_marked
from .reslice import ACROSS, ALONG, ALONG_TOO, arrange_views
from .volume import show_image

LAYOUT = 5711
"""Identifier of the layout for review; built-in ones are below 100."""

_VIEW = (
    '<item><view class="vtkMRMLSliceNode" singletontag="{name}">'
    '<property name="orientation" action="default">{plane}</property>'
    '<property name="viewlabel" action="default">{name}</property></view></item>'
)
_PLANES = {ACROSS: "Axial", ALONG: "Sagittal", ALONG_TOO: "Coronal"}


class Overlay(StrEnum):
    """What lies over the images."""

    PLAN = "plan"
    ZONES = "zones"
    SHELLS = "shells"
    """The sure and the possible extent of zones: inner and outer outline."""


def use_review_layout(scene: Any) -> None:
    """Show the layout for review: three slice views beside each other, linked, with one cursor in all of them."""
    arrange_views(scene, LAYOUT, layout_description())
    link_views(scene)


def layout_description() -> str:
    """The layout as Slicer reads it."""
    views = "".join(_VIEW.format(name=name, plane=plane) for name, plane in _PLANES.items())
    return f'<layout type="horizontal" split="true">{views}</layout>'


def link_views(scene: Any) -> None:
    """Let the slice views move together and show one cursor."""
    for node in composites(scene):
        node.SetLinkedControl(True)
    cross = scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if cross is None:
        cross = scene.AddNewNodeByClass("vtkMRMLCrosshairNode")
    cross.SetCrosshairMode(slicer.vtkMRMLCrosshairNode.ShowBasic)
    cross.SetCrosshairBehavior(slicer.vtkMRMLCrosshairNode.OffsetJumpSlice)


def show_blend(scene: Any, fixed: Any, other: Any, share: float) -> None:
    """Show an image over another in every slice view.

    Parameters
    ----------
    scene : vtkMRMLScene
    fixed, other : vtkMRMLScalarVolumeNode or None
    share : float
        How much of the other is seen, 0 to 1.
    """
    for node in composites(scene):
        node.SetBackgroundVolumeID(fixed.GetID() if fixed is not None else None)
        node.SetForegroundVolumeID(other.GetID() if other is not None else None)
        node.SetForegroundOpacity(min(max(share, 0.0), 1.0))


def show_mixed(scene: Any, image: Image) -> Any:
    """Show a volume that holds both images already, in place of the last one; give its node."""
    remove_marked(scene, Part.MIXED)
    node = show_image(scene, image, image.source.series_description)
    mark(node, Part.MIXED)
    node.GetDisplayNode().SetWindowLevel(1000.0, 500.0)
    show_blend(scene, node, None, 0.0)
    return node


def remove_mixed(scene: Any) -> None:
    """Remove the volume that holds both images."""
    remove_marked(scene, Part.MIXED)


def show_overlay(scene: Any, what: Overlay, on: bool) -> int:
    """Show or hide what lies over the images; give how many nodes or outlines that are."""
    if what is Overlay.PLAN:
        nodes = [node for part in (Part.LINE, Part.BODY) for node in marked(scene, part)]
        for node in nodes:
            node.SetDisplayVisibility(on)
        return len(nodes)
    count = 0
    for node in marked(scene, Part.ZONES):
        display, segmentation = node.GetDisplayNode(), node.GetSegmentation()
        for index in range(segmentation.GetNumberOfSegments()):
            segment = segmentation.GetNthSegmentID(index)
            shell = segmentation.GetNthSegment(index).GetName().endswith((", sure", ", possible"))
            if shell is (what is Overlay.SHELLS):
                display.SetSegmentVisibility2DOutline(segment, on)
                display.SetSegmentVisibility3D(segment, on and not shell)
                count += 1
    return count


def composites(scene: Any) -> Iterator[Any]:
    """What each slice view shows, of those that the layout has."""
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")):
        yield scene.GetNthNodeByClass(index, "vtkMRMLSliceCompositeNode")

"""What may lie over the images besides a plan's zones: isotherms, and cement as it spreads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..assessing.isotherms import Isotherm
from ..mask import Mask
from .colours import GREEN, ORANGE, PURPLE, WHITE, YELLOW, Colour
from .core import slicer
from .marks import LAYERS, Part, mark, marked, remove_marked
from .segments import Segment, fill_segmentation, label_map_of

_WARM: tuple[Colour, ...] = (YELLOW, ORANGE)
_COLD: tuple[Colour, ...] = (PURPLE, GREEN, WHITE)
_CEMENT = "cement"


def show_isotherms(scene: Any, plan: str, drawn: Sequence[Isotherm]) -> Any:
    """Show the isotherms of a plan as outlines, in place of those of an earlier call.

    Returns
    -------
    vtkMRMLSegmentationNode
        A segment for each, whose name tells the temperature and what it means.
    """
    remove_marked(scene, Part.ISOTHERMS)
    node = _segmentation(scene, f"Isotherms of {plan}")
    for lesion in dict.fromkeys(item.lesion for item in drawn):  # each was simulated on voxels of its own
        own = [item for item in drawn if item.lesion == lesion]
        segments = [_segment(item, number) for number, item in enumerate(own)]
        fill_segmentation(node, segments, own[0].mask.grid)
    _as_outlines(node)
    mark(node, Part.ISOTHERMS, plan)
    return node


def _segment(item: Isotherm, number: int) -> Segment:
    colours = _WARM if item.warm else _COLD
    tags = {"what": "zone", "origin": str(item.limit.source)}
    return Segment(isotherm_name(item), item.mask, colours[number % len(colours)], tags=tags)


def isotherm_name(item: Isotherm) -> str:
    """An isotherm in words: "60 °C, coagulates at once (lesion-1)"."""
    return f"{item.limit.amount:g} °C, {item.meaning} ({item.lesion})"


def show_cement(scene: Any, plan: str, shapes: Sequence[tuple[str, Mask]]) -> Any:
    """Show what cement of a plan has filled; a later call changes the same segments, so that a slider can drive it.

    Parameters
    ----------
    scene : vtkMRMLScene
    plan : str
    shapes : sequence of (str, Mask)
        Names of lesions, and the cement in each.
    """
    node = next(marked(scene, Part.CEMENT, plan), None)
    if node is None:
        remove_marked(scene, Part.CEMENT)
        node = _segmentation(scene, f"Cement of {plan}")
        node.GetSegmentation().SetSourceRepresentationName(_binary())
        for lesion, mask in shapes:
            segment = Segment(f"{_CEMENT} in {lesion}", mask, WHITE, tags={"what": "zone", "origin": "forecast"})
            fill_segmentation(node, [segment], mask.grid)
        node.GetDisplayNode().SetOpacity3D(0.8)
        mark(node, Part.CEMENT, plan)
        return node
    segmentation = node.GetSegmentation()
    for lesion, mask in shapes:
        identifier = f"{_CEMENT} in {lesion}"
        segment = segmentation.GetSegment(identifier)
        segment.GetRepresentation(_binary()).DeepCopy(label_map_of(mask))
        segment.SetLabelValue(1)
        segmentation.RemoveRepresentation(_closed())
        segment.Modified()
    node.Modified()
    return node


def hide_layers(scene: Any) -> None:
    """Take isotherms and cement away."""
    for part in LAYERS:
        remove_marked(scene, part)


def _segmentation(scene: Any, name: str) -> Any:
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    volume = next(marked(scene, Part.IMAGE), None)
    if volume is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    return node


def _as_outlines(node: Any) -> None:
    display = node.GetDisplayNode()
    display.SetVisibility2DFill(False)
    display.SetOpacity3D(0.25)


def _binary() -> str:
    return str(slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName())


def _closed() -> str:
    return str(slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName())

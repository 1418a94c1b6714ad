"""A case, a plan and its assessment as nodes of a Slicer scene."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..assessment import Assessment
from ..case import Case, Lesion, Role, Structure
from ..errors import CaseError
from ..plan import Plan
from .application import new_scene
from .colours import ZONE
from .core import slicer
from .marks import LAYERS, Part, mark, marked, remove_marked
from .needles import show_needles
from .segments import Segment, fill_segmentation, segment_of
from .tools import tools_of
from .values import show_values
from .volume import show_image


def build_scene(
    case: Case,
    plan: Plan | None = None,
    assessment: Assessment | None = None,
    *,
    diameters_mm: Mapping[str, float] | None = None,
    scene: Any = None,
) -> Any:
    """Put a case, and a plan with its assessment where there is one, into a scene.

    Parameters
    ----------
    case : Case
    plan : Plan or None
    assessment : Assessment or None
        Of that plan.
    diameters_mm : mapping or None
        Outer diameters of probes by device identifier, where they are not those of the device files.
    scene : vtkMRMLScene or None
        The application's scene, or None for a new one.

    Returns
    -------
    vtkMRMLScene
        With everything in one folder of the subject hierarchy; what the scene held of an earlier call is replaced.

    Raises
    ------
    CaseError
        If the assessment is not one of this plan.
    """
    scene = new_scene() if scene is None else scene
    show_case(scene, case)
    if plan is not None:
        show_plan(scene, plan, assessment, diameters_mm=diameters_mm)
    return scene


def show_case(scene: Any, case: Case) -> tuple[Any, Any]:
    """Put the planning image and its outlines into a scene, in place of those of an earlier call.

    Returns
    -------
    volume : vtkMRMLScalarVolumeNode
    outlines : vtkMRMLSegmentationNode
    """
    for part in (Part.IMAGE, Part.OUTLINES):
        remove_marked(scene, part)
    volume = show_image(scene, case.image)
    return volume, show_outlines(scene, case, volume)


def show_outlines(scene: Any, case: Case, volume: Any) -> Any:
    """Put the outlines of a case into a scene, in place of those that this library put there earlier.

    Parameters
    ----------
    scene : vtkMRMLScene
    case : Case
    volume : vtkMRMLScalarVolumeNode
        The planning image of the case in that scene.

    Returns
    -------
    vtkMRMLSegmentationNode
        The one of an earlier call where there is one. Segmentations that a user made are not touched.
    """
    outlines = next(marked(scene, Part.OUTLINES), None)
    if outlines is None:
        outlines = _segmentation(scene, "Outlines", volume)
        mark(outlines, Part.OUTLINES)
    else:
        outlines.GetSegmentation().RemoveAllSegments()
        outlines.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    outlined: tuple[Structure | Lesion, ...] = (*case.structures, *case.lesions)
    fill_segmentation(outlines, [segment_of(item) for item in outlined], case.image.grid)
    display = outlines.GetDisplayNode()
    for structure in case.structures:
        # A body drawn solid hides the rest; every crest of a thresholded bone as a line, or every end of a vertebra,
        # hides the image.
        if structure.role is Role.BODY:
            display.SetSegmentVisibility(structure.name, False)
        elif structure.role is Role.BONE or structure.kind == "endplates":
            display.SetSegmentVisibility2DFill(structure.name, False)
            display.SetSegmentVisibility2DOutline(structure.name, False)
            display.SetSegmentOpacity3D(structure.name, 0.4)
    return outlines


def show_plan(
    scene: Any, plan: Plan, assessment: Assessment | None = None, *, diameters_mm: Mapping[str, float] | None = None
) -> None:
    """Put a plan into a scene: its needles, its numbers, its zones and its own text, in place of an earlier state.

    Other plans in the scene stay as they are.

    Raises
    ------
    CaseError
        If the assessment is not one of this plan.
    """
    if assessment is not None and assessment.plan_uid != plan.uid:
        raise CaseError(f"The assessment is of another plan than {plan.name!r}: assess the plan as it is now.")
    for part in (Part.LINE, Part.BODY, Part.PLAN, Part.VALUES, Part.ZONES, *LAYERS):
        remove_marked(scene, part, plan.name)
    tools = tools_of(plan, diameters_mm)
    _show_text(scene, plan)
    show_needles(scene, tools, plan.name)
    show_values(scene, plan, tools, assessment)
    if assessment is not None and assessment.zones:
        show_zones(scene, plan, assessment)


def _show_text(scene: Any, plan: Plan) -> None:
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", plan.name)
    node.SetText(plan.to_json())
    node.SetForceCreateStorageNode(slicer.vtkMRMLTextNode.CreateStorageNodeAlways)
    mark(node, Part.PLAN, plan.name)


def show_zones(scene: Any, plan: Plan, assessment: Assessment) -> None:
    """Show the expected extent of each zone, and its sure and possible extents where they are known."""
    volume = next(marked(scene, Part.IMAGE), None)
    node = _segmentation(scene, f"Zones of {plan.name}", volume)
    segments = []
    for zone in assessment.zones:
        for suffix, mask in (("", zone.mask), (", sure", zone.inner), (", possible", zone.outer)):
            if mask is not None:
                segments.append(Segment(zone.name + suffix, mask, ZONE, tags={"what": "zone", "origin": zone.medium}))
    fill_segmentation(node, segments, assessment.zones[0].mask.grid)
    display = node.GetDisplayNode()
    display.SetVisibility2DFill(False)
    display.SetOpacity3D(0.4)
    for item in segments:
        if item.name.endswith((", sure", ", possible")):
            display.SetSegmentVisibility3D(item.name, False)
            display.SetSegmentOpacity2DOutline(item.name, 0.5)
    mark(node, Part.ZONES, plan.name)


def _segmentation(scene: Any, name: str, volume: Any) -> Any:
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    if volume is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    return node

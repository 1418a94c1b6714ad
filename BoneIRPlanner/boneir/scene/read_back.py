"""Nodes of a scene as the library's own Case and Plan."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from typing import Any

from ..case import Case
from ..errors import CaseError, PlanError
from ..findings import Finding, Severity
from ..plan import Plan, Trajectory, plan_from_plain
from .marks import PLAN, Part, marked
from .needles import FILE_DIGITS_MM, ways_of
from .outlines import outlines_from_node
from .tools import tools_of, with_trajectories
from .volume import image_from_node


def plan_names(scene: Any) -> tuple[str, ...]:
    """Names of the plans in a scene, in its order."""
    return tuple(node.GetAttribute(PLAN) for node in marked(scene, Part.PLAN))


def plan_from_scene(scene: Any, name: str = "") -> Plan:
    """The plan in a scene, with its needles where their lines are now.

    Parameters
    ----------
    scene : vtkMRMLScene
    name : str
        Which plan; "" for the only one.

    Returns
    -------
    Plan
        Equal to the plan that was shown, as long as no line was moved. A moved plan has the ends of its lines and no
        longer the reasons of its place in a ranking.

    Raises
    ------
    PlanError
        If there is no such plan, or several and no name was given, or a needle of it has lost its line.
    """
    names = plan_names(scene)
    if not name and len(names) != 1:
        raise PlanError(f"Which plan? The scene has: {', '.join(names) or 'none'}.")
    name = name or names[0]
    node = next(marked(scene, Part.PLAN, name), None)
    if node is None:
        raise PlanError(f"The scene has no plan {name!r}; it has: {', '.join(names) or 'none'}.")
    try:
        plan = plan_from_plain(json.loads(node.GetText() or ""), f"plan {name!r} in the scene")
    except json.JSONDecodeError as error:
        raise PlanError(f"The text of plan {name!r} in the scene is not a JSON document ({error}).") from error
    return with_trajectories(plan, moved_ways(plan, ways_of(scene, name)))


def case_from_nodes(volume: Any, segmentation: Any = None, *, lesions: Collection[str] = ()) -> Case:
    """A case from a volume node and, where there is one, a segmentation node.

    Parameters
    ----------
    volume : vtkMRMLScalarVolumeNode
        The planning image; rigid parent transforms are applied.
    segmentation : vtkMRMLSegmentationNode or None
        Outlines, on whatever grid.
    lesions : collection of str
        Names of the segments that are lesions.

    Raises
    ------
    ImageError
        If the volume is not an image to plan on, or a transform bends or shears it.
    CaseError
        If two outlines have one name, or a lesion that was named is not there.
    """
    image, findings = image_from_node(volume)
    if segmentation is None:
        return Case(image, findings=findings)
    structures, found, more = outlines_from_node(segmentation, image.grid, volume, lesions)
    missing = sorted(set(lesions) - {lesion.name for lesion in found})
    if missing:
        raise CaseError(f"The segmentation {segmentation.GetName()!r} has no segment {', '.join(missing)}.")
    return Case(image, structures, found, findings=(*findings, *drawn_elsewhere(segmentation, volume), *more))


def drawn_elsewhere(segmentation: Any, volume: Any) -> tuple[Finding, ...]:
    """``scene.other_image`` (warn) where outlines were drawn on another image, maybe of another patient."""
    if segmentation is None or volume is None:
        return ()
    drawn_on = segmentation.GetNodeReference(segmentation.GetReferenceImageGeometryReferenceRole())
    if drawn_on is None or drawn_on.GetID() == volume.GetID():
        return ()
    text = (
        f"The outlines {segmentation.GetName()!r} were drawn on the image {drawn_on.GetName()!r}, not on "
        f"{volume.GetName()!r}: look whether they lie right on it, or outline anew."
    )
    return (Finding("scene.other_image", Severity.WARN, text),)


def case_from_scene(scene: Any) -> Case:
    """The case that `show_case` put into a scene.

    Raises
    ------
    CaseError
        If the scene has none.
    """
    volume = next(marked(scene, Part.IMAGE), None)
    if volume is None:
        raise CaseError("The scene holds no planning image of this software.")
    return case_from_nodes(volume, next(marked(scene, Part.OUTLINES), None))


def moved_ways(plan: Plan, ways: dict[str, Trajectory]) -> dict[str, Trajectory]:
    """The ways that differ from the plan's by more than the digits of a file.

    Raises
    ------
    PlanError
        If a needle of the plan has lost its line.
    """
    moved = {}
    for tool in tools_of(plan):
        if tool.name not in ways:
            raise PlanError(
                f"Needle {tool.name!r} of plan {plan.name!r} has lost its line in the scene: show it again."
            )
        now, then = ways[tool.name], tool.trajectory
        shift = max(math.dist(now.entry_mm, then.entry_mm), math.dist(now.tip_mm, then.tip_mm))
        if shift > FILE_DIGITS_MM:
            moved[tool.name] = now
    return moved

"""Bringing the nodes of a plan up to date without making them anew, so that a needle in a user's hand stays in it."""

from __future__ import annotations

import json
from typing import Any

from ..assessment import Assessment
from ..errors import CaseError, PlanError
from ..plan import Plan, plan_from_plain
from .build import show_plan, show_zones
from .core import vtk
from .marks import LAYERS, TOOL, Part, marked, remove_marked
from .needles import FILE_DIGITS_MM, follow_lines, ways_of
from .ras import to_ras
from .tools import Tool, tools_of
from .values import show_values


def is_shown(scene: Any, name: str) -> bool:
    """Whether a plan has nodes in the scene."""
    return next(marked(scene, Part.PLAN, name), None) is not None


def show_as_needed(scene: Any, plan: Plan) -> None:
    """Let the nodes of a plan be what it says: untouched where they are, moved where that is enough, else made anew.

    Zones, isotherms and cement that were computed for other values go.
    """
    tools = tools_of(plan)
    shown = _plan_of(scene, plan.name)
    if shown is None or not _same_instruments(scene, plan, tools, tools_of(shown)):
        visible = any(node.GetDisplayVisibility() for node in marked(scene, Part.LINE, plan.name))
        show_plan(scene, plan)
        if shown is not None and not visible:
            for part in (Part.LINE, Part.BODY):
                for node in marked(scene, part, plan.name):
                    node.SetDisplayVisibility(False)
        return
    if _move_lines(scene, tools, plan.name) or shown != plan:
        next(marked(scene, Part.PLAN, plan.name)).SetText(plan.to_json())
        remove_marked(scene, Part.VALUES, plan.name)
        show_values(scene, plan, tools, None)
        for part in (Part.ZONES, *LAYERS):
            remove_marked(scene, part, plan.name)
    follow_lines(scene, plan.name)


def show_effect(scene: Any, plan: Plan, assessment: Assessment) -> None:
    """Show what an assessment found: its numbers and zones, beside the needles as they are.

    Raises
    ------
    CaseError
        If the assessment is of another plan.
    """
    if assessment.plan_uid != plan.uid:
        raise CaseError(f"The assessment is of another plan than {plan.name!r}: assess the plan as it is now.")
    show_as_needed(scene, plan)
    for part in (Part.VALUES, Part.ZONES):
        remove_marked(scene, part, plan.name)
    show_values(scene, plan, tools_of(plan), assessment)
    if assessment.zones:
        show_zones(scene, plan, assessment)
    for node in marked(scene, Part.LIVE, plan.name):  # the predicted zones take the place of the moving outlines
        node.SetDisplayVisibility(False)


def _plan_of(scene: Any, name: str) -> Plan | None:
    """The plan that its one text node holds, or None."""
    nodes = list(marked(scene, Part.PLAN, name))
    if len(nodes) != 1:
        return None
    try:
        return plan_from_plain(json.loads(nodes[0].GetText() or ""), "plan")
    except (json.JSONDecodeError, PlanError):
        return None


def _same_instruments(scene: Any, plan: Plan, wanted: tuple[Tool, ...], shown: tuple[Tool, ...]) -> bool:
    """Whether every instrument has one line with two ends, and the cylinder that it should have."""

    def looks(tools: tuple[Tool, ...]) -> list[tuple[str, str, float | None]]:
        return [(tool.name, tool.title, tool.diameter_mm) for tool in tools]

    lines = [node.GetAttribute(TOOL) for node in marked(scene, Part.LINE, plan.name)]
    bodies = [node.GetAttribute(TOOL) for node in marked(scene, Part.BODY, plan.name)]
    with_body = [tool.name for tool in wanted if tool.diameter_mm is not None]
    whole = all(node.GetNumberOfDefinedControlPoints() == 2 for node in marked(scene, Part.LINE, plan.name))
    return (
        whole
        and looks(wanted) == looks(shown)
        and sorted(lines) == sorted(tool.name for tool in wanted)
        and sorted(bodies) == sorted(with_body)
    )


def _move_lines(scene: Any, tools: tuple[Tool, ...], name: str) -> bool:
    """Move the lines whose needles are elsewhere; whether there were any."""
    now, moved = ways_of(scene, name), False
    lines = {node.GetAttribute(TOOL): node for node in marked(scene, Part.LINE, name)}
    for tool in tools:
        ends = (tool.trajectory.entry_mm, tool.trajectory.tip_mm)
        for index, (end, there) in enumerate(zip(ends, (now[tool.name].entry_mm, now[tool.name].tip_mm), strict=True)):
            if max(abs(a - b) for a, b in zip(end, there, strict=True)) > FILE_DIGITS_MM:
                lines[tool.name].SetNthControlPointPositionWorld(index, vtk.vtkVector3d(*to_ras(end)))
                moved = True
    return moved

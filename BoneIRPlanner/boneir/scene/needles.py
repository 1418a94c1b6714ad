"""Needles as locked markups lines from entry to tip, each with a cylinder of its true diameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import PlanError
from ..plan import Trajectory
from .colours import NEEDLE
from .core import vtk
from .marks import TOOL, Part, mark, marked
from .ras import lps_point, to_ras
from .tools import Tool

FILE_DIGITS_MM = 1e-4
"""Smaller differences than this come from the digits of Slicer's files, not from a hand that moved the needle."""

_SIDES = 24


def show_needles(scene: Any, tools: Iterable[Tool], plan: str) -> None:
    """Add a locked line and, where its diameter is known, a cylinder for each instrument of a plan."""
    for tool in tools:
        _add_line(scene, tool, plan)
        if tool.diameter_mm is not None:
            _add_body(scene, tool, plan, tool.diameter_mm)


def ways_of(scene: Any, plan: str) -> dict[str, Trajectory]:
    """Where the lines of a plan are now, by the name of the instrument; parent transforms are applied.

    Raises
    ------
    PlanError
        If a line does not have its two ends.
    """
    return ways_of_lines(marked(scene, Part.LINE, plan))


def ways_of_lines(lines: Iterable[Any]) -> dict[str, Trajectory]:
    """Where lines are now, by the name of the instrument; parent transforms are applied.

    Raises
    ------
    PlanError
        If a line does not have its two ends.
    """
    ways = {}
    for node in lines:
        name = node.GetAttribute(TOOL)
        if node.GetNumberOfDefinedControlPoints() != 2:
            raise PlanError(
                f"The line of needle {name!r} has {node.GetNumberOfDefinedControlPoints()} of its two ends."
            )
        entry, tip = [0.0] * 3, [0.0] * 3
        node.GetNthControlPointPositionWorld(0, entry)
        node.GetNthControlPointPositionWorld(1, tip)
        ways[name] = Trajectory(lps_point(entry), lps_point(tip))
    return ways


def follow_lines(scene: Any, plan: str) -> None:
    """Move the cylinders of a plan to where its lines are now."""
    ways = ways_of(scene, plan)
    for node in marked(scene, Part.BODY, plan):
        name = node.GetAttribute(TOOL)
        if name in ways:
            node.SetAndObservePolyData(cylinder(ways[name], float(node.GetAttribute("boneir.diameter_mm"))))


def cylinder(way: Trajectory, diameter_mm: float) -> Any:
    """Closed surface of an instrument in RAS mm, from entry to tip."""
    line = vtk.vtkLineSource()
    line.SetPoint1(*to_ras(way.entry_mm))
    line.SetPoint2(*to_ras(way.tip_mm))
    tube = vtk.vtkTubeFilter()
    tube.SetInputConnection(line.GetOutputPort())
    tube.SetRadius(diameter_mm / 2)
    tube.SetNumberOfSides(_SIDES)
    tube.CappingOn()
    tube.Update()
    return tube.GetOutput()


def _add_line(scene: Any, tool: Tool, plan: str) -> None:
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", tool.title)
    node.CreateDefaultDisplayNodes()
    for label, point in (("entry", tool.trajectory.entry_mm), ("tip", tool.trajectory.tip_mm)):
        node.AddControlPointWorld(vtk.vtkVector3d(*to_ras(point)), label)
    node.GetMeasurement("length").SetEnabled(True)
    node.SetLocked(True)
    display = node.GetDisplayNode()
    display.SetSelectedColor(*NEEDLE)
    display.SetColor(*NEEDLE)
    display.SetSliceProjection(True)
    mark(node, Part.LINE, plan, tool.name)


def _add_body(scene: Any, tool: Tool, plan: str, diameter_mm: float) -> None:
    node = scene.AddNewNodeByClass("vtkMRMLModelNode", f"{tool.title}, {diameter_mm:g} mm")
    node.SetAndObservePolyData(cylinder(tool.trajectory, diameter_mm))
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetColor(*NEEDLE)
    display.SetVisibility2D(True)
    display.SetSliceIntersectionThickness(2)
    node.SetAttribute("boneir.diameter_mm", f"{diameter_mm!r}")
    mark(node, Part.BODY, plan, tool.name)

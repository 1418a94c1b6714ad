"""The numbers of a plan and its assessment as a table node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..assessment import Assessment, Measure
from ..findings import Point
from ..plan import Plan
from .core import vtk
from .marks import Part, mark
from .tools import Tool

_COLUMNS = ("about", "what", "value", "unit", "note")
Row = tuple[str, str, str, str, str]


def show_values(scene: Any, plan: Plan, tools: tuple[Tool, ...], assessment: Assessment | None) -> Any:
    """Add a table with the places and lengths of a plan, and with every measure of its assessment.

    Returns
    -------
    vtkMRMLTableNode
        Columns about, what, value, unit and note; places are patient coordinates with the letters of their directions.
    """
    node = scene.AddNewNodeByClass("vtkMRMLTableNode", f"Values of {plan.name}")
    rows = [*_rows_of_plan(plan, tools), *(_row_of(item) for item in (assessment.measures if assessment else ()))]
    for index, title in enumerate(_COLUMNS):
        column = vtk.vtkStringArray()
        column.SetName(title)
        for row in rows:
            column.InsertNextValue(row[index])
        node.AddColumn(column)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetLocked(True)
    mark(node, Part.VALUES, plan.name)
    return node


def place_text(point: Point) -> str:
    """A place as people read it: "L 12.0 P 30.5 S 102.0"."""
    letters = zip(point, ("L", "P", "S"), ("R", "A", "I"), strict=True)
    return " ".join(f"{plus if round(value, 1) >= 0 else minus} {abs(value):.1f}" for value, plus, minus in letters)


def _rows_of_plan(plan: Plan, tools: tuple[Tool, ...]) -> Iterator[Row]:
    for treatment in plan.treatments:
        yield treatment.lesion, "technique", treatment.technique.value, "", f"margin {treatment.margin_mm:g} mm"
    for tool in tools:
        yield tool.title, "entry", place_text(tool.trajectory.entry_mm), "mm", ""
        yield tool.title, "tip", place_text(tool.trajectory.tip_mm), "mm", ""
        yield tool.title, "length", f"{tool.trajectory.length_mm:.1f}", "mm", ""
        if tool.diameter_mm is not None:
            yield tool.title, "diameter", f"{tool.diameter_mm:g}", "mm", ""
    for treatment in plan.treatments:
        for cement in treatment.cement:
            yield f"Cannula {cement.name}", "cement", f"{cement.volume_ml:g}", "mL", ""
        for probe in treatment.probes:
            for what, value, unit in (
                ("power", probe.power_w, "W"),
                ("duration", probe.duration_s, "s"),
                ("set temperature", probe.target_c, "degC"),
            ):
                if value is not None:
                    yield f"Needle {probe.name}", what, f"{value:g}", unit, probe.setting


def _row_of(measure: Measure) -> Row:
    value = "not known" if measure.amount is None else f"{measure.amount:.4g}"
    if measure.amount is not None and measure.low is not None and measure.high is not None:
        value += f" ({measure.low:.4g} to {measure.high:.4g})"
    limit = f"limit {measure.limit} ({measure.limit.grade})" if measure.limit else ""
    return measure.about, measure.title, value, measure.unit, "; ".join(filter(None, (limit, measure.note)))

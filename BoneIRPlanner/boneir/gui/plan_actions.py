"""What can be done with a plan from elsewhere in the application: the planner opens, and does it."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from ..scene.marks import PART, PLAN, Part
from .choices import StepName
from .work import work

_OF_A_PLAN = {part.value for part in (Part.PLAN, Part.LINE, Part.BODY, Part.ZONES, Part.VALUES)}


def plan_of(node: Any) -> str:
    """Name of the plan whose text, needle, zones or numbers a node is; "" where it is of none."""
    if node is None or node.GetAttribute(PART) not in _OF_A_PLAN:
        return ""
    return node.GetAttribute(PLAN) or ""


def is_plan(node: Any) -> bool:
    """Whether a node is a plan itself."""
    return node is not None and node.GetAttribute(PART) == Part.PLAN.value


def open_plan(name: str, step: StepName = StepName.ACCESS) -> Any:
    """Open the planner at a plan, and show the plan; give the widget of the planner."""
    slicer.util.selectModule("BoneIRPlanner")
    planner = slicer.util.getModuleWidget("BoneIRPlanner")
    with work(_("The plan could not be shown.")):
        planner.logic.showPlan(name)
        planner.parameters.planName = name
        planner.showStep(step)
    return planner


def assess_plan(name: str) -> None:
    """Predict the effect of a plan, in the planner."""
    planner = open_plan(name, StepName.EFFECT)
    next(step for step in planner.steps if step.name is StepName.EFFECT).onAssess()

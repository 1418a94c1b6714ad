"""``boneir scene``: the plan as a file that 3D Slicer opens."""

from __future__ import annotations

import argparse

from ..assess import assess
from ..case_folder import find_plan, load_case
from ..plan import read_plan
from .drawing import write_scene
from .output import Answer, Progress


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Assess a plan and write it as a scene."""
    plan = read_plan(find_plan(options.case, options.plan))
    case = load_case(options.case)
    with progress.step(f"Assessing {plan.name}"):
        assessment = assess(case, plan)
    with progress.step("Writing the scene"):
        path = write_scene(case, plan, assessment, options.out)
    return Answer({"plan": plan.name, "plan_uid": plan.uid, "scene": str(path)}, (str(path),))

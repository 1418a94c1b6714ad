"""``boneir cement``: cement after ablation, through the hole of a probe of a plan."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..ablation.devices import device
from ..case_folder import find_plan, load_case, save_plan
from ..plan import read_plan
from ..proposing.cement_after import cement_after
from .output import Answer, Progress


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Add cement to a plan that ablates, and save it under another name."""
    case = load_case(options.case)
    plan = read_plan(find_plan(options.case, options.plan))
    with progress.step("Looking where cement goes"):
        filled = cement_after(case, plan, device(options.device), lesion=options.lesion, probe=options.probe)
    filled = replace(filled, name=options.name or f"{plan.name}-cement")
    path = save_plan(filled, options.case)
    added = [tool for one in filled.treatments for tool in one.cement if not plan.title_of(tool.name)]
    reasons = filled.reasons[len(plan.reasons) :]
    lines = [f"{tool.volume_ml:.1f} mL through {filled.title_of(tool.name).lower()}." for tool in added]
    document = {"case": str(options.case), "plan": str(path), "cement": added, "reasons": reasons}
    closing = f"Plan {filled.name} holds both: 'boneir assess' says what they do."
    return Answer(document, ("\n".join((*lines, *reasons, closing)),))

"""``boneir assess``: what follows from a plan."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..ablation.full_minutes import FullMinutes
from ..access.guidance import guidance_changes
from ..assess import assess
from ..assessment import assessment_record
from ..case_folder import find_plan, load_case
from ..plan import read_plan
from .output import Answer, Progress
from .plan_as_done import plan_as_done
from .tables import finding_lines, measure_table, verdict_word


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Assess a plan."""
    plan = plan_as_done(read_plan(find_plan(options.case, options.plan)), options)
    if options.guidance:
        changes = guidance_changes(options.guidance)
        others = (change for change in plan.limits if change.name not in {item.name for item in changes})
        plan = replace(plan, limits=(*others, *changes))
    case = load_case(options.case)
    with progress.step(f"Assessing {plan.name}"):
        watch = FullMinutes(lambda minute: progress.say(minute.words))
        assessment = assess(
            case, plan, physics=options.physics, spread=options.range, in_turn=options.in_turn, progress=watch
        )
    verdict = f"{plan.name}, {plan.approach or 'way in not named'}: {verdict_word(assessment)}"
    parts = (verdict, measure_table(assessment.measures, plan), finding_lines(assessment.findings))
    return Answer(assessment_record(assessment), parts)

"""``boneir report``: the plan on paper."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..ablation.full_minutes import FullMinutes
from ..assess import assess
from ..assessment import Assessment
from ..case import Case
from ..case_folder import find_plan, load_case
from ..errors import BoneIRError
from ..findings import Finding, Severity
from ..plan import Plan, read_plan
from ..proposing.again import searched_again
from ..report import write_report
from .drawing import draw
from .output import Answer, Progress
from .plan_as_done import plan_as_done
from .tables import finding_lines, verdict_word


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Assess a plan, draw it and write its report."""
    plan = plan_as_done(read_plan(find_plan(options.case, options.plan)), options)
    case = load_case(options.case)
    with progress.step(f"Assessing {plan.name}"):
        assessment, not_simulated = _assessed(case, plan, options, progress)
    with progress.step("Looking at the skin"):
        searched, looked = searched_again(case, plan)
    with progress.step("Drawing it"):
        pictures, missing = draw(case, plan, assessment, searched)
        missing = (*not_simulated, *missing, looked)
    folder: Path = options.out or options.case / "report"
    with progress.step("Writing the report"):
        written = write_report(
            case, plan, assessment, pictures, folder, plan.name, findings=missing, proposal=searched,
            made_on=options.date,
        )  # fmt: skip
    document = {
        "plan": plan.name,
        "plan_uid": plan.uid,
        "case_uid": case.uid,
        "verdict": assessment.verdict,
        "html": str(written.html),
        "pdf": str(written.pdf) if written.pdf else None,
        "pictures": len(pictures),
        "findings": (*missing, *written.findings),
    }
    lines = (f"Verdict of {plan.name}: {verdict_word(assessment)}", written.paths)
    lacking = (*missing, *written.findings)
    return Answer(document, (*lines, finding_lines(lacking)) if lacking else lines)


def _assessed(
    case: Case, plan: Plan, options: argparse.Namespace, progress: Progress
) -> tuple[Assessment, tuple[Finding, ...]]:
    """The assessment, simulated unless that was declined; where nobody asked and it cannot be, the reason."""
    watch = FullMinutes(lambda minute: progress.say(minute.words))
    simulated = options.physics is not False
    try:
        made = assess(case, plan, physics=simulated, spread=options.range, in_turn=options.in_turn, progress=watch)
    except BoneIRError as error:
        if options.physics is not None or options.range:
            raise
        text = f"The effect was not simulated: {error}"
        return assess(case, plan), (Finding("ablation.not_simulated", Severity.NOTE, text),)
    return made, ()

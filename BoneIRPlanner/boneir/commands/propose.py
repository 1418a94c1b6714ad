"""``boneir propose``: ranked plans for a lesion of the case."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..anatomy.structures import with_article
from ..case_folder import SET_ASIDE, find_plan, load_case, plan_paths, save_plan, set_aside
from ..plan import Plan, read_plan
from ..proposal import Proposal
from ..propose import propose
from ..report.about_choice import entries_sentence
from ..report.refusals import refusal_cells
from .drawing import write_skin_map
from .goal_options import goal_of
from .output import Answer, Progress, TextTable
from .tables import finding_lines, plain, plan_table

_MOST_REFUSALS = 6


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Propose plans and save them with the case."""
    case = load_case(options.case)
    goal = replace(goal_of(options), max_plans=options.max_plans, seed=options.seed)
    beside = read_plan(find_plan(options.case, options.beside)) if options.beside else None
    with progress.step("Looking for ways in"):
        proposal = propose(case, goal, beside=beside)
    drawn = write_skin_map(case, proposal, options.skin_map) if options.skin_map else None
    plans = _named(proposal.plans, options.name)
    replaced = [plan.name for plan in plans if set_aside(plan, options.case)]
    paths = [save_plan(plan, options.case) for plan in plans]
    older = [path.stem for path in plan_paths(options.case) if path not in paths]
    document = {
        "case": str(options.case),
        "goal": goal,
        "plans": [
            {"name": plan.name, "file": str(path), "uid": plan.uid, "approach": plan.approach, "reasons": plan.reasons}
            for plan, path in zip(plans, paths, strict=True)
        ],
        "scores": proposal.scores,
        "entries": len(proposal.skin.reason),
        "allowed": proposal.skin.allowed_count,
        "refusals": [{"rule": r, "structure": s, "entries": n} for r, s, n in proposal.skin.refusals()],
        "findings": proposal.findings,
        "older_plans": older,
        "replaced_plans": replaced,
        "skin_map": str(drawn) if drawn else None,
    }
    parts: list[str | TextTable] = [plan_table(plans, proposal.scores)] if plans else [_no_plan(proposal)]
    parts += [refusal_lines(proposal), finding_lines(proposal.findings)]
    parts += [f"Older plans stay beside them: {', '.join(older)}."] if older else []
    parts += [f"Replaced, the former kept in {SET_ASIDE}: {', '.join(replaced)}."] if replaced else []
    return Answer(document, tuple(parts))


def _no_plan(proposal: Proposal) -> str:
    return "No plan: the findings say why." if proposal.skin.allowed_count else "No plan: no way in is allowed."


def _named(plans: tuple[Plan, ...], prefix: str) -> tuple[Plan, ...]:
    if not prefix:
        return plans
    return tuple(replace(plan, name=f"{prefix}-{n}") for n, plan in enumerate(plans, 1))


def refusal_lines(proposal: Proposal) -> str:
    """How many entries are allowed, and what refused most of the others."""
    skin = proposal.skin
    lines = [plain(entries_sentence(skin))]
    for rule, structure, count in skin.refusals()[:_MOST_REFUSALS]:
        words, about = (cell[:1].lower() + cell[1:] for cell in refusal_cells(rule, structure))
        named = words if about in words else f"{words} {with_article(structure)}"
        lines.append(f"  {count:>8} refused: {named.rstrip(',')}")
    return "\n".join(lines)

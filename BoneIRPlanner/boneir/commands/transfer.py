"""``boneir transfer``: a plan on today's image."""

from __future__ import annotations

import argparse

from ..assessment import assessment_record
from ..case_folder import find_plan, is_case_folder, load_case, save_case, save_plan
from ..errors import CaseError
from ..fusion.changes import Change
from ..fusion.levels import shown
from ..open import open_case
from ..plan import Plan, Position, read_plan
from ..report.numbers import amount_text
from ..transfer import Transfer, transfer
from .output import Answer, Progress, TextTable
from .tables import finding_lines, plain, verdict_word, words_of

_SAME = 0.05


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Move a plan onto today's image and save both."""
    case, plan = load_case(options.case), read_plan(find_plan(options.case, options.plan))
    folder = options.today or (options.image if is_case_folder(options.image) else None)
    if folder is None:
        raise CaseError("Today's image is no case yet: say with --case DIR where its case shall be written.")
    with progress.step(f"Opening {options.image}"):
        today = open_case(options.image, options.series)
    with progress.step("Moving the plan and checking it"):
        position = Position(options.position) if options.position else None
        moved = transfer(case, plan, today, position=position)
    with progress.step(f"Saving today's case in {folder}"):
        save_case(moved.case, folder)
        plans = [item for item in (moved.plan, moved.alternative) if item is not None]
        paths = [save_plan(item, folder) for item in plans]
    document = {
        "case": str(folder),
        "plans": [str(path) for path in paths],
        "motions": moved.motions,
        "changes": moved.changes,
        "before": assessment_record(moved.before),
        "after": assessment_record(moved.after),
        "findings": moved.findings,
    }
    return Answer(document, (_sentence(moved), change_table(moved.changes.measures, moved.plan), *_findings(moved)))


def change_table(changes: tuple[Change, ...], plan: Plan) -> TextTable:
    """The measures of a plan that changed."""
    rows = tuple(
        (
            item.title,
            words_of(item.about, plan),
            *(plain(amount_text(value, item.unit)) for value in (item.before, item.after)),
            f"{item.difference:+.1f}",
        )
        for item in changes
        if abs(item.difference) >= _SAME
    )
    titles = ("Measure", "Of", "Planned", "Today", "Change")
    return TextTable(titles, rows, numeric=titles[2:])


def _sentence(moved: Transfer) -> str:
    text = f"{moved.plan.name}: planned {verdict_word(moved.before)}, today {verdict_word(moved.after)}."
    bones = "; ".join(
        f"{shown(m.name) if m.name else 'the whole image'} registered, {m.quality.verdict.value}" for m in moved.motions
    )
    return f"{text} {bones}."


def _findings(moved: Transfer) -> tuple[str, ...]:
    parts = [finding_lines(moved.findings)]
    new = [finding for finding in moved.changes.new if finding not in moved.findings]
    parts += ["New today:", finding_lines(new)] if new else ["No finding of the plan is new today."]
    parts += ["No longer:", finding_lines(moved.changes.gone)] if moved.changes.gone else []
    return tuple(parts)

"""``boneir compare``: the same lesion with several plans, or with every device on the needles of one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..ablation.compare import Option, best_first, best_of_each_device, option_of, substitutes
from ..ablation.devices import devices
from ..assess import assess
from ..case_folder import find_plan, load_case, plan_paths
from ..errors import BoneIRError, PlanError
from ..plan import Plan, Technique, read_plan
from ..report.model import SEVERITY_WORDS
from ..report.numbers import amount_text
from .output import Answer, Progress, TextTable
from .tables import plain, words_of

_TITLES = (
    "Plan", "Lesion", "Technique", "Device", "Setting", "Needles", "Minutes", "Covered", "Margin", "Nearest", "Spare",
    "Verdict", "Flags",
)  # fmt: skip
TABLES = (
    "Zones are those of the makers' tables, measured in other tissue, and several needles the union of theirs: "
    "assess the first few with --physics to see them in this patient's."
)
"""What a comparison rests on."""

_NUMERIC = ("Needles", "Minutes", "Covered", "Margin", "Spare")


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Compare plans, or devices."""
    plans, left_out = _plans(options)
    case = load_case(options.case)
    found: list[Option] = []
    refused: list[tuple[str, str]] = []
    with progress.step(f"Assessing {len(plans)} plans"):
        for plan in plans:
            try:
                assessment = assess(case, plan)
            except BoneIRError as error:
                refused.append((plan.name, str(error)))
                continue
            found += [option_of(plan, treatment, assessment) for treatment in plan.treatments if treatment.probes]
    every, shown = best_first(found), best_of_each_device(found) if options.plan else best_first(found)
    document = {"options": every, "shown": [o.plan for o in shown], "refused": refused, "left_out": left_out}
    parts: list[str | TextTable] = [_table(shown)] if shown else ["Nothing can be compared."]
    parts += [TABLES] if shown else []
    parts += [f"Not assessed, {name}: {reason}" for name, reason in refused]
    parts += [f"Left out, because the figures of their makers are missing: {', '.join(left_out)}."] if left_out else []
    return Answer(document, tuple(parts))


def _plans(options: argparse.Namespace) -> tuple[tuple[Plan, ...], tuple[str, ...]]:
    """What to assess, and the names of the devices that cannot be."""
    if not options.plan:
        return _saved(options.case), ()
    technique = Technique(options.technique) if options.technique else None
    return substitutes(read_plan(find_plan(options.case, options.plan)), devices(technique))


def _saved(folder: Path) -> tuple[Plan, ...]:
    paths = plan_paths(folder)
    if not paths:
        raise PlanError(f"{folder} has no plans yet: make some with 'boneir propose', or name one to compare devices.")
    return tuple(read_plan(path) for path in paths)


def _table(options: Sequence[Option]) -> TextTable:
    return TextTable(_TITLES, tuple(_row(option) for option in options), numeric=_NUMERIC)


def _row(option: Option) -> tuple[str, ...]:
    return (
        option.plan,
        option.lesion,
        option.technique.value,
        ", ".join(option.devices),
        ", ".join(option.settings),
        str(option.needles) if option.spacing_mm is None else f"{option.needles}, {option.spacing_mm:.0f} mm apart",
        _amount(None if option.duration_s is None else option.duration_s / 60.0, "min"),
        _amount(option.coverage, "%"),
        _amount(option.margin_mm, "mm"),
        words_of(option.nearest) or "-",
        _amount(option.spare_mm, "mm"),
        SEVERITY_WORDS[option.verdict] if option.verdict else "Clear",
        "; ".join(option.flags),
    )


def _amount(value: float | None, unit: str) -> str:
    return "-" if value is None else plain(amount_text(value, unit))

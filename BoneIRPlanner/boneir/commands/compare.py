"""``boneir compare``: the same lesion with several plans, or with every device on the needles of one."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from ..ablation.compare import ORDER, Option, Simulated, best_of_each_device
from ..ablation.devices import devices
from ..ablation.substitutes import substitutes
from ..case_folder import find_plan, load_case, plan_paths
from ..compare import Comparison, by_technique, compare, simulate_options
from ..errors import PlanError
from ..plan import Plan, Technique, read_plan
from ..report.model import SEVERITY_WORDS
from ..report.numbers import amount_text
from .output import Answer, Progress, TextTable
from .tables import plain, words_of

_TITLES = (
    "Plan", "Lesion", "Technique", "Device", "Setting", "Needles", "Minutes", "Covered", "Margin", "Nearest", "Spare",
    "Verdict", "Flags",
)  # fmt: skip
_SIMULATED = (
    "Plan", "Technique", "Minutes", "Covered", "Margin", "Most at risk", "Comes to", "It bears", "Verdict", "Flags",
)  # fmt: skip
TABLES = "Zones are those of the makers' tables, measured in other tissue, and several needles the union of theirs."
"""What a comparison rests on."""
BY_PHYSICS = " Compare with --physics to see the best of each technique in this patient's."

_NUMERIC = ("Needles", "Minutes", "Covered", "Margin", "Spare", "Comes to", "It bears")


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Compare plans, or devices."""
    plans, left_out = _plans(options)
    case = load_case(options.case)

    def tell(words: str) -> None:
        if words:
            progress.say(words)

    with progress.step(f"Assessing {len(plans)} plans"):
        found = compare(case, plans, tell)
    shown = best_of_each_device(found.options) if options.plan else found.options
    made = Comparison(())
    if options.physics:
        groups = by_technique(shown) if options.plan and not options.technique else [[option] for option in shown]
        with progress.step(f"Simulating {len(groups)} of them"):
            made = simulate_options(case, plans, groups, tell)
    document = {
        "options": found.options, "shown": [o.plan for o in shown], "refused": found.refused, "left_out": left_out,
        "simulated": made.options, "not_simulated": made.refused, "order": ORDER,
    }  # fmt: skip
    parts: list[str | TextTable] = ["Nothing can be compared."]
    if shown:
        parts = [_table(_TITLES, shown, _row), ORDER, TABLES if options.physics else f"{TABLES}{BY_PHYSICS}"]
    if made.options:
        parts += ["Simulated in this patient's tissue:", _table(_SIMULATED, made.options, _simulated_row)]
    parts += [f"{option.plan} was not simulated: {option.reason}" for option in made.options if option.reason]
    parts += [f"{name} was not simulated, the next one was: {reason}" for name, reason in made.refused]
    parts += [f"Not assessed, {name}: {reason}" for name, reason in found.refused]
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


def _table(titles: tuple[str, ...], options: Sequence[Option], row: Callable[[Option], tuple[str, ...]]) -> TextTable:
    return TextTable(titles, tuple(map(row, options)), numeric=_NUMERIC)


def _row(option: Option) -> tuple[str, ...]:
    return (
        option.plan,
        option.lesion,
        option.technique.value,
        ", ".join(option.devices),
        ", ".join(option.settings),
        str(option.needles) if option.spacing_mm is None else f"{option.needles}, {option.spacing_mm:.0f} mm apart",
        _minutes(option),
        _amount(option.coverage, "%"),
        _amount(option.margin_mm, "mm"),
        words_of(option.nearest) or "-",
        _amount(option.spare_mm, "mm"),
        _verdict(option),
        "; ".join(option.flags),
    )


def _simulated_row(option: Option) -> tuple[str, ...]:
    made = option.simulated or Simulated(None, None)
    return (
        option.plan,
        option.technique.value,
        _minutes(option),
        _amount(made.coverage, "%"),
        _amount(made.margin_mm, "mm"),
        words_of(made.at_risk) or "-",
        _amount(made.extreme_c, "degC"),
        _amount(made.limit_c, "degC"),
        "Not known" if option.reason else _verdict(option),
        "could not be simulated" if option.reason else "; ".join(option.flags),
    )


def _minutes(option: Option) -> str:
    return _amount(None if option.duration_s is None else option.duration_s / 60.0, "min")


def _verdict(option: Option) -> str:
    return SEVERITY_WORDS[option.verdict] if option.verdict else "Clear"


def _amount(value: float | None, unit: str) -> str:
    return "-" if value is None else plain(amount_text(value, unit))

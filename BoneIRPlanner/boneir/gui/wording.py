"""What the steps show in words: plans, proposals, outlines and devices, with the numbers as the report prints them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from slicer.i18n import tr as _

from ..ablation.device import DeviceStatus
from ..ablation.devices import device, devices
from ..access.skin_colours import LegendEntry
from ..anatomy.structures import structure_kinds, with_article, within_sentence
from ..assessment import Assessment
from ..errors import BoneIRError
from ..findings import Severity, worst_first
from ..plan import Plan, Probe, Technique
from ..plan_book import Origin, Page
from ..proposal import Goal, SkinMap
from ..report.about_choice import comparison
from ..report.numbers import amount_text, measure_text, seconds_text
from ..report.refusals import refusal_cells
from ..scene.entry_curve import entry_zones
from .live_logic import LiveState
from .records import Proposed

_MOST_NAMES, _MOST_FINDINGS = 12, 3
Rows = list[tuple[str, ...]]


def goal_of(parameters: Any) -> Goal:
    """What the user asks for, from the parameter node."""
    return Goal(
        technique=parameters.technique.value,
        device=parameters.device,
        lesion=parameters.lesionName,
        setting=parameters.setting,
        margin_mm=parameters.marginMm,
        position=parameters.position.value,
        entry_allowed=entry_zones(parameters.entryCurve),
    )


def outline_words(names: Sequence[str]) -> str:
    """What is outlined, as one short line."""
    if not names:
        return _("Nothing is outlined yet.")
    shown = ", ".join(structure_words(name) for name in names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        return _("{count} outlines: {names} and more.").format(count=len(names), names=shown)
    return _("{count} outlines: {names}.").format(count=len(names), names=shown)


def plan_words(plan: Plan) -> str:
    """A plan in a few lines: the way in, and every probe."""
    lines = [f"{plan.name}: {plan.approach}" if plan.approach else plan.name]
    for probe in plan.probes:
        depth = amount_text(probe.trajectory.length_mm, "mm")
        parts = [_device_title(probe.device), *_doses(probe), _("{depth} from skin to tip").format(depth=depth)]
        lines.append(_("Needle {name}: {details}").format(name=probe.name, details=", ".join(parts)))
    return "\n".join(lines)


def _doses(probe: Probe) -> list[str]:
    power = [] if probe.power_w is None else [amount_text(probe.power_w, "W")]
    return power if probe.duration_s is None else [*power, seconds_text(probe.duration_s)]


def plan_rows(pages: Sequence[Page]) -> Rows:
    """A row for each plan of the book: name, depth, score, standing and the way in."""
    rows: Rows = []
    for page in pages:
        depth = max((tool.trajectory.length_mm for tool in instruments_of(page.plan)), default=0.0)
        score = "" if page.score is None else f"{page.score:.2f}"
        rows.append((page.name, amount_text(depth, "mm"), score, standing_words(page), page.plan.approach))
    return rows


def standing_words(page: Page) -> str:
    """How a plan stands, in a word."""
    if page.approval is not None:
        return _("✔ Approved")
    if page.locked:
        return _("■ Locked")
    words = {
        Origin.PROPOSED: _("Proposed"),
        Origin.EDITED: _("Edited"),
        Origin.COPIED: _("Copied"),
        Origin.HAND: _("By hand"),
    }
    return words[page.origin]


def comparison_rows(plans: Sequence[tuple[Plan, Assessment]]) -> Rows:
    """A row for each plan as the report compares them, without the way in, for which a panel has no room."""
    if not plans:
        return []
    table = comparison(plans)
    way = [column.title for column in table.columns].index("Way in")
    return [(*row.cells[:way], *row.cells[way + 1 :]) for row in table.rows]


def refusal_rows(proposed: Proposed | None) -> Rows:
    """What refused how many ways in, in words."""
    if proposed is None:
        return []
    return [(str(item.count), *refusal_cells(item.rule, item.structure)) for item in proposed.refusals]


def structure_words(key: str) -> str:
    """The name of a structure as people call it."""
    known = structure_kinds().get(key)
    return known.name if known is not None else key.replace("_", " ")


def live_words(state: LiveState) -> str:
    """What a needle means where it is, in a few lines: length, tightest place, coverage, and the worst findings."""
    lines = [_("Needle {name}: {depth} long").format(name=state.tool, depth=amount_text(state.way.length_mm, "mm"))]
    if state.path is None:
        return f"{lines[0]}. {state.problem}"
    close = [item for item in state.path.measures if item.code == "access.clearance" and item.amount is not None]
    if close:
        nearest = min(close, key=lambda item: item.amount)
        words = _("{distance} from {structure}").format(
            distance=amount_text(nearest.amount, "mm"), structure=with_article(nearest.about)
        )
        lines[0] += f", {words}"
    covered = [item for item in state.path.measures if item.code == "ablation.margin_coverage"]
    lines += [f"{item.title}: {measure_text(item)}" for item in covered]
    grave = [item for item in worst_first(state.findings) if item.severity is not Severity.NOTE]
    lines += [f"{severity_mark(item.severity)} {item.text}" for item in grave[:_MOST_FINDINGS]]
    if len(grave) > _MOST_FINDINGS:
        lines.append(_("and {count} more to decide").format(count=len(grave) - _MOST_FINDINGS))
    return "\n".join(lines)


def severity_mark(severity: Severity) -> str:
    """A shape for each weight, because colours alone do not reach every reader."""
    return {Severity.STOP: "■", Severity.WARN: "▲", Severity.NOTE: "●"}[severity]


def legend_words(legend: Sequence[LegendEntry]) -> str:
    """What the colours of the skin map mean, as rich text: a square of each colour before its words."""
    squares = [f'<span style="color:#{r:02x}{g:02x}{b:02x}">■</span>' for r, g, b in (item.rgb for item in legend)]
    return "<br>".join(
        f"{square} {escape(item.text)}: {item.count}" for square, item in zip(squares, legend, strict=True)
    )


def skin_words(skin: SkinMap, index: int) -> str:
    """Why a needle may or may not enter at a place of the skin."""
    if skin.reason[index] == 0:
        return _("Allowed here, with a weighted cost of {score}.").format(score=f"{skin.score[index]:.2f}")
    rule = skin.reasons[skin.reason[index]].replace("_", " ")
    known = skin.structure[index] >= 0
    structure = within_sentence(structure_words(skin.structures[skin.structure[index]])) if known else ""
    what = _("Refused here: {rule}").format(rule=rule) + (f", {structure}" if structure else "")
    missing = float(skin.shortfall_mm[index])
    if missing <= 0:
        return f"{what}."
    return _("{what}; {distance} are missing.").format(what=what, distance=amount_text(missing, "mm"))


def instruments_of(plan: Plan) -> tuple[Any, ...]:
    """Probes, cannulas and screws of a plan."""
    return tuple(tool for item in plan.treatments for tool in (*item.probes, *item.cement, *item.screws))


def device_choices(technique: Technique) -> list[tuple[str, str]]:
    """(identifier, title) of the devices for a technique, those that can be planned with first."""
    found = sorted(devices(technique), key=lambda item: (item.status is not DeviceStatus.READY, item.name))
    missing = _("needs its maker's figures")
    return [(item.id, item.name if item.status is DeviceStatus.READY else f"{item.name} ({missing})") for item in found]


def setting_choices(identifier: str) -> list[tuple[str, str]]:
    """(identifier, title) of the published settings of a device."""
    if not identifier:
        return []
    return [(zone.setting, zone.title) for zone in device(identifier).zones]


def _device_title(identifier: str) -> str:
    try:
        return device(identifier).name
    except BoneIRError:
        return identifier

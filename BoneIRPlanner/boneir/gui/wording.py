"""What the steps show in words: plans, proposals, outlines and devices, with the numbers as the report prints them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slicer.i18n import tr as _

from ..ablation.device import DeviceStatus
from ..ablation.devices import device, devices
from ..errors import BoneIRError
from ..plan import Plan, Probe, Technique
from ..proposal import Goal
from ..report.numbers import amount_text, seconds_text
from .records import Proposed

_MOST_NAMES = 12
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
    )


def outline_words(names: Sequence[str]) -> str:
    """What is outlined, as one short line."""
    if not names:
        return _("Nothing is outlined yet.")
    shown = ", ".join(name.replace("_", " ") for name in names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        return _("{count} outlines: {names} and more.").format(count=len(names), names=shown)
    return _("{count} outlines: {names}.").format(count=len(names), names=shown)


def plan_words(plan: Plan) -> str:
    """A plan in a few lines: the way in, and every probe."""
    lines = [f"{plan.name}: {plan.approach}" if plan.approach else plan.name]
    for probe in plan.probes:
        depth = amount_text(probe.trajectory.length_mm, "mm")
        parts = [_device_title(probe.device), *_doses(probe), _("{depth} from skin to tip").format(depth=depth)]
        lines.append(_("Probe {name}: {details}").format(name=probe.name, details=", ".join(parts)))
    return "\n".join(lines)


def _doses(probe: Probe) -> list[str]:
    power = [] if probe.power_w is None else [amount_text(probe.power_w, "W")]
    return power if probe.duration_s is None else [*power, seconds_text(probe.duration_s)]


def proposal_rows(proposed: Proposed | None, chosen: str) -> tuple[Rows, Rows, str, int]:
    """Rows of the plans and of the refusals, the reasons of the chosen plan, and its row (-1 where none is chosen)."""
    if proposed is None:
        return [], [], "", -1
    scores = [*proposed.scores, *[float("nan")] * (len(proposed.plans) - len(proposed.scores))]
    plans: Rows = []
    for plan, score in zip(proposed.plans, scores, strict=True):
        depth = max((probe.trajectory.length_mm for probe in plan.probes), default=0.0)
        plans.append((plan.name, amount_text(depth, "mm"), f"{score:.2f}", plan.approach))
    refusals: Rows = [
        (str(item.count), item.rule.replace("_", " "), item.structure.replace("_", " ")) for item in proposed.refusals
    ]
    names = [plan.name for plan in proposed.plans]
    row = names.index(chosen) if chosen in names else -1
    reasons = proposed.plans[row].reasons if row >= 0 else ()
    return plans, refusals, "\n".join(f"• {reason}" for reason in reasons), row


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

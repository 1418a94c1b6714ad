"""Limits that the user sets: read from a file, checked, put in place of those that are shipped, and told."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..anatomy.structures import Kin, StructureKind, structure_kinds, structure_kins, with_article
from ..errors import PlanError
from ..evidence import Grade, Value
from ..findings import Finding, Severity
from ..plan import LimitChange
from .guidance import OWN, guidance_of
from .limits import TABLES, Limits, access_limits

_TABLE_OF = {"in_bone": "in_bone", "weights": "weights", "clearance": "clearances", "severity": "severities"}
"""Group of a name ("clearance.aorta") and the field of `Limits` that holds it."""
_SAID_AS = {
    "in_bone": "clearance within the target bone of",
    "weights": "weight of",
    "clearance": "clearance of",
    "severity": "severity of an injury of",
}
_WORDS = {
    "hip.joint_reach": "distance from the femur within which a needle may open the hip joint",
    "hip.joint_reach_unsure": "the same where hip bone and femur were parted by brightness alone",
    "hip.unseen_refused": "refusal of ways that may run through a hip joint or a sciatic nerve that is not outlined",
    "hip.sciatic_above": "height above the femur up to which the sciatic nerve is thought of",
    "hip.sciatic_behind": "angle from straight behind within which the sciatic nerve is thought of",
    "biopsy.gas_below": "density below which a core holds gas",
    "biopsy.necrosis_below": "density below which a core holds necrosis",
    "biopsy.sclerosis_above": "density above which a core holds dense sclerosis",
    "biopsy.throw": "length of a core",
    "biopsy.fan_cores": "number of cores through one entry",
    "biopsy.fan_angle": "angle between cores through one entry",
    "biopsy.fan_apart": "distance between the tips of cores",
    "biopsy.aim_share": "viable share of a lesion from which it is aimed at",
    "pedicle.grade_B": "breach of a pedicle beyond which it is grade B",
    "pedicle.grade_C": "breach of a pedicle from which it is grade C",
    "pedicle.grade_D": "breach of a pedicle from which it is grade D",
    "pedicle.grade_E": "breach of a pedicle from which it is grade E",
    "pedicle.beside": "distance from a pedicle beyond which a way goes beside it",
    "pedicle.rib_near": "distance from a rib within which a way is called costovertebral",
    "pedicle.straight": "angle to front and back within which a way into a vertebra is called posterior",
    "pedicle.noise": "breach of a pedicle that its outline is not sure of",
}
"""Limits whose key alone says too little."""
_PLACEMENT = {
    "tip_sigma": "placement error at the tip (standard deviation per axis)",
    "entry_sigma": "placement error at the skin (standard deviation per axis)",
}
"""What a way of guiding a needle sets, in words."""
_MORE = {
    "biopsy": (
        "gas_below",
        "necrosis_below",
        "sclerosis_above",
        "viable_least",
        "throw",
        "fan_cores",
        "fan_angle",
        "fan_apart",
        "aim_share",
    ),
    "pedicle": (
        "grade_B",
        "grade_C",
        "grade_D",
        "grade_E",
        "beside",
        "medial_reserve",
        "noise",
        "rib_near",
        "straight",
    ),
    "hip": ("joint_reach", "joint_reach_unsure", "unseen_refused", "sciatic_above", "sciatic_behind"),
    "room": ("gantry_tilt_most", "c_arm_secondary_most"),
    "several": ("exact_candidates", "exact_time", "exact_nodes"),
}
"""Files of limits beside that of access, and what of them can be set."""
_MORE_THAN_ZERO = frozenset({
    "incidence", "skiving", "hard_bone", "bore_radius", "clearance_reach", "tilt_scale", "hard_bone_scale",
    "core_length", "coverage_scale", "harm_scale", "probes_most", "coverage",
    "several.exact_candidates", "several.exact_nodes", "biopsy.throw", "biopsy.fan_cores",
})  # fmt: skip
"""Limits by which something is divided, or without which nothing could be planned."""
_WHOLE = frozenset({
    "crossings", "sacroiliac_crossings", "costal_crossings", "probes_most", "several.exact_candidates",
    "several.exact_nodes", "biopsy.fan_cores",
})  # fmt: skip
_RISING = (
    ("biopsy.gas_below", "biopsy.necrosis_below", "biopsy.sclerosis_above"),
    ("pedicle.grade_B", "pedicle.grade_C", "pedicle.grade_D", "pedicle.grade_E"),
)
"""Limits that bound neighbouring parts of one scale."""
_MOST = {"%": 100.0, "deg": 180.0}


def changed_limits(limits: Limits, changes: Sequence[LimitChange]) -> Limits:
    """The limits with some of them set by the user.

    Parameters
    ----------
    limits : Limits
    changes : sequence of LimitChange

    Raises
    ------
    PlanError
        If there is no such limit, or the number makes no sense for it; one sentence says which and what would be right.
    """
    for change in changes:
        shipped = shipped_limit(limits, change.name)
        _check(change, shipped)
        new = replace(
            shipped, amount=change.amount, grade=Grade.DEFAULT, low=None, high=None,
            source=f"Set by the user; this project proposes {shipped}.",
        )  # fmt: skip
        group, _, key = change.name.rpartition(".")
        if group in _MORE:
            limits = _with(limits, "more", MappingProxyType({**limits.more, change.name: new}))
        elif group:
            table = {**getattr(limits, _TABLE_OF[group]), key: new}
            limits = _with(limits, _TABLE_OF[group], MappingProxyType(table))
        else:
            limits = _with(limits, change.name, new)
    if not sum(weight.amount for weight in limits.weights.values()) > 0:
        raise PlanError("All weights of the costs are zero: at least one of them must be more.")
    for names in _RISING:
        _check_rising(limits, names)
    return limits


def _with(limits: Limits, name: str, value: Any) -> Limits:
    return replace(limits, **{name: value})


def shipped_limit(limits: Limits, name: str) -> Value:
    """The limit of that name ("incidence", "in_bone.cord", "clearance.aorta").

    Raises
    ------
    PlanError
        If there is none; the sentence names those that are spelt alike.
    """
    known = _known(limits)
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=4, cutoff=0.5)
    hint = f"; did you mean {', '.join(close)}?" if close else f"; there are {', '.join(sorted(known)[:8])} and more."
    raise PlanError(f"There is no limit {name!r}{hint}")


def _known(limits: Limits) -> dict[str, Value]:
    """Every limit that can be set, by its name."""
    known = {item.name: getattr(limits, item.name) for item in fields(Limits) if item.name not in TABLES}
    known |= {f"weights.{key}": value for key, value in limits.weights.items()}
    items: list[Kin | StructureKind] = [*structure_kins().values(), *structure_kinds().values()]
    clearances = {item.key: item.clearance for item in items if item.clearance is not None} | dict(limits.clearances)
    severities = {item.key: item.severity for item in items if item.severity is not None} | dict(limits.severities)
    known |= {f"clearance.{key}": value for key, value in clearances.items()}
    known |= {f"severity.{key}": value for key, value in severities.items()}
    within = {key: kin.clearance for key, kin in structure_kins().items() if kin.clearance is not None}
    known |= {f"{file}.{key}": limits.of_file(file, key) for file, keys in _MORE.items() for key in keys}
    return known | {f"in_bone.{key}": value for key, value in (within | dict(limits.in_bone)).items()}


def _check(change: LimitChange, shipped: Value) -> None:
    said, amount = limit_words(change.name), change.amount
    if shipped.unit == "HU" and math.isfinite(amount) and change.name.startswith("biopsy."):
        return  # gas and fat are negative
    if not (math.isfinite(amount) and amount >= 0):
        raise PlanError(f"The {said} is {amount:g}; it must be a number of {_unit(shipped)}, zero or more.")
    if change.name in _MORE_THAN_ZERO and amount == 0:
        raise PlanError(f"The {said} is zero; it must be more, in {_unit(shipped)}.")
    if change.name in _WHOLE and amount != int(amount):
        raise PlanError(f"The {said} is {amount:g}; it must be a whole number.")
    most = 1.0 if change.name.startswith("severity.") else _MOST.get(shipped.unit, math.inf)
    if amount > most:
        raise PlanError(f"The {said} is {amount:g} {_unit(shipped)}; it must be {most:g} {_unit(shipped)} at most.")


def _check_rising(limits: Limits, names: Sequence[str]) -> None:
    """Bounds of one scale keep their order."""
    values = [limits.of_file(*name.split(".")) for name in names]
    for n in range(len(names) - 1):
        if values[n].amount >= values[n + 1].amount:
            low, high = (limit_words(name) for name in names[n : n + 2])
            raise PlanError(f"The {low} is {values[n]} and the {high} {values[n + 1]}: the first must be less.")


def _unit(value: Value) -> str:
    return "no unit" if value.unit == "1" else value.unit


def limit_words(name: str) -> str:
    """A limit in words: "clearance of great vessels", "clearance of the aorta", "hub reserve"."""
    group, _, key = name.rpartition(".")
    words = (_PLACEMENT | _WORDS).get(name, key.replace("_", " "))
    if group not in _SAID_AS:
        return words
    kin = structure_kins().get(key)
    named = kin.name.lower() if kin else with_article(key) if key in structure_kinds() else words
    return f"{_SAID_AS[group]} {words if group == 'weights' else named}"


def changed_findings(limits: Limits, changes: Sequence[LimitChange]) -> tuple[Finding, ...]:
    """One note for every limit that the user set: which, to what, and what is shipped.

    Parameters
    ----------
    limits : Limits
        Those that are shipped.
    changes : sequence of LimitChange
    """
    changed = changed_limits(limits, changes)
    found = guidance_findings(limits, changed)
    told = tuple(_PLACEMENT) if found else ()
    for name in dict.fromkeys(change.name for change in changes if change.name not in told):
        new, shipped = shipped_limit(changed, name), shipped_limit(limits, name)
        if new.amount != shipped.amount:
            text = f"The {limit_words(name)} was set to {new} by the user; this project proposes {shipped}."
            found.append(Finding("access.limit_changed", Severity.NOTE, text, new.amount, new.unit, shipped))
    return tuple(found)


def guidance_findings(limits: Limits, changed: Limits) -> list[Finding]:
    """One note where the placement error of changed limits is that of a way of guiding a needle, and not the shipped.

    Parameters
    ----------
    limits, changed : Limits
        Those that are shipped, and those that are used.
    """
    same = all(getattr(limits, name).amount == getattr(changed, name).amount for name in _PLACEMENT)
    guided = guidance_of(changed)
    if same or guided.key == OWN:
        return []
    text = (
        f"The needle is expected to be guided so: {guided.name}. Its placement error is then {guided.tip_sigma} at the "
        f"tip and {guided.entry_sigma} at the skin (standard deviation per axis), where this project takes "
        f"{limits.tip_sigma} and {limits.entry_sigma} if no guidance is chosen."
    )
    tip = guided.tip_sigma
    return [Finding("access.guidance", Severity.NOTE, text, tip.amount, tip.unit, limits.tip_sigma)]


def read_limit_changes(path: Path) -> tuple[LimitChange, ...]:
    """Read changes of limits from a JSON file.

    The file holds ``{"incidence": 50, "clearance": {"aorta": 8}, "room": {"gantry_tilt_most": 0}}``: names and numbers
    as in ``Resources/Limits/access.json``, those of other files in a group with the file's name, or
    ``{"value": 50, "unit": "deg"}`` in place of a number.

    Raises
    ------
    PlanError
        If the file cannot be read, or anything in it is no limit or no number.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PlanError(f"{path}: the file of limits cannot be read ({error.strerror}).") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: not a JSON document ({error}).") from error
    if not isinstance(data, Mapping):
        raise PlanError(f'{path}: expected an object like {{"incidence": 50}}, found {type(data).__name__}.')
    return tuple(_changes(data, "", path))


def _changes(data: Mapping[str, Any], group: str, path: Path) -> list[LimitChange]:
    found: list[LimitChange] = []
    for key, item in data.items():
        if not group and key == "limits" and isinstance(item, Mapping):
            found += _changes(item, "", path)
        elif not group and key in (*_TABLE_OF, *_MORE) and isinstance(item, Mapping):
            found += _changes(item, f"{key}.", path)
        else:
            found.append(LimitChange(f"{group}{key}", _amount(item, f"{group}{key}", path)))
    return found


def _amount(item: Any, name: str, path: Path) -> float:
    shipped = shipped_limit(access_limits(), name)
    amount = item.get("value") if isinstance(item, Mapping) else item
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        raise PlanError(f"{path}: the {limit_words(name)} must be a number, found {json.dumps(item)[:60]}.")
    unit = item.get("unit", shipped.unit) if isinstance(item, Mapping) else shipped.unit
    if unit != shipped.unit:
        raise PlanError(f"{path}: the {limit_words(name)} is given in {unit!r}; it must be in {_unit(shipped)}.")
    return float(amount)

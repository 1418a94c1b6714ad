"""What follows from how near ablation zones come to what must not be hurt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..anatomy.structures import kind_for, structure_kinds, with_article
from ..assessment import Measure
from ..case import Image, Lesion, Role, Structure
from ..evidence import Value
from ..findings import Finding, Severity
from ..plan import ProtectiveMedium
from .approach import FAR_MM, Approach, approach, densest_between
from .limits import ablation_limit
from .protection import how_to_try
from .zone import Shells

NEURAL = ("cord", "nerve_roots")
"""Kin of structures that heat and cold harm first."""

GRAVE = 0.9
"""From this weight on (0 to 1, as the catalogue of structures has it) a zone must not reach into a structure."""


@dataclass(frozen=True)
class _Neighbour:
    """A structure beside a zone, and how to speak of both."""

    name: str
    words: str
    zone: str
    limit: Value
    grave: bool
    neural: bool
    thermal: bool


def zone_safety(
    shells: Sequence[Shells], structures: Sequence[Structure], image: Image, lesion: Lesion, *, thermal: bool = True
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Hold the zones of a lesion's probes against every critical structure and the skin.

    Parameters
    ----------
    shells : sequence of Shells
        One for each probe.
    structures : sequence of Structure
        Critical ones and the body are looked at.
    image : Image
    lesion : Lesion
    thermal : bool
        Whether the zone is one of heat or cold, from which gas or fluid protects.

    Returns
    -------
    measures : tuple of Measure
        "ablation.distance" about each structure, the nearest first: from the expected zone (in cryoablation from the
        edge of the ice), with the distance from the outer shell as lower end; amount None beyond `FAR_MM`.
    findings : tuple of Finding
        "ablation.distance" where one is too near, "ablation.protection" where cord or nerves need protection.
    """
    zone = "ice" if any(shell.harmful != shell.expected for shell in shells) else "zone"
    near: list[tuple[float, Measure]] = []
    far: list[Measure] = []
    findings: list[Finding] = []
    for item in structures:
        if item.mask.is_empty or item.role not in (Role.CRITICAL, Role.BODY):
            continue
        beside = _neighbour(item, zone, thermal)
        title = f"{zone.capitalize()} to {beside.words}"
        found = approach(shells, item.mask, is_skin=item.role is Role.BODY)
        if found is None:
            note = f"farther than {FAR_MM:.0f} mm"
            far.append(Measure("ablation.distance", title, None, "mm", beside.name, limit=beside.limit, note=note))
            continue
        measure = Measure(
            "ablation.distance", title, found.distance_mm, "mm", beside.name, low=found.possible_mm,
            limit=beside.limit, place_mm=found.place_mm, note="the lower end is the distance from the outer shell",
        )  # fmt: skip
        near.append((found.distance_mm, measure))
        densest = densest_between(image, lesion.mask, found.place_mm) if beside.neural else None
        findings += [finding for finding in (_finding(beside, found, densest),) if finding is not None]
    near.sort(key=lambda row: row[0])
    return (*(measure for _, measure in near), *far), tuple(findings)


def _neighbour(item: Structure, zone: str, thermal: bool) -> _Neighbour:
    if item.role is Role.BODY:
        return _Neighbour(
            "skin", "the skin", zone, ablation_limit("skin_distance_mm"), grave=True, neural=False, thermal=thermal
        )
    kind = structure_kinds().get(item.kind) or kind_for(item.name)
    neural = kind is not None and kind.kin.key in NEURAL
    severity = None if kind is None else kind.severity or kind.kin.severity
    limit = ablation_limit("neural_protection_mm" if neural else "organ_distance_mm")
    words = with_article(item.name, item.kind)
    return _Neighbour(item.name, words, zone, limit, severity is None or severity.amount >= GRAVE, neural, thermal)


def _finding(beside: _Neighbour, found: Approach, densest: float | None) -> Finding | None:
    """What a distance means; None where it is far enough."""
    words, zone, distance = beside.words, beside.zone, found.distance_mm
    if distance <= 0.0:
        severity = Severity.STOP if beside.grave else Severity.WARN
        text = f"The {zone} reaches {-distance:.1f} mm into {words}: at least {beside.limit} between would be right."
        return _make("ablation.distance", severity, text, beside, found)
    if beside.neural:
        return _about_nerve(beside, found, densest)
    if distance < beside.limit.amount:
        text = f"The {zone} ends {distance:.1f} mm before {words}: at least {beside.limit} would be right."
        return _make("ablation.distance", Severity.WARN, text, beside, found)
    if found.possible_mm <= 0.0:
        text = f"At its largest the {zone} may reach {words}, {distance:.1f} mm from its expected edge."
        return _make("ablation.distance", Severity.WARN, text, beside, found)
    return None


def _about_nerve(beside: _Neighbour, found: Approach, densest: float | None) -> Finding | None:
    """Cord and nerves: protection within ten millimetres, and a stop near a wall that is not known to hold."""
    words, distance = beside.words, found.distance_mm
    stop, wall = ablation_limit("neural_stop_mm"), ablation_limit("wall_hu")
    if distance < stop.amount and (densest is None or densest < wall.amount):
        state = "no intact bone between them is known" if densest is None else f"bone between them below {wall}"
        text = f"The {beside.zone} ends {distance:.1f} mm before {words} with {state}: at least {stop} would be right."
        return _make("ablation.distance", Severity.STOP, text, beside, found, stop)
    if distance >= beside.limit.amount and found.possible_mm > 0.0:
        return None
    right = _protection(beside) if beside.thermal else f"at least {beside.limit} would be right."
    if distance < beside.limit.amount:
        text = f"The {beside.zone} ends {distance:.1f} mm before {words}, nearer than {beside.limit}: {right}"
    else:
        text = f"At its largest the {beside.zone} may reach {words}, {distance:.1f} mm from its expected edge: {right}"
    return _make("ablation.protection", Severity.WARN, text, beside, found)


def _protection(beside: _Neighbour) -> str:
    """What protects from heat or cold, and how to simulate it."""
    cold, heat = ablation_limit("neural_cold_c"), ablation_limit("neural_heat_c")
    medium = ProtectiveMedium.WARM_SALINE if beside.zone == "ice" else ProtectiveMedium.CO2
    return f"plan a protection that keeps it between {cold.amount:g} and {heat.amount:g} degC. {how_to_try(medium)}"


def _make(
    code: str, severity: Severity, text: str, beside: _Neighbour, found: Approach, limit: Value | None = None
) -> Finding:
    return Finding(code, severity, text, found.distance_mm, "mm", limit or beside.limit, found.place_mm, beside.name)

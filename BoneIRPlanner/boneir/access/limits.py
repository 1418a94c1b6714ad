"""The rules, scales and weights of needle access, as they stand in ``Resources/Limits/access.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from ..anatomy.structures import structure_kinds
from ..case import Structure
from ..errors import ResourceError
from ..evidence import Grade, Value, read_value
from ..grid import Grid
from ..resources import limit, read_resource


class Purpose(StrEnum):
    """What a needle is for; it decides how the costs are weighed."""

    PALLIATIVE = "palliative"
    LOCAL_CONTROL = "local_control"
    CONSOLIDATION = "consolidation"
    BIOPSY = "biopsy"


COSTS = ("clearance", "length", "out_of_plane", "incidence", "hard_bone", "healthy", "obliquity", "coverage", "harm")
"""Names of the costs, in the order of the columns of a cost table."""

TABLES = ("in_bone", "weights", "clearances", "severities", "more")
"""Fields of `Limits` that hold several values by name."""

_THIN_MM = 2.0
"""Up to this distance between slices the numeric guard is enough as it stands."""


@dataclass(frozen=True)
class Limits:
    """Every constant of the search for a path; change one with ``dataclasses.replace``.

    Parameters
    ----------
    hub_reserve, entry_sigma, tip_sigma, certainty_z, numeric_guard, unknown_clearance, unknown_severity : Value
        Shaft outside the skin, placement error at skin and tip, its quantile, reserve for sampling at voxels, and what
        holds for a critical structure that the catalogue does not know.
    crossings, sacroiliac_crossings, costal_crossings, costal_reach, bone_gap, incidence, skiving : Value
        Rules of bone.
    rib_pleura, hard_bone : Value
        Rules of ribs and of dense bone.
    tip_beyond, pass_by_bone : Value
        Where a tip may end, and how near a needle passes bone that it may not enter.
    bore_radius, bore_reserve, table_reserve, below_horizontal, midline, view_border : Value
        Rules of the room and of the skin.
    clearance_reach, tilt_scale, hard_bone_scale, lung_factor, core_length, coverage_scale, harm_scale : Value
        Where a cost is full or nothing.
    entries_apart, angle_apart, coverage : Value
        When two plans count as different, and when one probe is enough.
    probe_spacing_least, probe_spacing_most, probe_overlap, probe_angle, probe_apart, hub_apart : Value
        How several probes in one lesion stand to each other.
    probes_most, probe_gain : Value
        How many probes there may be, and what one more has to add.
    cord_probability, other_probability : Value
        Least probability of sparing the canal and everything else.
    in_bone : mapping of str to Value
        Clearance, by class of structure, that applies inside the target bone.
    weights : mapping of str to Value
        Weight of each of `COSTS`.
    clearances, severities : mapping of str to Value
        What holds instead of the catalogue's value, by name or kind of a structure or by its class.
    more : mapping of str to Value
        What holds instead of a value of another file of limits, by both names ("room.gantry_tilt_most").
    """

    hub_reserve: Value
    entry_sigma: Value
    tip_sigma: Value
    certainty_z: Value
    numeric_guard: Value
    unknown_clearance: Value
    unknown_severity: Value
    crossings: Value
    sacroiliac_crossings: Value
    costal_crossings: Value
    costal_reach: Value
    bone_gap: Value
    incidence: Value
    skiving: Value
    rib_pleura: Value
    hard_bone: Value
    tip_beyond: Value
    pass_by_bone: Value
    bore_radius: Value
    bore_reserve: Value
    table_reserve: Value
    below_horizontal: Value
    midline: Value
    view_border: Value
    clearance_reach: Value
    tilt_scale: Value
    hard_bone_scale: Value
    lung_factor: Value
    core_length: Value
    coverage_scale: Value
    harm_scale: Value
    entries_apart: Value
    angle_apart: Value
    coverage: Value
    probe_spacing_least: Value
    probe_spacing_most: Value
    probe_overlap: Value
    probe_angle: Value
    probe_apart: Value
    hub_apart: Value
    probes_most: Value
    probe_gain: Value
    cord_probability: Value
    other_probability: Value
    in_bone: Mapping[str, Value]
    weights: Mapping[str, Value]
    clearances: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    severities: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    more: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))

    def of_file(self, file: str, key: str) -> Value:
        """A value of another file of ``Resources/Limits``, or what was set in its place.

        Raises
        ------
        ResourceError
            If the file has no such value.
        """
        return self.more.get(f"{file}.{key}") or limit(file, key)

    def clearance_of(self, structure: Structure) -> Value:
        """Distance that the surface of a needle keeps from a structure, beyond its placement error."""
        kind = structure_kinds().get(structure.kind)
        shipped = self.unknown_clearance if kind is None or kind.clearance is None else kind.clearance
        return _given_for(structure, self.clearances) or shipped

    def clearance_in_bone(self, structure: Structure) -> Value:
        """The same inside the target bone, where its wall protects what lies beyond."""
        whole = self.clearance_of(structure)
        kind = structure_kinds().get(structure.kind)
        inside = self.in_bone.get(kind.kin.key) if kind is not None else None
        return inside if inside is not None and inside.amount < whole.amount else whole

    def severity_of(self, structure: Structure) -> Value:
        """Weight of an injury, 0..1."""
        kind = structure_kinds().get(structure.kind)
        shipped = self.unknown_severity if kind is None or kind.severity is None else kind.severity
        return _given_for(structure, self.severities) or shipped


def _given_for(structure: Structure, given: Mapping[str, Value]) -> Value | None:
    """What is given for a structure, most particularly: by its name, its kind, or its class."""
    kind = structure_kinds().get(structure.kind)
    keys = (structure.name, structure.kind, kind.kin.key if kind is not None else "")
    return next((given[key] for key in keys if key in given), None)


@cache
def access_limits(purpose: Purpose = Purpose.LOCAL_CONTROL) -> Limits:
    """The limits that this project ships, with the weights of a purpose.

    Raises
    ------
    ResourceError
        If a constant is missing or has no unit, grade or source.
    """
    data = read_resource("Limits", "access.json")
    presets = data.get("presets", {})
    if purpose not in presets:
        raise ResourceError(f"Limits/access.json has no preset {purpose!r}; it has: {', '.join(presets)}.")
    values: dict[str, Any] = {name: _read(data.get("limits", {}), name, "limits") for name in _single_values()}
    in_bone = {name: _read(data["in_bone"], name, "in_bone") for name in data.get("in_bone", {})}
    weights = {name: _read(presets[purpose]["weights"], name, f"presets.{purpose}.weights") for name in COSTS}
    return Limits(**values, in_bone=MappingProxyType(in_bone), weights=MappingProxyType(weights))


def widened_for(limits: Limits, grid: Grid) -> Limits:
    """The limits with a larger numeric guard where slices are thick, since outlines may bulge between them.

    Checked against analytic shapes at slices of 4 to 5 mm: a quarter of what the slices exceed 2 mm by is enough.
    """
    excess = max(grid.spacing_mm) - _THIN_MM
    if excess <= 0:
        return limits
    guard = limits.numeric_guard
    amount = guard.amount + excess / 4
    note = f"{guard.amount:g} mm, and a quarter of what the slices of {max(grid.spacing_mm):g} mm exceed 2 mm by"
    return replace(limits, numeric_guard=Value(amount, "mm", Grade.DERIVED, guard.source, note=note))


def weighted_for_unknown(limits: Limits, unknown_share: float) -> Limits:
    """The limits with weight moved from clearance to healthy tissue, as far as critical classes are not outlined.

    Nothing can keep clear of what is not outlined. The less is known of what lies deep, the more a short way through
    soft tissue is worth.

    Parameters
    ----------
    limits : Limits
    unknown_share : float
        Share of the critical classes of which the case outlines nothing, 0..1.
    """
    if unknown_share <= 0:
        return limits
    moved = limits.weights["clearance"].amount * unknown_share
    note = f"shifted because {100 * unknown_share:.0f} % of the critical classes are not outlined"
    weights = dict(limits.weights)
    for name, change in (("clearance", -moved), ("healthy", moved)):
        shipped = weights[name]
        weights[name] = Value(shipped.amount + change, shipped.unit, Grade.DERIVED, shipped.source, note=note)
    return replace(limits, weights=MappingProxyType(weights))


def _single_values() -> tuple[str, ...]:
    return tuple(item.name for item in fields(Limits) if item.name not in TABLES)


def _read(table: Mapping[str, object], name: str, where: str) -> Value:
    return read_value(table.get(name), f"Limits/access.json, {where}.{name}")

"""Electrochemotherapy and irreversible electroporation: needles, pulses, and whether all of a lesion is reached."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from ..assessment import Measure
from ..case import Case
from ..errors import PlanError
from ..findings import Finding, Point, Severity
from ..image.resample import mask_on
from ..plan import Trajectory
from .electric import electric_value
from .electrodes import Electrode, Rod, inside_rods
from .electroporation import (
    Pulse,
    PulseConductivity,
    coverage_report,
    field_coverage,
    pulse_conductivity,
    pulsed_field,
)
from .outcome import Outcome, zone_on
from .tissue_map import tissue_map, window_around

_REACH_MM = 25.0


def predict_pulses(
    case: Case,
    lesion: str,
    needles: Sequence[Trajectory],
    *,
    active_mm: float,
    diameter_mm: float,
    volts_per_mm: float,
    irreversible: bool = False,
    told: Callable[[float], None] | None = None,
) -> Outcome:
    """Predict pulses between every pair of needles that a generator has the voltage for.

    Parameters
    ----------
    case : Case
    lesion : str
        Name; "" for the only one.
    needles : sequence of Trajectory
        Two or more.
    active_mm : float
        Length of the bare part behind each tip; the shaft behind it is insulated.
    diameter_mm : float
    volts_per_mm : float
        Voltage of each pair over the distance between the middles of their bare parts.
    irreversible : bool
        Whether cells shall die from the field alone, which takes a stronger one.
    told : callable or None
        See `pulsed_field`.

    Raises
    ------
    PlanError
        If there are fewer than two needles, sizes or voltage are not positive, or all pairs need too high a voltage.
    CaseError
        If the lesion is not in the case.
    """
    if len(needles) < 2 or min(active_mm, diameter_mm, volts_per_mm) <= 0.0:
        raise PlanError(
            f"Pulses need two needles or more, and bare length, diameter and voltage above 0; there are {len(needles)} "
            f"needles, {active_mm:g} mm, {diameter_mm:g} mm and {volts_per_mm:g} V/mm."
        )
    target = case.lesion(lesion)
    points = np.concatenate([target.mask.points_mm(), [way.tip_mm for way in needles]])
    ends = np.stack([points.min(axis=0), points.max(axis=0)])
    window = window_around(ends, _REACH_MM, case.image.grid, min(1.0, 0.55 * diameter_mm))
    tissues = tissue_map(case.image, case.structures, target, window)
    bare = [_bare(way, active_mm, diameter_mm) for way in needles]
    shafts = [Rod(way.entry_mm, rod.start_mm, diameter_mm / 2.0) for way, rod in zip(needles, bare, strict=True)]
    pulses, left_out = _pulses(bare, volts_per_mm)
    electrodes = [Electrode(str(number), (rod,)) for number, rod in enumerate(bare, 1)]
    conductivity = _insulated(pulse_conductivity(tissues), inside_rods(shafts, window))
    field = pulsed_field(conductivity, window, electrodes, pulses, told=told)
    threshold = electric_value("irreversible_v_m" if irreversible else "reversible_v_m")
    coverage = field_coverage(field, mask_on(target.mask, window), threshold.amount)
    measures, findings = coverage_report(coverage, target.name, threshold)
    highest = (
        Measure("ablation.pulse_voltage", "Highest voltage", max(p.voltage_v for p in pulses), "V", target.name),
        Measure("ablation.pulse_current", "Highest current", max(field.currents_a), "A", target.name),
    )
    medium = "simulated; fields in bone have not been measured"
    zone = zone_on(case.image.grid, "field", "", medium, field.reached(threshold.amount))
    findings = (*findings, *_beyond_generator(max(field.currents_a), left_out, target.name))
    return Outcome(zone, (*measures, *highest), findings)


def _pulses(bare: Sequence[Rod], volts_per_mm: float) -> tuple[list[Pulse], int]:
    """A pulse for every pair that the highest voltage suffices for, and how many pairs are too far apart."""
    most = electric_value("pulse_most_v")
    middles = [_middle(rod) for rod in bare]
    every = [
        Pulse(a, b, volts_per_mm * math.dist(middles[a], middles[b])) for a, b in combinations(range(len(bare)), 2)
    ]
    pulses = [pulse for pulse in every if pulse.voltage_v <= most.amount * (1.0 + 1e-9)]
    if not pulses:
        least = min(pulse.voltage_v for pulse in every)
        raise PlanError(
            f"The needles stand too far apart: {least:.0f} V would be needed between the nearest; {most} are there: "
            f"at most {most.amount / volts_per_mm:.0f} mm would be right."
        )
    return pulses, len(every) - len(pulses)


def _beyond_generator(current_a: float, left_out: int, lesion: str) -> tuple[Finding, ...]:
    """What the generator is not able to do of what was planned."""
    found, most = list[Finding](), electric_value("pulse_most_a")
    if current_a > most.amount:
        text = (
            f"Pulses in {lesion} draw up to {current_a:.0f} A: at most {most} are there; less voltage would be right."
        )
        found.append(Finding("ablation.pulse_current", Severity.WARN, text, current_a, "A", most, about=lesion))
    if left_out:
        pairs = "1 pair" if left_out == 1 else f"{left_out} pairs"
        volts = electric_value("pulse_most_v")
        text = f"{pairs} of needles in {lesion} stand too far apart for {volts} and get no pulse."
        found.append(Finding("ablation.pulse_pairs", Severity.NOTE, text, float(left_out), "1", volts, about=lesion))
    return tuple(found)


def _bare(way: Trajectory, active_mm: float, diameter_mm: float) -> Rod:
    """The conducting part; its round ends reach as far as the tip."""
    radius, length = diameter_mm / 2.0, way.length_mm
    return Rod(way.point_at(max(length - active_mm, 0.0) + radius), way.point_at(length - radius), radius)


def _middle(rod: Rod) -> Point:
    x, y, z = ((a + b) / 2.0 for a, b in zip(rod.start_mm, rod.end_mm, strict=True))
    return x, y, z


def _insulated(tissue: PulseConductivity, shafts: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> PulseConductivity:
    """The tissue with shafts that let no current through."""
    low, high = (np.where(shafts, 0.0, sigma) for sigma in (tissue.low_s_m, tissue.high_s_m))
    return replace(tissue, low_s_m=low, high_s_m=high)

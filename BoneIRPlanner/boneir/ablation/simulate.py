"""One door to every simulation: what a treatment does, by the physics of its technique."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..assessment import Zone
from ..case import Case
from ..errors import PlanError
from ..findings import Finding, Severity
from ..mask import Mask
from ..plan import Probe, Technique, Treatment
from .device import Device
from .devices import device
from .outcome import Outcome
from .physics import SIMULATED, Watch, predict
from .physics_values import physics_value
from .predict_ethanol import predict_ethanol
from .predict_pulses import predict_pulses
from .predict_range import predict_range
from .predict_ultrasound import Aimed, Transducer, predict_ultrasound
from .protection import protected
from .zone import zone_size_of

SIMULATED_HERE = (*SIMULATED, Technique.ETHANOL, Technique.ULTRASOUND, Technique.ELECTROCHEMOTHERAPY)
"""Techniques that `simulate` knows."""

SOUND_MM = 1.5
"""Voxels of simulations of sound, whose window reaches from the focus to the transducer."""


def simulate(
    case: Case,
    treatment: Treatment,
    *,
    spread: bool = False,
    in_turn: bool = False,
    spacing_mm: float = 1.0,
    progress: Watch | None = None,
    told: Callable[[float], None] | None = None,
) -> tuple[Outcome, ...]:
    """Simulate a treatment by heat, cold, ethanol, sound or pulses.

    Parameters
    ----------
    case : Case
    treatment : Treatment
        With a probe; of focused ultrasound, the way leads along the axis of the beam to its focus.
    spread : bool
        Whether heat and cold are simulated nine times over the ranges of tissue values, which gives the shells of the
        zone and the chance that it covers the lesion. Ethanol always is; pulses and sound are simulated once.
    in_turn : bool
        Whether probes heat one after the other instead of together.
    spacing_mm : float
        Voxels of simulations of heat and cold.
    progress : callable, optional
        Called with the moments of a single run of heat or cold. What it raises ends the run and nothing is kept of it.
    told : callable, optional
        Called with the share that is done of nine runs, of sound or of pulses; likewise.

    Returns
    -------
    tuple of Outcome
        One, or for ethanol one for each needle.

    Raises
    ------
    PlanError
        If the technique cannot be simulated, there is no probe, its setting is not possible, or a layer of protection
        is not.
    DeviceError
        If a device lacks what the simulation needs.
    """
    technique = treatment.technique
    if technique not in SIMULATED_HERE or not treatment.probes:
        raise PlanError(
            f"{technique} on {treatment.lesion!r} cannot be simulated: it needs a probe and one of "
            f"{', '.join(SIMULATED_HERE)}."
        )
    case, volumes, notes = protected(case, case.lesion(treatment.lesion), treatment.protection)
    first, *rest = _simulated(case, treatment, spread, in_turn, spacing_mm, progress, told)
    first = replace(first, measures=(*first.measures, *volumes), findings=(*first.findings, *notes))
    return (first, *rest)


def _simulated(
    case: Case, treatment: Treatment, spread: bool, in_turn: bool, spacing_mm: float, progress: Watch | None,
    told: Callable[[float], None] | None,
) -> tuple[Outcome, ...]:  # fmt: skip
    technique = treatment.technique
    if technique is Technique.ETHANOL:
        return tuple(_ethanol(case, treatment, probe, told) for probe in treatment.probes)
    if technique is Technique.ULTRASOUND:
        return (_ultrasound(case, treatment, told),)
    if technique is Technique.ELECTROCHEMOTHERAPY:
        return (_pulses(case, treatment, told),)
    if spread:
        made = predict_range(case, treatment, spacing_mm=spacing_mm, in_turn=in_turn, progress=told)
        expected, shells = made.expected, made.outcome
        measures, findings = (*expected.measures, *shells.measures), (*expected.findings, *shells.findings)
        return (Outcome(shells.zone, measures, findings, expected.curves, expected.each),)
    once = predict(case, treatment, spacing_mm=spacing_mm, in_turn=in_turn, progress=progress)
    return (Outcome(once.zone, once.measures, once.findings, once.curves, once.each),)


def _ethanol(case: Case, treatment: Treatment, probe: Probe, told: Callable[[float], None] | None) -> Outcome:
    item = _of_technique(probe, Technique.ETHANOL)
    volume_ml = zone_size_of(probe, item).volume_ml
    if volume_ml is None:
        raise PlanError(f"The setting {probe.setting!r} of {item.name} has no volume: give it one in mL.")
    return predict_ethanol(
        case, treatment.lesion, probe.trajectory.tip_mm, volume_ml, margin_mm=treatment.margin_mm, needle=probe.name,
        progress=told,
    )  # fmt: skip


def _ultrasound(case: Case, treatment: Treatment, told: Callable[[float], None] | None) -> Outcome:
    probe, *others = treatment.probes
    item = _of_technique(probe, Technique.ULTRASOUND)
    bowl = Transducer(item.parameter("curvature_mm"), item.parameter("aperture_mm"), item.parameter("frequency_hz"))
    power_w = item.parameter("power_w") if probe.power_w is None else probe.power_w
    seconds = item.parameter("duration_s") if probe.duration_s is None else probe.duration_s
    further = [Aimed(other.trajectory.tip_mm, other.trajectory.direction) for other in others]
    if any(
        (other.device, other.power_w, other.duration_s) != (probe.device, probe.power_w, probe.duration_s)
        for other in others
    ):
        raise PlanError("All sonications of a treatment need the same device, power_w and duration_s: make them alike.")
    return predict_ultrasound(
        case, treatment.lesion, bowl, power_w=power_w, duration_s=seconds, focus_mm=probe.trajectory.tip_mm,
        axis=probe.trajectory.direction, further=further, pause_s=physics_value("pause_s").amount, spacing_mm=SOUND_MM,
        told=told,
    )  # fmt: skip


def _pulses(case: Case, treatment: Treatment, told: Callable[[float], None] | None) -> Outcome:
    item = _of_technique(treatment.probes[0], Technique.ELECTROCHEMOTHERAPY)
    if len(treatment.probes) < 2:
        text = f"One needle alone makes no field in {treatment.lesion}: place two or more, on both sides of it."
        stop = Finding("ablation.one_electrode", Severity.STOP, text, about=treatment.lesion)
        nothing = Mask.of(np.zeros(case.image.grid.shape, bool), case.image.grid)
        return Outcome(Zone("field", "", nothing, medium="no field"), (), (stop,))
    return predict_pulses(
        case,
        treatment.lesion,
        [probe.trajectory for probe in treatment.probes],
        active_mm=max((tip.amount for tip in item.active_tips_mm), default=20.0),
        diameter_mm=item.diameter_mm.amount,
        volts_per_mm=item.parameter("volts_per_mm"),
        told=told,
    )


def _of_technique(probe: Probe, technique: Technique) -> Device:
    item = device(probe.device).ready()
    if item.technique is not technique:
        raise PlanError(f"Needle {probe.name!r}: {item.name} is for {item.technique}, not for {technique}.")
    return item

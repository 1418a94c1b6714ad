"""What a treatment does to a patient's own tissue, by physics: zone, and temperatures at what must not be hurt."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..assessment import Curve, Measure, Zone
from ..case import Case
from ..errors import PlanError
from ..findings import Finding, Severity
from ..grid import Grid
from ..image.resample import mask_on
from ..mask import Mask
from ..plan import Technique, Treatment
from .at_risk import RiskWatch
from .cold import Cooled, Stage, freeze
from .cold_medium import cold_medium_of
from .cooling import cooled_down
from .damage import DEAD_CEM43_MIN, DEAD_OMEGA, frozen_dead, frozen_rule
from .devices import device
from .electrodes import Rod
from .energy import EnergyBalance
from .generator import Generator, RollOffControl
from .heat import Heated, Moment
from .heat_drive import Chosen, Drive, microwave_drive, points_of, radiofrequency_drive, rods_of
from .in_turn import heat_in_turn
from .medium import Held, medium_of
from .outcome import coverage_measure, parts_of
from .physics_values import physics_value
from .tissue_map import TissueMap, tissue_map, window_around

SIMULATED = (Technique.MICROWAVE, Technique.RADIOFREQUENCY, Technique.CRYO)
"""Techniques that `predict` can simulate."""

MEDIUM = "simulated on this patient's tissue"
FINEST_MM, COARSEST_MM, MOST_W = 0.3, 4.0, 1000.0
"""Bounds of what `predict` accepts."""

MOST_UNACCOUNTED = 0.005
"""Share of energy that may be unaccounted for before a finding says so."""

Watch = Callable[[Moment], None]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a simulation says.

    Parameters
    ----------
    zone : Zone
        Of all probes together, on the grid of the planning image. Heat: expected where the dose is 240 equivalent
        minutes at 43 degC, sure where it coagulates at once, possible where the Arrhenius integral is 1. Cold: expected
        where tissue was lethally cold, sure within the isotherm wanted for tumour, possible where there was ice.
    measures : tuple of Measure
    findings : tuple of Finding
    window : Grid
        Of the simulation.
    temperature_c : ndarray of float32
        On `window`: the highest after heat, the lowest after cold.
    stopped : bool
        Whether it was stopped before its end; then it predicts nothing beyond.
    curves : tuple of Curve
        Temperature and volume of the lesion and of what is at risk.
    each : tuple of Zone
        The part nearest to every probe, where they heat in turn.
    """

    zone: Zone
    measures: tuple[Measure, ...]
    findings: tuple[Finding, ...]
    window: Grid
    temperature_c: NDArray[np.float32]
    stopped: bool
    curves: tuple[Curve, ...] = ()
    each: tuple[Zone, ...] = ()


def predict(
    case: Case,
    treatment: Treatment,
    *,
    spacing_mm: float = 1.0,
    in_turn: bool = False,
    change: Callable[[TissueMap], TissueMap] | None = None,
    progress: Watch | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Prediction:
    """Simulate a treatment with all of its probes at work together, or one after the other.

    Parameters
    ----------
    case : Case
        With CT.
    treatment : Treatment
        By microwave, radiofrequency or cryoablation.
    spacing_mm : float
        Voxels of the simulation.
    in_turn : bool
        Whether probes heat one after the other, with a pause between in which tissue cools; cryoprobes always work
        together.
    change : callable, optional
        Changes the tissue map, for instance to another perfusion.
    progress, should_stop : callable, optional
        Called after every few simulated seconds; True from `should_stop` ends the run.

    Raises
    ------
    PlanError
        If the technique cannot be simulated, there is no probe, or power or time are missing or impossible.
    DeviceError, CaseError, ImageError
        As their functions say.
    """
    if treatment.technique not in SIMULATED or not treatment.probes:
        raise PlanError(
            f"{treatment.technique} on {treatment.lesion!r} cannot be simulated: it needs a probe and one of "
            f"{', '.join(SIMULATED)}."
        )
    if not FINEST_MM <= spacing_mm <= COARSEST_MM:
        raise PlanError(f"Voxels of {spacing_mm:g} mm cannot be simulated: {FINEST_MM:g} to {COARSEST_MM:g} mm can.")
    for probe in treatment.probes:
        if probe.power_w is not None and not 0.0 < probe.power_w <= MOST_W:
            raise PlanError(
                f"Needle {probe.name!r} has a power of {probe.power_w:g} W: give more than 0, up to {MOST_W:g}."
            )
    lesion = case.lesion(treatment.lesion)
    chosen = [(probe, device(probe.device)) for probe in treatment.probes]
    points = [*lesion.mask.points_mm(), *(probe.trajectory.tip_mm for probe in treatment.probes)]
    window = window_around(np.asarray(points), physics_value("reach_mm").amount, case.image.grid, spacing_mm)
    _check_tips(treatment, window)
    tissues = tissue_map(case.image, case.structures, lesion, window)
    tissues = tissues if change is None else change(tissues)
    _check_tissue(treatment, tissues)
    watch = RiskWatch(case.structures, window)

    def see(moment: Moment) -> None:
        watch.see(moment)
        if progress is not None:
            progress(moment)

    if treatment.technique is Technique.CRYO:
        return _frozen(case, treatment, chosen, tissues, watch, see, should_stop)
    parts = [[one] for one in chosen] if in_turn else [chosen]
    return _heated(case, treatment, parts, tissues, watch, see, should_stop)


def _heated(
    case: Case, treatment: Treatment, parts: Sequence[Chosen], tissues: TissueMap, watch: RiskWatch, see: Watch,
    should_stop: Callable[[], bool] | None,
) -> Prediction:  # fmt: skip
    drive_of = microwave_drive if treatment.technique is Technique.MICROWAVE else radiofrequency_drive
    generators = list[Generator]()

    def drive(chosen: Chosen) -> Drive:
        made = drive_of(chosen, tissues)
        generators.append(made.generator)
        return made

    turns = [partial(drive, chosen) for chosen in parts]
    pause_s = physics_value("pause_s").amount
    medium = medium_of(tissues)
    runs = heat_in_turn(medium, turns, pause_s, progress=see, should_stop=should_stop)
    made = cooled_down(medium, runs[-1], progress=see)
    zone = _heat_zone(case, tissues.grid, made)
    each = parts_of(zone, treatment.probes) if len(parts) > 1 else ()
    measures, findings = watch.heated(made.peak_c, made.cem43_min)
    more, notes = _account(treatment, zone, case, made.energy, made.reached_border, made)
    power = Measure(
        "ablation.simulated_energy", "Energy absorbed", made.energy.supplied_j / 1000.0, "kJ", zone.name, note=MEDIUM
    )
    for generator in generators:
        if isinstance(generator, RollOffControl) and generator.roll_offs:
            first, times = generator.roll_offs[0], len(generator.roll_offs)
            text = f"The tissue at the electrode boils after {first:.0f} s: the power rolls off {times} times."
            notes = (*notes, Finding("ablation.roll_off", Severity.NOTE, text, first, "s"))
    mask = case.lesion(treatment.lesion).mask
    curves = (*watch.curves(made.peak_c, mask, warm=True), *watch.dose_curves(made.cem43_min, mask))
    return Prediction(
        zone, (*more, power, *measures), (*findings, *notes), tissues.grid, made.peak_c, made.stopped, curves, each
    )


def _heat_zone(case: Case, window: Grid, made: Heated) -> Zone:
    expected = made.cem43_min >= DEAD_CEM43_MIN
    sure = expected & (made.peak_c >= physics_value("heat_sure_c").amount)
    return _zone(case, window, expected, sure, expected | (made.omega >= DEAD_OMEGA))


def _frozen(
    case: Case, treatment: Treatment, chosen: Chosen, tissues: TissueMap, watch: RiskWatch, see: Watch,
    should_stop: Callable[[], bool] | None,
) -> Prediction:  # fmt: skip
    points = points_of(tissues.grid)
    probes = []
    for probe, item in chosen:
        rod = rods_of(probe, item, bipolar=False)[0]
        least = 0.75 * max(tissues.grid.spacing_mm)
        most_w = physics_value("cryo_most_w_mm").amount * (math.dist(rod.start_mm, rod.end_mm) + 2.0 * rod.radius_mm)
        around = Rod(rod.start_mm, rod.end_mm, max(rod.radius_mm, least))
        probes.append(Held(around.distance_mm(points), 0.0, most_w=most_w))
    freeze_s = max(probe.duration_s or physics_value("cryo_freeze_s").amount for probe, _ in chosen)
    surface_c = min(probe.target_c or physics_value("cryo_surface_c").amount for probe, _ in chosen)
    if surface_c > -20.0:
        raise PlanError(f"A cryoprobe at {surface_c:g} degC freezes nothing that dies: give a target_c below -20 degC.")
    stages = [Stage(freeze_s, surface_c)]
    for _ in range(max(probe.cycles for probe, _ in chosen) - 1):
        stages += [Stage(physics_value("cryo_thaw_s").amount, None), Stage(freeze_s, surface_c)]
    made = freeze(cold_medium_of(tissues), stages, tuple(probes), progress=see, should_stop=should_stop)
    expected = frozen_dead(made.coldest_c, made.held_s, made.cycles) & made.largest_ice
    sure = expected & (made.coldest_c <= frozen_rule()["tumour_lethal_c"].amount)
    zone = _zone(case, tissues.grid, expected, sure, expected | made.largest_ice)
    measures, findings = watch.cooled(made.coldest_c)
    more, notes = _account(treatment, zone, case, made.energy, made.reached_border, made)
    hidden = made.largest_ice & tissues.where("bone_cortical", "bone_cancellous", "marrow_red", "marrow_yellow")
    if hidden.any():
        volume = float(np.count_nonzero(hidden)) * tissues.grid.voxel_ml
        text = f"{volume:.1f} mL of the ice lie in healthy bone, where CT does not show it: they cannot be watched."
        notes = (*notes, Finding("ablation.ice_unseen", Severity.WARN, text, volume, "mL"))
    curves = watch.curves(made.coldest_c, case.lesion(treatment.lesion).mask, warm=False)
    return Prediction(zone, (*more, *measures), (*findings, *notes), tissues.grid, made.coldest_c, made.stopped, curves)


def _account(
    treatment: Treatment, zone: Zone, case: Case, energy: EnergyBalance, at_border: bool, made: Heated | Cooled
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Volume, coverage, and how far the simulation can be trusted."""
    lesion = case.lesion(treatment.lesion)
    inner, outer = (None if mask is None else mask.volume_ml for mask in (zone.inner, zone.outer))
    measures = (
        Measure("ablation.simulated_volume", "Volume of the simulated zone", zone.mask.volume_ml, "mL", zone.name,
                inner, outer, note=MEDIUM),
        coverage_measure(lesion.name, lesion.mask, zone),
        Measure("ablation.energy_error", "Energy not accounted for", 100.0 * energy.error, "%", zone.name),
    )  # fmt: skip
    found = []
    if made.stopped:
        text = (
            f"The simulation of {lesion.name} was stopped after {made.time_s:.0f} s: its zone is that of this moment."
        )
        found.append(Finding("ablation.simulation_stopped", Severity.WARN, text, made.time_s, "s", about=zone.name))
    if energy.error > MOST_UNACCOUNTED:
        text = f"{100 * energy.error:.1f} % of the energy of the simulation is not accounted for: do not rely on it."
        found.append(Finding("ablation.energy_error", Severity.WARN, text, energy.error, "1", about=zone.name))
    if at_border:
        text = (
            "The change of temperature reaches the border of the simulated window or image: beyond it nothing is known."
        )
        found.append(Finding("ablation.simulation_border", Severity.NOTE, text, about=zone.name))
    return measures, tuple(found)


def _zone(
    case: Case,
    window: Grid,
    expected: NDArray[np.bool_],
    sure: NDArray[np.bool_],
    possible: NDArray[np.bool_],
) -> Zone:
    masks = [mask_on(Mask.of(marked, window), case.image.grid) for marked in (expected, sure, possible)]
    return Zone("simulated zone", "", masks[0], masks[1], masks[2], MEDIUM)


def _check_tips(treatment: Treatment, window: Grid) -> None:
    for probe in treatment.probes:
        if not bool(window.contains(probe.trajectory.tip_mm)):
            raise PlanError(
                f"The tip of probe {probe.name!r} lies outside the image, which spans {window.bounds_text()}."
            )


def _check_tissue(treatment: Treatment, tissues: TissueMap) -> None:
    for probe in treatment.probes:
        if tissues.tissues[tissues.labels[tissues.grid.nearest_voxel(probe.trajectory.tip_mm)]].id == "gas":
            raise PlanError(
                f"There is no tissue at the tip of probe {probe.name!r}: it lies in gas or outside the body."
            )

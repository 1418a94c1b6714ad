"""Short pulses between needles: where the field opens cells, for electrochemotherapy and irreversible electroporation.

Tissue conducts better where its cells are open, so field and conductivity are found together. A lesion must be covered
completely: cells below the threshold stay untreated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..assessment import Measure
from ..errors import PlanError
from ..evidence import Value
from ..findings import Finding, Point, Severity
from ..grid import Grid
from ..mask import Mask
from .electric import ElectricField, electric_field, electric_value
from .electrodes import Electrode, place
from .laplace import Walls
from .tissue_map import TissueMap

SETTLED = 2e-3
"""Conductivity counts as found when it is off by less than this where the heat arises, relative to itself."""

MOST_ROUNDS = 30

TOLERANCE = 0.05
"""Residual of a solution over what conductivity was off by before it: first rounds need no fine solution."""

FINE = 5e-4
"""Residual that the last solution must not exceed: far below what conductivity is settled to."""

_NEEDLE_TIMES = 1e3
"""A needle that is not connected conducts this many times as well as the best tissue."""

_WITHIN = 2.0 * np.log(19.0)
"""Widths of a logistic curve between a twentieth and nineteen twentieths of its rise."""


@dataclass(frozen=True, eq=False)
class PulseConductivity:
    """How conductivity rises with the field, arrays of shape (k, j, i).

    Parameters
    ----------
    low_s_m, high_s_m : ndarray of float
        Before and after the cells have opened.
    from_v_m, to_v_m : ndarray of float
        Field strengths at which a twentieth and nineteen twentieths of the rise are reached.
    """

    low_s_m: NDArray[np.float64]
    high_s_m: NDArray[np.float64]
    from_v_m: NDArray[np.float64]
    to_v_m: NDArray[np.float64]

    def at(self, strength_v_m: NDArray[np.floating]) -> NDArray[np.float64]:
        """Conductivity in S/m in a field of that strength."""
        return self.at_with_rise(strength_v_m)[0]

    def at_with_rise(self, strength_v_m: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Conductivity in S/m in a field of that strength, and its rise for each doubling at that rate."""
        middle, width = (self.from_v_m + self.to_v_m) / 2.0, (self.to_v_m - self.from_v_m) / _WITHIN
        most, share = self.high_s_m - self.low_s_m, expit((strength_v_m - middle) / width)
        return self.low_s_m + most * share, most * share * (1.0 - share) * strength_v_m / width


@dataclass(frozen=True)
class Pulse:
    """A pulse between two needles: indices of the electrodes, and the voltage between them in V."""

    plus: int
    minus: int
    voltage_v: float


@dataclass(frozen=True, eq=False)
class PulsedField:
    """What a series of pulses does.

    Parameters
    ----------
    strongest_v_m : ndarray of float32, shape (k, j, i)
        The strongest field that each voxel sees; 0 within needles.
    currents_a : tuple of float
        Of each pulse.
    needles : ndarray of bool, shape (k, j, i)
        Voxels within needles.
    grid : Grid
    """

    strongest_v_m: NDArray[np.float32]
    currents_a: tuple[float, ...]
    needles: NDArray[np.bool_]
    grid: Grid

    def reached(self, threshold_v_m: float) -> Mask:
        """Tissue whose field reaches a threshold at least once, needles included."""
        return Mask.of((self.strongest_v_m >= threshold_v_m) | self.needles, self.grid)


def pulse_conductivity(tissues: TissueMap) -> PulseConductivity:
    """How the tissues of a map conduct in pulses, from ``Resources``.

    Muscle and organs, tumour, and fat rise as published; bone and what else has no published curve keeps its
    conductivity at low frequency.
    """
    low = tissues.array("sigma_dc_s_m", missing=0.0).astype(float)
    high = low.copy()
    start, end = np.full(low.shape, 1e5), np.full(low.shape, 2e5)
    kinds = {
        "tissue": ("muscle", "lung"),
        "tumour": ("lytic_tumour", "sclerotic_tumour"),
        "fat": ("fat", "marrow_yellow"),
    }
    for kind, ids in kinds.items():
        mine = tissues.where(*ids)
        low[mine] = electric_value(f"pulse_{kind}_low_s_m").amount
        high[mine] = electric_value(f"pulse_{kind}_high_s_m").amount
        start[mine] = electric_value(f"pulse_{kind}_from_v_m").amount
        end[mine] = electric_value(f"pulse_{kind}_to_v_m").amount
    return PulseConductivity(low, high, start, end)


def pulsed_field(
    tissue: PulseConductivity,
    grid: Grid,
    electrodes: Sequence[Electrode],
    pulses: Sequence[Pulse],
    *,
    told: Callable[[float], None] | None = None,
) -> PulsedField:
    """Solve for the field of every pulse, with the conductivity that belongs to it.

    Needles that a pulse does not use are metal without a connection. `told` hears the share of pulses that is done
    before every round of one; what it raises ends the run.

    Raises
    ------
    PlanError
        If there is no pulse, a pulse names an electrode that does not exist, its voltage is not positive, or
        conductivity and field do not settle.
    """
    if not pulses:
        raise PlanError("There is no pulse: electroporation needs at least one between two needles.")
    for pulse in pulses:
        if not (0 <= pulse.plus < len(electrodes) and 0 <= pulse.minus < len(electrodes)) or pulse.plus == pulse.minus:
            raise PlanError(
                f"A pulse goes from needle {pulse.plus} to {pulse.minus}; name two of 0 to {len(electrodes) - 1}."
            )
        if not pulse.voltage_v > 0.0:
            raise PlanError(f"A pulse of {pulse.voltage_v:g} V does nothing: its voltage must be above 0.")
    needles = place(electrodes, grid).labels > 0
    strongest, currents = np.zeros(grid.shape, np.float32), []
    for number, pulse in enumerate(pulses):
        begin_round = partial(told or (lambda _share: None), number / len(pulses))
        field = _settled(tissue, grid, electrodes, pulse, needles, begin_round)
        np.maximum(strongest, np.where(needles, 0.0, field.strength_v_m()), out=strongest, casting="same_kind")
        currents.append(field.currents_a()[0])
    return PulsedField(strongest, tuple(currents), needles, grid)


def _settled(
    tissue: PulseConductivity,
    grid: Grid,
    electrodes: Sequence[Electrode],
    pulse: Pulse,
    needles: NDArray[np.bool_],
    begin_round: Callable[[], None],
) -> ElectricField:
    """Field and conductivity that belong together, each found from the other in turn.

    Where tissue opens, its field falls and it closes again. So conductivity goes only as far as Newton's method would
    if the density of the current stayed: that does not swing, and settles in a few rounds.
    """
    pair = (electrodes[pulse.plus], electrodes[pulse.minus])
    voltages = (pulse.voltage_v / 2.0, -pulse.voltage_v / 2.0)
    metal = _NEEDLE_TIMES * float(tissue.high_s_m.max())
    sigma, field, change = tissue.low_s_m, None, 1.0
    for _ in range(MOST_ROUNDS):
        begin_round()
        tolerance = TOLERANCE * max(change, SETTLED)
        field = electric_field(
            np.where(needles, metal, sigma), grid, pair, voltages, walls=Walls.INSULATED, start=field,
            tolerance=tolerance,
        )  # fmt: skip
        strength = field.strength_v_m()
        wanted, rise = tissue.at_with_rise(strength)
        step, heat = wanted - sigma, strength.astype(float) ** 2
        change = float((np.abs(step) * heat).sum() / (sigma * heat).sum())
        if change <= SETTLED and tolerance <= FINE:
            return field
        sigma = sigma + np.divide(step * wanted, wanted + rise, out=np.zeros_like(step), where=wanted > 0.0)
    raise PlanError(f"Field and conductivity did not settle in {MOST_ROUNDS} rounds for {pulse}: check the voltages.")


@dataclass(frozen=True)
class FieldCoverage:
    """How much of a lesion a field reaches.

    Parameters
    ----------
    share : float
        Part of its voxels outside the needles, 0 to 1.
    weakest_v_m : float
        The weakest field in it.
    place_mm : Point
        Where, in LPS mm.
    """

    share: float
    weakest_v_m: float
    place_mm: Point


def field_coverage(field: PulsedField, lesion: Mask, threshold_v_m: float) -> FieldCoverage:
    """Measure how much of a lesion the field reaches.

    Parameters
    ----------
    field : PulsedField
    lesion : Mask
        On the grid of the field.
    threshold_v_m : float

    Raises
    ------
    PlanError
        If the lesion lies on another grid, or none of it lies outside the needles.
    """
    if lesion.grid != field.grid:
        raise PlanError("The lesion lies on another grid than the field: resample it first.")
    inside = lesion.full() & ~field.needles
    if not inside.any():
        raise PlanError("None of the lesion lies between the needles: nothing can be covered.")
    strength = np.where(inside, field.strongest_v_m, np.inf)
    k, j, i = np.unravel_index(int(np.argmin(strength)), strength.shape)
    x, y, z = (float(v) for v in field.grid.to_mm((i, j, k)))
    return FieldCoverage(float((strength[inside] >= threshold_v_m).mean()), float(strength[k, j, i]), (x, y, z))


def coverage_report(
    coverage: FieldCoverage, lesion: str, threshold: Value
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Coverage as measures, and a finding wherever it is not complete."""
    share, weakest = 100.0 * coverage.share, coverage.weakest_v_m / 100.0
    limit = Value(threshold.amount / 100.0, "V/cm", threshold.grade, threshold.source, note=threshold.note)
    measures = (
        Measure("ablation.field_coverage", "Lesion within the field", share, "%", lesion),
        Measure(
            "ablation.weakest_field", "Weakest field in the lesion", weakest, "V/cm", lesion, limit=limit,
            place_mm=coverage.place_mm,
        ),
    )  # fmt: skip
    if coverage.share >= 1.0:
        return measures, ()
    text = (
        f"The field falls to {weakest:.0f} V/cm in {lesion}; {limit.amount:g} V/cm must be reached everywhere, and "
        f"{share:.1f} % has it: more voltage, needles closer together or one more would be right."
    )
    place_mm = coverage.place_mm
    return measures, (
        Finding("ablation.field_coverage", Severity.STOP, text, weakest, "V/cm", limit, place_mm, lesion),
    )

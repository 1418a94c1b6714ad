"""The electric field of electrodes in a patient's tissue, and the heat that its current makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from ..evidence import Value
from ..grid import Grid
from ..resources import limit
from .electrodes import Electrode, place
from .laplace import TOLERANCE, Held, SteadyFlow, Walls, steady_flow

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ElectricField:
    """Potential and current around electrodes.

    Parameters
    ----------
    flow : SteadyFlow
        Potential in V and what belongs to it.
    sigma_s_m : ndarray of float, shape (k, j, i)
        Conductivity.
    labels : ndarray of uint8, shape (k, j, i)
        0 in tissue, n + 1 within the n-th electrode.
    voltages_v : tuple of float
        Of the electrodes, against the far ground where there is one.
    grounded : bool
        Whether the walls conduct to a far ground at 0 V.
    grid : Grid
    """

    flow: SteadyFlow
    sigma_s_m: NDArray[np.floating]
    labels: NDArray[np.uint8]
    voltages_v: tuple[float, ...]
    grounded: bool
    grid: Grid

    @property
    def potential_v(self) -> Floats:
        """Potential, shape (k, j, i)."""
        return self.flow.values

    def currents_a(self) -> tuple[float, ...]:
        """Current out of every electrode; negative where it flows back."""
        out = self.flow.outflow()
        return tuple(float(out[self.labels == label].sum()) for label in range(1, len(self.voltages_v) + 1))

    def power_w(self) -> float:
        """Power that the electrodes deliver, into the grid and beyond its walls."""
        return sum(v * i for v, i in zip(self.voltages_v, self.currents_a(), strict=True))

    def resistance_ohm(self) -> float:
        """Resistance between the highest and the lowest potential."""
        ends = (*self.voltages_v, 0.0) if self.grounded else self.voltages_v
        return (max(ends) - min(ends)) ** 2 / self.power_w()

    def heating_w_m3(self, *, into_electrodes: bool = False) -> Floats:
        """Joule heat, shape (k, j, i).

        Parameters
        ----------
        into_electrodes : bool
            Whether electrode voxels get their half of what arises at their surface, as is right where they are cooled;
            otherwise the tissue beside them gets all of it.
        """
        return self.flow.dissipated(into_held=into_electrodes) / (self.grid.voxel_ml * 1e-6)

    def strength_v_m(self) -> NDArray[np.float32]:
        """Field strength at the voxel centres, shape (k, j, i); 0 within electrodes and where nothing conducts."""
        nk, nj, ni = self.grid.shape
        square = np.zeros((nk, nj, ni))
        volume_m3 = self.grid.voxel_ml * 1e-6
        for axis, step_mm in enumerate(self.grid.spacing_mm[::-1]):
            first = (slice(None),) * axis
            through = self.flow.flow(axis)
            both = through.copy()
            both[(*first, slice(1, None))] += through[(*first, slice(0, -1))]
            # Current density is flow over area; its mean over the two faces is that at the centre.
            square += (0.5 * both * (step_mm / 1000.0) / volume_m3) ** 2
        conducts = (self.labels == 0) & (np.asarray(self.sigma_s_m) > 0)
        strength = np.divide(np.sqrt(square), self.sigma_s_m, out=np.zeros_like(square), where=conducts)
        return np.asarray(strength, np.float32)

    def scaled(self, factor: float) -> ElectricField:
        """The field with every voltage multiplied, which multiplies all potentials and currents alike."""
        flow = replace(self.flow, values=self.flow.values * factor)
        return replace(self, flow=flow, voltages_v=tuple(v * factor for v in self.voltages_v))

    def at_power(self, power_w: float) -> ElectricField:
        """The field at the voltages that deliver `power_w`.

        Raises
        ------
        PlanError
            If the power is negative.
        """
        if power_w < 0.0:
            raise PlanError(f"A power of {power_w:g} W cannot be delivered: it must be 0 or more.")
        return self.scaled(float(np.sqrt(power_w / self.power_w())))


def electric_field(
    sigma_s_m: NDArray[np.floating],
    grid: Grid,
    electrodes: Sequence[Electrode],
    voltages_v: Sequence[float],
    *,
    walls: Walls = Walls.FAR,
    start: ElectricField | None = None,
    tolerance: float = TOLERANCE,
) -> ElectricField:
    """Solve for the field of electrodes at given voltages.

    One electrode against a far ground is monopolar; two at opposite voltages are bipolar; tines that belong together
    are rods of one electrode.

    Parameters
    ----------
    sigma_s_m : ndarray of float, shape (k, j, i)
        Conductivity in S/m; 0 in gas and where needles are insulated (`electrodes.inside_rods`).
    grid : Grid
        Any spacing and direction.
    electrodes : sequence of Electrode
    voltages_v : sequence of float
        One for each electrode.
    walls : Walls
        What lies beyond the grid.
    start : ElectricField or None
        A field on the same grid that is nearly right.
    tolerance : float
        See `laplace.steady_flow`.

    Raises
    ------
    PlanError
        If voltages and electrodes do not match, all voltages are the same without a ground, or an electrode does not
        lie in the grid, or no current flows.
    """
    voltages = tuple(float(v) for v in voltages_v)
    if len(voltages) != len(electrodes):
        raise PlanError(f"There are {len(electrodes)} electrodes and {len(voltages)} voltages: give one for each.")
    grounded = walls is not Walls.INSULATED
    if np.ptp((*voltages, 0.0) if grounded else voltages) == 0.0:
        raise PlanError("All electrodes are at the same voltage and nothing is grounded: no current flows.")
    placed = place(electrodes, grid)
    values = np.concatenate([[0.0], voltages])[placed.labels]
    flow = steady_flow(
        np.asarray(sigma_s_m),
        grid.spacing_mm,
        Held(placed.labels > 0, values, placed.distance_mm),
        walls=walls,
        start=None if start is None else start.potential_v,
        tolerance=tolerance,
    )
    field = ElectricField(flow, np.asarray(sigma_s_m), placed.labels, voltages, grounded, grid)
    if field.power_w() <= 0.0:
        raise PlanError("No current flows: the tissue around the electrodes does not conduct.")
    return field


def sigma_at(
    sigma_37_s_m: NDArray[np.floating], temperature_c: NDArray[np.floating], rise_per_k: float | None = None
) -> Floats:
    """Conductivity of warm tissue: it rises with temperature, and falls when the tissue dries out.

    Parameters
    ----------
    sigma_37_s_m, temperature_c : ndarray of float
        Conductivity at 37 degC, and the highest temperature that the tissue has reached or has now.
    rise_per_k : float or None
        Relative rise per kelvin; None takes the default of ``Resources/Limits/electric.json``.
    """
    rise = electric_value("sigma_rise_per_k").amount if rise_per_k is None else rise_per_k
    dries, dry = electric_value("drying_begins_c").amount, electric_value("drying_ends_c").amount
    left = electric_value("dry_share").amount
    temperature = np.asarray(temperature_c, float)
    wet = 1.0 + rise * (np.minimum(temperature, dries) - 37.0)
    dried = np.clip((temperature - dries) / (dry - dries), 0.0, 1.0)
    return np.asarray(np.maximum(wet, left) * (1.0 - (1.0 - left) * dried) * sigma_37_s_m)


@dataclass(frozen=True)
class Delivered:
    """What a generator delivers at one moment.

    Parameters
    ----------
    power_w, voltage_v, resistance_ohm : float
        `power_w` is less than what was asked for where the highest voltage does not suffice: roll-off.
    """

    power_w: float
    voltage_v: float
    resistance_ohm: float


class RadiofrequencySource:
    """Joule heat in tissue whose conductivity follows its temperature; every solution begins with the last one.

    Parameters
    ----------
    sigma_37_s_m : ndarray of float, shape (k, j, i)
        Conductivity at 37 degC at the frequency of the generator.
    grid : Grid
    electrodes : sequence of Electrode
    shares : sequence of float
        Voltages of the electrodes relative to each other: (1,) monopolar, (0.5, -0.5) bipolar.
    walls : Walls
    most_voltage_v : float
        The generator gives no more between the highest and lowest potential.
    """

    def __init__(
        self,
        sigma_37_s_m: NDArray[np.floating],
        grid: Grid,
        electrodes: Sequence[Electrode],
        shares: Sequence[float] = (1.0,),
        *,
        walls: Walls = Walls.FAR,
        most_voltage_v: float = np.inf,
    ) -> None:
        self.sigma_37_s_m, self.grid, self.walls = np.asarray(sigma_37_s_m), grid, walls
        self.electrodes, self.shares, self.most_voltage_v = tuple(electrodes), tuple(shares), most_voltage_v
        self._last: ElectricField | None = None

    def heating(self, temperature_c: NDArray[np.floating], power_w: float) -> tuple[Floats, Delivered]:
        """Joule heat in W/m3, shape (k, j, i), of tissue at a temperature when `power_w` is asked for.

        Raises
        ------
        PlanError
            If the power is negative.
        """
        sigma = sigma_at(self.sigma_37_s_m, temperature_c)
        unit = electric_field(
            sigma, self.grid, self.electrodes, self.shares, walls=self.walls, start=self._last, tolerance=1e-5
        )
        self._last = unit
        resistance = unit.resistance_ohm()
        power = min(power_w, self.most_voltage_v**2 / resistance)
        heating = unit.at_power(power).heating_w_m3()
        return heating, Delivered(power, float(np.sqrt(power * resistance)), resistance)


def electric_value(key: str) -> Value:
    """One value of ``Resources/Limits/electric.json``.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    return limit("electric", key)

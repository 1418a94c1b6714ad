"""What drives the heat of a treatment: where power is absorbed, what sets it, and how long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import DeviceError, PlanError
from ..grid import Grid
from ..plan import Probe, Technique
from .device import Device, ZoneSize
from .electric import RadiofrequencySource
from .electrodes import Electrode, Rod, place
from .generator import ConstantPower, Generator, RollOffControl, TemperatureControl
from .medium import BODY_C
from .microwave import absorption, pattern_of
from .physics_values import physics_value
from .tissue_map import TissueMap
from .zone import zone_size_of

Chosen = Sequence[tuple[Probe, Device]]
Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Drive:
    """What `heat.heat` needs to know of needles that heat.

    Parameters
    ----------
    source : ndarray of float, shape (k, j, i)
        Absorbed power in W/m3 for each W of the generator, in tissue at rest.
    generator : Generator
    seconds : float
    sensor : ndarray of bool or None
        Where the generator sees the temperature; None sees the hottest place.
    renew : callable or None
        The source from the highest temperature in degC so far, where it changes with temperature.
    """

    source: NDArray[np.float64]
    generator: Generator
    seconds: float
    sensor: NDArray[np.bool_] | None = None
    renew: Callable[[Floats], NDArray[np.float64]] | None = None


def microwave_drive(chosen: Chosen, tissues: TissueMap) -> Drive:
    """Absorption of all antennas for each W of the first, which is what the generator counts."""
    sizes = [zone_size_of(probe, item) for probe, item in chosen]
    powers, times = list[float](), list[float]()
    for (probe, _), size in zip(chosen, sizes, strict=True):
        powers.append(_first(probe.power_w, size.power_w, probe, "power_w"))
        times.append(_first(probe.duration_s, size.duration_s, probe, "duration_s"))
    source = np.zeros(tissues.grid.shape)
    for (probe, _), size, power in zip(chosen, sizes, powers, strict=True):
        source += absorption(pattern_of(size), probe, tissues.grid) * power / powers[0]
    source[tissues.where("gas", "metal")] = 0.0
    return Drive(source, ConstantPower(powers[0]), max(times))


def radiofrequency_drive(chosen: Chosen, tissues: TissueMap) -> Drive:
    """Joule heat of the field of all electrodes, for each W; tissue conducts better as it warms, until it is dry."""
    electrodes, voltages = list[Electrode](), list[float]()
    target: float | None = None
    seconds, power, current = 0.0, 0.0, 0.0
    for probe, item in chosen:
        size = _published(probe, item)
        seconds = max(seconds, _first(probe.duration_s, None if size is None else size.duration_s, probe, "duration_s"))
        target = probe.target_c or (size and size.target_c) or target
        power += probe.power_w or (size and size.power_w) or 0.0
        current = max(current, ((size and size.current_ma) or 0.0) / 1000.0)
        for rod, sign in zip(rods_of(probe, item, bipolar=_is_bipolar(item)), (1.0, -1.0), strict=False):
            electrodes.append(Electrode(f"{probe.name}{'+' if sign > 0 else '-'}", (rod,)))
            voltages.append(sign)
    sigma = tissues.array("sigma_480khz_s_m", missing=0.0)
    field = RadiofrequencySource(sigma, tissues.grid, electrodes, voltages)
    within = place(electrodes, tissues.grid).labels > 0
    resting = np.full(tissues.grid.shape, BODY_C)

    def renew(highest_c: Floats) -> NDArray[np.float64]:
        source, _ = field.heating(highest_c, 1.0)
        source[within] = 0.0
        return source

    near = np.zeros(tissues.grid.shape, bool)
    points = points_of(tissues.grid)
    for electrode in electrodes:
        near |= np.abs(electrode.rods[0].distance_mm(points) - 1.0) < 1.0
    source, most_w = renew(resting), physics_value("rf_most_w").amount
    if target is not None:
        return Drive(source, TemperatureControl(target, most_w), seconds, near, renew)
    watts = power or current**2 * field.heating(resting, 1.0)[1].resistance_ohm
    if not watts:
        name = chosen[0][0].name
        raise PlanError(
            f"The setting of probe {name!r} says no power, current or temperature: its heat cannot be simulated; give "
            "power_w in the plan, or --power W with the command."
        )
    return Drive(source, RollOffControl(min(watts, most_w)), seconds, near, renew)


def _is_bipolar(item: Device) -> bool:
    return "bipolar" in item.id or "osteocool" in item.id


def _published(probe: Probe, item: Device) -> ZoneSize | None:
    """The published setting of a probe; None where its own power or temperature and time say enough."""
    try:
        return zone_size_of(probe, item)
    except DeviceError:
        if probe.duration_s is None or (probe.power_w is None and probe.target_c is None):
            raise
        return None


def rods_of(probe: Probe, item: Device, *, bipolar: bool) -> tuple[Rod, ...]:
    """The active part of a needle; of a bipolar one its front and back half with a gap between."""
    cryo = item.technique is Technique.CRYO
    known = [value.amount for value in item.active_tips_mm]
    active = max(known) if known else physics_value("cryo_active_mm" if cryo else "active_tip_mm").amount
    radius = max(item.diameter_mm.amount / 2.0, 0.9)
    ways = [(0.0, 0.4), (0.6, 1.0)] if bipolar else [(0.0, 1.0)]
    rods = []
    for near, far in ways:
        ends = [_behind(probe, radius + share * max(active - 2.0 * radius, 1.0)) for share in (near, far)]
        rods.append(Rod(ends[0], ends[1], radius))
    return tuple(rods)


def _behind(probe: Probe, depth_mm: float) -> tuple[float, float, float]:
    tip, axis = probe.trajectory.tip_mm, probe.trajectory.direction
    x, y, z = (t - depth_mm * u for t, u in zip(tip, axis, strict=True))
    return x, y, z


def points_of(grid: Grid) -> NDArray[np.float64]:
    """LPS mm of every voxel centre, shape (k, j, i, 3)."""
    nk, nj, ni = grid.shape
    return grid.to_mm(np.stack(np.meshgrid(np.arange(nk), np.arange(nj), np.arange(ni), indexing="ij")[::-1], axis=-1))


def _first(mine: float | None, its: float | None, probe: Probe, what: str) -> float:
    amount = its if mine is None else mine
    if amount is None or not amount > 0.0:
        raise PlanError(f"Needle {probe.name!r} has no {what} that can be simulated ({amount}): give more than 0.")
    return amount

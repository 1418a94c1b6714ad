"""The needles of a plan with every other device and setting, and nearer together and wider apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from ..errors import DeviceError
from ..plan import Plan, Probe, Trajectory
from .device import Device, DeviceStatus, ZoneSize
from .devices import device, devices
from .simulate import SIMULATED_HERE
from .zone import zone_size_of

SPREADS = (0.75, 1.0, 1.25)
"""Distances between several needles that are tried, over those of the plan."""


def substitutes(plan: Plan, instruments: Sequence[Device] | None = None) -> tuple[tuple[Plan, ...], tuple[str, ...]]:
    """The same needles with every other device and setting, and several needles nearer together and wider apart too.

    A needle keeps its entry and its line; its tip moves along the line so that the middle of the zone stays where it
    was. Where the distance changes, all tips move away from their middle or towards it first, and the lines turn.

    Parameters
    ----------
    plan : Plan
        With one treatment that ablates.
    instruments : sequence of Device or None
        Devices to try; None takes all that come with the software.

    Returns
    -------
    plans : tuple of Plan
        One for every setting of every device that is ready, and for several needles every distance of `SPREADS`;
        named after them. Of a device without a table, of which only a simulation knows what it does, one.
    left_out : tuple of str
        Devices that could not be tried because the figures of their maker are missing.

    Raises
    ------
    DeviceError
        If the plan does not have exactly one treatment with probes, or a device of it is not ready.
    """
    treated = [treatment for treatment in plan.treatments if treatment.probes]
    if len(treated) != 1:
        raise DeviceError(f"The plan {plan.name!r} has {len(treated)} treatments with needles; to compare, give one.")
    (treatment,) = treated
    middles = [_middle(zone_size_of(probe, device(probe.device))) for probe in treatment.probes]
    several = len(middles) > 1
    arrays = [(spread, _spread(treatment.probes, spread)) for spread in (SPREADS if several else (1.0,))]
    plans, left_out = [], []
    for instrument in devices() if instruments is None else instruments:
        if instrument.status is DeviceStatus.NEEDS_IFU:
            left_out.append(instrument.name)
            continue
        for size, (spread, array) in product(_settings(instrument), arrays):
            probes = tuple(
                _moved(probe, instrument, size, middle) for probe, middle in zip(array, middles, strict=True)
            )
            other = replace(treatment, technique=instrument.technique, probes=probes)
            name = " ".join([instrument.id, *([size.setting] if size else []), *([f"x{spread:g}"] if several else [])])
            plans.append(replace(plan, name=name, treatments=(other,), reasons=()))
    return tuple(plans), tuple(left_out)


def _settings(instrument: Device) -> tuple[ZoneSize | None, ...]:
    """What a device can be set to; None for one that has no table of zones, but can be simulated."""
    without_table: tuple[ZoneSize | None, ...] = (None,) if instrument.technique in SIMULATED_HERE else ()
    return instrument.zones or without_table


def _spread(probes: Sequence[Probe], by: float) -> tuple[Probe, ...]:
    """Needles whose tips are so many times as far apart, around the same middle, from the same entries."""
    tips = np.array([probe.trajectory.tip_mm for probe in probes])
    placed = tips.mean(axis=0) + by * (tips - tips.mean(axis=0)) if by != 1.0 else tips
    return tuple(
        replace(probe, trajectory=Trajectory(probe.trajectory.entry_mm, (float(x), float(y), float(z))))
        for probe, (x, y, z) in zip(probes, placed, strict=True)
    )


def _middle(size: ZoneSize | None) -> float:
    """How far beyond the tip the middle of a zone lies, in mm; of focused sound it lies where it is aimed at."""
    return 0.0 if size is None else size.forward_mm.amount - size.length_mm.amount / 2.0


def _moved(probe: Probe, instrument: Device, size: ZoneSize | None, middle_mm: float) -> Probe:
    """The probe with another device and setting, and the middle of its zone where it was."""
    way = probe.trajectory
    tip = way.point_at(way.length_mm + middle_mm - _middle(size))
    return replace(
        probe,
        device=instrument.id,
        setting=size.setting if size else "",
        trajectory=Trajectory(way.entry_mm, tip),
        power_w=None,
        duration_s=None,
        target_c=None,
    )

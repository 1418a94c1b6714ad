"""The same lesion with every technique and device side by side, and the setting of each that does the least harm.

Works on plans and what was assessed of them, whatever the zones came from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ..assessment import Assessment, Measure
from ..errors import DeviceError
from ..findings import Severity
from ..plan import Plan, Probe, Technique, Trajectory, Treatment
from .device import Device, DeviceStatus, ZoneSize
from .devices import device, devices
from .zone import zone_size_of

FLAGS = {
    "ablation.contraindicated": "must not be used here",
    "ablation.level_unknown": "level not known",
    "ablation.outside_image": "zone leaves the image",
    "ablation.energy": "much energy",
    "ablation.protection": "needs protection of nerves",
    "ablation.cryo_union": "common ice not computed",
    "ablation.field_coverage": "field does not cover",
    "ablation.chance_of_coverage": "coverage not likely",
}
"""Findings that a reader must see beside the numbers, in few words."""

SPREADS = (0.75, 1.0, 1.25)
"""Distances between several needles that are tried, over those of the plan."""

_COVERED = 100.0


@dataclass(frozen=True)
class Option:
    """One way to treat a lesion, in numbers that can be held against those of another.

    Parameters
    ----------
    plan, lesion : str
        Names.
    technique : Technique
    devices, settings : tuple of str
        Names of the devices and titles of the settings in use, each once.
    needles : int
    duration_s : float or None
        All applications: those of one technique at a time one after the other, of ice together. None where a time is
        not known.
    coverage : float or None
        Part of the lesion within the zone, in %.
    margin_mm, margin_low_mm : float or None
        Minimal margin, expected and with the inner shell.
    wanted_mm : float
        Margin that the plan asks for.
    nearest : str
        The structure whose distance is least against its limit; "" where none is near.
    spare_mm : float or None
        Its distance beyond the limit; negative where it is nearer.
    verdict : Severity or None
        Of the whole assessment.
    stops : int
        Findings that stop the plan.
    flags : tuple of str
        See `FLAGS`.
    spacing_mm : float or None
        Mean distance of every tip from the nearest other; None with one needle.
    """

    plan: str
    lesion: str
    technique: Technique
    devices: tuple[str, ...]
    settings: tuple[str, ...]
    needles: int
    duration_s: float | None
    coverage: float | None
    margin_mm: float | None
    margin_low_mm: float | None
    wanted_mm: float
    nearest: str
    spare_mm: float | None
    verdict: Severity | None
    stops: int
    flags: tuple[str, ...]
    spacing_mm: float | None = None

    @property
    def reaches(self) -> bool:
        """Whether the expected zone covers the lesion with the margin that the plan asks for."""
        return self.margin_mm is not None and self.margin_mm >= self.wanted_mm

    @property
    def order(self) -> tuple[bool, float, bool, bool, float, float, float, int, float]:
        """Sort key: allowed, margin reached, lesion covered; then harm: room to the nearest limit, needles, time.

        Options that do not reach the margin stand by how much of it they have; those that are stopped by how far they
        go beyond the nearest limit.
        """
        covered = self.coverage is not None and self.coverage >= _COVERED
        short = 0.0 if self.reaches else -(self.margin_mm if self.margin_mm is not None else -1e3)
        room = -(min(self.spare_mm, 0.0) if self.spare_mm is not None else 0.0)
        spare = -(self.spare_mm if self.spare_mm is not None else 1e3)
        time_s = self.duration_s if self.duration_s is not None else 1e6
        stopped = self.stops > 0
        return (
            stopped,
            room if stopped else 0.0,
            not self.reaches,
            not covered,
            short,
            room,
            spare,
            self.needles,
            time_s,
        )


def option_of(plan: Plan, treatment: Treatment, assessment: Assessment) -> Option:
    """Sum up what an assessment says of one treatment of a plan."""
    lesion = treatment.lesion
    chosen = [(probe, device(probe.device)) for probe in treatment.probes]
    sizes = [_size(probe, instrument) for probe, instrument in chosen]
    coverage = assessment.measure("ablation.coverage", lesion)
    margin = assessment.measure("ablation.minimal_margin", lesion)
    nearest = _nearest(assessment)
    limit = None if nearest is None else nearest.limit
    spare = None if nearest is None or nearest.amount is None or limit is None else nearest.amount - limit.amount
    codes = {finding.code for finding in assessment.findings}
    return Option(
        plan=plan.name,
        lesion=lesion,
        technique=treatment.technique,
        devices=tuple(dict.fromkeys(instrument.name for _, instrument in chosen)),
        settings=tuple(dict.fromkeys(size.title for size in sizes if size is not None)),
        needles=len(treatment.probes),
        duration_s=_duration(treatment, sizes),
        coverage=None if coverage is None else coverage.amount,
        margin_mm=None if margin is None else margin.amount,
        margin_low_mm=None if margin is None else margin.low,
        wanted_mm=treatment.margin_mm,
        nearest="" if nearest is None else nearest.about,
        spare_mm=spare,
        verdict=assessment.verdict,
        stops=sum(finding.severity is Severity.STOP for finding in assessment.findings),
        flags=tuple(words for code, words in FLAGS.items() if code in codes),
        spacing_mm=spacing_of(treatment.probes),
    )


def best_first(options: Iterable[Option]) -> tuple[Option, ...]:
    """Options in order: those that may be carried out and reach the margin with the least harm stand first."""
    return tuple(sorted(options, key=lambda option: option.order))


def best_of_each_device(options: Iterable[Option]) -> tuple[Option, ...]:
    """Of every lesion and device the setting that stands first, in order."""
    chosen: dict[tuple[str, tuple[str, ...], int], Option] = {}
    for option in best_first(options):
        chosen.setdefault((option.lesion, option.devices, option.needles), option)
    return tuple(chosen.values())


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
        named after them.
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
    arrays = [(spread, _spread(treatment.probes, spread)) for spread in (SPREADS if len(middles) > 1 else (1.0,))]
    plans, left_out = [], []
    for instrument in devices() if instruments is None else instruments:
        if instrument.status is DeviceStatus.NEEDS_IFU:
            left_out.append(instrument.name)
            continue
        for size, (spread, array) in product(instrument.zones, arrays):
            probes = tuple(
                _moved(probe, instrument, size, middle) for probe, middle in zip(array, middles, strict=True)
            )
            other = replace(treatment, technique=instrument.technique, probes=probes)
            name = f"{instrument.id} {size.setting}" + (f" x{spread:g}" if len(arrays) > 1 else "")
            plans.append(replace(plan, name=name, treatments=(other,), reasons=()))
    return tuple(plans), tuple(left_out)


def spacing_of(probes: Sequence[Probe]) -> float | None:
    """Mean distance of every tip from the nearest other, in mm; None with one needle."""
    if len(probes) < 2:
        return None
    tips = [probe.trajectory.tip_mm for probe in probes]
    nearest = [min(math.dist(tip, other) for m, other in enumerate(tips) if m != n) for n, tip in enumerate(tips)]
    return sum(nearest) / len(nearest)


def _spread(probes: Sequence[Probe], by: float) -> tuple[Probe, ...]:
    """Needles whose tips are so many times as far apart, around the same middle, from the same entries."""
    tips = np.array([probe.trajectory.tip_mm for probe in probes])
    placed = tips.mean(axis=0) + by * (tips - tips.mean(axis=0)) if by != 1.0 else tips
    return tuple(
        replace(probe, trajectory=Trajectory(probe.trajectory.entry_mm, (float(x), float(y), float(z))))
        for probe, (x, y, z) in zip(probes, placed, strict=True)
    )


def _size(probe: Probe, instrument: Device) -> ZoneSize | None:
    return zone_size_of(probe, instrument) if instrument.zones else None


def _duration(treatment: Treatment, sizes: Sequence[ZoneSize | None]) -> float | None:
    """Time of all applications in s; probes that freeze together count once."""
    times = []
    for probe, size in zip(treatment.probes, sizes, strict=True):
        seconds = probe.duration_s if probe.duration_s is not None or size is None else size.duration_s
        if seconds is None:
            return None
        times.append(seconds * probe.cycles)
    if not times:
        return None
    return max(times) if treatment.technique is Technique.CRYO else sum(times)


def _nearest(assessment: Assessment) -> Measure | None:
    """The distance to a structure that is least against its limit."""
    near = [
        (measure.amount - measure.limit.amount, n, measure)
        for n, measure in enumerate(assessment.measures)
        if measure.code == "ablation.distance" and measure.amount is not None and measure.limit is not None
    ]
    return min(near)[2] if near else None


def _middle(size: ZoneSize) -> float:
    """How far beyond the tip the middle of a zone lies, in mm."""
    return size.forward_mm.amount - size.length_mm.amount / 2.0


def _moved(probe: Probe, instrument: Device, size: ZoneSize, middle_mm: float) -> Probe:
    """The probe with another device and setting, and the middle of its zone where it was."""
    way = probe.trajectory
    tip = way.point_at(way.length_mm + middle_mm - _middle(size))
    return replace(
        probe,
        device=instrument.id,
        setting=size.setting,
        trajectory=Trajectory(way.entry_mm, tip),
        power_w=None,
        duration_s=None,
        target_c=None,
    )

"""The same lesion with every technique and device side by side, and the setting of each that does the least harm.

Works on plans and what was assessed of them, whatever the zones came from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..assessment import Assessment, Measure
from ..findings import Severity
from ..plan import Plan, Probe, Technique, Treatment
from .device import Device, ZoneSize
from .devices import device
from .zone import zone_size_of

FLAGS = {
    "ablation.contraindicated": "must not be used here",
    "ablation.level_unknown": "level not known",
    "ablation.outside_image": "zone leaves the image",
    "ablation.energy": "much energy",
    "ablation.coverage": "leaves part of the lesion",
    "ablation.distance": "too near to what must be spared",
    "ablation.protection": "needs protection of nerves",
    "ablation.cryo_union": "common ice not computed",
    "ablation.no_zone": "no table: only simulated",
    "ablation.heat": "too hot for what must be spared",
    "ablation.cold": "too cold for what must be spared",
    "ablation.dose": "too hot for what must be spared",
    "ablation.one_electrode": "one needle makes no field",
    "ablation.field_coverage": "field does not cover",
    "ablation.chance_of_coverage": "coverage not likely",
    "ethanol.reaches": "ethanol reaches what must be spared",
    "ethanol.escape": "ethanol leaves the bone",
    "ultrasound.window": "bone or gas in the way of the sound",
    "ultrasound.standoff": "focus too near to what must be spared",
}
"""Findings that a reader must see beside the numbers, in few words."""

ORDER = (
    "In order: first what nothing stops, then what covers the lesion with its margin, then what keeps most room to the "
    "nearest structure at risk, then fewer needles and less time; what misses the margin by how much it misses."
)
"""How options are sorted, for a reader: see `Option.order`."""

_COVERED = ("ablation.simulated_coverage", "ablation.field_coverage", "ablation.coverage")
_BY_TABLE = "ablation.coverage"
"""Of the maker's zone: not to be flagged beside the coverage of a simulated one."""
_EXTREMES = {"ablation.hottest": 1.0, "ablation.coldest": -1.0}
"""Measures of what reaches a structure at risk, and which way is worse."""


@dataclass(frozen=True)
class Simulated:
    """What a simulation in the patient's tissue says of an option.

    Parameters
    ----------
    coverage : float or None
        Part of the lesion within the simulated zone, in %; None where none came about, or several that are not one.
    margin_mm : float or None
        Minimal margin of the simulated zone.
    at_risk : str
        The structure that comes nearest to what it bears, or goes farthest beyond; "" where no temperature is known.
    extreme_c, limit_c : float or None
        The highest temperature there, or the lowest of ice, and what it bears.
    """

    coverage: float | None
    margin_mm: float | None
    at_risk: str = ""
    extreme_c: float | None = None
    limit_c: float | None = None


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
    simulated : Simulated or None
        None where it was not simulated.
    reason : str
        Why it could not be, where that was asked for.
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
    simulated: Simulated | None = None
    reason: str = ""

    @property
    def reached_mm(self) -> float | None:
        """Minimal margin, by the simulation where there is one, else by the maker's table; None where not known."""
        return self.simulated.margin_mm if self.simulated is not None else self.margin_mm

    @property
    def reaches(self) -> bool:
        """Whether the expected zone covers the lesion with the margin that the plan asks for."""
        return self.reached_mm is not None and self.reached_mm >= self.wanted_mm

    @property
    def order(self) -> tuple[bool, bool, float, float, int, float]:
        """Sort key, as `ORDER` says: stopped, margin missed, by how much, harm, needles, time; unknown is worst."""
        missed_mm = self.wanted_mm - (-math.inf if self.reached_mm is None else self.reached_mm)
        room_mm = math.inf if self.spare_mm is None else self.spare_mm
        time_s = math.inf if self.duration_s is None else self.duration_s
        refused = self.stops > 0 or bool(self.reason)
        return refused, not self.reaches, 0.0 if self.reaches else missed_mm, -room_mm, self.needles, time_s


def option_of(plan: Plan, treatment: Treatment, assessment: Assessment, *, physics: bool = False) -> Option:
    """Sum up what an assessment says of one treatment of a plan; with `physics`, of its simulation too."""
    lesion = treatment.lesion
    chosen = [(probe, device(probe.device)) for probe in treatment.probes]
    sizes = [_size(probe, instrument) for probe, instrument in chosen]
    by_table = any(sizes)
    coverage = assessment.measure("ablation.coverage", lesion) if by_table else None
    margin = assessment.measure("ablation.minimal_margin", lesion)
    nearest = _nearest(assessment)
    limit = None if nearest is None else nearest.limit
    spare = None if nearest is None or nearest.amount is None or limit is None else nearest.amount - limit.amount
    codes = {finding.code for finding in assessment.findings} - ({_BY_TABLE} if physics else set())
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
        flags=tuple(dict.fromkeys(words for code, words in FLAGS.items() if code in codes)),
        spacing_mm=spacing_of(treatment.probes),
        simulated=simulated_of(assessment, lesion, by_table=by_table) if physics else None,
    )


def simulated_of(assessment: Assessment, lesion: str, *, by_table: bool = True) -> Simulated:
    """What an assessment with physics says of a lesion; without a table its coverage is that of the simulation."""
    codes = _COVERED[:-1] if by_table else _COVERED
    covered = [m for m in assessment.measures if m.code in codes and m.about == lesion]
    margins = [m for m in assessment.measures if m.code == "ablation.simulated_minimal_margin" and m.about == lesion]
    extreme = _extreme(assessment)
    return Simulated(
        coverage=covered[0].amount if len(covered) == 1 else None,
        margin_mm=margins[0].amount if len(margins) == 1 else None,
        at_risk="" if extreme is None else extreme.about,
        extreme_c=None if extreme is None else extreme.amount,
        limit_c=None if extreme is None or extreme.limit is None else extreme.limit.amount,
    )


def best_first(options: Iterable[Option]) -> tuple[Option, ...]:
    """Options in the order that `ORDER` says."""
    return tuple(sorted(options, key=lambda option: option.order))


def best_of_each_device(options: Iterable[Option]) -> tuple[Option, ...]:
    """Of every lesion and device the setting that stands first, in order."""
    chosen: dict[tuple[str, tuple[str, ...], int], Option] = {}
    for option in best_first(options):
        chosen.setdefault((option.lesion, option.devices, option.needles), option)
    return tuple(chosen.values())


def spacing_of(probes: Sequence[Probe]) -> float | None:
    """Mean distance of every tip from the nearest other, in mm; None with one needle."""
    if len(probes) < 2:
        return None
    tips = [probe.trajectory.tip_mm for probe in probes]
    nearest = [min(math.dist(tip, other) for m, other in enumerate(tips) if m != n) for n, tip in enumerate(tips)]
    return sum(nearest) / len(nearest)


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


def _extreme(assessment: Assessment) -> Measure | None:
    """The simulated temperature at a structure that is worst against what it bears."""
    beyond = [
        (_EXTREMES[measure.code] * (measure.amount - measure.limit.amount), -n, measure)
        for n, measure in enumerate(assessment.measures)
        if measure.code in _EXTREMES and measure.amount is not None and measure.limit is not None
    ]
    return max(beyond)[2] if beyond else None

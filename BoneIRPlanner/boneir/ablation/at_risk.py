"""What heat and cold do to what must not be hurt: extreme temperature, dose and time over the limit, with the place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..anatomy.structures import kind_for, structure_kinds, with_article
from ..assessment import Curve, Measure
from ..case import Role, Structure
from ..evidence import Value
from ..findings import Finding, Point, Severity
from ..grid import Grid
from ..image.resample import mask_on
from ..mask import Mask
from ..plan import ProtectiveMedium
from .heat import Moment
from .limits import ablation_limit
from .medium import BODY_C
from .protection import USUAL_MM, how_to_try
from .safety import NEURAL
from .temperature_volume import dose_curve, temperature_curve

Floats = NDArray[np.floating]

WORTH_A_CURVE_K = 3.0
"""Structures that change by less are not drawn."""

WORTH_A_CURVE_MIN = 0.1
"""Structures that get less than so many equivalent minutes are not drawn."""


@dataclass(frozen=True)
class Limits:
    """What a structure bears: heat in degC, equivalent minutes that warn and stop, and cold likewise in degC."""

    heat_c: Value
    dose_warn_min: Value | None
    dose_stop_min: Value | None
    cold_warn_c: Value
    cold_stop_c: Value


@dataclass
class Guarded:
    """A structure within the simulated window.

    Parameters
    ----------
    name, words : str
        In the case, and for people.
    limits : Limits
    at : ndarray of int
        Flat indices of its voxels in the window.
    over_s : float
        How long any of it has been beyond its limit of heat or cold.
    first_s : float or None
        When it first was.
    late : bool
        Whether that was when nothing heated or froze it any more.
    """

    name: str
    words: str
    limits: Limits
    at: NDArray[np.int64]
    over_s: float = field(default=0.0)
    first_s: float | None = field(default=None)
    late: bool = field(default=False)


class RiskWatch:
    """Watches structures while a simulation runs, and says what came of it.

    Parameters
    ----------
    structures : sequence of Structure
        Critical ones and the body, whose skin is watched.
    window : Grid
        Of the simulation.
    """

    def __init__(self, structures: Sequence[Structure], window: Grid) -> None:
        self.window = window
        found = (_guarded(item, window) for item in structures if item.role in (Role.CRITICAL, Role.BODY))
        self.guarded = [item for item in found if item.at.size]
        self._last_s = 0.0

    def see(self, moment: Moment) -> None:
        """Add the stretch of time since the last look to what is beyond its limit now."""
        seconds, self._last_s = moment.time_s - self._last_s, moment.time_s
        temperature = moment.temperature_c().ravel()
        for item in self.guarded:
            here = temperature[item.at]
            if here.max() >= item.limits.heat_c.amount or here.min() <= item.limits.cold_stop_c.amount:
                item.over_s += seconds
                if item.first_s is None:
                    item.first_s, item.late = moment.time_s, moment.share >= 1.0

    def heated(self, peak_c: Floats, dose_min: Floats) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
        """Measures and findings after heat, from the highest temperature and the equivalent minutes at 43 degC."""
        measures, findings = list[Measure](), list[Finding]()
        for item in self.guarded:
            hottest, place = self._extreme(peak_c, item, warmest=True)
            dose, dose_place = self._extreme(dose_min, item, warmest=True)
            limits = item.limits
            harmful = peak_c >= limits.heat_c.amount
            if limits.dose_stop_min is not None:
                harmful |= dose_min >= limits.dose_stop_min.amount
            aside = self._aside(harmful, item)
            measures += aside
            measures += [
                Measure("ablation.hottest", "Highest temperature", hottest, "degC", item.name, limit=limits.heat_c,
                        place_mm=place, note="simulated"),
                Measure("ablation.dose", "Equivalent minutes at 43 degC", dose, "min", item.name,
                        limit=limits.dose_stop_min, place_mm=dose_place, note="simulated"),
                Measure("ablation.over_limit", "Time beyond the limit", item.over_s, "s", item.name, note="simulated"),
            ]  # fmt: skip
            findings += _heat_findings(item, hottest, place, dose, dose_place, aside)
        return tuple(measures), tuple(findings)

    def curves(self, values_c: Floats, lesion: Mask, *, warm: bool) -> tuple[Curve, ...]:
        """Part of the lesion, and of every structure that changes enough, that reached each temperature."""
        found = [temperature_curve(values_c[mask_on(lesion, self.window).full()], "the lesion", warm=warm)]
        for item in self.guarded:
            here = values_c.ravel()[item.at]
            if item.name != "skin" and float(np.abs(here - BODY_C).max()) > WORTH_A_CURVE_K:
                limit = item.limits.heat_c if warm else item.limits.cold_stop_c
                found.append(temperature_curve(here, item.words, warm=warm, limit=limit))
        return tuple(found)

    def dose_curves(self, dose_min: Floats, lesion: Mask) -> tuple[Curve, ...]:
        """Part of the lesion, and of every structure that got a dose worth telling, that got at least each dose."""
        found = [dose_curve(dose_min[mask_on(lesion, self.window).full()], "the lesion")]
        for item in self.guarded:
            here = dose_min.ravel()[item.at]
            if item.name != "skin" and float(here.max()) > WORTH_A_CURVE_MIN:
                found.append(dose_curve(here, item.words, limit=item.limits.dose_stop_min))
        return tuple(found)

    def cooled(self, coldest_c: Floats) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
        """Measures and findings after cold, from the lowest temperature."""
        measures, findings = list[Measure](), list[Finding]()
        for item in self.guarded:
            coldest, place = self._extreme(coldest_c, item, warmest=False)
            aside = self._aside(coldest_c <= item.limits.cold_stop_c.amount, item)
            measures += aside
            measures += [
                Measure("ablation.coldest", "Lowest temperature", coldest, "degC", item.name,
                        limit=item.limits.cold_stop_c, place_mm=place, note="simulated"),
                Measure("ablation.over_limit", "Time beyond the limit", item.over_s, "s", item.name, note="simulated"),
            ]  # fmt: skip
            findings += _cold_findings(item, coldest, place, aside)
        return tuple(measures), tuple(findings)

    def _aside(self, harmful: NDArray[np.bool_], item: Guarded) -> list[Measure]:
        """How far a structure must be moved aside to leave what harms it; nothing where none of it is harmed."""
        mine = harmful.ravel()[item.at]
        if item.name == "skin" or not mine.any():
            return []
        deep = ndimage.distance_transform_edt(np.pad(harmful, 1), sampling=self.window.spacing_mm[::-1])[
            1:-1, 1:-1, 1:-1
        ]
        n = int(item.at[int(np.argmax(deep.ravel()[item.at]))])
        k, j, i = np.unravel_index(n, self.window.shape)
        x, y, z = (float(v) for v in self.window.to_mm((int(i), int(j), int(k))))
        note = "simulated; by the shortest way out of what harms it, with nothing between that insulates"
        return [
            Measure(
                "ablation.displacement", "Distance to move it aside", float(deep.ravel()[n]), "mm", item.name,
                place_mm=(x, y, z), note=note,
            )
        ]  # fmt: skip

    def _extreme(self, values: Floats, item: Guarded, *, warmest: bool) -> tuple[float, Point]:
        here = values.ravel()[item.at]
        n = int(np.argmax(here) if warmest else np.argmin(here))
        k, j, i = np.unravel_index(item.at[n], self.window.shape)
        x, y, z = (float(v) for v in self.window.to_mm((int(i), int(j), int(k))))
        return float(here[n]), (x, y, z)


def _layer(aside: Sequence[Measure]) -> str:
    """How wide a dissection has to be, in words that go before what it consists of."""
    return f"by at least {aside[0].amount:.0f} mm " if aside and aside[0].amount else ""


def _sooner(item: Guarded) -> str:
    if item.first_s is None:
        return ""
    return ", or make it shorter" if item.late else f", or stop before {item.first_s:.0f} s"


def _simulate(item: Guarded, medium: ProtectiveMedium, aside: Sequence[Measure]) -> str:
    """How to see what a dissection would do; nothing for the skin."""
    if item.name == "skin":
        return ""
    return " " + how_to_try(medium, max([USUAL_MM, *(found.amount or 0.0 for found in aside)]))


def _minutes(dose: float) -> str:
    """A thermal dose in a sentence: beyond a thousand minutes only that matters."""
    return f"{dose:.3g}" if dose < 999.5 else "more than 1000"


def _heat_findings(
    item: Guarded, hottest: float, place: Point, dose: float, dose_place: Point, aside: Sequence[Measure]
) -> list[Finding]:
    limits, found = item.limits, list[Finding]()
    if hottest >= limits.heat_c.amount:
        part = "cool it with saline" if item.name == "skin" else f"part it {_layer(aside)}with gas or glucose solution"
        text = (
            f"{_first_up(item.words)} is expected to reach {hottest:.0f} degC, and to be beyond {limits.heat_c} for "
            f"{item.over_s:.0f} s: put a thermocouple there, {part}{_sooner(item)}."
            f"{_simulate(item, ProtectiveMedium.CO2, aside)}"
        )
        found.append(Finding("ablation.heat", Severity.STOP, text, hottest, "degC", limits.heat_c, place, item.name))
    for limit, severity in ((limits.dose_stop_min, Severity.STOP), (limits.dose_warn_min, Severity.WARN)):
        if limit is not None and dose >= limit.amount:
            text = (
                f"{_first_up(item.words)} is expected to get {_minutes(dose)} equivalent minutes at 43 degC: less than "
                f"{limit} is right."
            )
            found.append(Finding("ablation.dose", severity, text, dose, "min", limit, dose_place, item.name))
            break
    return found


def _cold_findings(item: Guarded, coldest: float, place: Point, aside: Sequence[Measure]) -> list[Finding]:
    for limit, severity in ((item.limits.cold_stop_c, Severity.STOP), (item.limits.cold_warn_c, Severity.WARN)):
        if coldest <= limit.amount:
            warm = "warm it" if item.name == "skin" else f"warm it, part it {_layer(aside)}with gas or warm saline"
            sooner = _sooner(item) if severity is Severity.STOP else ""
            text = (
                f"{_first_up(item.words)} is expected to cool to {coldest:.0f} degC: above {limit} is right; put a "
                f"thermocouple there, {warm}{sooner}.{_simulate(item, ProtectiveMedium.WARM_SALINE, aside)}"
            )
            return [Finding("ablation.cold", severity, text, coldest, "degC", limit, place, item.name)]
    return []


def _guarded(item: Structure, window: Grid) -> Guarded:
    marked = mask_on(item.mask, window).full()
    if item.role is Role.BODY:
        inner = np.ones_like(marked)
        for axis in range(3):
            for shift in (-1, 1):
                moved = np.roll(marked, shift, axis)
                edge = [slice(None)] * 3
                edge[axis] = slice(0, 1) if shift > 0 else slice(-1, None)
                moved[tuple(edge)] = True  # the border of the window is no skin
                inner &= moved
        return Guarded("skin", "the skin", _limits("skin"), np.flatnonzero(marked & ~inner))
    kind = structure_kinds().get(item.kind) or kind_for(item.name)
    neural = kind is not None and kind.kin.key in NEURAL
    words = with_article(item.name, item.kind)
    return Guarded(item.name, words, _limits("neural" if neural else "organ"), np.flatnonzero(marked))


def _first_up(words: str) -> str:
    return words[0].upper() + words[1:]


def _limits(which: str) -> Limits:
    if which == "neural":
        keys = ("neural_heat_c", "neural_dose_warn_min", "neural_dose_stop_min", "neural_cold_warn_c", "neural_cold_c")
        heat_c, warn, stop, cold_warn, cold_stop = (ablation_limit(key) for key in keys)
        return Limits(heat_c, warn, stop, cold_warn, cold_stop)
    cold = ablation_limit(f"{which}_cold_c")
    dose = ablation_limit("skin_dose_min") if which == "skin" else None
    return Limits(ablation_limit(f"{which}_heat_c"), None, dose, cold, cold)

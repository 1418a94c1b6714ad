"""Ethanol in a patient's bone: where it spreads, what escapes, what it reaches, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..case import Case, Role
from ..evidence import Value
from ..findings import Finding, Point, Severity
from ..grid import Grid
from ..image.distance import exact_distance_mm
from ..image.resample import mask_on
from ..mask import Mask
from .ensemble import Factor, Factors, chance_of_covering, coverage_chance_report, nine_runs
from .ethanol import Infusion, ethanol_value, infuse, infusion_report, mobility_of
from .outcome import Outcome, coverage_measure, zone_on
from .tissue_map import TissueMap, tissue_map, window_around

SPACING_MM = 1.0

_BEYOND_MM = 12.0


def predict_ethanol(
    case: Case,
    lesion: str,
    tip_mm: Point,
    volume_ml: float,
    *,
    margin_mm: float = 0.0,
    needle: str = "1",
    progress: Callable[[float], None] | None = None,
) -> Outcome:
    """Predict an injection of ethanol into a lesion.

    Nine runs over the ranges of pore space and of how tight cortical bone is give the shells of the zone.

    Parameters
    ----------
    case : Case
    lesion : str
        Name; "" for the only one.
    tip_mm : Point
        Of the needle, LPS mm.
    volume_ml : float
    margin_mm : float
        Rim around the lesion that shall be reached as well.
    needle : str
    progress : callable or None
        Told the share that is done; what it raises ends the runs.

    Raises
    ------
    PlanError
        If the volume is not positive, the tip lies outside the image or in what lets no fluid through.
    CaseError
        If the lesion is not in the case.
    """
    target = case.lesion(lesion)
    porosity, cortex = ethanol_value("porosity"), ethanol_value("mobility_bone_cortical")
    reach = 1.6 * front_mm(max(volume_ml, 0.0), _low(porosity)) + _BEYOND_MM
    window = window_around([tip_mm], reach, case.image.grid, SPACING_MM)
    tissues = tissue_map(case.image, case.structures, target, window)
    bone, aim = _bone(case, window, target.mask), mask_on(target.mask, window)
    done: list[Infusion] = []

    def solve(factors: Factors) -> Mask:
        mobility = _mobility(tissues, factors["mobility of cortical bone"])
        done.append(infuse(mobility, factors["porosity"], window, tip_mm, volume_ml, bone))
        return done[-1].zone

    factors = [
        Factor("porosity", _high(porosity), porosity.amount, _low(porosity)),
        Factor("mobility of cortical bone", _low(cortex), cortex.amount, _high(cortex)),
    ]
    runs = nine_runs(factors, solve, progress=progress)
    measures, findings = infusion_report(done[0], case.structures, needle)
    rim = Mask.of(exact_distance_mm(aim.full(), window.spacing_mm) <= margin_mm, window)
    chances = [chance_of_covering(runs, wanted) for wanted in (aim, rim)]
    more, warned = coverage_chance_report(chances[0], chances[1], target.name, margin_mm)
    text = (
        "Where ethanol spreads rests on assumed ratios of flow between tissues, which nobody measured in metastases: "
        "inject with contrast medium and watch it."
    )
    assumed = Finding("ethanol.assumed", Severity.NOTE, text, about=needle)
    name, medium = f"ethanol {needle}", "simulated; flow in metastases has not been measured"
    zone = zone_on(case.image.grid, name, needle, medium, runs.expected, runs.inner, runs.outer)
    covered = coverage_measure(target.name, target.mask, zone)
    return Outcome(zone, (*measures, covered, *more), (*findings, *warned, assumed))


def front_mm(volume_ml: float, porosity: float) -> float:
    """Radius that ethanol reaches where nothing holds it."""
    return float(np.cbrt(3.0 * volume_ml * 1000.0 / (4.0 * np.pi * porosity)))


def _bone(case: Case, window: Grid, lesion: Mask) -> Mask:
    """All bone and the lesion: what ethanol shall stay in."""
    inside = mask_on(lesion, window).full()
    for item in case.of_role(Role.BONE):
        inside |= mask_on(item.mask, window).full()
    return Mask.of(inside, window)


def _mobility(tissues: TissueMap, cortex: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    mobility = mobility_of(tissues)
    mobility[tissues.where("bone_cortical")] = cortex
    return mobility


def _low(value: Value) -> float:
    return value.amount if value.low is None else value.low


def _high(value: Value) -> float:
    return value.amount if value.high is None else value.high

"""A simulated zone with how sure it is: nine simulations over the ranges of what is not known of the tissue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event
from types import MappingProxyType

from ..case import Case
from ..evidence import Value
from ..image.distance import exact_distance_mm
from ..mask import Mask
from ..plan import Technique, Treatment
from ..resources import limit
from .ensemble import (
    Ensemble,
    Factor,
    Factors,
    chance_of_covering,
    coverage_chance_report,
    nine_runs,
    threads_there_are,
)
from .outcome import Outcome
from .physics import Prediction, predict
from .tissue_map import TissueMap

LOW, MIDDLE, HIGH = -1.0, 0.0, 1.0
"""Ends of the range of a property, and its own value."""

HEAT_KEYS = ("perfusion_ml_min_kg", "conductivity_w_m_k")
RADIOFREQUENCY_KEYS = (*HEAT_KEYS, "sigma_480khz_s_m")
COLD_KEYS = (*HEAT_KEYS, "frozen_latent_mj_m3", "frozen_conductivity_w_m_k")

_FACTOR_OF = {
    "perfusion_ml_min_kg": "perfusion_factor",
    "sigma_480khz_s_m": "electric_factor",
    "frozen_latent_mj_m3": "latent_factor",
}
"""Where tissues without a range of their own take it from; other properties stay as they are."""

_ALWAYS_THE_SAME = ("blood", "gas", "metal", "cement")


@dataclass(frozen=True, eq=False)
class Range:
    """What nine simulations say.

    Parameters
    ----------
    expected : Prediction
        With every property at its own value.
    runs : Ensemble
    outcome : Outcome
        Zone with shells, chances of coverage, and findings.
    """

    expected: Prediction
    runs: Ensemble
    outcome: Outcome


def predict_range(
    case: Case,
    treatment: Treatment,
    *,
    spacing_mm: float = 1.0,
    in_turn: bool = False,
    progress: Callable[[float], None] | None = None,
    workers: int | None = None,
) -> Range:
    """Simulate a treatment nine times over the ranges of tissue values.

    Parameters
    ----------
    case : Case
    treatment : Treatment
        By microwave, radiofrequency or cryoablation.
    spacing_mm : float
        Voxels of the simulations.
    in_turn : bool
        As in `physics.predict`.
    progress : callable or None
        Told the share that is done, after every simulation; what it raises ends them.
    workers : int or None
        Simulations that go on at once; None takes what the machine has. The result does not depend on it.

    Raises
    ------
    PlanError, DeviceError, CaseError, ImageError
        As `physics.predict` says.
    """
    done: list[Prediction] = []
    stop = Event()

    def solve(levels: Factors) -> Mask:
        made = predict(
            case, treatment, spacing_mm=spacing_mm, change=lambda tissues: at_levels(tissues, levels),
            should_stop=stop.is_set, in_turn=in_turn,
        )  # fmt: skip
        if all(level == MIDDLE for level in levels.values()):
            done.append(made)
        return made.zone.mask

    factors = [Factor(key, LOW, MIDDLE, HIGH) for key in _keys(treatment.technique)]
    workers = threads_there_are() if workers is None else workers
    runs = nine_runs(factors, solve, progress=progress, workers=workers, stop=stop)
    lesion = case.lesion(treatment.lesion)
    of_lesion = chance_of_covering(runs, lesion.mask)
    of_rim = chance_of_covering(runs, _rim(lesion.mask, treatment.margin_mm))
    measures, findings = coverage_chance_report(of_lesion, of_rim, lesion.name, treatment.margin_mm)
    return Range(done[0], runs, Outcome(runs.zone("simulated zone"), measures, findings))


def at_levels(tissues: TissueMap, levels: Factors) -> TissueMap:
    """The map with properties at the low end (-1), the middle (0) or the high end (1) of their ranges.

    Parameters
    ----------
    tissues : TissueMap
    levels : mapping of str to float
        By key of the property.
    """
    changed = []
    for item in tissues.tissues:
        values = dict(item.values)
        if item.id not in _ALWAYS_THE_SAME:
            for key in (key for key in levels if key in values):
                values[key] = replace(values[key], amount=_at(values[key], key, levels[key]))
        changed.append(replace(item, values=MappingProxyType(values)))
    return replace(tissues, tissues=tuple(changed))


def range_value(key: str) -> Value:
    """One value of ``Resources/Limits/ensemble.json``.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    return limit("ensemble", key)


def _at(value: Value, key: str, level: float) -> float:
    """The value at a level of its own range, or of the factor that stands for it."""
    if level == MIDDLE:
        return value.amount
    own = value.low if level < MIDDLE else value.high
    if own is not None:
        return own
    if value.low is not None or value.high is not None or key not in _FACTOR_OF:
        return value.amount
    factor = range_value(_FACTOR_OF[key])
    end = factor.low if level < MIDDLE else factor.high
    return value.amount * (1.0 if end is None else end)


def _keys(technique: Technique) -> tuple[str, ...]:
    if technique is Technique.CRYO:
        return COLD_KEYS
    return RADIOFREQUENCY_KEYS if technique is Technique.RADIOFREQUENCY else HEAT_KEYS


def _rim(lesion: Mask, margin_mm: float) -> Mask:
    """The lesion and a rim around it."""
    spacing = lesion.grid.spacing_mm
    reach = [int(margin_mm / step) + 2 for step in spacing[::-1]]
    corner = tuple(max(start - extra, 0) for start, extra in zip(lesion.corner, reach, strict=True))
    ends = [
        min(start + n + extra, size)
        for start, n, extra, size in zip(lesion.corner, lesion.voxels.shape, reach, lesion.grid.shape, strict=True)
    ]
    k, j, i = corner
    shape = (ends[0] - k, ends[1] - j, ends[2] - i)
    near = exact_distance_mm(lesion.part((k, j, i), shape), spacing) <= margin_mm
    return Mask.within(near, (k, j, i), lesion.grid)

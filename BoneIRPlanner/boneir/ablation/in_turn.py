"""Needles that heat one after the other, with time to cool between: what several runs of heat do together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np

from .energy import EnergyBalance
from .heat import Heated, Moment


def runs_together(runs: Sequence[Heated]) -> Heated:
    """Several runs in the same tissue as one: doses add up, the highest temperature counts.

    Each run begins with tissue at the temperature of the body, so no heat is left from the one before.
    """
    if len(runs) == 1:
        return runs[0]
    energy, power, begun_s = EnergyBalance(), list[tuple[float, float, float]](), 0.0
    for run in runs:
        for part in fields(EnergyBalance):
            setattr(energy, part.name, getattr(energy, part.name) + getattr(run.energy, part.name))
        power += [(begun_s + time_s, watts, seen_c) for time_s, watts, seen_c in run.power]
        begun_s += run.time_s
    return Heated(
        runs[-1].temperature_c,
        np.max([run.peak_c for run in runs], axis=0),
        np.sum([run.omega for run in runs], axis=0, dtype=np.float32),
        np.sum([run.cem43_min for run in runs], axis=0, dtype=np.float32),
        runs[0].law,
        begun_s,
        energy,
        tuple(power),
        any(run.reached_border for run in runs),
        any(run.stopped for run in runs),
    )


def later(see: Callable[[Moment], None], number: int, count: int, begun_s: float) -> Callable[[Moment], None]:
    """Tell the moments of one run as those of all: `number` of `count`, begun after `begun_s`."""

    def told(moment: Moment) -> None:
        see(Moment((number + moment.share) / count, begun_s + moment.time_s, moment.temperature_c))

    return told

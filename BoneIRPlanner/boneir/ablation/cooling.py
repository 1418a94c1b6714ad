"""Heat that is left when the generators stop: it still spreads, and dose still grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

from .energy import EnergyBalance
from .heat import Heated, Moment, heat
from .medium import Medium
from .physics_values import physics_value

PERIOD_S = 12.0
"""How often damage is brought up to date while tissue cools: slowly, so seldom is enough."""


def cooled_down(medium: Medium, done: Heated, *, progress: Callable[[Moment], None] | None = None) -> Heated:
    """Follow what generators have left warm until nothing is harmed any more.

    Parameters
    ----------
    medium : Medium
    done : Heated
        Up to the end of the power.
    progress : callable, optional
        Called after every stretch of time; the share that is done stays 1.

    Returns
    -------
    Heated
        With doses, time and energy of all; `done` itself where it was stopped or is cool.
    """
    harmless_c = physics_value("harmless_c").amount
    hottest_c = float(done.temperature_c.max())
    if done.stopped or hottest_c <= harmless_c:
        return done

    def see(moment: Moment) -> None:
        nonlocal hottest_c
        hottest_c = float(moment.temperature_c().max())
        if progress is not None:
            progress(replace(moment, share=1.0, time_s=done.time_s + moment.time_s))

    rest = heat(
        medium, physics_value("cool_down_most_s").amount, after=done, law=done.law, period_s=PERIOD_S, progress=see,
        should_stop=lambda: hottest_c <= harmless_c,
    )  # fmt: skip
    return replace(joined(done, rest), stopped=False)


def joined(first: Heated, second: Heated) -> Heated:
    """A run that went on from another one, with the time, power and energy of both."""
    energy = EnergyBalance()
    for part in fields(EnergyBalance):
        setattr(energy, part.name, getattr(first.energy, part.name) + getattr(second.energy, part.name))
    power = tuple((first.time_s + time_s, watts, seen_c) for time_s, watts, seen_c in second.power)
    return replace(
        second,
        time_s=first.time_s + second.time_s,
        power=(*first.power, *power),
        energy=energy,
        reached_border=first.reached_border or second.reached_border,
    )

"""Generators: how much power goes into the tissue while time passes, set by a physician, a sensor or the impedance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ..errors import PlanError
from .medium import heat_value


class Generator(Protocol):
    """What sets the power of the next stretch of time."""

    period_s: float
    """How long a stretch may be."""

    def power_w(self, time_s: float, seen_c: float, /) -> float:
        """Power from `time_s` on, knowing the hottest temperature in degC at the sensor's voxels."""
        ...


@dataclass
class ConstantPower:
    """The same power all the time.

    Parameters
    ----------
    watts : float
    period_s : float
        How often damage and perfusion are brought up to date.

    Raises
    ------
    PlanError
        If the power is negative.
    """

    watts: float
    period_s: float = 4.0

    def __post_init__(self) -> None:
        _check_power(self.watts)

    def power_w(self, _time_s: float, _seen_c: float, /) -> float:
        """Always the same."""
        return self.watts


@dataclass
class TemperatureControl:
    """Power that keeps a temperature: proportional and integral, between nothing and the most that there is.

    Parameters
    ----------
    target_c, most_w : float
    period_s : float
    """

    target_c: float
    most_w: float
    period_s: float = 1.0
    _watts: float = field(default=0.0, init=False)
    _missed_k: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        _check_power(self.most_w)
        self._gain, self._rise = heat_value("loop_gain_w_k").amount, heat_value("loop_gain_w_k_s").amount

    def power_w(self, _time_s: float, seen_c: float, /) -> float:
        """The power before, changed by what the error and its growth ask for; so it never winds up."""
        missed = self.target_c - seen_c
        growth = missed if self._missed_k is None else missed - self._missed_k
        self._missed_k = missed
        wanted = self._watts + self._gain * growth + self._rise * missed * self.period_s
        self._watts = min(max(wanted, 0.0), self.most_w)
        return self._watts


@dataclass
class RollOffControl:
    """A set power that breaks down when the tissue at the electrode boils, pauses, and begins again.

    Parameters
    ----------
    watts : float
    period_s : float
    """

    watts: float
    period_s: float = 2.0
    roll_offs: list[float] = field(default_factory=list)
    _until_s: float = field(default=-1.0, init=False)

    def __post_init__(self) -> None:
        _check_power(self.watts)
        self._limit = heat_value("roll_off_c").amount
        self._pause, self._share = heat_value("roll_off_pause_s").amount, heat_value("roll_off_power_share").amount

    def power_w(self, time_s: float, seen_c: float, /) -> float:
        """The set power, or a share of it during the pause after a roll-off; `roll_offs` keeps their times."""
        if time_s < self._until_s:
            return self.watts * self._share
        if seen_c >= self._limit:
            self.roll_offs.append(time_s)
            self._until_s = time_s + self._pause
            return self.watts * self._share
        return self.watts


def _check_power(watts: float) -> None:
    if not 0.0 <= watts <= 1000.0:
        raise PlanError(f"A power of {watts:g} W is not possible: give 0 to 1000 W.")

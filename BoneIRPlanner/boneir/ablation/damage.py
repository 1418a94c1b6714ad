"""What temperature does to tissue: Arrhenius, CEM43, three states of cells, and death by freezing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ResourceError
from ..evidence import Value, read_value
from ..resources import read_resource

GAS_CONSTANT = 8.314462618
"""J/mol/K."""

KELVIN = 273.15

DEAD_OMEGA = 1.0
"""Arrhenius integral from which tissue counts as dead: 63 % of it is changed."""

DEAD_CEM43_MIN = 240.0
"""Equivalent minutes at 43 degC that are commonly taken for death."""

CEM43_CLIP_C = (39.0, 60.0)
"""Below the first nothing is added; above the second no more than there, because the rule is not valid beyond."""

ENOUGH = 100.0
"""So many times the deadly dose of both laws, simulations stop counting: it does not matter how dead tissue is."""

ARRHENIUS_FROM_C = 42.0
"""Below it the Arrhenius rate is taken as nothing: at 42 degC death takes more than ten minutes in every named set."""


@dataclass(frozen=True)
class Arrhenius:
    """A law of thermal damage.

    Parameters
    ----------
    name : str
        Of the set ("liver").
    frequency_per_s, energy_j_mol : float
        Rate = frequency exp(-energy / (R T)).
    frequency, energy : Value
        The same with their evidence.
    """

    name: str
    frequency: Value
    energy: Value

    @property
    def frequency_per_s(self) -> float:
        """Frequency factor."""
        return self.frequency.amount

    @property
    def energy_j_mol(self) -> float:
        """Activation energy."""
        return self.energy.amount

    def rate_per_s(self, temperature_c: ArrayLike) -> NDArray[np.float64]:
        """Damage per second at a temperature; through logarithms, because the factors overflow."""
        kelvin = np.asarray(temperature_c, float) + KELVIN
        return np.asarray(np.exp(math.log(self.frequency_per_s) - self.energy_j_mol / (GAS_CONSTANT * kelvin)))

    def seconds_to_death(self, temperature_c: float) -> float:
        """Time at one temperature until the integral is 1."""
        return float(1.0 / self.rate_per_s(temperature_c))


@cache
def arrhenius_sets() -> Mapping[str, Arrhenius]:
    """The named sets of ``Resources/Limits/damage.json``; they differ much, so results say which was used."""
    found = {}
    for name, item in read_resource("Limits", "damage.json")["arrhenius"].items():
        where = f"Limits/damage.json, arrhenius.{name}"
        found[name] = Arrhenius(
            name, read_value(item["frequency_per_s"], where), read_value(item["energy_j_mol"], where)
        )
    return MappingProxyType(found)


def arrhenius(name: str = "liver") -> Arrhenius:
    """The law of damage of that name.

    Raises
    ------
    ResourceError
        If there is none; the sentence lists those that exist.
    """
    if name not in arrhenius_sets():
        raise ResourceError(f"There is no law of damage {name!r}; there are: {', '.join(arrhenius_sets())}.")
    return arrhenius_sets()[name]


def cem43_minutes(temperature_c: ArrayLike, duration_s: ArrayLike) -> NDArray[np.float64]:
    """Equivalent minutes at 43 degC of stretches at one temperature each (Sapareto and Dewey).

    Parameters
    ----------
    temperature_c, duration_s : array
        Of shapes that fit each other.

    Returns
    -------
    ndarray
        Duration in min times R^(43 - T), with R = 0.5 from 43 degC on and 0.25 below; T clipped to `CEM43_CLIP_C`.
    """
    t = np.asarray(temperature_c, float)
    base = np.where(t >= 43.0, 0.5, 0.25)
    minutes = np.asarray(duration_s, float) / 60.0 * base ** (43.0 - np.minimum(t, CEM43_CLIP_C[1]))
    return np.asarray(np.where(t < CEM43_CLIP_C[0], 0.0, minutes))


@dataclass(frozen=True, eq=False)
class CellState:
    """Shares of cells that are alive and dead; the rest is vulnerable."""

    alive: NDArray[np.float64]
    dead: NDArray[np.float64]


def cell_state(shape: tuple[int, ...] = ()) -> CellState:
    """Cells before anything happened."""
    begin = _three_state()["alive_at_first"].amount
    return CellState(np.full(shape, begin), np.full(shape, 1.0 - begin))


def cells_after(state: CellState, temperature_c: ArrayLike, seconds: float) -> CellState:
    """Cells after a short time at a temperature, by the three-state model.

    Alive cells become vulnerable at a rate that grows with temperature and falls with the share that is alive,
    vulnerable ones recover or die: A' = -kf A + kb V, D' = kf V, V = 1 - A - D, kf = k exp(T / Tk) (1 - A).
    One step of Heun's method: keep `seconds` below a second or two.
    """
    first = _slope(state, temperature_c)
    ahead = CellState(state.alive + seconds * first[0], state.dead + seconds * first[1])
    second = _slope(ahead, temperature_c)
    alive = state.alive + 0.5 * seconds * (first[0] + second[0])
    return CellState(alive, state.dead + 0.5 * seconds * (first[1] + second[1]))


def dead_share_limit() -> float:
    """Share of dead cells from which tissue counts as dead in the three-state model."""
    return _three_state()["dead_from"].amount


def frozen_dead(coldest_c: ArrayLike, held_s: ArrayLike, cycles: ArrayLike = 1) -> NDArray[np.bool_]:
    """Where freezing kills: below the lethal temperature for long enough and in enough cycles.

    Parameters
    ----------
    coldest_c, held_s, cycles : array
        Lowest temperature, time below the lethal one, and number of cycles that reached it.
    """
    rule = frozen_rule()
    cold = np.asarray(coldest_c, float) <= rule["lethal_c"].amount
    held = np.asarray(held_s, float) >= rule["hold_s"].amount
    return np.asarray(cold & held & (np.asarray(cycles) >= rule["cycles"].amount))


@cache
def frozen_rule() -> Mapping[str, Value]:
    """Temperature, hold time and number of cycles of death by freezing."""
    return _values("freezing")


@cache
def _three_state() -> Mapping[str, Value]:
    return _values("three_state")


def _slope(state: CellState, temperature_c: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = _three_state()
    warmth = np.exp(np.asarray(temperature_c, float) / values["temperature_scale_c"].amount)
    forward = values["forward_per_s"].amount * warmth * (1.0 - state.alive)
    vulnerable = 1.0 - state.alive - state.dead
    back = values["back_per_s"].amount * vulnerable
    return np.asarray(back - forward * state.alive), np.asarray(forward * vulnerable)


def _values(part: str) -> Mapping[str, Value]:
    data = read_resource("Limits", "damage.json")[part]
    return MappingProxyType({key: read_value(item, f"Limits/damage.json, {part}.{key}") for key, item in data.items()})

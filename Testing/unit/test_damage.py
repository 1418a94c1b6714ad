"""Damage by heat and cold against its formulae, integrated a second way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from boneir.ablation.damage import (
    arrhenius,
    arrhenius_sets,
    cell_state,
    cells_after,
    cem43_minutes,
    dead_share_limit,
    frozen_dead,
)
from boneir.errors import ResourceError

SECONDS = {
    "liver": {43: 510.5, 45: 275.6, 50: 61.05, 55: 14.16, 60: 3.431, 70: 0.228},
    "skin": {45: 4.104e4, 47: 9313, 50: 1042, 55: 29.59, 60: 0.9353},
}


@pytest.mark.parametrize("name", SECONDS)
def test_time_to_death_by_arrhenius(name):
    factor, energy = {"liver": (7.39e39, 2.577e5), "skin": (3.1e98, 6.28e5)}[name]
    for temperature, golden in SECONDS[name].items():
        logarithm = energy / (8.314462618 * (temperature + 273.15)) - math.log(factor)
        assert arrhenius(name).seconds_to_death(temperature) == pytest.approx(math.exp(logarithm), rel=1e-9)
        assert arrhenius(name).seconds_to_death(temperature) == pytest.approx(golden, rel=4e-3)


def test_the_sets_differ_a_hundredfold():
    assert arrhenius("skin").seconds_to_death(45.0) > 100 * arrhenius("liver").seconds_to_death(45.0)
    with pytest.raises(ResourceError, match="liver"):
        arrhenius("kidney")
    assert set(arrhenius_sets()) == {"liver", "skin"}


def test_equivalent_minutes():
    at = [39, 41, 42, 43, 44, 45, 47, 50, 55]
    assert cem43_minutes(at, 60.0) == pytest.approx([0.0039, 0.0625, 0.25, 1, 2, 4, 16, 128, 4096], rel=2e-3)
    for temperature, minutes in {45: 60, 47: 15, 50: 1.875, 55: 0.0586}.items():
        assert cem43_minutes(temperature, minutes * 60.0) == pytest.approx(240.0, rel=1e-3)
    assert cem43_minutes(38.9, 1e6) == 0.0
    assert cem43_minutes(90.0, 60.0) == cem43_minutes(60.0, 60.0)


@pytest.mark.parametrize(("temperature", "golden"), [(50, 1288), (60, 856), (70, 594), (80, 424), (90, 309)])
def test_three_states_of_cells(temperature, golden):
    def slopes(_, y):
        alive, dead = y
        vulnerable = 1 - alive - dead
        forward = 3.33e-3 * math.exp(temperature / 40.5) * (1 - alive)
        return [-forward * alive + 7.77e-3 * vulnerable, forward * vulnerable]

    def died(_, y):
        return y[1] - 0.8

    died.terminal = True
    exact = solve_ivp(slopes, (0, 3000), [0.99, 0.01], events=died, rtol=1e-9, atol=1e-12).t_events[0][0]
    state, time = cell_state(), 0.0
    while state.dead < dead_share_limit():
        state, time = cells_after(state, temperature, 1.0), time + 1.0
    assert exact == pytest.approx(golden, abs=1.5)
    assert time == pytest.approx(exact, abs=2.0)


def test_freezing_kills_by_cold_time_and_cycles():
    coldest, held, cycles = np.array([-25.0, -25.0, -15.0, -25.0]), np.array([90, 10, 90, 90]), np.array([1, 1, 1, 0])
    assert frozen_dead(coldest, held, cycles).tolist() == [True, False, False, False]

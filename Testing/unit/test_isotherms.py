"""Isotherms of a simulated plan: where a temperature is passed, with what that means and where it comes from."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import boneir.assessing.isotherms as code
from boneir.case import Case, Image
from boneir.errors import PlanError
from boneir.evidence import Grade
from boneir.grid import Grid
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment

WINDOW = Grid((61, 61, 61), (1.0, 1.0, 1.0), (-30.0, -30.0, -30.0))
RADIUS_MM = np.linalg.norm(np.indices(WINDOW.shape) - 30.0, axis=0)
WAY = Trajectory((0.0, 60.0, 0.0), (0.0, 0.0, 0.0))


def plan(technique: Technique) -> Plan:
    return Plan("plan-1", (Treatment("lesion-1", technique, 5.0, (Probe("1", "any", WAY),)),), "image")


def drawn(monkeypatch: pytest.MonkeyPatch, technique: Technique, field: Any) -> tuple[code.Isotherm, ...]:
    made = SimpleNamespace(temperature_c=np.asarray(field, np.float32), window=WINDOW)
    monkeypatch.setattr(code, "predict", lambda case, treatment, **how: made)
    case = Case(Image(np.zeros((3, 3, 3), np.int16), Grid((3, 3, 3), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))))
    return code.isotherms(case, plan(technique))


def test_heat_has_balls_whose_radii_are_those_of_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn(monkeypatch, Technique.MICROWAVE, 37.0 + 200.0 / np.maximum(RADIUS_MM, 1.0))
    assert [item.limit.amount for item in found] == sorted(item.limit.amount for item in found)
    for item in found:
        radius = 200.0 / (item.limit.amount - 37.0)
        assert item.mask.volume_ml == pytest.approx(4.0 / 3.0 * math.pi * radius**3 / 1000.0, rel=0.05)
        assert item.warm
        assert item.limit.unit == "degC"
    assert found[0].limit.grade is Grade.PUBLISHED
    assert not (found[1].mask.full() & ~found[0].mask.full()).any()


def test_cold_reaches_less_far_the_colder_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn(monkeypatch, Technique.CRYO, 37.0 - 400.0 / np.maximum(RADIUS_MM, 1.0))
    amounts = [item.limit.amount for item in found]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[-1] == -40.0
    for item in found:
        radius = 400.0 / (37.0 - item.limit.amount)
        assert item.mask.volume_ml == pytest.approx(4.0 / 3.0 * math.pi * radius**3 / 1000.0, rel=0.07)
        assert not item.warm


def test_what_neither_heats_nor_freezes_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlanError, match="heats or freezes"):
        drawn(monkeypatch, Technique.BIOPSY, RADIUS_MM)

"""The commissioning test finds the computations sound, and would notice if they were not."""

from __future__ import annotations

import math

import pytest

from boneir import commissioning
from boneir.commissioning import Check, commission


@pytest.fixture(scope="module")
def checks() -> tuple[Check, ...]:
    return commission(seed=11)


def test_every_computation_is_within_its_bound(checks) -> None:
    assert len(checks) == 7
    assert [check.name for check in checks if not check.passed] == []
    assert all(check.seconds > 0 and check.against for check in checks)


def test_another_seed_draws_other_places(checks) -> None:
    other = commission(seed=12)
    assert [c.error for c in other] != [c.error for c in checks]


def test_a_wrong_computation_fails(monkeypatch) -> None:
    monkeypatch.setattr(commissioning, "surface_margin", lambda lesion, zone: type("M", (), {"minimum_mm": 5.0}))
    failed = [check.name for check in commission(seed=11) if not check.passed]
    assert failed == ["Minimal ablative margin"]


def test_an_error_that_is_no_number_never_passes() -> None:
    assert not Check("x", math.nan, 1.0, "mm", 0.1, "y").passed
    assert not Check("x", math.inf, 1.0, "mm", 0.1, "y").passed


def test_a_registration_that_is_off_fails(monkeypatch) -> None:
    from boneir.image.rigid import Rigid

    monkeypatch.setattr(commissioning, "register_whole", lambda fixed, moving: Rigid())
    failed = [check for check in commission(seed=11) if not check.passed]
    assert [check.name for check in failed] == ["Registration of two images"]
    assert failed[0].error > 2.0


def test_a_front_of_cement_that_is_late_fails(monkeypatch) -> None:
    from boneir.cement.front import fill

    def late(medium, tips_mm):
        made = fill(medium, tips_mm)
        return type("Late", (), {"shape": staticmethod(lambda volume_ml: made.shape(0.6 * volume_ml))})

    monkeypatch.setattr(commissioning, "fill", late)
    failed = [check for check in commission(seed=11) if not check.passed]
    assert [check.name for check in failed] == ["Front of cement"]

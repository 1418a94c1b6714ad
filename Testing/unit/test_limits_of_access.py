"""The constants of access: complete, graded, and changed by purpose and by slices only as said."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom
from boneir.access import limits as module
from boneir.access.limits import COSTS, TABLES, Limits, Purpose, access_limits, weighted_for_unknown, widened_for
from boneir.access.needle import Needle
from boneir.case import Structure
from boneir.errors import ResourceError
from boneir.evidence import Grade, Value


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_purpose_has_all_limits_and_weights_that_sum_to_one(purpose: Purpose) -> None:
    limits = access_limits(purpose)
    single = [getattr(limits, item.name) for item in fields(Limits) if item.name not in TABLES]
    assert all(isinstance(value, Value) and value.source for value in single)
    assert tuple(limits.weights) == COSTS
    assert sum(value.amount for value in limits.weights.values()) == pytest.approx(1)


def test_what_was_not_read_in_a_source_is_not_called_published() -> None:
    limits = access_limits()
    values = [getattr(limits, item.name) for item in fields(Limits) if item.name not in TABLES]
    values += [*limits.weights.values(), *limits.in_bone.values()]
    assert {value.grade for value in values} <= {Grade.DERIVED, Grade.DEFAULT}
    assert limits.tip_sigma.amount == pytest.approx(1.3 / 1.596, abs=0.02), "the mean of the abstract over 1.596"


def test_clearances_come_from_the_catalogue_and_shrink_only_inside_bone() -> None:
    limits = access_limits()
    shapes = {"body": ball((0, 0, 0), 9), "spinal_canal": ball((0, 0, 0), 2), "aorta": ball((0, 4, 0), 1)}
    case = phantom(grid_around(10), shapes, ball((0, 0, 0), 1))
    canal, aorta = case.structure("spinal_canal"), case.structure("aorta")
    assert limits.clearance_of(canal).amount == 3
    assert limits.clearance_of(aorta).amount == limits.clearance_in_bone(aorta).amount == 5
    assert limits.clearance_in_bone(canal).amount < limits.clearance_of(canal).amount
    stranger: Structure = replace(canal, name="shunt", kind="")
    assert limits.clearance_of(stranger) is limits.clearance_in_bone(stranger) is limits.unknown_clearance
    assert limits.severity_of(stranger) is limits.unknown_severity
    assert limits.severity_of(canal).amount == 1


def test_thick_slices_widen_the_guard_and_thin_ones_do_not() -> None:
    limits = access_limits()
    assert widened_for(limits, grid_around(9, (0.7, 0.7, 2.0))) is limits
    widened = widened_for(limits, grid_around(9, (0.9, 0.9, 5.0)))
    assert widened.numeric_guard.amount == pytest.approx(0.75 + 0.75)
    assert widened.numeric_guard.grade is Grade.DERIVED


@pytest.mark.parametrize("unknown", [0.0, 0.5, 1.0])
def test_what_is_not_outlined_moves_weight_to_the_way_through_soft_tissue(unknown: float) -> None:
    limits = access_limits()
    changed = weighted_for_unknown(limits, unknown)
    assert sum(value.amount for value in changed.weights.values()) == pytest.approx(1)
    assert changed.weights["clearance"].amount == pytest.approx(limits.weights["clearance"].amount * (1 - unknown))
    assert all(changed.weights[name] is limits.weights[name] for name in COSTS if name not in ("clearance", "healthy"))


def test_the_placement_error_goes_from_skin_to_tip() -> None:
    limits, needle = access_limits(), Needle(2.0, 150)
    sigma = needle.error_mm([0.0, 0.5, 1.0], limits)
    skin, tip = limits.entry_sigma.amount, limits.tip_sigma.amount
    assert sigma == pytest.approx([skin, np.hypot(skin, tip) / 2, tip])
    assert needle.reach_mm(limits) == 150 - limits.hub_reserve.amount
    # Errors at both ends are independent, so a point between them errs by their weighted sum.
    rng = np.random.default_rng(0)
    at_skin, at_tip = skin * rng.normal(size=200_000), tip * rng.normal(size=200_000)
    assert needle.error_mm(0.3, limits) == pytest.approx(float(np.std(0.7 * at_skin + 0.3 * at_tip)), rel=0.01)


def test_a_file_without_evidence_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = module.read_resource("Limits", "access.json")
    broken = {**good, "limits": {**good["limits"], "incidence": {"value": 65, "unit": "deg"}}}
    monkeypatch.setattr(module, "read_resource", lambda *parts: broken)
    with pytest.raises(ResourceError, match=r"limits\.incidence.*grade, source missing"):
        access_limits.__wrapped__()
    monkeypatch.setattr(module, "read_resource", lambda *parts: {**good, "presets": {}})
    with pytest.raises(ResourceError, match="no preset"):
        access_limits.__wrapped__()

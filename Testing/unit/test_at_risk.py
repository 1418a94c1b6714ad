"""Advice on what is at risk: how far to move it aside, when to stop; curves of temperature; margins; weak bone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boneir.ablation.at_risk import RiskWatch, _minutes
from boneir.ablation.heat import Moment
from boneir.ablation.temperature_volume import dose_curve, temperature_curve
from boneir.assessing.fracture import assess_fracture
from boneir.assessing.sheet import Sheet
from boneir.assessing.simulated_margin import assess_simulated_margin
from boneir.assessing.subject import Subject
from boneir.assessment import Zone
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.evidence import Grade, Value
from boneir.findings import Severity
from boneir.plan import Cement, Technique, Trajectory, Treatment
from small_case import DIRECTIONS, ball, distances, grid_around

CENTRE = (0.0, 0.0, 100.0)


@pytest.fixture(params=["axial", "oblique"])
def grid(request):
    return grid_around(CENTRE, 60.0, (1.0, 1.2, 1.5), DIRECTIONS[request.param])


def canal(grid, x_mm: float) -> Structure:
    return Structure("spinal_canal", Role.CRITICAL, ball(grid, (x_mm, 0.0, 100.0), 4.0), "spinal_canal")


@pytest.mark.parametrize("cold", [False, True])
def test_a_structure_has_to_move_as_far_as_it_lies_in_what_harms_it(grid, cold) -> None:
    """A ball of harm with a radius of 14 mm; a structure that reaches to 8 mm from its middle lies 6 mm deep."""
    r = distances(grid, CENTRE)
    field = np.where(r <= 14.0, 5.0 if cold else 60.0, 37.0).astype(np.float32)
    watch = RiskWatch((canal(grid, 12.0),), grid)
    for n in range(4):
        watch.see(Moment(0.2, 100.0 * (n + 1), lambda n=n: field if n >= 2 else np.full_like(field, 37.0), 0.001))
    measures, findings = watch.cooled(field) if cold else watch.heated(field, np.zeros_like(field))
    aside = next(m for m in measures if m.code == "ablation.displacement")
    assert aside.amount == pytest.approx(14.0 - 8.0, abs=1.2)
    assert np.linalg.norm(np.subtract(aside.place_mm, CENTRE)) == pytest.approx(8.0, abs=1.2)
    (stop,) = [f for f in findings if f.severity is Severity.STOP]
    assert f"by at least {aside.amount:.0f} mm" in stop.text
    assert "stop before 300 s" in stop.text
    assert f"--protect OUTLINE,{'warm_saline' if cold else 'co2'},10" in stop.text
    assert "spinal_canal" not in stop.text
    far = RiskWatch((canal(grid, 24.0),), grid)
    measures, findings = far.cooled(field) if cold else far.heated(field, np.zeros_like(field))
    assert not any(m.code == "ablation.displacement" for m in measures)
    assert findings == ()


def test_what_comes_after_the_end_is_not_avoided_by_stopping_then(grid) -> None:
    hot = np.where(distances(grid, CENTRE) <= 14.0, 60.0, 37.0).astype(np.float32)
    watch = RiskWatch((canal(grid, 12.0),), grid)
    for share, field in ((0.5, np.full_like(hot, 37.0)), (1.0, hot)):
        watch.see(Moment(share, 600.0 * share, lambda field=field: field, 0.001))
    _, findings = watch.heated(hot, np.zeros_like(hot))
    assert "make it shorter" in findings[0].text
    assert "stop before" not in findings[0].text


def test_a_curve_gives_the_volume_that_reached_each_temperature() -> None:
    values = np.linspace(37.0, 87.0, 5001)
    curve = temperature_curve(values, "the lesion", warm=True)
    for celsius, share in curve.points:
        assert share == pytest.approx(100.0 * (87.0 - celsius) / 50.0, abs=0.1)
    cold = temperature_curve(124.0 - values - 50.0, "the lesion", warm=False)
    assert [share for _, share in cold.points] == sorted(share for _, share in cold.points)
    assert cold.points[-1] == (37.0, 100.0)
    assert cold.points[0][0] == -13.0


def test_a_curve_gives_the_volume_that_got_each_dose() -> None:
    dose = 10.0 ** np.linspace(-1.0, 4.0, 6001)
    curve = dose_curve(dose, "the canal", limit=Value(10.0, "min", Grade.DEFAULT, "test"))
    for power, share in curve.points:
        assert share == pytest.approx(100.0 * (4.0 - power) / 5.0, abs=0.1)
    assert [round(mark.x, 3) for mark in curve.marks] == [2.38, 1.0]
    assert {share for _, share in dose_curve(np.zeros(5), "nothing").points} == {0.0}


def test_the_margin_of_a_simulated_zone_has_a_name_of_its_own(grid) -> None:
    lesion = Lesion("lesion-1", ball(grid, CENTRE, 7.0))
    zone = Zone("simulated zone", "", ball(grid, CENTRE, 11.0), ball(grid, CENTRE, 9.0), ball(grid, CENTRE, 14.0))
    sheet = Sheet()
    assess_simulated_margin(lesion, zone, 5.0, sheet)
    least = next(m for m in sheet.measures if m.code == "ablation.simulated_minimal_margin")
    assert (least.amount, least.low, least.high) == pytest.approx((4.0, 2.0, 7.0), abs=0.8)
    assert all("simulated" in m.title for m in sheet.measures)
    assert [f.severity for f in sheet.findings] == [Severity.WARN]
    (curve,) = sheet.curves
    inside = dict(curve.points)
    assert inside[0.0] == pytest.approx(100.0, abs=0.5)
    assert inside[8.0] == pytest.approx(100.0 * 11.0**3 / 15.0**3, abs=4.0)
    empty = Sheet()
    nothing = replace(zone, mask=ball(grid, (500.0, 0.0, 0.0), 1.0))
    assess_simulated_margin(lesion, nothing, 5.0, empty)
    assert empty.measures == []


def test_bone_that_bears_weight_may_break_unless_it_is_held(grid) -> None:
    lesion = Lesion("lesion-1", ball(grid, CENTRE, 7.0))
    way = Trajectory((0.0, 28.0, 100.0), CENTRE)
    for name, technique, cement, flagged in (
        ("femur_left", Technique.CRYO, (), True),
        ("vertebra_L3", Technique.MICROWAVE, (), True),
        ("vertebra_L3", Technique.MICROWAVE, (Cement("c1", way, 3.0, 3.4),), False),
        ("rib_left_5", Technique.CRYO, (), False),
        ("vertebra_L3", Technique.ETHANOL, (), False),
    ):
        bone = Structure(name, Role.BONE, ball(grid, CENTRE, 16.0))
        case = Case(Image(np.zeros(grid.shape, np.int16), grid), (bone,), (lesion,))
        sheet = Sheet()
        assess_fracture(Subject(case, Treatment("lesion-1", technique, 5.0, cement=cement)), sheet)
        assert [f.code for f in sheet.findings] == (["ablation.fracture"] if flagged else [])


def test_a_dose_is_told_as_people_read_it():
    assert [_minutes(dose) for dose in (2.345, 341.6, 999.4, 240139.4)] == ["2.35", "342", "999", "more than 1000"]

"""Ethanol, pulses and ultrasound on the tissue of a small patient: a bone with a lytic lesion, in muscle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boneir.ablation.predict_ethanol import front_mm, predict_ethanol
from boneir.ablation.predict_pulses import predict_pulses
from boneir.ablation.predict_ultrasound import Transducer, predict_ultrasound
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.errors import CaseError, PlanError
from boneir.findings import Severity
from boneir.plan import Trajectory
from small_case import DIRECTIONS, ball, distances, grid_around

CENTRE = (4.0, -2.0, 300.0)


def patient(direction="oblique", *, bone_radius=16.0, lesion_radius=6.0, at=CENTRE, canal=None) -> Case:
    """A round body of muscle, a ball of cancellous bone with a cortex of 2 mm, and a lesion in its middle."""
    grid = grid_around(CENTRE, 100.0, (1.5, 1.5, 2.0), DIRECTIONS[direction])
    body, bone, lesion = ball(grid, CENTRE, 46.0), ball(grid, at, bone_radius), ball(grid, at, lesion_radius)
    r = distances(grid, at)
    hu = np.where(body.full(), 55, -1000)
    hu = np.where(bone.full(), np.where(r > bone_radius - 2.5, 1100, 260), hu)
    hu = np.where(lesion.full(), 45, hu).astype(np.int16)
    structures = [Structure("body", Role.BODY, body), Structure("bone", Role.BONE, bone)]
    if canal is not None:
        structures.append(Structure("spinal_canal", Role.CRITICAL, ball(grid, canal, 4.0), "spinal_canal"))
    return Case(Image(hu, grid), tuple(structures), (Lesion("lesion-1", lesion),))


def by_code(prediction) -> dict[str, float]:
    return {measure.code: measure.amount for measure in prediction.measures}


@pytest.mark.parametrize("direction", ["axial", "oblique"])
def test_a_small_injection_stays_around_the_tip(direction) -> None:
    case = patient(direction)
    shares = []
    made = predict_ethanol(case, "", CENTRE, 1.0, margin_mm=2.0, progress=shares.append)
    assert shares[-1] == 1.0
    # All of it lies in marrow and tumour, which let it through alike: balls of the closed form.
    zone = made.zone
    for mask, porosity in ((zone.inner, 1.0), (zone.mask, 0.4), (zone.outer, 0.2)):
        assert mask.volume_ml == pytest.approx(1.0 / porosity, rel=0.1)
        farthest = np.linalg.norm(mask.points_mm() - np.asarray(CENTRE), axis=1).max()
        assert farthest < front_mm(1.0, porosity) + 2.5
    values = by_code(made)
    assert values["ethanol.escaped"] < 0.01
    assert values["ethanol.zone"] == pytest.approx(1.0 / 0.4, rel=0.05)
    assert [f.code for f in made.findings if f.severity is Severity.WARN] == ["ablation.chance_of_coverage"]
    assert any(f.code == "ethanol.assumed" for f in made.findings)


def test_ethanol_that_reaches_the_canal_is_a_stop() -> None:
    canal = tuple(np.add(CENTRE, (0.0, 9.0, 0.0)))
    made = predict_ethanol(patient(canal=canal, bone_radius=18.0), "lesion-1", CENTRE, 2.0)
    (stop,) = [f for f in made.findings if f.severity is Severity.STOP]
    assert stop.about == "spinal_canal"
    assert 0.0 < stop.measured < 2.0
    # It is reached about when the front has come as far as its edge.
    assert front_mm(stop.measured, 0.4) == pytest.approx(5.0, abs=2.0)


def needles(offsets) -> list[Trajectory]:
    found = []
    for x, z in offsets:
        tip = tuple(np.add(CENTRE, (x, -8.0, z)))
        found.append(Trajectory(tuple(np.add(tip, (0.0, 50.0, 0.0))), tip))
    return found


def test_pulses_cover_a_lesion_only_where_the_voltage_suffices() -> None:
    case = patient(lesion_radius=5.0)
    around = needles([(-5.0, 0.0), (5.0, 0.0)])
    weak, strong = (
        predict_pulses(case, "", around, active_mm=16.0, diameter_mm=2.4, volts_per_mm=v) for v in (40.0, 250.0)
    )
    before, after = by_code(weak), by_code(strong)
    assert before["ablation.field_coverage"] < after["ablation.field_coverage"]
    assert before["ablation.weakest_field"] < 400 < after["ablation.weakest_field"]
    assert after["ablation.field_coverage"] == 100.0
    assert [f.severity for f in weak.findings] == [Severity.STOP]
    assert strong.findings == ()
    assert after["ablation.pulse_voltage"] == pytest.approx(2500.0, rel=1e-6)
    # The current grows more than the voltage, because tissue opens.
    assert after["ablation.pulse_current"] > 250.0 / 40.0 * before["ablation.pulse_current"]
    assert weak.zone.mask.volume_ml < strong.zone.mask.volume_ml
    lethal = predict_pulses(case, "", around, active_mm=16.0, diameter_mm=2.4, volts_per_mm=250.0, irreversible=True)
    assert lethal.zone.mask.volume_ml < strong.zone.mask.volume_ml


BOWL = Transducer(60.0, 50.0, 1e6)


def test_ultrasound_heats_a_lesion_without_a_shell_and_not_behind_one() -> None:
    case = patient(bone_radius=8.0, lesion_radius=7.9)
    open_case = replace(case, structures=case.structures[:1], image=Image(muscle_of(case), case.image.grid))
    made = predict_ultrasound(open_case, "", BOWL, power_w=30.0, duration_s=10.0, spacing_mm=1.5)
    values = by_code(made)
    assert values["ultrasound.open"] == 100.0
    assert 20.0 < values["ultrasound.arrives"] < 80.0
    assert values["ultrasound.peak_temperature"] > 60.0
    assert 0.0 < made.zone.mask.volume_ml < 2.0
    assert np.linalg.norm(np.subtract(made.zone.mask.centroid_mm, CENTRE)) < 3.0
    assert values["ablation.coverage"] == pytest.approx(100 * made.zone.mask.volume_ml / 2.06, abs=12.0)
    behind = predict_ultrasound(patient(bone_radius=22.0), "", BOWL, power_w=30.0, duration_s=10.0, spacing_mm=1.5)
    assert behind.zone.mask.is_empty
    assert [f.code for f in behind.findings if f.severity is Severity.STOP] == ["ultrasound.window"]


def muscle_of(case: Case) -> np.ndarray:
    return np.where(case.image.voxels > -500, 55, -1000).astype(np.int16)


def test_a_focus_beside_nerves_is_a_stop() -> None:
    canal = tuple(np.add(CENTRE, (0.0, 10.0, 0.0)))
    case = patient(canal=canal)
    case = replace(case, image=Image(muscle_of(case), case.image.grid))
    made = predict_ultrasound(case, "", BOWL, power_w=5.0, duration_s=1.0, spacing_mm=2.0)
    (stop,) = [f for f in made.findings if f.code == "ultrasound.standoff"]
    assert stop.about == "spinal_canal"
    assert stop.measured == pytest.approx(6.0, abs=1.5)


def test_what_is_missing_is_refused() -> None:
    case = patient()
    with pytest.raises(PlanError, match="two needles"):
        predict_pulses(case, "", needles([(0.0, 0.0)]), active_mm=10.0, diameter_mm=1.0, volts_per_mm=100.0)
    with pytest.raises(PlanError, match="above 0"):
        predict_ethanol(case, "", CENTRE, -1.0)
    with pytest.raises(CaseError, match="no lesion 'x'"):
        predict_ethanol(case, "x", CENTRE, 1.0)
    bare = replace(case, structures=case.structures[1:])
    with pytest.raises(CaseError, match="outline of the body"):
        predict_ultrasound(bare, "", BOWL, power_w=5.0, duration_s=1.0)

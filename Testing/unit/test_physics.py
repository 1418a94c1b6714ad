"""Simulations of whole treatments on a phantom: zones, coverage, what is at risk, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boneir.ablation.at_risk import RiskWatch
from boneir.ablation.devices import device
from boneir.ablation.heat import Moment
from boneir.ablation.heat_drive import points_of, radiofrequency_drive
from boneir.ablation.microwave import absorption, pattern_of
from boneir.ablation.physics import predict
from boneir.ablation.tissue_map import tissue_map, window_around
from boneir.assess import assess
from boneir.case_folder import save_case, save_plan
from boneir.errors import DeviceError, ImageError, PlanError
from boneir.findings import Severity
from boneir.grid import Grid
from boneir.plan import Probe, Technique, Trajectory, Treatment, read_plan
from small_case import ENTRY, TIP, small_case, small_plan

WAY = Trajectory(ENTRY, TIP)
COARSE = 2.0


@pytest.fixture(scope="module")
def case():
    return small_case()


def microwave(**more):
    return Treatment("lesion-1", Technique.MICROWAVE, probes=(Probe("1", "emprint", WAY, setting="75W-5min", **more),))


@pytest.fixture(scope="module")
def heated(case):
    seen = []
    return predict(case, microwave(), spacing_mm=COARSE, progress=seen.append), seen


def test_the_pattern_makes_the_published_zone_in_soft_tissue():
    """The calibration ends near length and width of the maker's zone, with a plausible share of the power."""
    size = device("emprint").zone("75W-5min")
    pattern = pattern_of(size)
    assert pattern.length_mm == pytest.approx(size.length_mm.amount, abs=1.5)
    assert pattern.width_mm == pytest.approx(size.width_mm.amount, abs=1.5)
    assert 0.05 < pattern.share < 1.0


def test_absorption_adds_up_to_its_share_wherever_the_needle_points():
    pattern = pattern_of(device("emprint").zone("75W-5min"))
    grid = Grid((50, 50, 50), (2.0, 2.0, 2.0), (-49.0, -49.0, -49.0))
    for entry in ((0.0, 40.0, 0.0), (25.0, 20.0, 30.0)):
        source = absorption(pattern, Probe("1", "emprint", Trajectory(entry, (0.0, 0.0, 0.0))), grid)
        assert source.sum() * grid.voxel_ml * 1e-6 == pytest.approx(pattern.share, rel=1e-6)
        place = grid.to_mm(np.argwhere(source > 0.5 * source.max())[:, ::-1]).mean(axis=0)
        way = -np.asarray(entry) / np.linalg.norm(entry)
        assert place @ way == pytest.approx(pattern.beyond_tip_mm, abs=1.0)


def test_a_microwave_treatment(case, heated):
    made, seen = heated
    zone = made.zone
    assert zone.mask.grid == case.image.grid
    assert zone.inner.volume_ml <= zone.mask.volume_ml <= zone.outer.volume_ml
    assert 3.0 < zone.mask.volume_ml < 60.0
    amounts = {(m.code, m.about): m for m in made.measures}
    assert amounts["ablation.energy_error", "simulated zone"].amount < 0.5
    assert 0.0 < amounts["ablation.simulated_coverage", "lesion-1"].amount <= 100.0
    assert seen[-1].share == pytest.approx(1.0)
    assert not made.stopped
    middle = case.image.grid.to_mm(np.argwhere(zone.mask.full())[:, ::-1]).mean(axis=0)
    assert np.linalg.norm(middle - np.asarray(WAY.tip_mm)) < 16.0


def test_what_is_at_risk_is_named_with_its_place(case, heated):
    made, _ = heated
    canal = case.structure("spinal_canal").mask
    hottest = next(m for m in made.measures if m.code == "ablation.hottest" and m.about == "spinal_canal")
    assert canal.at(hottest.place_mm)
    assert made.temperature_c[made.window.nearest_voxel(hottest.place_mm)] == pytest.approx(hottest.amount, abs=1e-3)
    assert hottest.amount <= made.temperature_c.max()


def test_twice_the_perfusion_makes_a_smaller_zone(case, heated):
    more = predict(
        case, microwave(), spacing_mm=COARSE, change=lambda tissues: tissues.scaled("perfusion_ml_min_kg", 4.0)
    )
    assert more.zone.mask.volume_ml < heated[0].zone.mask.volume_ml


def test_a_radiofrequency_treatment(case):
    probe = Probe("1", "rf-cooled-2cm", WAY, power_w=25.0, duration_s=120.0)
    treatment = Treatment("lesion-1", Technique.RADIOFREQUENCY, probes=(probe,))
    made = predict(case, treatment, spacing_mm=1.5)
    assert made.zone.mask.volume_ml > 0.3
    absorbed = next(m for m in made.measures if m.code == "ablation.simulated_energy").amount
    assert 0.2 < absorbed <= 25.0 * 120.0 / 1000.0
    by_temperature = replace(probe, power_w=None, target_c=70.0)
    cooler = predict(case, replace(treatment, probes=(by_temperature,)), spacing_mm=1.5)
    assert cooler.temperature_c.max() < made.temperature_c.max()


def test_a_cryoablation_with_unseen_ice(case):
    probes = tuple(
        Probe(n, "visica2", Trajectory((ENTRY[0] + dx, *ENTRY[1:]), (TIP[0] + dx, *TIP[1:])), duration_s=120.0)
        for n, dx in (("1", -5.0), ("2", 5.0))
    )
    made = predict(case, Treatment("lesion-1", Technique.CRYO, probes=probes), spacing_mm=COARSE)
    assert made.zone.inner.volume_ml <= made.zone.mask.volume_ml <= made.zone.outer.volume_ml
    assert made.zone.mask.volume_ml > 1.0
    assert any(f.code == "ablation.ice_unseen" for f in made.findings)
    assert any(m.code == "ablation.coldest" and m.about == "spinal_canal" for m in made.measures)


def test_a_stopped_run_says_so(case):
    seen = []
    made = predict(
        case, microwave(), spacing_mm=COARSE, progress=seen.append, should_stop=lambda: len(seen) >= 4
    )  # fmt: skip
    assert made.stopped
    assert any(f.code == "ablation.simulation_stopped" and f.severity is Severity.WARN for f in made.findings)


def test_limits_of_nerves_grade_heat_and_cold(case):
    window = case.image.grid
    watch = RiskWatch(case.structures, window)
    hot = np.full(window.shape, 37.0, np.float32)
    canal = case.structure("spinal_canal").mask
    k, j, i = np.argwhere(canal.full())[7]
    hot[k, j, i] = 46.0
    for n in range(3):
        watch.see(Moment(0.1 * n, 10.0 * (n + 1), lambda: hot, 0.001))
    dose = np.where(hot > 40, 5.0, 0.0)
    measures, findings = watch.heated(hot, dose)
    about = {f.code: f for f in findings if f.about == "spinal_canal"}
    assert about["ablation.heat"].severity is Severity.STOP
    assert about["ablation.heat"].place_mm == pytest.approx(tuple(window.to_mm((i, j, k))))
    assert about["ablation.dose"].severity is Severity.WARN
    assert next(m.amount for m in measures if m.code == "ablation.over_limit" and m.about == "spinal_canal") == 30.0
    for temperature, severity in ((15.0, Severity.WARN), (5.0, Severity.STOP)):
        hot[k, j, i] = temperature
        _, findings = watch.cooled(hot)
        assert [f.severity for f in findings if f.about == "spinal_canal"] == [severity]


def test_assess_adds_physics_where_it_is_asked_for(case, monkeypatch):
    def coarsely(*given, **more):
        return predict(*given, **{**more, "spacing_mm": COARSE})

    monkeypatch.setattr("boneir.ablation.simulate.predict", coarsely)
    plan = small_plan(case)
    treatment = replace(plan.treatments[0], probes=(Probe("1", "emprint", WAY, setting="75W-5min"),))
    plan = replace(plan, treatments=(treatment,))
    plain, more = assess(case, plan), assess(case, plan, physics=True)
    assert plain.measure("ablation.simulated_volume") is None
    assert more.measure("ablation.simulated_volume").amount > 0
    assert {zone.name for zone in more.zones} - {zone.name for zone in plain.zones} == {"simulated zone"}


def test_what_cannot_be_simulated_is_refused(case):
    with pytest.raises(PlanError, match="cannot be simulated"):
        predict(case, Treatment("lesion-1", Technique.ETHANOL, probes=microwave().probes))
    off = Probe("1", "emprint", Trajectory(ENTRY, (70.0, 62.0, 404.0)), setting="75W-5min")
    with pytest.raises(PlanError, match="no tissue at the tip"):
        predict(case, replace(microwave(), probes=(off,)), spacing_mm=4.0)
    warm = Probe("1", "visica2", WAY, duration_s=60.0, target_c=-5.0)
    with pytest.raises(PlanError, match="-20 degC"):
        predict(case, Treatment("lesion-1", Technique.CRYO, probes=(warm,)), spacing_mm=COARSE)
    none = Treatment("lesion-1", Technique.RADIOFREQUENCY, probes=(Probe("1", "osteocool", WAY),))
    with pytest.raises(DeviceError):
        predict(case, none, spacing_mm=COARSE)
    for power_w in (-5.0, 0.0, 4000.0, float("nan")):
        with pytest.raises(PlanError, match="give more than 0, up to 1000"):
            predict(case, microwave(power_w=power_w), spacing_mm=COARSE)
    for spacing_mm in (0.0, -1.0, 20.0):
        with pytest.raises(PlanError, match="cannot be simulated"):
            predict(case, microwave(), spacing_mm=spacing_mm)
    outside = replace(microwave(), probes=(Probe("1", "emprint", Trajectory(ENTRY, (900.0, 0.0, 404.0)), "75W-5min"),))
    with pytest.raises((PlanError, ImageError), match="outside the image"):
        predict(case, outside, spacing_mm=COARSE)


def test_a_run_that_is_cancelled_or_fails_loses_no_plan(case, tmp_path):
    """A plan that was saved is the same file afterwards, and the case can be assessed again."""
    plan = replace(small_plan(case), treatments=(microwave(),))
    save_case(case, tmp_path / "case")
    path = save_plan(plan, tmp_path / "case")
    written, uid = path.read_bytes(), case.uid

    def cancel(_moment):
        raise PlanError("Cancelled by the user.")

    with pytest.raises(PlanError, match="Cancelled"):
        assess(case, plan, physics=True, progress=cancel)
    assert path.read_bytes() == written
    assert read_plan(path) == plan
    assert case.uid == uid
    assert assess(case, plan).plan_uid == plan.uid


def test_tissue_that_has_warmed_conducts_better_where_the_current_flows(case):
    """The source of a warm field differs from that at rest; both give one watt for each watt."""
    probe = Probe("1", "rf-cooled-2cm", WAY, power_w=25.0, duration_s=120.0)
    window = window_around([TIP], 24.0, case.image.grid, 1.5)
    tissues = tissue_map(case.image, case.structures, case.lesions[0], window)
    drive = radiofrequency_drive([(probe, device("rf-cooled-2cm"))], tissues)
    near = np.linalg.norm(points_of(window) - np.asarray(TIP), axis=-1)
    warm = drive.renew(np.where(near < 12.0, 90.0, 37.0))
    dry = drive.renew(np.where(near < 6.0, 106.0, 37.0))
    for source in (drive.source, warm, dry):
        assert source.sum() * window.voxel_ml * 1e-6 == pytest.approx(1.0, abs=0.15)
    outside = near > 14.0
    assert warm[outside].sum() > 1.005 * drive.source[outside].sum()
    assert np.abs(dry - drive.source).max() > 0.1 * drive.source.max()

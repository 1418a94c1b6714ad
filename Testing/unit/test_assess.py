"""Assess: numbers against closed forms on an analytic case, findings by the rules, refusals in one sentence."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from boneir.assess import assess
from boneir.case import Case, Image, Lesion, Modality, Role, Structure
from boneir.errors import CaseError, DeviceError, PlanError
from boneir.evidence import Value
from boneir.findings import Finding, Severity
from boneir.grid import Grid
from boneir.image.ellipsoid import Ellipsoid
from boneir.mask import Mask
from boneir.plan import Cement, Plan, Probe, Screw, Technique, Trajectory, Treatment

GRID = Grid((80, 110, 100), (1.0, 1.0, 1.0), (-50.0, -50.0, -40.0))


def ball(centre, radius, grid=GRID):
    return Ellipsoid(tuple(float(c) for c in centre), (0.0, 0.0, 1.0), radius, radius).mask_on(grid)


def a_case(canal=(0.0, 35.0, 0.0), *, wall_hu=900, extra=(), grid=GRID, radius=8.0):
    """A lytic ball in bone, a canal behind it, a vessel far in front."""
    body = Mask.of(np.pad(np.ones([n - 4 for n in grid.shape], bool), 2), grid)
    bone, lesion = ball((0, 0, 0), 24, grid), ball((0, 0, 0), radius, grid)
    voxels = np.full(grid.shape, -1000, np.int16)
    for mask, value in ((body, 40), (bone, wall_hu), (lesion, 30)):
        voxels[mask.full()] = value
    structures = (
        Structure("body", Role.BODY, body, "body"),
        Structure("bone", Role.BONE, bone, "bone"),
        Structure("spinal_canal", Role.CRITICAL, ball(canal, 5, grid), "spinal_canal"),
        Structure("aorta", Role.CRITICAL, ball((0, -38, 0), 6, grid), "aorta"),
        *extra,
    )
    finding = Finding("image.example", Severity.NOTE, "Passed on.")
    return Case(Image(voxels, grid), structures, (Lesion("lesion-1", lesion),), findings=(finding,))


def zone_centred(at=(0.0, 0.0, 0.0), entry=(40.0, 20.0, 10.0), name="1", setting="75W-7.5min", **values):
    """A probe whose zone (36 mm long, 6.45 mm beyond the tip) has its centre at a place."""
    way = np.subtract(at, entry) / np.linalg.norm(np.subtract(at, entry))
    tip = np.asarray(at) + (18.0 - 6.45) * way
    return Probe(name, "emprint", Trajectory(entry, tuple(float(x) for x in tip)), setting, **values)


def a_plan(case, *probes, technique=Technique.MICROWAVE, margin_mm=5.0, **parts):
    return Plan("p", (Treatment("lesion-1", technique, margin_mm, probes, **parts),), case.image.uid)


def codes(assessment, severity=None):
    return {f.code for f in assessment.findings if severity in (None, f.severity)}


@pytest.fixture(scope="module")
def centred():
    case = a_case()
    return case, assess(case, a_plan(case, zone_centred()))


def test_margin_and_coverage_of_a_centred_zone(centred):
    _, found = centred
    margin = found.measure("ablation.minimal_margin", "lesion-1")
    assert margin.amount == pytest.approx(16.5 - 8, abs=0.3)  # across, where the ellipsoid is thinnest
    assert margin.low == pytest.approx(0.8 * 16.5 - 8, abs=0.3)
    assert margin.high == pytest.approx(1.2 * 16.5 - 8, abs=0.3)
    assert margin.limit.amount == 5.0
    assert "liver" in margin.note
    assert "not one of bone" in margin.note
    assert found.measure("ablation.coverage").amount == 100.0
    assert found.measure("ablation.margin_coverage").amount == 100.0
    volume = found.measure("ablation.zone_volume", "1")
    closed_form = np.pi / 6 * 36 * 33**2 / 1000
    assert volume.amount == pytest.approx(closed_form, rel=0.01)
    assert (volume.low, volume.high) == pytest.approx((0.8**3 * closed_form, 1.2**3 * closed_form), rel=0.01)
    assert "not measured in bone" in volume.note
    assert not codes(found) & {"ablation.coverage", "ablation.minimal_margin"}


def test_distance_to_structures_against_the_ellipsoid(centred):
    _, found = centred
    way = np.array([-40.0, -20.0, -10.0]) / np.linalg.norm([40, 20, 10])
    zone = Ellipsoid((0.0, 0.0, 0.0), tuple(way), 18.0, 16.5)
    for name, centre, radius in (("spinal_canal", (0, 35, 0), 5), ("aorta", (0, -38, 0), 6)):
        draw = np.random.default_rng(0).normal(size=(20_000, 3))
        surface = np.asarray(centre) + radius * draw / np.linalg.norm(draw, axis=1, keepdims=True)
        truth = zone.signed_distance_mm(surface).min()
        measure = found.measure("ablation.distance", name)
        assert measure.amount == pytest.approx(truth, abs=0.5)  # outlines are known to half a voxel
        assert np.linalg.norm(np.subtract(measure.place_mm, centre)) == pytest.approx(radius, abs=0.8)
        assert measure.low < measure.amount
    assert found.measure("ablation.distance", "skin").amount == pytest.approx(38 - 17, abs=2.5)


def test_everything_of_a_case_is_passed_on_and_the_worst_comes_first(centred):
    case, found = centred
    assert "image.example" in codes(found)
    assert "case.absent" in codes(found, Severity.WARN)
    order = [Severity.STOP, Severity.WARN, Severity.NOTE]
    ranks = [order.index(f.severity) for f in found.findings]
    assert ranks == sorted(ranks)
    assert {m.code.split(".")[0] for m in found.measures} == {"lesion", "access", "ablation", "cement"}
    assert found.measure("access.length", "1").amount == pytest.approx(np.linalg.norm([40, 20, 10]) + 11.55)
    assert found.measure("lesion.volume").amount == pytest.approx(4 / 3 * np.pi * 8**3 / 1000, rel=0.02)
    assert found.measure("cement.volume").low > 0
    assert found.case_uid == case.uid
    assert [zone.name for zone in found.zones] == ["zone 1"]


def test_every_finding_is_a_sentence_and_every_limit_has_its_evidence(centred):
    _, found = centred
    for finding in found.findings:
        assert finding.text.endswith("."), finding
    for item in (*found.findings, *found.measures):
        assert item.limit is None or (isinstance(item.limit, Value) and item.limit.source)


def test_a_zone_beside_the_lesion():
    case = a_case()
    found = assess(case, a_plan(case, zone_centred((0.0, 0.0, 20.0))))
    margin = found.measure("ablation.minimal_margin")
    assert margin.amount < -8
    assert margin.place_mm[2] == pytest.approx(-8, abs=1.5)
    assert found.measure("ablation.coverage").amount < 50
    assert "ablation.coverage" in codes(found, Severity.STOP)


def test_a_margin_that_is_too_narrow_and_one_that_is_uncertain():
    case = a_case(radius=13.0)
    narrow = assess(case, a_plan(case, zone_centred(), margin_mm=5.0))
    assert "ablation.minimal_margin" in codes(narrow, Severity.WARN)
    unsure = assess(case, a_plan(case, zone_centred(), margin_mm=2.0))
    assert "ablation.margin_uncertain" in codes(unsure, Severity.NOTE)


@pytest.mark.parametrize(
    ("behind", "wall_hu", "code", "severity"),
    [
        (20.0, 900, "ablation.distance", Severity.STOP),  # reaches into the canal
        (25.0, 100, "ablation.distance", Severity.STOP),  # near a wall that does not hold
        (25.0, 900, "ablation.protection", Severity.WARN),  # near an intact wall
        (29.0, 100, "ablation.protection", Severity.WARN),  # within ten millimetres
        (40.0, 900, "", None),
    ],
)
def test_the_rules_for_the_canal(behind, wall_hu, code, severity):
    case = a_case((0.0, behind, 0.0), wall_hu=wall_hu)
    found = assess(case, a_plan(case, zone_centred()))
    about = [
        (f.code, f.severity) for f in found.findings if f.about == "spinal_canal" and f.code.startswith("ablation")
    ]
    assert about == ([(code, severity)] if code else [])
    if code:
        finding = next(f for f in found.findings if f.about == "spinal_canal" and f.code == code)
        assert finding.place_mm is not None
        assert finding.limit is not None
        assert finding.measured == found.measure("ablation.distance", "spinal_canal").amount


def test_gas_and_warmth_are_only_told_where_heat_or_cold_harms():
    case = a_case((0.0, 25.0, 0.0), wall_hu=900)
    probe = zone_centred()
    for technique, told in ((Technique.MICROWAVE, True), (Technique.ETHANOL, False)):
        found = assess(case, a_plan(case, probe, technique=technique))
        (text,) = [f.text for f in found.findings if f.code == "ablation.protection" and f.about == "spinal_canal"]
        assert ("degC" in text, "--protect" in text) == (told, told)
        assert "10 mm" in text


def test_ice_harms_before_it_kills():
    """The lethal zone ends 6.5 mm before the canal, the ice 1.5 mm: what counts for nerves is the ice."""
    case = a_case((0.0, 20.0, 0.0), wall_hu=100)
    probe = dataclasses.replace(zone_centred(entry=(45.0, 0.0, 0.0)), device="visica2", setting="1cm-4min-liver")
    way = Trajectory((45.0, 0.0, 0.0), (-(38 / 2 - 5.0), 0.0, 0.0))
    found = assess(case, a_plan(case, dataclasses.replace(probe, trajectory=way), technique=Technique.CRYO))
    assert found.measure("ablation.distance", "spinal_canal").amount == pytest.approx(15 - 17 / 2 - 5, abs=0.6)
    stop = next(f for f in found.findings if f.about == "spinal_canal" and f.code == "ablation.distance")
    assert stop.severity is Severity.STOP
    assert stop.text.startswith("The ice ends")


def test_other_organs():
    lung = Structure("lung_left", Role.CRITICAL, ball((0, 0, 25), 9), "lung_left")
    bowel = Structure("colon", Role.CRITICAL, ball((0, 0, -25), 9), "colon")
    case = a_case(extra=(lung, bowel))
    found = assess(case, a_plan(case, zone_centred()))
    severity = {f.about: f.severity for f in found.findings if f.code == "ablation.distance"}
    assert severity["colon"] is Severity.STOP
    assert severity["lung_left"] is Severity.WARN


def test_energy_in_the_spine(centred):
    _, elsewhere = centred
    assert elsewhere.measure("ablation.energy", "1").amount == pytest.approx(75 * 450 / 1000)
    assert elsewhere.measure("ablation.energy", "1").limit is None
    assert "ablation.energy" not in codes(elsewhere)
    near = a_case((0.0, 28.0, 0.0))
    found = assess(near, a_plan(near, zone_centred()))
    assert found.measure("ablation.energy", "1").limit.amount == 10.0
    assert "ablation.energy" in codes(found, Severity.WARN)
    level = a_case(extra=(Structure("vertebra_L3", Role.BONE, ball((0, 0, 0), 20), "vertebra_L3"),))
    assert "ablation.energy" in codes(assess(level, a_plan(level, zone_centred())), Severity.WARN)


def test_the_device_decides_what_is_done():
    case = a_case()
    probe, way = zone_centred(), Trajectory((40.0, 25.0, 15.0), (0.0, 0.0, 0.0))
    other = assess(case, a_plan(case, probe, technique=Technique.CRYO))
    assert "plan.technique" in codes(other, Severity.WARN)
    assert other.measure("ablation.coverage").amount == 100.0
    core = assess(case, a_plan(case, probe, Probe("b", "biopsy-11g", way)))
    assert [zone.probe for zone in core.zones] == ["1"]
    assert "plan.technique" not in codes(core)
    ethanol = assess(case, a_plan(case, Probe("b", "biopsy-11g", way), technique=Technique.ETHANOL))
    assert "ablation.no_zone" in codes(ethanol, Severity.WARN)
    assert ethanol.zones == ()


def test_two_probes_are_joined():
    case = a_case()
    pair = [zone_centred((-6.0, 0.0, 0.0)), zone_centred((6.0, 0.0, 0.0), (40.0, 25.0, 15.0), "2")]
    found = assess(case, a_plan(case, *pair))
    assert [zone.probe for zone in found.zones] == ["1", "2", ""]
    assert "ablation.union" in codes(found, Severity.NOTE)
    single = assess(case, a_plan(case, pair[0]))
    assert found.measure("ablation.minimal_margin").amount > single.measure("ablation.minimal_margin").amount + 3
    joined = found.measure("ablation.zone_volume", "zone of all probes").amount
    assert joined < sum(found.measure("ablation.zone_volume", name).amount for name in ("1", "2"))
    cryo = [dataclasses.replace(p, device="visica2", setting="1cm-4min-liver") for p in pair]
    frozen = assess(case, a_plan(case, *cryo, technique=Technique.CRYO))
    assert "ablation.cryo_union" in codes(frozen, Severity.WARN)


def test_a_contraindicated_level(tmp_path):
    ifu = {"grade": "published", "source": "instructions for use", "unit": "mm"}
    data = {
        "schema": "boneir.device/1", "id": "mine", "vendor": "Own", "model": "probe", "technique": "radiofrequency",
        "status": "ready", "diameter_mm": {"value": 1.5, **ifu}, "usable_length_mm": {"value": 200, **ifu},
        "zones": [{
            "setting": "s", "title": "15 min", "medium": "measured in excised bone", "in_bone": True,
            "criterion": "coagulation", "length_mm": {"value": 30, **ifu}, "width_mm": {"value": 20, **ifu},
            "forward_mm": {"value": 5, **ifu},
        }],
        "contraindications": [{"structures": ["vertebra_C5"], "text": "contraindicated in C5", "source": "maker"}],
    }  # fmt: skip
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(data), "utf-8")
    probe = dataclasses.replace(zone_centred(), device=str(path), setting="s")
    for name, code, severity in (
        ("vertebra_C5", "ablation.contraindicated", Severity.STOP),
        ("vertebra_L3", "", None),
        ("bone-1", "ablation.level_unknown", Severity.WARN),
    ):
        case = a_case(extra=(Structure(name, Role.BONE, ball((0, 0, 0), 20)),))
        found = assess(case, a_plan(case, probe, technique=Technique.RADIOFREQUENCY))
        level = [
            (f.code, f.severity)
            for f in found.findings
            if f.code in ("ablation.contraindicated", "ablation.level_unknown")
        ]
        assert level == ([(code, severity)] if code else [])
        assert "ablation.medium" not in codes(found)


def test_cement_screws_and_biopsy():
    case = a_case()
    way = Trajectory((40.0, 20.0, 10.0), (0.0, 0.0, 0.0))
    plan = a_plan(
        case, technique=Technique.CEMENT, cement=(Cement("c1", way, 30.0, 3.4),), screws=(Screw("s1", way, 6.5),)
    )
    found = assess(case, plan)
    assert "cement.volume" in codes(found, Severity.WARN)
    assert found.measure("screw.length", "s1").amount == pytest.approx(np.linalg.norm([40, 20, 10]))
    assert found.measure("screw.in_cement", "s1").amount > 0
    assert found.measure("access.length", "c1").amount == pytest.approx(np.linalg.norm([40, 20, 10]))
    assert {item.note for item in found.measures if item.code == "access.clearance"} == {"Cannula c1"}
    assert [(zone.name, zone.probe) for zone in found.zones] == [("cement in lesion-1", "")]
    assert found.measure("cement.filled").amount > 90.0
    biopsy = assess(case, a_plan(case, Probe("b", "biopsy-11g", way), technique=Technique.BIOPSY))
    assert biopsy.measure("cement.volume") is None
    assert biopsy.measure("access.length", "b") is not None


def test_on_images_without_ct_numbers():
    case = a_case((0.0, 25.0, 0.0))
    mr = Case(Image(case.image.voxels.astype(np.float32), GRID, Modality.MR, ""), case.structures, case.lesions)
    found = assess(mr, a_plan(mr, zone_centred()))
    stops = [f for f in found.findings if f.about == "spinal_canal" and f.severity is Severity.STOP]
    assert any("no intact bone" in f.text for f in stops)


def test_a_zone_that_sticks_out_of_the_image():
    grid = Grid((30, 110, 100), (1.0, 1.0, 1.0), (-50.0, -50.0, -10.0))
    case = a_case(grid=grid, radius=6.0)
    found = assess(case, a_plan(case, zone_centred(entry=(40.0, 20.0, 5.0))))
    assert "ablation.outside_image" in codes(found, Severity.WARN)


def test_a_small_zone_in_coarse_voxels_is_not_taken_for_one_that_is_cut_off():
    coarse = Grid((20, 27, 25), (4.0, 4.0, 4.0), (-50.0, -50.0, -40.0))
    case = a_case(grid=coarse)
    probe = dataclasses.replace(zone_centred((1.0, 1.0, 1.0), setting="65W-5min"), device="neuwave-kidney")
    assert "ablation.outside_image" not in codes(assess(case, a_plan(case, probe)))


def test_refusals():
    case = a_case()
    probe = zone_centred()
    plan = a_plan(case, probe)
    for bad, error, words in (
        (dataclasses.replace(plan, image_uid="0" * 64), PlanError, "another image"),
        (dataclasses.replace(plan, treatments=()), PlanError, "treats nothing"),
        (Plan("p", (Treatment("lesion-9", Technique.MICROWAVE, 5, (probe,)),)), CaseError, "lesion-9"),
        (a_plan(case, dataclasses.replace(probe, device="unknown")), DeviceError, "unknown"),
        (a_plan(case, dataclasses.replace(probe, device="osteocool")), DeviceError, "instructions for use"),
        (a_plan(case, dataclasses.replace(probe, setting="5W")), DeviceError, "5W"),
        (
            a_plan(case, dataclasses.replace(probe, trajectory=Trajectory((400.0, 0.0, 0.0), (0.0, 0.0, 0.0)))),
            PlanError,
            r"Needle 1 begins at \(400.0, 0.0, 0.0\) mm LPS, outside the image",
        ),
    ):
        with pytest.raises(error, match=words) as caught:
            assess(case, bad)
        assert "\n" not in str(caught.value)
    unnamed = assess(case, dataclasses.replace(plan, image_uid=""))
    assert "plan.no_image" in codes(unnamed, Severity.WARN)


def test_the_same_case_and_plan_give_the_same_numbers(centred):
    case, first = centred
    second = assess(case, a_plan(case, zone_centred()))
    assert second.measures == first.measures
    assert second.findings == first.findings
    assert all(a.mask.equals(b.mask) for a, b in zip(first.zones, second.zones, strict=True))


def test_what_was_missing_once_is_not_said_of_outlines_that_are_there_now() -> None:
    case = a_case()
    plan = a_plan(case, zone_centred())
    stale = Finding("case.absent", Severity.WARN, "No outline of everything: not checked.", about="cord")
    kept = Finding("outline.canal", Severity.NOTE, "The canal is carried on.")
    told = [item.text for item in assess(case.with_findings([stale, kept]), plan).findings]
    assert stale.text not in told
    assert kept.text in told

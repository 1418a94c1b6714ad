"""What an assessment says of planned cement: shape, ports, safe volume, warming, order of steps; what is proposed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from boneir.assess import assess
from boneir.case import Case, Lesion, Role, Structure
from boneir.cement.after_ablation import ablated
from boneir.cement.forecast import best_tips, forecast, prepare
from boneir.cement.forecast_measures import forecast_curve, forecast_findings, forecast_measures
from boneir.cement.leaks import SafeVolume
from boneir.cement.site import cement_site
from boneir.cement.volume import cement_volume
from boneir.errors import PlanError
from boneir.findings import Severity
from boneir.mask import Mask
from boneir.plan import Cement, Plan, Probe, Technique, Trajectory, Treatment
from boneir.proposing.cement import cement_targets, proposed_volume, wanted_cement
from cement_blocks import lumbar

CRITICAL = ("spinal_canal", "nerve_roots", "aorta", "inferior_vena_cava")


@cache
def a_case(breach: bool = True) -> Case:
    spine = lumbar()
    lesion = spine.lesion(spine.at(6.0, 8.0, 0.0), spine.at(6.0, 40.0, 0.0) if breach else None)
    structures = []
    for name, mask in spine.patient.labels.items():
        if not mask.is_empty:
            role = Role.CRITICAL if name in CRITICAL else Role.BODY if name == "body" else Role.PASSABLE
            role = Role.BONE if name.startswith(("vertebra_", "bone")) else role
            structures.append(Structure(name, role, mask, name))
    return Case(lesion.image, tuple(structures), (Lesion("lesion-1", lesion.mask),))


def a_plan(volume_ml=4.0, back=4.0, technique=Technique.CEMENT, probes=(), diameter_mm=3.4):
    spine = lumbar()
    way = Trajectory(spine.at(30.0, 40.0, 0.0), spine.at(6.0, back, 0.0))
    cement = (Cement("c1", way, volume_ml, diameter_mm),)
    return Plan("plan", (Treatment("lesion-1", technique, 0.0, probes, cement),), a_case().image.uid), way


@cache
def found(volume_ml=4.0, back=4.0):
    return assess(a_case(), a_plan(volume_ml, back)[0])


def test_ports_and_safe_volume_are_measures_with_places():
    safe = found().measure("cement.safe_volume")
    port = found().measure("cement.port", "lesion-1, posterior wall 1")
    assert safe.amount == pytest.approx(0.85 * port.amount)
    assert safe.low <= safe.amount <= safe.high
    assert port.place_mm is not None
    assert "Type C" in port.note
    assert 0.0 < found().measure("cement.leak_chance").amount <= 100.0
    assert found().measure("cement.stress").amount < port.amount
    assert found().measure("cement.body_volume").amount == pytest.approx(lumbar().parts.body.volume_ml)
    assert found().measure("cement.filled").amount > found(2.0).measure("cement.filled").amount


def test_too_much_for_a_gap_is_said_and_less_is_not():
    codes = {item.code: item for item in found().findings}
    assert codes["cement.safe_volume"].severity is Severity.WARN
    assert codes["cement.gap"].place_mm == found().measure("cement.port", "lesion-1, posterior wall 1").place_mm
    few = {item.code for item in found(1.0).findings}
    assert not {"cement.safe_volume", "cement.gap"} & few


def test_a_volume_held_back_by_a_gap_is_no_fault():
    """From near the gap less is safe than the lesion may take: that is said once, and not held against the plan."""
    assessment = found(1.0)
    safe, whole = (assessment.measure(code) for code in ("cement.safe_volume", "cement.volume"))
    (said,) = (item for item in assessment.findings if item.code == "cement.volume")
    held = 1.0 <= safe.amount < whole.low
    assert said.severity is (Severity.NOTE if held else Severity.WARN)
    assert ("comes first" in said.text) == held
    assert held, "the gap of this lesion is near its tip"


def test_the_shape_is_a_zone_between_its_sure_and_its_possible_extent():
    (zone,) = found().zones
    assert zone.inner.volume_ml < zone.mask.volume_ml < zone.outer.volume_ml
    # Cement takes up all of the zone but its trabeculae.
    assert 4.0 < zone.mask.volume_ml < 4.0 / 0.75
    assert not (zone.mask.full() & lumbar().patient.labels["spinal_canal"].full()).any()


def test_the_curve_rises_and_holds_every_port_within_it():
    (curve,) = found().curves
    volumes, shares = zip(*curve.points, strict=True)
    assert np.diff(volumes) == pytest.approx([0.5] * (len(volumes) - 1))
    assert all(np.diff(shares) >= -1e-9)
    planned = next(mark for mark in curve.marks if mark.text == "planned")
    assert planned.x == pytest.approx(4.0)
    ports = {
        m.about.split(", ")[1]: m.amount for m in found().measures if m.code == "cement.port" and m.amount is not None
    }
    marks = {mark.text: mark.x for mark in curve.marks}
    assert {name: at for name, at in ports.items() if at <= volumes[-1]} == {
        name: at for name, at in marks.items() if name in ports
    }
    assert marks["safe"] == pytest.approx(found().measure("cement.safe_volume").amount)


def test_a_tip_near_the_wall_is_said_and_a_better_one_named():
    codes = {item.code: item for item in found(2.0, 8.0).findings}
    assert codes["cement.tip_to_wall"].measured < 10.0
    assert codes["cement.better_tip"].place_mm is not None
    assert found(2.0, 8.0).measure("cement.safe_volume").amount < found().measure("cement.safe_volume").amount


def test_warming_grows_with_volume_and_nearness():
    warmth = [item.measure("cement.warming", "spinal_canal").amount for item in (found(1.0), found(4.0))]
    assert 37.0 < warmth[0] < warmth[1] < 37.0 + 130.0 / 2.3
    assert found().measure("cement.warming", "nerve_roots").amount < warmth[1]


def test_a_tip_outside_of_the_bone_is_a_finding():
    spine = lumbar()
    way = Trajectory(spine.at(30.0, 40.0, 0.0), spine.at(40.0, 10.0, 0.0))
    plan = Plan("plan", (Treatment("lesion-1", Technique.CEMENT, 0.0, (), (Cement("c1", way, 3.0, 3.4),)),))
    codes = {item.code: item for item in assess(a_case(), plan).findings}
    assert codes["cement.not_forecast"].severity is Severity.WARN
    assert "not in the bone" in codes["cement.not_forecast"].text


def test_a_lytic_lesion_without_planned_cement_is_told_what_would_be_safe():
    _, way = a_plan()
    probe = Probe("p1", "emprint", way, setting="")
    plan = Plan("plan", (Treatment("lesion-1", Technique.BIOPSY, 0.0, (replace(probe, device="biopsy-11g"),)),))
    assert assess(a_case(), plan).measure("cement.safe_from_best") is None
    from boneir.assessing.cement import assess_cement
    from boneir.assessing.sheet import Sheet
    from boneir.assessing.subject import Subject

    sheet = Sheet()
    assess_cement(Subject(a_case(), Treatment("lesion-1", Technique.MICROWAVE)), sheet)
    best = next(item for item in sheet.measures if item.code == "cement.safe_from_best")
    assert best.amount >= found().measure("cement.safe_volume").amount - 0.1
    assert not sheet.zones


@pytest.mark.parametrize(
    ("technique", "probe", "diameter_mm", "expected"),
    [
        (Technique.CRYO, 2.4, 3.4, {"cement.order", "cement.thaw", "cement.one_cannula"}),
        (Technique.MICROWAVE, 2.4, 3.4, {"cement.order", "cement.cool", "cement.one_cannula"}),
        (Technique.RADIOFREQUENCY, 2.4, 2.4, {"cement.order", "cement.cool", "cement.bore"}),
        (Technique.CEMENT, 2.4, 3.4, set()),
    ],
)
def test_the_order_of_steps(technique, probe, diameter_mm, expected):
    from boneir.cement.after_ablation import order_findings

    _, way = a_plan()
    plan, _ = a_plan(technique=technique, probes=(Probe("p1", "any", way),), diameter_mm=diameter_mm)
    assert {item.code for item in order_findings(plan.treatments[0], {"p1": probe})} == expected
    aside = Trajectory(lumbar().at(36.0, 40.0, 0.0), lumbar().at(12.0, 4.0, 0.0))
    apart, _ = a_plan(technique=technique, probes=(Probe("p1", "any", aside),), diameter_mm=diameter_mm)
    codes = {item.code for item in order_findings(apart.treatments[0], {"p1": probe})}
    assert codes == expected - {"cement.one_cannula", "cement.bore"}


def test_ablated_bone_is_another_medium_and_only_there(monkeypatch):
    from boneir.cement import after_ablation

    spine = lumbar()
    medium = spine.medium(spine.lesion(spine.at(0.0, -4.0, 0.0)), 1.5)
    zone = Mask.of(spine.parts.body.full(), spine.parts.body.grid)
    assert ablated(medium, zone, Technique.ETHANOL) is medium
    value = after_ablation.limit("curing", "ablated_hot")
    monkeypatch.setattr(after_ablation, "limit", lambda *_: replace(value, amount=0.5))
    after = ablated(medium, zone, Technique.MICROWAVE)
    ratio = after.speed[medium.bone] / medium.speed[medium.bone]
    assert set(np.unique(np.round(ratio, 6))) == {0.5, 1.0}
    assert (ratio[medium.void[medium.bone]] == 1.0).all()


def test_a_proposal_aims_where_ports_are_late_and_stays_short_of_them():
    case = a_case()
    lesion = case.lesion()
    targets = cement_targets(case, lesion, 5)
    assert len(targets) == 5
    assert all(lesion.mask.at(tuple(point)) for point in targets[:1])
    volume, reasons = proposed_volume(case, lesion, tuple(float(v) for v in targets[0]))
    wanted = wanted_cement(case, lesion)
    assert 0.5 <= volume < wanted.expected_ml
    assert "posterior wall" in reasons[0]
    near, _ = proposed_volume(case, lesion, lumbar().at(6.0, 8.0, 0.0))
    assert near < volume
    whole = a_case(False)
    free, why = proposed_volume(whole, whole.lesion(), whole.lesion().mask.centroid_mm)
    assert free == pytest.approx(wanted_cement(whole, whole.lesion()).expected_ml, abs=0.06)
    assert "may take" in why[0]


def test_no_more_than_what_is_called_for_is_ever_called_safe():
    """A shut cortex lets any amount in: the bound is that of the range, or 30 % of the body."""
    case = a_case(breach=False)
    site = cement_site(case.lesions[0].mask, case.structures)
    volume = cement_volume(case.image, case.lesions[0].mask, site.neighbours.body, site.compartment)
    assert volume.indicated_ml == pytest.approx(min(volume.high_ml, 0.3 * lumbar().parts.body.volume_ml))
    bone = prepare(case.image, case.lesions[0].mask, case.structures)
    done = forecast(bone, [case.lesions[0].mask.centroid_mm], [1.0], draws=0)
    for safe_ml in (23.2, float("inf")):
        far = replace(done, safe=SafeVolume(safe_ml, "", float("inf"), ""))
        safe = next(m for m in forecast_measures(far, "lesion-1", 3.7) if m.code == "cement.safe_volume")
        assert safe.amount == 3.7
        assert "No dangerous port is reached within 3.7 mL" in safe.note
        assert all(mark.text != "safe" for mark in forecast_curve(far, "lesion-1", 3.7).marks)
        best = replace(best_tips(bone, 2.0)[0], safe=far.safe)
        near = replace(done, safe=SafeVolume(1.0, done.ports[0].port.name, 1.0, ""))
        better = [f for f in forecast_findings(near, "lesion-1", best, 3.7) if f.code == "cement.better_tip"]
        assert "no dangerous port is reached within 3.7 mL" in better[0].text
        assert "23" not in better[0].text


def test_the_course_ends_in_the_zone_of_the_assessment_and_grows_by_half_millilitres():
    from boneir.assessing.cement_course import cement_courses

    (course,) = cement_courses(a_case(), a_plan()[0])
    steps = course.steps_ml
    assert np.diff(steps) == pytest.approx(0.5)
    assert steps[-1] > 4.0
    zone = next(item for item in found().zones if item.name == "cement in lesion-1")
    assert course.shape(4.0).equals(zone.mask)
    shapes = [course.shape(volume).full() for volume in steps]
    assert all(not (before & ~after).any() for before, after in pairwise(shapes)), "cement does not go back"
    assert not shapes[0].any()


def test_a_plan_without_cement_has_no_course():
    from boneir.assessing.cement_course import cement_courses

    plan = a_plan()[0]
    bare = replace(plan, treatments=(replace(plan.treatments[0], cement=()),))
    with pytest.raises(PlanError, match="has no cement"):
        cement_courses(a_case(), bare)

"""Every technique through the one door: plans of ethanol, sound, pulses, heat and cold are assessed with physics."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boneir.ablation.devices import device
from boneir.ablation.physics_values import physics_value
from boneir.ablation.simulate import simulate
from boneir.assess import assess
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.errors import DeviceError, PlanError
from boneir.findings import Severity
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.resources import resource_folder
from small_case import DIRECTIONS, ball, grid_around

CENTRE = (4.0, -2.0, 300.0)


def patient(bone_radius: float = 0.0, direction: str = "oblique") -> Case:
    """A ball of muscle with a soft lesion near its back; with bone, the lesion lies in the middle of a thick ball."""
    grid = grid_around(CENTRE, 150.0, (2.0, 2.0, 2.0), DIRECTIONS[direction])
    body, lesion = ball(grid, CENTRE, 70.0), ball(grid, CENTRE, 6.0)
    hu = np.where(body.full(), 55, -1000)
    structures = [Structure("body", Role.BODY, body, "body")]
    if bone_radius:
        bone = ball(grid, CENTRE, bone_radius)
        hu = np.where(bone.full(), 900, hu)
        structures.append(Structure("bone", Role.BONE, bone, "bone"))
    hu = np.where(lesion.full(), 45, hu).astype(np.int16)
    return Case(Image(hu, grid), tuple(structures), (Lesion("lesion-1", lesion),))


def way(x_mm: float = 0.0, beyond_mm: float = 0.0) -> Trajectory:
    """From the back, beside the middle of the lesion by `x_mm` and beyond it by `beyond_mm`."""
    x, y, z = CENTRE
    return Trajectory((x + x_mm, y + 68.0, z), (x + x_mm, y - beyond_mm, z))


def planned(case: Case, technique: Technique, *probes: Probe) -> Plan:
    return Plan("plan-1", (Treatment("lesion-1", technique, 2.0, probes),), case.image.uid)


def ect_needles(folder, *, diameter_mm: float = 1.2, parameters: dict | None = None) -> str:
    """The shipped needles for pulses as a user's own file."""
    data = json.loads((resource_folder() / "Devices" / "ect-needles.json").read_text("utf-8"))
    data["diameter_mm"]["value"] = diameter_mm
    data["parameters"] = data["parameters"] if parameters is None else parameters
    path = folder / "own.json"
    path.write_text(json.dumps(data), "utf-8")
    return str(path)


def test_a_plan_of_ethanol_is_assessed_by_its_volume():
    case = patient(20.0)
    made = assess(case, planned(case, Technique.ETHANOL, Probe("1", "ethanol-22g", way(), "2mL")), physics=True)
    amounts = {measure.code: measure.amount for measure in made.measures}
    assert amounts["ethanol.volume"] == 2.0
    # the table of the device and the simulation agree where nothing guides the fluid
    assert device("ethanol-22g").zone("2mL").width_mm.amount == pytest.approx(
        2 * (3 * 2000 / (4 * np.pi * 0.4)) ** (1 / 3), abs=0.1
    )
    assert amounts["ethanol.zone"] == pytest.approx(2.0 / 0.4, rel=0.1)
    assert {zone.name for zone in made.zones} >= {"zone 1", "ethanol 1"}


def test_a_plan_of_pulses_needs_two_needles(tmp_path):
    case = patient()
    thick = ect_needles(tmp_path, diameter_mm=3.0)
    needles = [Probe(str(n), thick, way(x, 8.0)) for n, x in enumerate((-8.0, 8.0))]
    made = assess(case, planned(case, Technique.ELECTROCHEMOTHERAPY, *needles), physics=True)
    amounts = {measure.code: measure.amount for measure in made.measures}
    assert amounts["ablation.pulse_voltage"] == pytest.approx(100.0 * 16.0, rel=1e-6)
    assert amounts["ablation.field_coverage"] > 50.0
    alone = assess(case, planned(case, Technique.ELECTROCHEMOTHERAPY, needles[0]), physics=True)
    assert [f.severity for f in alone.findings if f.code == "ablation.one_electrode"] == [Severity.STOP]


def test_sound_is_proposed_from_where_it_arrives_and_assessed_along_its_axis():
    case = patient()
    found = propose(case, Goal(Technique.ULTRASOUND, "ultrasound-bowl", max_plans=2))
    assert 1 <= len(found.plans) <= 2
    assert list(found.scores) == sorted(found.scores)
    (probe,) = found.plans[0].probes
    assert probe.trajectory.tip_mm == pytest.approx(CENTRE, abs=1.0)
    assert probe.trajectory.length_mm == pytest.approx(70.0, abs=4.0)
    assert found.skin.allowed_count == len(found.skin.points_mm)
    made = assess(case, found.plans[0], physics=True)
    amounts = {measure.code: measure.amount for measure in made.measures}
    assert amounts["ultrasound.arrives"] == pytest.approx(100.0 * (1.0 - found.scores[0]), abs=5.0)
    assert amounts["ultrasound.peak_temperature"] > 50.0
    assert not any(measure.code.startswith("path.") for measure in made.measures)


@pytest.mark.parametrize(
    ("technique", "probe", "least"),
    [(Technique.ULTRASOUND, "ultrasound-bowl", 0.5), (Technique.ETHANOL, "ethanol-22g", 0.0)],
)
def test_sound_and_ethanol_end_between_their_rounds_when_asked_to(technique, probe, least):
    case, heard = patient(), []

    def told(share):
        heard.append(share)
        if share >= least:
            raise InterruptedError

    plan = planned(case, technique, Probe("1", probe, way(), "2mL" if technique is Technique.ETHANOL else ""))
    with pytest.raises(InterruptedError):
        assess(case, plan, physics=True, told=told)
    assert heard[-1] < 0.8
    assert heard == sorted(heard)
    assert heard[0] <= 1 / 9


def test_sound_is_not_proposed_through_thick_bone():
    found = propose(patient(22.0), Goal(Technique.ULTRASOUND, "ultrasound-bowl"))
    assert found.plans == ()
    assert found.findings[0].code == "ultrasound.window"
    assert found.findings[0].severity is Severity.STOP
    assert any(rule == "too much bone" for rule, _, _ in found.skin.refusals())
    with pytest.raises(DeviceError, match="is for microwave"):
        propose(patient(22.0), Goal(Technique.ULTRASOUND, "emprint"))


def test_a_range_says_how_likely_the_lesion_is_covered():
    case = patient()
    plan = planned(case, Technique.MICROWAVE, Probe("1", "emprint", way(0.0, 14.0), "75W-5min"))
    told = []
    (made,) = simulate(case, plan.treatments[0], spread=True, spacing_mm=2.5, told=told.append)
    assert told[-1] == 1.0
    assert made.zone.inner.volume_ml < made.zone.mask.volume_ml < made.zone.outer.volume_ml
    assert {"ablation.chance_of_coverage", "ablation.simulated_coverage"} <= {m.code for m in made.measures}


def test_what_cannot_be_simulated_is_refused(tmp_path):
    case = patient()
    with pytest.raises(PlanError, match="cannot be simulated"):
        simulate(case, Treatment("lesion-1", Technique.BIOPSY, 0.0, (Probe("1", "biopsy-13g", way()),)))
    with pytest.raises(PlanError, match="is for microwave, not for ethanol"):
        simulate(case, Treatment("lesion-1", Technique.ETHANOL, 0.0, (Probe("1", "emprint", way()),)))
    unknown = ect_needles(tmp_path, parameters={})
    needles = tuple(Probe(str(n), unknown, way(x, 8.0)) for n, x in enumerate((-8.0, 8.0)))
    with pytest.raises(DeviceError, match="no parameter 'volts_per_mm'"):
        simulate(case, Treatment("lesion-1", Technique.ELECTROCHEMOTHERAPY, 0.0, needles))


def test_needles_that_heat_in_turn_leave_the_union_of_their_zones_where_they_are_apart():
    case = patient()
    alone = [Probe(str(n), "emprint", way(x, 14.0), "75W-5min") for n, x in enumerate((-34.0, 34.0))]
    treat = [
        Treatment("lesion-1", Technique.MICROWAVE, 2.0, probes) for probes in (tuple(alone), *((p,) for p in alone))
    ]
    told = []
    (both,) = simulate(case, treat[0], in_turn=True, spacing_mm=2.5, progress=told.append)
    assert [moment.share for moment in told] == sorted(moment.share for moment in told)
    assert told[-1].time_s == pytest.approx(660.0 + physics_value("cool_down_most_s").amount)
    assert [zone.probe for zone in both.each] == ["0", "1"]
    union = both.each[0].mask.full() | both.each[1].mask.full()
    assert np.count_nonzero(both.zone.mask.full() != union) <= 0.02 * np.count_nonzero(union)
    energy = {m.code: m.amount for m in both.measures}["ablation.simulated_energy"]
    (together,) = simulate(case, treat[0], spacing_mm=2.5)
    assert together.each == ()
    same = {m.code: m.amount for m in together.measures}["ablation.simulated_energy"]
    assert energy == pytest.approx(same, rel=0.02)
    # So far apart the last needle does what it does alone; the first one's heat goes on to act in the pause and beyond.
    first, last = (simulate(case, one, spacing_mm=2.5)[0].zone.mask.full() for one in treat[1:])
    assert np.count_nonzero(last != both.each[1].mask.full()) <= 0.04 * np.count_nonzero(last)
    assert not (first & ~both.each[0].mask.full()).any()
    assert np.count_nonzero(both.each[0].mask.full()) > np.count_nonzero(first)


def test_a_second_sonication_adds_to_the_zone_and_finds_warm_tissue():
    case = patient()
    foci = [(0.0, 0.0), (4.0, 0.0)]
    probes = tuple(Probe(str(n), "ultrasound-bowl", way(x, z), duration_s=8.0) for n, (x, z) in enumerate(foci))
    treat = Treatment("lesion-1", Technique.ULTRASOUND, 2.0, probes)
    (both,) = simulate(case, treat)
    alone = [simulate(case, Treatment("lesion-1", Technique.ULTRASOUND, 2.0, (probe,)))[0] for probe in probes]
    values = {measure.code: measure.amount for measure in both.measures}
    assert values["ultrasound.sonications"] == 2.0
    assert values["ablation.energy_error"] < 0.5
    union = alone[0].zone.mask.full() | alone[1].zone.mask.full()
    together = both.zone.mask.full()
    assert union.sum() > max(one.zone.mask.count for one in alone)
    # What is left of the heat of the first only adds, and the grids of the windows differ.
    assert np.count_nonzero(union & ~together) <= 0.15 * union.sum()
    other = (probes[0], Probe("2", "ultrasound-bowl", way(4.0), duration_s=9.0))
    with pytest.raises(PlanError, match="make them alike"):
        simulate(case, Treatment("lesion-1", Technique.ULTRASOUND, 2.0, other))

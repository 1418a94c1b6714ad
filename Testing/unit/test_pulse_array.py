"""Arrays of needles for pulses: the closed form of their field, and proposals that cover a lesion completely."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from boneir.ablation.predict_pulses import predict_pulses
from boneir.ablation.pulse_array import NeedleFields
from boneir.assess import assess
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.errors import PlanError
from boneir.findings import Severity
from boneir.plan import Technique, Trajectory
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.proposing.array_shapes import Array
from boneir.proposing.arrays import _stands
from boneir.resources import resource_folder
from small_case import DIRECTIONS, ball, grid_around

CENTRE = (4.0, -2.0, 300.0)


@pytest.mark.parametrize(
    ("apart_mm", "diameter_mm", "middle_v_cm", "to_400_mm"),
    [(10.0, 0.7, 598.27, 3.512), (20.0, 1.2, 571.54, 6.537), (30.0, 1.8, 571.54, 9.805)],
)
def test_long_needles_make_the_field_of_parallel_cylinders(apart_mm, diameter_mm, middle_v_cm, to_400_mm):
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    offsets = np.asarray([[-apart_mm / 2, 0.0, 0.0], [apart_mm / 2, 0.0, 0.0]])
    half = np.asarray([0.0, 0.0, 1000.0])
    points = np.asarray([[0.0, 0.0, 0.0], [0.0, to_400_mm, 0.0]])
    fields = NeedleFields(
        (points + CENTRE) @ turn, (offsets - half + CENTRE) @ turn, (offsets + half + CENTRE) @ turn,
        diameter_mm=diameter_mm, volts_per_mm=100.0,
    )  # fmt: skip
    assert fields.of_pair_v_m(0, 1) / 100.0 == pytest.approx([middle_v_cm, 400.0], rel=0.015)
    fields.most_v = 99.0 * apart_mm
    assert not fields.of_pair_v_m(0, 1).any()


def patient(direction: str = "oblique", critical: Structure | None = None) -> Case:
    """A ball of muscle with a soft lesion, longer than wide."""
    grid = grid_around(CENTRE, 130.0, (2.0, 2.0, 2.0), DIRECTIONS[direction])
    body = ball(grid, CENTRE, 60.0)
    lesion = ball(grid, CENTRE, 6.0)
    hu = np.where(body.full(), 55, -1000).astype(np.int16)
    structures = (Structure("body", Role.BODY, body, "body"), *(() if critical is None else (critical,)))
    return Case(Image(hu, grid), structures, (Lesion("lesion-1", lesion),))


def thick_needles(folder, volts_per_mm: float = 100.0) -> str:
    """The shipped needles as a user's own file, thick enough for voxels of 1 mm, with hubs like theirs."""
    data = json.loads((resource_folder() / "Devices" / "ect-needles.json").read_text("utf-8"))
    data["diameter_mm"]["value"] = 2.4
    data["parameters"]["volts_per_mm"].update(value=volts_per_mm, low=None, high=None)
    path = folder / "own.json"
    path.write_text(json.dumps(data), "utf-8")
    return str(path)


def test_needles_are_proposed_that_cover_the_lesion_completely(tmp_path):
    case = patient()
    found = propose(case, Goal(Technique.ELECTROCHEMOTHERAPY, thick_needles(tmp_path), margin_mm=2.0))
    plan = found.plans[0]
    assert 2 <= len(plan.probes) <= 6
    tips = np.asarray([probe.trajectory.tip_mm for probe in plan.probes])
    ways = np.asarray([probe.trajectory.direction for probe in plan.probes])
    assert (ways @ ways.T).min() > np.cos(np.radians(15.0))
    apart = np.linalg.norm(tips[:, None] - tips[None], axis=-1)[np.triu_indices(len(tips), 1)]
    assert apart.min() >= 7.9
    assert apart.max() <= 30.0
    body = case.of_role(Role.BODY)[0].mask
    for probe in plan.probes:
        assert body.at(probe.trajectory.tip_mm)
        assert not body.at(probe.trajectory.point_at(-3.0))
    made = assess(case, plan, physics=True)
    assert made.measure("ablation.field_coverage", "lesion-1").amount == 100.0
    assert any("reaches all of the lesion" in reason for reason in plan.reasons)
    assert not [f for f in found.findings if f.code.startswith("access.array")]


def test_an_array_with_a_needle_that_does_not_reach_the_skin_does_not_stand():
    reach_mm = SimpleNamespace(reach_mm=lambda limits: 40.0)
    job = SimpleNamespace(case=patient(), needle=reach_mm, limits=None)
    tips = np.asarray([CENTRE, CENTRE])
    from_deep_within = np.asarray([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    assert not _stands(job, None, Array(tips, from_deep_within, 1.0))


def test_an_array_that_covers_too_little_is_told(tmp_path):
    found = propose(patient(), Goal(Technique.ELECTROCHEMOTHERAPY, thick_needles(tmp_path, 35.0), margin_mm=2.0))
    (warned,) = [f for f in found.findings if f.code == "access.array_incomplete"]
    assert warned.severity is Severity.WARN
    assert 0.0 <= warned.measured < 100.0


def test_a_generator_ends_where_its_voltage_and_its_current_end():
    case = patient()
    entry, tip = np.add(CENTRE, (0.0, 50.0, 0.0)), np.add(CENTRE, (0.0, -8.0, 0.0))

    def needles(*offsets: float) -> list[Trajectory]:
        return [Trajectory(tuple(np.add(entry, (x, 0, 0))), tuple(np.add(tip, (x, 0, 0)))) for x in offsets]

    size = {"active_mm": 20.0, "diameter_mm": 2.4}
    with pytest.raises(PlanError, match=r"too far apart: 3200 V .* at most 30 mm would be right"):
        predict_pulses(case, "", needles(-16.0, 16.0), volts_per_mm=100.0, **size)
    three = predict_pulses(case, "", needles(-16.0, 0.0, 16.0), volts_per_mm=100.0, **size)
    assert [f.measured for f in three.findings if f.code == "ablation.pulse_pairs"] == [1.0]
    assert max(m.amount for m in three.measures if m.code == "ablation.pulse_voltage") == pytest.approx(1600.0)
    strong = predict_pulses(case, "", needles(-5.0, 5.0), volts_per_mm=300.0, active_mm=40.0, diameter_mm=4.0)
    current = max(m.amount for m in strong.measures if m.code == "ablation.pulse_current")
    warned = [f.measured for f in strong.findings if f.code == "ablation.pulse_current"]
    assert current > 50.0
    assert warned == [current]

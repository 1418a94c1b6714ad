"""The grade of a way through a pedicle in assessments and proposals, and the part of a lesion with most room."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from test_pedicle import DIAMETER, drawn, straight

from access_phantom import ball, grid_around, marked, slab
from boneir.access.approach import Approaches
from boneir.access.choice import stand_of
from boneir.access.limit_changes import changed_limits
from boneir.access.limits import access_limits
from boneir.access.needle import Needle
from boneir.access.path_samples import PathSamples
from boneir.access.pedicle import pedicle_limit, pedicle_way
from boneir.access.pedicle_measures import (
    breaches_towards_canal,
    may_be_proposed,
    measure_pedicles,
    pedicle_reason,
)
from boneir.access.targets import roomiest_points
from boneir.access.vertebra import level_of, parts_of
from boneir.assess import assess
from boneir.case import Case, Lesion, Role, Structure
from boneir.findings import Severity
from boneir.mask import Mask
from boneir.plan import LimitChange, Plan, Probe, Technique, Trajectory, Treatment
from boneir.training.synthetic_patient import synthetic_patient


@cache
def spine_case() -> Case:
    """The vertebra L2 of a synthetic patient with its canal, and a lesion in its body."""
    vertebra, parts = drawn("axial")
    grid = parts.body.grid
    patient = synthetic_patient(0, grid=grid, noise_hu=0.0)
    roles = {"vertebra_L2": Role.BONE, "spinal_canal": Role.CRITICAL, "body": Role.BODY}
    structures = [Structure(name, role, patient.labels[name], name) for name, role in roles.items()]
    lesion = Lesion("lesion-1", marked(ball(vertebra.at(0, 0, 4), 7), grid))
    return Case(patient.image, tuple(structures), (lesion,))


def path(way: Trajectory) -> PathSamples:
    case = spine_case()
    return PathSamples(case, way, Needle(DIAMETER, 150.0), case.lesion(), "1", access_limits())


@pytest.mark.parametrize(
    ("shift", "severity"), [(0.0, None), (-6.0, Severity.STOP), (4.0, Severity.WARN), (8.0, Severity.STOP)]
)
@pytest.mark.parametrize("side", [1, -1])
def test_a_breach_is_measured_graded_and_found_from_grade_b_on(side: int, shift: float, severity) -> None:
    way, out = straight(drawn("axial")[0], side, shift)
    measures, findings = measure_pedicles(path(way))
    (measure,) = measures
    assert measure.title == f"Breach of the {'left' if side > 0 else 'right'} pedicle, L2"
    assert measure.amount == pytest.approx(max(out, 0.0), abs=0.7)
    assert "Gertzbein-Robbins" in measure.note
    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])
    for finding in findings:
        assert ("towards the canal" in finding.text) == (shift < 0)
        assert finding.measured == measure.amount
    assert ("grade A" in pedicle_reason(path(way))) == (severity is None)


def test_no_way_is_accepted_that_leaves_its_pedicle_towards_the_canal() -> None:
    vertebra = drawn("axial")[0]
    # Canal far away in the outlines: only the wall of the pedicle can refuse.
    case = Case(
        spine_case().image, tuple(s for s in spine_case().structures if s.name != "spinal_canal"), spine_case().lesions
    )
    for shift, kept in ((0.0, True), (-6.0, False)):
        way, _ = straight(vertebra, 1, shift)
        inner = Trajectory(way.point_at(12.0), way.tip_mm)
        samples = PathSamples(case, inner, Needle(DIAMETER, 150.0), case.lesion(), "1", access_limits())
        assert bool(measure_pedicles(samples)[1]) is not kept
        assert stand_of(samples, relaxed=False).allowed is kept


def test_a_proposed_way_leaves_bone_towards_the_canal() -> None:
    reserve = pedicle_limit("medial_reserve").amount
    vertebra, parts = drawn("axial")
    for shift in np.arange(0.0, -6.1, -0.5):
        way = pedicle_way(parts, straight(vertebra, 1, float(shift))[0], DIAMETER)
        assert way is not None
        assert may_be_proposed(way, access_limits()) == (way.medial_mm >= reserve)
        assert way.medial_mm >= way.wall_mm - 0.3, "no side is tighter than the tightest"
        if way.towards == "medial":
            assert way.medial_mm == pytest.approx(way.wall_mm, abs=0.3)
        assert not (may_be_proposed(way, access_limits()) and breaches_towards_canal(way, access_limits()))
        stricter = LimitChange("pedicle.medial_reserve", max(way.medial_mm, 0.0) + 0.1)
        assert not may_be_proposed(way, changed_limits(access_limits(), [stricter]))


def test_a_way_along_a_wall_is_never_called_safe_without_a_word() -> None:
    noise = pedicle_limit("noise").amount
    vertebra, parts = drawn("axial")
    seen = set()
    for shift in np.arange(0.0, 5.0, 0.1):
        trajectory = straight(vertebra, 1, float(shift))[0]
        way = pedicle_way(parts, trajectory, DIAMETER)
        assert way is not None
        measures, findings = measure_pedicles(path(trajectory))
        doubtful = way.grade == "A" and way.wall_mm < noise
        assert [item.code for item in findings if item.code == "access.pedicle_wall"] == [
            "access.pedicle_wall"
        ] * doubtful
        assert bool(findings) == (way.wall_mm < noise), "less bone than the outline is sure of is told"
        assert ("A or B" in measures[0].note) == doubtful
        assert ("grade A or B" in pedicle_reason(path(trajectory))) == doubtful
        seen.add((doubtful, way.wall_mm < 0))
    assert {(True, True), (True, False), (False, False), (False, True)} <= seen


def test_the_grade_follows_limits_of_the_user() -> None:
    way = straight(drawn("axial")[0], 1, 4.0)[0]
    samples = path(way)
    shipped = measure_pedicles(samples)[1][0].measured
    for changes, severity in (
        ([("pedicle.grade_C", shipped - 0.05)], Severity.STOP),
        ([("pedicle.grade_C", shipped + 0.05)], Severity.WARN),
    ):
        limits = changed_limits(access_limits(), [LimitChange(*change) for change in changes])
        found = measure_pedicles(PathSamples(samples.case, way, samples.needle, samples.lesion, "1", limits))[1]
        assert found[0].severity is severity


def test_the_name_of_a_way_follows_from_the_pedicles() -> None:
    vertebra = drawn("axial")[0]
    names = Approaches(spine_case(), spine_case().lesion())
    for side, word in ((1, "left"), (-1, "right")):
        assert names.name(straight(vertebra, side, 0.0)[0]) == f"{word} transpedicular L2"
        beside = Trajectory(vertebra.at(side * 50, 30, 0), vertebra.at(side * 6, 2, 0))
        assert names.name(beside) == f"{word} posterolateral L2"
    along = Trajectory(vertebra.at(27.5, 40, 0), vertebra.at(27, 0, 0))
    assert names.name(along) == "left posterior L2", "0.7 deg to the anteroposterior axis"
    stricter = changed_limits(access_limits(), [LimitChange("pedicle.straight", 0.5)])
    assert Approaches(spine_case(), spine_case().lesion(), stricter).name(along) == "left posterolateral L2"
    front = Trajectory(vertebra.at(20, -45, 0), vertebra.at(2, 0, 0))
    assert names.name(front) == "left anterolateral L2"


def test_an_assessment_holds_the_grade_of_every_probe() -> None:
    case = spine_case()
    ways = [straight(drawn("axial")[0], side, 0.0)[0] for side in (1, -1)]
    probes = tuple(Probe(str(n), "biopsy-13g", way) for n, way in enumerate(ways, 1))
    plan = Plan("by-hand", (Treatment("lesion-1", Technique.BIOPSY, 0.0, probes),), case.image.uid)
    found = [measure for measure in assess(case, plan).measures if measure.code == "access.pedicle_breach"]
    assert [measure.about for measure in found] == ["1", "2"]
    assert all(measure.amount == 0 and "Gertzbein-Robbins A" in measure.note for measure in found)


def test_parts_are_taken_apart_once_and_only_of_vertebrae() -> None:
    case = spine_case()
    bone = case.structure("vertebra_L2")
    assert level_of(bone) == "L2"
    assert parts_of(case, bone) is parts_of(case, bone)
    assert parts_of(case, case.structure("body")) is None
    empty = Structure("vertebra_L3", Role.BONE, Mask.of(np.zeros(bone.mask.grid.shape, bool), bone.mask.grid))
    assert parts_of(case, empty) is None


def test_the_roomiest_points_lie_away_from_what_must_not_be_touched() -> None:
    grid = grid_around(20)
    lesion = marked(ball((0, 0, 0), 8), grid)
    points = roomiest_points(lesion, lambda p: np.abs(p[:, 1] - 10), 6)
    assert len(points) == 6
    assert points[0][1] == pytest.approx(-8, abs=0.51)
    assert all(lesion.at(tuple(point)) for point in points)
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2)[np.triu_indices(6, 1)]
    assert gaps.min() >= np.cbrt(lesion.volume_ml * 1000 / 6) - 1e-9
    assert len(roomiest_points(marked(slab(0, -0.4, 0.4), grid_around(1)), lambda p: p[:, 0], 20)) >= 1

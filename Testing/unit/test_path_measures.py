"""The measures of one path against geometry, by another way than the search takes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from access_phantom import PERMUTED, ball, grid_around, limits_with, phantom, rod, slab, turned
from boneir.access.clearance import distance_along
from boneir.access.path import measure_path
from boneir.assessment import Measure
from boneir.errors import CaseError, PlanError
from boneir.findings import Severity
from boneir.plan import Trajectory

STRAIGHT = Trajectory((0.0, 60.0, 0.0), (0.0, 0.0, 0.0))


def amounts(measures: tuple[Measure, ...]) -> dict[str, float | None]:
    return {item.code.removeprefix("access."): item.amount for item in measures if item.code != "access.clearance"}


def clearances(measures: tuple[Measure, ...]) -> dict[str, Measure]:
    return {item.about: item for item in measures if item.code == "access.clearance"}


def severities(findings) -> dict[str, Severity]:
    return {item.code: item.severity for item in findings}


@pytest.mark.parametrize(
    ("spacing", "direction", "careful"),
    [((0.8, 0.8, 0.8), None, 0.7), ((0.9, 0.9, 1.5), PERMUTED, 1.0), ((1.0, 1.0, 1.2), turned(8), 0.95)],
    ids=["cubic", "permuted", "oblique"],
)
def test_distance_to_an_outline_is_that_to_the_shape_and_errs_to_the_careful_side(spacing, direction, careful) -> None:
    rng = np.random.default_rng(4)
    grid = grid_around(34, spacing, direction)
    shapes = {"body": ball((0, 0, 0), 33), "aorta": rod((5, -3, 2), (0.2, 0.1, 1), 7), "heart": ball((-12, 8, 4), 10)}
    case = phantom(grid, shapes, ball((0, 0, 0), 3))
    errors = []
    for _ in range(40):
        entry, tip = rng.uniform(-30, 30, 3), rng.uniform(-30, 30, 3)
        trajectory = Trajectory(tuple(entry), tuple(tip))
        points = entry + np.linspace(0, 1, 2000)[:, None] * (tip - entry)
        axis = np.array([0.2, 0.1, 1]) / np.linalg.norm([0.2, 0.1, 1])
        to_rod = np.linalg.norm(np.cross(points - [5, -3, 2], axis), axis=1) - 7
        to_ball = np.linalg.norm(points - [-12, 8, 4], axis=1) - 10
        for name, exact in (("aorta", to_rod), ("heart", to_ball)):
            along = distance_along(case.structure(name).mask, trajectory)
            assert along is not None
            errors.append(along.distance_mm.min() - max(exact.min(), 0))
    assert max(errors) < 0.3, "the distance is never flattered by more than a part of a voxel"
    assert min(errors) > -careful


def test_a_far_or_empty_outline_is_not_measured() -> None:
    case = phantom(grid_around(64), {"body": ball((0, 0, 0), 62), "aorta": ball((55, 0, 0), 3)}, ball((0, 0, 0), 3))
    near = Trajectory((0.0, 30.0, 0.0), (0.0, 0.0, 0.0))
    assert distance_along(case.structure("aorta").mask, near) is None
    measures, _ = measure_path(case, near, 2.0)
    found = clearances(measures)["aorta"]
    assert found.amount is None
    assert found.low == 50.0


@pytest.mark.parametrize(
    ("entry", "in_plane", "tilt"),
    [
        ((0, 50, 0), 0.0, 0.0),
        ((30, 30, 0), 45.0, 0.0),
        ((-30, 30, 0), -45.0, 0.0),
        ((30, -30, 0), 45.0, 0.0),
        ((0, 40, 40), 0.0, -45.0),
        ((0, 40, -40), 0.0, 45.0),
        ((40, 0, 0), 90.0, 0.0),
        ((0, 0, 40), None, -90.0),
    ],
)
def test_angles_are_those_of_the_room(entry, in_plane, tilt) -> None:
    case = phantom(grid_around(64, (2, 2, 2)), {"body": ball((0, 0, 0), 62)}, ball((0, 0, 0), 3))
    found = amounts(measure_path(case, Trajectory(tuple(map(float, entry)), (0.0, 0.0, 0.0)), 2.0)[0])
    assert found["length"] == pytest.approx(math.hypot(*entry))
    assert found["craniocaudal_angle"] == pytest.approx(tilt, abs=1e-6)
    assert found["in_plane_angle"] == (None if in_plane is None else pytest.approx(in_plane))


@pytest.mark.parametrize("tilt", [0, 30, 55, 70])
@pytest.mark.parametrize(("spacing", "direction"), [((0.8, 0.8, 0.8), None), ((0.8, 0.8, 2.0), PERMUTED)])
def test_the_angle_to_a_plane_cortex_is_the_angle_to_its_normal(tilt: float, spacing, direction) -> None:
    normal = np.array([math.sin(math.radians(tilt)), math.cos(math.radians(tilt)), 0])
    shapes = {"body": ball((0, 0, 0), 60), "bone": lambda p: (p @ normal <= 12) & ball((0, 0, 0), 50)(p)}
    case = phantom(grid_around(63, spacing, direction), shapes, ball((0, -20, 0), 4))
    measures, findings = measure_path(case, Trajectory((0.0, 59.0, 0.0), (0.0, -20.0, 0.0)), 2.0)
    found = next(item for item in measures if item.code == "access.incidence_angle")
    assert found.amount == pytest.approx(tilt, abs=4)
    step = max(spacing) / 2 * (1 + math.tan(math.radians(tilt)))  # a staircase is met where its next step begins
    assert found.place_mm[1] == pytest.approx(12 / normal[1], abs=step + 0.5)
    expected = {} if tilt < 45 else {"access.skiving": Severity.NOTE} if tilt < 65 else {
        "access.incidence_angle": Severity.WARN
    }  # fmt: skip
    assert severities(findings) == expected


def test_crossings_and_bone_are_counted_on_the_outlines() -> None:
    shapes = {
        "body": ball((0, 0, 0), 62),
        "vertebra_L3": slab(1, -12, 10),
        "vertebra_L2": lambda p: slab(1, 20, 27)(p) & slab(2, -30, 5)(p),
    }
    case = phantom(grid_around(64, (0.9, 0.9, 1.2)), shapes, ball((0, 0, 0), 5))
    measures, findings = measure_path(case, STRAIGHT, 2.0, about="1")
    found = amounts(measures)
    assert found["bone"] == pytest.approx(10 + 7, abs=1.2)
    assert found["cortex_crossings"] == 2
    assert severities(findings) == {"access.cortex_crossings": Severity.WARN, "access.other_bone": Severity.WARN}
    other = next(item for item in findings if item.code == "access.other_bone")
    assert other.about == "vertebra_L2"
    assert other.measured == pytest.approx(7, abs=1)
    assert other.place_mm[1] == pytest.approx(27, abs=1)
    beside, quiet = measure_path(case, Trajectory((0.0, 58.0, 20.0), (0.0, 0.0, 3.0)), 2.0)
    assert amounts(beside)["cortex_crossings"] == 1
    assert quiet == ()


def test_without_bone_nothing_is_said_of_it() -> None:
    case = phantom(grid_around(64, (2, 2, 2)), {"body": ball((0, 0, 0), 62)}, ball((0, 0, 0), 5))
    measures, findings = measure_path(case, STRAIGHT, 2.0)
    assert amounts(measures)["incidence_angle"] is amounts(measures)["cortex_crossings"] is None
    assert findings == ()


@pytest.mark.parametrize(
    ("gap", "code", "severity"),
    [
        (-3.0, "access.clearance", Severity.STOP),
        (0.4, "access.clearance", Severity.STOP),
        (3.5, "access.clearance", Severity.STOP),
        (5.5, "access.placement_error", Severity.WARN),
        (9.0, "", None),
    ],
)
def test_what_is_too_near_is_found_with_its_place_and_limit(gap: float, code: str, severity) -> None:
    radius, diameter = 8.0, 2.4
    x = radius + diameter / 2 + gap
    shapes = {"body": ball((0, 0, 0), 62), "aorta": ball((x, 25, 0), radius)}
    case = phantom(grid_around(63, (0.6, 0.6, 1.2)), shapes, ball((0, 0, 0), 5))
    measures, findings = measure_path(case, STRAIGHT, diameter, about="1", seed=None)
    found = clearances(measures)["aorta"]
    assert found.amount == pytest.approx(max(gap, -diameter / 2), abs=0.45)
    assert found.limit.amount == 5
    assert severities(findings) == ({code: severity} if code else {})
    for item in findings:
        assert item.about == "aorta"
        assert item.limit.amount == 5
    if gap > 0:
        assert found.place_mm == pytest.approx((0, 25, 0), abs=3)


def test_a_tip_beyond_bone_and_lesion_is_found() -> None:
    shapes = {"body": ball((0, 0, 0), 62), "bone": slab(1, -8, 12)}
    case = phantom(grid_around(64, (0.9, 0.9, 1.2)), shapes, ball((0, -6, 0), 6))
    for tip, beyond in ((-10.0, None), (-13.0, None), (-20.0, 8.0)):
        _, findings = measure_path(case, Trajectory((0.0, 60.0, 0.0), (0.0, tip, 0.0)), 2.0)
        assert severities(findings) == ({} if beyond is None else {"access.tip_beyond": Severity.WARN})
        assert [finding.measured for finding in findings] == (
            [] if beyond is None else [pytest.approx(beyond, abs=0.8)]
        )


def test_a_path_out_of_the_body_or_beyond_the_needle_is_stopped() -> None:
    shapes = {"body": lambda p: ball((0, 0, 0), 62)(p) & ~slab(1, 19.5, 27.5)(p)}
    case = phantom(grid_around(64), shapes, ball((0, 0, 0), 5))
    _, findings = measure_path(case, STRAIGHT, 2.0, usable_length_mm=65)
    assert severities(findings) == {"access.outside_body": Severity.STOP, "access.length": Severity.STOP}
    outside = next(item for item in findings if item.code == "access.outside_body")
    assert outside.measured == pytest.approx(8, abs=1)
    assert outside.place_mm[1] == pytest.approx(28, abs=1)
    _, fine = measure_path(case, Trajectory((0.0, 18.0, 0.0), (0.0, 0.0, 0.0)), 2.0, usable_length_mm=65)
    assert fine == ()


def test_a_path_that_cannot_be_measured_is_refused() -> None:
    case = phantom(grid_around(20), {"body": ball((0, 0, 0), 18)}, ball((0, 0, 0), 5))
    with pytest.raises(PlanError, match="same place"):
        measure_path(case, Trajectory((1.0, 2.0, 3.0), (1.0, 2.0, 3.0)), 2.0)
    with pytest.raises(CaseError, match="no lesion 'other'"):
        measure_path(case, STRAIGHT, 2.0, lesion="other")
    assert measure_path(case, STRAIGHT, 2.0, limits=limits_with())[0]

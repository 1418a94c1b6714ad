"""Gantry tilt, C-arm and landmark of a path, against geometry written another way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom
from boneir.access.limits import access_limits
from boneir.access.needle import Needle
from boneir.access.path_samples import PathSamples
from boneir.access.room_measures import setting_measures, tilt_deg
from boneir.assess import assess
from boneir.commands.options.values import landmark
from boneir.findings import Severity
from boneir.plan import (
    Landmark,
    Plan,
    Position,
    Probe,
    Technique,
    Trajectory,
    Treatment,
    plan_from_plain,
    plan_to_plain,
)
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.resources import limit

CASE = phantom(grid_around(62, (2.0, 2.0, 2.0)), {"body": ball((0, 0, 0), 60)}, ball((0, 0, 0), 6))


def path(way: Trajectory) -> PathSamples:
    return PathSamples(CASE, way, Needle(2.0, 150.0), CASE.lesion(), "1", access_limits())


@pytest.mark.parametrize("position", list(Position))
def test_a_slice_tilted_so_holds_the_whole_needle(position: Position) -> None:
    up = {"prone": (0, 1, 0), "supine": (0, -1, 0), "left_lateral": (-1, 0, 0), "right_lateral": (1, 0, 0)}[position]
    rng = np.random.default_rng(3)
    for hub in rng.normal(size=(40, 3)) * 40:
        samples = path(Trajectory(tuple(hub), (0.0, 0.0, 0.0)))
        angle = math.radians(tilt_deg(samples, position))
        # The slice is spanned by the axis across the table and by the leaning direction from table to ceiling.
        leaning = math.cos(angle) * np.asarray(up, float) + math.sin(angle) * np.array([0, 0, 1.0])
        across = np.cross(up, [0, 0, 1.0])
        normal = np.cross(across, leaning)
        assert abs(normal @ np.asarray(samples.trajectory.direction)) == pytest.approx(0, abs=1e-9)
        assert abs(angle) <= math.pi / 2


def test_what_the_room_cannot_do_is_said_with_its_limit() -> None:
    flat = path(Trajectory((0.0, 50.0, 0.0), (0.0, 0.0, 0.0)))
    measures, findings = setting_measures(flat, Position.PRONE)
    codes = {measure.code: measure for measure in measures}
    assert codes["access.gantry_tilt"].amount == 0
    assert codes["access.gantry_tilt"].note == "none is needed"
    assert codes["access.c_arm_secondary"].amount == 0
    assert findings == ()
    steep = path(Trajectory((0.0, 20.0, -50.0), (0.0, 0.0, 0.0)))
    measures, findings = setting_measures(steep, Position.PRONE)
    assert {(item.code, item.severity) for item in findings} == {
        ("access.gantry_tilt", Severity.NOTE), ("access.c_arm", Severity.NOTE),
    }  # fmt: skip
    tilt = next(measure for measure in measures if measure.code == "access.gantry_tilt")
    assert tilt.amount == pytest.approx(-math.degrees(math.atan(50 / 20)))
    assert tilt.note == "the top towards the feet; this gantry does not tilt so far"
    assert tilt.limit == limit("room", "gantry_tilt_most")


def test_the_entry_is_said_from_a_landmark_and_from_laser_lines() -> None:
    way = Trajectory((35.0, 50.0, -12.0), (0.0, 0.0, 0.0))
    point = Landmark("the spinous process of L4", 0.0, 55.0, 0.0)
    lines = Landmark("the laser lines", 5.0, None, None)
    found = [setting_measures(path(way), Position.PRONE, mark)[0][-1] for mark in (point, lines)]
    assert [measure.title for measure in found] == [
        "Entry from the spinous process of L4",
        "Entry from the laser lines",
    ]
    assert found[0].amount == pytest.approx(math.sqrt(35**2 + 5**2 + 12**2))
    assert found[0].note == "35 mm left, 5 mm towards the front, 12 mm towards the feet"
    assert (found[1].amount, found[1].note) == (30.0, "30 mm left")


def test_proposals_and_assessments_carry_the_landmark() -> None:
    mark = Landmark("the laser lines", 5.0, None, -3.0)
    plan = propose(CASE, Goal(Technique.BIOPSY, "biopsy-13g", max_plans=1, landmark=mark)).plans[0]
    assert plan.landmark == mark
    assert plan_from_plain(plan_to_plain(plan)) == plan
    codes = [measure.code for measure in assess(CASE, plan).measures]
    for code in ("access.gantry_tilt", "access.c_arm_primary", "access.c_arm_secondary", "access.from_landmark"):
        assert codes.count(code) == 1
    bare = Plan(
        "p", (Treatment("lesion-1", Technique.BIOPSY, 0.0, (Probe("1", "biopsy-13g", plan.probes[0].trajectory),)),)
    )
    assert not any(measure.code == "access.from_landmark" for measure in assess(CASE, bare).measures)


def test_the_option_takes_points_and_single_lines() -> None:
    assert landmark("1,-2.5,3") == (1.0, -2.5, 3.0)
    assert landmark("12,-,-340") == (12.0, None, -340.0)
    for text in ("-,-,-", "1,2", "a,b,c", "nan,-,-", "inf,1,1"):
        with pytest.raises(Exception, match="expected L,P,S"):
            landmark(text)

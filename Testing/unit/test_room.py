"""The words of the room against vectors and distances that are known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from access_phantom import PERMUTED, ball, grid_around, limits_with, phantom, slab, turned
from boneir.access.needle import Needle
from boneir.access.path_samples import PathSamples
from boneir.access.room import (
    beam_along,
    depths_of,
    midline_mm,
    needle_lengths,
    offset_from,
    room_measures,
    shortest_needle,
)
from boneir.errors import ResourceError
from boneir.evidence import Grade
from boneir.plan import Position, Trajectory

TIP = (3.0, -4.0, 5.0)


def from_hub(left: float, back: float, up: float) -> Trajectory:
    """A needle whose hub lies in that direction from its tip."""
    return Trajectory((TIP[0] + left, TIP[1] + back, TIP[2] + up), TIP)


@pytest.mark.parametrize(
    ("position", "hub", "primary", "secondary", "words"),
    [
        (Position.SUPINE, (0, -80, 0), 0, 0, "LAO/RAO 0, CRA 0"),
        (Position.SUPINE, (50, -50, 0), 45, 0, "LAO 45, CRA 0"),
        (Position.SUPINE, (-50, -50, 0), -45, 0, "RAO 45, CRA 0"),
        (Position.SUPINE, (0, -50, 50), 0, 45, "LAO/RAO 0, CRA 45"),
        (Position.SUPINE, (0, -50, -50), 0, -45, "LAO/RAO 0, CAU 45"),
        (Position.SUPINE, (0, 50, 50), 0, -45, "LAO/RAO 0, CAU 45"),  # entered from below: the same line
        (Position.PRONE, (0, 80, 0), 180, 0, "LPO/RPO 0, CRA 0"),
        (Position.PRONE, (40, 40 * math.sqrt(3), 0), 150, 0, "LPO 30, CRA 0"),
        (Position.PRONE, (-40, 40 * math.sqrt(3), 0), -150, 0, "RPO 30, CRA 0"),
        (Position.PRONE, (-40, -40 * math.sqrt(3), 0), 150, 0, "LPO 30, CRA 0"),
        (Position.PRONE, (0, 50, -50), 180, -45, "LPO/RPO 0, CAU 45"),
        (Position.LEFT_LATERAL, (-80, 0, 0), -90, 0, "RAO 90, CRA 0"),
        (Position.RIGHT_LATERAL, (80, 0, 0), 90, 0, "LAO 90, CRA 0"),
        (Position.PRONE, (80, 0, 0), 90, 0, "LAO 90, CRA 0"),  # horizontal: from the hub
        (Position.SUPINE, (-80, 0, 0), -90, 0, "RAO 90, CRA 0"),
    ],
)
def test_the_c_arm_looks_down_the_needle(position, hub, primary, secondary, words) -> None:
    view = beam_along(from_hub(*hub), position)
    assert abs((view.primary_deg - primary + 180) % 360 - 180) < 1e-6
    assert view.secondary_deg == pytest.approx(secondary, abs=1e-6)
    assert view.words == words


@pytest.mark.parametrize("position", list(Position))
@pytest.mark.parametrize("up", [80.0, -80.0])
def test_a_needle_straight_along_the_body_has_no_side(position: Position, up: float) -> None:
    view = beam_along(from_hub(0, 0, up), position)
    assert view.primary_deg is None
    assert view.secondary_deg == pytest.approx(math.copysign(90, up))
    assert "no C-arm" in view.words


@pytest.mark.parametrize("position", list(Position))
def test_the_angles_give_back_the_line_of_the_needle_and_a_detector_above_the_table(position: Position) -> None:
    rng = np.random.default_rng(1)
    above = {"prone": (0, 1, 0), "supine": (0, -1, 0), "left_lateral": (-1, 0, 0), "right_lateral": (1, 0, 0)}[position]
    for hub in rng.normal(size=(50, 3)) * 80:
        trajectory = from_hub(*hub)
        view = beam_along(trajectory, position)
        a, b = math.radians(view.primary_deg), math.radians(view.secondary_deg)
        # From before the chest about the long axis to the left, then towards the head.
        detector = np.array([math.sin(a) * math.cos(b), -math.cos(a) * math.cos(b), math.sin(b)])
        assert abs(detector @ np.asarray(trajectory.direction)) == pytest.approx(1.0)
        assert detector @ np.asarray(above) >= 0


def test_an_offset_is_said_from_a_landmark_and_from_laser_lines() -> None:
    entry = (42.0, 110.0, -35.0)
    landmark = offset_from(entry, (12.0, 112.4, -20.0))
    assert (landmark.left_mm, landmark.up_mm) == (30.0, -15.0)
    assert landmark.words == "30 mm left, 2 mm towards the front, 15 mm towards the feet"
    assert offset_from(entry, (50.0, None, None)).words == "8 mm right"
    assert offset_from(entry, (None, None, -40.0)).words == "5 mm towards the head"
    assert offset_from(entry, entry).words == "there"


@pytest.mark.parametrize("direction", [None, PERMUTED, turned(3)])
def test_the_midline_is_that_of_the_canal_or_else_of_the_body(direction) -> None:
    grid = grid_around(40, (1.0, 1.2, 1.5), direction)
    shapes = {"body": ball((-4, 0, 0), 34), "spinal_canal": ball((5, 10, 0), 8)}
    case = phantom(grid, shapes, ball((0, 0, 0), 4))
    assert midline_mm(case, 0.0) == pytest.approx(5, abs=1.0)
    assert midline_mm(case, 25.0) == pytest.approx(-4, abs=1.0)
    assert midline_mm(case, 300.0) is None


def test_depths_are_distances_along_the_needle() -> None:
    shapes = {"body": ball((0, 0, 0), 62), "bone": slab(1, -30, 14)}
    case = phantom(grid_around(64, (0.9, 0.9, 1.2)), shapes, ball((2, 0, 0), 6))
    tilt = math.cos(math.radians(20))
    trajectory = Trajectory((50 * math.tan(math.radians(20)), 50.0, 0.0), (0.0, 0.0, 0.0))
    path = PathSamples(case, trajectory, Needle(2.0, 150.0), case.lesion(), "", limits_with())
    found = depths_of(path)
    assert found.tip_mm == pytest.approx(50 / tilt)
    assert found.cortex_mm == pytest.approx((50 - 14) / tilt, abs=0.8)
    nearest = (50 - 0.0) / tilt - 2 * math.sin(math.radians(20))
    assert found.target_mm == pytest.approx(nearest, abs=0.1)
    assert found.lesion_mm == pytest.approx(nearest - math.sqrt(36 - (2 * tilt) ** 2), abs=0.8)
    bare = phantom(grid_around(64, (3, 3, 3)), {"body": ball((0, 0, 0), 62)}, ball((40, 0, 0), 6))
    aside = depths_of(PathSamples(bare, trajectory, Needle(2.0, 150.0), bare.lesion(), "", limits_with()))
    assert aside.cortex_mm is aside.lesion_mm is None
    assert depths_of(PathSamples(bare, trajectory, Needle(2.0, 150.0), None, "", limits_with())).target_mm is None


def test_the_shortest_needle_that_reaches_is_taken() -> None:
    lengths = [value.amount for value in needle_lengths("bone_access")]
    assert lengths == sorted(lengths)
    for length, longer in zip(lengths, [*lengths[1:], None], strict=True):
        assert shortest_needle(length - 10, 10).amount == length
        beyond = shortest_needle(length - 9.9, 10)
        assert (beyond.amount if beyond else None) == longer
    for family in ("bone_access", "ablation_probe", "soft_tissue"):
        assert all(value.grade is Grade.DEFAULT and value.unit == "mm" for value in needle_lengths(family))
    with pytest.raises(ResourceError, match="bone_access"):
        needle_lengths("knitting")


def test_the_report_is_told_what_the_room_needs() -> None:
    shapes = {"body": ball((4, 0, 0), 62), "bone": slab(1, -30, 14)}
    case = phantom(grid_around(70, (1.2, 1.2, 1.5)), shapes, ball((0, 0, 0), 6))
    path = PathSamples(
        case, Trajectory((30.0, 50.0, 0.0), (30.0, -5.0, 0.0)), Needle(2.0, 150.0), case.lesion(), "1", limits_with()
    )
    found = {item.code: item for item in room_measures(path)}
    assert found["access.from_midline"].amount == pytest.approx(30 - 4, abs=1.0)
    assert found["access.depth_cortex"].amount == pytest.approx(50 - 14, abs=1.0)
    assert found["access.depth_target"].amount == pytest.approx(50, abs=0.5)
    assert found["access.needle_length"].amount == 100
    deep = PathSamples(
        case, Trajectory((0.0, 60.0, 0.0), (0.0, -300.0, 0.0)), Needle(2.0, 400.0), None, "1", limits_with()
    )
    none = {item.code: item for item in room_measures(deep)}
    assert none["access.needle_length"].amount is None
    assert "too short" in none["access.needle_length"].note
    assert none["access.depth_target"].amount is None

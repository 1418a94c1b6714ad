"""Bones that may be passed on the way into another: the hip bone before the sacrum, a rib before its vertebra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from access_phantom import PERMUTED, ball, grid_around, limits_with, phantom, slab
from boneir.access.approach import Approaches, direction_words
from boneir.access.joints import crossings_allowed, neighbours_to_pass
from boneir.access.limit_changes import changed_limits
from boneir.access.needle import Needle
from boneir.access.path_bone import measure_bone
from boneir.access.path_samples import PathSamples
from boneir.assess import assess
from boneir.case import Case
from boneir.errors import PlanError
from boneir.plan import LimitChange, Plan, Probe, Technique, Trajectory, Treatment
from boneir.proposal import Goal
from boneir.propose import propose

GOAL = Goal(Technique.BIOPSY, "biopsy-13g")
OPEN = (LimitChange("sacroiliac_crossings", 2.0),)


def plate(low, high):
    """A box between two corners."""
    return lambda points: ((points >= np.asarray(low)) & (points <= np.asarray(high))).all(axis=-1)


def pelvis(spacing=(2.0, 2.0, 2.0), direction=None, joint: bool = False) -> Case:
    """A sacrum between two hip bones, 5 mm apart from each; what lies behind and before it must not be touched."""
    shapes = {
        "body": ball((0, 0, 0), 58),
        "sacrum": plate((-25, -20, -30), (25, 20, 30)),
        "hip_left": plate((30, -30, -40), (40, 30, 40)),
        "hip_right": plate((-40, -30, -40), (-30, 30, 40)),
        "bowel": plate((-28, -45, -50), (28, -24, 50)),
        "aorta": plate((-28, 24, -50), (28, 45, 50)),
        "urinary_bladder": lambda points: slab(2, 33, 60)(points) & slab(0, -28, 28)(points),
        "rectum": lambda points: slab(2, -60, -33)(points) & slab(0, -28, 28)(points),
    }
    if joint:
        shapes["sacroiliac_joint_left"] = plate((25.5, -20, -30), (29.5, 20, 30))
    return phantom(grid_around(60, spacing, direction), shapes, ball((12, 0, 0), 5))


def thorax() -> Case:
    """A vertebra with a transverse process, and the neck of its rib a little apart from both."""
    shapes = {
        "body": ball((0, 0, 0), 70),
        "vertebra_T7": plate((-15, -20, -12), (15, 10, 12)),
        "rib_left_7": plate((20, -6, -6), (60, 4, 6)),
        "rib_left_10": plate((20, -6, 20), (60, 4, 30)),
    }
    return phantom(grid_around(74, (1.5, 1.5, 1.5)), shapes, ball((5, -5, 0), 5))


def path_of(case: Case, entry, tip, **amounts: float) -> PathSamples:
    limits = limits_with(**amounts)
    return PathSamples(case, Trajectory(entry, tip), Needle(2.4, 150.0), case.lesion(), "1", limits)


@pytest.mark.parametrize(
    ("spacing", "direction", "joint"), [((1.5, 1.5, 2.0), None, False), ((2.0, 2.0, 2.0), PERMUTED, True)]
)
def test_the_sacrum_is_reached_through_a_hip_bone_only_where_the_limits_say_so(spacing, direction, joint) -> None:
    case = pelvis(spacing, direction, joint)
    shut = propose(case, GOAL)
    assert not shut.plans
    opened = propose(case, replace(GOAL, limits=OPEN))
    assert opened.plans
    for plan in opened.plans:
        way = plan.probes[0].trajectory
        points = np.array([way.point_at(depth) for depth in np.arange(0, way.length_mm, 0.25)])
        through = ((np.abs(points[:, 0]) >= 30) & (np.abs(points[:, 0]) <= 40)).sum() * 0.25
        assert through >= 10
        side = "left" if points[0, 0] > 0 else "right"
        assert plan.approach.startswith(f"{side} iliosacral")
        found = {item.code for item in assess(case, plan).findings}
        assert not found & {"access.cortex_crossings", "access.other_bone", "access.clearance"}


def test_a_plan_through_the_joint_is_told_where_the_limits_keep_it_shut() -> None:
    case = pelvis()
    probe = Probe("1", "biopsy-13g", Trajectory((57.0, 0.0, 0.0), (12.0, 0.0, 0.0)))
    plan = Plan("p", (Treatment("lesion-1", Technique.BIOPSY, 0.0, (probe,)),), case.image.uid)
    codes = {item.code for item in assess(case, plan).findings}
    assert {"access.cortex_crossings", "access.other_bone"} <= codes
    codes = {item.code for item in assess(case, replace(plan, limits=OPEN)).findings}
    assert not {"access.cortex_crossings", "access.other_bone"} & codes


def test_a_rib_may_be_passed_beside_its_own_vertebra_only() -> None:
    case = thorax()
    (near,) = neighbours_to_pass(case, case.lesion(), limits_with())
    points = near.structure.mask.points_mm()
    assert near.structure.name == "rib_left_7"
    edge = case.structure("vertebra_T7").mask.points_mm()[:, 0].max()
    assert points[:, 0].min() == pytest.approx(20, abs=1.5)
    assert 12 - 1.5 - 1e-6 <= points[:, 0].max() - edge <= 12
    assert neighbours_to_pass(case, case.lesion(), limits_with(costal_crossings=0)) == ()


def test_two_crossings_are_allowed_where_a_rib_is_passed_and_one_elsewhere() -> None:
    case = thorax()
    through = path_of(case, (52.0, 32.0, 0.0), (8.0, -12.0, 0.0))
    measures, findings = measure_bone(through)
    crossed = {item.code: item for item in measures}["access.cortex_crossings"]
    assert crossed.limit is not None
    names = Approaches(case, case.lesion())
    assert (crossed.amount, crossed.limit.amount) == (2.0, 2.0)
    assert not {item.code for item in findings} & {"access.cortex_crossings", "access.other_bone"}
    assert names.name(through.trajectory).startswith("left costotransverse")
    shut = path_of(case, (52.0, 32.0, 0.0), (8.0, -12.0, 0.0), costal_crossings=0)
    assert {"access.cortex_crossings", "access.other_bone"} <= {item.code for item in measure_bone(shut)[1]}
    measures, findings = measure_bone(path_of(case, (50.0, 45.0, 0.0), (40.0, -3.0, 0.0)))
    assert "access.other_bone" in {item.code for item in findings}
    assert {item.code: item for item in measures}["access.cortex_crossings"].limit == limits_with().crossings


def test_every_way_is_asked_for_what_it_passes() -> None:
    mask = pelvis().structure("hip_left").mask
    starts = np.array([[60.0, 0, 0], [0.0, 60, 0], [60.0, 0, 60]])
    ends = np.array([[0.0, 0, 0], [0.0, 0, 0], [35.0, 0, 30]])
    assert crossings_allowed([(mask, 2.0)], starts, ends, 1.0).tolist() == [2.0, 1.0, 2.0]
    assert crossings_allowed([(mask, 0.5)], starts, ends, 1.0).tolist() == [1.0, 1.0, 1.0]


def test_a_broken_number_of_crossings_is_refused() -> None:
    with pytest.raises(PlanError, match="whole number"):
        changed_limits(limits_with(), [LimitChange("sacroiliac_crossings", 1.5)])


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ((10.0, 40.0, 0.0), "posterior oblique, from medial"),
        ((50.0, 40.0, 0.0), "left posterior oblique"),
        ((0.0, 2.0, 0.0), "from medial"),
        ((30.0, 50.0, 0.0), "posterior"),
        ((10.0, 40.0, 30.0), "posterior oblique, from medial and above"),
    ],
)
def test_a_needle_that_enters_beside_a_bone_of_one_side_is_not_said_to_come_from_the_other(entry, words) -> None:
    way = Trajectory(entry, (30.0, 0.0, 0.0))
    assert direction_words(way, "left") == words

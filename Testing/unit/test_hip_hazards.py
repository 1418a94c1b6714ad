"""Ways into a hip bone: what is not outlined there, joint and nerve, is told with the distance that can be known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from access_phantom import ball, grid_around, marked, phantom, slab
from boneir.access.hip_hazards import hip_findings
from boneir.access.limit_changes import changed_limits
from boneir.access.limits import access_limits
from boneir.access.needle import Needle
from boneir.access.path_samples import PathSamples
from boneir.assess import assess
from boneir.case import Case, Role, Structure
from boneir.findings import Severity
from boneir.plan import LimitChange, Plan, Probe, Technique, Trajectory, Treatment
from boneir.proposal import Goal
from boneir.propose import propose

NEEDLE = Needle(2.4, 200.0)
HEAD = np.array([-30.0, 0.0, -20.0])


@pytest.fixture(scope="module")
def case() -> Case:
    """A right hip bone as a plate, the head of the femur lateral of its lower part, and a lesion in the plate."""
    grid = grid_around(84, (2.0, 2.0, 2.0))
    shapes = {
        "body": ball((0, 0, 0), 80),
        "hip_right": lambda p: slab(0, -9, 9)(p) & slab(1, -25, 25)(p) & slab(2, -45, 70)(p),
        "femur_right": ball(HEAD, 16),
    }
    made = phantom(grid, shapes, ball((0, 0, -10), 6))
    return replace(made, structures=tuple(replace(s, role=Role.BONE) if "_" in s.name else s for s in made.structures))


def codes(case: Case, entry, tip=(0.0, 0.0, -10.0), *changes: LimitChange) -> dict:
    limits = changed_limits(access_limits(), changes)
    way = Trajectory(tuple(map(float, entry)), tuple(map(float, tip)))
    path = PathSamples(case, way, NEEDLE, case.lesion(), "1", limits)
    return {finding.code: finding for finding in hip_findings(path)}


def parted(case: Case, *names: str) -> Case:
    """The case with outlines that are not sure."""
    return replace(case, structures=tuple(replace(s, sure=False) if s.name in names else s for s in case.structures))


def test_a_way_beside_the_femur_is_told_with_its_gap_where_no_joint_is_outlined(case: Case) -> None:
    entry, tip = (-12.0, 70.0, -20.0), (-10.5, 0.0, -20.0)
    found = codes(case, entry, tip)["access.hip_joint"]
    ends = np.array([entry, tip])
    share = np.linspace(0, 1, 2001)[:, None]
    gap = np.linalg.norm(ends[0] + share * (ends[1] - ends[0]) - HEAD, axis=1).min() - 16 - 1.2
    assert found.severity is Severity.WARN
    assert found.measured == pytest.approx(gap, abs=1.8), "to the voxels of a ball, whose corners stand out"
    assert "right hip joint is not outlined" in found.text
    assert found.limit is not None
    assert found.limit.amount == 6
    assert "access.hip_joint" not in codes(case, (9.0, 70.0, -10.0), (7.0, 0.0, -10.0))
    wider = codes(case, (9.0, 70.0, -10.0), (7.0, 0.0, -10.0), LimitChange("hip.joint_reach", 30.0))
    assert "access.hip_joint" in wider


def test_where_bones_were_parted_by_brightness_more_is_kept_in_mind(case: Case) -> None:
    entry, tip = (9.0, 70.0, -10.0), (7.0, 0.0, -10.0)
    for name in ("femur_right", "hip_right"):
        found = codes(parted(case, name), entry, tip)["access.hip_joint"]
        assert found.limit is not None
        assert found.limit.amount == 25
        assert "nor is it sure what is femur" in found.text
    far = codes(parted(case, "femur_right"), (0.0, 70.0, 60.0), (0.0, 0.0, 60.0))
    assert "access.hip_joint" not in far


def test_an_outlined_joint_or_nerve_is_checked_as_any_other_and_not_told_here(case: Case) -> None:
    entry, tip = (-12.0, 70.0, -20.0), (-10.5, 0.0, -20.0)
    assert set(codes(case, entry, tip)) == {"access.hip_joint", "access.sciatic_nerve"}
    small = marked(ball((60, 0, 0), 4), case.image.grid)
    joint = case.with_structures([Structure("hip_joint_right", Role.CRITICAL, small, "hip_joint_right")])
    assert set(codes(joint, entry, tip)) == {"access.sciatic_nerve"}
    nerve = case.with_structures([Structure("sciatic_nerve_right", Role.CRITICAL, small, "sciatic_nerve_right")])
    assert set(codes(nerve, entry, tip)) == {"access.hip_joint"}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ((0.0, 75.0, -10.0), True),
        ((40.0, 60.0, -10.0), True),
        ((0.0, -75.0, -10.0), False),
        ((75.0, 5.0, -10.0), False),
    ],
)
def test_the_sciatic_nerve_is_thought_of_where_a_needle_comes_from_behind(case: Case, entry, told: bool) -> None:
    assert ("access.sciatic_nerve" in codes(case, entry)) == told


@pytest.mark.parametrize(("height", "told"), [(-4.0 + 27.0, True), (-4.0 + 35.0, False)])
def test_high_above_the_hip_the_nerve_is_not_thought_of(case: Case, height: float, told: bool) -> None:
    """The ball ends at -4 mm; the shipped limit is 30 mm above it."""
    assert ("access.sciatic_nerve" in codes(case, (0.0, 70.0, height), (0.0, 0.0, height))) == told


def test_without_a_femur_both_are_told(case: Case) -> None:
    alone = replace(case, structures=tuple(s for s in case.structures if s.name != "femur_right"))
    found = codes(alone, (0.0, 70.0, 40.0), (0.0, 0.0, 40.0))
    assert set(found) == {"access.hip_joint", "access.sciatic_nerve"}
    assert "nor is the femur" in found["access.hip_joint"].text


def test_a_lesion_in_another_bone_is_not_told_of_them(case: Case) -> None:
    other = replace(
        case, structures=tuple(replace(s, name="sacrum") if s.name == "hip_right" else s for s in case.structures)
    )
    assert codes(other, (-12.0, 70.0, -20.0), (-10.5, 0.0, -20.0)) == {}


def test_proposals_and_assessments_say_it(case: Case) -> None:
    proposal = propose(case, Goal(Technique.BIOPSY, "biopsy-13g", max_plans=2))
    assert proposal.plans
    for plan in proposal.plans:
        told = [
            item for item in assess(case, plan).findings if item.code in ("access.hip_joint", "access.sciatic_nerve")
        ]
        for finding in told:
            assert finding.text.partition(" ")[2].partition(" ")[2] in " ".join(plan.reasons)
    behind = Trajectory((0.0, 75.0, -10.0), (0.0, 0.0, -10.0))
    by_hand = Plan(
        "by-hand", (Treatment("lesion-1", Technique.BIOPSY, 0.0, (Probe("1", "biopsy-13g", behind),)),), case.image.uid
    )
    assert "access.sciatic_nerve" in {item.code for item in assess(case, by_hand).findings}

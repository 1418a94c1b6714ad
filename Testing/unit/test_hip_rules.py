"""The search keeps away from a hip joint and a sciatic nerve that are not outlined, as long as there is another way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from access_phantom import ball, grid_around, limits_with, phantom, slab
from boneir.access.entries import skin_around
from boneir.access.field import build_field
from boneir.access.hip_rules import HIP_RULES, UnseenHips
from boneir.access.needle import Needle
from boneir.access.rays import walk_paths
from boneir.case import Case, Role
from boneir.plan import LimitChange, Plan, Technique
from boneir.proposal import EntryZone, Goal, Proposal
from boneir.propose import propose

NEEDLE = Needle(2.4, 200.0)
HEAD, RADIUS = np.array([-30.0, 0.0, -20.0]), 16.0
BIOPSY = Goal(Technique.BIOPSY, "biopsy-13g", max_plans=4)
BEHIND = EntryZone((0.0, 78.0, -10.0), 25.0)
TOLD_ONLY = (LimitChange("hip.unseen_refused", 0.0),)


@pytest.fixture(scope="module")
def case() -> Case:
    """A right hip bone as a plate, the femur, a bone of its own, lateral of its lower part, and a lesion between."""
    shapes = {
        "body": ball((0, 0, 0), 80),
        "hip_right": lambda p: slab(0, -9, 9)(p) & slab(1, -25, 25)(p) & slab(2, -45, 70)(p),
        "femur_right": ball(HEAD, RADIUS),
    }
    made = phantom(grid_around(84, (2.0, 2.0, 2.0)), shapes, ball((0, 0, -10), 6))
    return replace(
        made,
        structures=tuple(replace(s, role=Role.BONE if "_" in s.name else s.role, sure=False) for s in made.structures),
    )


@pytest.fixture(scope="module")
def proposal(case: Case) -> Proposal:
    return propose(case, BIOPSY)


def gap_to_head(entry, tip) -> np.ndarray:
    """Closed form: how far the axis passes from the surface of the ball; 0 through it."""
    entry, tip = (np.atleast_2d(np.asarray(p, float)) for p in (entry, tip))
    along = np.clip(((HEAD - entry) * (tip - entry)).sum(1) / ((tip - entry) ** 2).sum(1), 0, 1)
    return np.maximum(np.linalg.norm(entry + along[:, None] * (tip - entry) - HEAD, axis=1) - RADIUS, 0)


def gap_of(plan: Plan) -> float:
    way = plan.treatments[0].probes[0].trajectory
    return float(gap_to_head(way.entry_mm, way.tip_mm)[0])


def test_ways_that_pass_nearer_to_the_femur_than_their_tip_lies_are_missing_what_closed_forms_say(case: Case) -> None:
    limits = limits_with()
    field = build_field(case, case.lesion(), NEEDLE, limits)
    entries = skin_around(field, case.image, case.lesion().mask.centroid_mm, 150.0).points_mm[::40]
    tips = np.random.default_rng(0).uniform(-6, 6, (len(entries), 3)) + np.array([0, 0, -10])
    walk = walk_paths(field, entries, tips, NEEDLE, limits)
    missing = UnseenHips(case, field, NEEDLE, limits).missing_to_joint_mm(walk)
    at_tip = np.linalg.norm(tips - HEAD, axis=1) - RADIUS
    wanted = np.minimum(25 + 1.2, at_tip) - 1.0 - gap_to_head(entries, tips)
    assert (wanted > 2.5).sum() > 100
    assert np.abs(missing - np.maximum(wanted, 0)).max() < 2.5, "voxels of 2 mm, asked every 2 mm"


def test_no_plan_passes_the_joint_or_the_nerve_where_there_is_another_way(proposal: Proposal) -> None:
    assert proposal.plans
    for plan in proposal.plans:
        way = plan.treatments[0].probes[0].trajectory
        at_tip = np.linalg.norm(np.asarray(way.tip_mm) - HEAD) - RADIUS
        assert gap_of(plan) > min(25.0, at_tip) - 2.5
        assert -way.direction[1] < np.cos(np.radians(70)) or min(way.entry_mm[2], way.tip_mm[2]) > -4 + 30
    assert "access.hip_passed" not in {item.code for item in proposal.findings}


def test_the_skin_map_says_so(proposal: Proposal) -> None:
    skin = proposal.skin
    joint, nerve = (skin.points_mm[skin.reason == skin.reasons.index(rule)] for rule in HIP_RULES)
    assert len(joint)
    assert len(nerve)
    target = np.asarray(skin.target_mm)
    assert ((joint - target) @ (HEAD - target)).min() > 0, "from the side of the femur"
    assert nerve[:, 1].min() > 0, "from behind"


def test_where_nothing_else_is_left_such_a_way_is_proposed_and_marked(case: Case) -> None:
    forced = propose(case, replace(BIOPSY, entry_allowed=(BEHIND,)))
    assert forced.plans
    assert "access.hip_passed" in {item.code for item in forced.findings}
    assert all("sciatic nerve" in " ".join(plan.reasons) for plan in forced.plans)
    gaps = [gap_of(plan) for plan in forced.plans]
    assert max(gaps) - min(gaps) < 2.0 + 2.5, "all keep as far from the femur as any of them can"


def test_the_user_may_have_them_told_only(case: Case) -> None:
    free = propose(case, replace(BIOPSY, entry_allowed=(BEHIND,), limits=TOLD_ONLY))
    assert free.plans
    assert not np.isin(free.skin.reason, [free.skin.reasons.index(rule) for rule in HIP_RULES]).any()
    assert "access.hip_passed" not in {item.code for item in free.findings}

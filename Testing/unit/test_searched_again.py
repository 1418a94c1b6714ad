"""The skin of a stored plan, looked at again, is that of the search that it came from."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom, rod
from boneir.case import Case
from boneir.plan import Cement, LimitChange, Plan, Position, Technique, Trajectory, Treatment, plan_from_plain
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.proposing.again import searched_again


@pytest.fixture(scope="module")
def case() -> Case:
    shapes = {
        "body": ball((0, 0, 0), 60),
        "bone": rod((0, 5, 0), (0, 0, 1), 18),
        "spinal_canal": rod((0, 32, 0), (0, 0, 1), 6),
    }
    return phantom(grid_around(62, (2.0, 2.0, 2.5)), shapes, ball((0, 5, 0), 6))


@pytest.mark.parametrize(
    "goal",
    [
        Goal(Technique.BIOPSY, "biopsy-13g", max_plans=1),
        Goal(
            Technique.MICROWAVE, "emprint", margin_mm=3.0, position=Position.SUPINE, max_plans=1,
            limits=(LimitChange("clearance.cord", 6.0),),
        ),
    ],
)  # fmt: skip
def test_the_map_is_that_of_the_search(case: Case, goal: Goal) -> None:
    proposal = propose(case, goal)
    (plan,) = proposal.plans
    again, note = searched_again(case, plan_from_plain(json.loads(plan.to_json())))
    assert again is not None
    assert note.code == "report.skin_again"
    assert again.goal.position is goal.position
    for name in ("points_mm", "reason", "structure", "shortfall_mm"):
        assert np.array_equal(getattr(again.skin, name), getattr(proposal.skin, name)), name
    assert np.allclose(again.skin.score, proposal.skin.score, equal_nan=True)
    assert again.skin.refusals() == proposal.skin.refusals()


def test_a_plan_without_a_needle_to_search_for_says_so(case: Case) -> None:
    cannula = Cement("1", Trajectory((40.0, 40.0, 0.0), (0.0, 5.0, 0.0)), 3.0, 2.4)
    plan = Plan("mine", (Treatment("lesion-1", Technique.CEMENT, 0.0, cement=(cannula,)),), case.image.uid)
    again, note = searched_again(case, plan)
    assert again is None
    assert "no probe or biopsy needle" in note.text


def test_a_plan_that_cannot_be_searched_for_says_why(case: Case) -> None:
    plan = propose(case, Goal(Technique.BIOPSY, "biopsy-13g", max_plans=1)).plans[0]
    treatment = replace(plan.treatments[0], lesion="lesion-9")
    again, note = searched_again(case, replace(plan, treatments=(treatment,)))
    assert again is None
    assert "lesion-9" in note.text

"""Lesions in the vertebrae of a real spine: every accepted path held against the labels by exact geometry.

The whole study is ``Testing/benchmarks/study_needle_paths.py``; here are some of its lesions, and checks of the check.
"""

from __future__ import annotations

import numpy as np
import pytest

from boneir.access.vertebra import parts_of
from boneir.case import Case
from boneir.mask import Mask
from boneir.plan import Technique, Trajectory
from boneir.proposal import Goal
from needle_study import distance_to_label, lumbar_case, medial_breach_mm, planted, study

pytestmark = pytest.mark.cases

GOAL = Goal(Technique.BIOPSY, "biopsy-13g", max_plans=3)
LESIONS = [("T12", "posterior"), ("L2", "pedicle right"), ("L3", "posterior"), ("L4", "left"), ("L5", "anterior")]


@pytest.fixture(scope="module")
def case() -> Case:
    return lumbar_case()


@pytest.mark.parametrize(("level", "place"), LESIONS)
def test_every_accepted_path_keeps_off_canal_and_medial_wall(case: Case, level: str, place: str) -> None:
    item = planted(case, level, place)
    assert item is not None
    outcome = study(item, GOAL)
    assert outcome.plans > 0, outcome.stopped_by
    assert outcome.is_safe, outcome.verdicts
    assert all(level in verdict.approach for verdict in outcome.verdicts)


def test_where_no_path_is_accepted_it_says_what_stops_it(case: Case) -> None:
    item = planted(case, "L5", "posterior")
    assert item is not None
    outcome = study(item, GOAL)
    assert outcome.is_safe
    assert outcome.plans or (len(outcome.stopped_by) > 1 and "spinal canal" in " ".join(outcome.stopped_by))


def test_the_check_sees_a_path_through_the_canal_and_one_out_of_the_pedicle(case: Case) -> None:
    bone = case.structure("vertebra_L3")
    parts = parts_of(case, bone)
    assert parts is not None
    nothing = Mask.of(np.zeros(bone.mask.grid.shape, bool), bone.mask.grid)
    canal = case.structure("spinal_canal").mask
    beside = np.abs(parts.frame.to_local(canal.points_mm())[:, 0]) < 6
    middle, back = canal.points_mm()[beside].mean(axis=0), parts.frame.back
    through = Trajectory(tuple(middle + 60 * back), tuple(middle - 20 * back))
    assert distance_to_label(canal, through) == pytest.approx(0, abs=0.6)
    pedicle = np.asarray(parts.pedicle_left.centroid_mm)
    straight = Trajectory(tuple(pedicle + 50 * back), tuple(pedicle - 20 * back))
    assert medial_breach_mm(parts, bone.mask, nothing, straight, 1.2) == 0
    wide = medial_breach_mm(parts, bone.mask, nothing, straight, 12.0)
    assert wide > 1.0, "an instrument as wide as that stands out towards the canal"
    aside = middle + 200 * parts.frame.left
    away = Trajectory(tuple(aside), tuple(aside + 30 * back))
    centres = np.linalg.norm(canal.points_mm() - aside, axis=1)
    assert centres.min() - 1.5 * np.sqrt(3) - 1e-6 <= distance_to_label(canal, away) <= centres.min()

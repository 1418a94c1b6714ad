"""Response criteria: every row of their tables, at the borders."""

from __future__ import annotations

import pytest

from boneir.errors import BoneIRError
from boneir.follow_up import Answer
from boneir.fusion.response import FLARE, NO_BLOOD, mda_bone, percist, recist

CR, PR, SD, PD = Answer.COMPLETE, Answer.PARTIAL, Answer.STABLE, Answer.PROGRESSION


@pytest.mark.parametrize(
    ("before", "nadir", "now", "new", "answer"),
    [
        (50, 50, 0, False, CR), (50, 50, 0, True, PD), (50, 35, 35, False, PR), (50, 50, 36, False, SD),
        (50, 30, 36, False, PD), (50, 30, 35.9, False, SD), (20, 20, 24.5, False, SD),
        (20, 20, 25, False, PD), (50, 50, 59, False, SD), (50, 50, 60, False, PD), (9, 9, 20, False, None),
    ],
)  # fmt: skip
def test_recist(before, nadir, now, new, answer):
    found = recist(before, nadir, now, new_lesion=new)
    assert found.answer == answer
    assert found.change == pytest.approx(now / before - 1)
    assert FLARE in found.note


@pytest.mark.parametrize(
    ("before", "now", "blood", "new", "answer"),
    [
        (8, 1.5, 1.6, False, CR), (8, 5.5, 1.6, False, PR), (8, 5.7, 1.6, False, SD), (2.5, 1.7, 1.6, False, SD),
        (8, 10.5, 1.6, False, PD), (2, 2.8, 1.6, False, SD), (8, 1.5, 1.6, True, PD),
    ],
)  # fmt: skip
def test_percist(before, now, blood, new, answer):
    assert percist(before, now, blood, new_lesion=new).answer == answer


@pytest.mark.parametrize(
    ("before", "nadir", "now", "filled", "new", "answer"),
    [
        (40, 40, 0, "", False, CR), (40, 40, 39, "wholly", False, CR), (40, 40, 20, "", False, PR),
        (40, 40, 39, "partly", False, PR), (40, 40, 21, "", False, SD), (40, 40, 49.9, "", False, SD),
        (40, 40, 50, "", False, PD), (40, 40, 10, "", True, PD), (40, 20, 24.9, "", False, SD),
        (40, 20, 25, "partly", False, PD),
    ],
)  # fmt: skip
def test_mda(before, nadir, now, filled, new, answer):
    part = {"filled_in": filled == "wholly", "partly_filled_in": filled == "partly"}
    assert mda_bone(before, nadir, now, new_lesion=new, **part).answer == answer


def test_without_blood_nothing_is_complete():
    assert percist(8, 0.5, None).answer == PR
    assert NO_BLOOD in percist(8, 0.5, None).note


def test_a_size_before_is_needed():
    with pytest.raises(BoneIRError, match="above 0"):
        recist(0, 0, 5)

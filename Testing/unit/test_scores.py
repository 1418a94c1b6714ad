"""The clinical scores against their printed tables, written down here a second time."""

from __future__ import annotations

from itertools import product

import pytest

from boneir.errors import BoneIRError
from boneir.stability.scores import Harrington, add_up, harrington_class, score_named, spinal_location

SINS = {
    "location": {"junctional": 3, "mobile": 2, "semirigid": 1, "rigid": 0},
    "pain": {"mechanical": 3, "occasional": 1, "none": 0},
    "lesion": {"lytic": 2, "mixed": 1, "sclerotic": 0},
    "alignment": {"subluxation": 4, "deformity": 2, "normal": 0},
    "collapse": {"over_half": 3, "under_half": 2, "involved": 1, "none": 0},
    "posterolateral": {"bilateral": 3, "unilateral": 1, "none": 0},
}
MIRELS = {
    "site": {"upper_limb": 1, "lower_limb": 2, "peritrochanteric": 3},
    "pain": {"mild": 1, "moderate": 2, "functional": 3},
    "lesion": {"sclerotic": 1, "mixed": 2, "lytic": 3},
    "size": {"under_third": 1, "third_to_two_thirds": 2, "over_two_thirds": 3},
}


def sins_band(total: int) -> str:
    return "stable" if total <= 6 else "potentially unstable" if total <= 12 else "unstable"


def mirels_band(total: int) -> str:
    return "33 to 100 %" if total >= 9 else "15 %" if total == 8 else "below 4 %"


def test_sins_pain_is_three_one_zero() -> None:
    pain = next(item for item in score_named("sins").items if item.key == "pain")
    assert {option.key: option.points.amount for option in pain.options} == {
        "mechanical": 3,
        "occasional": 1,
        "none": 0,
    }


@pytest.mark.parametrize(("name", "table", "band"), [("sins", SINS, sins_band), ("mirels", MIRELS, mirels_band)])
def test_every_combination_of_answers(name: str, table: dict, band) -> None:
    score = score_named(name)
    totals = set()
    for keys in product(*(options for options in table.values())):
        answers = dict(zip(table, keys, strict=True))
        expected = sum(table[item][key] for item, key in answers.items())
        result = add_up(score, answers)
        assert (result.low, result.high, result.open_items) == (expected, expected, ())
        assert result.band.endswith(band(expected))
        totals.add(expected)
    assert (min(totals), max(totals)) == ((0, 18) if name == "sins" else (4, 12))


def test_an_open_item_is_never_guessed() -> None:
    known = {
        "location": "mobile",
        "lesion": "lytic",
        "alignment": "normal",
        "collapse": "none",
        "posterolateral": "none",
    }
    result = add_up(score_named("sins"), known)
    assert (result.low, result.high, result.open_items) == (4, 7, ("Pain",))
    assert result.band == "stable to potentially unstable"


LOCATIONS = (
    [(f"C{n}", "junctional" if n in (1, 2, 7) else "mobile") for n in range(1, 8)]
    + [(f"T{n}", "junctional" if n in (1, 2, 11, 12) else "semirigid") for n in range(1, 13)]
    + [("L1", "junctional"), ("L2", "mobile"), ("L3", "mobile"), ("L4", "mobile"), ("L5", "junctional")]
    + [("S1", "junctional"), ("S2", "rigid"), ("S3", "rigid"), ("S4", "rigid"), ("S5", "rigid")]
)


@pytest.mark.parametrize(("level", "expected"), LOCATIONS)
def test_every_level_has_its_location(level: str, expected: str) -> None:
    assert spinal_location(level) == expected


@pytest.mark.parametrize("level", ["T13", "L6", "C0", "S6", "X1", "", "L"])
def test_a_level_that_does_not_exist_is_refused(level: str) -> None:
    with pytest.raises(BoneIRError, match="no vertebral level"):
        spinal_location(level)


@pytest.mark.parametrize(
    ("answers", "text"),
    [({"pain": "some"}, "no answer"), ({"weather": "fine"}, "no item")],
)
def test_an_unknown_answer_is_refused(answers: dict, text: str) -> None:
    with pytest.raises(BoneIRError, match=text):
        add_up(score_named("sins"), answers)


@pytest.mark.parametrize(
    ("medial", "roof", "cure", "expected"),
    [
        (True, True, False, Harrington.I),
        (False, True, False, Harrington.II),
        (False, False, False, Harrington.III),
        (True, False, False, None),
        (True, True, True, Harrington.IV),
        (False, True, True, Harrington.IV),
        (False, False, True, Harrington.IV),
        (True, False, True, Harrington.IV),
    ],
)
def test_harringtons_classes(medial: bool, roof: bool, cure: bool, expected: Harrington | None) -> None:
    found = harrington_class(medial_wall_intact=medial, roof_and_rim_intact=roof, resection_for_cure=cure)
    assert found is expected

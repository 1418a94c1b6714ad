"""Levels named from landmarks: every ordinary spine by its true names, and a doubt wherever there is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boneir.anatomy.level_names import ALL, Landmarks, name_levels

NO, BOTH = (False, False), (True, True)


def spine(lumbar: int = 5, thoracic: int = 12, sacral: int = 2, cervical: int = 7) -> list[str]:
    """A whole spine from below, as "S", "L", "T" and "C"."""
    return ["S"] * sacral + ["L"] * lumbar + ["T"] * thoracic + ["C"] * cervical


def seen_between(levels: list[str], low: int, high: int) -> Landmarks:
    """What a scan from level `low` to `high` shows; its first and last level are cut."""
    part = levels[low : high + 1]
    sacral = [n for n, letter in enumerate(part) if letter == "S"]
    ribs = tuple(BOTH if letter == "T" else NO for letter in part)
    whole = tuple(0 < n < len(part) - 1 for n in range(len(part)))
    return Landmarks(len(part), max(sacral) if sacral else None, ribs, whole)


def test_a_whole_ordinary_spine() -> None:
    named = name_levels(seen_between(spine(), 0, len(spine()) - 1))
    assert named.names == ("sacrum", "sacrum", *reversed(ALL))
    assert named.counted_from == ("the sacrum", "the highest ribs", "the lowest ribs")
    assert named.doubts == ()


@given(st.integers(0, 25), st.integers(0, 25))
def test_any_part_of_an_ordinary_spine_is_named_right_or_not_at_all(a: int, b: int) -> None:
    low, high = sorted((a, b))
    true = ["sacrum", "sacrum", *reversed(ALL)][low : high + 1]
    named = name_levels(seen_between(spine(), low, high))
    assert all(name in ("", right) for name, right in zip(named.names, true, strict=True))
    # One landmark alone, or none, is said.
    assert len(named.counted_from) >= 2 or named.doubts


@pytest.mark.parametrize(("lumbar", "word"), [(4, "one level higher"), (6, "one level lower")])
def test_four_or_six_lumbar_levels_leave_a_doubt(lumbar: int, word: str) -> None:
    named = name_levels(seen_between(spine(lumbar), 0, lumbar + 5))
    assert named.counted_from == ("the sacrum",)
    assert any(word in text and "confirm the level" in text for text in named.doubts)
    assert named.names[2] == "L5"


def test_a_rib_on_one_side_only_is_said() -> None:
    seen = seen_between(spine(), 0, 10)
    ribs = list(seen.ribs)
    assert ribs[7] == BOTH
    ribs[7] = (True, False)
    named = name_levels(Landmarks(seen.count, seen.sacrum, tuple(ribs), seen.whole))
    assert any("T12" in text and "one side" in text for text in named.doubts)


def test_no_landmark_names_nothing() -> None:
    named = name_levels(seen_between(spine(), 10, 13))
    assert set(named.names) == {""}
    assert "no level can be named" in named.doubts[0]


def test_ribs_at_the_cut_top_of_the_scan_do_not_make_t1() -> None:
    # The scan ends within T9; its ribs are cut away, those of T10 are seen.
    seen = seen_between(spine(), 0, 10)
    ribs = (*seen.ribs[:-1], NO)
    named = name_levels(Landmarks(seen.count, seen.sacrum, ribs, seen.whole))
    assert "the highest ribs" not in named.counted_from
    assert named.doubts == ()

"""Why an entry is refused: the rule, the structure, the mm, the place and the way the needle would have to give."""

from __future__ import annotations

import json

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom, rod
from boneir.access.rules import RULES
from boneir.access.skin_colours import REASONS, skin_colours
from boneir.access.why import SENTENCES, direction_words, refusal_sentence, title_of
from boneir.case import Case, Role, Structure
from boneir.case_folder import save_case
from boneir.cli import main
from boneir.errors import PlanError
from boneir.plan import Technique
from boneir.proposal import Goal, SkinMap
from boneir.proposing.live import live_access

GOAL = Goal(Technique.BIOPSY, "biopsy-13g")


def case_with(shapes: dict, extent_mm: float = 74) -> Case:
    return phantom(
        grid_around(extent_mm + 4, (1.2, 1.2, 1.5)), {"body": ball((0, 0, 0), extent_mm)} | shapes, ball((0, 0, 0), 5)
    )


@pytest.mark.parametrize("side", [-1, 1])
def test_it_says_how_far_aside_there_is_room_and_in_which_direction(side: int) -> None:
    # A vessel along the body, its middle 6 mm beside a straight way from behind: the way out is away from its middle.
    case = case_with({"aorta": rod((-6.0 * side, 40, 0), (0, 0, 1), 6)})
    live = live_access(case, GOAL)
    why = live.why((0.0, 74.0, 0.0))
    assert (why.rule, why.structure) == ("clearance", "aorta")
    limits, needle = live.judge.limits, live.judge.needle
    share = 40 / 74
    kept = float(needle.kept_clear_mm(1 - share, limits)) + limits.numeric_guard.amount
    to_be_free = limits.clearance_of(case.structure("aorta")).amount + kept + 6 - 6
    assert why.missing_mm == pytest.approx(to_be_free, abs=1.5)
    assert why.aside is not None
    assert why.aside.distance_mm == pytest.approx(to_be_free, abs=1.6)
    assert np.asarray(why.aside.direction) @ [side, 0, 0] > 0.95
    assert abs(why.place_mm[1] - 40) < 7
    assert f"to the {'left' if side > 0 else 'right'}" in why.text
    assert "Blocked by the aorta: " in why.text
    depth = np.linalg.norm(np.subtract(why.place_mm, why.entry_mm))
    assert f"{depth:.0f} mm deep" in why.text


def test_what_it_says_would_help_does_help() -> None:
    case = case_with({"aorta": rod((14, 30, 10), (0.3, 0.2, 1), 9), "heart": ball((-25, 35, -8), 12)})
    live = live_access(case, GOAL)
    field, told = live.judge.field, 0
    skin_map = live.skin_map(tuple(live.aim.target_mm))
    for n in np.random.default_rng(0).choice(np.flatnonzero(skin_map.reason > 0), 60, replace=False):
        why = live.why(tuple(skin_map.points_mm[n]))
        assert why.rule == skin_map.reasons[skin_map.reason[n]]
        assert why.missing_mm == pytest.approx(skin_map.shortfall_mm[n], abs=1e-4)
        if why.aside is None or why.place_mm is None:
            continue
        told += 1
        assert skin_map.place_mm[n] == pytest.approx(why.place_mm, abs=1e-3)
        way = np.subtract(why.tip_mm, why.entry_mm)
        assert abs(np.dot(way, why.aside.direction)) < 1e-6 * np.linalg.norm(way), "across the needle"
        here = np.asarray(why.place_mm)
        beside = here + why.aside.distance_mm * np.asarray(why.aside.direction)
        assert field.room_mm(beside) > field.room_mm(here)
    assert told > 10


def test_an_allowed_entry_says_its_cost_and_what_leaves_least_room() -> None:
    live = live_access(case_with({"aorta": rod((21, 30, 0), (0, 0, 1), 6)}), GOAL)
    why = live.why((0.0, 74.0, 0.0))
    assert (why.rule, why.structure, why.missing_mm, why.aside) == ("allowed", "aorta", 0.0, None)
    skin_map = live.skin_map(tuple(live.aim.target_mm))
    nearest = np.argmin(np.linalg.norm(skin_map.points_mm - np.asarray(why.entry_mm), axis=1))
    assert f"cost of {skin_map.score[nearest]:.2f}" in why.text
    with pytest.raises(PlanError, match="No skin that was looked at"):
        live.why((0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("direction", "words"),
    [
        ((1, 0, 0), "lateral (left)"),
        ((-1, 0, 0), "medial (right)"),
        ((0, 1, 0), "posterior"),
        ((0, -1, 0.1), "anterior"),
        ((0, 0, 1), "cranial"),
        ((0.1, 0.2, -1), "caudal"),
        ((0.6, 0, 0.8), "cranial and lateral (left)"),
    ],
)
def test_directions_are_said_as_seen_from_the_patient(direction, words: str) -> None:
    case = case_with({"spinal_canal": rod((3, 30, 0), (0, 0, 1), 6)})
    unit = np.asarray(direction, float) / np.linalg.norm(direction)
    assert direction_words(unit, case, np.array([30.0, 10, 0])) == words
    mirrored = direction_words(unit * [-1, 1, 1], case, np.array([-24.0, 10, 0]))
    assert mirrored == words.replace("left", "?").replace("right", "left").replace("?", "right")
    beside_the_middle = direction_words(np.array([1.0, 0, 0]), case, np.array([5.0, 10, 0]))
    assert beside_the_middle == "to the left"


def test_every_rule_has_its_words_and_its_colour() -> None:
    for rule in RULES[1:]:
        text = refusal_sentence(rule, "aorta", 3.0, 40.0, None)
        assert "_" not in text
        assert rule in SENTENCES or "aorta" in text
    assert {rule for _, _, rules in REASONS for rule in rules} == set(RULES)
    mask = case_with({}).lesion().mask
    assert title_of(Structure("vessel 1", Role.CRITICAL, mask, "aorta")) == "the aorta"


def a_map(n: int = 400) -> SkinMap:
    rng = np.random.default_rng(0)
    reason = rng.integers(0, len(RULES), n).astype(np.uint8)
    reason[: n // 2] = 0
    score = np.where(reason == 0, rng.uniform(0.1, 0.7, n), np.nan).astype(np.float32)
    none = np.full(n, -1, np.int16)
    return SkinMap(rng.normal(size=(n, 3)), (0.0, 0.0, 0.0), score, reason, none, np.zeros(n, np.float32), RULES, ())


@pytest.mark.parametrize("by", ["score", "reason"])
def test_the_legend_counts_every_entry_once_and_shows_its_colour(by: str) -> None:
    skin = a_map()
    rgb, legend = skin_colours(skin, by)
    assert sum(entry.count for entry in legend) == len(skin.reason)
    assert len({entry.rgb for entry in legend}) == len(legend)
    if by == "reason":
        for entry in legend:
            assert (rgb == entry.rgb).all(axis=1).sum() == entry.count
    else:
        allowed = skin.reason == 0
        bright = rgb[allowed].astype(float) @ [0.2126, 0.7152, 0.0722]
        order = np.argsort(skin.score[allowed])
        assert (np.diff(bright[order]) <= 1).all(), "the better, the brighter"
        assert (rgb[~allowed] == rgb[~allowed][0]).all()
    nothing = SkinMap(
        np.zeros((0, 3)), (0, 0, 0), *([np.zeros(0, np.float32)] + [np.zeros(0, np.uint8)] * 2), None, RULES, ()
    )
    assert skin_colours(nothing, by)[1] == ()


def test_the_colours_of_reasons_differ_without_red_or_green_cones() -> None:
    # Vienot, Brettel and Mollon 1999: what a dichromat sees, in linear light; then lightness and two opponent axes.
    to_lms = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    protan = np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]])
    deutan = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
    linear = (np.array([rgb for _, rgb, _ in REASONS]) / 255) ** 2.2
    for seen in (protan, deutan):
        colours = np.clip(linear @ (np.linalg.inv(to_lms) @ seen @ to_lms).T, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(colours[:, None] - colours[None], axis=2)
        assert apart[np.triu_indices(len(colours), 1)].min() > 0.12


def test_the_command_says_it(tmp_path, capsys) -> None:
    case = case_with({"aorta": rod((-6, 40, 0), (0, 0, 1), 6)}, 60)
    save_case(case, tmp_path / "case")
    words = ["explain", str(tmp_path / "case"), "--entry", "0,60,0", "--technique", "biopsy", "--device", "biopsy-13g"]
    assert main(words) == 0
    assert "Blocked by the aorta" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["why"]
    assert (told["rule"], told["structure"]) == ("clearance", "aorta")
    assert main([*words[:3], "0,0,0", *words[4:], "--json"]) == 1
    assert "No skin" in json.loads(capsys.readouterr().out)["error"]

"""The options of ``boneir propose`` on entries, instruments that stand already, landmark and limits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom, rod
from boneir.case_folder import find_plan, save_case
from boneir.cli import DONE, NOT_UNDERSTOOD, REFUSED, main
from boneir.plan import Landmark, LimitChange, read_plan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shapes = {
        "body": ball((0, 0, 0), 60),
        "bone": rod((0, 5, 0), (0, 0, 1), 18),
        "spinal_canal": rod((0, 32, 0), (0, 0, 1), 6),
    }
    case = phantom(grid_around(62, (2.0, 2.0, 2.5)), shapes, ball((0, 5, 0), 6))
    where = tmp_path_factory.mktemp("case")
    save_case(case, where)
    return where


def proposed(folder: Path, capsys, *more: str) -> tuple[int, dict]:
    words = [
        "propose",
        str(folder),
        "--technique",
        "biopsy",
        "--device",
        "biopsy-13g",
        "--json",
        "--max-plans",
        "2",
        *more,
    ]
    code = main(words)
    return code, json.loads(capsys.readouterr().out)


def test_zones_landmark_and_limits_reach_the_plan(folder: Path, tmp_path: Path, capsys) -> None:
    limits = tmp_path / "mine.json"
    limits.write_text('{"clearance": {"cord": 4}, "incidence": {"value": 60, "unit": "deg"}}')
    code, document = proposed(
        folder, capsys, "--name", "zoned", "--entry-allowed", "45,38,0,25", "--entry-forbidden", "60,0,0,10",
        "--landmark", "12,-,-3", "--landmark-name", "the mark", "--limits", str(limits),
    )  # fmt: skip
    assert code == DONE
    assert document["plans"]
    texts = [finding["text"] for finding in document["findings"]]
    assert "The incidence was set to 60 deg by the user; this project proposes 65 deg." in texts
    assert "The clearance of spinal cord or canal was set to 4 mm by the user; this project proposes 3 mm." in texts
    plan = read_plan(find_plan(folder, "zoned-1"))
    assert np.linalg.norm(np.subtract(plan.probes[0].trajectory.entry_mm, (45, 38, 0))) <= 25
    assert plan.landmark == Landmark("the mark", 12.0, None, -3.0)
    assert set(plan.limits) == {LimitChange("clearance.cord", 4.0), LimitChange("incidence", 60.0)}
    assert main(["assess", str(folder), "zoned-1"]) == DONE
    out = capsys.readouterr().out
    assert "Entry from the mark" in out
    assert "Gantry tilt" in out
    assert "was set to 60 deg by the user" in out


def test_a_curve_drawn_on_the_skin_bounds_the_entries(folder: Path, tmp_path: Path, capsys) -> None:
    curve = tmp_path / "drape.json"
    curve.write_text(json.dumps([[20, 58, -20], [55, 30, -20], [55, 30, 20], [20, 58, 20]]))
    code, document = proposed(folder, capsys, "--name", "drawn", "--entry-allowed", str(curve))
    assert code == DONE
    left, posterior, superior = read_plan(find_plan(folder, "drawn-1")).probes[0].trajectory.entry_mm
    assert 18 <= left <= 57
    assert posterior > 20
    assert abs(superior) <= 20
    assert any(item["rule"] == "entry_outside" for item in document["refusals"])


def test_a_second_needle_goes_beside_a_first(folder: Path, capsys) -> None:
    assert proposed(folder, capsys, "--name", "first")[0] == DONE
    code, document = proposed(folder, capsys, "--name", "second", "--beside", "first-1")
    assert code == DONE
    rules = {item["rule"] for item in document["refusals"]}
    assert "beside" in rules or not document["plans"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--entry-allowed", "1,2,3"), NOT_UNDERSTOOD, "L,P,S,RADIUS"),
        (
            ("--entry-allowed", "nowhere.json"),
            NOT_UNDERSTOOD,
            "nowhere.json: the curve of an entry zone cannot be read",
        ),
        (("--entry-forbidden", "wound"), REFUSED, "no structure 'wound'"),
        (("--landmark", "here"), NOT_UNDERSTOOD, "expected L,P,S"),
        (("--limits", "nowhere.json"), REFUSED, "cannot be read"),
        (("--beside", "nobody"), REFUSED, "nobody"),
    ],
)
def test_options_at_fault_are_refused_in_one_sentence(folder: Path, capsys, words, code: int, said: str) -> None:
    given, document = proposed(folder, capsys, *words)
    assert given == code
    assert said in document["error"]


def test_people_read_words_and_no_keys(folder: Path, capsys) -> None:
    assert main(["propose", str(folder), "--technique", "biopsy", "--device", "biopsy-13g", "--name", "words"]) == DONE
    out = capsys.readouterr().out
    for key in ("spinal_canal", "other_bone", "bone_crossings", "outside_body", "view_border"):
        assert key not in out
    plan = read_plan(find_plan(folder, "words-1"))
    assert not any("_" in reason for reason in plan.reasons)

"""Practice cases: made alike each time, begun without their truth, and scored by it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boneir.commands.train as command
import boneir.train as verb
from boneir.case_folder import load_case, save_plan
from boneir.cli import main
from boneir.errors import CaseError, PlanError
from boneir.plan import LimitChange, Plan
from boneir.train import Best, best_of, judged, score
from boneir.training.practice import EXERCISES, PracticeCase, exercise, practice_case, read_attempt

COARSE = (2.4, 2.4, 3.0)


@pytest.fixture(scope="module")
def practice() -> PracticeCase:
    return practice_case(EXERCISES[0], COARSE)


@pytest.fixture(scope="module")
def best(practice: PracticeCase) -> Best:
    return best_of(practice)


def test_names_are_unique_and_every_task_says_its_device() -> None:
    from boneir.ablation.devices import device

    assert len({item.name for item in EXERCISES}) == len(EXERCISES) >= 3
    for item in EXERCISES:
        assert device(item.device).ready().technique is item.technique
    with pytest.raises(CaseError, match="lumbar-lytic"):
        exercise("no such case")


@pytest.mark.parametrize("task", EXERCISES, ids=lambda task: task.name)
def test_the_lesion_lies_in_its_bone_and_shows_in_the_image(task: Any) -> None:
    made = practice_case(task, COARSE)
    lesion, bone = made.truth.lesion().mask, made.truth.structure(task.bone).mask
    ball_ml = 4 / 3 * np.pi * (task.diameter_mm / 2) ** 3 / 1000
    assert 0.3 * ball_ml < lesion.volume_ml < 1.3 * ball_ml
    inside = lesion.full() & bone.full()
    assert inside.sum() == lesion.count
    assert made.truth.image.uid == made.image.uid


def test_the_same_exercise_gives_the_same_voxels(practice: PracticeCase) -> None:
    again = practice_case(EXERCISES[0], COARSE)
    assert again.image.uid == practice.image.uid
    assert again.truth.uid == practice.truth.uid


def test_the_best_plan_passes_and_none_of_them_must_be_stopped(practice: PracticeCase, best: Best) -> None:
    assert best.plans
    assert not any(item.stops for item in best.facts)
    sheet = score(practice, best.plans[0], best, 60.0)
    assert sheet.points == pytest.approx(100.0)
    assert sheet.passed


def test_a_plan_beside_the_lesion_loses_its_coverage(practice: PracticeCase, best: Best) -> None:
    moved = _moved(best.plans[0], (0.0, 0.0, 40.0))
    own = judged(practice, moved)
    lesion = practice.truth.lesion().mask
    assert own.covered_percent < 1.0
    assert np.linalg.norm(np.subtract(moved.probes[0].trajectory.tip_mm, lesion.centroid_mm)) > 30
    assert score(practice, moved, best, 60.0).parts[1].points < 1.0


def test_words_of_the_plan_do_not_change_what_it_is_held_against(practice: PracticeCase, best: Best) -> None:
    plain = best.plans[0]
    loose = replace(
        plain,
        treatments=(replace(plain.treatments[0], lesion="my lesion", margin_mm=0.0),),
        limits=(LimitChange("clearance.spinal_canal", 0.0),),
    )
    assert judged(practice, loose) == judged(practice, plain)


def test_plans_of_something_else_are_refused(practice: PracticeCase, best: Best) -> None:
    plan = best.plans[0]
    with pytest.raises(PlanError, match="another image"):
        judged(practice, replace(plan, image_uid="0" * 64))
    with pytest.raises(PlanError, match="with probes"):
        judged(practice, replace(plan, treatments=(replace(plan.treatments[0], probes=()),)))
    other = replace(plan.treatments[0], probes=(replace(plan.probes[0], device="rf-cooled-2cm"),))
    with pytest.raises(PlanError, match="is to be planned with"):
        judged(practice, replace(plan, treatments=(other,)))


def test_the_command_begins_hides_times_and_scores(
    practice: PracticeCase,
    best: Best,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(verb, "practice_case", lambda task: practice)
    monkeypatch.setattr(command, "practice_case", lambda task: practice)
    monkeypatch.setattr(command, "best_of", lambda made: best)
    folder = tmp_path / "practice"
    now = iter((1000.0, 1300.0))
    monkeypatch.setattr("boneir.commands.train.time.time", lambda: next(now))
    assert main(["train", "start", practice.exercise.name, "--out", str(folder)]) == 0
    shown = load_case(folder)
    assert shown.image.uid == practice.image.uid
    assert not shown.lesions
    assert not any(item.origin == "truth" for item in shown.structures)
    assert read_attempt(folder).started_s == 1000.0
    save_plan(best.plans[0], folder)
    capsys.readouterr()
    assert main(["train", "score", best.plans[0].name, "--out", str(folder), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["seconds"] == 300.0
    assert document["points"] == pytest.approx(100.0)
    assert document["sheet"]["passed"] is True


def test_the_command_lists_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "list", "--json"]) == 0
    assert [item["name"] for item in json.loads(capsys.readouterr().out)["cases"]] == [i.name for i in EXERCISES]
    assert main(["train", "start"]) == 1
    assert main(["train", "score", "plan-1", "--out", str(tmp_path)]) == 1
    assert "no practice case was begun" in capsys.readouterr().err


def _moved(plan: Plan, by_mm: tuple[float, float, float]) -> Plan:
    probe = plan.probes[0]
    way = probe.trajectory
    entry, tip = (tuple(a + b for a, b in zip(p, by_mm, strict=True)) for p in (way.entry_mm, way.tip_mm))
    moved = replace(probe, trajectory=replace(way, entry_mm=entry, tip_mm=tip))
    return replace(plan, treatments=(replace(plan.treatments[0], probes=(moved,)),))

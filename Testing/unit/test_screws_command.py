"""The commands ``boneir screws`` and ``boneir score``, and what an assessment says of planned screws."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boneir.access.capsules import segment_distances
from boneir.assess import assess
from boneir.case import Case, Lesion, Role, Structure
from boneir.case_folder import load_case, save_case
from boneir.cli import main
from boneir.findings import Severity
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.plan import Plan, Screw, Technique, Trajectory, Treatment, read_plan
from boneir.stability.corridor_places import Site
from boneir.stability.propose_screw import propose_screw
from boneir.stability.screws_together import gap_mm, kept_apart
from boneir.training.synthetic_patient import synthetic_patient


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of three lumbar vertebrae with a lesion in the middle one."""
    vertebra = synthetic_patient(seed=0, spacing_mm=(6.0, 6.0, 6.0)).vertebra("L3")
    x, y, z = (float(v) for v in vertebra.at(0, 10, 0))
    grid = Grid((112, 100, 110), (1.0, 1.0, 1.0), (x - 55, y - 52, z - 56))
    patient = synthetic_patient(seed=0, grid=grid)
    names = ("vertebra_L2", "vertebra_L3", "vertebra_L4", "spinal_canal")
    made = tuple(
        Structure(name, Role.CRITICAL if name == "spinal_canal" else Role.BONE, patient.labels[name], name)
        for name in names
    )
    points = grid.to_mm(np.argwhere(np.ones(grid.shape, bool))[:, ::-1])
    ball = np.linalg.norm(points - np.asarray(vertebra.at(0, -10, 0)), axis=1) <= 7
    lesion = Lesion("lesion-1", Mask.of(ball.reshape(grid.shape), grid))
    path = tmp_path_factory.mktemp("screws") / "case"
    save_case(Case(patient.image, made, (lesion,)), path)
    return path


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_corridors_are_listed_and_chosen_ones_saved(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = answer(capsys, "screws", str(folder))
    assert [item["name"] for item in listed["corridors"]] == ["pedicle_L3_left", "pedicle_L3_right"]
    left, right = (item["width_mm"] for item in listed["corridors"])
    assert left == pytest.approx(right, abs=1.0), "the synthetic patient is alike on both sides"
    assert listed["plan"] is None
    saved = answer(capsys, "screws", str(folder), "--corridor", "pedicle_L3_left", "--name", "fixed")
    plan = read_plan(Path(saved["plan"]))
    assert [screw.name for screw in plan.treatments[0].screws] == ["Pedicle screw, L3 left"]
    assert plan.treatments[0].technique is Technique.FIXATION
    found = assess(load_case(folder), plan)
    assert not [m for m in found.measures if m.code.startswith("cement.")], "no cement is planned, so none is told of"
    assert found.measure("screw.margin", "Pedicle screw, L3 left").amount == pytest.approx(
        saved["corridors"][0]["margin_mm"], abs=0.3
    )
    assert found.measure("screw.breach", "Pedicle screw, L3 left").amount == 0
    assert (
        found.measure("stability.rigidity_bending_planned").amount >= found.measure("stability.rigidity_bending").amount
    )
    assert not [f for f in found.findings if f.code.startswith("screw.") and f.severity is Severity.STOP]


def test_proposed_screws_stay_out_of_the_canal(folder: Path) -> None:
    """Told from the voxels of its outline, without the surface that the corridor was looked for on."""
    case = load_case(folder)
    bones = {item.name: item.mask for item in case.structures}
    canal = bones["spinal_canal"].points_mm()
    for side in ("left", "right"):
        screw = propose_screw(case.image, bones, Site("pedicle", "L3", side)).screw
        steps = np.arange(0.0, screw.trajectory.length_mm, 0.25)
        axis = np.asarray([screw.trajectory.point_at(float(step)) for step in steps])
        apart = min(float(np.linalg.norm(canal - point, axis=1).min()) for point in axis)
        assert apart >= screw.diameter_mm / 2


def test_screws_that_would_meet_are_taken_shorter(folder: Path) -> None:
    case = load_case(folder)
    bones = {item.name: item.mask for item in case.structures}
    pair = [propose_screw(case.image, bones, Site("pedicle", "L3", side)) for side in ("left", "right")]
    wanted = gap_mm(*pair) + 4.0
    kept = kept_apart(case.image, bones, pair, wanted)
    assert gap_mm(*kept) >= wanted
    assert all(
        now.screw.trajectory.entry_mm == was.screw.trajectory.entry_mm for now, was in zip(kept, pair, strict=True)
    )
    lengths = [(now.length_mm, was.length_mm) for now, was in zip(kept, pair, strict=True)]
    assert any(now < was for now, was in lengths)
    assert all(now == pytest.approx(round(now / 5) * 5) for now, _ in lengths), "lengths of the catalogue"
    same = kept_apart(case.image, bones, pair, gap_mm(*pair) - 1.0)
    assert all(now is was for now, was in zip(same, pair, strict=True))
    one, other = (item.screw.trajectory for item in pair)
    exact = segment_distances([one.entry_mm], [one.tip_mm], other.entry_mm, other.tip_mm)[0]
    assert gap_mm(*pair) == pytest.approx(exact - sum(item.screw.diameter_mm for item in pair) / 2, abs=0.3)


def test_a_screw_through_the_canal_is_stopped(folder: Path) -> None:
    case = load_case(folder)
    middle = np.asarray(case.structure("spinal_canal").mask.centroid_mm)
    head, tip = (tuple(float(v) for v in middle + np.array([0.0, back, 0.0])) for back in (30.0, -25.0))
    plan = Plan("bad", (Treatment("lesion-1", Technique.CEMENT, screws=(Screw("s", Trajectory(head, tip), 6.0),)),))
    found = assess(case, replace(plan, image_uid=case.image.uid))
    codes = {f.code for f in found.findings if f.severity is Severity.STOP}
    assert {"screw.critical", "screw.breach"} <= codes
    assert found.measure("screw.clearance", "s").amount < -2.0


def test_a_score_is_asked_for_and_answered(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = answer(capsys, "score", str(folder))
    assert {"Pain", "Alignment"} <= set(first["open"])
    words = ("--answer", "sins.pain=none", "--answer", "sins.alignment=normal", "--answer", "sins.lesion=lytic")
    second = answer(capsys, "score", str(folder), *words)
    assert second["low"] == second["high"] == 4  # mobile 2, lytic 2
    assert second["open"] == []
    assert main(["score", str(folder), "--answer", "mirels.pain=mild"]) == 1
    assert main(["score", str(folder), "--answer", "pain"]) == 1
    assert main(["screws", str(folder), "--corridor", "femoral_neck_left"]) == 1

"""A scene in one file: what is read is what was written, and a broken file breaks nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from boneir.case import Case
from boneir.errors import CaseError
from boneir.scene.build import build_scene
from boneir.scene.marks import PLAN, Part, marked
from boneir.scene.mrb import read_mrb, write_mrb
from boneir.scene.read_back import case_from_scene, plan_from_scene
from small_case import DIRECTIONS, small_assessment, small_case, small_plan


@pytest.fixture(scope="module", params=["flipped", "oblique"])
def a_case(request: pytest.FixtureRequest) -> Case:
    return small_case(DIRECTIONS[request.param], spacing=(2.1, 1.9, 3.3))


@pytest.fixture(scope="module")
def a_file(a_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    plan = small_plan(a_case)
    scene = build_scene(a_case, plan, small_assessment(a_case, plan))
    return write_mrb(scene, tmp_path_factory.mktemp("mrb") / "the plan.mrb")


def test_case_and_plan_come_back_equal(a_case: Case, a_file: Path) -> None:
    scene = read_mrb(a_file)
    assert plan_from_scene(scene) == small_plan(a_case)
    back = case_from_scene(scene)
    assert back.image.grid == a_case.image.grid
    assert back.image.source == a_case.image.source
    assert back.uid == a_case.uid
    assert plan_from_scene(scene).image_uid == back.image.uid
    for structure in a_case.structures:
        assert back.structure(structure.name).mask.equals(structure.mask)
        assert back.structure(structure.name).origin == structure.origin


def test_zones_and_needles_come_back(a_case: Case, a_file: Path) -> None:
    scene = read_mrb(a_file)
    zones = next(marked(scene, Part.ZONES)).GetSegmentation()
    assert [zones.GetNthSegmentID(n) for n in range(zones.GetNumberOfSegments())] == ["zone 1", "zone 1, sure"]
    assert len(list(marked(scene, Part.BODY, "plan-1"))) == 2
    line = next(marked(scene, Part.LINE))
    assert line.GetLocked()
    assert line.GetAttribute(PLAN) == "plan-1"


def test_a_needle_moved_before_saving_is_moved_after_reading(a_case: Case, tmp_path: Path) -> None:
    scene = build_scene(a_case, small_plan(a_case))
    next(marked(scene, Part.LINE)).SetNthControlPointPositionWorld(1, -9.0, -11.0, 404.5)
    back = plan_from_scene(read_mrb(write_mrb(scene, tmp_path / "moved.mrb")))
    assert back.probes[0].trajectory.tip_mm == pytest.approx((9.0, 11.0, 404.5), abs=1e-4)


def test_the_working_folder_stays_and_paths_may_be_relative_to_it(
    a_case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_mrb(build_scene(a_case), Path("here/scene.mrb"))
    assert Path.cwd() == tmp_path
    assert case_from_scene(read_mrb(Path("here/scene.mrb"))).uid == a_case.uid
    assert Path.cwd() == tmp_path


def test_writing_leaves_only_the_file(a_file: Path) -> None:
    assert [path.name for path in a_file.parent.iterdir()] == ["the plan.mrb"]


def test_an_older_file_is_replaced_and_a_failed_writing_keeps_it(
    a_case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.mrb"
    path.write_bytes(b"older")

    class Full:
        def WriteToMRB(self, name: str) -> bool:
            Path(name).write_bytes(b"half")
            return False

    with pytest.raises(CaseError, match="could not write"):
        write_mrb(Full(), path)
    assert path.read_bytes() == b"older"
    assert [item.name for item in tmp_path.iterdir()] == ["kept.mrb"]
    write_mrb(build_scene(a_case), path)
    assert case_from_scene(read_mrb(path)).uid == a_case.uid


def test_bad_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="no such file"):
        read_mrb(tmp_path / "missing.mrb")
    (tmp_path / "text.mrb").write_text("not an archive")
    with pytest.raises(CaseError, match="could not read"):
        read_mrb(tmp_path / "text.mrb")
    with pytest.raises(CaseError, match=r"ends in \.mrb"):
        write_mrb(None, tmp_path / "scene.zip")

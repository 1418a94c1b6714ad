"""A case on disk: equal after reopening, whole after an interruption, and honest about damage."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boneir.image.safe_file as safe_file
from boneir.case import Case, Image, ImageSource, Lesion, Modality, Role, Structure
from boneir.case_folder import find_plan, is_case_folder, load_case, plan_paths, save_case, save_plan, set_aside
from boneir.errors import CaseError, PlanError
from boneir.evidence import Grade, Value
from boneir.findings import Finding, Severity
from boneir.image.safe_file import write_safely
from boneir.image.seg_nrrd import read_seg_nrrd
from boneir.mask import Mask
from boneir.plan import read_plan
from small_case import DIRECTIONS, small_case, small_plan

CASE = small_case(spacing=(8.0, 8.0, 8.0))


def a_case(name: str = "oblique") -> Case:
    case = small_case(DIRECTIONS[name], spacing=(6.0, 5.0, 7.0))
    source = ImageSource(path="ct", patient_name="Ä^B", slice_thickness_mm=1 / 3)
    pet = Image(np.random.default_rng(1).random((3, 4, 5), np.float32), case.image.grid.window((0, 0, 0), (3, 4, 5)), Modality.PET, "SUV")  # fmt: skip # noqa: E501
    limit = Value(1 / 7, "mm", Grade.DEFAULT, "BoneIRPlanner")
    finding = Finding("image.x", Severity.WARN, "Text.", 0.1, "mm", limit, (1.0, 2.0, 1e-9), "bone")
    nothing = Mask.of(np.zeros(case.image.grid.shape, bool), case.image.grid)
    image = replace(case.image, source=source)
    case = replace(case, image=image, others=(pet,), findings=(finding,))
    return case.with_structures([Structure("rib | 3", Role.PASSABLE, nothing, "rib", "by hand", sure=False)])


def assert_equal(a: Case, b: Case) -> None:
    assert a.uid == b.uid
    assert a.findings == b.findings
    for one, other in [(a.image, b.image), *zip(a.others, b.others, strict=True)]:
        assert np.array_equal(one.voxels, other.voxels)
        assert one.voxels.dtype == other.voxels.dtype
        assert (one.grid, one.modality, one.unit, one.source) == (other.grid, other.modality, other.unit, other.source)
    assert [(s.name, s.role, s.kind, s.origin, s.sure) for s in a.structures] == [
        (s.name, s.role, s.kind, s.origin, s.sure) for s in b.structures
    ]
    assert [(x.name, x.origin) for x in a.lesions] == [(x.name, x.origin) for x in b.lesions]
    for one, other in zip((*a.structures, *a.lesions), (*b.structures, *b.lesions), strict=True):
        assert one.mask.equals(other.mask), one.name


@pytest.mark.parametrize("name", DIRECTIONS)
def test_what_is_saved_opens_bit_for_bit(tmp_path: Path, name: str) -> None:
    case = a_case(name)
    assert not is_case_folder(tmp_path)
    assert save_case(case, tmp_path / "deep" / "er") == tmp_path / "deep" / "er"
    assert is_case_folder(tmp_path / "deep" / "er")
    assert_equal(load_case(tmp_path / "deep" / "er"), case)
    assert_equal(load_case(tmp_path / "deep" / "er" / "case.json"), case)


def test_a_case_without_outlines(tmp_path: Path) -> None:
    case = Case(a_case().image)
    assert_equal(load_case(save_case(case, tmp_path)), case)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".nrrd"]


def test_the_same_case_gives_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        save_case(a_case(), folder)
        contents.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert contents[0] == contents[1]


def test_saving_again_replaces_the_case_and_leaves_no_litter(tmp_path: Path) -> None:
    case = a_case()
    save_case(case, tmp_path)
    save_plan(small_plan(CASE), tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "image-mine.nrrd").write_text("mine")
    (tmp_path / ".case.json.abc.part").write_text("from a crash")
    image_file = next(path for path in tmp_path.glob("image-*.nrrd") if path.name != "image-mine.nrrd")
    before = image_file.stat().st_mtime_ns
    fewer = replace(case, structures=case.structures[:1], others=())
    save_case(fewer, tmp_path)
    assert_equal(load_case(tmp_path), fewer)
    assert image_file.stat().st_mtime_ns == before, "an image that is there already is not written again"
    assert len(plan_paths(tmp_path)) == 1
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 6  # case, image, outlines, plans, and the two files of the user
    assert {"notes.txt", "image-mine.nrrd"} < set(names)


@pytest.mark.parametrize("moment", ["open", "write", "sync", "rename", "json"])
def test_an_interruption_leaves_the_old_case(tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail at each step of the writing of the changed case, as a full disk or a pulled plug would."""
    old = a_case()
    save_case(old, tmp_path)
    mask = old.lesions[0].mask
    new = old.with_lesion(Lesion("second", mask)).with_findings([Finding("a.b", Severity.NOTE, "New.")])

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if moment == "open":
            patch.setattr(safe_file.tempfile, "mkstemp", fail)
        elif moment == "write":
            patch.setattr(safe_file.os, "fdopen", fail)
        elif moment == "sync":
            patch.setattr(safe_file.os, "fsync", fail)
        elif moment == "rename":
            patch.setattr(Path, "replace", fail)
        else:  # the outlines are written, then the last step fails
            whole = write_safely
            patch.setattr(
                "boneir.case_folder.write_safely",
                lambda path, chunks: fail() if path.name == "case.json" else whole(path, chunks),
            )
        with pytest.raises(CaseError, match="the case cannot be written"):
            save_case(new, tmp_path)
    assert_equal(load_case(tmp_path), old)
    assert not list(tmp_path.glob(".*.part"))
    save_case(new, tmp_path)
    assert_equal(load_case(tmp_path), new)
    assert len(list(tmp_path.glob("outlines-*"))) == 1


def test_what_another_program_saved_meanwhile_is_not_lost(tmp_path: Path) -> None:
    save_case(a_case(), tmp_path)
    one, other = load_case(tmp_path), load_case(tmp_path)
    mask = one.lesions[0].mask
    save_case(one.with_lesion(Lesion("of the one", mask)), tmp_path, instead_of=one.uid)
    with pytest.raises(CaseError, match="another program has changed the case"):
        save_case(other.with_lesion(Lesion("of the other", mask)), tmp_path, instead_of=other.uid)
    assert load_case(tmp_path).lesions[-1].name == "of the one"
    again = load_case(tmp_path)
    save_case(again.with_lesion(Lesion("of the other", mask)), tmp_path, instead_of=again.uid)
    assert [item.name for item in load_case(tmp_path).lesions][-2:] == ["of the one", "of the other"]


def test_a_full_disk_is_told_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(safe_file.os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as told:
        write_safely(tmp_path / "plan.html", [b"words"])
    assert told.value.filename == str(tmp_path / "plan.html")
    assert list(tmp_path.iterdir()) == []


def test_a_kill_between_writing_and_renaming_leaves_the_old_file(tmp_path: Path) -> None:
    """A real process that dies by a signal while it writes."""
    import subprocess
    import sys

    path = tmp_path / "case.json"
    path.write_bytes(b"old")
    script = (
        "import os, signal, sys; from pathlib import Path; from boneir.image.safe_file import write_safely\n"
        "def chunks():\n    yield b'new' * 100000\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_safely(Path(sys.argv[1]), chunks())"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode != 0
    assert path.read_bytes() == b"old"


def test_a_file_is_readable_as_others_are(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("x")
    assert write_safely(tmp_path / "safe", [b"x"]).stat().st_mode == plain.stat().st_mode


def test_all_faults_of_case_json_are_listed(tmp_path: Path) -> None:
    save_case(a_case(), tmp_path)
    path = tmp_path / "case.json"
    data = json.loads(path.read_text())
    data["structures"][0]["role"] = "friend"
    data["image"]["grid"]["spacing_mm"][1] = "wide"
    del data["image"]["uid"]
    data["findings"][0]["measured"] = "much"
    path.write_text(json.dumps(data))
    with pytest.raises(CaseError) as caught:
        load_case(tmp_path)
    for place in ("4 faults", "structures[0].role", "image.grid.spacing_mm[1]", "image.uid", "findings[0].measured"):
        assert place in str(caught.value)


def changed(folder: Path, pattern: str, old: bytes, new: bytes) -> None:
    path = next(folder.glob(pattern))
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


DAMAGE = [
    (lambda f: (f / "case.json").unlink(), "no case here"),
    (lambda f: (f / "case.json").write_text("{"), "not a JSON document"),
    (lambda f: changed(f, "case.json", b"boneir.case/1", b"boneir.case/9"), "the schema is 'boneir.case/9'"),
    (
        lambda f: changed(f, "case.json", b'"file": "image-', b'"file": "../image-'),
        "which is not a file of this folder",
    ),
    (lambda f: changed(f, "case.json", b"rib | 3", b"rib | 4"), "has no segment for rib | 4"),
    (lambda f: changed(f, "case.json", b'"role": "bone"', b'"role": "critical"'), "the outlines are not those"),
    (lambda f: changed(f, "case.json", b'"spacing_mm": [\n        6.0', b'"spacing_mm": [\n        -6.0'), "positive"),
    (
        lambda f: changed(f, "case.json", b'"spacing_mm": [\n        6.0', b'"spacing_mm": [\n        6.5'),
        "not the image",
    ),
    (
        lambda f: changed(f, "outlines-*", b"OffSet".replace(b"S", b"s") + b":=", b"Offset:=9"),
        "reaches beyond the image",
    ),
    (lambda f: next(f.glob("outlines-*")).unlink(), "cannot be read"),
    (lambda f: next(f.glob("image-*")).write_bytes(b"NRRD0004\n\n"), "not an NRRD file"),
]


@pytest.mark.parametrize(("damage", "sentence"), DAMAGE, ids=[str(n) for n in range(len(DAMAGE))])
def test_damage_is_found_and_named(tmp_path: Path, damage: Any, sentence: str) -> None:
    save_case(a_case(), tmp_path)
    damage(tmp_path)
    with pytest.raises(CaseError) as caught:
        load_case(tmp_path)
    assert sentence in str(caught.value)


def test_a_changed_voxel_is_found(tmp_path: Path) -> None:
    save_case(replace(a_case(), others=()), tmp_path)
    path = next(tmp_path.glob("image-*"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CaseError, match="it has been changed"):
        load_case(tmp_path)


def test_the_outlines_are_a_file_of_slicer(tmp_path: Path) -> None:
    case = a_case()
    save_case(case, tmp_path)
    segments = read_seg_nrrd(next(tmp_path.glob("outlines-*.seg.nrrd")))
    assert [item.name for item in segments] == [*(s.name for s in case.structures), *(x.name for x in case.lesions)]


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CaseError, match="the case cannot be written"):
        save_case(a_case(), tmp_path / "file")


def test_plans_are_saved_listed_and_found(tmp_path: Path) -> None:
    plan = small_plan(CASE)
    first = save_plan(plan, tmp_path)
    second = save_plan(replace(plan, name="über dem/Becken: 2"), tmp_path)
    assert first.parent == tmp_path / "plans"
    assert second.name == "über-dem-Becken-2.json"
    assert plan_paths(tmp_path) == tuple(sorted([first, second]))
    assert read_plan(find_plan(tmp_path, plan.name)) == plan
    assert find_plan(tmp_path, "über dem/Becken: 2") == second
    assert find_plan(tmp_path, second.name) == second
    assert find_plan(tmp_path / "elsewhere", first) == first
    with pytest.raises(PlanError, match="no plan 'other'; there are: "):
        find_plan(tmp_path, "other")


def test_a_plan_does_not_replace_one_of_another_name(tmp_path: Path) -> None:
    plan = small_plan(CASE)
    save_plan(replace(plan, name="a/b"), tmp_path)
    save_plan(replace(plan, name="a/b", note="better"), tmp_path)
    with pytest.raises(PlanError, match=r"a-b\.json holds the plan 'a/b'"):
        save_plan(replace(plan, name="a b"), tmp_path)
    assert read_plan(find_plan(tmp_path, "a/b")).note == "better"


def test_plans_move_with_their_folder(tmp_path: Path) -> None:
    save_case(a_case(), tmp_path / "one")
    save_plan(small_plan(CASE), tmp_path / "one")
    shutil.move(tmp_path / "one", tmp_path / "two")
    assert_equal(load_case(tmp_path / "two"), a_case())
    assert os.listdir(tmp_path / "two" / "plans")  # noqa: PTH208


def test_a_plan_that_another_replaces_is_kept_aside(tmp_path: Path) -> None:
    plan = small_plan(CASE)
    assert not set_aside(plan, tmp_path)
    path = save_plan(plan, tmp_path)
    assert not set_aside(plan, tmp_path), "the same plan again"
    assert not set_aside(replace(plan, name=plan.name.upper()), tmp_path), "another name: save_plan refuses it"
    other = replace(plan, note="drawn by hand")
    assert set_aside(other, tmp_path)
    save_plan(other, tmp_path)
    assert [read_plan(item) for item in plan_paths(tmp_path)] == [other]
    assert read_plan(path.parent / "replaced" / path.name) == plan

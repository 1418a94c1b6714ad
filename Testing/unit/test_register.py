"""Another image over the planning image, bones each for itself, the wrong level, and a plan on today's image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boneir.assess import assess
from boneir.case import Case, Image, Lesion, Modality, Role, Structure
from boneir.case_folder import load_case, save_case, save_plan
from boneir.cli import main
from boneir.errors import CaseError
from boneir.findings import Severity
from boneir.fusion.levels import best_level, check_level, level_findings, named_findings
from boneir.fusion.moved_plan import moved_mask, moved_needle
from boneir.fusion.quality import Verdict
from boneir.grid import Grid
from boneir.image.labels import NamedMask
from boneir.image.rigid import Rigid, placed, placed_grid
from boneir.mask import Mask
from boneir.open import case_of
from boneir.plan import Plan, Position, Technique, Trajectory, read_plan
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.register import neighbours_of, read_registration, register, save_registration
from boneir.training.demo_patient import DemoPatient, demo_patient
from boneir.transfer import Transfer, transfer

HALF_MM = 55.0
LANDMARKS = np.array([[0, 0, 90.0], [40, -20, 80], [-35, 10, 110], [10, 45, 120]])


def patient(spacing: tuple[float, float, float], shift_mm: float) -> DemoPatient:
    """The part of the synthetic patient around L3, on any grid: the same anatomy, never the same voxels."""
    rough = demo_patient(0, (6.0, 6.0, 6.0))
    low, high = rough.image.grid.corners_mm.min(axis=0), rough.image.grid.corners_mm.max(axis=0)
    low[2], high[2] = rough.seed_mm[2] - HALF_MM, rough.seed_mm[2] + HALF_MM
    ni, nj, nk = (int(n) for n in (high - low) / spacing)
    return demo_patient(0, grid=Grid((nk, nj, ni), spacing, (low[0] + shift_mm, low[1] + shift_mm, low[2])))


def case_from(made: DemoPatient, motion: Rigid = Rigid(), *, lesion: bool = False) -> Case:  # noqa: B008 - frozen
    image = placed(made.image, motion)
    named = [NamedMask(name, Mask(image.grid, m.corner, m.voxels), "", "labels") for name, m in made.labels.items()]
    case = case_of(image, named)
    return case.with_lesion(Lesion("lesion-1", made.lesion)) if lesion else case


@pytest.fixture(scope="module")
def planned_patient() -> DemoPatient:
    return patient((2.4, 2.4, 2.5), 0.0)


@pytest.fixture(scope="module")
def motion(planned_patient: DemoPatient) -> Rigid:
    return Rigid.about(planned_patient.seed_mm, (4.0, -3.0, 6.0), (9.0, -6.0, 12.0))


@pytest.fixture(scope="module")
def case(planned_patient: DemoPatient) -> Case:
    return case_from(planned_patient, lesion=True)


@pytest.fixture(scope="module")
def plan(case: Case) -> Plan:
    return propose(case, Goal(Technique.MICROWAVE, "emprint", max_plans=1)).plans[0]


@pytest.fixture(scope="module")
def today(motion: Rigid) -> Case:
    return case_from(patient((2.6, 2.6, 3.0), 0.7), motion)


@pytest.fixture(scope="module")
def moved(case: Case, plan: Plan, today: Case) -> Transfer:
    return transfer(case, plan, today, position=Position.SUPINE)


def test_needles_go_with_their_bone_and_begin_at_the_skin(
    case: Case, plan: Plan, moved: Transfer, motion: Rigid
) -> None:
    for old, new in zip(plan.probes, moved.plan.probes, strict=True):
        assert np.linalg.norm(motion.apply(old.trajectory.tip_mm) - new.trajectory.tip_mm) < 1.0
        assert np.linalg.norm(motion.apply(old.trajectory.entry_mm) - new.trajectory.entry_mm) < 4.0
        turned = motion.matrix @ np.asarray(old.trajectory.direction)
        assert np.degrees(np.arccos(turned @ np.asarray(new.trajectory.direction))) < 1.0
    assert moved.motions[0].name == "vertebra_L3"
    assert moved.motions[0].quality.verdict is Verdict.GOOD
    assert moved.motions[0].motion.apart_mm(motion, case.lesion().mask.points_mm()).max() < 1.0
    assert moved.plan.image_uid == moved.case.image.uid
    assert moved.plan.position is Position.SUPINE
    assert moved.alternative is None


def test_every_limit_is_checked_again_and_what_changed_is_said(moved: Transfer) -> None:
    assert moved.after.findings == assess(moved.case, moved.plan).findings
    changes = {(item.code, item.about): item for item in moved.changes.measures}
    for measure in moved.before.measures:
        if measure.code == "access.clearance" and measure.amount is not None:
            change = changes[measure.code, measure.about]
            assert change.before == measure.amount
            assert abs(change.difference) < 3.0  # a rigid patient: outlines on other voxels, nothing else
    new = {(finding.code, finding.about, finding.severity) for finding in moved.changes.new}
    assert not new & {(f.code, f.about, f.severity) for f in moved.before.findings}
    assert {f.code for f in moved.findings} - {"transfer.carried"} == {"transfer.lesion"}


def test_a_way_that_is_barred_today_is_replaced_and_what_today_does_not_show_is_carried_over(
    case: Case, plan: Plan, today: Case, motion: Rigid
) -> None:
    way = plan.probes[0].trajectory
    place = motion.apply(way.point_at(0.45 * way.length_mm))
    k, j, i = np.indices(today.image.grid.shape)
    away = np.linalg.norm(today.image.grid.to_mm(np.stack([i, j, k], axis=-1)) - place, axis=-1)
    barred = Structure("colon", Role.CRITICAL, Mask.of(away < 12.0, today.image.grid), "colon")
    without = replace(today, structures=tuple(s for s in today.structures if s.name != "aorta"), findings=())
    found = transfer(case, plan, without.with_structures([barred]))
    assert any(f.severity is Severity.STOP and f.about == "colon" for f in found.changes.new)
    assert found.alternative is not None
    assert found.alternative_after is not None
    stops = [f for f in found.alternative_after.findings if f.severity is Severity.STOP]
    assert not [f for f in stops if f.code.startswith("access.")]
    entries = [p.probes[0].trajectory.entry_mm for p in (found.plan, found.alternative)]
    assert np.linalg.norm(np.subtract(*entries)) <= 61.0
    assert found.findings[0].code == "transfer.nearest"
    carried = found.case.structure("aorta")
    assert not carried.sure
    assert np.allclose(carried.mask.centroid_mm, today.structure("aorta").mask.centroid_mm, atol=1.5)
    assert "transfer.carried" in {f.code for f in found.findings}
    assert found.case.structure("kidney_right").mask.equals(today.structure("kidney_right").mask)
    assert found.case.lesion().origin.startswith("moved from the planning image")


def test_a_needle_meets_the_skin_where_its_line_does() -> None:
    grid = Grid((60, 60, 60), (2.0, 2.0, 2.0), (-59.0, -59.0, -59.0))
    k, j, i = np.indices(grid.shape)
    points = grid.to_mm(np.stack([i, j, k], axis=-1))
    body = np.linalg.norm(points, axis=-1) < 50.0
    body &= ~((np.abs(points[..., 1] - 20.0) < 1.5) & (np.abs(points[..., 0]) < 10))  # a crack in the outline
    deep, shallow = Trajectory((0.0, 80.0, 0.0), (0.0, 5.0, 0.0)), Trajectory((0.0, 30.0, 0.0), (0.0, 5.0, 0.0))
    for needle in (deep, shallow):
        entry = moved_needle(needle, Rigid(), Mask.of(body, grid)).entry_mm
        assert entry[1] == pytest.approx(50.0, abs=1.6)
        assert entry[0] == entry[2] == 0.0
    outside = Trajectory((0.0, 90.0, 0.0), (0.0, 70.0, 0.0))
    assert moved_needle(outside, Rigid(), Mask.of(body, grid)) == outside


def test_a_moved_outline_keeps_place_and_volume() -> None:
    grid = Grid((40, 40, 40), (1.5, 1.5, 1.5))
    ball = np.linalg.norm(np.indices(grid.shape) - 19.5, axis=0) < 9
    mask = Mask.of(ball, grid)
    motion = Rigid.about(mask.centroid_mm, (20, 10, -15), (3.3, -2.1, 4.7))
    moved = moved_mask(mask, motion, grid)
    assert np.allclose(moved.centroid_mm, motion.apply(mask.centroid_mm), atol=0.05)
    assert moved.volume_ml == pytest.approx(mask.volume_ml, rel=0.02)


def test_the_wrong_level_is_told_from_the_right_one(case: Case, today: Case, motion: Rigid) -> None:
    bone = case.structure("vertebra_L3").mask
    neighbours = tuple(case.structure(name).mask.centroid_mm for name in ("vertebra_L2", "vertebra_L4"))
    right = check_level(case.image, today.image, bone, motion, neighbours)
    assert not level_findings(right, "L3", bone.centroid_mm)
    step = np.subtract(neighbours[0], bone.centroid_mm)
    wrong_motion = motion.after(Rigid(shift_mm=tuple(step)))
    wrong = check_level(case.image, today.image, bone, wrong_motion, neighbours)
    found = level_findings(wrong, "L3", bone.centroid_mm)
    assert [f.severity for f in found] == [Severity.STOP]
    assert wrong.shift_mm == pytest.approx(np.linalg.norm(step), abs=6.0)
    taken, said = best_level(case.image, today.image, bone, wrong_motion, neighbours, "L3")
    assert [(f.code, f.severity) for f in said] == [("registration.level_moved", Severity.WARN)]
    assert taken.apart_mm(motion, bone.points_mm()[::50]).max() < 1.0
    kept, said = best_level(case.image, today.image, bone, motion, neighbours, "L3")
    assert kept is motion
    assert not said
    outlined = {item.name: item.mask for item in today.of_role(Role.BONE) if item.name.startswith("vertebra_")}
    assert not named_findings("vertebra_L3", bone, motion, outlined)
    named = named_findings("vertebra_L3", bone, wrong_motion, outlined)
    assert [f.code for f in named] == ["registration.level_name"]
    assert "L2" in named[0].text
    assert "vertebra_" not in named[0].text
    assert neighbours_of("vertebra_L1") == ("vertebra_T12", "vertebra_L2")
    assert neighbours_of("vertebra_C1") == ("vertebra_C2",)


def test_a_pet_follows_the_ct_of_its_own_examination(case: Case, today: Case, motion: Rigid, tmp_path: Path) -> None:
    grid = Grid((24, 40, 50), (6.0, 6.0, 5.0), (-150.0, -120.0, 40.0))
    pet = Image(np.ones(grid.shape, np.float32), placed_grid(grid, motion), Modality.PET, "SUV")
    there = (LANDMARKS, motion.apply(LANDMARKS))
    got, registration = register(case, pet, "PET", through=today.image, bones=("vertebra_L3",), landmarks_mm=there)
    assert registration.quality.landmarks_mm is not None
    assert registration.quality.landmarks_mm < 1.0
    assert np.allclose(got.others[0].grid.corners_mm, grid.corners_mm, atol=1.0)
    assert got.others[0].voxels is pet.voxels
    assert registration.verdict is Verdict.GOOD
    assert registration.bones[0].motion.apart_mm(motion, case.lesion().mask.points_mm()).max() < 1.0
    save_case(got, tmp_path)
    path = save_registration(registration, tmp_path)
    assert read_registration(path) == registration
    assert load_case(tmp_path).others[0].uid == registration.placed_uid
    path.write_text("{}")
    with pytest.raises(CaseError, match="not a registration"):
        read_registration(path)
    with pytest.raises(CaseError, match="no structure"):
        register(case, today.image, bones=("vertebra_X9",))


def test_landmarks_that_do_not_fit_make_it_doubtful(case: Case, today: Case, motion: Rigid) -> None:
    off = motion.apply(LANDMARKS) + np.array([0.0, 3.0, 3.0])
    got, bad = register(case, today.image, landmarks_mm=(LANDMARKS, off))
    assert bad.verdict is Verdict.DOUBTFUL
    assert {f.code for f in bad.findings} == {"registration.landmarks_mm"}
    assert set(bad.findings) <= set(got.findings)


def test_the_command_saves_and_says_what_was_moved(
    case: Case,
    plan: Plan,
    today: Case,
    moved: Transfer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def known(old: Case, item: Plan, now: Case, *, position: Position | None) -> Transfer:
        assert (old.image.uid, item, now.image.uid) == (case.image.uid, plan, today.image.uid)
        assert position is Position.SUPINE
        return moved

    monkeypatch.setattr("boneir.commands.transfer.transfer", known)
    save_case(case, tmp_path / "old")
    save_plan(plan, tmp_path / "old")
    save_case(replace(today, findings=()), tmp_path / "new")
    assert main(["transfer", str(tmp_path / "old"), plan.name, str(tmp_path / "new"), "--position", "supine"]) == 0
    said = capsys.readouterr().out
    assert "L3" in said
    assert "vertebra_" not in said
    saved = tmp_path / "new" / "plans" / f"{plan.name}-today.json"
    assert read_plan(saved) == moved.plan
    assert main(["transfer", str(tmp_path / "old"), plan.name, str(tmp_path / "old" / "x.nii")]) == 1
    assert "--case" in capsys.readouterr().err

"""Opening: image, labels and what can be outlined become one case, and a saved case opens as itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses

from boneir.case import Case, Role
from boneir.case_folder import save_case
from boneir.errors import ImageError, OutlineError
from boneir.image.dicom_write import write_ct_series
from boneir.image.resample import mask_on
from boneir.image.seg_nrrd import Segment, seg_nrrd_bytes
from boneir.mask import Mask
from boneir.open import is_lesion_name, open_case
from boneir.training.synthetic_patient import SyntheticPatient, synthetic_patient
from dicom_files import MR, write_series


@pytest.fixture(scope="module")
def patient() -> SyntheticPatient:
    return synthetic_patient(seed=1, spacing_mm=(4.0, 4.0, 4.0))


@pytest.fixture(scope="module")
def folder(patient: SyntheticPatient, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("patient")
    write_ct_series(patient.image, root / "ct")
    labels = [Segment(name, patient.labels[name]) for name in ("aorta", "vertebra_L3", "kidney_left")]
    lesion = Mask.of(np.roll(patient.labels["vertebra_L3"].full(), 3, 0), patient.image.grid)
    (root / "labels.seg.nrrd").write_bytes(seg_nrrd_bytes([*labels, Segment("bone metastasis", lesion)]))
    return root


@pytest.fixture(scope="module")
def case(folder: Path) -> Case:
    return open_case(folder / "ct", labels=folder / "labels.seg.nrrd")


def dice(a: Mask, b: Mask) -> float:
    return 2 * int((a.full() & b.full()).sum()) / (a.count + b.count)


def test_the_image_comes_back_from_dicom(patient: SyntheticPatient, case: Case) -> None:
    assert np.array_equal(case.image.voxels, np.maximum(patient.image.voxels, -1024))
    assert case.image.grid.matches(patient.image.grid)


def test_labels_become_structures_with_roles(patient: SyntheticPatient, case: Case) -> None:
    for name, role in [("aorta", Role.CRITICAL), ("vertebra_L3", Role.BONE), ("kidney_left", Role.CRITICAL)]:
        structure = case.structure(name)
        assert (structure.role, structure.origin) == (role, "labels.seg.nrrd")
        assert np.array_equal(structure.mask.full(), patient.labels[name].full())


def test_what_labels_do_not_give_is_outlined(patient: SyntheticPatient, case: Case) -> None:
    assert case.structure("body").role is Role.BODY
    assert dice(case.structure("body").mask, patient.labels["body"]) > 0.95
    assert case.has("bone")


def test_a_label_that_is_called_metastasis_is_a_lesion(case: Case) -> None:
    assert case.lesion().name == "bone metastasis"
    assert not case.has("bone metastasis")


def test_what_is_not_outlined_is_said(case: Case) -> None:
    texts = [finding.text for finding in case.findings if finding.code == "case.absent"]
    # The joints of the hip are outlined, the others are not.
    (joints,) = (finding.text for finding in case.findings if finding.about == "joint")
    assert case.has("hip_joint_left")
    assert "no outline of sacroiliac joint" in joints
    assert not any("great vessels" in text for text in texts)
    # Of the nerve roots there are zones below the pedicles, and it is said that these stand for them.
    assert case.has("nerve_roots") == any(finding.code == "outline.nerve_roots" for finding in case.findings)
    assert case.has("nerve_roots") != any("nerve roots" in text for text in texts)


def test_a_saved_case_opens_as_itself_and_takes_labels(folder: Path, case: Case, tmp_path: Path) -> None:
    save_case(case, tmp_path / "case")
    assert open_case(tmp_path / "case").uid == case.uid
    again = open_case(tmp_path / "case" / "case.json", labels=folder / "labels.seg.nrrd")
    assert {s.name for s in again.structures} == {s.name for s in case.structures}


def test_labels_on_another_grid_are_fitted(patient: SyntheticPatient, folder: Path, tmp_path: Path) -> None:
    aorta = patient.labels["aorta"].full().astype(np.uint8)
    image = sitk.GetImageFromArray(aorta[:, ::-1].copy())
    grid = patient.image.grid
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.to_mm((0, grid.shape[1] - 1, 0)).tolist())
    image.SetDirection((np.reshape(grid.direction, (3, 3)) * [1, -1, 1]).ravel().tolist())
    sitk.WriteImage(image, str(tmp_path / "flipped.nii.gz"))
    (tmp_path / "names.csv").write_text("1,aorta\n")
    case = open_case(folder / "ct", labels=tmp_path / "flipped.nii.gz", label_names=tmp_path / "names.csv")
    assert np.array_equal(case.structure("aorta").mask.full(), aorta > 0)


def test_labels_of_somebody_else_are_refused(patient: SyntheticPatient, folder: Path, tmp_path: Path) -> None:
    far = patient.image.grid.window((5000, 0, 0), (10, 10, 10))
    stray = Segment("aorta", Mask.of(np.ones(far.shape, bool), far))
    (tmp_path / "far.seg.nrrd").write_bytes(seg_nrrd_bytes([stray]))
    with pytest.raises(OutlineError, match=r"far\.seg\.nrrd: none of its 1 outlines lies within the image"):
        open_case(folder / "ct", labels=tmp_path / "far.seg.nrrd")
    near = Segment("aorta", mask_on(patient.labels["aorta"], patient.image.grid))
    box = Segment("liver", Mask.of(np.zeros(patient.image.grid.shape, bool), patient.image.grid))
    (tmp_path / "half.seg.nrrd").write_bytes(seg_nrrd_bytes([near, box]))
    assert open_case(folder / "ct", labels=tmp_path / "half.seg.nrrd").has("aorta")


def test_mr_is_not_outlined_by_its_numbers(tmp_path: Path) -> None:
    case = open_case(write_series(tmp_path, Modality="MR", SOPClassUID=MR))
    assert case.structures == ()
    assert "open.not_outlined" in {finding.code for finding in case.findings}


def test_a_ct_without_a_body_opens_with_a_finding(tmp_path: Path) -> None:
    case = open_case(write_series(tmp_path, values=lambda points: np.full(points.shape[:-1], -1000.0)))
    assert not case.has("body")
    assert "open.not_outlined" in {finding.code for finding in case.findings}


def test_nothing_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="there is no such file or folder"):
        open_case(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lesion-1", True), ("GTV_Mass", True), ("L3 metastasis", True), ("Tumour", True), ("x SCT^1^Neoplasm", True),
        ("vertebra_L3", False), ("aorta", False), ("metatarsal", False), ("rib_left_3", False),
    ],
)  # fmt: skip
def test_lesions_are_known_by_their_names(name: str, expected: bool) -> None:
    assert is_lesion_name(name) is expected

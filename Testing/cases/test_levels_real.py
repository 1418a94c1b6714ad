"""Levels on real CTs: every vertebra by its right name, its body where others outlined it, and nothing made up."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses

from boneir.anatomy.outline import outline_structures
from boneir.anatomy.vertebra_parts import vertebra_parts
from boneir.case import Structure
from boneir.findings import Finding
from boneir.image.read import read_image
from boneir.image.volume_file import read_volume_file
from cases_folder import case_folder

pytestmark = pytest.mark.cases

LUMBAR = {27: "L5", 28: "L4", 29: "L3", 30: "L2", 31: "L1", 32: "T12", 33: "T11"}


@cache
def outlined(folder: str) -> tuple[dict[str, Structure], tuple[Finding, ...]]:
    image, _ = read_image(case_folder(folder))
    structures, findings = outline_structures(image)
    return {item.name: item for item in structures}, findings


@cache
def labels(name: str) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(case_folder("lumbar-ct") / name)))


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


@pytest.mark.parametrize("number", LUMBAR)
def test_every_labelled_level_has_the_same_name(number: int) -> None:
    found, findings = outlined("lumbar-ct/ct.nii.gz")
    true = labels("vertebrae_labels.nii.gz") == number
    most = max(
        (item for item in found.values() if item.name.startswith(("vertebra_", "sacrum"))),
        key=lambda item: np.count_nonzero(item.mask.full() & true),
    )
    assert most.name == f"vertebra_{LUMBAR[number]}"
    assert not [finding for finding in findings if finding.code == "levels.doubt"]


@pytest.mark.parametrize("number", [27, 28, 29, 30, 31])
def test_whole_bodies_agree_with_those_outlined_by_others(number: int) -> None:
    found, _ = outlined("lumbar-ct/ct.nii.gz")
    vertebra = found[f"vertebra_{LUMBAR[number]}"].mask
    parts = vertebra_parts(vertebra, found["spinal_canal"].mask)
    true = (labels("vertebrae_labels.nii.gz") == number) & (labels("vertebrae_body.nii.gz") == 1)
    assert dice(parts.body.full(), true) >= 0.85
    assert dice(vertebra.full(), labels("vertebrae_labels.nii.gz") == number) >= 0.8


# Counted by hand on the images: sacrum and lowest ribs, highest ribs, lowest ribs.
@pytest.mark.parametrize(
    ("folder", "highest", "lowest", "landmarks", "doubts"),
    [
        ("pelvis-ct-dicom", "T9", "L5", "the sacrum and from the lowest ribs", 0),
        ("thorax-ct-dicom", "C7", "T8", "the highest ribs", 1),
        ("thick-ct-dicom", "T11", "L5", "the lowest ribs", 1),
    ],
)
def test_levels_are_counted_from_what_the_scan_shows(
    folder: str, highest: str, lowest: str, landmarks: str, doubts: int
) -> None:
    found, findings = outlined(folder)
    (counted,) = (finding for finding in findings if finding.code == "levels.counted")
    assert counted.text == f"Levels {highest} to {lowest} are counted from {landmarks}."
    assert len([finding for finding in findings if finding.code == "levels.doubt"]) == doubts
    spine = [item.name for item in found.values() if item.name.startswith("vertebra_")]
    assert spine[0] == f"vertebra_{lowest}"
    assert spine[-1] == f"vertebra_{highest}"
    heights = [found[name].mask.centroid_mm[2] for name in spine]
    assert heights == sorted(heights)


def test_a_few_slices_of_spine_get_no_name() -> None:
    found, findings = outlined("jpeg2000-ct-dicom")
    assert "vertebrae" in found
    assert not [name for name in found if name.startswith("vertebra_")]
    assert [finding.code for finding in findings if finding.code.startswith("levels.")] == ["levels.unnamed"]


@pytest.mark.parametrize("folder", ["lumbar-ct/ct.nii.gz", "pelvis-ct-dicom", "thorax-ct-dicom", "thick-ct-dicom"])
def test_no_voxel_belongs_to_two_bones_or_to_the_canal(folder: str) -> None:
    found, _ = outlined(folder)
    bones = [item for item in found.values() if item.role.value == "bone" and item.name != "bone"]
    total = np.zeros(bones[0].mask.grid.shape, np.uint8)
    for item in bones:
        total[item.mask.window] += item.mask.voxels
    assert total.max() == 1
    assert not np.any((total > 0) & found["spinal_canal"].mask.full())


def test_discs_agree_with_given_ones() -> None:
    found = outlined("lumbar-ct/ct.nii.gz")[0]["intervertebral_discs"]
    given, _ = read_volume_file(case_folder("lumbar-ct") / "vertebrae_body.nii.gz")
    truth, mine = given == 2, found.mask.full()
    # Voxels of 3 mm: a disc is three or four of them high.
    assert 2 * np.count_nonzero(mine & truth) / (np.count_nonzero(mine) + np.count_nonzero(truth)) > 0.7
    assert not found.sure

"""Outlines of real CT series: the canal at practically every level, and the labels of others as second opinion."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from boneir.anatomy.from_labels import structures_from_labels
from boneir.anatomy.lesion import grow_lesion
from boneir.anatomy.outline import outline_structures
from boneir.case import Case
from boneir.image.labels import read_labels
from boneir.image.read import read_image
from boneir.training.implant import implant_lesion
from cases_folder import case_folder

pytestmark = pytest.mark.cases

ORGANS = {32: "vertebrae_T12", 33: "vertebrae_T11", 52: "aorta", 79: "spinal_cord"}
LUMBAR = {26: "S1", 27: "L5", 28: "L4", 29: "L3", 30: "L2", 31: "L1", 32: "T12", 33: "T11"}


@cache
def _outlined(name):
    image, _ = read_image(case_folder(name))
    structures, findings = outline_structures(image)
    return image, {item.name: item.mask for item in structures}, findings


@pytest.mark.parametrize(
    ("name", "length_mm", "expected"),
    [
        ("pelvis-ct-dicom", 350.0, {"lungs", "aorta", "inferior_vena_cava", "kidney_left", "kidney_right"}),
        (
            "thorax-ct-dicom",
            155.0,
            {"lungs", "aorta", "humerus_left", "humerus_right", "scapula_left", "scapula_right"},
        ),
        (
            "thick-ct-dicom",
            200.0,
            {"lungs", "contrast_filled", "aorta", "inferior_vena_cava", "kidney_left", "kidney_right"},
        ),
        ("jpeg2000-ct-dicom", 36.0, {"aorta"}),
    ],
)
def test_the_canal_is_there_from_end_to_end(name, length_mm, expected):
    image, masks, findings = _outlined(name)
    assert {"body", "bone", "spinal_canal", "gas", "bowel_wall"} | expected <= set(masks)
    # What is not there is not outlined either.
    sometimes = {"contrast_filled", "kidney_left", "kidney_right", "inferior_vena_cava", "humerus_left", "scapula_left"}
    assert not (sometimes - expected) & set(masks)
    assert "urinary_bladder" not in masks
    canal = masks["spinal_canal"].full()
    slices = canal.any(axis=(1, 2))
    assert np.count_nonzero(slices) * image.grid.spacing_mm[2] >= length_mm
    first, last = np.flatnonzero(slices)[[0, -1]]
    assert slices[first : last + 1].all()
    areas = canal[slices].sum(axis=(1, 2)) * image.grid.spacing_mm[0] * image.grid.spacing_mm[1]
    assert np.median(areas) > 120
    assert areas.max() < 700
    assert not (canal & masks["bone"].full()).any()
    # Soft tissue and fluid, not marrow or air.
    assert np.percentile(image.voxels[canal], 50) == pytest.approx(25, abs=45)
    for joint, shown in (("hip_joint_", "pelvis"), ("shoulder_joint_", "thorax")):
        heads = [finding.measured for finding in findings if finding.about.startswith(joint)]
        # Both heads of a person are alike.
        assert len(heads) == (2 if name.startswith(shown) else 0)
        assert not heads or np.ptp(heads) < 2.0


def test_the_canal_covers_the_labelled_spinal_cord(tmp_path):
    image, masks, _ = _outlined("jpeg2000-ct-dicom")
    names = tmp_path / "names.json"
    names.write_text(json.dumps({n: ORGANS.get(n, f"structure number {n}") for n in range(1, 118)}))
    labels = read_labels(case_folder("jpeg2000-ct-dicom-labels") / "organs.nii.gz", names)
    found = {item.name: item.mask.full() for item in structures_from_labels(labels, image.grid)}
    assert masks["spinal_canal"].full()[found["spinal_cord"]].mean() > 0.96
    vertebrae = found["vertebra_T12"] | found["vertebra_T11"]
    assert masks["bone"].full()[vertebrae].mean() > 0.85
    aorta, truth = masks["aorta"].full(), found["aorta"]
    # Its calcified wall is left out in part.
    assert 2 * np.count_nonzero(aorta & truth) / (np.count_nonzero(aorta) + np.count_nonzero(truth)) > 0.78
    assert truth[aorta].mean() > 0.9


def test_bone_and_canal_agree_with_labels_of_others(tmp_path):
    image, masks, _ = _outlined("lumbar-ct/ct.nii.gz")
    names = tmp_path / "names.json"
    names.write_text(json.dumps({number: f"vertebrae_{level}" for number, level in LUMBAR.items()}))
    labels = read_labels(case_folder("lumbar-ct") / "vertebrae_labels.nii.gz", names)
    structures = structures_from_labels(labels, image.grid, canal_from_vertebrae=True)
    vertebrae = np.zeros(image.grid.shape, bool)
    for item in structures:
        if item.kind.startswith("vertebra_"):
            vertebrae |= item.mask.full()
    bone, canal = masks["bone"].full(), masks["spinal_canal"].full()
    assert bone[vertebrae].mean() > 0.7  # osteopenic bone on voxels of 3 mm
    rings = [hole for hole in _rings(vertebrae) if 60 <= np.count_nonzero(hole) * 9.0 <= 700]
    assert len(rings) >= 8
    assert min(canal[k][hole].mean() for k, hole in _with_slices(vertebrae)) > 0.85
    # Two ways to the same canal: by the numbers, and by the rings of the labels.
    by_labels = next(item for item in structures if item.name == "spinal_canal").mask.full()
    shown = by_labels.any(axis=(1, 2)) & canal.any(axis=(1, 2))
    both = np.count_nonzero(by_labels[shown] & canal[shown])
    assert 2 * both / (np.count_nonzero(by_labels[shown]) + np.count_nonzero(canal[shown])) > 0.75


def test_a_canal_that_the_scan_cuts_off_is_said_to_be_missing():
    _, masks, findings = _outlined("sarcoma-pet-ct-mr/CT")
    assert "spinal_canal" not in masks
    assert {"outline.canal", "outline.field_of_view"} <= {f.code for f in findings}


def test_implanted_lesions_are_found_again():
    image, masks, findings = _outlined("thick-ct-dicom")
    scores = []
    for kind, seed, centre in (
        ("lytic", 1, (3.0, 14.0, -335.0)),
        ("lytic", 2, (-1.0, 8.0, -345.0)),
        ("sclerotic", 3, (4.0, 40.0, -235.0)),
        ("sclerotic", 4, (-12.0, 13.0, -335.0)),
    ):
        made = implant_lesion(image, centre, 20.0 + seed, kind, bone=masks["bone"], seed=seed)
        structures, _ = outline_structures(made.image)
        lesion, _ = grow_lesion(Case(made.image, structures, findings=findings), made.mask.centroid_mm)
        found, truth = lesion.mask.full(), made.mask.full()
        scores.append(2 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + np.count_nonzero(truth)))
    assert np.median(scores) > 0.75


def _with_slices(vertebrae):
    for k, plane in enumerate(vertebrae):
        holes = ndimage.binary_fill_holes(plane) & ~plane
        labels, count = ndimage.label(holes)
        for n in range(1, count + 1):
            hole = labels == n
            if 60 <= np.count_nonzero(hole) * 9.0 <= 700:
                yield k, hole


def _rings(vertebrae):
    return [hole for _, hole in _with_slices(vertebrae)]

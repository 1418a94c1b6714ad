"""Outlines of a whole patient, spoilt one at a time: each fault is found where it is, and the unspoilt has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from boneir.anatomy.quality import quality_findings
from boneir.anatomy.structures import structure_kinds
from boneir.case import Structure
from boneir.mask import Mask
from boneir.training.synthetic_patient import synthetic_patient

KEYS = (
    "bone", "spinal_canal", "sacrum", "vertebra_L4", "vertebra_L3", "vertebra_L2", "vertebra_L1", "aorta",
    "inferior_vena_cava", "kidney_left", "urinary_bladder",
)  # fmt: skip


@pytest.fixture(scope="module")
def patient():
    made = synthetic_patient(seed=0, spacing_mm=(2.0, 2.0, 3.0))
    kinds = structure_kinds()
    items = {key: Structure(key, kinds[key].role, made.labels[key], key, "labels") for key in KEYS}
    return made.image, items


def spoilt(patient, key: str, change) -> tuple:
    """Findings of the patient with one outline changed as an array of the whole grid."""
    image, items = patient
    mask = Mask.of(change(items[key].mask.full().copy()), image.grid)
    return quality_findings(image, [*(i for k, i in items.items() if k != key), replace(items[key], mask=mask)])


def about(findings, code: str, key: str) -> list:
    return [finding for finding in findings if (finding.code, finding.about) == (code, key)]


def test_the_unspoilt_patient_has_no_fault(patient):
    image, items = patient
    assert quality_findings(image, items.values()) == ()


def test_a_vertebra_that_leaks_into_muscle_is_found_there(patient):
    image, items = patient
    place = np.asarray(items["vertebra_L3"].mask.centroid_mm) + np.asarray([45.0, 10.0, 0.0])

    def leak(marked):
        index = np.argwhere(np.ones(marked.shape, bool))
        near = np.linalg.norm(image.grid.to_mm(index[:, ::-1]) - place, axis=1) < 16.0
        marked[tuple(index[near].T)] = True
        return marked

    (found,) = about(spoilt(patient, "vertebra_L3", leak), "quality.leak", "vertebra_L3")
    assert np.linalg.norm(np.asarray(found.place_mm) - place) < 16.0
    assert found.measured > found.limit.amount


def test_a_vertebra_in_two_pieces_is_found(patient):
    _, items = patient
    low, high = (items["vertebra_L2"].mask.window[0].start, items["vertebra_L2"].mask.window[0].stop)
    middle = (low + high) // 2

    def cut(marked):
        marked[middle - 1 : middle + 1] = False
        return marked

    assert about(spoilt(patient, "vertebra_L2", cut), "quality.pieces", "vertebra_L2")


def test_a_missing_level_is_found_between_its_neighbours(patient):
    image, items = patient
    findings = quality_findings(image, [item for key, item in items.items() if key != "vertebra_L2"])
    (found,) = [finding for finding in findings if finding.code == "quality.missing_level"]
    assert np.linalg.norm(np.asarray(found.place_mm) - items["vertebra_L2"].mask.centroid_mm) < 12.0


def test_half_a_vertebra_is_found(patient):
    def halve(marked):
        rows = np.flatnonzero(marked.any(axis=(1, 2)))
        marked[rows[len(rows) // 3] :] = False
        return marked

    assert about(spoilt(patient, "vertebra_L2", halve), "quality.volume", "vertebra_L2")


def test_a_canal_squeezed_to_four_millimetres_is_found_at_its_level(patient):
    image, items = patient
    level = round(float(image.grid.to_ijk(items["vertebra_L2"].mask.centroid_mm)[2]))

    def squeeze(marked):
        for k in range(level - 1, level + 2):
            places = np.argwhere(marked[k])
            middle = np.rint(places.mean(axis=0)).astype(int)
            thin = np.zeros_like(marked[k])
            thin[middle[0] : middle[0] + 2, :] = marked[k][middle[0] : middle[0] + 2, :]
            marked[k] = thin
        return marked

    (found,) = about(spoilt(patient, "spinal_canal", squeeze), "quality.canal", "spinal_canal")
    assert found.measured == pytest.approx(4.0, abs=1.0)
    assert abs(found.place_mm[2] - items["vertebra_L2"].mask.centroid_mm[2]) < 8.0


@pytest.mark.parametrize(
    ("key", "grown_mm"), [("aorta", 24.0), ("inferior_vena_cava", 20.0), ("kidney_left", 20.0), ("spinal_canal", 12.0)]
)
def test_an_organ_far_too_large_is_found(patient, key, grown_mm):
    image, _ = patient

    def grow(marked):
        return ndimage.distance_transform_edt(~marked, sampling=image.grid.spacing_mm[::-1]) <= grown_mm

    assert about(spoilt(patient, key, grow), "quality.volume", key)

"""Registration on real images: vertebrae that moved apart, and a few of the known motions of the study."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from scipy import ndimage

from boneir.case import Image
from boneir.fusion.levels import check_level, level_findings
from boneir.fusion.quality import Verdict, quality_of
from boneir.fusion.registration import pair_of_bone, register_bone
from boneir.image.read import read_image
from boneir.image.rigid import Rigid
from boneir.mask import Mask
from cases_folder import case_folder

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

LABELS = {"L2": 30, "L3": 29, "L4": 28}


@pytest.fixture(scope="module")
def spine() -> tuple[Image, np.ndarray]:
    folder = case_folder("lumbar-ct")
    image, _ = read_image(folder / "ct.nii.gz")
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "vertebrae_labels.nii.gz")))
    marked = np.argwhere(np.isin(labels, list(LABELS.values())))
    low, high = np.maximum(marked.min(axis=0) - 12, 0), np.minimum(marked.max(axis=0) + 13, labels.shape)
    window = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    corner = tuple(int(a) for a in low)
    grid = image.grid.window(corner, image.voxels[window].shape)
    return Image(image.voxels[window].copy(), grid), labels[window]


def moved_apart(image: Image, labels: np.ndarray, motions: dict[int, Rigid], seed: int) -> Image:
    """A second scan: every bone goes with its own motion, and what lies between with the nearest bone."""
    k, j, i = np.indices(image.grid.shape)
    points = image.grid.to_mm(np.stack([i, j, k], axis=-1)).reshape(-1, 3)
    values, nearest = np.full(len(points), -1000.0), np.full(len(points), np.inf)
    for label, motion in motions.items():
        away = ndimage.distance_transform_edt(labels != label, sampling=image.grid.spacing_mm[::-1])
        kji = image.grid.to_ijk(motion.inverse.apply(points))[:, ::-1].T
        distance = ndimage.map_coordinates(away, kji, order=1, mode="nearest")
        closer = distance < nearest
        nearest[closer] = distance[closer]
        seen = ndimage.map_coordinates(image.voxels.astype(float), kji[:, closer], order=1, cval=-1000.0)
        values[closer] = seen
    values += np.random.default_rng(seed).normal(0, 25.0, len(values))
    return Image(np.rint(values).astype(np.int16).reshape(image.grid.shape), image.grid)


@pytest.mark.parametrize("seed", [1, 2])
def test_two_vertebrae_that_moved_apart_are_each_found(spine: tuple[Image, np.ndarray], seed: int) -> None:
    image, labels = spine
    draw = np.random.default_rng(seed)
    bones = {name: Mask.of(labels == label, image.grid) for name, label in LABELS.items()}
    motions = {
        label: Rigid.about(bones[name].centroid_mm, draw.uniform(-6, 6, 3), draw.uniform(-4, 4, 3))
        for name, label in LABELS.items()
    }
    today = moved_apart(image, labels, motions, seed)
    for name in ("L2", "L3"):
        bone, truth = bones[name], motions[LABELS[name]]
        found = register_bone(image, today, bone, Rigid())
        assert found.apart_mm(truth, bone.points_mm()).max() < 1.0
        quality = quality_of(pair_of_bone(image, today, bone, found), found)
        assert quality.verdict is Verdict.GOOD
        others = tuple(bones[other].centroid_mm for other in ("L2", "L3", "L4") if other != name)
        assert not level_findings(check_level(image, today, bone, found, others[:2]), name, bone.centroid_mm)
    apart = motions[LABELS["L2"]].apart_mm(motions[LABELS["L3"]], np.asarray(bones["L3"].centroid_mm))
    assert apart > 2.0  # they did move apart


def test_one_vertebra_is_not_taken_for_the_next(spine: tuple[Image, np.ndarray]) -> None:
    image, labels = spine
    bones = {name: Mask.of(labels == label, image.grid) for name, label in LABELS.items()}
    noisy = moved_apart(image, labels, dict.fromkeys(LABELS.values(), Rigid()), 3)
    step = np.subtract(bones["L2"].centroid_mm, bones["L3"].centroid_mm)
    start = Rigid.of(np.eye(3), step)
    wrong = register_bone(image, noisy, bones["L3"], start)
    places = tuple(bones[name].centroid_mm for name in ("L2", "L4"))
    assert wrong.apart_mm(Rigid(), np.asarray(bones["L3"].centroid_mm)) > 20.0
    found = level_findings(check_level(image, noisy, bones["L3"], wrong, places), "L3", bones["L3"].centroid_mm)
    assert [finding.code for finding in found] == ["registration.level"]


@pytest.mark.parametrize(
    ("pair", "seed", "most_mm"), [("ct-ct", 3, 1.0), ("ct-simulated-mr", 4, 1.5), ("ct-mr", 5, 1.5), ("ct-pet", 6, 1.0)]
)
def test_a_known_motion_of_a_real_image_is_found(pair: str, seed: int, most_mm: float) -> None:
    case_folder("lumbar-ct" if pair in ("ct-ct", "ct-simulated-mr") else "sarcoma-pet-ct-mr")
    import study_registration

    result = study_registration.trial(pair, seed)
    assert result["start_mm"] > 5.0
    assert result["error_mm"] < most_mm
    assert result["off_verdict"] != "good"
    if pair != "ct-mr":
        assert result["verdict"] == "good"

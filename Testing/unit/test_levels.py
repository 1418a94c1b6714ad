"""Levels of synthetic patients: whoever they are, and however the scan is cut and turned, by their true names."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from boneir.anatomy.outline import outline_structures
from boneir.case import Image, Structure
from boneir.grid import Grid
from boneir.training.synthetic_patient import SyntheticPatient
from boneir.training.synthetic_pelvis import HEAD_RADIUS_MM
from outlined_patient import cut, outlined, patient

SEEDS = (0, 5)
WHOLE = ("L5", "L4", "L3", "L2", "L1", "T12", "T11")


def turned(image: Image) -> Image:
    """The same patient stored from the head down and from left to right."""
    grid = image.grid
    far = grid.to_mm((grid.shape[2] - 1, 0, grid.shape[0] - 1))
    x, y, z = (float(v) for v in far)
    other = Grid(grid.shape, grid.spacing_mm, (x, y, z), (-1.0, 0, 0, 0, 1.0, 0, 0, 0, -1.0))
    return Image(np.ascontiguousarray(image.voxels[::-1, :, ::-1]), other)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


def right_names(structures: dict[str, Structure], made: SyntheticPatient) -> None:
    """Every named vertebra holds the middle of the true one of that name."""
    named = [name.removeprefix("vertebra_") for name in structures if name.startswith("vertebra_")]
    assert named
    for vertebra in made.spine:
        middle = vertebra.at(0, 0, 0)
        if vertebra.name in named and made.image.grid.contains(middle):
            mask = structures[f"vertebra_{vertebra.name}"].mask
            # Of a vertebra at the cut end of the scan the middle may be outside.
            assert mask.at(middle) or not mask.grid.contains(middle), vertebra.name


@pytest.mark.parametrize("seed", SEEDS)
def test_every_level_is_named_right_and_counted_from_both_ends(seed: int) -> None:
    found, findings = outlined(seed)
    right_names(found, patient(seed))
    assert all(f"vertebra_{name}" in found for name in WHOLE)
    (counted,) = (finding for finding in findings if finding.code == "levels.counted")
    assert "the sacrum and from the lowest ribs" in counted.text
    assert not [finding for finding in findings if finding.code == "levels.doubt"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("level", WHOLE)
def test_vertebrae_are_where_they_were_drawn(seed: int, level: str) -> None:
    name = f"vertebra_{level}"
    assert dice(outlined(seed)[0][name].mask.full(), patient(seed).labels[name].full()) > 0.75


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_ribs_and_hips_lie_on_their_side(seed: int, side: str) -> None:
    found, true = outlined(seed)[0], patient(seed).labels
    sign = 1 if side == "left" else -1
    for name in (f"rib_{side}_11", f"rib_{side}_12", f"hip_{side}"):
        assert sign * found[name].mask.centroid_mm[0] > 20
        assert dice(found[name].mask.full(), true[name].full()) > 0.7, name
    assert dice(found["sacrum"].mask.full(), true["sacrum"].full()) > 0.7


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_hip_and_femur_are_parted_at_the_joint(seed: int, side: str) -> None:
    (found, findings), true = outlined(seed), patient(seed).labels
    hip, femur = found[f"hip_{side}"].mask.full(), found[f"femur_{side}"].mask.full()
    assert true[f"hip_{side}"].full()[femur].mean() < 0.03
    assert true[f"femur_{side}"].full()[hip].mean() < 0.03
    assert femur[true[f"femur_{side}"].full()].mean() > 0.9
    joint, cartilage = found[f"hip_joint_{side}"], true[f"hip_joint_{side}"].full()
    assert not joint.sure
    # Within a voxel; cartilage is drawn as deep as the fossa of the socket, the joint as a shell.
    assert ndimage.binary_dilation(joint.mask.full())[cartilage].mean() > 0.8
    assert joint.mask.volume_ml < 40
    (said,) = (finding for finding in findings if finding.about == joint.name)
    assert said.measured == pytest.approx(HEAD_RADIUS_MM, abs=3.0)
    assert found[f"femur_{side}"].mask.at(said.place_mm)


def test_a_scan_without_the_sacrum_is_counted_from_the_ribs_and_says_so() -> None:
    made = patient(0)
    l4 = made.vertebra("L4").at(0, 0, 0)[2]
    structures, findings = outline_structures(cut(made.image, l4, 1e9))
    right_names({item.name: item for item in structures}, made)
    assert "levels.doubt" in {finding.code for finding in findings}
    assert not [item for item in structures if item.name.startswith("vertebra_") and item.sure]


def test_a_scan_without_ribs_is_counted_from_the_sacrum_and_says_so() -> None:
    made = patient(0)
    l2 = made.vertebra("L2").at(0, 0, 0)[2]
    structures, findings = outline_structures(cut(made.image, -1e9, l2))
    right_names({item.name: item for item in structures}, made)
    assert "levels.doubt" in {finding.code for finding in findings}


def test_a_scan_without_landmarks_names_no_level() -> None:
    made = patient(0)
    low, high = made.vertebra("L4").at(0, 0, 0)[2], made.vertebra("L2").at(0, 0, 6.0)[2]
    structures, findings = outline_structures(cut(made.image, low, high))
    assert not [item for item in structures if item.name.startswith("vertebra_")]
    assert "levels.counted" not in {finding.code for finding in findings}


def test_a_turned_scan_has_the_same_levels() -> None:
    here, _ = outlined(0)
    structures, _ = outline_structures(turned(patient(0).image))
    there = {item.name: item for item in structures}
    assert set(here) == set(there)
    for name in WHOLE:
        a, b = here[f"vertebra_{name}"].mask, there[f"vertebra_{name}"].mask
        assert np.allclose(a.centroid_mm, b.centroid_mm, atol=1.0), name

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from boneir.anatomy.structures import kind_for
from boneir.errors import ImageError
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.training.synthetic_patient import SyntheticPatient, synthetic_patient

_C, _S = math.cos(0.35), math.sin(0.35)


def grid_around(centre, size_mm, spacing, direction=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)) -> Grid:
    counts = [round(size / step) for size, step in zip(size_mm, spacing, strict=True)]
    axes = np.asarray(direction).reshape(3, 3) * spacing
    origin = np.asarray(centre) - axes @ ((np.asarray(counts) - 1) / 2)
    return Grid((counts[2], counts[1], counts[0]), spacing, tuple(origin.tolist()), direction)


@pytest.fixture(scope="module")
def torso() -> SyntheticPatient:
    return synthetic_patient(0, spacing_mm=(2.0, 2.0, 3.0))


@pytest.fixture(scope="module")
def lumbar() -> SyntheticPatient:
    return synthetic_patient(0, grid=grid_around((0.0, 25.0, 105.0), (110.0, 110.0, 60.0), (0.8, 0.8, 1.0)))


def inner(mask: Mask, voxels: int = 2) -> np.ndarray:
    return ndimage.binary_erosion(mask.full(), iterations=voxels)


def test_every_label_is_a_known_structure(torso: SyntheticPatient) -> None:
    for name in torso.labels:
        kind = kind_for(name)
        assert kind is not None, name
        assert kind.key == name


def test_what_a_plan_needs_is_there(torso: SyntheticPatient) -> None:
    needed = {f"vertebra_{level}" for level in ("T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5")}
    needed |= {f"rib_{side}_{n}" for side in ("left", "right") for n in (10, 11, 12)}
    needed |= {f"{n}_{side}" for n in ("hip", "femur", "kidney", "lung", "iliac_artery", "ureter") for side in ("left", "right")}  # fmt: skip # noqa: E501
    needed |= {"body", "bone", "sacrum", "spinal_canal", "spinal_cord", "nerve_roots", "aorta", "inferior_vena_cava"}
    needed |= {"colon", "small_bowel", "gas", "liver", "spleen", "urinary_bladder", "stomach", "esophagus", "rectum"}
    assert needed <= set(torso.labels)


def test_structures_do_not_overlap_but_for_wholes_and_their_parts(torso: SyntheticPatient) -> None:
    counts = np.zeros(torso.image.grid.shape, np.uint8)
    for name, mask in torso.labels.items():
        if name not in {"body", "bone", "gas", "spinal_cord"}:
            counts += mask.full()
    assert counts.max() == 1
    full = {name: torso.labels[name].full() for name in ("body", "bone", "gas", "spinal_cord", "spinal_canal")}
    assert not (counts.astype(bool) & ~full["body"]).any()
    assert not (full["spinal_cord"] & ~full["spinal_canal"]).any()
    bones = np.zeros_like(full["bone"])
    for name, mask in torso.labels.items():
        if name.startswith(("vertebra", "rib", "hip_left", "hip_right", "femur", "sacrum")):
            bones |= mask.full()
    assert np.array_equal(bones, full["bone"])


def test_left_is_left_and_up_is_up(torso: SyntheticPatient) -> None:
    for name in ("kidney", "hip", "rib", "femur", "lung"):
        end = "_12" if name == "rib" else ""
        assert torso.labels[f"{name}_left{end}"].centroid_mm[0] > 20
        assert torso.labels[f"{name}_right{end}"].centroid_mm[0] < -20
    heights = [torso.labels[f"vertebra_{v.name}"].centroid_mm[2] for v in torso.spine]
    assert all(upper - lower > 20 for upper, lower in pairwise(heights))
    aorta, canal = torso.labels["aorta"].centroid_mm, torso.labels["spinal_canal"].centroid_mm
    assert aorta[1] < canal[1]


def test_tissues_have_their_hounsfield_units(torso: SyntheticPatient) -> None:
    voxels = torso.image.voxels
    ranges = {
        "liver": (50, 66), "spleen": (42, 56), "aorta": (38, 50), "kidney_left": (20, 40), "urinary_bladder": (0, 20),
        "autochthon_left": (45, 62), "lung_right": (-900, -780), "spinal_canal": (0, 40), "vertebra_L3": (140, 400),
        "hip_left": (120, 400), "femur_left": (200, 450), "gas": (-1000, -900),
    }  # fmt: skip
    for name, (low, high) in ranges.items():
        mean = voxels[inner(torso.labels[name], 1)].mean()
        assert low < mean < high, (name, mean)
    outside = ~ndimage.binary_dilation(torso.labels["body"].full(), iterations=2)
    assert np.median(voxels[outside]) < -950


def test_bones_are_bright_everywhere_a_threshold_looks(torso: SyntheticPatient) -> None:
    bright = torso.image.voxels > 180
    shell = torso.labels["bone"].full()
    assert (bright & shell).sum() / shell.sum() > 0.45
    soft = inner(torso.labels["body"], 1) & ~ndimage.binary_dilation(shell, iterations=2)
    assert (bright & soft).sum() / soft.sum() < 1e-3


def test_noise_has_the_asked_spread_and_is_correlated_within_slices_only() -> None:
    grid = grid_around((-60.0, -20.0, 230.0), (30.0, 30.0, 40.0), (0.9, 0.9, 1.0))
    clean = synthetic_patient(1, grid=grid, noise_hu=0.0).image.voxels.astype(float)
    noise = synthetic_patient(1, grid=grid, noise_hu=20.0).image.voxels - clean
    assert noise.std() == pytest.approx(20.0, rel=0.03)
    assert abs(noise.mean()) < 1.0

    def correlation(a: np.ndarray, b: np.ndarray) -> float:
        return float((a * b).mean() / noise.var())

    along_i, along_k = correlation(noise[:, :, 1:], noise[:, :, :-1]), correlation(noise[1:], noise[:-1])
    # A Gaussian of width s leaves a lag-one correlation of exp(-1 / (4 s^2)) with s in voxels.
    assert along_i == pytest.approx(math.exp(-1 / (4 * (0.55 / 0.9) ** 2)), abs=0.06)
    assert abs(along_k) < 0.03


def test_canal_is_ringed_by_bone_at_the_pedicles(lumbar: SyntheticPatient) -> None:
    v = lumbar.vertebra("L3")
    grid = lumbar.image.grid
    bone, canal = lumbar.labels["bone"].full(), lumbar.labels["spinal_canal"].full()
    k, j, i = grid.nearest_voxel(v.at(0, v.canal_back_mm, v.size.height * 0.12))
    inside, _ = ndimage.label(~bone[k])
    pool = inside == inside[j, i]
    assert pool[j, i]
    assert not any(edge.any() for edge in (pool[0], pool[-1], pool[:, 0], pool[:, -1]))
    assert 100.0 < pool.sum() * 0.8 * 0.8 < 500.0
    assert not (canal[k] & ~pool).any()


def test_pedicles_let_a_cannula_pass(lumbar: SyntheticPatient) -> None:
    v, bone = lumbar.vertebra("L3"), lumbar.labels["vertebra_L3"]
    depth_in_bone = ndimage.distance_transform_edt(bone.full(), sampling=(1.0, 0.8, 0.8))
    for side in (-1, 1):
        column = side * (v.size.canal_width + v.size.pedicle_width) / 2
        way = [v.at(column * (1 - 0.25 * t), v.canal_back_mm * (1 - 0.9 * t), v.size.height * 0.2) for t in np.linspace(0, 1, 40)]  # fmt: skip # noqa: E501
        clearance = [depth_in_bone[lumbar.image.grid.nearest_voxel(point)] for point in way]
        assert min(clearance) > 2.5
    k, j, i = lumbar.image.grid.nearest_voxel(v.at(0, v.canal_back_mm - 2.0, v.size.height * 0.2))
    row = np.flatnonzero(bone.full()[k, j])
    width = (row > i).sum() * 0.8
    assert 8.0 < width < 14.0


def test_canal_has_the_size_it_was_built_with(lumbar: SyntheticPatient) -> None:
    v, grid = lumbar.vertebra("L3"), lumbar.image.grid
    k, j, _ = grid.nearest_voxel(v.at(0, v.canal_back_mm, 0))
    canal = lumbar.labels["spinal_canal"].full()[k]
    # A boxy oval, half a millimetre wider than the ring of rods was made for: its area by quadrature in its own axes.
    wide, deep = v.size.canal_width / 2 + 0.5, v.size.canal_depth / 2 + 0.5
    x = np.linspace(-1, 1, 2001)
    square = x[:, None] ** 2 + x**2 - 1
    fourth = x[:, None] ** 4 + x**4 - 1
    share = (0.3 * square + 0.35 * fourth <= 0).mean()
    assert canal.sum() * 0.8 * 0.8 == pytest.approx(share * 4 * wide * deep, rel=0.03)
    assert canal[j].sum() * 0.8 == pytest.approx(2 * wide, abs=1.0)
    # It fills most of the ring, so that what is outside of it within the bone is a little fat.
    assert not (canal & lumbar.labels["bone"].full()[k]).any()


def test_same_seed_same_bytes_and_another_seed_another_patient(lumbar: SyntheticPatient) -> None:
    grid = lumbar.image.grid
    again, other = synthetic_patient(0, grid=grid), synthetic_patient(1, grid=grid)
    assert again.image.uid == lumbar.image.uid
    assert all(again.labels[name].equals(mask) for name, mask in lumbar.labels.items())
    assert other.image.uid != lumbar.image.uid
    assert other.vertebra("L3").size.width != lumbar.vertebra("L3").size.width


@pytest.mark.parametrize("direction", [(0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (-1.0, 0.0, 0.0, 0.0, _C, -_S, 0.0, _S, _C)])  # fmt: skip # noqa: E501
def test_any_grid_shows_the_same_patient(direction, lumbar: SyntheticPatient) -> None:
    v = lumbar.vertebra("L3")
    size, spacing = (130.0, 130.0, 126.0), (1.2, 1.0, 1.4)
    straight = synthetic_patient(0, grid=grid_around(v.at(0, 20, 0), (130.0, 130.0, 90.0), (1.0, 1.0, 1.0)))
    turned = synthetic_patient(0, grid=grid_around(v.at(0, 20, 0), size, spacing, direction))
    here, there = straight.labels["vertebra_L3"], turned.labels["vertebra_L3"]
    assert there.volume_ml == pytest.approx(here.volume_ml, rel=0.02)
    assert math.dist(there.centroid_mm, here.centroid_mm) < 0.3


def test_table_lies_behind_and_is_not_body(torso: SyntheticPatient) -> None:
    voxels, body, grid = torso.image.voxels, torso.labels["body"], torso.image.grid
    solid = (voxels > -300) & ~ndimage.binary_dilation(body.full(), iterations=2)
    places = Mask.of(solid, grid).points_mm()
    assert places[:, 1].min() > body.centroid_mm[1]
    assert solid.sum() > 1000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_patients_are_whole_too(seed: int) -> None:
    patient = synthetic_patient(seed, spacing_mm=(4.0, 4.0, 5.0))
    body = patient.labels["body"].full()
    assert ndimage.label(body)[1] == 1
    for face in (body[:, 0], body[:, -1], body[:, :, 0], body[:, :, -1]):
        assert not face.any()
    assert {"vertebra_T10", "vertebra_L5", "sacrum", "hip_left", "femur_right"} <= set(patient.labels)


def test_negative_noise_is_refused() -> None:
    with pytest.raises(ImageError, match="noise"):
        synthetic_patient(noise_hu=-1.0)

"""MR of the synthetic patient: its signals, its noise, and what is outlined on it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from boneir.anatomy.lesion import grow_lesion
from boneir.anatomy.mr_canal import canal_on_mr
from boneir.case import Case, Modality
from boneir.errors import ImageError
from boneir.grid import Grid
from boneir.training import tissue_hu as hu
from boneir.training.lesion_shape import lesion_shape
from boneir.training.synthetic_build import Vertebra, build_of, spine_of
from boneir.training.synthetic_mr import sagittal_grid, synthetic_mr
from boneir.training.synthetic_patient import synthetic_patient
from boneir.training.tissue_mr import SEQUENCES, SPINS, Sequence, Spins, signal_of

SPINE = spine_of(build_of(np.random.default_rng(0)))
SMALL = Grid((10, 40, 40), (2.0, 2.0, 6.0), (-30.0, -40.0, 130.0), (0, 0, 1, 1, 0, 0, 0, -1, 0))
AIR = Grid((8, 60, 60), (1.0, 1.0, 4.0), (0.0, -400.0, 0.0))


def vertebra(name: str) -> Vertebra:
    return next(v for v in SPINE if v.name == name)


def grid_at(place_mm: tuple[float, float, float]) -> Grid:
    x, y, z = place_mm
    return Grid((26, 120, 120), (1.0, 1.0, 3.5), (x - 43, y - 60, z + 60), (0, 0, 1, 1, 0, 0, 0, -1, 0))


def dice(found: np.ndarray, truth: np.ndarray) -> float:
    return 2 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + np.count_nonzero(truth))


def test_the_signal_is_that_of_the_closed_forms() -> None:
    plain = Spins(1.0, 1000, 50)
    assert signal_of(plain, Sequence("long", 1e6, 0)) == pytest.approx(1000)
    assert signal_of(plain, Sequence("late", 1e6, 50)) == pytest.approx(1000 / math.e)
    # A saturated water comes back by 1 - 1/2 after one half-life; an inverted one vanishes there.
    half_life = 1000 * math.log(2)
    assert signal_of(plain, Sequence("short", half_life, 0)) == pytest.approx(500)
    assert signal_of(plain, Sequence("null", 1e6, 0, inversion_ms=half_life)) == pytest.approx(0, abs=1e-9)
    # 1 mmol/L of an agent of 4.5 L/(mmol s) shortens 1 s to 1/5.5 s.
    quick = signal_of(Spins(1.0, 1000, 50, uptake_mmol_l=1.0), Sequence("after", 200, 0, enhanced=True))
    assert quick == pytest.approx(1000 * (1 - math.exp(-1.1)))


def test_tissues_look_as_radiologists_know_them() -> None:
    seen = {name: {t: signal_of(spins, way) for t, spins in SPINS.items()} for name, way in SEQUENCES.items()}
    t1, t2, stir, after = (seen[name] for name in ("t1", "t2", "stir", "t1_contrast"))
    assert t1[hu.FAT] > t1[hu.VERTEBRAL_SPONGIOSA] > t1[hu.LYTIC] > t1[hu.CSF] > t1[hu.CORTEX]
    assert t2[hu.CSF] > t2[hu.LYTIC] > t2[hu.VERTEBRAL_SPONGIOSA] > t2[hu.MUSCLE] > t2[hu.CORTEX]
    assert stir[hu.LYTIC] > 2 * stir[hu.VERTEBRAL_SPONGIOSA] > 2 * stir[hu.FAT]
    assert after[hu.LYTIC] > 1.5 * after[hu.MUSCLE] > 1.5 * after[hu.FAT]
    assert all(look[hu.SCLEROTIC] < look[hu.VERTEBRAL_SPONGIOSA] for look in seen.values())


def test_every_tissue_of_the_patient_has_a_signal() -> None:
    assert set(SPINS) == {tissue for name, tissue in vars(hu).items() if name.isupper()} - {hu.RIM_BONE}


def test_it_is_the_same_patient_as_in_ct_and_the_same_bytes_again() -> None:
    mr, ct = synthetic_mr("t1", 3, SMALL), synthetic_patient(3, grid=SMALL)
    assert mr.image.modality is Modality.MR
    assert mr.image.uid == synthetic_mr("t1", 3, SMALL).image.uid
    for name in ("body", "bone", "vertebra_L3", "spinal_canal", "aorta"):
        assert mr.labels[name].equals(ct.labels[name])


def test_the_noise_of_air_is_that_of_rayleigh() -> None:
    voxels = synthetic_mr("t2", 0, AIR, noise=20.0).image.voxels
    assert voxels.mean() == pytest.approx(20 * math.sqrt(math.pi / 2), rel=0.02)
    assert voxels.std() == pytest.approx(20 * math.sqrt(2 - math.pi / 2), rel=0.03)


def test_the_coils_are_uneven_as_asked() -> None:
    even, uneven = (synthetic_mr("t1", 3, SMALL, bias=bias, noise=0.0).image.voxels for bias in (0.0, 0.3))
    factor = uneven[even > 1] / even[even > 1]
    assert 0.7 - 1e-3 < factor.min() < factor.max() < 1.3 + 1e-3
    assert factor.max() - factor.min() > 0.3


@pytest.mark.parametrize("sequence", list(SEQUENCES))
def test_a_lesion_is_outlined_from_a_click_on_every_sequence(sequence: str) -> None:
    centre = vertebra("L3").at(4.0, -2.0, 0.0)
    lesion = lesion_shape(centre, 17.0, np.random.default_rng(1))
    mr = synthetic_mr(sequence, 0, grid_at(centre), lesion=lesion)
    assert mr.lesion.volume_ml == pytest.approx(lesion.volume_ml, rel=0.05)
    found, _ = grow_lesion(Case(mr.image), mr.lesion.centroid_mm)
    assert dice(found.mask.full(), mr.lesion.full()) > 0.88


def test_what_looks_like_the_lesion_behind_the_wall_of_the_bone_is_left_out() -> None:
    """On T1 a metastasis is as dark as disc and muscle; marrow and cortex lie between."""
    centre = vertebra("L2").at(3.0, -3.0, -2.0)
    mr = synthetic_mr("t1", 0, grid_at(centre), lesion=lesion_shape(centre, 18.0, np.random.default_rng(4)))
    x, y, z = mr.lesion.centroid_mm
    for click in ((x, y, z), (x, y, z + 4.0)):
        found, _ = grow_lesion(Case(mr.image), click)
        assert dice(found.mask.full(), mr.lesion.full()) > 0.85


def test_the_canal_is_found_on_t2_of_a_spine() -> None:
    mr = synthetic_mr("t2", 0, sagittal_grid(SPINE, (1.4, 1.4, 3.5)))
    (canal,), _ = canal_on_mr(mr.image)
    assert dice(canal.mask.full(), mr.labels["spinal_canal"].full()) > 0.75


def test_what_cannot_be_made_is_refused_in_one_sentence() -> None:
    with pytest.raises(ImageError, match="t1_contrast"):
        synthetic_mr("t3", 0, SMALL)
    with pytest.raises(ImageError, match="below 1"):
        synthetic_mr("t1", 0, SMALL, bias=1.0)
    far = lesion_shape((0.0, 0.0, 900.0), 10.0, np.random.default_rng(0))
    with pytest.raises(ImageError, match="does not show"):
        synthetic_mr("t1", 0, AIR, lesion=far)

"""Vertebrae taken apart, against sub-regions and bodies that others outlined on CT and MR."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses

from boneir.anatomy.from_labels import structures_from_labels
from boneir.anatomy.mr_canal import canal_on_mr
from boneir.anatomy.vertebra_parts import vertebra_parts
from boneir.grid import Grid
from boneir.image.labels import NamedMask
from boneir.image.read import read_image
from boneir.image.volume_file import grid_of
from boneir.mask import Mask
from cases_folder import case_folder

pytestmark = pytest.mark.cases

BODY, ARCH, PROCESSES = (49, 50), (41,), (42, 43, 44, 45, 46, 47, 48)


def labels(path: Path) -> tuple[np.ndarray, Grid]:
    image = sitk.ReadImage(str(path))
    return sitk.GetArrayFromImage(image), grid_of(image)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


# Vertebrae that the image holds almost whole; of the others the ring is cut.
@pytest.mark.parametrize(
    ("folder", "number"), [("sample_ct", 22), ("sample_ct", 23), ("sample_mri", 6), ("sample_mri", 7)]
)
def test_parts_agree_with_outlined_sub_regions(folder: str, number: int) -> None:
    where = case_folder(f"vertebrae-subregions/{folder}")
    vertebrae, grid = labels(next(where.glob("*seg-vert*")))
    regions, _ = labels(next(where.glob("*seg-subreg*")))
    mine = vertebrae == number
    parts = vertebra_parts(Mask.of(mine, grid))
    # The sub-regions have no pedicles of their own: they belong to the arch.
    arch = parts.arch.full() | parts.pedicle_left.full() | parts.pedicle_right.full()
    found = {BODY: parts.body.full(), ARCH: arch, PROCESSES: parts.processes.full()}
    scores = {names: dice(marked, mine & np.isin(regions, names)) for names, marked in found.items()}
    assert scores[BODY] >= 0.97
    assert scores[ARCH] >= 0.75
    assert scores[PROCESSES] >= 0.8


@pytest.mark.parametrize(("number", "least"), [(27, 0.92), (28, 0.95), (29, 0.95), (30, 0.95), (31, 0.95), (32, 0.95)])
def test_bodies_agree_with_outlined_bodies(number: int, least: float) -> None:
    where = case_folder("lumbar-ct")
    vertebrae, grid = labels(where / "vertebrae_labels.nii.gz")
    bodies, _ = labels(where / "vertebrae_body.nii.gz")
    parts = vertebra_parts(Mask.of(vertebrae == number, grid))
    assert dice(parts.body.full(), (vertebrae == number) & (bodies == 1)) >= least


def test_the_canal_on_mr_with_and_without_labelled_vertebrae() -> None:
    where = case_folder("vertebrae-subregions/sample_mri")
    image, _ = read_image(next(where.glob("*T2w*")))
    vertebrae, _ = labels(next(where.glob("*seg-vert*")))
    regions, _ = labels(next(where.glob("*seg-subreg*")))
    truth = np.isin(regions, (60, 61))  # cord and canal
    (alone,), _ = canal_on_mr(image)
    named = [
        NamedMask(f"vertebrae_{level}", Mask.of(vertebrae == n, image.grid)) for n, level in ((5, "L3"), (6, "L4"))
    ]
    named.append(NamedMask("vertebrae_L5", Mask.of(vertebrae == 7, image.grid)))
    rings = next(
        s for s in structures_from_labels(named, image.grid, canal_from_vertebrae=True) if s.kind == alone.kind
    )
    # By the rings nothing of it is missed, and what is too much is fat and ligament within them.
    assert rings.mask.full()[truth].mean() > 0.97
    assert dice(rings.mask.full(), truth) > 0.78
    assert alone.mask.full()[truth].mean() > 0.8
    assert dice(alone.mask.full(), truth) > 0.7

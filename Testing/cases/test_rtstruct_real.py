"""The expert's tumour outlines on CT, MR and PET of one patient: each voxel against the contours themselves."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from boneir.image.labels import read_labels
from boneir.image.read import read_image
from boneir.image.resample import mask_on
from boneir.open import case_of
from cases_folder import case_folder

pytestmark = pytest.mark.cases


@pytest.mark.parametrize("name", ["CT", "MR_T1", "PET"])
def test_the_outline_lies_where_its_contours_are(name: str) -> None:
    folder = case_folder(f"sarcoma-pet-ct-mr/{name}")
    image, _ = read_image(folder / "image")
    (found,) = read_labels(folder / "mask" / "RS.dcm")
    grid, marked = image.grid, mask_on(found.mask, image.grid).full()
    contours = [
        np.asarray(c.ContourData, float).reshape(-1, 3)
        for c in pydicom.dcmread(folder / "mask" / "RS.dcm").ROIContourSequence[0].ContourSequence
    ]
    area = sum(np.linalg.norm(np.cross(p, np.roll(p, -1, axis=0)).sum(axis=0)) / 2 for p in contours)
    assert found.mask.volume_ml == pytest.approx(area * grid.spacing_mm[2] / 1000, rel=0.005)
    wrong = 0
    for points in contours:
        ijk = grid.to_ijk(points)
        k = round(float(ijk[0, 2]))
        assert abs(float(ijk[0, 2]) - k) < 0.02
        low, high = np.floor(ijk.min(axis=0)).astype(int) - 2, np.ceil(ijk.max(axis=0)).astype(int) + 3
        i, j = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        assert marked[k].sum() == marked[k, j, i].sum(), "nothing is marked far from the contour"
        away = ijk[:, :2] - np.stack([i, j], axis=-1)[..., None, :]
        angle = np.arctan2(away[..., 1], away[..., 0])
        turns = ((np.roll(angle, -1, axis=-1) - angle + np.pi) % (2 * np.pi) - np.pi).sum(axis=-1)
        within = np.abs(np.rint(turns / (2 * np.pi))) % 2 == 1
        border = np.sqrt(_square_to_border(ijk[:, :2], np.stack([i, j], axis=-1)))
        differ = marked[k, j, i] != within
        wrong += int(differ.sum())
        assert not (differ & (border > 0.5)).any()
    assert wrong < 0.02 * marked.sum() + 2


def _square_to_border(corners: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Square of the distance from each place to the nearest edge of a polygon."""
    best = np.full(places.shape[:-1], np.inf)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        way = end - start
        along = np.clip(((places - start) @ way) / max(float(way @ way), 1e-12), 0, 1)
        best = np.minimum(best, np.square(places - start - along[..., None] * way).sum(axis=-1))
    return best


def test_the_outline_becomes_a_lesion_of_the_case() -> None:
    folder = case_folder("sarcoma-pet-ct-mr/CT")
    image, _ = read_image(folder / "image")
    case = case_of(image, read_labels(folder / "mask" / "RS.dcm"))
    assert [lesion.name for lesion in case.lesions] == ["GTV_Mass_CT"]
    assert case.lesions[0].mask.volume_ml > 100

"""Synthetic patients and what they are outlined with, made once for all tests that look at them."""

from __future__ import annotations

from functools import cache

import numpy as np

from boneir.anatomy.outline import outline_structures
from boneir.case import Image, Structure
from boneir.findings import Finding
from boneir.training.synthetic_patient import SyntheticPatient, synthetic_patient

SPACING = (2.0, 2.0, 3.0)


@cache
def patient(seed: int = 0) -> SyntheticPatient:
    return synthetic_patient(seed, SPACING)


@cache
def outlined(seed: int = 0) -> tuple[dict[str, Structure], tuple[Finding, ...]]:
    structures, findings = outline_structures(patient(seed).image)
    return {item.name: item for item in structures}, findings


def cut(image: Image, low_mm: float, high_mm: float) -> Image:
    """The slices between two heights, in LPS mm."""
    z = image.grid.origin_mm[2] + image.grid.spacing_mm[2] * np.arange(image.grid.shape[0])
    keep = np.flatnonzero((z >= low_mm) & (z <= high_mm))
    first, count = int(keep[0]), len(keep)
    _, rows, columns = image.grid.shape
    grid = image.grid.window((first, 0, 0), (count, rows, columns))
    return Image(image.voxels[first : first + count].copy(), grid, image.modality, image.unit)

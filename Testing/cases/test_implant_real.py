"""Lesions implanted into real CTs: as noisy as the patient around them, of the asked size, and nothing else touched."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from boneir.anatomy.outline import outline_structures
from boneir.case import Image
from boneir.findings import Point
from boneir.image.read import read_image
from boneir.mask import Mask
from boneir.training.implant import LesionKind, implant_lesion
from boneir.training.room_in_bone import place_in
from cases_folder import case_folder

pytestmark = pytest.mark.cases


@dataclass(frozen=True)
class Site:
    """Where in a real image a lesion goes: a box of bone, by its middle in LPS mm and its half sizes in mm."""

    folder: str
    middle_mm: Point
    half_mm: Point
    diameter_mm: float
    kind: LesionKind


SITES = {
    "vertebral body": Site("pelvis-ct-dicom", (-18.0, 46.0, -638.0), (16.0, 12.0, 10.0), 15.0, LesionKind.LYTIC),
    "iliac wing": Site("pelvis-ct-dicom", (85.0, 55.0, -745.0), (30.0, 50.0, 25.0), 9.0, LesionKind.SCLEROTIC),
    "rib": Site("thorax-ct-dicom", (95.0, 164.0, -480.0), (15.0, 30.0, 20.0), 5.0, LesionKind.LYTIC),
    # Below the shoulders: their streaks make the noise differ by a third from one muscle to the next.
    "thoracic vertebra": Site("thorax-ct-dicom", (-12.7, 227.0, -525.0), (12.0, 10.0, 10.0), 12.0, LesionKind.MIXED),
}


@cache
def whole(folder: str) -> tuple[Image, Mask]:
    """A real image and its bone."""
    image, _ = read_image(case_folder(folder))
    structures, _ = outline_structures(image)
    return image, next(item.mask for item in structures if item.name == "bone")


def image_and_bone(site: Site) -> tuple[Image, Mask]:
    """The image 70 mm around a site, and the bone in it."""
    image, bone = whole(site.folder)
    middle = image.grid.nearest_voxel(site.middle_mm)
    first = [max(0, m - round(70.0 / s)) for m, s in zip(middle, image.grid.spacing_mm[::-1], strict=True)]
    last = [min(n, m + round(70.0 / s)) for m, s, n in zip(middle, image.grid.spacing_mm[::-1], image.grid.shape, strict=True)]  # fmt: skip # noqa: E501
    corner, size = tuple(first), tuple(b - a for a, b in zip(first, last, strict=True))
    grid = image.grid.window(corner, size)
    window = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    return Image(np.array(image.voxels[window]), grid), Mask.of(bone.part(corner, size), grid)


def bone_near(bone: Mask, site: Site) -> Mask:
    """The bone within the box of a site."""
    k, j, i = np.indices(bone.grid.shape)
    places = bone.grid.to_mm(np.stack([i, j, k], axis=-1))
    near = np.all(np.abs(places - np.asarray(site.middle_mm)) <= np.asarray(site.half_mm), axis=-1)
    return Mask.of(bone.full() & near, bone.grid)


@pytest.mark.parametrize("name", SITES)
def test_lesion_sits_in_the_bone_of_a_real_patient(name: str) -> None:
    site = SITES[name]
    image, bone = image_and_bone(site)
    centre = place_in(bone_near(bone, site), site.diameter_mm, seed=1)
    before = image.voxels.copy()
    found = implant_lesion(image, centre, site.diameter_mm, site.kind, roughness=0.08, seed=1)
    assert np.array_equal(image.voxels, before)
    assert found.exact_volume_ml == pytest.approx(math.pi / 6 * site.diameter_mm**3 / 1000, rel=1e-9)
    assert found.volume_ml == pytest.approx(found.exact_volume_ml, rel=0.02)
    lesion = found.mask.full()
    assert (lesion & bone.full()).sum() / lesion.sum() > 0.9
    far = ~ndimage.binary_dilation(lesion, iterations=2)
    assert np.array_equal(found.image.voxels[far], before[far])


@pytest.mark.parametrize("name", ["vertebral body", "thoracic vertebra"])
def test_noise_matches_the_scanner(name: str) -> None:
    """Against the high-pass of the muscle nearby, measured by another route: local means in a box, not pairs."""
    site = SITES[name]
    image, bone = image_and_bone(site)
    centre = place_in(bone_near(bone, site), 10.0, seed=1)
    found = implant_lesion(image, centre, 24.0, LesionKind.LYTIC, roughness=0.0, seed=1)
    core = ndimage.binary_erosion(found.mask.full(), iterations=2)
    inside = found.image.voxels[core].astype(float).std()
    assert inside == pytest.approx(muscle_noise(image, centre), rel=0.2)


def muscle_noise(image: Image, centre: Point) -> float:
    """Median standard deviation of boxes of 7 x 7 voxels in a slice that hold nothing but muscle."""
    middle = image.grid.nearest_voxel(centre)
    reach = [round(70.0 / step) for step in image.grid.spacing_mm[::-1]]
    window = tuple(slice(max(0, m - r), m + r) for m, r in zip(middle, reach, strict=True))
    values = image.voxels[window].astype(float)
    mean = ndimage.uniform_filter(values, (0, 7, 7))
    spread = np.sqrt(np.maximum(ndimage.uniform_filter(values**2, (0, 7, 7)) - mean**2, 0))
    wide = ndimage.uniform_filter(values, (0, 15, 15))
    muscle = (mean > 35) & (mean < 75) & (np.abs(mean - wide) < 6)
    return float(np.median(spread[muscle])) * math.sqrt(49 / 48)


def test_breach_opens_the_cortex_of_a_real_vertebra() -> None:
    site = SITES["vertebral body"]
    image, bone = image_and_bone(site)
    centre = place_in(bone_near(bone, site), 15.0, seed=1)
    found = implant_lesion(image, centre, 30.0, LesionKind.LYTIC, bone=bone, breach=True, seed=1)
    lesion = found.mask.full()
    assert found.breach_mm is not None
    outside = (lesion & ~ndimage.binary_fill_holes(bone.full())).sum() * image.grid.voxel_ml
    assert 0.05 < outside < 3.0
    k, j, i = image.grid.nearest_voxel(found.breach_mm)
    assert found.image.voxels[k, j, i] < 150

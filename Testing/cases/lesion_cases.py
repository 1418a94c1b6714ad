"""Patients with lesions of known extent: every real CT and the synthetic patient, half of them kept unseen.

A patient is one CT in which several lesions are implanted before anything is outlined, so that the outlines of bone
suffer from the lesions as they would in a clinic. Each source gives five patients, drawn by different seeds: two for
development and three that are looked at only to report. What the eye cannot tell from the marrow around it is left
out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy import ndimage

from boneir.case import Case, Image
from boneir.errors import OutlineError
from boneir.image.labels import NamedMask
from boneir.image.read import read_image
from boneir.image.volume_file import read_volume_file
from boneir.mask import Mask
from boneir.open import case_of
from boneir.training.implant import Implanted, LesionKind, implant_lesion
from boneir.training.synthetic_patient import synthetic_patient
from cases_folder import case_folder

SEED = 20251122
SMALLEST_MM, LARGEST_MM = 8.0, 40.0
FEWEST_STEPS = 2.5
"""A lesion is at least so many voxels wide along the widest step of the image."""
LEAST_SHARE = 0.4
"""Share of the drawn ball that must find room in the bone."""
LEAST_CONTRAST_HU = 60.0
"""Between the median of a lytic or sclerotic lesion and that of the bone around it."""
APART_MM = 35.0
TRIES = 400


@dataclass(frozen=True, eq=False)
class Planted:
    """A lesion in a patient, with the voxels that truly belong to it."""

    kind: LesionKind
    diameter_mm: float
    breach: bool
    truth: Mask


@dataclass(frozen=True, eq=False)
class Patient:
    """A CT with lesions, opened like any other."""

    name: str
    case: Case
    planted: tuple[Planted, ...]


@dataclass(frozen=True)
class Source:
    """Where a CT comes from, how many lesions it takes, and the outlines that come with it."""

    read: Callable[[], tuple[Image, tuple[NamedMask, ...]]]
    count: int


def _plain(path: str) -> Callable[[], tuple[Image, tuple[NamedMask, ...]]]:
    return lambda: (read_image(case_folder(path))[0], ())


def _lumbar() -> tuple[Image, tuple[NamedMask, ...]]:
    folder = case_folder("lumbar-ct")
    names = {26: "S1", 27: "L5", 28: "L4", 29: "L3", 30: "L2", 31: "L1", 32: "T12", 33: "T11"}
    return read_image(folder / "ct.nii.gz")[0], _vertebrae(folder / "vertebrae_labels.nii.gz", names)


def _three_vertebrae() -> tuple[Image, tuple[NamedMask, ...]]:
    folder = case_folder("vertebrae-subregions/sample_ct")
    labels = _vertebrae(folder / "sub-ct_seg-vert_label-22_msk.nii.gz", {21: "L2", 22: "L3", 23: "L4"})
    return read_image(folder / "sub-ct_label-22_ct.nii.gz")[0], labels


def _vertebrae(path, names: dict[int, str]) -> tuple[NamedMask, ...]:
    numbers, grid = read_volume_file(path)
    present = [n for n in names if (numbers == n).any()]
    return tuple(NamedMask(f"vertebra_{names[n]}", Mask.of(numbers == n, grid), origin=path.name) for n in present)


def _synthetic() -> tuple[Image, tuple[NamedMask, ...]]:
    return synthetic_patient(seed=3, spacing_mm=(1.5, 1.5, 1.5)).image, ()


SOURCES = {
    "thorax": Source(_plain("thorax-ct-dicom"), 6),
    "pelvis": Source(_plain("pelvis-ct-dicom"), 6),
    "thick": Source(_plain("thick-ct-dicom"), 4),
    "jpeg2000": Source(_plain("jpeg2000-ct-dicom"), 2),
    "sarcoma": Source(_plain("sarcoma-pet-ct-mr/CT/image"), 3),
    "lumbar": Source(_lumbar, 5),
    "vertebrae": Source(_three_vertebrae, 2),
    "synthetic": Source(_synthetic, 6),
}


class Draw(IntEnum):
    """Which patient of a source: the number is part of its seed."""

    SEEN = 0
    """For development; everything is tuned on it."""
    UNSEEN = 1
    """Never looked at while developing; round lesions with a sharp edge, as those for development."""
    VARIED = 2
    """Never looked at while developing; rougher and longer lesions, some with a rim, with edges sharp to blurred."""
    FRESH = 3
    """Drawn as the varied ones, after everything had been settled."""
    ROUGH = 12
    """For development, drawn as the varied ones."""


def patient(source: str, draw: Draw = Draw.SEEN) -> Patient:
    """One patient of a source; the same on every machine."""
    image, named = SOURCES[source].read()
    rng = np.random.default_rng([SEED, list(SOURCES).index(source), int(draw)])
    varied = draw in (Draw.VARIED, Draw.FRESH, Draw.ROUGH)
    image, planted = _with_lesions(image, _bone_of(image, named), SOURCES[source].count, rng, varied=varied)
    return Patient(f"{source}-{draw.name.lower()}", case_of(image, named), planted)


def _bone_of(image: Image, named: tuple[NamedMask, ...]) -> Mask:
    if named:
        marked = np.zeros(image.grid.shape, bool)
        for item in named:
            assert item.mask.grid.matches(image.grid)
            marked[item.mask.window] |= item.mask.voxels
        return Mask.of(marked, image.grid)
    return case_of(image).structure("bone").mask


def _with_lesions(
    image: Image, bone: Mask, count: int, rng: np.random.Generator, *, varied: bool = False
) -> tuple[Image, tuple[Planted, ...]]:
    """Implant lesions of all kinds one after the other; every third breaks through the cortex."""
    planted: list[Planted] = []
    kinds, shift = list(LesionKind), int(rng.integers(3))
    # The border of the image counts as the surface of the bone.
    solid = np.pad(ndimage.binary_fill_holes(bone.voxels), 1)
    depth = ndimage.distance_transform_edt(solid, bone.grid.spacing_mm[::-1])[1:-1, 1:-1, 1:-1]
    least = max(SMALLEST_MM, FEWEST_STEPS * max(image.grid.spacing_mm))
    for number in range(count):
        kind, breach = kinds[(number + shift) % 3], number % 3 == 2
        for diameter, centre in _places(bone, depth, least, rng):
            if any(_gap(centre, other) < APART_MM + diameter / 2 for other in planted):
                continue
            looks = varied_look(kind, rng) if varied else {}
            done = implanted_if_seen(image, bone, centre, diameter, kind, breach, int(rng.integers(2**31)), looks)
            if done is not None:
                image = done.image
                planted.append(Planted(kind, diameter, breach, done.mask))
                break
    return image, tuple(planted)


def _places(
    bone: Mask, depth: np.ndarray, least_mm: float, rng: np.random.Generator
) -> Iterator[tuple[float, tuple[float, float, float]]]:
    """Diameters, evenly spread on a logarithmic scale, each with a centre where there may be room for it."""
    for _ in range(TRIES):
        diameter = float(np.exp(rng.uniform(np.log(least_mm), np.log(LARGEST_MM))))
        places = np.argwhere(depth >= max(0.35 * diameter, 4.0))
        if places.size:
            kji = places[rng.integers(len(places))] + np.asarray(bone.corner)
            x, y, z = (float(v) for v in bone.grid.to_mm(kji[::-1]))
            yield diameter, (x, y, z)


def _gap(centre: tuple[float, float, float], other: Planted) -> float:
    return float(np.linalg.norm(np.subtract(centre, other.truth.centroid_mm))) - other.diameter_mm / 2


def varied_look(kind: LesionKind, rng: np.random.Generator) -> dict:
    """Another surface, other proportions and another edge for every lesion; a rim around a third of the lytic ones."""
    stretch = tuple(float(factor) for factor in rng.uniform(0.75, 1.35, 3))
    rim = bool(rng.random() < 1 / 3) and kind is LesionKind.LYTIC
    return {
        "roughness": float(rng.uniform(0.05, 0.2)),
        "stretch": stretch,
        "rim": rim,
        "edge_mm": float(rng.choice([0.0, 0.5, 1.0, 1.5])),
    }


def implanted_if_seen(
    image: Image, bone: Mask, centre: tuple, diameter: float, kind: LesionKind, breach: bool, seed: int, looks: dict
) -> Implanted | None:
    """The lesion, if it has room and the eye can tell it from what is around."""
    try:
        done = implant_lesion(image, centre, diameter, kind, bone=bone, breach=breach, seed=seed, **looks)
    except OutlineError:
        return None
    room = done.volume_ml >= LEAST_SHARE * np.pi / 6 * diameter**3 / 1000
    labels, count = ndimage.label(done.mask.voxels)
    one = count == 1 or np.bincount(labels.ravel())[1:].max() > 0.98 * done.mask.count
    return done if room and one and _is_seen(done, bone) else None


def _is_seen(done: Implanted, bone: Mask) -> bool:
    if done.kind is LesionKind.MIXED:
        return True
    steps = done.image.grid.spacing_mm[::-1]
    reach = [int(np.ceil(8.0 / step)) for step in steps]
    corner = tuple(max(0, c - n) for c, n in zip(done.mask.corner, reach, strict=True))
    ends = zip(done.mask.corner, done.mask.voxels.shape, reach, done.image.grid.shape, strict=True)
    shape = tuple(min(size, c + n + r) - a for (c, n, r, size), a in zip(ends, corner, strict=True))
    lesion = done.mask.part(corner, shape)
    away = ndimage.distance_transform_edt(~lesion, steps)
    shell = (away > 1.5) & (away < 8.0) & bone.part(corner, shape)
    if not shell.any():
        return False
    hu = done.image.voxels[tuple(slice(c, c + n) for c, n in zip(corner, shape, strict=True))]
    return abs(float(np.median(hu[lesion])) - float(np.median(hu[shell]))) >= LEAST_CONTRAST_HU


def dice(found: Mask, truth: Mask) -> float:
    """Twice the common volume over the sum of both."""
    common = int(np.count_nonzero(found.part(truth.corner, truth.voxels.shape) & truth.voxels))
    return 2 * common / max(found.count + truth.count, 1)


def surface_distances_mm(found: Mask, truth: Mask) -> np.ndarray:
    """Distances from the surface voxels of each outline to those of the other, in mm."""
    low = np.minimum(found.corner, truth.corner) - 1
    high = np.maximum(np.add(found.corner, found.voxels.shape), np.add(truth.corner, truth.voxels.shape)) + 1
    corner, shape = tuple(int(v) for v in low), tuple(int(v) for v in high - low)
    steps = truth.grid.spacing_mm[::-1]
    rims = []
    for mask in (found, truth):
        marked = mask.part(corner, shape)
        rims.append(marked & ~ndimage.binary_erosion(marked))
    ways = [ndimage.distance_transform_edt(~rims[1 - n], steps)[rims[n]] for n in (0, 1)]
    return np.concatenate(ways)


def clicks(planted: Planted, count: int, seed: int = 0) -> list[tuple[float, float, float]]:
    """Places well inside a lesion: the deepest first, then others drawn from its inner half."""
    truth = planted.truth
    depth = ndimage.distance_transform_edt(np.pad(truth.voxels, 1), truth.grid.spacing_mm[::-1])[1:-1, 1:-1, 1:-1]
    inner = np.argwhere(depth >= 0.5 * depth.max())
    chosen = [np.unravel_index(int(depth.argmax()), depth.shape)]
    chosen += list(inner[np.random.default_rng(seed).integers(len(inner), size=count - 1)])
    places = truth.grid.to_mm((np.asarray(chosen) + np.asarray(truth.corner))[:, ::-1])
    return [(float(x), float(y), float(z)) for x, y, z in places]


def correction(found: Mask, truth: Mask) -> tuple[str, tuple[float, float, float]]:
    """The click of someone who sees the truth: on which side, and the middle of the deepest error."""
    low = np.minimum(found.corner, truth.corner)
    high = np.maximum(np.add(found.corner, found.voxels.shape), np.add(truth.corner, truth.voxels.shape))
    corner, shape = tuple(int(v) for v in low), tuple(int(v) for v in high - low)
    mine, true = found.part(corner, shape), truth.part(corner, shape)
    best = ("inside", 0.0, (0, 0, 0))
    for side, error in (("inside", true & ~mine), ("outside", mine & ~true)):
        depth = ndimage.distance_transform_edt(np.pad(error, 1), truth.grid.spacing_mm[::-1])[1:-1, 1:-1, 1:-1]
        at = np.unravel_index(int(depth.argmax()), depth.shape)
        if depth[at] > best[1]:
            best = (side, float(depth[at]), at)
    x, y, z = (float(v) for v in truth.grid.to_mm((np.asarray(best[2]) + np.asarray(corner))[::-1]))
    return best[0], (x, y, z)

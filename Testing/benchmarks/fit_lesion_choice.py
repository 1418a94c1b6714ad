"""Fit the weights by which the surface of a lesion is chosen, on synthetic patients alone; no real image is read.

Every seed cuts a block around some bone of a synthetic patient, with marrow made uneven, and with another noise and
voxel size each time. Three of four blocks hold a lesion and two clicks in it; the fourth holds none, and shows what
is expected of a click in healthy bone. ``python Testing/benchmarks/fit_lesion_choice.py`` prints the weights of
``Resources/Structures/lesion_outline.json`` and how well they choose for patients that they were not fitted on.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from boneir.anatomy.lesion_choice import SIGNS, signs
from boneir.anatomy.lesion_surface import SIZES_MM, grown_surfaces
from boneir.anatomy.lesion_window import Clicks, lesion_window
from boneir.anatomy.outline import outline_structures
from boneir.case import Case, Image
from boneir.errors import BoneIRError
from boneir.findings import Point
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.training.implant import LesionKind
from boneir.training.scanner_noise import correlated_noise
from boneir.training.synthetic_patient import SyntheticPatient, synthetic_patient

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cases"))
from lesion_cases import LARGEST_MM, Planted, clicks, implanted_if_seen, varied_look

Floats = NDArray[np.float64]
SEED, BLOCKS, BLOCKS_OF_ONE = 20261123, 180, 12
WIDE_MM, MIDDLE_MM, REACH_MM, TRIES = 96.0, 18.0, 36.0, 40
BONES = {"vertebra": 0.4, "hip": 0.25, "sacrum": 0.15, "femur": 0.1, "rib": 0.1}
FOLDS, DOUBT = 5, (0.55, 0.6, 0.65, 0.7)


@dataclass(frozen=True, eq=False)
class Click:
    """The surfaces around one click: what is seen of each, and its Dice coefficient; 0 where there is no lesion."""

    patient: int
    seen: Floats
    dice: Floats
    ill: bool


class Draw(np.random.Generator):
    """Random numbers of one block."""

    def __init__(self, seed: int) -> None:
        super().__init__(np.random.PCG64(np.random.SeedSequence([SEED, seed])))

    def log(self, low: float, high: float) -> float:
        return float(np.exp(self.uniform(np.log(low), np.log(high))))


def block(seed: int) -> list[Click]:
    """The clicks in one block; none where no lesion fits or can be seen, or no bone is found."""
    draw, number, ill = Draw(seed), 1000 + seed // BLOCKS_OF_ONE, seed % 4 != 3
    person = _cut(draw, number)
    image, bone = _uneven(draw, person), person.labels["bone"]
    planted = _planted(draw, image, bone, list(LesionKind)[seed % 3]) if ill else None
    if planted is not None:
        image, truth = planted[0], planted[1].truth
        places = clicks(planted[1], 2, seed)
    elif not ill and len(inner := _places(image, bone, 3.0)):
        truth, places = None, [_drawn(draw, image, bone, inner)]
    else:
        return []
    try:
        case = Case(image, outline_structures(image)[0])
        return [_click(case, place, truth, number) for place in places]
    except BoneIRError:
        return []


@cache
def _whole(number: int) -> SyntheticPatient:
    return synthetic_patient(seed=number, spacing_mm=(3.0, 3.0, 3.0), noise_hu=0)


def _cut(draw: Draw, number: int) -> SyntheticPatient:
    """A block around a place in some bone."""
    whole = _whole(number)
    kind = list(BONES)[int(draw.choice(len(BONES), p=list(BONES.values())))]
    bone = whole.labels[str(draw.choice([name for name in whole.labels if name.startswith(kind)]))]
    depth = ndimage.distance_transform_edt(np.pad(bone.voxels, 1))[1:-1, 1:-1, 1:-1]
    places = np.argwhere(depth >= min(2, depth.max()))
    middle = whole.image.grid.to_mm((places[draw.integers(len(places))] + np.array(bone.corner))[::-1])
    pixel, slice_mm, noise = draw.log(0.6, 1.3), draw.log(0.8, 4), draw.log(6, 35)
    steps = (pixel, pixel, slice_mm)
    ni, nj, nk = (int(WIDE_MM / step) for step in steps)
    x, y, z = (float(m - (n - 1) / 2 * step) for m, n, step in zip(middle, (ni, nj, nk), steps, strict=True))
    return synthetic_patient(seed=number, grid=Grid((nk, nj, ni), steps, (x, y, z)), noise_hu=noise)


def _uneven(draw: Draw, person: SyntheticPatient) -> Image:
    """The image with wide and narrow waves in all bone."""
    bone, hu = person.labels["bone"], person.image.voxels.astype(np.float32)
    for low, high, most in ((4, 20, 60), (1, 4, 50)):
        height = np.float32(draw.uniform(0, most))
        width = draw.log(low, high) / np.array(person.image.grid.spacing_mm[::-1])
        hu[bone.window] += np.where(bone.voxels, height * correlated_noise(bone.voxels.shape, list(width), draw), 0)
    return replace(person.image, voxels=np.clip(np.rint(hu), -1024, 3071).astype(np.int16))


def _places(image: Image, bone: Mask, least_mm: float) -> NDArray[np.int64]:
    """Voxels of the bone so deep in it, near the middle of the block."""
    steps = np.array(image.grid.spacing_mm[::-1])
    depth = ndimage.distance_transform_edt(np.pad(bone.voxels, 1), steps)[1:-1, 1:-1, 1:-1]
    places = np.argwhere(depth >= least_mm)
    off = (places + np.array(bone.corner) - (np.array(image.grid.shape) - 1) / 2) * steps
    return np.asarray(places[np.linalg.norm(off, axis=1) < MIDDLE_MM])


def _drawn(draw: Draw, image: Image, bone: Mask, places: NDArray[np.int64]) -> Point:
    x, y, z = image.grid.to_mm((places[draw.integers(len(places))] + np.array(bone.corner))[::-1])
    return float(x), float(y), float(z)


def _planted(draw: Draw, image: Image, bone: Mask, kind: LesionKind) -> tuple[Image, Planted] | None:
    """The image with a lesion; a third of them breach the cortex, and seven of ten are rough, long or blurred."""
    least = max(8.0, 2.5 * max(image.grid.spacing_mm))
    for _ in range(TRIES):
        size = draw.log(least, LARGEST_MM)
        places = _places(image, bone, max(0.35 * size, 3.0))
        if not len(places):
            continue
        centre, breach = _drawn(draw, image, bone, places), bool(draw.random() < 0.33)
        seed, looks = int(draw.integers(2**31)), varied_look(kind, draw) if draw.random() < 0.7 else {}
        done = implanted_if_seen(image, bone, centre, size, kind, breach, seed, looks)
        if done is not None:
            return done.image, Planted(kind, size, breach, done.mask)
    return None


def _click(case: Case, place: Point, truth: Mask | None, number: int) -> Click:
    window = lesion_window(case, Clicks((place,)), REACH_MM)
    true = truth.part(window.corner, window.shape) if truth else np.zeros(window.shape, bool)
    seen, dice = [], []
    for surface in grown_surfaces(window.around, SIZES_MM, REACH_MM):
        mine = window.within(surface, surface.reach_mm)
        seen.append(signs(surface))
        dice.append(2 * np.count_nonzero(mine & true) / max(np.count_nonzero(mine) + np.count_nonzero(true), 1))
    return Click(number, np.array(seen), np.array(dice), truth is not None)


def fitted(found: list[Click]) -> Floats:
    """Weights of the signs by how the surfaces around one click differ, then what makes the chosen ones right."""
    ill = [click for click in found if click.ill]
    seen = np.concatenate([click.seen - click.seen.mean(axis=0) for click in ill])
    dice = np.concatenate([click.dice - click.dice.mean() for click in ill])
    spread = seen.std(axis=0)
    scaled = seen / spread
    weights = np.linalg.solve(scaled.T @ scaled + np.eye(len(SIGNS)), scaled.T @ dice) / spread
    expected, true = _chosen(ill, np.append(weights, 0.0)).T
    return np.append(weights, np.mean(true - expected))


def _chosen(found: list[Click], weights: Floats) -> Floats:
    """The expected and the true Dice coefficient of the surface that is chosen for each click."""
    expected = [click.seen @ weights[:-1] + weights[-1] for click in found]
    return np.array([(e.max(), c.dice[e.argmax()]) for e, c in zip(expected, found, strict=True)])


def report(found: list[Click]) -> None:
    """Print what the weights do for patients they were not fitted on."""
    rows, ill = [], []
    for fold in range(FOLDS):
        apart = [click for click in found if click.patient % FOLDS == fold]
        rows.append(_chosen(apart, fitted([click for click in found if click.patient % FOLDS != fold])))
        ill += [click.ill for click in apart]
    (expected, dice), sick = np.concatenate(rows).T, np.array(ill)
    best = np.mean([click.dice.max() for click in found if click.ill])
    print(f"{sick.sum()} clicks in lesions, {(~sick).sum()} in healthy bone; Dice of the best surfaces: {best:.3f}")
    print(f"the chosen ones: mean {dice[sick].mean():.3f}, median {np.median(dice[sick]):.3f}")
    for least in DOUBT:
        told = expected < least
        print(f"below {least}: {told[~sick].mean():.0%} of clicks in healthy bone, {told[sick].mean():.0%} in lesions")
        print(f"    with a mean Dice of {dice[sick & told].mean():.2f}; the others {dice[sick & ~told].mean():.2f}")


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        everything = [click for part in pool.map(block, range(BLOCKS), chunksize=BLOCKS_OF_ONE) for click in part]
    for name, weight in zip((*SIGNS, "constant"), fitted(everything), strict=True):
        print(f"choice_{name}: {weight:.3f}")
    report(everything)

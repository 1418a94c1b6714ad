"""How well known motions of real images are found again, and whether what fails is flagged.

``study_registration.py PAIR [--first N] [--count N] [--rows FILE]`` with PAIR one of

- ``ct-ct``: a lumbar CT and the same moved, in slices of 5 mm, with 40 HU of noise and a lesion that was not there;
- ``ct-simulated-mr``: the same with the contrast of an MR, shading and noise: real anatomy, made-up contrast;
- ``ct-mr``: a real CT and a real MR, moved; the two come from different days and tables, so that the alignment they
  came with is not exact to millimetres: what is measured is how far each result lies from that of unmoved images;
- ``ct-pet``: a real PET that follows the CT of its own examination;
- ``ct-cbct``: the first with a small round field of view, cupping, a wrong scale of HU and 80 HU of noise;
- ``mr-mr``: two T1-like images of one real anatomy, each shaded and noisy in its own way;
- ``t1-t2``: the second T2-like, where fat and marrow are less bright than fluid and disc.

For ``ct-mr`` a last line says how far the result on unmoved images lies from the alignment that they came with, and
from that of an independent registration by directions of edges, which shares nothing with this one but the images.

Motions are drawn up to 15 mm along each axis and 15 degrees about it. Beside each result a registration that is off by
3 to 12 mm is judged too, so that the verdict is tested where nothing fails.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from boneir.case import Image, Modality
from boneir.fusion.quality import Verdict, quality_of
from boneir.fusion.registration import best_of_pair, pair_of_images
from boneir.grid import Grid
from boneir.image.read import read_image
from boneir.image.rigid import Rigid, placed
from boneir.mask import Mask
from cases_folder import cases_root

PAIRS = {"ct-ct": 1.0, "ct-simulated-mr": 1.5, "ct-mr": 1.5, "ct-pet": 1.5, "ct-cbct": 1.0, "mr-mr": 1.5, "t1-t2": 1.5}
"""Pairs, and the target error in mm below which a registration is good, for the median over all."""
FAILED_MM = {
    "ct-ct": 2.0,
    "ct-simulated-mr": 3.0,
    "ct-mr": 3.0,
    "ct-pet": 3.0,
    "ct-cbct": 2.0,
    "mr-mr": 3.0,
    "t1-t2": 3.0,
}
"""A registration with a larger error must not be called good."""
MOST_MM, MOST_DEG = 15.0, 15.0
HEADERS = ("spread_mm", "return_mm", "halves_mm", "edges_mm", "edges_share", "overlap")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pair", choices=sorted(PAIRS))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after this time")
    parser.add_argument("--rows", type=Path, help="file with one JSON object a line, continued where it ends")
    options = parser.parse_args()
    done = [json.loads(line) for line in options.rows.read_text().splitlines()] if (
        options.rows and options.rows.is_file()) else []  # fmt: skip
    have, start = {row["seed"] for row in done if row["pair"] == options.pair}, time.perf_counter()
    rows = [row for row in done if row["pair"] == options.pair]
    for seed in range(options.first, options.first + options.count):
        if seed in have or time.perf_counter() - start > options.seconds:
            continue
        rows.append(trial(options.pair, seed))
        if options.rows:
            with options.rows.open("a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
    print(summary(options.pair, rows))
    if options.pair == "ct-mr":
        print(independently())
    return 0


def trial(pair: str, seed: int) -> dict:
    """One known motion: the error of the registration, what the checks say of it, and of one that is off."""
    fixed, moving, truth, region, targets = PAIR_MAKERS[pair](seed)
    start = time.perf_counter()
    ready = pair_of_images(fixed, moving, region, seed=seed)
    found = best_of_pair(ready)
    seconds = time.perf_counter() - start
    quality = quality_of(ready, found)
    draw = np.random.default_rng(seed + 10_000)
    way = draw.normal(size=3)
    off_mm = float(draw.uniform(3.0, 12.0))
    off = truth.after(Rigid.about(targets.mean(axis=0), draw.uniform(-3, 3, 3), off_mm * way / np.linalg.norm(way)))
    wrong = quality_of(ready, off)
    return {
        "pair": pair, "seed": seed, "error_mm": error_mm(found, truth, targets),
        "start_mm": error_mm(Rigid(), truth, targets), "seconds": seconds,
        "verdict": quality.verdict.value, **{key: getattr(quality, key) for key in HEADERS},
        "off_mm": error_mm(off, truth, targets), "off_verdict": wrong.verdict.value,
        **{f"off_{key}": getattr(wrong, key) for key in HEADERS},
    }  # fmt: skip


def error_mm(found: Rigid, truth: Rigid, targets: np.ndarray) -> float:
    return float(found.apart_mm(truth, targets).mean())


def motion(seed: int, centre: np.ndarray) -> Rigid:
    draw = np.random.default_rng(seed)
    return Rigid.about(centre, draw.uniform(-MOST_DEG, MOST_DEG, 3), draw.uniform(-MOST_MM, MOST_MM, 3))


def middle_of(image: Image) -> np.ndarray:
    return image.grid.to_mm((np.asarray(image.grid.shape[::-1]) - 1) / 2)


def rescanned(image: Image, truth: Rigid, slice_mm: float, noise_hu: float, seed: int, lesion_mm: np.ndarray) -> Image:
    """The CT as a second scan would show it, the patient moved by `truth`, in thick slices, with a new lesion."""
    before = np.asarray(image.voxels, np.float32)
    away = np.linalg.norm(points_of(image.grid) - lesion_mm, axis=-1)
    before = np.where(away < 10.0, 20.0, before)
    old = image.grid
    count = int(old.shape[0] * old.spacing_mm[2] / slice_mm)
    grid = Grid((count, *old.shape[1:]), (*old.spacing_mm[:2], slice_mm), old.origin_mm, old.direction)
    axis = np.asarray(old.direction).reshape(3, 3)[:, 2]
    values = np.zeros(grid.shape, np.float32)
    parts = np.array([-0.33, 0.0, 0.33]) * slice_mm
    for part in parts:
        kji = old.to_ijk(truth.inverse.apply(points_of(grid) + part * axis))[..., ::-1]
        values += ndimage.map_coordinates(before, np.moveaxis(kji, -1, 0), order=1, cval=-1000.0) / len(parts)
    values += np.random.default_rng(seed).normal(0, noise_hu, grid.shape)
    return Image(np.rint(values).astype(np.int16), grid)


def points_of(grid: Grid) -> np.ndarray:
    k, j, i = np.indices(grid.shape)
    return grid.to_mm(np.stack([i, j, k], axis=-1))


def as_mr(image: Image, seed: int) -> Image:
    """The same anatomy with the contrast of a T1 image: bright fat and marrow, dark cortex and air, shaded, noisy."""
    values = np.interp(image.voxels, [-1000, -400, -150, -60, 20, 60, 150, 300, 700, 1300],
                       [5, 5, 600, 900, 330, 380, 600, 500, 150, 40])  # fmt: skip
    k, j, i = (np.linspace(-1, 1, n) for n in image.grid.shape)
    values *= 1.0 + 0.25 * i - 0.2 * j[:, None] + 0.15 * k[:, None, None]
    values += np.random.default_rng(seed + 1).normal(0, 25, values.shape)
    return Image(values.astype(np.float32), image.grid, Modality.MR, "")


def bones_and_targets(image: Image) -> tuple[Mask, np.ndarray]:
    marked = ndimage.binary_opening(image.voxels > 180)
    numbered, _ = ndimage.label(marked)
    sizes = np.bincount(numbered.ravel())
    sizes[0] = 0
    bones = Mask.of((sizes >= 200)[numbered], image.grid)
    points = bones.points_mm()
    return bones, points[np.random.default_rng(0).choice(len(points), 300, replace=False)]


def lumbar_ct(seed: int, *, mr: bool = False):
    image, _ = read_image(cases_root() / "lumbar-ct" / "ct.nii.gz")
    bones, targets = bones_and_targets(image)
    truth = motion(seed, middle_of(image))
    moved = rescanned(image, truth, 5.0, 0.0 if mr else 40.0, seed, targets[seed % len(targets)])
    return image, as_mr(moved, seed) if mr else moved, truth, bones, targets


def pelvic_ct_mr(seed: int):
    folder = cases_root() / "sarcoma-pet-ct-mr"
    (fixed, _), (moving, _) = (read_image(folder / name / "image") for name in ("CT", "MR_T1"))
    bones, targets = bones_and_targets(fixed)
    targets = targets[moving.grid.contains(targets)]
    if "rest" not in _KNOWN:
        _KNOWN["rest"] = best_of_pair(pair_of_images(fixed, moving, bones, seed=100_000))
    truth = motion(seed, middle_of(moving))
    return fixed, placed(moving, truth), truth.after(_KNOWN["rest"]), bones, targets


def pelvic_ct_pet(seed: int):
    """The PET's own CT, seen again in thick slices, carries the PET: the error is that of its CT at the tumour."""
    fixed, _ = read_image(cases_root() / "sarcoma-pet-ct-mr" / "CT" / "image")
    pet, _ = read_image(cases_root() / "sarcoma-pet-ct-mr" / "PET" / "image")
    bones, _ = bones_and_targets(fixed)
    hot = Mask.of(pet.voxels > 0.4 * pet.voxels.max(), pet.grid).points_mm()
    truth = motion(seed, middle_of(fixed))
    return fixed, rescanned(fixed, truth, 5.0, 40.0, seed, hot.mean(axis=0)), truth, bones, hot


def lumbar_cbct(seed: int):
    """What a C-arm shows of the lumbar spine: a cylinder of 200 mm, dark in its middle, noisy, its HU too low."""
    fixed, moved, truth, bones, targets = lumbar_ct(seed)
    centre = truth.apply(targets.mean(axis=0))
    away = np.linalg.norm((points_of(moved.grid) - centre)[..., :2], axis=-1)
    values = 0.85 * np.asarray(moved.voxels, np.float32) - 40.0 - 120.0 * np.clip(1.0 - away / 100.0, 0.0, 1.0)
    values += np.random.default_rng(seed + 2).normal(0, 80, values.shape)
    values[away > 100.0] = -1000.0
    seen = np.linalg.norm((truth.apply(targets) - centre)[:, :2], axis=1) < 90.0
    return fixed, Image(np.rint(values).astype(np.int16), moved.grid), truth, bones, targets[seen]


def two_mr(seed: int, *, contrasts: int):
    """Two MR images of one patient: of one contrast, or T1-like and T2-like."""
    fixed, moved, truth, bones, targets = lumbar_ct(seed)
    bright = [5, 5, 600, 900, 330, 380, 600, 500, 150, 40] if contrasts == 1 else (
        [5, 5, 420, 520, 800, 260, 380, 260, 90, 30])  # fmt: skip
    values = np.interp(moved.voxels, [-1000, -400, -150, -60, 20, 60, 150, 300, 700, 1300], bright)
    k, j, i = (np.linspace(-1, 1, n) for n in values.shape)
    values *= 1.0 - 0.2 * i + 0.2 * j[:, None] - 0.1 * k[:, None, None]
    values += np.random.default_rng(seed + 3).normal(0, 30, values.shape)
    second = Image(values.astype(np.float32), moved.grid, Modality.MR, "")
    return as_mr(fixed, seed), second, truth, bones, targets


def independently() -> str:
    """How far the result on the unmoved CT and MR lies from two other alignments of them.

    The independent one maximises how well directions of edges agree (normalised gradient fields: Haber and Modersitzki,
    MICCAI 2006, LNCS 4191:726-733), by Powell's method.
    """
    folder = cases_root() / "sarcoma-pet-ct-mr"
    (fixed, _), (moving, _) = (read_image(folder / name / "image") for name in ("CT", "MR_T1"))
    bones, targets = bones_and_targets(fixed)
    targets = targets[moving.grid.contains(targets)]
    pair = pair_of_images(fixed, moving, bones, seed=5)
    rest = best_of_pair(pair)
    here, there = (_slopes(image) for image in (pair.levels[-1].fixed, pair.levels[-1].moving))
    points = pair.levels[-1].seen_from(rest).points_mm[:12_000]
    edges = here(points)
    length = np.linalg.norm(edges, axis=1)
    steep = length > np.quantile(length, 0.6)
    points, units = points[steep], edges[steep] / length[steep, None]
    least = float(np.median(np.linalg.norm(there(points), axis=1)))

    def agreement(six: np.ndarray) -> float:
        motion = Rigid.about(points.mean(axis=0), 1.15 * six[3:], six[:3])  # 1.15 degrees are 1 mm at 50 mm
        slopes = there(motion.apply(points))
        along = (slopes * (units @ motion.matrix.T)).sum(axis=1) ** 2
        return -float(np.mean(along / ((slopes**2).sum(axis=1) + least**2)))

    six = minimize(agreement, np.zeros(6), method="Powell", options={"xtol": 0.02, "ftol": 1e-5}).x
    other = Rigid.about(points.mean(axis=0), 1.15 * six[3:], six[:3])
    return (
        f"unmoved, over the bones: {error_mm(rest, other, targets):.2f} mm from the independent registration, "
        f"{error_mm(rest, Rigid(), targets):.2f} mm from the alignment that the images came with, which lies "
        f"{error_mm(other, Rigid(), targets):.2f} mm from the independent one"
    )


def _slopes(image):
    """A function that gives the gradient of an image at points."""
    blurred = ndimage.gaussian_filter(image.values.astype(float), 1.0)
    parts = np.gradient(blurred, *image.grid.spacing_mm[::-1])[::-1]
    turn = np.asarray(image.grid.direction).reshape(3, 3).T

    def at(points: np.ndarray) -> np.ndarray:
        kji = image.grid.to_ijk(points)[:, ::-1].T
        return np.stack([ndimage.map_coordinates(part, kji, order=1, mode="nearest") for part in parts], axis=1) @ turn

    return at


_KNOWN: dict[str, Rigid] = {}
PAIR_MAKERS = {
    "ct-ct": lumbar_ct,
    "ct-simulated-mr": lambda seed: lumbar_ct(seed, mr=True),
    "ct-mr": pelvic_ct_mr,
    "ct-pet": pelvic_ct_pet,
    "ct-cbct": lumbar_cbct,
    "mr-mr": lambda seed: two_mr(seed, contrasts=1),
    "t1-t2": lambda seed: two_mr(seed, contrasts=2),
}


def summary(pair: str, rows: list[dict]) -> str:
    """Errors, and how the verdict stands to them."""
    if not rows:
        return f"{pair}: nothing ran"
    errors = np.array([row["error_mm"] for row in rows])
    good = np.array([row["verdict"] == Verdict.GOOD.value for row in rows])
    failed = errors > FAILED_MM[pair]
    off_good = sum(row["off_verdict"] == Verdict.GOOD.value for row in rows)
    seconds = np.median([row["seconds"] for row in rows])
    refused = np.count_nonzero(~failed & ~good)
    return (
        f"{pair}: {len(rows)} motions, median {np.median(errors):.2f} mm, 95th percentile "
        f"{np.percentile(errors, 95):.2f} mm, largest {errors.max():.2f} mm; {failed.sum()} failed, "
        f"{np.count_nonzero(failed & good)} of them called good; {refused} of {np.count_nonzero(~failed)} good ones "
        f"refused; {off_good} of {len(rows)} that were off by 3 to 12 mm called good; median {seconds:.1f} s"
    )


if __name__ == "__main__":
    sys.exit(main())

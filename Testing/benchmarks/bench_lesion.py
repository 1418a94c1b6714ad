"""Lesions from one click on all cases: the library and its peers on the same clicks, against the known extent.

The half that was kept unseen is the one that counts. Set ``BONEIR_LESION_HALF=seen`` to look at the development half.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from calibration import triad_gb_per_s

from boneir.anatomy.lesion import grow_lesion
from boneir.case import Case
from boneir.errors import BoneIRError
from boneir.findings import Point
from boneir.mask import Mask
from cases_folder import cases_root

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cases"))
from lesion_cases import SOURCES, Patient, clicks, dice, patient, surface_distances_mm

GROUP = "anatomy"
REACH_MM = 30.0
CLICKS = 3
Method = Callable[[Case, Point], Mask]


def figures() -> list[dict]:
    if not cases_root().is_dir():
        print("bench_lesion: left out, the folder of real images is absent", file=sys.stderr)
        return []
    unseen = os.environ.get("BONEIR_LESION_HALF", "unseen") != "seen"
    methods: dict[str, Method] = {"click": ours, **peers()}
    found: dict[str, list[dict]] = {name: [] for name in methods}
    spread: list[float] = []
    for source in SOURCES:
        person = patient(source, unseen=unseen)
        for name, method in methods.items():
            found[name] += rows_of(person, method)
        spread += agreement(person)
    triad, half = f"triad {triad_gb_per_s():.1f} GB/s", "unseen" if unseen else "seen"
    peer = "; ".join(f"{name} {np.median(dices(rows)):.2f}" for name, rows in found.items() if name != "click")
    mine = found["click"]
    out = [
        row(f"lesions ({half}): count", len(mine), "", 30, triad, at_least=True),
        row(f"lesions ({half}): Dice, median", np.median(dices(mine)), "", 0.85, triad, peer, at_least=True),
        row(f"lesions ({half}): Dice, 10th percentile", np.percentile(dices(mine), 10), "", 0.70, triad, at_least=True),
        row(f"lesions ({half}): volume error, median", 100 * middle(mine, "volume"), "%", 10.0, triad),
        row(f"lesions ({half}): surface distance, median", middle(mine, "surface"), "voxel", 1.0, triad),
        row(f"lesions ({half}): Dice between clicks, median", np.median(spread), "", 0.9, triad, at_least=True),
        row(f"lesions ({half}): time for a click, longest", max(r["seconds"] for r in mine), "s", 2.0, triad),
    ]
    for kind in ("lytic", "sclerotic", "mixed"):
        some = [r for r in mine if r["kind"] == kind]
        theirs = "; ".join(
            f"{name} {np.median([r['dice'] for r in rows if r['kind'] == kind]):.2f}"
            for name, rows in found.items()
            if name != "click"
        )
        out.append(row(f"lesions ({half}): Dice, {kind}, median", np.median(dices(some)), "", None, triad, theirs))
    return out


def dices(rows: list[dict]) -> list[float]:
    return [r["dice"] for r in rows]


def middle(rows: list[dict], key: str) -> float:
    return float(np.median([r[key] for r in rows]))


def ours(case: Case, place: Point) -> Mask:
    return grow_lesion(case, place)[0].mask


def rows_of(person: Patient, method: Method) -> list[dict]:
    """One row per lesion, from a click at its deepest place; nothing found counts as zero."""
    rows = []
    for planted in person.planted:
        began = time.perf_counter()
        try:
            mask = method(person.case, clicks(planted, 1)[0])
        except BoneIRError:
            mask = Mask.of(np.zeros(person.case.image.grid.shape, bool), person.case.image.grid)
        seconds = time.perf_counter() - began
        pixel = min(planted.truth.grid.spacing_mm)
        rows.append(
            {
                "kind": str(planted.kind),
                "dice": dice(mask, planted.truth),
                "volume": abs(mask.volume_ml / planted.truth.volume_ml - 1),
                "surface": np.inf if mask.is_empty else np.median(surface_distances_mm(mask, planted.truth)) / pixel,
                "seconds": seconds,
            }
        )
    return rows


def agreement(person: Patient) -> list[float]:
    """Dice between the outlines from different clicks in one lesion."""
    out = []
    for planted in person.planted:
        masks = []
        for place in clicks(planted, CLICKS):
            try:
                masks.append(ours(person.case, place))
            except BoneIRError:
                out.append(0.0)
        out += [dice(a, b) for n, a in enumerate(masks) for b in masks[:n]]
    return out


def peers() -> dict[str, Method]:
    """Other methods on the same click, within the same window."""
    methods: dict[str, Method] = {
        "SimpleITK confidence connected": connected,
        "SimpleITK geodesic active contour": active_contour,
    }
    try:
        from skimage.segmentation import random_walker
    except ImportError:
        return methods

    def walker(case: Case, place: Point) -> Mask:
        return by_walking(case, place, random_walker)

    return {**methods, "scikit-image random walker": walker}


def window_of(case: Case, place: Point) -> tuple[np.ndarray, tuple[int, int, int], tuple[int, int, int]]:
    """HU within reach of the click, where the window begins, and the click in it, as (k, j, i)."""
    grid = case.image.grid
    at = grid.nearest_voxel(place)
    reach = [round(REACH_MM / step) for step in grid.spacing_mm[::-1]]
    low = [max(0, a - r) for a, r in zip(at, reach, strict=True)]
    high = [min(n, a + r + 1) for a, r, n in zip(at, reach, grid.shape, strict=True)]
    part = np.asarray(case.image.voxels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))], np.float32)
    seed = tuple(a - b for a, b in zip(at, low, strict=True))
    return part, (low[0], low[1], low[2]), (seed[0], seed[1], seed[2])


def as_sitk(part: np.ndarray, case: Case) -> sitk.Image:
    image = sitk.GetImageFromArray(part)
    image.SetSpacing(case.image.grid.spacing_mm)
    return image


def connected(case: Case, place: Point) -> Mask:
    part, corner, seed = window_of(case, place)
    smooth = sitk.CurvatureFlow(as_sitk(part, case), 0.05, 5)
    found = sitk.ConfidenceConnected(smooth, [seed[::-1]], 4, 2.5, 2, 1)
    closed = sitk.BinaryMorphologicalClosing(found, [1, 1, 1])
    return Mask.within(sitk.GetArrayFromImage(closed), corner, case.image.grid)


def active_contour(case: Case, place: Point) -> Mask:
    part, corner, seed = window_of(case, place)
    image = as_sitk(part, case)
    edge = sitk.GradientMagnitudeRecursiveGaussian(image, 1.0)
    speed = sitk.Cast(sitk.BoundedReciprocal(sitk.Divide(edge, 40.0)), sitk.sitkFloat32)
    k, j, i = np.indices(part.shape)
    steps = case.image.grid.spacing_mm
    away = sum(((a - s) * step) ** 2 for a, s, step in zip((i, j, k), seed[::-1], steps, strict=True))
    start = as_sitk((np.sqrt(away) - 3.0).astype(np.float32), case)
    level = sitk.GeodesicActiveContourLevelSet(start, speed, 0.01, 1.0, 0.7, 1.0, 300)
    return Mask.within(sitk.GetArrayFromImage(level) <= 0, corner, case.image.grid)


def by_walking(case: Case, place: Point, random_walker: Callable) -> Mask:
    part, corner, seed = window_of(case, place)
    steps = np.asarray(case.image.grid.spacing_mm[::-1])
    away = np.linalg.norm((np.moveaxis(np.indices(part.shape), 0, -1) - seed) * steps, axis=-1)
    marks = np.where(away <= 3.0, 1, np.where(away >= 0.9 * REACH_MM, 2, 0)).astype(np.int32)
    labels = random_walker(np.clip(part, -200, 1200) / 1400, marks, beta=110, mode="cg_j", spacing=steps)
    return Mask.within(labels == 1, corner, case.image.grid)


def row(
    name: str, value: float, unit: str, bar: float | None, calibration: str, peer: str = "", *, at_least: bool = False
) -> dict:
    met = None if bar is None else bool(value >= bar if at_least else value <= bar)
    figure = {"name": name, "value": float(value), "unit": unit, "bar": bar, "met": met}
    return {**figure, "calibration": calibration, "peer": peer or None}

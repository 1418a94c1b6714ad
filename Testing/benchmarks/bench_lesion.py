"""Lesions from one click on all cases: the library and its peers on the same clicks, against the known extent.

The lesions that were kept unseen are those that count: of the same sort as those for development, or more varied. Set
``BONEIR_LESION_DRAW`` to seen, unseen, varied or fresh; fresh is the default.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from calibration import triad_gb_per_s
from lesion_peers import Method, peers

from boneir.anatomy.lesion import grow_lesion
from boneir.case import Case
from boneir.errors import BoneIRError
from boneir.findings import Point
from boneir.mask import Mask
from cases_folder import cases_root

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cases"))
from lesion_cases import SOURCES, Draw, Patient, clicks, dice, patient, surface_distances_mm

GROUP = "anatomy"
CLICKS = 3


def figures() -> list[dict]:
    if not cases_root().is_dir():
        print("bench_lesion: left out, the folder of real images is absent", file=sys.stderr)
        return []
    draw = Draw[os.environ.get("BONEIR_LESION_DRAW", "fresh").upper()]
    methods: dict[str, Method] = {"click": ours, **peers()}
    found: dict[str, list[dict]] = {name: [] for name in methods}
    spread: list[float] = []
    for source in SOURCES:
        person = patient(source, draw)
        for name, method in methods.items():
            found[name] += rows_of(person, method)
        spread += agreement(person)
    triad, half = f"triad {triad_gb_per_s():.1f} GB/s", draw.name.lower()
    peer = others(found, np.median)
    lowest = others(found, low)
    mine = found["click"]
    out = [
        row(f"lesions ({half}): count", len(mine), "", 30, triad, at_least=True),
        row(f"lesions ({half}): Dice, median", np.median(dices(mine)), "", 0.85, triad, peer, at_least=True),
        row(
            f"lesions ({half}): Dice, 10th percentile",
            np.percentile(dices(mine), 10),
            "",
            0.70,
            triad,
            lowest,
            at_least=True,
        ),
        row(f"lesions ({half}): volume error, median", 100 * middle(mine, "volume"), "%", 10.0, triad),
        row(f"lesions ({half}): surface distance, median", middle(mine, "surface"), "voxel", 1.0, triad),
        row(f"lesions ({half}): Dice between clicks, median", np.median(spread), "", 0.9, triad, at_least=True),
        row(f"lesions ({half}): time for a click, longest", max(r["seconds"] for r in mine), "s", 2.0, triad),
    ]
    for kind in ("lytic", "sclerotic", "mixed"):
        some = [r for r in mine if r["kind"] == kind]
        theirs = others({name: [r for r in rows if r["kind"] == kind] for name, rows in found.items()}, np.median)
        out.append(row(f"lesions ({half}): Dice, {kind}, median", np.median(dices(some)), "", None, triad, theirs))
    return out


def others(found: dict[str, list[dict]], summary: Callable[[list[float]], float]) -> str:
    """One number of the Dice coefficients of every peer."""
    return "; ".join(f"{name} {summary(dices(rows)):.2f}" for name, rows in found.items() if name != "click")


def dices(rows: list[dict]) -> list[float]:
    return [r["dice"] for r in rows]


def low(values: list[float]) -> float:
    return float(np.percentile(values, 10))


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


def row(
    name: str, value: float, unit: str, bar: float | None, calibration: str, peer: str = "", *, at_least: bool = False
) -> dict:
    met = None if bar is None else bool(value >= bar if at_least else value <= bar)
    figure = {"name": name, "value": float(value), "unit": unit, "bar": bar, "met": met}
    return {**figure, "calibration": calibration, "peer": peer or None}

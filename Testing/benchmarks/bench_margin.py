"""The minimal margin: how exact it is on spheres, and how long it takes, beside distances between voxel centres."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk  # noqa: N813
from calibration import best_of, triad_gb_per_s

from boneir.fusion.margin import surface_margin
from boneir.grid import Grid
from boneir.image.ellipsoid import Ellipsoid
from boneir.mask import Mask

GROUP = "fusion"

SPACINGS = (((1.0, 1.0, 1.0), 0.3), ((0.7, 0.7, 3.0), 0.5))
RADIUS_MM, RIM_MM, SHIFT_MM = 20.0, 6.0, 3.0
PLACES = 5


def figures() -> list[dict]:
    """Largest error over random places on oblique grids, and seconds for a lesion of 40 mm."""
    calibration = f"triad {triad_gb_per_s():.1f} GB/s"
    rows = []
    for spacing, bar_mm in SPACINGS:
        voxels = " x ".join(f"{s:g}" for s in spacing)
        cases = [spheres(spacing, seed) for seed in range(PLACES)]
        truth = RIM_MM - SHIFT_MM
        for name, ask in (("exact zone", exact), ("zone of voxels", of_voxels)):
            seconds, _ = best_of(3, ask, *cases[0])
            off = max(abs(ask(*case) - truth) for case in cases)
            peer_seconds, _ = best_of(3, between_centres, *cases[0])
            peer_off = max(abs(between_centres(*case) - truth) for case in cases)
            rows.append(row(f"margin, {name}, {voxels} mm: largest error", off, "mm", bar_mm, calibration, peer_off))
            rows.append(row(f"margin, {name}, {voxels} mm: time", seconds, "s", 1.0, calibration, peer_seconds))
    return rows


def spheres(spacing: tuple[float, float, float], seed: int) -> tuple[Mask, Ellipsoid, Mask]:
    """A lesion of 40 mm and a zone off its centre, anywhere between the voxels of a grid in any direction."""
    draw = np.random.default_rng(seed)
    matrix, _ = np.linalg.qr(draw.normal(size=(3, 3)))
    size = 2 * (RADIUS_MM + RIM_MM + SHIFT_MM) + 6
    ni, nj, nk = (int(size / s) for s in spacing)
    first = -matrix @ ((np.array([ni - 1, nj - 1, nk - 1]) / 2 + draw.uniform(-0.5, 0.5, 3)) * spacing)
    grid = Grid((nk, nj, ni), spacing, tuple(first), tuple(matrix.ravel()))
    away = draw.normal(size=3)
    centre = SHIFT_MM * away / np.linalg.norm(away)
    zone = Ellipsoid(tuple(centre), (0.0, 0.0, 1.0), RADIUS_MM + RIM_MM, RADIUS_MM + RIM_MM)
    lesion = Ellipsoid((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), RADIUS_MM, RADIUS_MM)
    return lesion.mask_on(grid), zone, zone.mask_on(grid)


def exact(lesion: Mask, zone: Ellipsoid, _: Mask) -> float:
    return surface_margin(lesion, [zone]).minimum_mm


def of_voxels(lesion: Mask, _: Ellipsoid, zone: Mask) -> float:
    return surface_margin(lesion, zone).minimum_mm


def between_centres(lesion: Mask, _: Ellipsoid, zone: Mask) -> float:
    """The usual way: SimpleITK's signed distance of the zone, read at the voxels on the rim of the lesion."""
    image = sitk.GetImageFromArray(zone.full().astype(np.uint8))
    image.SetSpacing(zone.grid.spacing_mm)
    distance = sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    rim = sitk.BinaryContour(sitk.GetImageFromArray(lesion.full().astype(np.uint8)), fullyConnected=False)
    return float(sitk.GetArrayViewFromImage(distance)[sitk.GetArrayViewFromImage(rim) > 0].min())


def row(name: str, value: float, unit: str, bar: float, calibration: str, peer: float) -> dict:
    text = f"SimpleITK between voxel centres {peer:.3g} {unit}"
    return {
        "name": name, "value": value, "unit": unit, "bar": bar, "met": value <= bar, "calibration": calibration,
        "peer": text,
    }  # fmt: skip

"""Where bone belongs for sure to a rib, a hip, a femur or the sternum, and where it is none of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked
from .level_landmarks import Levels, Rib
from .level_names import LevelNames
from .spine_line import STEP_MM

Floats = NDArray[np.float64]
Voxels = NDArray[np.int64]

_HIP_ASIDE_MM, _HIP_ABOVE_MM = 66.0, 25.0
"""The ilium lies this far aside, up to this far above the sacrum."""
_FEMUR_SHARE, _FEMUR_BELOW_MM = 0.85, 85.0
"""The trochanter and shaft lie as far aside as this share of the wings of the ilium, and this far below the sacrum."""
_ISCHIUM_SHARE = 0.5
_STERNUM_ASIDE_MM, _STERNUM_AHEAD_MM = 12.0, 75.0
_STERNUM_LOWEST = 9
"""Thoracic level in front of which the sternum ends."""
_LOWEST_BLADE = 8
"""Thoracic level beside which the shoulder blades end."""
_FAR_FROM_LUNG_MM, _FAR_ASIDE_MM = 28.0, 50.0
"""Bone this far from the lungs and this far aside is no rib but a shoulder or an arm."""


def other_seeds(
    index: Voxels,
    local: Floats,
    ribs: tuple[Rib, ...],
    named: LevelNames,
    levels: Levels,
    sacrum: int | None,
    frame: AxialFrame,
) -> dict[str, Voxels]:
    """Voxels that belong for sure to ribs, hips, femora and sternum, by the key of the structure.

    Parameters
    ----------
    index : ndarray of int, shape (n, 3)
        Voxels of bone (s, p, l).
    local : ndarray of float, shape (n, 3)
        Their station, distance to back and to left.
    ribs : tuple of Rib
    named : LevelNames
    levels : Levels
    sacrum : int or None
        Number of the first level of the sacrum.
    frame : AxialFrame
    """
    seeds: dict[str, Voxels] = {}
    for rib in ribs:
        level = named.names[rib.level]
        if level.startswith("T"):
            key = f"rib_{'left' if rib.side > 0 else 'right'}_{level[1:]}"
            seeds[key] = np.concatenate([seeds.get(key, np.zeros((0, 3), np.int64)), rib.voxels])
    if sacrum is not None:
        seeds |= _hips_and_femora(index, local, float(levels.bounds[sacrum + 1]), frame)
    thoracic = [n for n, name in enumerate(named.names) if name[:1] == "T" and int(name[1:]) <= _STERNUM_LOWEST]
    if thoracic:
        low, high = levels.bounds[thoracic[0]], levels.bounds[thoracic[-1] + 1]
        front = (np.abs(local[:, 2]) < _STERNUM_ASIDE_MM) & (local[:, 1] < -_STERNUM_AHEAD_MM)
        seeds["sternum"] = index[front & (local[:, 0] >= low) & (local[:, 0] <= high)]
    return {key: voxels for key, voxels in seeds.items() if len(voxels)}


def _hips_and_femora(index: Voxels, local: Floats, top: float, frame: AxialFrame) -> dict[str, Voxels]:
    """Ilium and ischium, trochanter and shaft on both sides; `top` is the station of the sacrum's upper end."""
    seeds: dict[str, Voxels] = {}
    at_wings = np.abs(local[:, 0] - top) < 60.0 / STEP_MM
    rise = index[:, 0] * frame.coarse_spacing_mm[0]
    middle = float(np.median(rise[at_wings])) if at_wings.any() else 0.0
    near = at_wings & (np.abs(local[:, 0] - top) < 1.0) & (np.abs(local[:, 2]) < 20.0)
    level = float(np.median(rise[near])) if near.any() else middle
    below = level - rise
    for side, word in ((1, "left"), (-1, "right")):
        aside = side * local[:, 2]
        wings = at_wings & (aside > _HIP_ASIDE_MM)
        if not wings.any():
            continue
        width = float(np.quantile(aside[wings], 0.98))
        femur = (below > _FEMUR_BELOW_MM) & (aside > _FEMUR_SHARE * width)
        high = (aside > _HIP_ASIDE_MM) & (below < 0.6 * _FEMUR_BELOW_MM) & (below > -_HIP_ABOVE_MM)
        low = (below > _FEMUR_BELOW_MM) & (aside > 0.15 * width) & (aside < _ISCHIUM_SHARE * width)
        seeds[f"hip_{word}"] = index[high | low]
        seeds[f"femur_{word}"] = index[femur]
    return seeds


def far_from_lungs(
    index: Voxels, local: Floats, lungs: Marked, named: LevelNames, levels: Levels, frame: AxialFrame
) -> Voxels:
    """Voxels of bone beside the upper chest, but too far from the lungs to be a rib; none where no lung is seen.

    Lower ribs leave the lungs behind; shoulder blades and arms end above them.
    """
    upper = [
        n for n, name in enumerate(named.names) if name[:1] in "CT" and name[1:] and int(name[1:]) <= _LOWEST_BLADE
    ]
    if not upper or not lungs.any():
        return index[:0]
    # Every other voxel is enough for a distance of centimetres.
    spacing = 2.0 * np.asarray(frame.coarse_spacing_mm)
    away = ndimage.distance_transform_edt(~lungs[::2, ::2, ::2], sampling=spacing)
    far = away[tuple((index // 2).T)] > _FAR_FROM_LUNG_MM
    beside = (local[:, 0] >= levels.bounds[upper[0]]) & (np.abs(local[:, 2]) > _FAR_ASIDE_MM)
    return np.asarray(index[far & beside])

"""Where bone belongs for sure to a rib, a hip, a femur or the sternum, and where it is none of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked
from .hips import hip_seeds
from .joint_ball import JointBall
from .level_landmarks import Levels, Rib
from .level_names import LevelNames
from .level_settings import level_setting
from .spine_line import PlacedVoxels

Voxels = NDArray[np.int64]


def other_seeds(
    bone: PlacedVoxels,
    ribs: tuple[Rib, ...],
    named: LevelNames,
    levels: Levels,
    sacrum: int | None,
    hu: NDArray[np.float32],
    frame: AxialFrame,
) -> tuple[dict[str, Voxels], tuple[JointBall, ...]]:
    """Voxels that belong for sure to ribs, hips, femora and sternum, by the key of the structure; and the hips' balls.

    Parameters
    ----------
    bone : PlacedVoxels
    ribs : tuple of Rib
    named : LevelNames
    levels : Levels
    sacrum : int or None
        Number of the first level of the sacrum.
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    frame : AxialFrame
    """
    local = bone.local
    seeds: dict[str, Voxels] = {}
    balls: tuple[JointBall, ...] = ()
    for rib in ribs:
        level = named.names[rib.level]
        if level.startswith("T"):
            key = f"rib_{'left' if rib.side > 0 else 'right'}_{level[1:]}"
            seeds[key] = np.concatenate([seeds.get(key, np.zeros((0, 3), np.int64)), rib.voxels])
    if sacrum is not None:
        hips, balls = hip_seeds(bone, float(levels.bounds[sacrum + 1]), hu, frame)
        seeds |= hips
    thoracic = [
        n for n, name in enumerate(named.names) if name[:1] == "T" and int(name[1:]) <= level_setting("sternum_lowest")
    ]
    if thoracic:
        low, high = levels.bounds[thoracic[0]], levels.bounds[thoracic[-1] + 1]
        front = (np.abs(local[:, 2]) < level_setting("sternum_aside_mm")) & (
            local[:, 1] < -level_setting("sternum_ahead_mm")
        )
        seeds["sternum"] = bone.index[front & (local[:, 0] >= low) & (local[:, 0] <= high)]
    return {key: voxels for key, voxels in seeds.items() if len(voxels)}, balls


def far_from_lungs(bone: PlacedVoxels, lungs: Marked, named: LevelNames, levels: Levels, frame: AxialFrame) -> Voxels:
    """Voxels of bone beside the upper chest, but too far from the lungs to be a rib; none where no lung is seen.

    Lower ribs leave the lungs behind; shoulder blades and arms end above them.
    """
    index, local = bone.index, bone.local
    upper = [
        n
        for n, name in enumerate(named.names)
        if name[:1] in "CT" and name[1:] and int(name[1:]) <= level_setting("blade_lowest")
    ]
    if not upper or not lungs.any():
        return index[:0]
    # Every other voxel is enough for a distance of centimetres.
    spacing = 2.0 * np.asarray(frame.coarse_spacing_mm)
    away = ndimage.distance_transform_edt(~lungs[::2, ::2, ::2], sampling=spacing)
    far = away[tuple((index // 2).T)] > level_setting("shoulder_lung_mm")
    beside = (local[:, 0] >= levels.bounds[upper[0]]) & (np.abs(local[:, 2]) > level_setting("shoulder_aside_mm"))
    return np.asarray(index[far & beside])

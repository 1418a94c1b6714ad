"""Bones parted on coarse voxels become structures on the voxels of the image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Structure
from ..mask import Mask
from .axial import AxialFrame
from .body import Marked
from .levels import SpineParts
from .settings import setting
from .structures import structure_kinds

_ROUGH = ("rib_", "sternum", "hip_", "femur_", "humerus_", "scapula_", "vertebrae")
"""Bones that touch others beyond the spine, whose ends are not looked for."""


def fine_labels(labels: NDArray[np.int32], bone: Marked, frame: AxialFrame) -> NDArray[np.uint8]:
    """Labels on the voxels of the image, upright.

    Parameters
    ----------
    labels : ndarray of int32, shape (s, p, l)
        On coarse voxels.
    bone : ndarray of bool, shape (s, p, l)
        Bone with its marrow on the voxels of the image, which knows its edge best.
    frame : AxialFrame

    Returns
    -------
    ndarray of uint8, shape (s, p, l)
        The label of the coarse voxel around each voxel of bone; one coarse voxel farther where that has none, and the
        inside of filled bodies even where there is no bone.
    """
    around = np.where(labels == 0, ndimage.maximum_filter(labels, size=3), labels).astype(np.uint8)
    inside = ndimage.binary_erosion(labels > 0, np.ones((1, 3, 3), bool))
    fine = frame.fine(around).copy()
    fine[~(bone | frame.fine(inside))] = 0
    return np.asarray(fine)


def bone_structures(
    parts: SpineParts, fine: NDArray[np.uint8], origin: str, frame: AxialFrame
) -> tuple[Structure, ...]:
    """One structure for each bone that was parted from the others.

    Parameters
    ----------
    parts : SpineParts
    fine : ndarray of uint8, shape (s, p, l)
        From `fine_labels`.
    origin : str
    frame : AxialFrame

    Returns
    -------
    tuple of Structure
        On the grid of the image; those that are too small are left out.
    """
    kinds = structure_kinds()
    on_grid = frame.on_grid(fine)
    enough = setting("structure_ml") / frame.grid.voxel_ml
    doubtful = any(finding.code == "levels.doubt" for finding in parts.findings)
    found = []
    for number, box in enumerate(ndimage.find_objects(on_grid, len(parts.names)), start=1):
        key = parts.names[number - 1]
        if box is None or key not in kinds:
            continue
        k, j, i = (part.start for part in box)
        mask = Mask.within(on_grid[box] == number, (k, j, i), frame.grid)
        if mask.count >= enough:
            sure = not key.startswith(_ROUGH) and not doubtful
            found.append(Structure(key, kinds[key].role, mask, key, origin, sure))
    return tuple(found)

"""The surface of the bone that is filled: which way it faces, how dense its cortex is, what lies beyond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..image.resample import mask_on
from ..mask import Mask
from .limits import leak
from .medium import FillingMedium

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]

_SMOOTH_MM = 1.5
_ALONG_MM = 0.5
_BLUR_MM = 1.5


@dataclass(frozen=True, eq=False)
class BoneSurface:
    """The outermost voxels of the bone that is filled.

    Parameters
    ----------
    medium : FillingMedium
    voxels : ndarray of int, shape (n, 3)
        Array indices (k, j, i).
    normals : ndarray of float, shape (n, 3)
        Unit vectors outward, along (k, j, i).
    area_mm2 : ndarray of float, shape (n,)
        Of the surface that belongs to each voxel.
    cortex_hu : ndarray of float, shape (n,)
        CT number of the densest bone across the surface.
    """

    medium: FillingMedium
    voxels: NDArray[np.int64]
    normals: Floats
    area_mm2: Floats
    cortex_hu: Floats

    def is_before(self, mask: Mask | None) -> Marked:
        """Whether each voxel has a structure beyond it, within the distance in which a leak would meet it."""
        found = np.zeros(len(self.voxels), bool)
        if mask is None or mask.is_empty:
            return found
        there = mask_on(mask, self.medium.grid).full()
        step = self.medium.step_mm
        for along in np.arange(0.0, leak("look_beyond_mm") + _ALONG_MM, step):
            at = np.rint(self.voxels + self.normals * along / step).astype(int)
            inside = np.all((at >= 0) & (at < np.asarray(there.shape)), axis=1)
            found[inside] |= there[tuple(at[inside].T)]
        return found


def surface_of_bone(medium: FillingMedium, other: Mask | None = None) -> BoneSurface:
    """Find the surface of the bone of a medium; where the grid cuts the bone there is none.

    Parameters
    ----------
    medium : FillingMedium
    other : Mask or None
        The bone across a joint, whose cortex must not be taken for that of this bone.
    """
    bone = medium.bone
    step = medium.step_mm
    exposed = [_exposed(bone, axis) for axis in range(3)]
    edge = np.ones(bone.shape, bool)
    edge[2:-2, 2:-2, 2:-2] = False
    voxels = np.argwhere(bone & (sum(exposed) > 0) & ~edge)
    smooth = ndimage.gaussian_filter(bone.astype(float), _SMOOTH_MM / step)
    slope = -np.stack([np.gradient(smooth, axis=axis)[tuple(voxels.T)] for axis in range(3)], axis=1)
    normals = slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-9)
    # A plane with normal n shows |n_a| faces along each axis for each voxel's face of its area.
    area = sum(exposed[axis][tuple(voxels.T)] * np.abs(normals[:, axis]) for axis in range(3)) * step**2
    reach = np.arange(-leak("shell_inside_mm"), leak("shell_outside_mm") + 1e-9, _ALONG_MM)
    rays = voxels[:, :, None] + normals[:, :, None] * reach / step
    along = ndimage.map_coordinates(_without(medium, other), np.moveaxis(rays, 1, 0), order=1, mode="nearest")
    return BoneSurface(medium, voxels, normals, np.asarray(area), np.asarray(along.max(axis=1), float))


def _without(medium: FillingMedium, other: Mask | None) -> NDArray[np.float32]:
    """CT numbers in which another bone and its blurred edge count as soft tissue."""
    if other is None or other.is_empty:
        return medium.hu
    there = ndimage.binary_dilation(mask_on(other, medium.grid).full(), iterations=round(_BLUR_MM / medium.step_mm))
    return np.where(there & ~medium.bone, np.minimum(medium.hu, np.float32(0.0)), medium.hu)


def _exposed(bone: Marked, axis: int) -> NDArray[np.int64]:
    """How many of the two faces of each voxel along an axis have no bone beyond."""
    return np.asarray(sum((bone & ~np.roll(bone, sign, axis)).astype(int) for sign in (-1, 1)))

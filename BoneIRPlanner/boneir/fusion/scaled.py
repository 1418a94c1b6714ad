"""What an image looks like to registration: few values, coarse voxels, smooth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image, Modality
from ..grid import Grid
from ..resources import limit

Floats = NDArray[np.float64]


_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Scaled:
    """An image at one level of a pyramid.

    Parameters
    ----------
    values : ndarray of float32, shape (k, j, i)
    grid : Grid
    """

    values: NDArray[np.float32]
    grid: Grid

    @cached_property
    def range(self) -> tuple[float, float]:
        """Its values from the lowest to the highest, but for half a percent at each end."""
        low, high = np.percentile(self.values, (0.5, 99.5))
        return float(low), float(high)

    def at(self, points_mm: Floats) -> NDArray[np.float32]:
        """Values at LPS points (n, 3), linearly interpolated; NaN outside."""
        last = np.asarray(self.grid.shape, float) - 1.0
        kji = self.grid.to_ijk(points_mm)[:, ::-1]
        # What rounding puts beside the outermost voxel centre lies on it.
        kji = np.where(np.abs(kji - np.clip(kji, 0.0, last)) < _ROUNDING, np.clip(kji, 0.0, last), kji).T
        return np.asarray(ndimage.map_coordinates(self.values, kji, order=1, cval=np.nan, prefilter=False))

    @cached_property
    def steepness(self) -> NDArray[np.float32]:
        """Length of the gradient per mm."""
        slopes = np.gradient(self.values, *self.grid.spacing_mm[::-1])
        return np.asarray(np.sqrt(sum(slope * slope for slope in slopes)), np.float32)


def scaled(image: Image, voxel_mm: float) -> Scaled:
    """An image with voxels of about `voxel_mm`, where its own are smaller; CT within the range of tissue and bone.

    Grid points stay on a lattice that is centred on the image, so that none of its parts is cut off by more than a
    fraction of a voxel.
    """
    numbers = np.asarray(image.voxels, np.float32)
    if image.modality is Modality.CT:
        numbers = np.clip(numbers, limit("registration", "ct_low").amount, limit("registration", "ct_high").amount)
    spacing = np.asarray(image.grid.spacing_mm)
    coarse = np.maximum(spacing, voxel_mm)
    if np.allclose(coarse, spacing, rtol=0.05):
        return Scaled(numbers, image.grid)
    sigma = np.where(coarse > 1.05 * spacing, 0.5 * coarse / spacing, 0.0)
    smooth = ndimage.gaussian_filter(numbers, sigma[::-1], truncate=3.0)
    size = np.maximum(np.ceil(np.asarray(image.grid.shape[::-1]) * spacing / coarse).astype(int), 1)
    ni, nj, nk = (int(n) for n in size)
    first = (np.asarray(image.grid.shape[::-1]) - 1) / 2 - (size - 1) / 2 * coarse / spacing
    x, y, z = (float(v) for v in image.grid.to_mm(first))
    a, b, c = (float(v) for v in coarse)
    grid = Grid((nk, nj, ni), (a, b, c), (x, y, z), image.grid.direction)
    where = [np.clip(f + np.arange(n) * t / s, 0, m - 1) for f, n, t, s, m in
             zip(first, size, coarse, spacing, image.grid.shape[::-1], strict=True)]  # fmt: skip
    kji = np.meshgrid(*where[::-1], indexing="ij")
    return Scaled(ndimage.map_coordinates(smooth, kji, order=1, mode="nearest", prefilter=False), grid)

"""What an image looks like to registration: few values, coarse voxels, smooth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import csr_array

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
    spacing = np.asarray(image.grid.spacing_mm)
    coarse = np.maximum(spacing, voxel_mm)
    if np.allclose(coarse, spacing, rtol=0.05):
        return Scaled(_seen(image.voxels, image.modality), image.grid)
    sigma = np.where(coarse > 1.05 * spacing, 0.5 * coarse / spacing, 0.0)
    shape = np.asarray(image.grid.shape[::-1])
    size = np.maximum(np.ceil(shape * spacing / coarse).astype(int), 1)
    ni, nj, nk = (int(n) for n in size)
    first = (shape - 1) / 2 - (size - 1) / 2 * coarse / spacing
    x, y, z = (float(v) for v in image.grid.to_mm(first))
    a, b, c = (float(v) for v in coarse)
    grid = Grid((nk, nj, ni), (a, b, c), (x, y, z), image.grid.direction)
    along_i, along_j, along_k = (
        _weights(int(m), f + np.arange(n) * t / s, float(blur))
        for f, n, t, s, m, blur in zip(first, size, coarse, spacing, shape, sigma, strict=True)
    )
    thin = np.empty((shape[2], nj, ni), np.float32)
    for k, plane in enumerate(image.voxels):
        thin[k] = (along_i @ (along_j @ _seen(plane, image.modality)).T).T
    values = np.asarray(along_k @ thin.reshape(len(thin), -1), np.float32)
    return Scaled(values.reshape(nk, nj, ni), grid)


def _seen(voxels: NDArray[np.generic], modality: Modality) -> NDArray[np.float32]:
    """Values as registration looks at them."""
    values = np.asarray(voxels, np.float32)
    if modality is not Modality.CT:
        return values
    return np.clip(values, limit("registration", "ct_low").amount, limit("registration", "ct_high").amount)


def _weights(count: int, places: Floats, sigma: float) -> csr_array:
    """What each of `count` samples along an axis adds to the smoothed and linearly interpolated value at some places.

    Smoothing and interpolation are both sums of samples, axis by axis: only what is kept is computed.
    """
    smooth = np.eye(count) if sigma == 0 else ndimage.gaussian_filter1d(np.eye(count), sigma, axis=0, truncate=3.0)
    places = np.clip(places, 0, count - 1)
    below = np.minimum(places.astype(int), max(count - 2, 0))
    part = (places - below)[:, None]
    return csr_array((1 - part) * smooth[below] + part * smooth[np.minimum(below + 1, count - 1)])

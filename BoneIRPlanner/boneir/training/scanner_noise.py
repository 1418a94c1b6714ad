"""Noise as a scanner makes it: how strong it is in an image and how it hangs together, and more of the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image
from ..errors import ImageError
from ..findings import Point
from ..mask import Window

_SOFT_HU = ((-135.0, -65.0), (10.0, 95.0))
"""Fat, and muscle with the organs: where the image should be flat but for noise."""
_FLAT_HU_PER_MM = 5.0
_SMOOTHING_MM = 2.5
_FAR_MM = 6.0
_FEWEST_PAIRS = 400
_REACHES_MM = (40.0, 80.0, 160.0)
_MAD_TO_SD = 1.4826
_KEPT_OF_NORMAL = 0.98658
"""Standard deviation of a standard normal variable that is cut at 3."""


def correlated_noise(shape: Sequence[int], sigma: Sequence[float], rng: np.random.Generator) -> NDArray[np.float32]:
    """Gaussian noise of unit variance, smoothed by a Gaussian of `sigma` voxels along each axis; it is periodic."""
    noise = rng.standard_normal(tuple(shape), dtype=np.float32)
    smooth: NDArray[np.float32] = ndimage.gaussian_filter(noise, sigma, mode="wrap", truncate=3.0)
    return np.asarray(smooth / np.float32(_remaining_sd(tuple(shape), sigma)), np.float32)


def _remaining_sd(shape: tuple[int, ...], sigma: Sequence[float]) -> float:
    """Standard deviation that the filter leaves of white noise of unit variance."""
    factor = 1.0
    for size, width in zip(shape, sigma, strict=True):
        impulse = np.zeros(size)
        impulse[0] = 1.0
        kernel = ndimage.gaussian_filter1d(impulse, width, mode="wrap", truncate=3.0) if width > 0 else impulse
        factor *= float(np.sqrt((kernel**2).sum()))
    return factor


@dataclass(frozen=True)
class ScannerNoise:
    """The noise of an image.

    Parameters
    ----------
    sd_hu : float
        Standard deviation in HU.
    neighbour_correlation : tuple of float
        Correlation of neighbours along (k, j, i), 0 to 1; negative ones, as sharp kernels leave, are taken as 0.
    """

    sd_hu: float
    neighbour_correlation: tuple[float, float, float]

    @property
    def sigma_voxels(self) -> tuple[float, float, float]:
        """Width of the Gaussian along (k, j, i) that gives white noise these correlations: exp(-1 / (4 sigma^2))."""
        k, j, i = (0.0 if c < 0.02 else 0.5 / math.sqrt(-math.log(min(c, 0.98))) for c in self.neighbour_correlation)
        return k, j, i

    def sample(self, shape: Sequence[int], rng: np.random.Generator) -> NDArray[np.float32]:
        """More noise of the same kind, in HU."""
        return correlated_noise(shape, self.sigma_voxels, rng) * np.float32(self.sd_hu)


def noise_near(image: Image, place_mm: Point) -> ScannerNoise:
    """Measure the noise in the flat soft tissue around a place.

    The differences of neighbours and of voxels 6 mm apart are compared: far ones differ by the noise of both, near ones
    by less, as much as they hang together. Medians keep vessels and edges out.

    Parameters
    ----------
    image : Image
        CT in HU.
    place_mm : Point
        LPS mm.

    Raises
    ------
    ImageError
        If there is no flat soft tissue within 160 mm.
    """
    for reach in _REACHES_MM:
        window = _window_near(image, place_mm, reach)
        values = image.voxels[window].astype(np.float32)
        flat = _flat_parts(values, image.grid.spacing_mm[::-1])
        spread = _far_spread(values, flat, image.grid.spacing_mm[::-1])
        if spread is not None:
            k, j, i = (_neighbours_hang_together(values, flat, axis, spread) for axis in range(3))
            return ScannerNoise(spread, (k, j, i))
    raise ImageError(f"No flat soft tissue around {place_mm} mm LPS: the noise of the image cannot be measured there.")


def _window_near(image: Image, place_mm: Point, reach_mm: float) -> Window:
    middle = image.grid.nearest_voxel(place_mm)
    steps = image.grid.spacing_mm[::-1]
    k, j, i = (
        slice(max(0, int(m - reach_mm / s)), min(n, int(m + reach_mm / s) + 1))
        for m, s, n in zip(middle, steps, image.grid.shape, strict=True)
    )
    return k, j, i


def _flat_parts(values: NDArray[np.float32], steps_mm: Sequence[float]) -> list[NDArray[np.bool_]]:
    """Voxels of fat and of muscle where the smoothed image hardly changes."""
    smooth = ndimage.gaussian_filter(values, [_SMOOTHING_MM / step for step in steps_mm], mode="nearest")
    steep = np.zeros_like(smooth)
    for axis, step in enumerate(steps_mm):
        if smooth.shape[axis] > 1:
            steep += (np.gradient(smooth, axis=axis) / step) ** 2
    return [(smooth > low) & (smooth < high) & (steep < _FLAT_HU_PER_MM**2) for low, high in _SOFT_HU]


def _pairs(values: NDArray[np.float32], flat: NDArray[np.bool_], axis: int, lag: int) -> NDArray[np.float32]:
    """Differences of flat voxels `lag` apart along an axis."""
    size = values.shape[axis]
    if lag >= size:
        return np.zeros(0, np.float32)
    upper, lower = (slice(None),) * axis + (slice(lag, None),), (slice(None),) * axis + (slice(0, size - lag),)
    return np.asarray((values[upper] - values[lower])[flat[upper] & flat[lower]], np.float32)


def _spread_of(differences: NDArray[np.float32]) -> float:
    """Standard deviation of one voxel from differences of independent ones, without those beyond 3 of their own."""
    # The median alone moves in whole HU; the root mean square of what it lets through does not.
    size = np.abs(differences).astype(np.float64)
    most = 3 * max(_MAD_TO_SD * float(np.median(size)), 1.0)
    return float(np.sqrt(np.mean(size[size <= most] ** 2)) / _KEPT_OF_NORMAL / math.sqrt(2.0))


def _far_spread(values: NDArray[np.float32], flat: list[NDArray[np.bool_]], steps_mm: Sequence[float]) -> float | None:
    """Standard deviation of the noise from voxels of a slice that are far apart; None where there are too few."""
    lags = {axis: max(2, round(_FAR_MM / steps_mm[axis])) for axis in (1, 2)}
    found = [_pairs(values, part, axis, lag) for part in flat for axis, lag in lags.items()]
    found = [differences for differences in found if differences.size >= _FEWEST_PAIRS]
    return min(_spread_of(differences) for differences in found) if found else None


def _neighbours_hang_together(
    values: NDArray[np.float32], flat: list[NDArray[np.bool_]], axis: int, spread: float
) -> float:
    """Correlation of neighbours along an axis, from how much less they differ than far ones."""
    found = [_pairs(values, part, axis, 1) for part in flat]
    found = [differences for differences in found if differences.size >= _FEWEST_PAIRS]
    if not found or spread <= 0:
        return 0.0
    nearest = min(_spread_of(differences) for differences in found)
    return max(0.0, 1.0 - (nearest / spread) ** 2)

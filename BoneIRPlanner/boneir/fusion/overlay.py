"""Two registered images in one picture: mixed, in squares, as their difference, with edges, or as uptake in colour.

Everything is sampled where it lies, at the points of a plane; no image is resampled as a whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image, Modality

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

_CT_WINDOW = (-200.0, 800.0)
_SQUARE_MM = 20.0
_DIFFERENCE_HU = 400.0
_EDGE_SHARE, _LEAST_EDGE = 0.9, 0.02
_MOST_UPTAKE = 0.9
EDGE_COLOUR = (255, 170, 0)


def values_on(image: Image, points_mm: Floats) -> Floats:
    """Values of an image at LPS points (..., 3), linearly interpolated; NaN outside."""
    kji = np.moveaxis(image.grid.to_ijk(points_mm)[..., ::-1], -1, 0)
    return np.asarray(ndimage.map_coordinates(image.voxels, kji, np.float64, order=1, cval=np.nan, prefilter=False))


def window_for(image: Image) -> tuple[float, float]:
    """The values shown as black and as white: bone and soft tissue on CT, from none on PET, else the image's own."""
    if image.modality is Modality.CT:
        return _CT_WINDOW
    low, high = np.percentile(image.voxels[::2, ::2, ::2], (1.0, 99.5))
    return (0.0 if image.modality is Modality.PET else float(low)), max(float(high), float(low) + 1e-3)


def grey(values: Floats, window: tuple[float, float]) -> Floats:
    """Values as shares of white, 0 to 1; black outside the image."""
    low, high = window
    return np.nan_to_num(np.clip((values - low) / (high - low), 0.0, 1.0), nan=0.0)


def blended(one: Floats, other: Floats, seen: NDArray[np.bool_]) -> Pixels:
    """Half of each where the other is seen; shares of white in, colours out (the other in warm, the first in cold)."""
    cold, warm = np.array([0.55, 0.8, 1.0]), np.array([1.0, 0.65, 0.35])
    mixed = 0.6 * one[..., None] * cold + 0.6 * other[..., None] * warm
    return _pixels(np.where(seen[..., None], mixed, one[..., None]))


def chequered(one: Floats, other: Floats, seen: NDArray[np.bool_], mm_per_px: float) -> Pixels:
    """Squares of 20 mm of either in turn."""
    side = max(round(_SQUARE_MM / mm_per_px), 2)
    rows, columns = np.indices(one.shape)
    first = (rows // side + columns // side) % 2 == 0
    return _pixels(np.repeat(np.where(first | ~seen, one, other)[..., None], 3, axis=-1))


def differing(one_hu: Floats, other_hu: Floats) -> Pixels:
    """The difference of two CTs, other less first: grey where alike, white where the other is denser by 400 HU."""
    share = 0.5 + 0.5 * np.clip((other_hu - one_hu) / _DIFFERENCE_HU, -1.0, 1.0)
    return _pixels(np.repeat(np.nan_to_num(share, nan=0.0)[..., None], 3, axis=-1))


def with_edges(one: Floats, other: Floats, within: NDArray[np.bool_]) -> Pixels:
    """The edges of the first image in colour over the other, where both are seen."""
    steep = np.hypot(*np.gradient(ndimage.gaussian_filter(one, 1.0)))
    inner = ndimage.binary_erosion(within, iterations=4)
    least = np.quantile(steep[inner], _EDGE_SHARE) if inner.any() else np.inf
    ridge = inner & (steep >= max(least, _LEAST_EDGE)) & (steep >= 0.9 * ndimage.maximum_filter(steep, 5))
    picture = np.repeat(other[..., None], 3, axis=-1)
    picture[ridge] = np.asarray(EDGE_COLOUR) / 255.0
    return _pixels(picture)


def hot(one: Floats, uptake: Floats) -> Pixels:
    """Uptake (0 to 1) in colours of heat over a grey image."""
    heat = np.stack([np.clip(3.0 * uptake - n, 0.0, 1.0) for n in range(3)], axis=-1)
    cover = _MOST_UPTAKE * np.clip(2.0 * uptake, 0.0, 1.0)[..., None]
    return _pixels((1.0 - cover) * one[..., None] + cover * heat)


def panels(fixed: Image, other: Image, points_mm: Floats, mm_per_px: float) -> tuple[tuple[str, Pixels], ...]:
    """Four pictures of two images on a plane, each with what it shows.

    Parameters
    ----------
    fixed, other : Image
        The planning image, and one that lies over it.
    points_mm : ndarray, shape (height, width, 3)
        LPS mm of the pixels, the first row on top.
    mm_per_px : float
    """
    first, second = values_on(fixed, points_mm), values_on(other, points_mm)
    seen = np.isfinite(second)
    one, two = grey(first, window_for(fixed)), grey(second, window_for(other))
    squares = ("squares of either", chequered(one, two, seen, mm_per_px))
    alone = ("alone", _pixels(np.repeat(two[..., None], 3, axis=-1)))
    if other.modality is Modality.PET:
        top = window_for(other)[1]
        return (
            alone,
            (f"uptake to {top:.1f} {other.unit}", hot(one, two)),
            squares,
            ("edges of the planning image", with_edges(one, two, np.isfinite(first) & seen)),
        )
    last = ("edges of the planning image", with_edges(one, two, np.isfinite(first) & seen))
    if other.modality is Modality.CT and fixed.modality is Modality.CT:
        last = ("difference", differing(first, second))
    return alone, ("mixed", blended(one, two, seen)), squares, last


def _pixels(shares: Floats) -> Pixels:
    return np.asarray(np.rint(255.0 * np.clip(shares, 0.0, 1.0)), np.uint8)

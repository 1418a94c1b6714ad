"""What a lesion consists of: void that cement fills, bone that takes up a part, dense bone that takes none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image
from ..mask import Mask
from ..resources import limit

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]

_PAD = 3
_BEYOND = 0.1
"""Shares of an edge voxel may lie so far below 0 or above 1: noise then averages out."""
_TOUCH = np.ones((3, 3, 3), bool)


@dataclass(frozen=True)
class Content:
    """What a lesion consists of, in mL, and the CT number below which it counted as void."""

    void_ml: float
    trabecular_ml: float
    dense_ml: float
    below_hu: float


def content_of(image: Image, lesion: Mask) -> Content:
    """Measure void, spongy and dense bone of a lesion on CT.

    A voxel is void below the CT number half way between the void and the bone around the lesion, where these differ
    enough, and below ``lytic_hu`` in any case. Voxels of void at the edge of the lesion, and those next to them
    outside, count by the share that their CT number shows.

    Parameters
    ----------
    image : Image
        CT.
    lesion : Mask
    """
    lowest, dense_hu = limit("cement", "lytic_hu").amount, limit("cement", "sclerotic_hu").amount
    inside, hu = _around(image, lesion)
    own = hu[inside]
    ring = ndimage.binary_dilation(inside, iterations=_PAD) & ~ndimage.binary_dilation(inside)
    bone = hu[ring & (hu >= lowest) & (hu < dense_hu)]
    dark = float(np.median(own[own < lowest])) if (own < lowest).any() else lowest
    bright = float(np.median(bone)) if bone.size else lowest
    is_clear = bright - dark >= limit("cement", "contrast_hu").amount and bool((own < lowest).any())
    below = max(lowest, 0.5 * (dark + bright)) if is_clear else lowest
    void = inside & (hu < below)
    count = float(np.count_nonzero(void))
    if is_clear:
        count += _at_the_edge(hu, inside, void, dark, bright)
    dense = float(np.count_nonzero(own > dense_hu))
    voxel = lesion.grid.voxel_ml
    rest = max(0.0, own.size - float(np.count_nonzero(void)) - dense)
    return Content(count * voxel, rest * voxel, dense * voxel, below)


def _at_the_edge(hu: Floats, inside: Marked, void: Marked, dark: float, bright: float) -> float:
    """What counting by shares adds to the number of voxels of void."""
    share = np.clip((bright - hu) / (bright - dark), -_BEYOND, 1.0 + _BEYOND)
    lowest = limit("cement", "lytic_hu").amount
    inner = void & ndimage.binary_dilation(~inside, _TOUCH)
    # Soft tissue beyond an open cortex is as dark as void and is none.
    outer = ndimage.binary_dilation(void, _TOUCH) & ~inside & (hu >= lowest)
    return float((share[inner] - 1.0).sum() + share[outer].sum())


def _around(image: Image, lesion: Mask) -> tuple[Marked, Floats]:
    """The lesion and the CT numbers around it; beyond the image its outermost voxels go on."""
    k, j, i = (c - _PAD for c in lesion.corner)
    nk, nj, ni = (n + 2 * _PAD for n in lesion.voxels.shape)
    places = [
        np.clip(np.arange(start, start + n), 0, size - 1)
        for start, n, size in zip((k, j, i), (nk, nj, ni), image.grid.shape, strict=True)
    ]
    return lesion.part((k, j, i), (nk, nj, ni)), np.asarray(image.voxels[np.ix_(*places)], float)

"""Two registered images in one volume: cubes of either in turn, or one beside the other along a line that is swiped."""

from __future__ import annotations

import numpy as np

from ..case import Image, ImageSource, Modality
from ..errors import ImageError
from ..image.resample import image_on
from .overlay import Floats, grey, window_for

CUBE_MM = 20.0
_WHITE = 1000.0
_NOT_SEEN = -1.0e6


def chequered_volume(fixed: Image, other: Image, cube_mm: float = CUBE_MM) -> Image:
    """Cubes of either image in turn, on the grid of the first; where the other shows nothing, the first alone.

    Parameters
    ----------
    fixed, other : Image
        The planning image, and one that lies over it.
    cube_mm : float
        Side of a cube.

    Returns
    -------
    Image
        int16, 0 (black) to 1000 (white), each image in its own window.

    Raises
    ------
    ImageError
        If a cube has no size.
    """
    if cube_mm <= 0:
        raise ImageError(f"Cubes of {cube_mm:g} mm cannot be drawn: they need a size above 0.")
    one, two = _shares(fixed, other)
    turns = [
        (np.arange(count) * step // cube_mm).astype(int)
        for count, step in zip(one.shape, fixed.grid.spacing_mm[::-1], strict=True)
    ]
    parity = turns[0][:, None, None] + turns[1][:, None] + turns[2]
    return _image(fixed, np.where(parity % 2 == 0, one, two), "Chequered")


def swiped_volume(fixed: Image, other: Image, share: float) -> Image:
    """The other image on the patient's right up to a sagittal plane, the first beyond it.

    Parameters
    ----------
    fixed, other : Image
    share : float
        Where the plane lies: 0 at the right end of the first image, 1 at its left end.

    Raises
    ------
    ImageError
        If the share is not within 0 and 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ImageError(f"A swipe to {share:g} is not within the image: 0 to 1 would be.")
    one, two = _shares(fixed, other)
    k, j, i = (axis.astype(float) for axis in np.ogrid[: one.shape[0], : one.shape[1], : one.shape[2]])
    (xi, xj, xk), x0 = _left_per_step(fixed), fixed.grid.origin_mm[0]
    left = x0 + xi * i + xj * j + xk * k
    reach = float(left.max() - left.min())
    plane = float(left.min()) + share * reach
    take_other = left < plane if share < 1.0 else np.ones(left.shape, bool)
    return _image(fixed, np.where(take_other, two, one), "Swiped")


def _left_per_step(image: Image) -> tuple[float, float, float]:
    """By how many mm to the left one step along i, j and k leads."""
    origin = np.asarray(image.grid.to_mm((0.0, 0.0, 0.0)))
    steps = [np.asarray(image.grid.to_mm(unit)) - origin for unit in np.eye(3)]
    return float(steps[0][0]), float(steps[1][0]), float(steps[2][0])


def _shares(fixed: Image, other: Image) -> tuple[Floats, Floats]:
    """Both as shares of white on the first grid; the first where the other shows nothing."""
    numbers = Image(np.asarray(other.voxels, np.float32), other.grid, Modality.OTHER, other.unit)
    on = np.asarray(image_on(numbers, fixed.grid, outside=_NOT_SEEN).voxels, float)
    one = grey(np.asarray(fixed.voxels, float), window_for(fixed))
    two = grey(on, window_for(other))
    return one, np.where(on < _NOT_SEEN / 1e3, one, two)


def _image(fixed: Image, shares: Floats, words: str) -> Image:
    voxels = np.rint(_WHITE * shares).astype(np.int16)
    return Image(voxels, fixed.grid, Modality.OTHER, "", ImageSource(series_description=words))

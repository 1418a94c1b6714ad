"""Resampling: an image or a mask on another grid, voxel centre by voxel centre, without half-voxel shifts."""

from __future__ import annotations

from itertools import product

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from numpy.typing import NDArray

from ..case import Image, Modality
from ..errors import ImageError
from ..grid import Grid
from ..mask import Mask
from .hounsfield import AIR_HU

_SAME_LATTICE_VOXELS = 1e-3
"""Voxel centres nearer than this share of a voxel coincide: the mask is moved and not interpolated."""


def image_on(image: Image, grid: Grid, *, outside: float | None = None) -> Image:
    """An image on another grid, interpolated linearly.

    Parameters
    ----------
    image : Image
    grid : Grid
    outside : float or None
        Value of voxels beyond the image; None for air in CT and 0 otherwise.

    Returns
    -------
    Image
        Of the same type of numbers; the image itself where it lies on that grid already.
    """
    if image.grid == grid:
        return image
    fill = (AIR_HU if image.modality is Modality.CT else 0.0) if outside is None else outside
    numbers = sitk.GetImageFromArray(np.asarray(image.voxels, np.float32))
    _place(numbers, image.grid)
    values = _resampled(numbers, grid, sitk.sitkLinear, fill)
    voxels = np.rint(values).astype(np.int16) if image.voxels.dtype == np.int16 else values
    return Image(voxels, grid, image.modality, image.unit, image.source)


def mask_on(mask: Mask, grid: Grid, *, smooth: bool = True) -> Mask:
    """A mask on another grid.

    Where the voxel centres of both grids coincide the voxels are moved as they are. Otherwise a voxel is marked where
    the linearly interpolated mask is at least one half, which keeps surfaces in place and smooth.

    Parameters
    ----------
    mask : Mask
    grid : Grid
    smooth : bool
        False takes the nearest voxel instead.

    Returns
    -------
    Mask
    """
    if mask.grid == grid or mask.is_empty:
        return mask if mask.grid == grid else Mask.of(np.zeros(grid.shape, bool), grid)
    moved = _moved(mask, grid)
    if moved is not None:
        return moved
    corner, shape = _box_around(mask, grid)
    if min(shape) < 1:
        return Mask.of(np.zeros(grid.shape, bool), grid)
    padded = np.pad(mask.voxels, 1)
    k, j, i = (c - 1 for c in mask.corner)
    source = sitk.GetImageFromArray(padded.astype(np.float32))
    _place(source, mask.grid.window((k, j, i), padded.shape))
    how = sitk.sitkLinear if smooth else sitk.sitkNearestNeighbor
    # A centre exactly on the border belongs to the mask, whatever the rounding of the last digit.
    return Mask.within(_resampled(source, grid.window(corner, shape), how, 0.0) >= 0.5 - 1e-6, corner, grid)


def _moved(mask: Mask, grid: Grid) -> Mask | None:
    """The mask where every voxel centre of it is one of the grid (axes may be swapped or flipped), else None."""
    turn = np.linalg.solve(grid.axes, mask.grid.axes)  # one voxel of the mask, in voxels of the grid
    whole = np.rint(turn)
    reach = max(mask.grid.shape)
    is_swap = np.array_equal(np.abs(whole).sum(axis=0), np.ones(3)) and abs(np.linalg.det(whole)) > 0.5
    if not is_swap or float(np.abs(turn - whole).max()) * reach > _SAME_LATTICE_VOXELS * 10:
        return None
    k, j, i = mask.corner
    start = grid.to_ijk(mask.grid.to_mm((i, j, k)))
    if float(np.abs(start - np.rint(start)).max()) > _SAME_LATTICE_VOXELS * 10:
        return None
    order = [int(np.flatnonzero(row)[0]) for row in whole]  # axis i, j, k of the grid comes from this axis of the mask
    signs = [int(row[axis]) for row, axis in zip(whole, order, strict=True)]
    voxels = mask.voxels.transpose([2 - axis for axis in order[::-1]])
    first = []
    for axis, sign in enumerate(signs):
        length = voxels.shape[2 - axis]
        first.append(int(np.rint(start[axis])) - (length - 1 if sign < 0 else 0))
        if sign < 0:
            voxels = np.flip(voxels, 2 - axis)
    corner = (first[2], first[1], first[0])
    inside = [slice(max(0, -c), min(n, size - c)) for c, n, size in zip(corner, voxels.shape, grid.shape, strict=True)]
    if any(part.start >= part.stop for part in inside):
        return Mask.of(np.zeros(grid.shape, bool), grid)
    at = tuple(c + part.start for c, part in zip(corner, inside, strict=True))
    return Mask.within(voxels[tuple(inside)], (at[0], at[1], at[2]), grid)


def _box_around(mask: Mask, grid: Grid) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Corner (k, j, i) and shape of the part of the grid that the mask can reach."""
    window = mask.window_grid
    nk, nj, ni = window.shape
    ends = list(product((-1, ni), (-1, nj), (-1, nk)))
    reach = grid.to_ijk(window.to_mm(ends))
    low = np.maximum(np.floor(reach.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(reach.max(axis=0)).astype(int), np.array(grid.shape[::-1]) - 1)
    size = high - low + 1
    return (int(low[2]), int(low[1]), int(low[0])), (int(size[2]), int(size[1]), int(size[0]))


def _place(image: sitk.Image, grid: Grid) -> None:
    try:
        image.SetSpacing(grid.spacing_mm)
        image.SetOrigin(grid.origin_mm)
        image.SetDirection(grid.direction)
    except RuntimeError as error:
        raise ImageError(f"The grid {grid} cannot be resampled: its axes are not perpendicular.") from error


def _resampled(image: sitk.Image, grid: Grid, how: int, outside: float) -> NDArray[np.float32]:
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize(grid.shape[::-1])
    resampler.SetOutputSpacing(grid.spacing_mm)
    resampler.SetOutputOrigin(grid.origin_mm)
    resampler.SetOutputDirection(grid.direction)
    resampler.SetInterpolator(how)
    resampler.SetDefaultPixelValue(outside)
    return np.asarray(sitk.GetArrayFromImage(resampler.Execute(image)), np.float32)

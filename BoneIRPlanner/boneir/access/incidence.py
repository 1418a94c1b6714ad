"""The angle between needles and the surface that they meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..image.distance import has_numba
from ..mask import Mask
from .field import PlanningField, Tissue

_REACH = 4
"""Voxels on each side that a normal is taken from."""
_WIDTH = 2.0
"""Standard deviation in voxels of the weights within that reach."""
_FEW = 64

_EVEN_MM = 3.0
"""What is so much farther than the nearest voxel of a mask counts as its nearest part too."""
_AROUND_MM = (20.0, 60.0)
"""How far around a point the nearest part of a mask is looked for, before all of it is."""


def angle_to_cortex_deg(
    field: PlanningField, points_mm: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Angle between each direction and the inward normal of the target bone at each point.

    Parameters
    ----------
    field : PlanningField
    points_mm : ndarray, shape (n, 3)
        Where needles enter bone, LPS mm.
    directions : ndarray, shape (n, 3)
        Unit vectors into the body.

    Returns
    -------
    ndarray of float, shape (n,)
        0 is perpendicular to the surface, 90 along it.
    """
    if not len(points_mm):
        return np.zeros(0)
    voxels = np.rint(field.grid.to_ijk(points_mm)).astype(np.intp)[:, ::-1]
    flat = np.ravel_multi_index(tuple(voxels.T), field.grid.shape, mode="clip")
    unique, inverse = np.unique(flat, return_inverse=True)
    outward = _outward(field, np.stack(np.unravel_index(unique, field.grid.shape), axis=1))[inverse]
    return np.asarray(np.degrees(np.arccos(np.clip(-np.einsum("na,na->n", outward, directions), -1, 1))))


def _outward(field: PlanningField, voxels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Unit normals of the target bone and the lesion in it, at voxels (k, j, i): down the slope of the mask."""
    steps = np.arange(-_REACH, _REACH + 1)
    offsets = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    squared = (offsets**2).sum(axis=1)
    offsets = offsets[(squared <= _REACH**2) & (squared > 0)]
    weights = np.exp(-(offsets**2).sum(axis=1) / (2 * _WIDTH**2))[:, None] * offsets[:, ::-1]
    # Waking threads takes longer than a few voxels.
    outward = -_slope(len(voxels) > _FEW and has_numba())(field.packed, voxels, offsets, weights)
    return np.asarray(outward / np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9))


def _slope(compiled: bool) -> Callable[..., NDArray[np.float64]]:
    if not compiled:
        return slope_numpy
    from .incidence_numba import slope_compiled

    return slope_compiled


def slope_numpy(
    packed: NDArray[np.uint16], voxels: NDArray[np.intp], offsets: NDArray[np.intp], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum of the weights of those neighbours of each voxel that are target bone or lesion.

    Parameters
    ----------
    packed : ndarray of uint16, shape (k, j, i)
        Of a planning field.
    voxels, offsets : ndarray of int, shapes (n, 3) and (m, 3)
        Indices (k, j, i), and those of the neighbours less those of the voxel.
    weights : ndarray, shape (m, 3)

    Returns
    -------
    ndarray, shape (n, 3)
    """
    top = np.asarray(packed.shape) - 1
    slope = np.empty((len(voxels), 3))
    for first in range(0, len(voxels), 4096):
        at = np.clip(voxels[first : first + 4096, None] + offsets, 0, top)
        tissue = packed[at[..., 0], at[..., 1], at[..., 2]] & 0xFF
        solid = (tissue == Tissue.BONE) | (tissue == Tissue.HARD_BONE) | (tissue == Tissue.LESION)
        slope[first : first + 4096] = solid.astype(float) @ weights
    return slope


def outward_of_mask(masks: Sequence[Mask], point_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector from the nearest part of some masks towards a point: the normal of what lies nearest to it.

    The nearest part is everything at most 3 mm farther than the nearest voxel, which evens out the voxels.
    """
    points = np.zeros((0, 3))
    for reach in (*_AROUND_MM, np.inf):
        points = np.concatenate([_points_around(mask, point_mm, reach) for mask in masks])
        distance = np.linalg.norm(points - point_mm, axis=1)
        if len(points) and distance.min() + _EVEN_MM <= reach:
            break
    way = point_mm - points[distance <= distance.min() + _EVEN_MM].mean(axis=0)
    return np.asarray(way / max(float(np.linalg.norm(way)), 1e-9))


def _points_around(mask: Mask, point_mm: NDArray[np.float64], reach_mm: float) -> NDArray[np.float64]:
    """The marked voxels of a box that holds everything at most `reach_mm` from a point, in LPS mm."""
    if not np.isfinite(reach_mm):
        return mask.points_mm()
    middle = mask.grid.to_ijk(point_mm)[::-1] - np.asarray(mask.corner)
    room = reach_mm / np.asarray(mask.grid.spacing_mm[::-1])
    top = np.asarray(mask.voxels.shape)
    first = np.clip(np.floor(middle - room), 0, top).astype(np.intp)
    last = np.clip(np.ceil(middle + room) + 1, 0, top).astype(np.intp)
    window = tuple(slice(a, max(a, b)) for a, b in zip(first.tolist(), last.tolist(), strict=True))
    ijk = (np.argwhere(mask.voxels[window]) + first + np.asarray(mask.corner))[:, ::-1]
    return np.asarray(mask.grid.to_mm(ijk)) if len(ijk) else np.zeros((0, 3))

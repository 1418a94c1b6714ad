"""Distance fields: how far every voxel is from a set of voxels.

Distances are between voxel centres, so the surface of a marked voxel is half a voxel nearer; who asks for the distance
to a surface takes that half voxel off.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    SquaredDistance = Callable[[NDArray[np.bool_], int], NDArray[np.uint16]]

LARGEST_LIMIT = 180
"""Largest limit in voxels: two squares of it and one still fit into 16 bits."""


@cache
def has_numba() -> bool:
    """Whether the accelerator numba is installed; everything runs without it, slower."""
    return importlib.util.find_spec("numba") is not None


def exact_distance_mm(marked: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Exact Euclidean distance of every voxel centre to the nearest marked voxel centre.

    Parameters
    ----------
    marked : ndarray of bool, shape (k, j, i)
    spacing_mm : tuple of float
        Distance between voxel centres along (i, j, k), as in `Grid`.

    Returns
    -------
    ndarray of float32, shape (k, j, i)
        In mm; 0 where marked, infinity everywhere if nothing is marked.
    """
    if not marked.any():
        return np.full(marked.shape, np.inf, np.float32)
    from scipy.ndimage import distance_transform_edt

    return np.asarray(distance_transform_edt(~marked, sampling=spacing_mm[::-1]), np.float32)


def squared_distance_below(marked: NDArray[np.bool_], limit: int) -> NDArray[np.uint16]:
    """Exact squared distance, in voxels, to the nearest marked voxel centre, as far as `limit` voxels.

    It is much faster than the full transform, because most of a body is far from any one structure and planning does
    not ask how far. For cubic voxels.

    Parameters
    ----------
    marked : ndarray of bool, shape (k, j, i)
    limit : int
        Distance in voxels up to which the answer is exact, 1 to `LARGEST_LIMIT`.

    Returns
    -------
    ndarray of uint16, shape (k, j, i)
        Squared distance; ``limit * limit + 1`` wherever it is larger than ``limit * limit``.

    Raises
    ------
    ValueError
        If `limit` is out of its range.
    """
    if not 1 <= limit <= LARGEST_LIMIT:
        raise ValueError(f"The limit is {limit} voxels; it must be between 1 and {LARGEST_LIMIT}.")
    return _fastest()(marked, limit)


def _fastest() -> SquaredDistance:
    if not has_numba():
        return squared_distance_numpy
    from .distance_numba import squared_distance_compiled

    return squared_distance_compiled


def squared_distance_numpy(marked: NDArray[np.bool_], limit: int) -> NDArray[np.uint16]:
    """`squared_distance_below` in NumPy: along each axis, the least of all shifted copies plus the shift squared.

    The plane is the unit of work, because it stays in the cache. Planes without anything near are left out.
    """
    far = np.uint16(limit * limit + 1)
    squared = np.where(marked, np.uint16(0), far)
    for plane in squared:
        if plane.min() == 0:
            _lower(plane, plane.copy(), limit, axis=1)
            _lower(plane, plane.copy(), limit, axis=0)
    if squared.size and squared.min() == 0:
        for j in range(squared.shape[1]):
            sheet = squared[:, j]
            if sheet.min() < far:
                _lower(sheet, sheet.copy(), limit, axis=0)
    return squared


def _lower(best: NDArray[np.uint16], given: NDArray[np.uint16], limit: int, axis: int) -> None:
    """Lower `best` to the least of ``given`` shifted by up to `limit` along `axis`, plus the shift squared."""
    if axis == 1:
        best, given = best.T, given.T
    for shift in range(1, min(limit, len(given) - 1) + 1):
        raised = given + np.uint16(shift * shift)
        np.minimum(best[shift:], raised[:-shift], out=best[shift:])
        np.minimum(best[:-shift], raised[shift:], out=best[:-shift])

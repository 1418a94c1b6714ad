"""A smooth function that is negative in a mask and positive outside, zero where its surface most likely is.

A mask says of each voxel only whether half of it lies inside. The surface is therefore known to about half a voxel, and
distances between voxel centres are biased by as much. Here it is drawn where a smooth body that fits all the voxels
would have it:

1. a first surface lies between the voxels, by smoothing the mask with a kernel that does not shrink it;
2. its signed distance is smoothed at several widths, the wide ones where they contradict no voxel by more than a part
   of it, the narrow ones elsewhere (near edges and tips);
3. every voxel centre that was inside stays inside, and those outside stay outside.

The smoothing kernel is 2 G - G * G of a Gaussian G, which leaves polynomials of degree three as they are; the function
that is smoothed is a distance d turned into d + d^2 / (2 R), with R the radius of the ball of the same volume, because
for a ball that is a polynomial: balls keep their size at any width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..grid import Grid
from .surface import cut

Field = NDArray[np.float32]

WIDTHS = (0.08, 0.15, 0.25, 0.4)
"""Widths of the smoothing as parts of the radius of the ball of the same volume."""

WIDEST_MM = 6.0
"""No smoothing is wider than this."""

TOLERANCE = 0.2
"""By how much of a voxel a smoothed surface may contradict a voxel before a narrower width is taken."""

REACH = 1.5
"""How far from such a voxel, in widths, the narrower one is taken."""

NEAR_MM = 4.0
"""Up to here the first distance is measured to the surface itself."""

_EDGE = 0.02
"""How far, in voxels, the surface stays away from the voxel centres."""

_FIRST = 0.8
"""Width of the first smoothing, in voxels."""


def widths_mm(radius_mm: float) -> tuple[float, ...]:
    """Widths of the smoothing for a body of that size, ascending."""
    return tuple(min(width * radius_mm, WIDEST_MM) for width in WIDTHS)


def level_set(inside: NDArray[np.bool_], spacing_mm: Sequence[float], radius_mm: float) -> Field:
    """A function that is about the signed distance in mm near the surface of a body.

    Parameters
    ----------
    inside : ndarray of bool, shape (k, j, i)
        The body, with room around it: twice the widest smoothing.
    spacing_mm : sequence of float
        In the order of the axes of `inside`.
    radius_mm : float
        Radius of the ball of the same volume.

    Returns
    -------
    ndarray of float32
        Negative at every voxel that is inside, positive at all others.
    """
    distance = _first_distance(inside, spacing_mm)
    edge = _EDGE * min(spacing_mm)
    tolerance = TOLERANCE * _spacing_across(distance, spacing_mm, 0.25 * radius_mm)
    start = distance * (1.0 + distance / np.float32(2.0 * radius_mm))
    fitted = np.zeros_like(start)
    missing = np.ones_like(start)  # the share of each voxel's value that is still to come from narrower widths
    for width in reversed(widths_mm(radius_mm)):
        smooth, bent = start, start
        for _ in range(2):
            bent = _smoothed(smooth, spacing_mm, width)
            smooth = _kept_apart(bent, inside, edge)
        contradicted = np.where(inside, bent > tolerance, bent < -tolerance)
        if not contradicted.any():
            return _kept_apart(fitted + missing * smooth, inside, edge)
        away = ndimage.distance_transform_edt(~contradicted, sampling=spacing_mm)
        share = np.clip(away / (REACH * width) - 1.0, 0.0, 1.0).astype(np.float32)
        fitted += missing * share * smooth
        missing *= 1.0 - share
    return _kept_apart(fitted + missing * start, inside, edge)


def _first_distance(inside: NDArray[np.bool_], spacing_mm: Sequence[float]) -> Field:
    """Signed distance to a first surface between the voxels, where the smoothed mask is one half.

    It is measured to that surface near it; farther away it is the distance to the nearest voxel on the other side, less
    how deep that one lies.
    """
    width = [max(_FIRST, _FIRST / s) for s in spacing_mm]
    once = ndimage.gaussian_filter(inside.astype(np.float32), width, mode="constant")
    half = 0.5 - (2.0 * once - ndimage.gaussian_filter(once, width, mode="constant"))
    si, sj, sk = spacing_mm[::-1]
    nk, nj, ni = inside.shape
    grid = Grid((nk, nj, ni), (si, sj, sk))
    surface = cut(_kept_apart(half, inside, _EDGE), grid)
    distance = np.zeros(inside.shape, np.float32)
    away, opposite = zip(*(_to_other_side(side, spacing_mm) for side in (inside, ~inside)), strict=True)
    near = away[0] + away[1] < NEAR_MM
    distance[near] = np.abs(surface.signed_distance_mm(grid.to_mm(np.argwhere(near)[:, ::-1])))
    for side, far_mm, index in zip((inside, ~inside), away, opposite, strict=True):
        far = side & ~near
        distance[far] = far_mm[far] - distance[tuple(axis[far] for axis in index)]
    return np.where(inside, -distance, distance).astype(np.float32)


def _to_other_side(side: NDArray[np.bool_], spacing_mm: Sequence[float]) -> tuple[Field, NDArray[np.int32]]:
    """For each voxel of a side, its distance to the nearest voxel of the other side, and which one that is."""
    away, index = ndimage.distance_transform_edt(side, sampling=spacing_mm, return_indices=True)
    return away.astype(np.float32), index


def _smoothed(field: Field, spacing_mm: Sequence[float], width_mm: float) -> Field:
    width = [width_mm / s for s in spacing_mm]
    once: Field = ndimage.gaussian_filter(field, width, mode="nearest", truncate=3.0)
    return np.asarray(2.0 * once - ndimage.gaussian_filter(once, width, mode="nearest", truncate=3.0), np.float32)


def _kept_apart(field: Field, inside: NDArray[np.bool_], edge: float) -> Field:
    return np.where(inside, np.minimum(field, -edge), np.maximum(field, edge)).astype(np.float32)


def _spacing_across(distance: Field, spacing_mm: Sequence[float], width_mm: float) -> Field:
    """How far apart voxels lie across the surface, in mm: what half of it the surface may be off by."""
    smooth = _smoothed(distance, spacing_mm, width_mm)
    slope = np.abs(np.stack([np.gradient(smooth, s, axis=axis) for axis, s in enumerate(spacing_mm)]))
    slope /= np.linalg.norm(slope, axis=0) + 1e-6
    return np.tensordot(np.asarray(spacing_mm, np.float32), slope, axes=1).astype(np.float32)

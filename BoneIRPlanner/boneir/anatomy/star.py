"""Regions seen from a centre: how far they reach in every direction, with leaks cut where the neighbours stop."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Marked = NDArray[np.bool_]
Floats = NDArray[np.float64]

_DIRECTIONS = 600
_NEIGHBOURS = 24
_ROUNDS = 6


@cache
def _directions() -> tuple[Floats, NDArray[np.int64]]:
    """Unit vectors spread evenly over the sphere, and for each its neighbours (itself first)."""
    n = np.arange(_DIRECTIONS) + 0.5
    polar, turn = np.arccos(1 - 2 * n / _DIRECTIONS), np.pi * (1 + 5**0.5) * n
    unit = np.stack([np.cos(polar), np.sin(polar) * np.sin(turn), np.sin(polar) * np.cos(turn)], axis=1)
    _, neighbours = cKDTree(unit).query(unit, _NEIGHBOURS + 1)
    return unit, np.asarray(neighbours, np.int64)


def star_within(marked: Marked, centre: Floats, spacing_mm: tuple[float, float, float], gap_mm: float) -> Marked:
    """The part of a region that is seen from a centre, without what leaks out of it.

    Rays leave the centre in all directions and end where the region ends for longer than `gap_mm`. A ray that is much
    longer than the median of its neighbours has found a leak, and is cut to that median and a little.

    Parameters
    ----------
    marked : ndarray of bool, shape (k, j, i)
    centre : ndarray of float, shape (3,)
        Index (k, j, i), may be fractional.
    spacing_mm : tuple of float
        Voxel size along (k, j, i).
    gap_mm : float
        Gaps up to this are crossed.

    Returns
    -------
    ndarray of bool, shape (k, j, i)
        Voxels within reach; gaps that were crossed are included.
    """
    unit, neighbours = _directions()
    lengths = _ray_ends(marked, centre, np.asarray(spacing_mm), unit, gap_mm)
    for _ in range(_ROUNDS):
        usual = np.median(lengths[neighbours], axis=1)
        lengths = np.minimum(lengths, 1.25 * usual + 1.0)
    return _inside(marked.shape, centre, np.asarray(spacing_mm), lengths)


def _ray_ends(marked: Marked, centre: Floats, spacing: Floats, unit: Floats, gap_mm: float) -> Floats:
    """Distance along each direction to the last voxel of the region before the first long gap."""
    step = 0.5 * float(spacing.min())
    farthest = float(np.linalg.norm(np.asarray(marked.shape) * spacing))
    radii = np.arange(0.0, farthest, step)
    places = np.rint(centre + radii[:, None, None] * (unit / spacing)).astype(np.int64)
    outside = ((places < 0) | (places >= np.asarray(marked.shape))).any(axis=2)
    k, j, i = np.moveaxis(np.clip(places, 0, np.asarray(marked.shape) - 1), 2, 0)
    hit = marked[k, j, i] & ~outside
    # The distance since the region was last met, along every ray.
    last = np.maximum.accumulate(np.where(hit, radii[:, None], 0.0), axis=0)
    ended = (radii[:, None] - last) > gap_mm + 0.5 * step
    first = np.where(ended.any(axis=0), ended.argmax(axis=0), len(radii) - 1)
    return np.asarray(last[first, np.arange(len(unit))] + 0.5 * step)


def _inside(shape: tuple[int, ...], centre: Floats, spacing: Floats, lengths: Floats) -> Marked:
    """Voxels nearer to the centre than the ends of the rays around their direction."""
    out = np.zeros(shape, bool)
    reach = float(lengths.max()) / spacing + 1
    low = np.maximum(np.floor(centre - reach), 0).astype(int)
    high = np.minimum(np.ceil(centre + reach) + 1, shape).astype(int)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    offset = (
        np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), -1) - centre
    )
    offset = offset * spacing
    distance = np.linalg.norm(offset, axis=-1)
    near = distance <= lengths.max()
    unit, _ = _directions()
    towards = offset[near] / np.maximum(distance[near], 1e-9)[:, None]
    _, which = cKDTree(unit).query(towards, 3)
    out[box][near] = distance[near] <= lengths[which].mean(axis=1)
    return out

"""Coarser voxels for what is large: means over blocks, and pieces parted at their necks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked

Floats = NDArray[np.float64]

POOLED_MM = 3.6


def pool_factors(frame: AxialFrame) -> tuple[int, int, int]:
    """How many coarse voxels along S, P and L make one of about `POOLED_MM`."""
    s, p, left = (max(1, round(POOLED_MM / step)) for step in frame.coarse_spacing_mm)
    return s, p, left


def pooled(field: NDArray[Any], factors: tuple[int, int, int]) -> NDArray[np.float32]:
    """Means over blocks of a field (s, p, l); what is left over at the far ends is cut."""
    counts = [n // f for n, f in zip(field.shape, factors, strict=True)]
    cut = field[tuple(slice(0, n * f) for n, f in zip(counts, factors, strict=True))]
    shape = [part for n, f in zip(counts, factors, strict=True) for part in (n, f)]
    return np.asarray(cut.reshape(shape).mean(axis=(1, 3, 5), dtype=np.float32))


def unpooled(marked: Marked, factors: tuple[int, int, int], shape: tuple[int, ...]) -> Marked:
    """Blocks marked on the voxels that they were made of; nothing where blocks were cut."""
    fine = marked
    for axis, n in enumerate(factors):
        fine = np.repeat(fine, n, axis=axis)
    return np.pad(fine, [(0, n - m) for n, m in zip(shape, fine.shape, strict=True)])


def pieces_without_necks(
    inside: Marked, radius_mm: float, volume_ml: tuple[float, float], spacing: Floats
) -> list[Marked]:
    """What hangs together by no neck narrower than twice a radius, each in its full extent.

    Parameters
    ----------
    inside : ndarray of bool, shape (s, p, l)
    radius_mm : float
    volume_ml : tuple of float
        Least and greatest volume of a piece.
    spacing : ndarray of float, shape (3,)
    """
    if not inside.size:
        return []  # an image of fewer slices than a block has
    labels, count = ndimage.label(ndimage.distance_transform_edt(inside, sampling=spacing) > radius_mm)
    voxel_ml = float(np.prod(spacing)) / 1000.0
    reach = np.ceil(radius_mm / spacing).astype(int) + 1
    found = []
    for number, box in enumerate(ndimage.find_objects(labels, count), start=1):
        wide = tuple(slice(max(0, part.start - r), part.stop + r) for part, r in zip(box, reach, strict=True))
        core = labels[wide] == number
        if not 0.1 * volume_ml[0] < np.count_nonzero(core) * voxel_ml < volume_ml[1]:
            continue
        piece = np.zeros(inside.shape, bool)
        piece[wide] = (ndimage.distance_transform_edt(~core, sampling=spacing) <= radius_mm + 0.5) & inside[wide]
        if volume_ml[0] < np.count_nonzero(piece) * voxel_ml < volume_ml[1]:
            found.append(piece)
    return found


def ellipsoid_likeness(piece: Marked, spacing: Floats) -> float:
    """Dice of a piece with the ellipsoid that has its moments: 1 for an ellipsoid, 0 for less than four voxels."""
    index = np.argwhere(piece)
    if len(index) < 4:
        return 0.0
    centre = index.mean(axis=0)
    points = (index - centre) * spacing
    spread = np.cov(points.T) + np.diag(np.square(spacing) / 12.0)
    every = (np.argwhere(np.ones(piece.shape, bool)) - centre) * spacing
    ellipsoid = np.einsum("ni,ij,nj->n", every, np.linalg.inv(spread), every) <= 5.0
    return float(2.0 * np.count_nonzero(ellipsoid & piece.ravel()) / (np.count_nonzero(ellipsoid) + len(index)))

"""How deep places lie within a bone, where there is room for a lesion, and where the way out is."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import OutlineError
from ..findings import Point
from ..grid import Grid
from ..mask import Mask, Window

_STEP_MM = 0.25


def depth_in_bone(bone: Mask, window: Window) -> NDArray[np.float32]:
    """Depth of every voxel of a window below the surface of a bone, whose holes are filled.

    Parameters
    ----------
    bone : Mask
    window : tuple of slice
        Along (k, j, i), within the grid of the bone.

    Returns
    -------
    ndarray of float32
        In mm; about zero at the surface, negative outside. Beyond the window the bone is taken to go on.
    """
    corner = (window[0].start, window[1].start, window[2].start)
    size = (window[0].stop - corner[0], window[1].stop - corner[1], window[2].stop - corner[2])
    solid = ndimage.binary_fill_holes(bone.part(corner, size))
    steps = bone.grid.spacing_mm[::-1]
    inside = _distance(solid, steps)
    outside = _distance(~solid, steps)
    # Distances run between the centres of voxels; the surface lies half way.
    half = np.float32(min(steps) / 2)
    return np.asarray(np.where(solid, inside - half, half - outside), np.float32)


def _distance(solid: NDArray[np.bool_], steps: tuple[float, ...]) -> NDArray[np.float32]:
    if solid.all():
        return np.full(solid.shape, np.float32(sum(n * s for n, s in zip(solid.shape, steps, strict=True))))
    return np.asarray(ndimage.distance_transform_edt(solid, sampling=steps), np.float32)


def place_in(bone: Mask, diameter_mm: float, seed: int = 0) -> Point:
    """A place in a bone with room for a ball, drawn at random from all such places.

    Parameters
    ----------
    bone : Mask
        Its holes count as bone.
    diameter_mm : float
    seed : int

    Returns
    -------
    Point
        LPS mm of the centre of a voxel.

    Raises
    ------
    OutlineError
        If the outline is empty or nowhere thick enough; the sentence says what fits.
    """
    if bone.is_empty:
        raise OutlineError("The outline of the bone is empty: there is no place for a lesion.")
    # A layer of voxels around it, so that the border of the bounding box counts as the surface.
    solid = np.pad(ndimage.binary_fill_holes(bone.voxels), 1)
    steps = bone.grid.spacing_mm[::-1]
    depth = _distance(solid, steps)[1:-1, 1:-1, 1:-1] - np.float32(min(steps) / 2)
    places = np.argwhere(depth >= diameter_mm / 2)
    if places.shape[0] == 0:
        most = 2 * float(depth.max())
        raise OutlineError(f"The bone is nowhere {diameter_mm:g} mm thick; a lesion of up to {most:.1f} mm fits.")
    chosen = places[np.random.default_rng(seed).integers(places.shape[0])] + np.asarray(bone.corner)
    x, y, z = (float(v) for v in bone.grid.to_mm(chosen[::-1]))
    return x, y, z


def way_out(
    depth: NDArray[np.float32],
    grid: Grid,
    window: Window,
    from_mm: Point,
    towards_mm: Point | None,
    reach_mm: float,
) -> Point:
    """Where the surface of the bone is met: on the way towards a place, or else where it is nearest.

    Parameters
    ----------
    depth : ndarray (k, j, i)
        What `depth_in_bone` gave for the window.
    grid : Grid
    window : tuple of slice
    from_mm, towards_mm : Point
        LPS mm.
    reach_mm : float
        How far the surface may be.

    Raises
    ------
    OutlineError
        If the bone does not end within the reach.
    """
    corner = np.asarray([part.start for part in window])
    start = np.asarray(from_mm)
    if towards_mm is None:
        outside = np.argwhere(depth <= 0) + corner
        gaps = np.linalg.norm(grid.to_mm(outside[:, ::-1]) - start, axis=1) if outside.size else np.zeros(0)
        if gaps.size == 0 or gaps.min() > reach_mm:
            raise OutlineError(f"The cortex is more than {reach_mm:g} mm away: the lesion cannot break through it.")
        towards = grid.to_mm(outside[int(gaps.argmin()), ::-1])
    else:
        towards = np.asarray(towards_mm)
    way = towards - start
    length = float(np.linalg.norm(way))
    if length < 1e-6:
        raise OutlineError("The breach needs a direction: the place it goes towards is the centre itself.")
    steps = np.arange(0.0, max(reach_mm, _STEP_MM), _STEP_MM)
    places = start + steps[:, None] * (way / length)
    kji = np.rint(grid.to_ijk(places)[:, ::-1]).astype(int) - corner
    shown = np.all((kji >= 0) & (kji < depth.shape), axis=1)
    out = [n for n in np.flatnonzero(shown) if depth[tuple(kji[n])] <= 0]
    if not out:
        raise OutlineError(f"The bone does not end within {math.ceil(reach_mm)} mm on that way: no breach there.")
    x, y, z = (float(v) for v in places[out[0]])
    return x, y, z

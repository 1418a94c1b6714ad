"""Level functions of shapes on a grid, computed only where their parts are, and the share of each voxel inside."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..grid import Grid
from ..mask import Window
from .shapes import Common, Cut, Floats, Shape, Solid, Union

_CHUNK_VOXELS = 600_000
_FINEST_MM = 0.4


def occupancy(level_mm: Floats, change: Floats | None = None) -> Floats:
    """Share of each voxel that lies inside, from the level at its centre and the change of the level across it.

    Exact for planes along the grid; for others a linear ramp with the variance of the exact share (that of a box seen
    along the normal). A share of 1/2 or more is where the level at the centre is not positive.

    Parameters
    ----------
    level_mm : ndarray (k, j, i)
        Any level function, negative inside; its scale does not matter.
    change : ndarray (k, j, i), optional
        What `change_per_voxel` gives for it, where that is known already.
    """
    share: Floats = level_mm / (change_per_voxel(level_mm) if change is None else change)
    np.subtract(np.float32(0.5), share, out=share)
    np.maximum(share, 0, out=share)
    np.minimum(share, 1, out=share)
    return share


def change_per_voxel(level_mm: Floats) -> Floats:
    """How much a level changes across each voxel: the length of its gradient in voxel steps; never zero."""
    total = np.full(level_mm.shape, 1e-12, np.float32)
    for axis, size in enumerate(level_mm.shape):
        if size < 2:
            continue
        level, square = np.moveaxis(level_mm, axis, 0), np.moveaxis(total, axis, 0)
        step = (level[2:] - level[:-2]) * np.float32(0.5)
        square[1:-1] += np.multiply(step, step, out=step)
        square[0] += (level[1] - level[0]) ** 2
        square[-1] += (level[-1] - level[-2]) ** 2
    return np.sqrt(total, out=total)


def share_inside(shape: Solid, grid: Grid, window: Window, grown_mm: float = 0.0) -> Floats:
    """Share of each voxel of a window that lies inside a shape, by sampling the voxels at its edge finely.

    Parameters
    ----------
    shape : Solid
        Its level changes by about one per mm.
    grid : Grid
    window : tuple of slice
        Along (k, j, i), within the grid.
    grown_mm : float
        How much larger than it is the shape is taken.
    """
    share = np.zeros([part.stop - part.start for part in window], np.float32)
    near, place = _overlap(shape, grid, window, grown_mm)
    if near is None or place is None:
        return share
    level = level_over(shape, grid, near) - np.float32(grown_mm)
    share[place] = level <= 0
    edge = np.argwhere(np.abs(level) < np.linalg.norm(grid.spacing_mm))
    counts = [math.ceil(step / _FINEST_MM) for step in grid.spacing_mm]
    fine = [(np.arange(count) + 0.5) / count - 0.5 for count in counts]
    offsets = np.stack(np.meshgrid(*fine, indexing="ij"), axis=-1).reshape(-1, 3) @ grid.axes.T
    # The samples are little boxes themselves: the share of each goes from one to zero over its own width.
    width = np.float32(np.sqrt(np.mean([(s / n) ** 2 for s, n in zip(grid.spacing_mm, counts, strict=True)])))
    corner = np.asarray([part.start for part in near])
    for part in np.array_split(edge, max(1, edge.shape[0] * offsets.shape[0] // _CHUNK_VOXELS)):
        places = (grid.to_mm((part + corner)[:, ::-1])[:, None, None, :] + offsets[:, None, :]).astype(np.float32)
        exact = shape.level_mm(places[..., 0], places[..., 1], places[..., 2]) - np.float32(grown_mm)
        share[place][tuple(part.T)] = np.clip(0.5 - exact / width, 0, 1).mean(axis=(1, 2))
    return share


def level_over(shape: Shape, grid: Grid, window: Window) -> Floats:
    """The level function of a shape over a window of a grid.

    Parameters
    ----------
    shape : Shape
    grid : Grid
    window : tuple of slice
        Along (k, j, i), within the grid.

    Returns
    -------
    ndarray of float32
        In mm, negative inside; far from a union it is some large number.
    """
    size = tuple(part.stop - part.start for part in window)
    if isinstance(shape, Union):
        return _level_of_union(shape, grid, window, size)
    if isinstance(shape, Common):
        level = level_over(shape.parts[0], grid, window)
        for part in shape.parts[1:]:
            level = np.maximum(level, level_over(part, grid, window))
        return level
    if isinstance(shape, Cut):
        level = level_over(shape.body, grid, window)
        for hole in shape.holes:
            near, place = _overlap(hole, grid, window, shape.gap_mm)
            if near is not None and place is not None:
                cut = np.float32(shape.gap_mm) - level_over(hole, grid, near)
                np.maximum(level[place], cut, out=level[place])
        return level
    solid: Solid = shape  # type: ignore[assignment]
    return np.array(np.broadcast_to(solid.level_mm(*coordinates_over(grid, window)), size), np.float32)


def _level_of_union(shape: Union, grid: Grid, window: Window, size: tuple[int, ...]) -> Floats:
    blend = np.float32(shape.blend_mm)
    level = np.full(size, _room_mm(grid) + 2 * shape.blend_mm, np.float32)
    for piece in shape.parts:
        near, place = _overlap(piece, grid, window, 2 * shape.blend_mm)
        if near is None or place is None:
            continue
        new, old = level_over(piece, grid, near), level[place]
        joined = np.minimum(old, new)
        if blend > 0:
            joined -= np.maximum(blend - np.abs(old - new), 0) ** 2 / (4 * blend)
        level[place] = joined
    return level


def coordinates_over(grid: Grid, window: Window) -> tuple[Floats, Floats, Floats]:
    """LPS x, y and z in mm over a window, each only along the array axes that it varies with."""
    k, j, i = window
    steps = (
        np.arange(i.start, i.stop, dtype=float)[None, None, :],
        np.arange(j.start, j.stop, dtype=float)[None, :, None],
        np.arange(k.start, k.stop, dtype=float)[:, None, None],
    )
    out = []
    for row, first in zip(grid.axes, grid.origin_mm, strict=True):
        total: NDArray[np.float64] = np.full((1, 1, 1), first)
        for factor, step in zip(row, steps, strict=True):
            if factor != 0.0:
                total = total + factor * step
        out.append(total.astype(np.float32))
    return out[0], out[1], out[2]


def window_around(shape: Shape, grid: Grid, reach_mm: float = 0.0) -> Window | None:
    """The voxels in the box around a shape with some room, or None where the grid does not reach it."""
    low, high = shape.box_mm
    if not np.all(np.isfinite(low) & np.isfinite(high)):
        k, j, i = (slice(0, n) for n in grid.shape)
        return k, j, i
    room = _room_mm(grid) + reach_mm
    ends = np.stack([low - room, high + room])
    corners = np.asarray([[ends[a, 0], ends[b, 1], ends[c, 2]] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    kji = grid.to_ijk(corners)[:, ::-1]
    first = np.maximum(np.floor(kji.min(axis=0)).astype(int), 0)
    last = np.minimum(np.ceil(kji.max(axis=0)).astype(int) + 1, grid.shape)
    if np.any(first >= last):
        return None
    k, j, i = (slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    return k, j, i


def chunks_around(shape: Shape, grid: Grid) -> Iterator[tuple[Window, Window, Window]]:
    """Windows of bounded size that cover a shape; each with a halo of a voxel, and its place within the halo."""
    whole = window_around(shape, grid)
    if whole is None:
        return
    k, j, i = whole
    step = max(1, _CHUNK_VOXELS // ((j.stop - j.start) * (i.stop - i.start)))
    for start in range(k.start, k.stop, step):
        stop = min(start + step, k.stop)
        first, last = max(start - 1, 0), min(stop + 1, grid.shape[0])
        window, haloed = (slice(start, stop), j, i), (slice(first, last), j, i)
        yield window, haloed, (slice(start - first, stop - first), slice(None), slice(None))


def _room_mm(grid: Grid) -> float:
    """How far around a shape its level is computed: beyond the widest edge."""
    return 2.0 * float(np.linalg.norm(grid.spacing_mm))


def _overlap(shape: Shape, grid: Grid, window: Window, reach_mm: float) -> tuple[Window | None, Window | None]:
    """The part of `window` near a shape: in the grid, and relative to the window."""
    around = window_around(shape, grid, reach_mm)
    if around is None:
        return None, None
    parts = [(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(around, window, strict=True)]
    if any(first >= last for first, last in parts):
        return None, None
    k, j, i = (slice(first, last) for first, last in parts)
    dk, dj, di = (slice(p[0] - w.start, p[1] - w.start) for p, w in zip(parts, window, strict=True))
    return (k, j, i), (dk, dj, di)

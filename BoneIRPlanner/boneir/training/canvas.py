"""A canvas of Hounsfield units on which shapes are painted with soft, partial-volume edges, and who owns each voxel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..grid import Grid
from ..mask import Mask, Window
from .shapes import Common, Cut, Floats, Shape, Solid, Union

_CHUNK_VOXELS = 600_000
_TILE_VOXELS = 96


@dataclass(frozen=True)
class Tissue:
    """What a tissue looks like in CT.

    Parameters
    ----------
    hu : float
        Mean in HU.
    texture_hu : float
        Standard deviation of its texture in HU (the scanner's noise comes on top).
    grain_mm : float
        Scale of the texture: the standard deviation of the Gaussian that smooths it.
    """

    hu: float
    texture_hu: float = 0.0
    grain_mm: float = 1.0


@dataclass(frozen=True)
class Layer:
    """A tissue from a depth below the surface of a shape on."""

    tissue: Tissue
    depth_mm: float = 0.0


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


class Canvas:
    """Hounsfield units and owners on a grid.

    Parameters
    ----------
    grid : Grid
    background_hu : float
    rng : numpy Generator
        Draws the textures.

    Attributes
    ----------
    hu : ndarray of float32 (k, j, i)
    """

    def __init__(self, grid: Grid, background_hu: float, rng: np.random.Generator) -> None:
        self.grid = grid
        self.hu: Floats = np.full(grid.shape, background_hu, np.float32)
        self._owners: NDArray[np.uint8] = np.zeros(grid.shape, np.uint8)
        self._labels: list[tuple[str, ...]] = [()]
        self._rng = rng
        self._tiles: dict[tuple[float, float], Floats] = {}
        self._margin_mm = 2.0 * float(np.linalg.norm(grid.spacing_mm))

    def paint(self, shape: Shape, layers: Sequence[Layer], labels: tuple[str, ...] = ()) -> None:
        """Paint a shape over what is there.

        Parameters
        ----------
        shape : Shape
        layers : sequence of Layer
            From the outside inwards; one of negative depth is a sheath around the shape, which is "body" alone.
        labels : tuple of str
            The structures that its voxels belong to from now on; with none they keep their owner.
        """
        owner = self._owner_of(labels) if labels else None
        for window, haloed, inner in self._chunks(shape):
            level = self.level_mm(shape, haloed)
            change = change_per_voxel(level)[inner]
            for layer in layers:
                share = occupancy(level[inner] + np.float32(layer.depth_mm), change)
                self.hu[window] += share * (self._look_of(layer.tissue, window) - self.hu[window])
            if owner is not None:
                if layers[0].depth_mm < 0:
                    self._owners[window][level[inner] <= -layers[0].depth_mm] = self._owner_of(("body",))
                self._owners[window][level[inner] <= 0] = owner

    def level_mm(self, shape: Shape, window: Window) -> Floats:
        """The level function of a shape over a window of the grid, computed only where its parts are."""
        size = tuple(part.stop - part.start for part in window)
        if isinstance(shape, Union):
            return self._level_of_union(shape, window, size)
        if isinstance(shape, Common):
            level = self.level_mm(shape.parts[0], window)
            for part in shape.parts[1:]:
                level = np.maximum(level, self.level_mm(part, window))
            return level
        if isinstance(shape, Cut):
            level = self.level_mm(shape.body, window)
            for hole in shape.holes:
                near, place = self._overlap(hole, window, shape.gap_mm)
                if near is not None and place is not None:
                    cut = np.float32(shape.gap_mm) - self.level_mm(hole, near)
                    np.maximum(level[place], cut, out=level[place])
            return level
        solid: Solid = shape  # type: ignore[assignment]
        return np.array(np.broadcast_to(solid.level_mm(*self._coordinates(window)), size), np.float32)

    def masks(self) -> dict[str, Mask]:
        """The mask of every label that owns a voxel, by name; "body" holds every voxel that has an owner."""
        boxes = ndimage.find_objects(self._owners, max_label=len(self._labels))
        found: dict[str, Mask] = {}
        for name in dict.fromkeys(name for labels in self._labels for name in labels):
            numbers = [n for n, labels in enumerate(self._labels) if name in labels and boxes[n - 1] is not None]
            if numbers:
                window = _around([boxes[n - 1] for n in numbers])
                marked = np.isin(self._owners[window], np.asarray(numbers, np.uint8), kind="table")
                corner = (window[0].start, window[1].start, window[2].start)
                found[name] = Mask.within(marked, corner, self.grid)
        found["body"] = Mask.of(self._owners, self.grid)
        return found

    def _level_of_union(self, shape: Union, window: Window, size: tuple[int, ...]) -> Floats:
        blend = np.float32(shape.blend_mm)
        level = np.full(size, self._margin_mm + 2 * shape.blend_mm, np.float32)
        for piece in shape.parts:
            part, place = self._overlap(piece, window, 2 * shape.blend_mm)
            if part is None or place is None:
                continue
            new, old = self.level_mm(piece, part), level[place]
            joined = np.minimum(old, new)
            if blend > 0:
                joined -= np.maximum(blend - np.abs(old - new), 0) ** 2 / (4 * blend)
            level[place] = joined
        return level

    def _overlap(self, shape: Shape, window: Window, reach_mm: float) -> tuple[Window | None, Window | None]:
        """The part of `window` near a shape: in the grid, and relative to the window."""
        around = self._window_of(shape, reach_mm)
        if around is None:
            return None, None
        parts = [(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(around, window, strict=True)]
        if any(first >= last for first, last in parts):
            return None, None
        k, j, i = (slice(first, last) for first, last in parts)
        dk, dj, di = (slice(p[0] - w.start, p[1] - w.start) for p, w in zip(parts, window, strict=True))
        return (k, j, i), (dk, dj, di)

    def _window_of(self, shape: Shape, reach_mm: float = 0.0) -> Window | None:
        """The voxels in the box around a shape with some room, or None where the grid does not reach it."""
        low, high = shape.box_mm
        if not np.all(np.isfinite(low) & np.isfinite(high)):
            k, j, i = (slice(0, n) for n in self.grid.shape)
            return k, j, i
        room = self._margin_mm + reach_mm
        ends = np.stack([low - room, high + room])
        corners = np.asarray([[ends[a, 0], ends[b, 1], ends[c, 2]] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
        kji = self.grid.to_ijk(corners)[:, ::-1]
        first = np.maximum(np.floor(kji.min(axis=0)).astype(int), 0)
        last = np.minimum(np.ceil(kji.max(axis=0)).astype(int) + 1, self.grid.shape)
        if np.any(first >= last):
            return None
        k, j, i = (slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
        return k, j, i

    def _chunks(self, shape: Shape) -> Iterator[tuple[Window, Window, Window]]:
        """Windows of bounded size that cover a shape; each with a halo, and its place within the halo."""
        whole = self._window_of(shape)
        if whole is None:
            return
        k, j, i = whole
        step = max(1, _CHUNK_VOXELS // ((j.stop - j.start) * (i.stop - i.start)))
        for start in range(k.start, k.stop, step):
            stop = min(start + step, k.stop)
            first, last = max(start - 1, 0), min(stop + 1, self.grid.shape[0])
            window, haloed = (slice(start, stop), j, i), (slice(first, last), j, i)
            yield window, haloed, (slice(start - first, stop - first), slice(None), slice(None))

    def _coordinates(self, window: Window) -> tuple[Floats, Floats, Floats]:
        """x, y, z in mm over a window, each only along the array axes that it varies with."""
        k, j, i = window
        steps = (
            np.arange(i.start, i.stop, dtype=float)[None, None, :],
            np.arange(j.start, j.stop, dtype=float)[None, :, None],
            np.arange(k.start, k.stop, dtype=float)[:, None, None],
        )
        out = []
        for row, first in zip(self.grid.axes, self.grid.origin_mm, strict=True):
            total: NDArray[np.float64] = np.full((1, 1, 1), first)
            for factor, step in zip(row, steps, strict=True):
                if factor != 0.0:
                    total = total + factor * step
            out.append(total.astype(np.float32))
        return out[0], out[1], out[2]

    def _owner_of(self, labels: tuple[str, ...]) -> int:
        if labels not in self._labels:
            self._labels.append(labels)
        return self._labels.index(labels)

    def _look_of(self, tissue: Tissue, window: Window) -> Floats | np.float32:
        """The mean and texture of a tissue over a window, from a periodic tile."""
        if tissue.texture_hu == 0:
            return np.float32(tissue.hu)
        key = (tissue.texture_hu, tissue.grain_mm)
        if key not in self._tiles:
            sigma = [tissue.grain_mm / step for step in self.grid.spacing_mm[::-1]]
            noise = self._rng.standard_normal((_TILE_VOXELS,) * 3, dtype=np.float32)
            noise = ndimage.gaussian_filter(noise, sigma, mode="wrap")
            self._tiles[key] = noise * np.float32(tissue.texture_hu / noise.std())
        return np.float32(tissue.hu) + _repeated(self._tiles[key], window)


def _repeated(tile: Floats, window: Window) -> Floats:
    """What a periodic tile shows in a window."""
    for axis, part in enumerate(window):
        first, size = part.start % _TILE_VOXELS, part.stop - part.start
        times = [1, 1, 1]
        times[axis] = -(-(first + size) // _TILE_VOXELS)
        if first + size > _TILE_VOXELS:
            tile = np.tile(tile, times)
        tile = tile[(slice(None),) * axis + (slice(first, first + size),)]
    return tile


def _around(boxes: Sequence[Window]) -> Window:
    """The smallest window that holds all of several."""
    k, j, i = (slice(min(b[a].start for b in boxes), max(b[a].stop for b in boxes)) for a in range(3))
    return k, j, i

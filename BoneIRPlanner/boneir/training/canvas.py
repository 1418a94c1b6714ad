"""A canvas of Hounsfield units on which shapes are painted with soft, partial-volume edges, and who owns each voxel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..grid import Grid
from ..mask import Mask, Window
from .sampling import change_per_voxel, chunks_around, level_over, occupancy
from .scanner_noise import correlated_noise
from .shapes import Floats, Shape

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
        for window, haloed, inner in chunks_around(shape, self.grid):
            level = level_over(shape, self.grid, haloed)
            change = change_per_voxel(level)[inner]
            for layer in layers:
                share = occupancy(level[inner] + np.float32(layer.depth_mm), change)
                self.hu[window] += share * (self._look_of(layer.tissue, window) - self.hu[window])
            if owner is not None:
                if layers[0].depth_mm < 0:
                    self._owners[window][level[inner] <= -layers[0].depth_mm] = self._owner_of(("body",))
                self._owners[window][level[inner] <= 0] = owner

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
            noise = correlated_noise((_TILE_VOXELS,) * 3, sigma, self._rng)
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

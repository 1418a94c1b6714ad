"""A torso of simple bodies with known outlines: body on a table, spine, lungs, gas and kidney."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from boneir.case import Image
from boneir.grid import Grid

Marked = NDArray[np.bool_]
LEVEL_MM = 30.0
"""Height of a vertebra with its disc; the ring is closed over 16 mm of it."""


@dataclass(frozen=True)
class Torso:
    """The phantom: image and what is where, on its grid."""

    image: Image
    body: Marked
    canal: Marked
    vertebrae: Marked
    lungs: Marked
    gas: Marked
    kidney: Marked


def grid_of(direction: tuple[float, ...], size: tuple[int, int, int], spacing: tuple[float, float, float]) -> Grid:
    """A grid with its centre at 0 whose axes i, j, k are the columns of `direction`."""
    axes = np.asarray(direction, float).reshape(3, 3) * np.asarray(spacing)
    origin = -axes @ ((np.asarray(size) - 1) / 2)
    x, y, z = (float(v) for v in origin)
    return Grid(size[::-1], spacing, (x, y, z), tuple(float(v) for v in direction))  # type: ignore[arg-type]


def axial_grid() -> Grid:
    """Upright axial slices, 2 x 2 x 3 mm."""
    return grid_of((1, 0, 0, 0, 1, 0, 0, 0, 1), (140, 110, 60), (2.0, 2.0, 3.0))


@cache
def make_torso(
    grid: Grid | None = None, *, bend_mm: float = 0.0, kidney_hu: float = 40.0, noise_hu: float = 12.0
) -> Torso:
    """Draw the phantom.

    Parameters
    ----------
    grid : Grid or None
        Any direction; None for `axial_grid`.
    bend_mm : float
        How far the spine leans to the left in the middle of the scan.
    kidney_hu : float
        CT number of the kidney: more than bone when it is filled with contrast medium.
    noise_hu : float
    """
    grid = grid or axial_grid()
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    x, y, z = np.moveaxis(grid.to_mm(np.stack([i, j, k], axis=-1)), -1, 0)
    body = (x / 120.0) ** 2 + (y / 85.0) ** 2 <= 1
    fat = body & ~((x / 105.0) ** 2 + (y / 70.0) ** 2 <= 1)
    lungs = (((np.abs(x) - 55) / 35) ** 2 + ((y + 10) / 45) ** 2 <= 1) & (z > 20)
    gas = (x + 40) ** 2 + (y + 35) ** 2 + (z + 50) ** 2 <= 15.0**2
    kidney = ((x - 60) / 22) ** 2 + ((y - 10) / 16) ** 2 + ((z + 40) / 35) ** 2 <= 1
    lean = bend_mm * np.cos(np.pi * np.clip(z / 90.0, -1, 1) / 2)
    canal, cortex, marrow = _spine(x - lean, y, z)
    hu = np.full(grid.shape, -1000.0)
    hu[(y > 92) & (y < 96)] = 0  # the table
    for region, number in ((body, 40), (fat, -100), (lungs, -820), (gas, -1000), (kidney, kidney_hu)):
        hu[region] = number
    for region, number in ((marrow, 170), (cortex, 650), (canal, 25)):
        hu[region] = number
    hu += np.random.default_rng(0).normal(0, noise_hu, grid.shape)
    image = Image(np.rint(np.clip(hu, -1024, 3000)).astype(np.int16), grid)
    return Torso(image, body, canal, cortex | marrow, lungs, gas, kidney)


def _spine(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]) -> tuple[Marked, Marked, Marked]:
    """Canal, cortex and marrow of a column whose bodies are centred at (0, 25) and whose canal at (0, 52)."""
    height = np.abs((z + 0.5 * LEVEL_MM) % LEVEL_MM - 0.5 * LEVEL_MM)
    in_body, in_ring = height < 11, height < 8
    column = np.hypot(x, y - 25) <= 19
    block = column & in_body
    marrow = (np.hypot(x, y - 25) <= 16) & (height < 8.5)
    canal = np.hypot(x, y - 52) <= 8
    ring = (np.hypot(x, y - 52) <= 12) & in_ring & ~canal
    process = (np.abs(x) <= 3) & (y > 60) & (y < 74) & in_ring
    cortex = (block & ~marrow) | ring | process
    return canal, cortex & ~canal, marrow & ~canal & ~ring


def dice(a: Marked, b: Marked) -> float:
    """Overlap of two sets of voxels, 0..1."""
    return float(2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b)))

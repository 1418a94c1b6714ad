"""Voxels along the directions of a vertebra: where tilted and turned vertebrae all look alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..mask import Mask
from .vertebra_frame import VertebraFrame, even_points, marked_at

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]

STEP_MM = 1.0
"""Voxel size in the box: finer than most scans, so that turning loses little."""


@dataclass(frozen=True, eq=False)
class LocalBox:
    """A box of voxels of `STEP_MM` along the directions of a vertebra; arrays are (up, back, left).

    Parameters
    ----------
    frame : VertebraFrame
    low_mm : ndarray of float, shape (3,)
        Distances along up, back and left of the first voxel.
    shape : tuple of int
    """

    frame: VertebraFrame
    low_mm: Floats
    shape: tuple[int, int, int]

    @classmethod
    def around(cls, vertebra: Mask, frame: VertebraFrame, margin_mm: float) -> LocalBox:
        """The smallest box that holds a vertebra and a margin."""
        local = frame.to_local(even_points(vertebra, STEP_MM))
        low = local.min(axis=0) - margin_mm
        count = np.ceil((local.max(axis=0) + margin_mm - low) / STEP_MM).astype(int) + 1
        return cls(frame, low, (int(count[0]), int(count[1]), int(count[2])))

    @cached_property
    def axes_mm(self) -> tuple[Floats, Floats, Floats]:
        """Distances along up, back and left of the voxels, one array for each axis."""
        up, back, left = (low + STEP_MM * np.arange(n) for low, n in zip(self.low_mm, self.shape, strict=True))
        return up, back, left

    def sample(self, mask: Mask) -> Marked:
        """A mask in the box: what the voxel of the mask around each voxel of the box says."""
        index = np.stack(np.meshgrid(*(np.arange(n) for n in self.shape), indexing="ij"), axis=-1)
        points = self.frame.to_mm(self.low_mm + STEP_MM * index.reshape(-1, 3))
        return marked_at(mask, points).reshape(self.shape)

    def index_of(self, points_mm: Floats) -> NDArray[np.int64]:
        """Nearest index (n, 3) in the box, held to its border."""
        local = (self.frame.to_local(points_mm) - self.low_mm) / STEP_MM
        return np.clip(np.rint(local), 0, np.asarray(self.shape) - 1).astype(np.int64)

"""The spine along its canal: planes across the canal from the sacrum to the head, and where each voxel lies on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from .axial import AxialFrame
from .canal import CanalCourse
from .level_settings import level_setting

Floats = NDArray[np.float64]

STEP_MM = 1.5
"""Distance of the planes, and of the samples on them."""


@dataclass(frozen=True, eq=False)
class SpineLine:
    """A line through the middle of the canal with a plane across it every `STEP_MM`, from below.

    All in mm along (superior, posterior, left) of the coarse upright voxels, whose voxel 0 has its middle at 0.

    Parameters
    ----------
    middle : ndarray of float, shape (n, 3)
    up, back, left : ndarray of float, shape (n, 3)
        Unit vectors: along the line, across it to posterior, across it to the left.
    """

    middle: Floats
    up: Floats
    back: Floats
    left: Floats

    @property
    def count(self) -> int:
        """Number of planes."""
        return len(self.middle)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.middle)

    def place(self, points: Floats) -> Floats:
        """Station (fractional number of the plane), distance to back and distance to left of points, shape (n, 3)."""
        _, near = self._tree.query(points)
        offset = points - self.middle[near]
        along = np.einsum("ij,ij->i", offset, self.up[near])
        back = np.einsum("ij,ij->i", offset, self.back[near])
        left = np.einsum("ij,ij->i", offset, self.left[near])
        return np.stack([near + along / STEP_MM, back, left], axis=1)

    def sample(self, field: NDArray[np.float32], backs: Floats, lefts: Floats, frame: AxialFrame) -> Floats:
        """A coarse upright field on the planes, shape (planes, backs, lefts); beyond the field its edge."""
        return _sampled(field, self._spots(backs, lefts) / np.asarray(frame.coarse_spacing_mm))

    def sample_whole(
        self, voxels: NDArray[Any], backs: Floats, lefts: Floats, frame: AxialFrame, step_mm: float
    ) -> Floats:
        """The upright voxels of the whole image on planes so far apart, shape (planes, backs, lefts)."""
        stations = np.arange(0.0, self.count - 1 + 1e-9, step_mm / STEP_MM)
        every = np.arange(self.count)
        finer = (np.stack([np.interp(stations, every, a[:, n]) for n in range(3)], axis=1) for a in self._axes)
        factors = np.asarray(frame.factors, float)
        spots = SpineLine(*finer)._spots(backs, lefts) / np.asarray(frame.coarse_spacing_mm)
        return _sampled(voxels, spots * factors + (factors - 1) / 2)

    @property
    def _axes(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.middle, self.up, self.back, self.left

    def _spots(self, backs: Floats, lefts: Floats) -> Floats:
        """Places on the planes, shape (planes, backs, lefts, 3)."""
        return np.asarray(
            self.middle[:, None, None]
            + backs[None, :, None, None] * self.back[:, None, None]
            + lefts[None, None, :, None] * self.left[:, None, None]
        )


def _sampled(field: NDArray[Any], index: Floats) -> Floats:
    """Values at fractional indices (..., 3), linearly; beyond the field its edge."""
    at = np.moveaxis(index, -1, 0)
    return np.asarray(ndimage.map_coordinates(field, at, np.float64, order=1, mode="nearest"))


@dataclass(frozen=True, eq=False)
class PlacedVoxels:
    """Voxels of bone, and where each lies along the spine.

    Parameters
    ----------
    index : ndarray of int, shape (n, 3)
        Coarse indices (s, p, l).
    local : ndarray of float, shape (n, 3)
        Station, distance to back and to left, from `SpineLine.place`.
    """

    index: NDArray[np.int64]
    local: Floats

    @classmethod
    def of(cls, marked: NDArray[np.bool_], line: SpineLine, frame: AxialFrame) -> PlacedVoxels:
        """All that are marked, shape (s, p, l)."""
        index = np.argwhere(marked)
        return cls(index, line.place(index * np.asarray(frame.coarse_spacing_mm)))


def spine_line(course: CanalCourse, frame: AxialFrame) -> SpineLine | None:
    """The line through the canal; None where it is shorter than a vertebra."""
    rise, row, column = frame.coarse_spacing_mm
    slices = np.arange(course.first, course.last + 1)
    if len(slices) < 3 or len(slices) * rise < level_setting("line_least_mm"):
        return None
    centre = course.centre[slices] * (row, column)
    path = np.column_stack([slices * rise, centre])
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    stations = np.arange(0.0, length[-1], STEP_MM)
    middle = np.stack([np.interp(stations, length, path[:, a]) for a in range(3)], axis=1)
    width = level_setting("line_smooth_mm") / STEP_MM
    middle[:, 1:] = ndimage.gaussian_filter1d(middle[:, 1:], width, axis=0, mode="nearest")
    smooth = np.stack([_smoothed(middle[:, a]) for a in range(3)], axis=1)
    up = np.gradient(smooth, axis=0)
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    back = np.asarray([0.0, 1.0, 0.0]) - up[:, 1:2] * up
    back /= np.linalg.norm(back, axis=1, keepdims=True)
    # Axes (s, p, l) run as (z, y, x): the product of back and up is left.
    left = np.cross(up, back)
    return SpineLine(middle, up, back, left * np.sign(left[:, 2:3]))


def _smoothed(values: Floats) -> Floats:
    """Values smoothed along the line, carried on straight beyond both ends."""
    tangent_mm = level_setting("line_tangent_mm")
    reach = round(3 * tangent_mm / STEP_MM)
    run = max(2, min(len(values), round(20.0 / STEP_MM)))
    t = np.arange(run)
    low, high = np.polyfit(t, values[:run], 1), np.polyfit(t, values[-run:], 1)
    before = np.polyval(low, np.arange(-reach, 0)) + values[0] - low[1]
    after = np.polyval(high, run - 1 + np.arange(1, reach + 1)) + values[-1] - np.polyval(high, run - 1)
    padded = np.concatenate([before, values, after])
    return np.asarray(ndimage.gaussian_filter1d(padded, tangent_mm / STEP_MM)[reach:-reach])

"""How large an outline is: longest and shortest axis in a slice, longest diameter in space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import OutlineError
from ..findings import Point
from ..mask import Mask
from .axial import AxialFrame

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Axes:
    """The two axes of an outline in the axial slice where it is longest.

    Parameters
    ----------
    long_mm : float
        Largest diameter within any axial slice.
    short_mm : float
        Largest diameter across it in the same slice.
    ends_mm : tuple of Point
        Both ends of the long axis in LPS mm.
    middle_mm : Point
        Middle of the long axis.
    """

    long_mm: float
    short_mm: float
    ends_mm: tuple[Point, Point]
    middle_mm: Point


def axial_axes(mask: Mask) -> Axes:
    """Long and short axis of an outline, as they are measured on axial slices for RECIST.

    Voxels have a width: a diameter reaches from the outer edge of one to the outer edge of the other.

    Raises
    ------
    OutlineError
        If the outline is empty.

    References
    ----------
    Eisenhauer EA et al., New response evaluation criteria in solid tumours: revised RECIST guideline (version 1.1),
    Eur J Cancer 2009;45:228-247, doi:10.1016/j.ejca.2008.10.026.
    """
    if mask.is_empty:
        raise OutlineError("The outline is empty: it has no diameter.")
    frame = AxialFrame(mask.window_grid)
    upright = frame.upright(mask.voxels)
    pitch = np.asarray(frame.spacing_mm[1:])
    rims = [(s, np.argwhere(_rim(upright[s])) * pitch) for s in np.flatnonzero(upright.any(axis=(1, 2)))]
    length, first, second, s = max(((*_longest(rim, pitch), int(s)) for s, rim in rims), key=lambda found: found[0])
    short = _widest_across(np.argwhere(_rim(upright[s])) * pitch, first, second, pitch)
    ends = _fine_places(frame, s, np.stack([first, second]) / pitch)
    middle = ends.mean(axis=0)
    return Axes(length, min(short, length), (_point(ends[0]), _point(ends[1])), _point(middle))


def longest_diameter_mm(mask: Mask) -> float:
    """Largest distance between two places of an outline, in mm."""
    if mask.is_empty:
        raise OutlineError("The outline is empty: it has no diameter.")
    pitch = np.asarray(mask.grid.spacing_mm[::-1])
    rim = np.argwhere(_rim(mask.voxels)) * pitch
    length, _, _ = _longest(rim, pitch)
    return length


def _point(place: Floats) -> Point:
    x, y, z = (float(v) for v in place)
    return x, y, z


def _fine_places(frame: AxialFrame, s: int, in_plane: Floats) -> Floats:
    """LPS mm of upright indices on the voxels of the grid itself."""
    places = AxialFrame(frame.grid, coarse_mm=1e-3)  # one voxel is one block
    return places.places_mm(np.column_stack([np.full(len(in_plane), float(s)), in_plane]))


def _rim(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(marked & ~ndimage.binary_erosion(marked))


def _directions(dimensions: int) -> Floats:
    """Unit vectors over the half circle or half sphere, about a degree or two apart."""
    if dimensions == 2:
        turn = np.radians(np.arange(0.0, 180.0, 1.0))
        return np.stack([np.sin(turn), np.cos(turn)], axis=1)
    n = np.arange(2000) + 0.5
    polar, turn = np.arccos(1 - n / 2000), np.pi * (1 + 5**0.5) * n
    return np.stack([np.cos(polar), np.sin(polar) * np.sin(turn), np.sin(polar) * np.cos(turn)], axis=1)


def _longest(points: Floats, pitch: Floats) -> tuple[float, Floats, Floats]:
    """Length and ends of the longest line between points, a voxel's width along it included."""
    towards = _directions(points.shape[1])
    first = np.empty(len(towards), np.int64)
    last = np.empty(len(towards), np.int64)
    for start in range(0, len(towards), 200):
        along = points @ towards[start : start + 200].T
        first[start : start + 200], last[start : start + 200] = along.argmin(axis=0), along.argmax(axis=0)
    lines = points[last] - points[first]
    lengths = np.linalg.norm(lines, axis=1)
    # All pairs of extreme points lie among the ends found for some direction, up to the angle between directions.
    at = int(np.argmax(lengths))
    unit = lines[at] / lengths[at] if lengths[at] > 0 else np.eye(len(pitch))[int(np.argmax(pitch))]
    return float(lengths[at]) + _width_of_voxel(unit, pitch), points[first[at]], points[last[at]]


def _width_of_voxel(unit: Floats, pitch: Floats) -> float:
    """How long a voxel is along a direction."""
    return float(np.linalg.norm(unit * pitch))


def _widest_across(points: Floats, first: Floats, second: Floats, pitch: Floats) -> float:
    """The longest line across the line from `first` to `second` that lies in the outline."""
    line = second - first
    length = float(np.linalg.norm(line))
    unit = line / length if length > 0 else np.asarray([0.0, 1.0])
    across = np.asarray([unit[1], -unit[0]])
    step = _width_of_voxel(unit, pitch)
    bins = np.floor((points - first) @ unit / step + 0.5).astype(int)
    side = points @ across
    widest = 0.0
    for n in np.unique(bins):
        here = side[np.abs(bins - n) <= 0]
        widest = max(widest, float(np.ptp(here)))
    return widest + _width_of_voxel(across, pitch)

"""Straight metal in a CT: the longest lines that run within metal, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image
from ..grid import Grid
from ..mask import bounding_box
from ..resources import limit

Floats = NDArray[np.float64]

_PAIRS, _SEED = 3000, 0
_LEAST_APART_MM = 12.0
_STEP_MM = 1.0
_GAP_STEPS, _WIDE_GAP_STEPS = 2, 12
"""Gaps in a line that is looked for, and in one that was found: thin needles fade where they pass between slices."""
_NEW_SHARE = 0.5
"""Part of a line that must be metal of no line found before."""
_MOST_LINES = 40
_BESIDE_MM, _PAST_MM = 2.0, 4.0
_TAKEN_MM, _LOOK_MM = 6.0, 8.0
"""Around a line: metal that belongs to it at most, and where its width is looked for: an implant reaches as far."""
_MOST_POINTS = 400_000
_THICK_MM = 2.0
_OVERLAP_MM = 5.0


@dataclass(frozen=True, eq=False)
class MetalLine:
    """A straight run of metal.

    Parameters
    ----------
    first_mm, last_mm : ndarray, shape (3,)
        LPS mm of its ends, as the threshold shows them.
    radius_mm : float
        Of a cylinder of the same length that holds as much metal: the true radius and the blooming.
    """

    first_mm: Floats
    last_mm: Floats
    radius_mm: float

    @property
    def length_mm(self) -> float:
        """From end to end."""
        return float(np.linalg.norm(self.last_mm - self.first_mm))

    @property
    def width_mm(self) -> float:
        """The diameter of that cylinder."""
        return 2.0 * self.radius_mm

    @property
    def direction(self) -> Floats:
        """Unit vector from the first to the last end."""
        return np.asarray((self.last_mm - self.first_mm) / self.length_mm)


def metal_lines(image: Image, threshold_hu: float, least_length_mm: float) -> tuple[MetalLine, ...]:
    """Find every straight run of metal in a CT.

    A straight needle is convex: a line through any two of its voxels stays in it. So lines through random pairs of
    metal voxels are tried, the one that runs longest in metal is kept, its voxels are taken away, and again.

    Parameters
    ----------
    image : Image
        CT in HU.
    threshold_hu : float
        Metal begins here.
    least_length_mm : float
        Shorter runs are no line.

    Returns
    -------
    tuple of MetalLine
        The longest first.
    """
    marked = image.voxels >= threshold_hu
    box = bounding_box(marked)
    if box is None:
        return ()
    k, j, i = (part.start for part in box)
    metal = np.array(marked[box])
    grid = image.grid.window((k, j, i), metal.shape)
    kji = np.argwhere(metal)[:_MOST_POINTS]
    points = grid.to_mm(kji[:, ::-1])
    rng = np.random.default_rng(_SEED)
    left = metal.copy()
    found: list[MetalLine] = []
    while len(found) < _MOST_LINES:
        free = np.flatnonzero(left[tuple(kji.T)])
        line = _longest(points, free, metal, left, grid, rng) if free.size else None
        if line is None or line.length_mm < least_length_mm:
            break
        before = int(free.size)
        reach = min(line.radius_mm + _BESIDE_MM, _TAKEN_MM)
        gone = kji[_beside(_flattened(points, line, grid, reach), line, reach, _PAST_MM)]
        left[tuple(gone.T)] = False
        if np.count_nonzero(left) == before:
            break
        found.append(_with_radius(line, points, grid, _LOOK_MM))
    return _joined(found) if grid.spacing_mm[2] >= _THICK_MM else tuple(found)


def _joined(lines: list[MetalLine]) -> tuple[MetalLine, ...]:
    """Lines of which those that go on in each other are one: thin needles fade where they pass between thick slices."""
    left = sorted(lines, key=lambda line: -line.length_mm)
    joined: list[MetalLine] = []
    while left:
        line = left.pop(0)
        other = next((item for item in left if _goes_on(line, item)), None)
        if other is None:
            joined.append(line)
            continue
        left.remove(other)
        ends = np.array([line.first_mm, line.last_mm, other.first_mm, other.last_mm])
        along = (ends - line.first_mm) @ line.direction
        radius = (line.radius_mm * line.length_mm + other.radius_mm * other.length_mm) / (
            line.length_mm + other.length_mm
        )
        left.insert(0, MetalLine(ends[along.argmin()], ends[along.argmax()], radius))
    return tuple(joined)


def _goes_on(line: MetalLine, other: MetalLine) -> bool:
    """Whether another line lies on the prolongation of a line, beyond a gap."""
    towards = (other.first_mm + other.last_mm - line.first_mm - line.last_mm) / 2.0
    apart = float(np.linalg.norm(towards))
    gap = apart - (line.length_mm + other.length_mm) / 2.0
    if not -_OVERLAP_MM <= gap <= limit("verification", "needle_gap_mm").amount:
        return False
    least = np.cos(np.deg2rad(limit("verification", "needle_bend_deg").amount))
    unit = towards / apart
    ways = (line.direction @ unit, other.direction @ unit, line.direction @ other.direction)
    return bool(min(abs(float(way)) for way in ways) >= least)


def _longest(
    points: Floats,
    free: NDArray[np.int_],
    metal: NDArray[np.bool_],
    left: NDArray[np.bool_],
    grid: Grid,
    rng: np.random.Generator,
) -> MetalLine | None:
    """The line through two of the free points that runs longest in metal, straightened by what lies around it."""
    pairs = points[free[rng.integers(0, free.size, (_PAIRS, 2))]]
    apart = np.linalg.norm(pairs[:, 1] - pairs[:, 0], axis=1)
    pairs, apart = pairs[apart >= _LEAST_APART_MM], apart[apart >= _LEAST_APART_MM]
    if not len(pairs):
        return None
    units = (pairs[:, 1] - pairs[:, 0]) / apart[:, None]
    score, first, last = _runs(pairs.mean(axis=1), units, metal, left, grid)
    best = int(np.argmax(score))
    if score[best] <= 0:
        return None
    middle, unit = pairs[best].mean(axis=0), units[best]
    ends = np.array([middle + first[best] * unit, middle + last[best] * unit])
    for reach_mm in (2.5, 1.8, 1.8):
        near = points[_beside(points, MetalLine(ends[0], ends[1], 0.0), reach_mm, 0.0)]
        if len(near) < 3:
            break
        middle = near.mean(axis=0)
        unit = np.linalg.svd(near - middle, full_matrices=False)[2][0]
        along = (ends - middle) @ unit
        ends = middle + np.sort(along)[:, None] * unit
    wide = ndimage.binary_dilation(metal)
    _, first, last = _runs(middle[None], unit[None], wide, wide, grid, _WIDE_GAP_STEPS)
    if last[0] - first[0] < _STEP_MM:
        return None
    return _with_radius(MetalLine(middle + first[0] * unit, middle + last[0] * unit, 0.0), points, grid, _TAKEN_MM)


def _with_radius(line: MetalLine, points: Floats, grid: Grid, look_mm: float) -> MetalLine:
    """A line with the radius of the metal that lies so far around it."""
    held_mm3 = float(_beside(points, line, look_mm, 0.0).sum()) * grid.voxel_ml * 1000.0
    return MetalLine(line.first_mm, line.last_mm, float(np.sqrt(held_mm3 / (np.pi * line.length_mm))))


def _runs(
    middles: Floats,
    units: Floats,
    metal: NDArray[np.bool_],
    left: NDArray[np.bool_],
    grid: Grid,
    gap_steps: int = _GAP_STEPS,
) -> tuple[Floats, Floats, Floats]:
    """For each line the longest run in metal: how much of it is still free, where it begins and ends, in mm."""
    reach = float(np.linalg.norm(np.ptp(grid.corners_mm, axis=0))) + 2.0 * _STEP_MM
    steps = np.arange(-reach, reach + _STEP_MM, _STEP_MM)
    size = np.asarray(grid.shape[::-1])
    run = np.zeros(len(middles))
    gap = np.full(len(middles), gap_steps + 1)
    start = np.full(len(middles), np.nan)
    total = np.zeros(len(middles))
    best, first, last = np.zeros(len(middles)), np.zeros(len(middles)), np.zeros(len(middles))
    for s in steps:
        ijk = np.rint(grid.to_ijk(middles + s * units)).astype(int)
        inside = np.all((ijk >= 0) & (ijk < size), axis=1)
        i, j, k = np.clip(ijk, 0, size - 1).T
        here, free = inside & metal[k, j, i], inside & left[k, j, i]
        begins = here & (gap > gap_steps)
        run[begins], total[begins], start[begins] = 0.0, 0.0, s
        gap = np.where(here, 0, gap + 1)
        run += free
        total += here
        better = here & (run > best) & (run >= _NEW_SHARE * total)
        best[better], first[better], last[better] = run[better], start[better], s
    return best * _STEP_MM, first, last


def _flattened(points: Floats, line: MetalLine, grid: Grid, reach_mm: float) -> Floats:
    """Points drawn towards a line across thick slices, each of which shows the needle of all its depth."""
    slice_mm = grid.spacing_mm[2]
    if slice_mm < _THICK_MM:
        return points
    normal = grid.axes[:, 2] / np.linalg.norm(grid.axes[:, 2])
    offset = points - line.first_mm
    across = offset - (offset @ line.direction)[:, None] * line.direction
    share = 1.0 - reach_mm / (reach_mm + 0.5 * slice_mm)
    return np.asarray(points - share * (across @ normal)[:, None] * normal)


def _beside(points: Floats, line: MetalLine, reach_mm: float, past_mm: float) -> NDArray[np.bool_]:
    """Which points lie within a reach of a line, and at most so far past its ends."""
    offset = points - line.first_mm
    along = offset @ line.direction
    across = np.linalg.norm(offset - along[:, None] * line.direction, axis=1)
    return np.asarray((across <= reach_mm) & (along >= -past_mm) & (along <= line.length_mm + past_mm))

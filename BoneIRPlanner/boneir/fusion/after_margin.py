"""The margin that an ablation has left: where on the lesion's surface, how sure, and what was missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from ..findings import Point
from ..image.distance import exact_distance_mm
from ..image.resample import mask_on
from ..image.signed_distance import surface_of
from ..image.surface import Surface
from ..mask import Mask
from ..resources import limit
from .margin import SurfaceMargin, surface_margin

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]

PERCENTILES = (0.0, 5.0, 25.0, 50.0, 75.0, 100.0)
NORMAL_95 = 1.96
"""So many standard deviations hold 95 % of a normal distribution."""
_RAY_STEP_MM = 0.5
_TOUCHING_MM = 1.5
"""A zone ends at a barrier that is so near."""
_LEAST_PART_ML = 0.01
_MOST_PARTS = 5


@dataclass(frozen=True)
class MissedPart:
    """A part that the zone does not reach.

    Parameters
    ----------
    volume_ml : float
    place_mm : Point
        LPS mm of its deepest point, the one farthest from the zone.
    deepest_mm : float
        How far that lies outside the zone.
    """

    volume_ml: float
    place_mm: Point
    deepest_mm: float


@dataclass(frozen=True, eq=False)
class AfterMargin:
    """The margin after an ablation.

    Parameters
    ----------
    whole : SurfaceMargin
        Over the whole surface: minimum with its place, coverage of rims of 0 to 10 mm.
    surface : Surface
        Of the lesion.
    margin_mm : ndarray, shape (n,)
        Signed margin at every point of the surface.
    at_barrier : ndarray of bool, shape (n,)
        Points that face a barrier (canal, joint) within the barrier distance, or from which the nearest edge of the
        zone is where it ends at a barrier: a margin cannot be asked for there.
    minimum_mm, place_mm : float, Point
        Smallest margin without the points at barriers.
    percentiles_mm : tuple of float
        Of the same, by area, at `PERCENTILES`.
    excluded_share : float
        Part (0 to 1) of the surface that lies at barriers.
    error_mm : float
        Standard error of the registration that brought lesion and zone together; 0 where they are on one image.
    missed, missed_rim : tuple of MissedPart
        Of the lesion itself, and of the lesion with the rim that was wanted; the largest first.
    """

    whole: SurfaceMargin
    surface: Surface
    margin_mm: Floats
    at_barrier: Marked
    minimum_mm: float
    place_mm: Point
    percentiles_mm: tuple[float, ...]
    excluded_share: float
    error_mm: float
    missed: tuple[MissedPart, ...]
    missed_rim: tuple[MissedPart, ...]

    @property
    def claimed_mm(self) -> float:
        """The margin that may be claimed: the minimum less 1.96 times the error of the registration."""
        return self.minimum_mm - NORMAL_95 * self.error_mm

    def histogram(self, step_mm: float = 1.0) -> tuple[Floats, Floats]:
        """Edges in mm, and the part (0 to 1) of the surface without barriers in each bin, by area."""
        free = self.margin_mm[~self.at_barrier]
        area = self.surface.areas_mm2[~self.at_barrier].astype(np.float64)
        low, high = np.floor(free.min() / step_mm) * step_mm, np.ceil((free.max() + 1e-9) / step_mm) * step_mm
        edges = np.arange(low, high + 0.5 * step_mm, step_mm)
        counts, edges = np.histogram(free, edges, weights=area / area.sum())
        return edges, counts


def after_margin(
    lesion: Mask,
    zone: Mask,
    *,
    barriers: Sequence[Mask] = (),
    error_mm: float = 0.0,
    wanted_mm: float = 5.0,
) -> AfterMargin:
    """Measure the margin that an ablation zone has left around a lesion.

    Parameters
    ----------
    lesion : Mask
        As it was before the ablation.
    zone : Mask
        On any grid of the same frame.
    barriers : sequence of Mask
        What must not be reached (canal, joint), on any grid of the same frame: where the lesion faces one, there is no
        room for a margin, and its surface does not count.
    error_mm : float
        Standard error of the registration between the two images.
    wanted_mm : float
        The rim that the plan asked for.

    Raises
    ------
    OutlineError
        If the lesion or the zone is empty.
    """
    whole = surface_margin(lesion, zone)
    surface, edge = surface_of(lesion), surface_of(zone)
    margin = -edge.signed_distance_mm(surface.points_mm)
    at_barrier = facing(surface, barriers, limit("verification", "barrier_mm").amount)
    at_barrier |= _held_back(surface, margin, edge, barriers)
    free = ~at_barrier if not at_barrier.all() else np.ones(margin.shape, bool)
    area = surface.areas_mm2[free] / surface.areas_mm2[free].sum()
    order = np.argsort(margin[free], kind="stable")
    percentiles = np.interp(np.divide(PERCENTILES, 100.0), np.cumsum(area[order]), margin[free][order])
    lowest = np.flatnonzero(free)[order[0]]
    x, y, z = (float(v) for v in surface.points_mm[lowest])
    return AfterMargin(
        whole=whole,
        surface=surface,
        margin_mm=margin,
        at_barrier=at_barrier,
        minimum_mm=float(margin[lowest]),
        place_mm=(x, y, z),
        percentiles_mm=tuple(float(v) for v in percentiles),
        excluded_share=float(surface.areas_mm2[at_barrier].sum() / surface.areas_mm2.sum()),
        error_mm=error_mm,
        missed=missed_parts(lesion, zone, 0.0),
        missed_rim=missed_parts(lesion, zone, wanted_mm, barriers),
    )


def facing(surface: Surface, barriers: Sequence[Mask], reach_mm: float) -> Marked:
    """Points of a surface from which the outward normal meets a barrier within a reach."""
    hit = np.zeros(len(surface.points_mm), bool)
    for depth in np.arange(0.0, reach_mm + 0.5 * _RAY_STEP_MM, _RAY_STEP_MM):
        points = surface.points_mm + depth * surface.normals
        for barrier in barriers:
            hit |= _marked_at(barrier, points)
    return hit


def _held_back(surface: Surface, margin: Floats, edge: Surface, barriers: Sequence[Mask]) -> Marked:
    """Points of a lesion beside a barrier whose nearest edge of the zone is the one where the zone ends at it."""
    if not barriers:
        return np.zeros(margin.shape, bool)
    stopped = facing(edge, barriers, max(_TOUCHING_MM, edge.step_mm))
    _, nearest = cKDTree(edge.points_mm).query(surface.points_mm)
    near = (margin >= 0.0) & (margin < limit("verification", "barrier_mm").amount)
    return np.asarray(near & stopped[nearest])


def missed_parts(lesion: Mask, zone: Mask, rim_mm: float, barriers: Sequence[Mask] = ()) -> tuple[MissedPart, ...]:
    """The parts of a lesion, grown by a rim without barriers, that lie outside a zone; the largest first."""
    grid = lesion.grid
    corner, shape = _box_around(lesion, rim_mm)
    here = lesion.part(corner, shape)
    grown = exact_distance_mm(here, grid.spacing_mm) <= rim_mm if rim_mm > 0 else here
    for barrier in barriers:
        grown &= ~mask_on(barrier, grid).part(corner, shape)
    covered = mask_on(zone, grid).part(corner, shape)
    parts, count = ndimage.label(grown & ~covered, np.ones((3, 3, 3)))
    if not count:
        return ()
    depth = np.asarray(surface_of(zone).signed_distance_mm(_centres(parts, corner, lesion)))
    number = parts[parts > 0]
    volumes = np.bincount(number, minlength=count + 1)[1:] * grid.voxel_ml
    places = np.argwhere(parts > 0)
    found = []
    for n in np.argsort(-volumes, kind="stable")[:_MOST_PARTS] + 1:
        mine = np.flatnonzero(number == n)
        deepest = mine[int(np.argmax(depth[mine]))]
        if volumes[n - 1] < _LEAST_PART_ML:
            continue
        x, y, z = (float(v) for v in grid.to_mm((places[deepest] + np.asarray(corner))[::-1]))
        found.append(MissedPart(float(volumes[n - 1]), (x, y, z), float(depth[deepest])))
    return tuple(found)


def _centres(parts: NDArray[np.int_], corner: tuple[int, int, int], lesion: Mask) -> Floats:
    return lesion.grid.to_mm((np.argwhere(parts > 0) + np.asarray(corner))[:, ::-1])


def _box_around(mask: Mask, room_mm: float) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    room = [int(np.ceil(room_mm / s)) + 1 for s in mask.grid.spacing_mm[::-1]]
    low = [max(c - n, 0) for c, n in zip(mask.corner, room, strict=True)]
    ends = zip(mask.corner, mask.voxels.shape, room, mask.grid.shape, strict=True)
    high = [min(c + size + n, most) for c, size, n, most in ends]
    shape = [b - a for a, b in zip(low, high, strict=True)]
    return (low[0], low[1], low[2]), (shape[0], shape[1], shape[2])


def _marked_at(mask: Mask, points: Floats) -> Marked:
    """Whether the voxel around each point is marked."""
    if mask.is_empty:
        return np.zeros(len(points), bool)
    ijk = np.rint(mask.grid.to_ijk(points)).astype(int) - np.asarray(mask.corner[::-1])
    size = np.asarray(mask.voxels.shape[::-1])
    inside = np.all((ijk >= 0) & (ijk < size), axis=1)
    i, j, k = np.clip(ijk, 0, size - 1).T
    return np.asarray(inside & mask.voxels[k, j, i])

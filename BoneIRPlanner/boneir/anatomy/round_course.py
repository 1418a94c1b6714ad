"""Follow a vessel through axial slices: the chain of round sections of even brightness, whatever contrast it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked
from .slice_chain import best_chain

Field = NDArray[np.float32]
Floats = NDArray[np.float64]

_DIRECTIONS = 24
_STEP_MM = 0.9
_POOL_MM = 4.0
"""The course is looked for in slices of about this thickness."""
_LOOK_MM, _BLUR_MM = 3.6, 1.8
"""In the slice it is looked for at places this far apart, and their scores are smoothed by this."""
_OPEN = 1.6
"""An edge farther away than this, in radii, is none of this section."""
_BEYOND_MM = 4.0
"""How far beyond where the edge begins its darkest or brightest end is looked for."""


@dataclass(frozen=True)
class RoundSearch:
    """Where a vessel is looked for and what it looks like.

    Parameters
    ----------
    ahead_mm, left_mm : tuple of float
        Least and greatest distance before the middle of the spinal canal, and to its left.
    radius_mm : tuple of float
        Least and greatest radius of its section.
    blood_hu : tuple of float
        Least and greatest mean CT number of its middle.
    step_hu : float
        How much darker or brighter than the middle the surrounding is at least.
    round_share : float
        Share of directions in which the edge lies at about the same distance.
    uneven : float
        How much that distance may differ from the middle one, as a share of it.
    widest : float
        How much wider than usual a section may be.
    price : float
        Price of running aside by as much as up, in shares of directions.
    """

    ahead_mm: tuple[float, float]
    left_mm: tuple[float, float]
    radius_mm: tuple[float, float]
    blood_hu: tuple[float, float]
    step_hu: float
    round_share: float
    uneven: float
    widest: float
    price: float


@dataclass(frozen=True, eq=False)
class RoundCourse:
    """A vessel through coarse slices.

    Parameters
    ----------
    slices : ndarray of int, shape (n,)
        Consecutive.
    centre : ndarray of float, shape (n, 2)
        Posterior and left coarse index of its middle.
    edge_mm : ndarray of float, shape (n, 24)
        Distance to its edge in even directions, the first to the left, the next ones turning to posterior.
    share : ndarray of float, shape (n,)
        Share of directions that agree on a round edge.
    open_share : float
        Share of all directions in which no edge lies near the others.
    """

    slices: NDArray[np.int64]
    centre: Floats
    edge_mm: Floats
    share: Floats
    open_share: float

    @property
    def confidence(self) -> float:
        """Mean share of directions that agree on a round edge, 0..1."""
        return float(self.share.mean())


def round_course(
    hu: Field, allowed: Marked, canal: Floats, search: RoundSearch, least_mm: float, gap_mm: float, frame: AxialFrame
) -> RoundCourse | None:
    """Find the vessel whose sections are roundest over the longest way.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU, lightly smoothed.
    allowed : ndarray of bool, shape (s, p, l)
        Where its middle may be.
    canal : ndarray of float, shape (s, 2)
        Middle of the spinal canal; NaN in slices that are not looked at.
    search : RoundSearch
    least_mm, gap_mm : float
        Least length that counts, and longest stretch that is bridged.
    frame : AxialFrame
    """
    pool = max(1, round(_POOL_MM / frame.coarse_spacing_mm[0]))
    count = len(hu) // pool
    pooled = hu[: count * pool].reshape(count, pool, *hu.shape[1:]).mean(axis=1)
    free = allowed[: count * pool].reshape(count, pool, *hu.shape[1:]).mean(axis=1) > 0.5
    middle = canal[: count * pool].reshape(count, pool, 2).mean(axis=1)
    points = _candidates(pooled, free, middle, search, frame)
    if len(points) == 0:
        return None
    rise, row, column = frame.coarse_spacing_mm
    stride = np.asarray([1, *(max(1, round(_LOOK_MM / step)) for step in (row, column))])
    points = points[(points % stride == 0).all(axis=1)]
    share, _ = _roundness(edge_distances(pooled, points.astype(float), search, frame), search)
    low, high = points.min(axis=0) // stride, points.max(axis=0) // stride + 1
    score = np.zeros(high - low, np.float32)
    score[tuple((points // stride - low).T)] = np.maximum(share - 0.5 * search.round_share, 0.0)
    steps_mm = (pool * rise, float(stride[1]) * row, float(stride[2]) * column)
    soft = np.asarray(ndimage.gaussian_filter(score, (0, _BLUR_MM / steps_mm[1], _BLUR_MM / steps_mm[2])), np.float32)
    chain = (_chain(soft, search.price, steps_mm) + low[1:]) * stride[1:]
    return _course(hu, chain, (int(low[0]), pool), search, least_mm, gap_mm, frame)


def edge_distances(hu: Field, points: Floats, search: RoundSearch, frame: AxialFrame) -> Floats:
    """Distance in mm from points (s, p, l) to the edge around them, in even directions.

    The edge begins where the CT number leaves that of the point by the step; it lies where it has gone half the way to
    what is beyond.

    Returns
    -------
    ndarray of float, shape (n, 24)
        The farthest distance looked at where there is no edge.
    """
    _, row, column = frame.coarse_spacing_mm
    angle = np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS)
    turn = np.stack([np.sin(angle) / row, np.cos(angle) / column])
    s = np.rint(points[:, 0]).astype(np.int64)
    even = ndimage.uniform_filter(hu, (0, 3, 3))
    middle = even[s, _near(points[:, 1], hu.shape[1]), _near(points[:, 2], hu.shape[2])][:, None]
    radii = np.arange(_STEP_MM, search.radius_mm[1] + 2 * _BEYOND_MM, _STEP_MM)
    away = np.empty((len(radii), len(points), _DIRECTIONS), np.float32)
    for n, radius in enumerate(radii):
        p = _near(points[:, 1, None] + radius * turn[0], hu.shape[1])
        left = _near(points[:, 2, None] + radius * turn[1], hu.shape[2])
        away[n] = np.abs(hu[s[:, None], p, left] - middle)
    step = np.maximum(search.step_hu, 0.25 * (middle - 40.0))
    begins = _first(away > step)
    index = np.arange(len(radii))[:, None, None]
    after = (index >= begins) & (index <= begins + round(_BEYOND_MM / _STEP_MM))
    half = np.maximum(0.5 * np.where(after, away, 0.0).max(axis=0), step)
    at = _first((away >= half) & (index >= begins))
    return np.asarray(_STEP_MM * (np.minimum(at, len(radii) - 1) + 0.5))


def _first(met: Marked) -> NDArray[np.int64]:
    """The first index along axis 0 that is met; the length of it where none is."""
    return np.asarray(np.where(met.any(axis=0), met.argmax(axis=0), len(met)))


def _near(index: Floats, count: int) -> NDArray[np.int64]:
    return np.asarray(np.clip(np.rint(index), 0, count - 1).astype(np.int64))


def _candidates(hu: Field, allowed: Marked, canal: Floats, search: RoundSearch, frame: AxialFrame) -> NDArray[np.int64]:
    """Every voxel (s, p, l) of the zone whose surrounding has the brightness of blood."""
    _, row, column = frame.coarse_spacing_mm
    even = ndimage.uniform_filter(hu, (0, 3, 3))
    found = []
    for s in np.flatnonzero(np.isfinite(canal[:, 0])):
        p0, p1 = (max(0, round(canal[s, 0] - ahead / row)) for ahead in search.ahead_mm[::-1])
        l0, l1 = (max(0, round(canal[s, 1] + left / column)) for left in search.left_mm)
        part = even[s, p0:p1, l0:l1]
        good = allowed[s, p0:p1, l0:l1] & (part > search.blood_hu[0]) & (part < search.blood_hu[1])
        spots = np.argwhere(good) + np.asarray([p0, l0])
        found.append(np.column_stack([np.full(len(spots), s), spots]))
    return np.concatenate(found)


def _roundness(edges: Floats, search: RoundSearch) -> tuple[Floats, Floats]:
    """Share of directions whose edge lies near the middle one, and that middle distance."""
    radius = np.median(edges, axis=1)
    tolerance = np.maximum(2.0, search.uneven * radius)
    share = (np.abs(edges - radius[:, None]) <= tolerance[:, None]).mean(axis=1)
    share[(radius < search.radius_mm[0]) | (radius > search.radius_mm[1])] = 0.0
    return share, radius


def _chain(score: Field, price: float, steps_mm: tuple[float, float, float]) -> NDArray[np.int64]:
    """One (p, l) index for each slice: the chain of largest sum of scores minus the price of moving sideways."""
    rise, row, column = steps_mm
    dp, dl = (max(1, int(np.ceil(1.0 * rise / step))) for step in (row, column))
    y, x = np.mgrid[-dp : dp + 1, -dl : dl + 1]
    cost = (-price * ((y * row) ** 2 + (x * column) ** 2) / rise**2).astype(np.float32)
    return best_chain(score, cost)


def _course(
    hu: Field,
    chain: NDArray[np.int64],
    start: tuple[int, int],
    search: RoundSearch,
    least_mm: float,
    gap_mm: float,
    frame: AxialFrame,
) -> RoundCourse | None:
    """The longest run of the chain that is round enough, if it is long enough."""
    rise = frame.coarse_spacing_mm[0]
    known = (start[0] + np.arange(len(chain))) * start[1] + 0.5 * (start[1] - 1)
    slices = np.arange(start[0] * start[1], (start[0] + len(chain)) * start[1])
    centre = np.column_stack([np.interp(slices, known, chain[:, n]) for n in (0, 1)])
    centre = np.asarray(ndimage.gaussian_filter1d(centre, _POOL_MM / rise, axis=0, mode="nearest"))
    for _ in range(2):
        centre = _recentred(hu, slices, centre, search, frame)
    edges = edge_distances(hu, np.column_stack([slices, centre]), search, frame)
    share, radius = _roundness(edges, search)
    if not (share >= search.round_share).any():
        return None
    # A vessel narrows downwards and hardly widens: wider sections have run into what lies beside it.
    typical = float(np.median(radius[share >= search.round_share]))
    good = np.flatnonzero((share >= search.round_share) & (radius <= search.widest * typical))
    runs = np.split(good, np.flatnonzero(np.diff(good) > max(1.0, gap_mm / rise)) + 1)
    run = max(runs, key=len)
    if len(run) * rise < least_mm:
        return None
    kept = slice(int(run[0]), int(run[-1]) + 1)
    usual = ndimage.median_filter(radius[kept], max(1, round(15.0 / rise)) | 1, mode="nearest")[:, None]
    usual = np.minimum(usual, search.widest * typical)
    held = np.where(np.abs(edges[kept] - usual) <= np.maximum(2.5, 0.3 * usual), edges[kept], usual)
    open_share = float((edges[kept] > _OPEN * radius[kept, None]).mean())
    return RoundCourse(slices[kept], centre[kept], held, share[kept], open_share)


def _recentred(hu: Field, slices: NDArray[np.int64], centre: Floats, search: RoundSearch, frame: AxialFrame) -> Floats:
    """Centres moved into the middle of the edges around them, smoothly along the course."""
    rise, row, column = frame.coarse_spacing_mm
    edges = edge_distances(hu, np.column_stack([slices, centre]), search, frame)
    held = np.minimum(edges, 1.3 * np.median(edges, axis=1, keepdims=True))
    angle = np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS)
    move = np.stack([held @ np.sin(angle) / row, held @ np.cos(angle) / column], axis=1) / _DIRECTIONS
    return np.asarray(centre + ndimage.gaussian_filter1d(move, _POOL_MM / rise, axis=0, mode="nearest"))


def fill_course(course: RoundCourse, shape: tuple[int, ...], frame: AxialFrame) -> Marked:
    """Mark the sections of a course on coarse voxels (s, p, l)."""
    _, row, column = frame.coarse_spacing_mm
    marked = np.zeros(shape, bool)
    directions = np.arange(_DIRECTIONS + 1)
    for s, (p, left), edge in zip(course.slices, course.centre, course.edge_mm, strict=True):
        reach = float(edge.max())
        p0, p1 = max(0, int(p - reach / row)), int(p + reach / row) + 2
        l0, l1 = max(0, int(left - reach / column)), int(left + reach / column) + 2
        part = marked[s, p0:p1, l0:l1]
        y = (np.arange(p0, p0 + part.shape[0])[:, None] - p) * row
        x = (np.arange(l0, l0 + part.shape[1])[None, :] - left) * column
        angle = np.mod(np.arctan2(y, x), 2 * np.pi) * (_DIRECTIONS / (2 * np.pi))
        part |= np.hypot(y, x) <= np.interp(angle, directions, np.append(edge, edge[0]))
    return marked

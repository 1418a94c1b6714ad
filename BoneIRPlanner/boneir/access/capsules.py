"""How near straight instruments come to each other, over their whole length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..findings import Point

Floats = NDArray[np.float64]

_PARALLEL = 1e-9
"""Squared sine below which two axes are parallel: their ends then say how near they are."""
_SAME_WAY_MM = 1.0
"""Two instruments whose ends lie so near one line go one after the other, through one hole."""


@dataclass(frozen=True)
class Capsule:
    """The room that a straight instrument takes up.

    Parameters
    ----------
    name : str
    start_mm, end_mm : Point
        LPS mm of the two ends of its axis: hub or entry, and tip.
    diameter_mm : float
    """

    name: str
    start_mm: Point
    end_mm: Point
    diameter_mm: float

    def gap_mm(self, other: Capsule) -> float:
        """Distance between the two surfaces; negative where they overlap."""
        apart = segment_distances(self.start_mm, self.end_mm, other.start_mm, other.end_mm)[0]
        return float(apart) - (self.diameter_mm + other.diameter_mm) / 2

    def shares_way_with(self, other: Capsule) -> bool:
        """Whether the shorter one lies on the line of the longer: as cement follows a probe through its cannula."""
        short, long = sorted((self, other), key=lambda item: float(np.linalg.norm(item._way)))
        way = long._way / max(float(np.linalg.norm(long._way)), 1e-9)
        offset = np.array([short.start_mm, short.end_mm]) - np.asarray(long.start_mm)
        across = offset - (offset @ way)[:, None] * way
        return bool((np.linalg.norm(across, axis=1) <= _SAME_WAY_MM).all())

    @property
    def _way(self) -> Floats:
        return np.asarray([end - start for start, end in zip(self.start_mm, self.end_mm, strict=True)])


def segment_distances(starts_mm: ArrayLike, ends_mm: ArrayLike, others_mm: ArrayLike, to_mm: ArrayLike) -> Floats:
    """Exact distance between straight segments, pair by pair.

    Two segments are nearest where an end of one is nearest to the other, or where their lines are nearest, if that is
    within both.

    Parameters
    ----------
    starts_mm, ends_mm, others_mm, to_mm : array, shapes that broadcast to (n, 3)
        Ends of the first and of the second segment of each pair.

    Returns
    -------
    ndarray, shape (n,)
    """
    a, b, c, d = (np.atleast_2d(np.asarray(v, float)) for v in (starts_mm, ends_mm, others_mm, to_mm))
    a, b, c, d = np.broadcast_arrays(a, b, c, d)
    ends = [_to_segment(p, *s) for p, s in ((a, (c, d)), (b, (c, d)), (c, (a, b)), (d, (a, b)))]
    return np.asarray(np.minimum(np.min(ends, axis=0), _between_lines(a, b, c, d)))


def _to_segment(point: Floats, start: Floats, end: Floats) -> Floats:
    way = end - start
    squared = np.maximum((way**2).sum(axis=-1), 1e-18)
    share = np.clip(((point - start) * way).sum(axis=-1) / squared, 0, 1)
    return np.asarray(np.linalg.norm(point - start - share[..., None] * way, axis=-1))


def _between_lines(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Distance of the two lines where the nearest places lie within both segments, elsewhere infinite."""
    u, v, w = b - a, d - c, c - a
    uu, vv, uv = ((x * y).sum(axis=-1) for x, y in ((u, u), (v, v), (u, v)))
    uw, vw = (u * w).sum(axis=-1), (v * w).sum(axis=-1)
    det = uu * vv - uv**2
    safe = np.where(det > _PARALLEL * uu * vv, det, 1.0)
    s, t = (uw * vv - vw * uv) / safe, (uw * uv - vw * uu) / safe
    gap = np.linalg.norm(w + t[..., None] * v - s[..., None] * u, axis=-1)
    within = (det > _PARALLEL * uu * vv) & (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
    return np.asarray(np.where(within, gap, np.inf))

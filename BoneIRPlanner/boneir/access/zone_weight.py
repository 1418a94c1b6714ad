"""How much of some weighted points lies in the zone of each of many needles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..image.distance import has_numba
from .needle import ZoneShape
from .rays import squared_length

Floats = NDArray[np.float64]

_TOGETHER_MM = 0.5
"""Zones whose middles lie so near each other are looked at together."""
_FEW = 256
_BLOCK = 1024
"""Needles that are looked at together where numba is missing, which bounds the memory."""


def weight_within(
    zone: ZoneShape, points_mm: Floats, weight: Floats, tips_mm: Floats, ways: Floats, *, compiled: bool | None = None
) -> Floats:
    """Total weight of the points in the zone of each needle.

    Most needles of a search hold the same target in the middle of their zones. What then lies nearer to it than the
    short half axis is in all of their zones, and what lies farther than the long one is in none: only the points
    between are asked, needle by needle.

    Parameters
    ----------
    zone : ZoneShape
    points_mm : ndarray, shape (p, 3)
    weight : ndarray, shape (p,)
    tips_mm, ways : ndarray, shape (n, 3)
        Tips in LPS mm and unit vectors from entry to tip.
    compiled : bool or None
        Whether to use the compiled kernel; None uses it for many needles where numba is installed.

    Returns
    -------
    ndarray, shape (n,)
    """
    total = np.zeros(len(tips_mm))
    if not len(points_mm) or not len(tips_mm):
        return total
    centres = tips_mm - zone.behind_tip_mm * ways
    middle = np.median(centres, axis=0)
    together = squared_length(centres - middle) <= _TOGETHER_MM**2
    away = np.linalg.norm(points_mm - middle, axis=1)
    short, long = sorted((zone.length_mm / 2, zone.width_mm / 2))
    always, never = away < short - _TOGETHER_MM - 1e-6, away > long + _TOGETHER_MM + 1e-6
    between = ~always & ~never
    # Waking threads takes longer than a few needles.
    use = has_numba() and len(tips_mm) > _FEW if compiled is None else compiled
    summed = _compiled if use else _numpy
    total[together] = float(weight[always].sum()) + summed(
        zone, points_mm[between], weight[between], tips_mm[together], ways[together]
    )
    total[~together] = summed(zone, points_mm, weight, tips_mm[~together], ways[~together])
    return total


def _numpy(zone: ZoneShape, points: Floats, weight: Floats, tips: Floats, ways: Floats) -> Floats:
    total = np.zeros(len(tips))
    for first in range(0, len(tips) if len(points) else 0, _BLOCK):
        block = slice(first, first + _BLOCK)
        total[block] = zone.contains(points, tips[block], ways[block]) @ weight
    return total


def _compiled(zone: ZoneShape, points: Floats, weight: Floats, tips: Floats, ways: Floats) -> Floats:
    from .zone_weight_numba import sum_within

    total = np.zeros(len(tips))
    half_length, half_width = zone.length_mm / 2, zone.width_mm / 2
    xs, ys, zs = np.ascontiguousarray(points.T)
    centres = tips - zone.behind_tip_mm * ways
    sum_within(xs, ys, zs, np.ascontiguousarray(weight), centres, ways, half_length, half_width, total)
    return total

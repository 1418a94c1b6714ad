"""Walking along many axes through a bone at once, and what screw each of them would hold.

From a place inside the bone an axis is walked back to where it enters and ahead to where it leaves. How thick a screw
may be is told by the places whose depth is not that of the entry itself: near a surface that is met at up to 60 degrees
the depth is at least half the way from there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..image.distance import has_numba
from .corridor_reach import SLACK_MM, SLANT, Reach, mouth_mm

Floats = NDArray[np.float64]


def walk(
    depth_mm: NDArray[np.float32], step_mm: float, centres: Floats, ways: Floats, reach: Reach, farthest_mm: float
) -> NDArray[np.float32]:
    """What every place and every direction give.

    Parameters
    ----------
    depth_mm : ndarray, shape (k, j, i)
        Of cubic voxels along L, P and S; outside bone 0, or -1 where no screw may come from.
    step_mm : float
        Their edge.
    centres : ndarray, shape (n, 3)
        Indices (i, j, k).
    ways : ndarray, shape (m, 3)
        Unit vectors from the entry to the tip.
    reach : Reach
    farthest_mm : float
        How far an axis is walked ahead.

    Returns
    -------
    ndarray of float32, shape (n, m, 3)
        Radius of the thickest screw, the way back to the entry and the way ahead to the exit, in mm; the radius is -1
        where the entry or the reach is wanting.
    """
    if not has_numba():
        return walk_numpy(depth_mm, step_mm, centres, ways, reach, farthest_mm)
    from .corridor_numba import walk_compiled

    return walk_compiled(depth_mm, step_mm, centres, ways, reach, farthest_mm)


def walk_numpy(
    depth_mm: NDArray[np.float32], step_mm: float, centres: Floats, ways: Floats, reach: Reach, farthest_mm: float
) -> NDArray[np.float32]:
    """`walk` in NumPy, one step of all axes at a time."""
    back, ahead = int(reach.back_mm / step_mm), int(farthest_mm / step_mm)
    out, mouth = np.full((len(centres), len(ways), 3), -1, np.float32), mouth_mm()
    for n, centre in enumerate(centres):
        behind = _along(depth_mm, centre, -ways, back + 1)
        before = _along(depth_mm, centre, ways, ahead)
        first, last = _run(behind), _run(before)
        stop = np.take_along_axis(behind, np.minimum(first, back + 1)[:, None], axis=1)[:, 0]
        enters = (first <= back) & (first > 0) & (stop >= 0)
        end = last - 1 if reach.through else np.full(len(ways), int(reach.ahead_mm / step_mm))
        leaves = np.take_along_axis(before, np.minimum(last, ahead)[:, None], axis=1)[:, 0]
        enough = (last <= ahead) & (leaves >= 0) if reach.through else last * step_mm >= reach.ahead_mm + reach.tip_mm
        enough &= (first + last) * step_mm >= reach.least_mm
        depth = np.concatenate([behind[:, :0:-1], before], axis=1)
        at = np.arange(-(back + 1), ahead + 1)[None]
        from_entry = (at + first[:, None]) * step_mm
        to_exit = (last[:, None] - at) * step_mm
        wanted = (at >= 1 - first[:, None]) & (at <= end[:, None])
        wanted &= (depth < (from_entry - SLACK_MM) / SLANT) | (from_entry > mouth)
        if reach.through:
            wanted &= (depth < (to_exit - SLACK_MM) / SLANT) | (to_exit > mouth)
        radius = np.where(wanted, depth, np.inf).min(axis=1)
        radius = np.minimum(radius, depth_mm.max())
        good = enters & enough
        out[n, good] = np.stack([radius, first * step_mm, last * step_mm], axis=1)[good]
    return out


def _along(depth_mm: NDArray[np.float32], centre: Floats, ways: Floats, steps: int) -> NDArray[np.float32]:
    """Depth at the voxels nearest to every step from 0 to `steps`, shape (m, steps + 1); 0 outside the grid."""
    at = np.floor(centre + np.arange(steps + 1)[None, :, None] * ways[:, None] + 0.5).astype(np.int64)
    inside = np.asarray(((at >= 0) & (at < np.asarray(depth_mm.shape[::-1]))).all(axis=2))
    i, j, k = np.where(inside[..., None], at, 0).transpose(2, 0, 1)
    return np.where(inside, depth_mm[k, j, i], np.float32(0))


def _run(depth: NDArray[np.float32]) -> NDArray[np.int64]:
    """The first step that lies outside; one more than there are where none does."""
    outside = depth <= 0
    return np.asarray(np.where(outside.any(axis=1), outside.argmax(axis=1), depth.shape[1]))

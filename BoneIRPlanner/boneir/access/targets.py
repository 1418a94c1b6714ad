"""What a needle aims at: points within the lesion, and the share of lesion and margin that its zone covers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Lesion, Role
from ..image.distance import exact_distance_mm
from ..mask import Mask
from .needle import ZoneShape
from .region import marked_at

_MOST_WANTED = 600
"""Points by which lesion and margin are represented; a share is then known to about one percent."""


def target_points(lesion: Mask, count: int, depth_share: float = 0.5) -> NDArray[np.float64]:
    """Points to aim at: the one in the lesion nearest to its centroid, then those in its core farthest from all before.

    The core is what lies at least `depth_share` times as deep as the deepest point, so that no aim is at the very edge.

    Parameters
    ----------
    lesion : Mask
        Not empty.
    count : int
        How many at most.
    depth_share : float
        0 takes the whole lesion for its core.

    Returns
    -------
    ndarray, shape (m, 3)
        LPS mm, ``1 <= m <= count``.
    """
    padded = np.pad(lesion.voxels, 1)
    depth = exact_distance_mm(~padded, lesion.grid.spacing_mm)[1:-1, 1:-1, 1:-1]
    core = Mask.within(lesion.voxels & (depth >= depth.max() * depth_share), lesion.corner, lesion.grid).points_mm()
    whole = lesion.points_mm()
    chosen = [whole[np.argmin(np.linalg.norm(whole - whole.mean(axis=0), axis=1))]]
    apart = np.linalg.norm(core - chosen[0], axis=1)
    while len(chosen) < count and apart.max() > 2 * max(lesion.grid.spacing_mm):
        chosen.append(core[np.argmax(apart)])
        apart = np.minimum(apart, np.linalg.norm(core - chosen[-1], axis=1))
    return np.array(chosen)


def wanted_points(case: Case, lesion: Lesion, margin_mm: float) -> NDArray[np.float64]:
    """Points that stand for the lesion and the margin around it, evenly spread, shape (p, 3).

    The margin ends at the skin and at critical structures, which are never to be treated; the lesion does not.
    """
    from scipy.spatial import cKDTree

    voxels = lesion.mask.points_mm()
    low, high = voxels.min(axis=0) - margin_mm, voxels.max(axis=0) + margin_mm
    volume = float(np.prod(np.maximum(high - low, 1.0)))
    step = max(volume / (2 * _MOST_WANTED), 0.1) ** (1 / 3)
    axes = [np.arange(a + step / 2, b + step / 2, step) for a, b in zip(low, high, strict=True)]
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    half = min(lesion.mask.grid.spacing_mm) / 2
    near = lattice[cKDTree(voxels).query(lattice)[0] <= margin_mm + half]
    in_lesion = marked_at(lesion.mask, near)
    barred = ~np.any([marked_at(s.mask, near) for s in case.of_role(Role.BODY)] or [np.ones(len(near), bool)], axis=0)
    for item in case.of_role(Role.CRITICAL):
        barred |= marked_at(item.mask, near)
    kept = near[in_lesion | ~barred]
    return kept if len(kept) else voxels


def covered_share(
    zone: ZoneShape, wanted_mm: NDArray[np.float64], tips_mm: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share of the wanted points that lies in the zone of each needle, shape (n,)."""
    share = np.empty(len(tips_mm))
    for first in range(0, len(tips_mm), 2048):
        block = slice(first, first + 2048)
        share[block] = zone.contains(wanted_mm, tips_mm[block], directions[block]).mean(axis=1)
    return share


def smallest_covering(
    zones: Sequence[ZoneShape], wanted_mm: NDArray[np.float64], centre_mm: NDArray[np.float64], enough: float
) -> ZoneShape:
    """The smallest zone that covers enough from an average direction; where none does, the one that covers most.

    Parameters
    ----------
    zones : sequence of ZoneShape
        Not empty.
    wanted_mm : ndarray, shape (p, 3)
    centre_mm : ndarray, shape (3,)
        Where the centre of the zone would be.
    enough : float
        Share, 0..1.
    """
    ways = np.array([(1, 0, 0), (0, 1, 0), (0, 1, 1), (1, 1, 0), (-1, 1, 0), (0, 1, -1)], float)
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    shares = [
        float(covered_share(zone, wanted_mm, centre_mm + zone.behind_tip_mm * ways, ways).mean()) for zone in zones
    ]
    by_size = sorted(range(len(zones)), key=lambda n: zones[n].length_mm * zones[n].width_mm ** 2)
    for n in by_size:
        if shares[n] >= enough:
            return zones[n]
    return zones[max(by_size, key=lambda n: shares[n])]

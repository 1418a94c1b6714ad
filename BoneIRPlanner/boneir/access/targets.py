"""What a needle aims at: points within the lesion, and the share of lesion and margin that its zone covers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Lesion, Role
from ..mask import Mask
from .limits import Limits
from .needle import ZoneShape
from .region import marked_at
from .zone_weight import weight_within

_MOST_WANTED = 600
"""Points by which lesion and margin are represented; a share is then known to about one percent."""

_MOST_NEIGHBOURS = 12_000
"""Points of the lattice around a lesion of which those in critical structures are kept: about 3 mm apart."""


def target_points(lesion: Mask, count: int, spread: float = 0.5) -> NDArray[np.float64]:
    """Points to aim at: the middle of the lesion, and points on the way from there to its farthest ends.

    Parameters
    ----------
    lesion : Mask
        Not empty.
    count : int
        How many at most.
    spread : float
        Share of the way to the ends: 0.5 keeps off the edge, where an outline is least sure; 1 goes up to it.

    Returns
    -------
    ndarray, shape (m, 3)
        LPS mm of voxels of the lesion, ``1 <= m <= count``; the first is the one nearest to the centroid.
    """
    voxels = lesion.points_mm()

    def nearest(point: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(voxels[np.argmin(np.linalg.norm(voxels - point, axis=1))])

    middle = nearest(voxels.mean(axis=0))
    chosen, apart = [middle], np.linalg.norm(voxels - middle, axis=1)
    while len(chosen) < count and spread * apart.max() > max(lesion.grid.spacing_mm):
        end = voxels[np.argmax(apart)]
        chosen.append(nearest(middle + spread * (end - middle)))
        apart = np.minimum(apart, np.linalg.norm(voxels - end, axis=1))
    return np.array(chosen)


def roomiest_points(
    lesion: Mask, room_of: Callable[[NDArray[np.float64]], NDArray[np.float64]], count: int
) -> NDArray[np.float64]:
    """Points of a lesion that lie farthest from what must not be touched, one after the other, apart from each other.

    Where the middle of a lesion cannot be reached, a part of it often can: its side away from the canal, for instance.

    Parameters
    ----------
    lesion : Mask
        Not empty.
    room_of : callable
        Room at LPS points (n, 3), in mm.
    count : int
        How many at most.

    Returns
    -------
    ndarray, shape (m, 3)
        LPS mm of voxels of the lesion, ``1 <= m <= count``, the roomiest first.
    """
    voxels = lesion.points_mm()
    room = room_of(voxels)
    apart_mm = max(1.5 * max(lesion.grid.spacing_mm), float(np.cbrt(lesion.volume_ml * 1000 / count)))
    chosen: list[NDArray[np.float64]] = []
    for n in np.argsort(-room, kind="stable"):
        if all(np.linalg.norm(voxels[n] - point) >= apart_mm for point in chosen):
            chosen.append(voxels[n])
            if len(chosen) == count:
                break
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
    even = np.full(len(wanted_mm), 1 / max(len(wanted_mm), 1))
    return np.asarray(np.round(weight_within(zone, wanted_mm, even, tips_mm, directions), 12))


@dataclass(frozen=True, eq=False)
class Neighbours:
    """What lies around a lesion and must not be treated, as points of equal volume.

    Parameters
    ----------
    points_mm : ndarray, shape (p, 3)
        LPS mm.
    weight_ml : ndarray, shape (p,)
        Volume that each point stands for, times the severity of its structure.
    """

    points_mm: NDArray[np.float64]
    weight_ml: NDArray[np.float64]


def neighbours_of(case: Case, lesion: Lesion, reach_mm: float, limits: Limits) -> Neighbours:
    """The critical structures within reach of a lesion's box; the lesion itself is left out, whatever it lies in."""
    points = lesion.mask.points_mm()
    low, high = points.min(axis=0) - reach_mm, points.max(axis=0) + reach_mm
    step = max(float(np.prod(high - low)) / _MOST_NEIGHBOURS, 1.0) ** (1 / 3)
    axes = [np.arange(a + step / 2, b + step / 2, step) for a, b in zip(low, high, strict=True)]
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    severity = np.zeros(len(lattice))
    for item in case.of_role(Role.CRITICAL):
        severity = np.maximum(severity, limits.severity_of(item).amount * marked_at(item.mask, lattice))
    severity[marked_at(lesion.mask, lattice)] = 0.0
    kept = severity > 0
    return Neighbours(lattice[kept], severity[kept] * step**3 / 1000)


def harmed_ml(
    zone: ZoneShape, neighbours: Neighbours, tips_mm: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Severity-weighted mL of what must not be treated that lies in the zone of each needle, shape (n,)."""
    return weight_within(zone, neighbours.points_mm, neighbours.weight_ml, tips_mm, directions)


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

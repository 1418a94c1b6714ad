"""How cement spreads from the tips of cannulas: a front that reaches every voxel at a volume of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from ..findings import Point
from ..grid import Grid
from ..image.distance import has_numba
from ..image.resample import mask_on
from ..mask import Mask
from .medium import FillingMedium

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]
Index = tuple[int, int, int]

_STRAIGHT_VOXELS = 5.0
"""So near a tip the front takes the straight way, where bone is alike; differences on the grid are coarsest there."""
_ALIKE = 2.0
"""Bone is alike along a way on which the slowest part is slower than the quickest by less than this factor."""
_SAMPLES = 10


@dataclass(frozen=True, eq=False)
class Filling:
    """Which voxel is filled when.

    Parameters
    ----------
    medium : FillingMedium
    tips_mm : tuple of Point
    at_ml : ndarray of float, shape (k, j, i)
        Volume injected through all cannulas together when a voxel is full; infinite where no cement comes.
    arrival : ndarray of float, shape (k, j, i)
        Time of the first front at a voxel, as mm in void; infinite where none comes.
    """

    medium: FillingMedium
    tips_mm: tuple[Point, ...]
    at_ml: Floats
    arrival: Floats

    @cached_property
    def most_ml(self) -> float:
        """The largest volume up to which the filling is known."""
        known = self.at_ml[np.isfinite(self.at_ml)]
        return float(known.max()) if known.size else 0.0

    def shares(self, volume_ml: float) -> Floats:
        """What part of its capacity each voxel has taken up after a volume; the sum is that volume exactly."""
        room = self.medium.capacity_ml
        with np.errstate(invalid="ignore", divide="ignore"):
            part = (volume_ml - (self.at_ml - room)) / room
        return np.clip(np.where(np.isfinite(self.at_ml) & (room > 0), part, 0.0), 0.0, 1.0)

    def shape(self, volume_ml: float) -> Marked:
        """The voxels that are full after a volume."""
        return np.asarray(self.at_ml <= volume_ml + 1e-9)

    def shape_on(self, grid: Grid, volume_ml: float) -> Mask:
        """The shape after a volume on another grid, such as that of the planning image."""
        return mask_on(Mask.of(self.shares(volume_ml) >= 0.5, self.medium.grid), grid)

    def reached_ml(self, part: Marked) -> float:
        """Volume at which the front comes to a part; infinite where it does not."""
        return float(np.min(self.at_ml - self.medium.capacity_ml, where=part, initial=np.inf))

    def filled_share(self, part: Marked, volume_ml: float) -> float:
        """Share of what a part can take up that is filled after a volume."""
        room = self.medium.capacity_ml[part]
        total = float(room.sum())
        return float((self.shares(volume_ml)[part] * room).sum()) / total if total > 0 else 0.0

    def way_to(self, place: Index) -> list[Index]:
        """The way of the front to a voxel, from the tip on: the earliest neighbour of each is its parent."""
        way = [place]
        while True:
            here = way[-1]
            near = [(here[0] + a, here[1] + b, here[2] + c) for a, b, c in _NEIGHBOURS]
            inside = [p for p in near if all(0 <= v < n for v, n in zip(p, self.arrival.shape, strict=True))]
            parent = min(inside, key=lambda p: float(self.arrival[p]))
            if not self.arrival[parent] < self.arrival[here]:
                return way[::-1]
            way.append(parent)


_NEIGHBOURS = [(a, b, c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1) if (a, b, c) != (0, 0, 0)]


def fill(
    medium: FillingMedium,
    tips_mm: Sequence[Point],
    volumes_ml: Sequence[float] | None = None,
    *,
    until_ml: float = np.inf,
    kernels: ModuleType | None = None,
) -> Filling:
    """Let cement spread from one or several tips.

    The front from each tip follows the anisotropic eikonal equation. Cannulas inject one and the same rate until each
    has given its volume; where fronts meet, what was there before is pushed ahead: no voxel is filled twice, and the
    volume is conserved.

    Parameters
    ----------
    medium : FillingMedium
    tips_mm : sequence of Point
        LPS mm.
    volumes_ml : sequence of float or None
        Volume through each cannula; None goes on through all of them.
    until_ml : float
        Largest volume that is of interest, of all cannulas together.
    kernels : module or None
        `front_numpy` or `front_numba`; None takes the faster one that is there.

    Returns
    -------
    Filling

    Raises
    ------
    PlanError
        If there is no tip, or not one volume for each.
    OutlineError
        If a tip is not in the bone.
    """
    if not tips_mm or (volumes_ml is not None and len(volumes_ml) != len(tips_mm)):
        raise PlanError(f"{len(tips_mm)} tips and {volumes_ml} mL: filling needs a tip, and one volume for each.")
    arrivals = [arrival_from(medium, [tip], until_ml=until_ml, kernels=kernels) for tip in tips_mm]
    first = np.min(arrivals, axis=0)
    amounts = [np.inf] * len(tips_mm) if volumes_ml is None else list(volumes_ml)
    at_ml = _alone(medium, arrivals[0], amounts[0]) if len(arrivals) == 1 else _together(medium, arrivals, amounts)
    return Filling(medium, tuple(tips_mm), at_ml, first)


def arrival_from(
    medium: FillingMedium,
    points_mm: Sequence[Point],
    *,
    part: Marked | None = None,
    until_ml: float = np.inf,
    kernels: ModuleType | None = None,
) -> Floats:
    """When a front from points, or from a part of the bone, arrives at every voxel; in mm of void.

    Parameters
    ----------
    medium : FillingMedium
    points_mm : sequence of Point
    part : ndarray of bool or None, shape (k, j, i)
        Voxels that the front starts from as well.
    until_ml : float
        It ends when as much has been filled.
    kernels : module or None

    Raises
    ------
    OutlineError
        If a point is not in the bone.
    """
    paces = tuple(_pace(speed, medium.step_mm) for speed in medium.speeds())
    start = np.full(medium.speed.shape, np.inf)
    if part is not None:
        start[part & medium.bone] = 0.0
    for point in points_mm:
        _start_around(medium, point, paces, start)
    chosen = kernels or fastest_kernels()
    found: Floats = chosen.march(paces, start, medium.capacity_ml, until_ml)
    return found


def fastest_kernels() -> ModuleType:
    """The compiled kernels where numba is installed, those in NumPy otherwise."""
    if has_numba():
        from . import front_numba

        return front_numba
    from . import front_numpy

    return front_numpy


def _pace(speed: Floats, step_mm: float) -> Floats:
    pace = np.full(speed.shape, np.inf)
    np.divide(step_mm, speed, out=pace, where=speed > 0)
    return pace


def _start_around(medium: FillingMedium, point: Point, paces: Sequence[Floats], start: Floats) -> None:
    """Arrivals along the straight way from a tip to the voxels next to it; exact where these are alike."""
    centre = medium.grid.to_ijk(point)[::-1]
    middle = np.asarray(medium.voxel_of(point))
    reach = int(_STRAIGHT_VOXELS)
    offsets = np.indices((2 * reach + 1,) * 3).reshape(3, -1).T - reach
    near = middle + offsets
    inside = np.all((near >= 0) & (near < np.asarray(start.shape)), axis=1)
    near = near[inside & (np.linalg.norm(near - centre, axis=1) <= _STRAIGHT_VOXELS)]
    near = np.unique(np.concatenate([near, middle[None]]), axis=0)
    way = near - centre
    time, slowest, quickest = np.zeros(len(near)), np.zeros(len(near)), np.full(len(near), np.inf)
    for share in (np.arange(_SAMPLES) + 0.5) / _SAMPLES:
        at = tuple(np.clip(np.rint(centre + share * way).astype(int), 0, np.asarray(start.shape) - 1).T)
        pace = np.stack([item[at] for item in paces], axis=1)
        with np.errstate(invalid="ignore"):
            time += np.sqrt(np.where(way == 0, 0.0, (way * pace) ** 2).sum(axis=1)) / _SAMPLES
        slowest, quickest = np.maximum(slowest, pace.max(axis=1)), np.minimum(quickest, pace.max(axis=1))
    is_tip = np.all(near == middle, axis=1)
    known = is_tip | (slowest <= _ALIKE * quickest)
    time[is_tip & ~np.isfinite(time)] = 0.0
    voxels = tuple(near[known].T)
    start[voxels] = np.where(medium.bone[voxels], np.minimum(start[voxels], time[known]), np.inf)


def _alone(medium: FillingMedium, arrival: Floats, volume_ml: float) -> Floats:
    """Voxels in the order of their arrival, each with all that was filled up to it."""
    order = np.argsort(arrival, axis=None, kind="stable")
    order = order[np.isfinite(arrival.ravel()[order])]
    total = np.cumsum(medium.capacity_ml.ravel()[order])
    before = np.concatenate([[0.0], total[:-1]])
    at_ml = np.full(arrival.size, np.inf)
    kept = before < volume_ml
    at_ml[order[kept]] = total[kept]
    return at_ml.reshape(arrival.shape)


def _together(medium: FillingMedium, arrivals: Sequence[Floats], volumes_ml: Sequence[float]) -> Floats:
    """Voxel by voxel, whichever cannula has given least takes its next free one."""
    room = medium.capacity_ml.ravel()
    queues = []
    for arrival in arrivals:
        order = np.argsort(arrival, axis=None, kind="stable")
        queues.append(order[np.isfinite(arrival.ravel()[order])].tolist())
    at_ml = np.full(room.size, np.inf)
    given, next_of = [0.0] * len(queues), [0] * len(queues)
    going, total = set(range(len(queues))), 0.0
    while going:
        who = min(going, key=lambda n: (given[n], n))
        queue, here = queues[who], next_of[who]
        while here < len(queue) and at_ml[queue[here]] < np.inf:
            here += 1
        next_of[who] = here + 1
        if here >= len(queue) or given[who] >= volumes_ml[who]:
            going.discard(who)
            continue
        taken = float(room[queue[here]])
        given[who] += taken
        total += taken
        at_ml[queue[here]] = total
    return at_ml.reshape(arrivals[0].shape)

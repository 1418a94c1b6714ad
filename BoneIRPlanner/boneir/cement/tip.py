"""Where to put the tip of a cannula so that cement fills the lesion before it reaches the first dangerous port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import OutlineError
from ..findings import Point
from .front import Filling, arrival_from, fill
from .leaks import ReachedPort, SafeVolume, ports_reached, safe_volume
from .limits import leak
from .medium import FillingMedium
from .ports import Port, PortKind

Marked = NDArray[np.bool_]

CANDIDATES = 6
"""Places whose filling is computed; they are the farthest from all ports along the ways of cement."""
_APART_MM = 4.0


@dataclass(frozen=True, eq=False)
class TipAdvice:
    """A place for the tip.

    Parameters
    ----------
    tip_mm : Point
        LPS mm.
    safe : SafeVolume
        From there.
    first : ReachedPort or None
        The first dangerous port; None where there is none.
    covers : float
        Share of what the lesion can take up that is filled at the safe volume, or at the volume asked for where that
        is less.
    from_posterior_mm : float
        Distance to the posterior wall of the body; NaN where there is none.
    """

    tip_mm: Point
    safe: SafeVolume
    first: ReachedPort | None
    covers: float
    from_posterior_mm: float


def advise_tip(
    medium: FillingMedium,
    ports: Sequence[Port],
    volume_ml: float,
    *,
    posterior: Marked | None = None,
    among: Marked | None = None,
) -> tuple[TipAdvice, ...]:
    """Places for the tip in the lesion, the best first.

    The farther a place is from every dangerous port along the ways that cement takes, the later it gets there. Of the
    farthest places, well apart from each other, fillings are computed: what counts is the share of the lesion that is
    filled before the first dangerous port, and then the volume until there.

    Parameters
    ----------
    medium : FillingMedium
    ports : sequence of Port
    volume_ml : float
        Volume that shall be injected.
    posterior : ndarray of bool or None, shape (k, j, i)
        Voxels of the posterior wall; tips keep away from it where there is room.
    among : ndarray of bool or None, shape (k, j, i)
        Voxels in which the tip may lie; None allows the whole lesion.

    Returns
    -------
    tuple of TipAdvice

    Raises
    ------
    OutlineError
        If no voxel of the lesion can hold a tip.
    """
    room = (medium.lesion if among is None else among) & (medium.speed >= 0.01)
    if not room.any():
        raise OutlineError("No part of the lesion lets cement in: there is no place for the tip.")
    away = _away_mm(medium, posterior)
    wanted = leak("tip_from_posterior_mm")
    far = room & (away >= wanted)
    room = far if far.any() else room & (away >= 0.8 * float(away[room].max()))
    dangerous = [port for port in ports if port.is_dangerous]
    worth = _worth(medium, dangerous, room)
    found = []
    for k, j, i in _best_apart(worth, room, _APART_MM / medium.step_mm):
        x, y, z = (float(v) for v in medium.grid.to_mm((i, j, k)))
        filling = fill(medium, [(x, y, z)])
        found.append(_advice(filling, ports, volume_ml, float(away[k, j, i])))
    return tuple(sorted(found, key=lambda item: (-round(item.covers, 2), -min(item.safe.volume_ml, 1e9))))


def _away_mm(medium: FillingMedium, posterior: Marked | None) -> NDArray[np.float64]:
    if posterior is None or not posterior.any():
        return np.full(medium.speed.shape, np.nan_to_num(np.inf))
    return np.asarray(ndimage.distance_transform_edt(~posterior) * medium.step_mm)


def _worth(medium: FillingMedium, dangerous: Sequence[Port], room: Marked) -> NDArray[np.float64]:
    """How far each voxel is from the nearest dangerous port, as cement goes; less where bone around is dense.

    The way from a port to a voxel is as long as the way back, so one front from all ports tells it for every voxel.
    """
    middle = np.argwhere(room).mean(axis=0)
    grids = np.indices(room.shape).reshape(3, -1).T
    to_middle = np.linalg.norm(grids - middle, axis=1).reshape(room.shape) * medium.step_mm
    if not dangerous:
        return np.asarray(-to_middle)
    openings = np.any([port.opening for port in dangerous], axis=0)
    arrival = arrival_from(medium, (), part=openings)
    arrival = np.where(np.isfinite(arrival), arrival, 0.0)
    # Of places that are as far, the one in the middle of the lesion.
    return np.asarray(arrival - 0.1 * to_middle)


def _best_apart(worth: NDArray[np.float64], room: Marked, apart: float) -> list[tuple[int, int, int]]:
    voxels = np.argwhere(room)
    voxels = voxels[np.argsort(-worth[tuple(voxels.T)], kind="stable")]
    kept: list[NDArray[np.int64]] = []
    for voxel in voxels:
        if all(float(np.linalg.norm(voxel - other)) >= apart for other in kept):
            kept.append(voxel)
            if len(kept) == CANDIDATES:
                break
    return [(int(k), int(j), int(i)) for k, j, i in kept]


def _advice(filling: Filling, ports: Sequence[Port], volume_ml: float, away_mm: float) -> TipAdvice:
    reached = ports_reached(filling, ports)
    safe = safe_volume(reached)
    first = next((item for item in reached if item.port.is_dangerous and np.isfinite(item.at_ml)), None)
    covers = filling.filled_share(filling.medium.lesion, min(volume_ml, safe.volume_ml))
    return TipAdvice(filling.tips_mm[0], safe, first, covers, away_mm)


def posterior_wall(medium: FillingMedium, ports: Sequence[Port]) -> Marked:
    """Voxels through which cement leaves to the canal; empty where no such port is known."""
    openings = [port.opening for port in ports if port.kind in (PortKind.POSTERIOR, PortKind.BASIVERTEBRAL)]
    return np.asarray(np.any(openings, axis=0)) if openings else np.zeros(medium.bone.shape, bool)

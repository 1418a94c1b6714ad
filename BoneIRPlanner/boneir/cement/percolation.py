"""The worst that cement may do: it takes whichever way is easiest, as a thin fluid does that does not push as a front.

Invasion percolation is a law of capillary flow (Wilkinson and Willemsen, J Phys A 1983;16:3365-3376). Cement is far too
viscous for it, so it is a stress on the plan and not what is expected.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from ..findings import Point
from ..resources import limit
from .front import Filling
from .medium import FillingMedium

Floats = NDArray[np.float64]


def percolate(medium: FillingMedium, tips_mm: Sequence[Point], volume_ml: float, seed: int = 0) -> Filling:
    """Let cement invade, voxel by voxel, always the easiest one that it touches.

    The resistance of a voxel is one over its speed, times a draw of its own with the measured spread of permeability.

    Parameters
    ----------
    medium : FillingMedium
    tips_mm : sequence of Point
    volume_ml : float
        Where it ends.
    seed : int

    Returns
    -------
    Filling
        Arrivals are the volumes at which voxels are invaded.

    Raises
    ------
    PlanError
        If there is no tip.
    OutlineError
        If a tip is not in the bone.
    """
    if not tips_mm:
        raise PlanError("There is no tip: cement needs one to come from.")
    spread = float(np.sqrt(np.log1p(limit("filling", "permeability_variation").amount ** 2)))
    draw = np.exp(spread * np.random.default_rng(seed).standard_normal(medium.speed.shape))
    with np.errstate(divide="ignore"):
        resistance = (draw / medium.speed).ravel()
    room = medium.capacity_ml.ravel()
    shape = medium.speed.shape
    strides = (shape[1] * shape[2], shape[2], 1)
    at_ml, arrival = np.full(room.size, np.inf), np.full(room.size, np.inf)
    heap = [(0.0, int(np.ravel_multi_index(medium.voxel_of(tip), shape))) for tip in tips_mm]
    heapq.heapify(heap)
    seen = {at for _, at in heap}
    total = 0.0
    while heap and total < volume_ml:
        _, at = heapq.heappop(heap)
        total += float(room[at])
        at_ml[at] = arrival[at] = total
        # The bone never touches the border of its grid, so that every voxel of it has six neighbours.
        for stride in strides:
            for other in (at - stride, at + stride):
                if other not in seen and resistance[other] < np.inf:
                    seen.add(other)
                    heapq.heappush(heap, (float(resistance[other]), other))
    return Filling(medium, tuple(tips_mm), at_ml.reshape(shape), arrival.reshape(shape))

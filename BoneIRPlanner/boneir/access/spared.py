"""Which of very many paths meet nothing that refuses them: walked outward from the target, up to the first refusal.

Most paths of a search are refused within a few steps of the lesion. Where nobody asks what refuses them and by how
much, the rest of their way need not be looked at. What is left is walked in full by `rays.walk_paths`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..image.distance import has_numba
from .field import PlanningField, Tissue
from .limits import Limits
from .needle import Needle
from .rays import BINS, FIXED, SKIN_STEPS, needed_room, steps_of

SCALE = 1 << FIXED
_ANYWHERE = 1 << 20
"""More steps than any path has."""


def spared_paths(
    field: PlanningField,
    entries_mm: NDArray[np.float64],
    tips_mm: NDArray[np.float64],
    needle: Needle,
    limits: Limits,
    *,
    air_allowed: bool = False,
    compiled: bool | None = None,
) -> NDArray[np.bool_]:
    """Whether each path keeps its clearances, stays in the body and out of the canal.

    Parameters
    ----------
    field : PlanningField
    entries_mm, tips_mm : ndarray, shape (n, 3)
        LPS mm, within the region of the field.
    needle : Needle
    limits : Limits
    air_allowed : bool
        Whether a path may leave the body.
    compiled : bool or None
        As in `walk_paths`.

    Returns
    -------
    ndarray of bool, shape (n,)
        True exactly where `walk_paths` finds no missing room, no canal and no air (where that is not allowed).
    """
    top = np.asarray(field.grid.shape[::-1]) - 1
    first, last = (np.clip(field.grid.to_ijk(points), 0, top) for points in (tips_mm, entries_mm))
    steps = steps_of(entries_mm, tips_mm)
    stride = np.rint((last - first) * (SCALE / steps)[:, None]).astype(np.int32)
    start = np.rint(first * SCALE).astype(np.int32) + (SCALE >> 1)
    needed, at_skin = needed_room(needle, limits), _ANYWHERE if air_allowed else SKIN_STEPS
    if has_numba() if compiled is None else compiled:
        from .spared_numba import spared_compiled

        return spared_compiled(field.packed, field.open_blocks, start, stride, steps, needed, at_skin)
    return spared_numpy(field.packed, start, stride, steps, needed, at_skin)


def spared_numpy(
    packed: NDArray[np.uint16],
    start: NDArray[np.int32],
    stride: NDArray[np.int32],
    steps: NDArray[np.int32],
    needed: NDArray[np.int32],
    at_skin: int,
) -> NDArray[np.bool_]:
    """The twin of the compiled kernel: all paths take one step together, and those that are refused drop out."""
    spared = np.ones(len(steps), bool)
    rising = (BINS << FIXED) // steps
    left = np.arange(len(steps))
    step = 0
    while left.size:
        i, j, k = ((start[left] + step * stride[left]) >> FIXED).T
        word = packed[k, j, i].astype(np.int32)
        tissue = word & 0xFF
        refused = (word >> 8) < needed[(step * rising[left]) >> FIXED]
        refused |= (tissue == Tissue.CANAL) | ((tissue == Tissue.AIR) & (step <= steps[left] - at_skin))
        spared[left[refused]] = False
        step += 1
        left = left[~refused & (step <= steps[left])]
    return spared

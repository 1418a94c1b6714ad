"""The box of voxels that is solved: it follows what has changed."""

from __future__ import annotations

from contextvars import ContextVar

import numpy as np
from numpy.typing import NDArray

from .heat_steps import Box, Field

GROW_VOXELS = 8
"""How far the solved part reaches beyond tissue that changed."""

_OUTER = 3
"""So many outer layers are looked at."""


FEW_VOXELS = 300_000
"""Fewer voxels than this are solved by one thread: they fit into the cache, and a busy core would hold up the other."""


BESIDE_OTHERS: ContextVar[bool] = ContextVar("beside_others", default=False)
"""Whether other runs go on in other threads: then each keeps to its own."""


def is_small(box: Box) -> bool:
    """Whether one thread solves the box: waiting for each other would cost more than it saves."""
    k0, k1, j0, j1, i0, i1 = box
    return BESIDE_OTHERS.get() or (k1 - k0) * (j1 - j0) * (i1 - i0) <= FEW_VOXELS


def box_around(marked: NDArray[np.bool_], whole: Box, beyond: int = GROW_VOXELS) -> Box:
    """The box around marked voxels and some voxels beyond, in indices with the rim of one voxel."""
    edges = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        hits = np.flatnonzero(marked.any(axis=others))
        low = int(hits[0]) + 1 - beyond if hits.size else 1
        high = int(hits[-1]) + 2 + beyond if hits.size else 2
        edges += [max(low, whole[2 * axis]), min(high, whole[2 * axis + 1])]
    return edges[0], edges[1], edges[2], edges[3], edges[4], edges[5]


def grown_box(box: Box, whole: Box, change_k: Field, limit_k: float, by: int = GROW_VOXELS) -> Box:
    """A box, larger on the sides where its outer layers have changed by more than a limit.

    Parameters
    ----------
    box, whole : Box
        Never beyond `whole`.
    change_k : ndarray
        What has changed within the box, in K of either sign.
    limit_k : float
    by : int
        Voxels that a side grows.
    """
    if box == whole:
        return box
    edges = list(box)
    for axis in range(3):
        for end, side in enumerate((slice(0, _OUTER), slice(-_OUTER, None))):
            cut = [slice(None)] * 3
            cut[axis] = side
            if float(np.abs(change_k[tuple(cut)]).max(initial=0.0)) > limit_k:
                edges[2 * axis + end] += by if end else -by
    low = [max(edges[n], whole[n]) for n in (0, 2, 4)]
    high = [min(edges[n], whole[n]) for n in (1, 3, 5)]
    return low[0], high[0], low[1], high[1], low[2], high[2]

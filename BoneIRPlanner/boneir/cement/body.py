"""Which vertebral body a lesion lies in."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..case import Structure
from ..mask import Mask

BODIES = "vertebral_bodies"
"""Name of the outline of all vertebral bodies together."""


def vertebral_body_of(lesion: Mask, structures: Iterable[Structure]) -> Mask | None:
    """The vertebral body of the level that holds most of a lesion.

    Parameters
    ----------
    lesion : Mask
    structures : iterable of Structure
        Levels are outlines named "vertebra_...", the bodies of all levels one outline named "vertebral_bodies".

    Returns
    -------
    Mask or None
        The bodies within that level, together with the part of the lesion in it; None where level or bodies are not
        outlined or the lesion does not touch them.
    """
    items = [item for item in structures if not item.mask.is_empty]
    bodies = next((item.mask for item in items if item.name == BODIES), None)
    levels = [item.mask for item in items if item.name.startswith("vertebra_")]
    if bodies is None or not levels:
        return None
    level = max(levels, key=lambda mask: _shared(mask, lesion))
    nk, nj, ni = level.voxels.shape
    body = level.voxels & bodies.part(level.corner, (nk, nj, ni))
    inside = lesion.part(level.corner, (nk, nj, ni))
    if not np.any(body & inside):
        return None
    return Mask.within(body | (inside & level.voxels), level.corner, level.grid)


def _shared(mask: Mask, lesion: Mask) -> int:
    nk, nj, ni = lesion.voxels.shape
    return int(np.count_nonzero(mask.part(lesion.corner, (nk, nj, ni)) & lesion.voxels))

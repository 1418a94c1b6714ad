"""Where bone belongs to a level for sure: bodies, pedicles and laminae in their places between the discs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .disc_planes import DiscPlanes

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]

_BODY_MM, _BODY_ASIDE_MM = (-45.0, -9.0), 16.0
_PEDICLE_MM, _PEDICLE_ASIDE_MM = (-8.0, 4.0), (8.0, 20.0)
_LAMINA_MM, _LAMINA_ASIDE_MM = (7.0, 22.0), 14.0
"""Where bodies, pedicles and laminae are for sure: distance behind the line, and to either side of it."""
_BODY_PART, _PEDICLE_PART, _LAMINA_PART = (0.06, 0.94), (0.5, 0.85), (0.15, 0.5)
"""In which part of the height of their level, disc included."""
_SACRUM_MM, _SACRUM_ASIDE_MM = (-45.0, 25.0), 22.0


def level_seeds(local: Floats, planes: DiscPlanes, levels: list[int], sacrum: int | None) -> NDArray[np.int32]:
    """Which level each voxel of bone belongs to for sure.

    Parameters
    ----------
    local : ndarray of float, shape (n, 3)
        Station, distance to back and to left of voxels of bone.
    planes : DiscPlanes
    levels : list of int
        For each interval between planes the label that it gets.
    sacrum : int or None
        Label of the sacrum.

    Returns
    -------
    ndarray of int32, shape (n,)
        0 where it is not sure.
    """
    station, back, aside = local[:, 0], local[:, 1], np.abs(local[:, 2])
    seeds = np.zeros(len(local), np.int32)
    for n, label in enumerate(levels):
        low, high = planes.at(n, back), planes.at(n + 1, back)
        share = (station - low) / np.maximum(high - low, 1e-6)
        within = (share >= 0) & (share < 1)
        if label == sacrum:
            sure = _between(back, _SACRUM_MM) & (aside < _SACRUM_ASIDE_MM) & within
        else:
            body = _between(back, _BODY_MM) & (aside < _BODY_ASIDE_MM) & _between(share, _BODY_PART)
            pedicle = _between(back, _PEDICLE_MM) & _between(aside, _PEDICLE_ASIDE_MM) & _between(share, _PEDICLE_PART)
            lamina = _between(back, _LAMINA_MM) & (aside < _LAMINA_ASIDE_MM) & _between(share, _LAMINA_PART)
            sure = body | pedicle | lamina
        seeds[sure] = label
    return seeds


def _between(values: Floats, ends: tuple[float, float]) -> Marked:
    return np.asarray((values >= ends[0]) & (values <= ends[1]))

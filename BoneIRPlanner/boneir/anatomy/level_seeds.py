"""Where bone belongs to a level for sure: bodies, pedicles and laminae in their places between the discs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .disc_planes import DiscPlanes
from .level_settings import level_setting, level_span

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]


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
            sure = _between(back, "seed_sacrum_back_mm") & (aside < level_setting("seed_sacrum_aside_mm")) & within
        else:
            body = _between(back, "seed_body_back_mm") & (aside < level_setting("seed_body_aside_mm"))
            body &= _between(share, "seed_body_part")
            pedicle = _between(back, "seed_pedicle_back_mm") & _between(aside, "seed_pedicle_aside_mm")
            pedicle &= _between(share, "seed_pedicle_part")
            lamina = _between(back, "seed_lamina_back_mm") & (aside < level_setting("seed_lamina_aside_mm"))
            lamina &= _between(share, "seed_lamina_part")
            sure = body | pedicle | lamina
        seeds[sure] = label
    return seeds


def _between(values: Floats, name: str) -> Marked:
    low, high = level_span(name)
    return np.asarray((values >= low) & (values <= high))

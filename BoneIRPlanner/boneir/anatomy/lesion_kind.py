"""Whether a lesion dissolves bone, thickens it, or does both: by its numbers against healthy marrow nearby."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from .neighbourhood import Healthy
from .settings import setting


class LesionKind(StrEnum):
    """What a lesion does to bone."""

    LYTIC = "lytic"
    MIXED = "mixed"
    SCLEROTIC = "sclerotic"
    UNSURE = "unsure"


def kind_limits(healthy: Healthy | None) -> tuple[float, float]:
    """HU below which a voxel counts as lytic and above which as sclerotic.

    Without healthy marrow to compare with, fixed limits serve.
    """
    if healthy is None:
        return setting("lytic_below_hu"), setting("sclerotic_above_hu")
    drop = min(max(setting("lytic_z") * healthy.spread_hu, setting("lytic_drop_hu")), setting("lytic_most_drop_hu"))
    rise = healthy.median_hu + setting("sclerotic_z") * healthy.spread_hu
    return healthy.median_hu - drop, max(rise, setting("sclerotic_above_hu"))


def kind_of(values_hu: NDArray[np.floating], healthy: Healthy | None) -> LesionKind:
    """The kind of a lesion from the numbers of its voxels.

    Parameters
    ----------
    values_hu : ndarray of float
        Of all its voxels.
    healthy : Healthy or None
        Marrow nearby.

    Returns
    -------
    LesionKind
        Mixed where both sorts of voxels make up the set share; unsure where neither does.
    """
    low, high = kind_limits(healthy)
    lytic, sclerotic = float(np.mean(values_hu < low)), float(np.mean(values_hu > high))
    enough = setting("kind_share")
    if lytic >= enough and sclerotic >= enough:
        return LesionKind.MIXED
    if max(lytic, sclerotic) < enough:
        return LesionKind.UNSURE
    return LesionKind.LYTIC if lytic > sclerotic else LesionKind.SCLEROTIC

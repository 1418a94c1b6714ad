"""How often many ways keep every clearance when the needle misses its plan, judged on the planning field at once.

It is the quick judgement of a list of ways; what is shown of one plan is drawn again and measured on the outlines
themselves, in `placement`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..plan import Trajectory
from .field import PlanningField
from .limits import Limits
from .needle import Needle
from .placement import DRAWS
from .spared import spared_paths


def kept_shares(
    field: PlanningField,
    trajectories: Sequence[Trajectory],
    needle: Needle,
    limits: Limits,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Share of drawn placements in which each way keeps every clearance.

    The same errors are drawn for all ways, so that what differs is the ways. The numeric guard of the field stays on:
    a share errs to the careful side.

    Parameters
    ----------
    field : PlanningField
    trajectories : sequence of Trajectory
        Within the region of the field; where an error leads out of it, its edge is taken.
    needle : Needle
    limits : Limits
        Hold the placement error, which is drawn here and not kept clear on top.
    draws, seed : int

    Returns
    -------
    ndarray, shape (len(trajectories),)
        0..1.
    """
    entries, tips = (
        np.array([getattr(t, name) for t in trajectories]).reshape(-1, 3) for name in ("entry_mm", "tip_mm")
    )
    ways = tips - entries
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    across = np.cross(ways, np.eye(3)[np.argmin(np.abs(ways), axis=1)])
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    frames = np.stack([across, np.cross(ways, across)], axis=1)
    errors = np.random.default_rng(seed).normal(size=(2, draws, 2))
    low, high = field.grid.corners_mm.min(axis=0), field.grid.corners_mm.max(axis=0)
    placed = [
        np.clip(ends[:, None] + sigma.amount * (error @ frames), low, high).reshape(-1, 3)
        for ends, sigma, error in zip((entries, tips), (limits.entry_sigma, limits.tip_sigma), errors, strict=True)
    ]
    exact = replace(limits, certainty_z=replace(limits.certainty_z, amount=0.0))
    spared = spared_paths(field, placed[0], placed[1], needle, exact, air_allowed=True)
    return np.asarray(spared.reshape(len(trajectories), draws).mean(axis=1))

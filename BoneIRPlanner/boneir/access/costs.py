"""The costs of a path, each from 0 (best) to 1, and their weighted sum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .entries import Skin
from .field import PlanningField
from .limits import COSTS, Limits
from .needle import Needle
from .rays import Walk

FRONT = (("clearance",), ("length",), ("out_of_plane",), ("incidence", "hard_bone"), ("coverage",), ("harm",))
"""What a plan can be best in; the costs of one group count together."""


def cost_table(
    field: PlanningField,
    skin: Skin,
    walk: Walk,
    incidence_deg: NDArray[np.float32],
    shortfall: NDArray[np.float64],
    harm: NDArray[np.float64],
    needle: Needle,
    limits: Limits,
) -> NDArray[np.float64]:
    """All costs of all paths.

    Parameters
    ----------
    field, skin, walk
        The field, the entries and what their paths meet.
    incidence_deg : ndarray, shape (n,)
        Angle to the cortex; NaN counts as perpendicular, because no bone is entered.
    shortfall : ndarray, shape (n,)
        Share of what shall be reached that is not, 0..1.
    harm : ndarray, shape (n,)
        How much of what must not be hurt lies in the zone, 0..1.
    needle : Needle
    limits : Limits

    Returns
    -------
    ndarray, shape (n, len(COSTS))
        Columns in the order of `COSTS`.
    """
    severity = np.array([obstacle.severity for obstacle in field.obstacles] + [0.0])
    i, j, k = np.rint(field.grid.to_ijk(walk.tightest_mm)).astype(np.intp).T
    ways, length = walk.directions, walk.length_mm
    healthy = walk.mm_of("soft") + limits.lung_factor.amount * walk.mm_of("lung")
    columns = {
        "clearance": clearance_cost(walk.spare_mm, severity[field.nearest[k, j, i]], limits),
        "length": length / needle.usable_length_mm,
        "out_of_plane": np.degrees(np.arcsin(np.clip(np.abs(ways[:, 2]), 0, 1))) / limits.tilt_scale.amount,
        "incidence": np.nan_to_num(incidence_deg) / limits.incidence.amount,
        "hard_bone": walk.mm_of("hard_bone") / limits.hard_bone_scale.amount,
        "healthy": healthy / needle.usable_length_mm,
        "obliquity": 1 - np.abs(np.einsum("na,na->n", ways, skin.normals)),
        "coverage": shortfall,
        "harm": harm,
    }
    return np.asarray(np.clip(np.stack([columns[name] for name in COSTS], axis=1), 0, 1))


def clearance_cost(spare_mm: NDArray[np.float64], severity: NDArray[np.float64], limits: Limits) -> NDArray[np.float64]:
    """Cost of being near: 0 from `clearance_reach` of spare room on, the severity where there is none to spare."""
    reach = limits.clearance_reach.amount
    return np.asarray(np.clip((reach - spare_mm) / reach, 0, 1) * severity)


def weighted(costs: NDArray[np.float64], limits: Limits) -> NDArray[np.float64]:
    """Weighted mean of the costs of every path, 0..1."""
    weights = np.array([limits.weights[name].amount for name in COSTS])
    return np.asarray(costs @ weights / weights.sum())


def objectives(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The costs that a plan can be best in, one column per group of `FRONT`."""
    return np.stack([costs[:, [COSTS.index(name) for name in group]].sum(axis=1) for group in FRONT], axis=1)

"""The grade of a way through a pedicle: how far the instrument stands out of its wall."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..anatomy.vertebra_parts import VertebraParts
from ..evidence import Value
from ..findings import Point
from ..image.signed_distance import surface_of
from ..image.surface import Surface
from ..mask import Mask
from ..plan import Trajectory
from .clearance import as_point, points_along
from .limits import Limits, access_limits
from .region import marked_at

Floats = NDArray[np.float64]

_ROOM_MM = 12.0
"""How far around the pedicle the outline of the vertebra is taken, so that what was cut off is far from the needle."""
_HALF = 0.5
"""A way that runs along less than this share of a pedicle is not one through it."""
_TURN_MM = 0.5
_KEPT = 32
"""Surfaces around pedicles that are kept: two of every vertebra that is looked at."""


class GertzbeinRobbins(StrEnum):
    """Grade of a way through a pedicle, from A, within bone, to E."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


@dataclass(frozen=True)
class PedicleWay:
    """A way through a pedicle.

    Parameters
    ----------
    side : str
        "left" or "right", the patient's.
    grade : GertzbeinRobbins
    breach_mm : float
        How far the instrument stands out of bone beside the canal; 0 where it stays within.
    wall_mm : float
        Bone left around the instrument at the tightest place; negative where it stands out.
    towards : str
        Where the nearest wall lies: "medial", "lateral", "above" or "below".
    place_mm : Point
        The tightest place, on the axis; LPS mm.
    medial_mm : float
        Bone left between the side of the instrument that faces the canal and the nearest wall, at its tightest;
        negative where that side stands out.
    """

    side: str
    grade: GertzbeinRobbins
    breach_mm: float
    wall_mm: float
    towards: str
    place_mm: Point
    medial_mm: float


def grade_of_breach(breach_mm: float, limits: Limits | None = None) -> GertzbeinRobbins:
    """The grade of a breach: A none, B below 2 mm, C below 4 mm, D below 6 mm, E from there on."""
    if breach_mm <= pedicle_limit("noise", limits=limits).amount:
        return GertzbeinRobbins.A
    reached = [g for g in ("C", "D", "E") if breach_mm >= pedicle_limit("grades", g, limits=limits).amount]
    return GertzbeinRobbins(reached[-1] if reached else "B")


def pedicle_limit(*keys: str, limits: Limits | None = None) -> Value:
    """One value of ``Resources/Limits/pedicle.json``, or what the limits hold in its place.

    Parameters
    ----------
    keys : str
        "noise", "beside" or "medial_reserve", or "grades" and a grade.
    limits : Limits or None
        None takes what is shipped.
    """
    key = f"grade_{keys[1]}" if keys[0] == "grades" else keys[0]
    return (limits or access_limits()).of_file("pedicle", key)


def pedicle_way(
    parts: VertebraParts, trajectory: Trajectory, diameter_mm: float, limits: Limits | None = None
) -> PedicleWay | None:
    """Grade a way through a pedicle on the outline of its vertebra.

    Beside the canal, from the posterior wall of the body to the middle of the canal, the distance from the axis to the
    smoothed outline of the vertebra tells how much bone is left around the instrument, or how far it stands out.

    Parameters
    ----------
    parts : VertebraParts
    trajectory : Trajectory
    diameter_mm : float
        Outer diameter of the instrument.
    limits : Limits or None
        None takes what is shipped.

    Returns
    -------
    PedicleWay or None
        None where the way goes through no pedicle: far from both, not along one, or lateral of it without touching
        pedicle, arch or processes, as a posterolateral way does.
    """
    points = np.asarray(trajectory.entry_mm) + points_along(trajectory)[:, None] * np.asarray(trajectory.direction)
    found = _through(parts, points, limits)
    if found is None:
        return None
    _, side, pedicle, within = found
    return _graded(parts, side, _surface_around(parts, pedicle), points[within], diameter_mm / 2, limits)


def pedicle_side(parts: VertebraParts, trajectory: Trajectory, limits: Limits | None = None) -> str:
    """The side of the pedicle that a way goes through, "left" or "right"; "" where it goes through none."""
    points = np.asarray(trajectory.entry_mm) + points_along(trajectory)[:, None] * np.asarray(trajectory.direction)
    found = _through(parts, points, limits)
    return "" if found is None else found[1]


def _through(
    parts: VertebraParts, points: Floats, limits: Limits | None
) -> tuple[float, str, Mask, NDArray[np.intp]] | None:
    """The pedicle that an axis goes through, as `_along` gives it; None where it goes through none."""
    found = [
        chosen
        for side, pedicle in (("left", parts.pedicle_left), ("right", parts.pedicle_right))
        if not pedicle.is_empty and (chosen := _along(parts, side, pedicle, points)) is not None
    ]
    nearest = min(found, key=lambda item: item[0], default=None)
    return None if nearest is None or nearest[0] > pedicle_limit("beside", limits=limits).amount else nearest


def _along(
    parts: VertebraParts, side: str, pedicle: Mask, points: Floats
) -> tuple[float, str, Mask, NDArray[np.intp]] | None:
    """How far an axis passes from the middle of a pedicle, and its points beside the canal; None where it is no way."""
    local, voxels = parts.frame.to_local(points), parts.frame.to_local(pedicle.points_mm())
    front, behind, middle = float(voxels[:, 1].min()), float(voxels[:, 1].max()), voxels.mean(axis=0)
    within = np.flatnonzero((local[:, 1] >= front) & (local[:, 1] <= behind))
    if not within.size or np.ptp(local[within, 1]) < _HALF * (behind - front):
        return None
    passing = local[within[np.argmin(np.abs(local[within, 1] - middle[1]))]]
    medial = abs(float(passing[2])) < abs(float(middle[2]))
    if not medial and not any(marked_at(part, points).any() for part in (pedicle, parts.arch, parts.processes)):
        return None
    return float(np.linalg.norm((passing - middle)[[0, 2]])), side, pedicle, within


def _graded(
    parts: VertebraParts, side: str, surface: Surface, axis: Floats, radius: float, limits: Limits | None
) -> PedicleWay:
    outside = surface.signed_distance_mm(axis)
    worst = int(np.argmax(outside))
    out = float(outside[worst]) + radius
    steps = _TURN_MM * np.stack([parts.frame.up, parts.frame.left])
    up, left = surface.signed_distance_mm(axis[worst] + steps) - surface.signed_distance_mm(axis[worst] - steps)
    lateral = left if side == "left" else -left
    across = "lateral" if lateral > 0 else "medial"
    towards = across if abs(lateral) >= abs(up) else "above" if up > 0 else "below"
    breach = max(out, 0.0)
    facing = _facing_canal(parts, side, axis, radius)
    medial = -float(surface.signed_distance_mm(facing).max())
    return PedicleWay(side, grade_of_breach(breach, limits), breach, -out, towards, as_point(axis[worst]), medial)


def _facing_canal(parts: VertebraParts, side: str, axis: Floats, radius: float) -> Floats:
    """Points of an instrument's surface on the quarter of it that faces the canal, shape (n, 3)."""
    medial = -parts.frame.left if side == "left" else parts.frame.left
    turns = np.radians([-45.0, -22.5, 0.0, 22.5, 45.0])[:, None]
    quarter = radius * (np.cos(turns) * medial + np.sin(turns) * parts.frame.up)
    return np.asarray((axis[:, None] + quarter).reshape(-1, 3))


@lru_cache(maxsize=_KEPT)
def _surface_around(parts: VertebraParts, pedicle: Mask) -> Surface:
    """The outline of the whole vertebra around one pedicle: where the pedicle joins body and arch there is no wall."""
    grid = pedicle.grid
    room = np.ceil(_ROOM_MM / np.asarray(grid.spacing_mm[::-1])).astype(int)
    k, j, i = (int(v) for v in np.asarray(pedicle.corner) - room)
    nk, nj, ni = (int(v) for v in np.asarray(pedicle.voxels.shape) + 2 * room)
    bone = np.zeros((nk, nj, ni), bool)
    for part in (parts.body, parts.pedicle_left, parts.pedicle_right, parts.arch, parts.processes):
        bone |= part.part((k, j, i), (nk, nj, ni))
    window = grid.window((k, j, i), (nk, nj, ni))
    return surface_of(Mask.of(bone, window))

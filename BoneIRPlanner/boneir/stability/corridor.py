"""The widest straight corridor in bone: where a screw goes, how thick it may be and how long."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ..findings import Point
from ..resources import limit
from .axis_in_bone import AxisInBone
from .corridor_reach import Reach
from .corridor_walk import walk
from .in_bone import InBone

Floats = NDArray[np.float64]
Axis = tuple[Floats, Floats, float]
"""A place in LPS mm, the unit vector from the entry to the tip, and the radius in mm."""

_EVERY_MM = 1.5
_LEAST_DEPTH_MM = 1.5
_MOST_PLACES = 800
_LEAST_WAYS, _WAYS_PER_DEG2 = 100, 0.7
_LOOKED_AT, _TRIED, _REFINED = 4000, 10, 2
_NEARBY_WAYS = 24
_APART_MM, _APART_DEG = 3.0, 8.0
"""Two first axes that differ by less than both are refined only once."""
_EVALUATIONS = 120
_THINNED = 3
"""One of so many points of the surface does for the first of the two refinements."""
_WIDER_MM, _ASIDE_MM = 4.0, 3.0
"""How much wider than in the distance field a corridor may turn out, and how far aside its ends may move."""


@dataclass(frozen=True, eq=False)
class Aim:
    """What kind of corridor is looked for.

    Parameters
    ----------
    places_mm : ndarray, shape (n, 3)
        LPS mm of places in bone through or beside which it goes.
    towards : ndarray, shape (3,)
        LPS unit vector from the entry to the tip, about.
    cone_deg : float
        By how much the direction may differ from it.
    reach : Reach
    longest_mm : float
        Length beyond which no screw is made.
    ample_mm : float
        Radius beyond which more room is worth nothing.
    """

    places_mm: Floats
    towards: Floats
    cone_deg: float
    reach: Reach
    longest_mm: float
    ample_mm: float = math.inf


@dataclass(frozen=True)
class Corridor:
    """A straight way through bone for a screw.

    Parameters
    ----------
    entry_mm : Point
        Where the axis enters bone; LPS mm.
    way : Point
        LPS unit vector from there to the tip.
    radius_mm : float
        Radius of the thickest cylinder that stays in bone as far as the corridor has to reach.
    length_mm : float
        Way from entering to leaving the bone.
    middle_mm : Point
        A place on the axis near the narrowest part.
    worth : float
        What the search maximised, in mm of radius.
    """

    entry_mm: Point
    way: Point
    radius_mm: float
    length_mm: float
    middle_mm: Point
    worth: float


def widest_corridor(
    bone: InBone, aim: Aim, mean_hu: Callable[[Floats, Floats], float] | None = None
) -> Corridor | None:
    """The widest corridor through a bone.

    Places in small steps and directions all over the cone are walked through a distance field; the best are
    refined on the surface between the voxels.

    Parameters
    ----------
    bone : InBone
    aim : Aim
    mean_hu : callable, optional
        Mean CT number between two LPS points; without it all bone is alike.

    Returns
    -------
    Corridor or None
        None where no direction enters and reaches as far as it has to.
    """
    first = _first_axes(bone, aim)
    found = [corridor for axis in first if (corridor := _refined(bone, aim, *axis, mean_hu)) is not None]
    return max(found, key=lambda corridor: corridor.worth) if found else None


def cone_of(towards: Floats, cone_deg: float, count: int) -> Floats:
    """Unit vectors evenly over a cone, the middle one first, shape (count, 3)."""
    turn = np.arange(count) * math.pi * (3.0 - math.sqrt(5.0))
    cosine = 1.0 - (1.0 - math.cos(math.radians(cone_deg))) * np.arange(count) / max(count - 1, 1)
    sine = np.sqrt(np.maximum(1.0 - cosine**2, 0.0))
    across, up = _frame(towards)
    ways = cosine[:, None] * towards + (sine * np.cos(turn))[:, None] * across + (sine * np.sin(turn))[:, None] * up
    return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True))


def _frame(way: Floats) -> tuple[Floats, Floats]:
    least = np.eye(3)[int(np.argmin(np.abs(way)))]
    across = np.cross(way, least)
    across /= np.linalg.norm(across)
    return across, np.cross(way, across)


def _first_axes(bone: InBone, aim: Aim) -> list[Axis]:
    """The best axes of the walk through the distance field, apart from one another, the best first."""
    centres = _spread(bone, aim.places_mm)
    if not len(centres):
        return []
    ways = cone_of(aim.towards, aim.cone_deg, max(_LEAST_WAYS, int(_WAYS_PER_DEG2 * aim.cone_deg**2)))
    found, worth = _walked(bone, aim, centres, ways)
    chosen: list[Axis] = []
    for flat in np.argsort(-worth, axis=None, kind="stable")[:_LOOKED_AT]:
        n, m = (int(v) for v in np.unravel_index(flat, worth.shape))
        if not np.isfinite(worth[n, m]) or len(chosen) == _TRIED:
            break
        place = bone.grid.to_mm(centres[n])
        if all(_differ(place, ways[m], *other[:2]) for other in chosen):
            chosen.append((place, ways[m], float(found[n, m])))
    better = [_nearby(bone, aim, axis) for axis in chosen]
    return sorted(better, key=lambda axis: -axis[2])[:_REFINED]


def _walked(bone: InBone, aim: Aim, centres: Floats, ways: Floats) -> tuple[Floats, Floats]:
    """Radius and worth of every place and direction; the worth is minus infinity where there is no corridor."""
    found = walk(bone.depth_mm, bone.grid.spacing_mm[0], centres, ways, aim.reach, aim.longest_mm + 40.0).astype(float)
    radius, length = found[..., 0], found[..., 1] + found[..., 2] - aim.reach.tip_mm
    worth = np.minimum(radius, aim.ample_mm) + limit("screws", "per_mm_length").amount * np.minimum(
        length, aim.longest_mm
    )
    return radius, np.where(radius > 0, worth, -np.inf)


def _nearby(bone: InBone, aim: Aim, axis: Axis) -> Axis:
    """The best axis close to one, still in the distance field."""
    cosine = math.cos(math.radians(aim.cone_deg))
    for aside_mm, turn_deg in ((2.0, 4.0), (1.0, 2.0), (0.5, 1.0)):
        place, way, _ = axis
        across, up = _frame(way)
        ways = cone_of(way, turn_deg, _NEARBY_WAYS)
        ways = ways[ways @ aim.towards >= cosine - 1e-9]
        shift = aside_mm * np.linspace(-1, 1, 5)
        places = place + (shift[:, None, None] * across + shift[None, :, None] * up).reshape(-1, 3)
        if not len(ways):
            return axis
        radius, worth = _walked(bone, aim, bone.grid.to_ijk(places), ways)
        n, m = (int(v) for v in np.unravel_index(int(worth.argmax()), worth.shape))
        if np.isfinite(worth[n, m]) and radius[n, m] > axis[2]:
            axis = (places[n], ways[m], float(radius[n, m]))
    return axis


def _differ(place: Floats, way: Floats, other: Floats, other_way: Floats) -> bool:
    angle = math.degrees(math.acos(min(1.0, abs(float(way @ other_way)))))
    offset = place - other
    return angle > _APART_DEG or float(np.linalg.norm(offset - (offset @ way) * way)) > _APART_MM


def _spread(bone: InBone, places_mm: Floats) -> Floats:
    """Places thinned to one for each cube, those at the surface left out; indices (i, j, k).

    A wide region is thinned more: its corridors are long, and every one passes many of its places.
    """
    at = np.rint(bone.grid.to_ijk(places_mm)).astype(np.int64)
    ni, nj, nk = bone.grid.shape[::-1]
    i, j, k = at[((at >= 0) & (at < (ni, nj, nk))).all(axis=1)].T
    marked = np.zeros(bone.grid.shape, bool)
    marked[k, j, i] = True
    deep = bone.grid.to_mm(np.argwhere(marked & (bone.depth_mm > _LEAST_DEPTH_MM))[:, ::-1])
    every = max(_EVERY_MM, 0.9 * (len(deep) * bone.grid.voxel_ml * 1000.0 / _MOST_PLACES) ** (1.0 / 3.0))
    while True:
        cubes = np.unique(np.rint(deep / every), axis=0) * every
        if len(cubes) <= _MOST_PLACES:
            return np.asarray(bone.grid.to_ijk(cubes))
        every *= 1.25


def _refined(
    bone: InBone,
    aim: Aim,
    place: Floats,
    way: Floats,
    radius_mm: float,
    mean_hu: Callable[[Floats, Floats], float] | None,
) -> Corridor | None:
    """The best axis near a first one."""
    reach = aim.reach
    axis = AxisInBone(bone, place, way, reach.back_mm, aim.longest_mm + 20.0, radius_mm + _WIDER_MM + _ASIDE_MM)
    half_mm = 0.5 * min(aim.longest_mm, reach.back_mm + (aim.longest_mm if reach.through else reach.ahead_mm))
    across, up = _frame(way)
    cosine = math.cos(math.radians(aim.cone_deg))

    def moved(change: Floats) -> tuple[Floats, Floats]:
        turned = way + change[2] / 30.0 * across + change[3] / 30.0 * up
        return place + change[0] * across + change[1] * up, turned / np.linalg.norm(turned)

    per_mm = limit("screws", "per_mm_length").amount

    def worth(change: Floats, axis: AxisInBone = axis) -> float:
        if math.hypot(change[0], change[1]) + half_mm * math.hypot(change[2], change[3]) / 30.0 > _ASIDE_MM:
            return 0.0
        middle, turned = moved(change)
        room = axis.room(middle, turned, None if reach.through else reach.ahead_mm)
        if room.radius_mm <= 0 or turned @ aim.towards < cosine - 1e-6:
            return 0.0
        if room.length_mm < reach.least_mm or (not reach.through and room.leaves_mm < reach.ahead_mm + reach.tip_mm):
            return 0.0
        return min(room.radius_mm, aim.ample_mm) + per_mm * min(room.length_mm - reach.tip_mm, aim.longest_mm)

    best = np.zeros(4)
    # Started twice: the worth has edges on which the simplex may fold up.
    for size, measured in ((0.8, axis.thinned(_THINNED)), (0.3, axis)):
        simplex = best + np.vstack([np.zeros(4), size * np.eye(4)])
        options = {"maxfev": _EVALUATIONS, "xatol": 0.02, "fatol": 0.005, "initial_simplex": simplex}
        found = minimize(lambda change, on=measured: -worth(change, on), best, method="Nelder-Mead", options=options)
        best = found.x if worth(found.x) >= worth(best) else best
    value = worth(best)
    if value <= 0:
        return None
    middle, turned = moved(best)
    room = axis.room(middle, turned, None if reach.through else reach.ahead_mm)
    entry, leaving = middle + room.enters_mm * turned, middle + room.leaves_mm * turned
    dense = limit("screws", "per_hu").amount * mean_hu(entry, leaving) if mean_hu is not None else 0.0
    return Corridor(_point(entry), _point(turned), room.radius_mm, room.length_mm, _point(middle), value + dense)


def _point(values: Floats) -> Point:
    x, y, z = (float(v) for v in values)
    return x, y, z

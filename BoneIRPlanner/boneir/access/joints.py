"""Bones that a needle may pass on its way into another: across the sacroiliac joint, or a rib beside its vertebra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Lesion, Role, Structure
from ..evidence import Value
from ..mask import Mask
from .bones import bones_holding
from .limits import Limits
from .region import box_around, marked_at, marked_within

_HIPS = ("hip_left", "hip_right")
_SACRAL = ("sacrum", "vertebra_S1")
_STEP_MM = 0.5


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A bone, or the part of it, that may be passed on the way into the bone that holds a lesion.

    Parameters
    ----------
    structure : Structure
        Its mask is only the part that may be passed.
    crossings : Value
        How often a needle that passes it may go from soft tissue into bone.
    """

    structure: Structure
    crossings: Value


_KNOWN: WeakKeyDictionary[Lesion, tuple[ref[Case], tuple[Value, Value, Value], tuple[Neighbour, ...]]] = (
    WeakKeyDictionary()
)
"""Neighbours that were found last for a lesion, since every needle that is dragged asks for them."""


def neighbours_to_pass(case: Case, lesion: Lesion, limits: Limits) -> tuple[Neighbour, ...]:
    """What may be passed besides the bone that holds a lesion.

    From a lesion in the sacrum the hip bones and from one in a hip bone the sacrum, where `sacroiliac_crossings` is
    more than 0. From a lesion in a thoracic vertebra the ribs that have a joint with it, as far as they lie beside it,
    where `costal_crossings` is more than 0; where the ribs are one outline, all of it that lies there.

    Parameters
    ----------
    case : Case
    lesion : Lesion
    limits : Limits
    """
    key = (limits.sacroiliac_crossings, limits.costal_crossings, limits.costal_reach)
    known = _KNOWN.get(lesion)
    if known is None or known[0]() is not case or known[1] != key:
        holding = bones_holding(case, lesion)
        found = (*_across_sacroiliac(case, holding, key[0]), *_beside_ribs(case, holding, key[1], key[2].amount))
        known = _KNOWN[lesion] = (ref(case), key, found)
    return known[2]


def with_open_joints(case: Case, lesion: Lesion, limits: Limits) -> Case:
    """The case without the outlines of joints that the limits allow a needle to cross; itself where it has none."""
    if not any(item.structure.name in (*_HIPS, *_SACRAL) for item in neighbours_to_pass(case, lesion, limits)):
        return case
    kept = tuple(item for item in case.structures if not _key(item).startswith("sacroiliac_joint"))
    return case if len(kept) == len(case.structures) else replace(case, structures=kept)


def crossings_allowed(
    neighbours: Sequence[tuple[Mask, float]], starts_mm: NDArray[np.float64], ends_mm: NDArray[np.float64], least: float
) -> NDArray[np.float64]:
    """How often each of some straight ways may go from soft tissue into bone.

    Parameters
    ----------
    neighbours : sequence of (Mask, float)
        What may be passed, and how often a way that passes it may enter bone.
    starts_mm, ends_mm : ndarray, shape (n, 3)
        LPS mm.
    least : float
        How often a way may that passes none of them.
    """
    allowed = np.full(len(starts_mm), least)
    ways = ends_mm - starts_mm
    length = np.linalg.norm(ways, axis=1).max(initial=0.0)
    for share in np.linspace(0, 1, max(int(np.ceil(length / _STEP_MM)), 1) + 1):
        points = starts_mm + share * ways
        for mask, crossings in neighbours:
            allowed[marked_at(mask, points) & (allowed < crossings)] = crossings
    return allowed


def joint_words(case: Case, bone: Structure, points_mm: NDArray[np.float64]) -> str:
    """The joint that a way crosses into a bone: "left iliosacral", "right costotransverse"; "" where it crosses none.

    Parameters
    ----------
    case : Case
    bone : Structure
        The bone that holds the lesion.
    points_mm : ndarray, shape (n, 3)
        Closely spaced points of the way, from skin to tip.
    """
    named = {_key(item): item for item in case.of_role(Role.BONE)}
    if _key(bone) in _SACRAL:
        crossed = [key for key in _HIPS if key in named and marked_at(named[key].mask, points_mm).any()]
        return f"{crossed[0].removeprefix('hip_')} iliosacral" if crossed else ""
    if _key(bone) in _HIPS:
        crossed = [key for key in _SACRAL if key in named and marked_at(named[key].mask, points_mm).any()]
        return f"{_key(bone).removeprefix('hip_')} sacroiliac" if crossed else ""
    sides = [_side(item, bone) for item in _ribs_of(case, bone) if marked_at(item.mask, points_mm).any()]
    return f"{sides[0]} costotransverse" if sides else ""


def _side(rib: Structure, vertebra: Structure) -> str:
    for side in ("left", "right"):
        if side in _key(rib):
            return side
    return "left" if rib.mask.centroid_mm[0] > vertebra.mask.centroid_mm[0] else "right"


def _across_sacroiliac(case: Case, holding: Sequence[Structure], crossings: Value) -> list[Neighbour]:
    if crossings.amount <= 0:
        return []
    keys = {_key(item) for item in holding}
    wanted = (*(_HIPS if keys & set(_SACRAL) else ()), *(_SACRAL if keys & set(_HIPS) else ()))
    bones = [item for item in case.of_role(Role.BONE) if _key(item) in wanted and _key(item) not in keys]
    return [Neighbour(item, crossings) for item in bones if not item.mask.is_empty]


def _beside_ribs(case: Case, holding: Sequence[Structure], crossings: Value, reach_mm: float) -> list[Neighbour]:
    if crossings.amount <= 0:
        return []
    found = []
    for vertebra in holding:
        for rib in _ribs_of(case, vertebra):
            part = _near(rib.mask, vertebra.mask, reach_mm)
            if not part.is_empty:
                found.append(Neighbour(replace(rib, mask=part), crossings))
    return found


def _ribs_of(case: Case, vertebra: Structure) -> list[Structure]:
    """The ribs that have a joint with a thoracic vertebra: those of its level and of the next one down."""
    level = _key(vertebra).removeprefix("vertebra_T")
    if not level.isdigit():
        return []
    wanted = {f"rib_{side}_{n}" for side in ("left", "right") for n in (int(level), int(level) + 1)} | {"ribs"}
    return [item for item in case.of_role(Role.BONE) if _key(item) in wanted and not item.mask.is_empty]


def _near(rib: Mask, vertebra: Mask, reach_mm: float) -> Mask:
    """The part of a rib at most so far from its vertebra: head, neck and tubercle."""
    voxel = min(rib.grid.spacing_mm)
    reach = int(np.ceil(reach_mm / voxel))
    window = box_around([vertebra], reach)
    if window is None:
        return rib
    ribs, bone = marked_within([rib], window), marked_within([vertebra], window)
    grid = rib.grid.window(tuple(part.start for part in window), ribs.shape)
    points = Mask.of(ribs, grid).points_mm()
    near = _near_points(points, Mask.of(bone, grid).points_mm(), reach_mm)
    ribs[ribs] = near
    return Mask.within(ribs, tuple(part.start for part in window), rib.grid)


def _near_points(points_mm: NDArray[np.float64], others_mm: NDArray[np.float64], reach_mm: float) -> NDArray[np.bool_]:
    from scipy.spatial import cKDTree

    if not len(points_mm):
        return np.zeros(0, bool)
    return np.asarray(np.isfinite(cKDTree(others_mm).query(points_mm, distance_upper_bound=reach_mm)[0]))


def _key(structure: Structure) -> str:
    return structure.kind or structure.name

"""Which bone a needle may enter, the one that holds the lesion, and which it must pass by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Lesion, Role, Structure
from ..grid import Grid
from ..image.distance import squared_distance_below
from ..mask import Mask
from .region import RegionMasks, box_around, marked_within

GENERAL_BONE = frozenset({"bone", "vertebrae", "vertebral_bodies", "ribs"})
"""Kinds that outline many bones at once, so that one of them cannot be told from the next."""

_HOLDS_FROM = 0.1
"""Share of the lesion within a named bone from which on that bone holds it."""
_FRINGE_MM = 3
"""Bone without a name so near the target bone is its edge, which another outline drew tighter."""
_TOUCH_MM = 3
"""A lesion so near a bone touches it."""


@dataclass(frozen=True, eq=False)
class BoneSplit:
    """The bones of a region.

    Parameters
    ----------
    target : ndarray of bool, shape of the region
        Bone that the needle may enter.
    others : tuple of (Structure, Mask)
        What the other bone consists of; the masks lie on the region and do not overlap.
    holding : tuple of str
        Names of the bones that hold the lesion; empty where only bone in general is outlined.
    passed : tuple of (Mask, float)
        Parts of the target bone beyond a joint, on the region, and how often a way through them may enter bone.
    """

    target: NDArray[np.bool_]
    others: tuple[tuple[Structure, Mask], ...]
    holding: tuple[str, ...]
    passed: tuple[tuple[Mask, float], ...] = ()


def is_named_bone(structure: Structure) -> bool:
    """Whether a structure outlines one bone, not bone in general."""
    return structure.role is Role.BONE and (structure.kind or structure.name) not in GENERAL_BONE


def bones_holding(case: Case, lesion: Lesion) -> tuple[Structure, ...]:
    """The named bones that hold a lesion; where none does, the one that it touches; the one that holds most first."""
    named = [item for item in case.structures if is_named_bone(item) and not item.mask.is_empty]
    shares = [(_share_within(lesion.mask, item.mask, 0), item) for item in named]
    held = [pair for pair in shares if pair[0] >= _HOLDS_FROM]
    if not held:
        grow = int(np.ceil(_TOUCH_MM / min(case.image.grid.spacing_mm)))
        touched = [(_share_within(lesion.mask, item.mask, grow), item) for item in named]
        held = [max(touched, key=lambda pair: pair[0])] if touched else []
        held = [pair for pair in held if pair[0] > 0]
    return tuple(item for _, item in sorted(held, key=lambda pair: -pair[0]))


def _share_within(lesion: Mask, bone: Mask, grow: int) -> float:
    """Share of the lesion's voxels that lie in the bone, the lesion grown by some voxels."""
    window = box_around([lesion], grow)
    if window is None:
        return 0.0
    marked = marked_within([lesion], window)
    if grow:
        marked = squared_distance_below(marked, grow) <= grow * grow
    within = marked_within([bone], window)
    return float(np.count_nonzero(marked & within)) / float(np.count_nonzero(marked))


def split_bones(
    case: Case, lesion: Lesion, region: RegionMasks, passed: Sequence[tuple[Mask, float]] = ()
) -> BoneSplit:
    """Tell the target bone from all other bone over a planning region.

    With named bones the target bone is what holds the lesion, and bone without a name directly at its edge. With bone
    in general it is whatever hangs together with the bone at the lesion, often the whole skeleton; the rules on
    crossing the cortex then tell one bone from the next.

    Parameters
    ----------
    case : Case
    lesion : Lesion
    region : RegionMasks
    passed : sequence of (Mask, float)
        Parts of other bones that may be passed, and how often a way through them may enter bone.
    """
    holding = bones_holding(case, lesion)
    bones = [item for item in case.of_role(Role.BONE) if not item.mask.is_empty]
    general = [item for item in bones if not is_named_bone(item)]
    named = [item for item in bones if is_named_bone(item) and item not in holding]
    if holding:
        target = _union(holding, region)
        at_edge = _near(target, region.grid, _FRINGE_MM) & _union(general, region)
        target |= at_edge & ~_union(named, region)
    else:
        unnamed = _union(general, region) & ~_union(named, region)
        target = _hanging_together(unnamed, _near(_union([lesion], region), region.grid, _TOUCH_MM))
    moved = tuple((region.of(mask), crossings) for mask, crossings in passed)
    for mask, _ in moved:
        if not mask.is_empty:
            target[mask.window] |= mask.voxels
    return BoneSplit(target, _apart((*named, *general), target, region), tuple(item.name for item in holding), moved)


def _apart(
    bones: Sequence[Structure], target: NDArray[np.bool_], region: RegionMasks
) -> tuple[tuple[Structure, Mask], ...]:
    """What is left of each bone without the target bone and the bones before it."""
    taken = target.copy()
    left = []
    for item in bones:
        mask = region.of(item.mask)
        if not mask.is_empty:
            voxels = mask.voxels & ~taken[mask.window]
            taken[mask.window] |= mask.voxels
            left.append((item, Mask.within(voxels, mask.corner, region.grid)))
    return tuple((item, mask) for item, mask in left if not mask.is_empty)


def _union(items: Sequence[Structure | Lesion], region: RegionMasks) -> NDArray[np.bool_]:
    whole = np.zeros(region.grid.shape, bool)
    for item in items:
        mask = region.of(item.mask)
        if not mask.is_empty:
            whole[mask.window] |= mask.voxels
    return whole


def _near(marked: NDArray[np.bool_], grid: Grid, limit: int) -> NDArray[np.bool_]:
    """Where something marked is at most `limit` voxels away."""
    near = np.zeros_like(marked)
    mask = Mask.of(marked, grid)
    window = box_around([mask], limit)
    if window is not None:
        near[window] = squared_distance_below(marked[window], limit) <= limit * limit
    return near


def _hanging_together(bone: NDArray[np.bool_], touched: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected parts of `bone` that meet `touched`, judged on voxels of 2 mm, which is eight times quicker."""
    from scipy.ndimage import label

    padding = [(0, size % 2) for size in bone.shape]
    halves = [np.pad(array, padding) for array in (bone, bone & touched)]
    coarse, seeds = (_pooled(array) for array in halves)
    parts, count = label(coarse, np.ones((3, 3, 3)))
    chosen = np.zeros(count + 1, bool)
    chosen[np.unique(parts[seeds])] = True
    chosen[0] = False
    kept = chosen[parts].repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)
    return np.asarray(bone & kept[tuple(slice(size) for size in bone.shape)])


def _pooled(array: NDArray[np.bool_]) -> NDArray[np.bool_]:
    for axis in range(3):
        lines = np.moveaxis(array, axis, 0)
        array = np.moveaxis(lines[::2] | lines[1::2], 0, axis)
    return array

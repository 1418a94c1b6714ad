"""The planning field: at every voxel around the lesion, what is there and how much room a needle has.

The room is the distance to the nearest surface that must not be touched, less the clearance of that surface's class, so
that one number serves all structures. It is kept in eighths of a mm in the high byte of a word, and the kind of tissue
in the low byte, so that walking along a path reads one word per step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..anatomy.structures import structure_kinds
from ..case import Case, Lesion, Role, Structure
from ..errors import CaseError
from ..grid import Grid
from ..image.distance import squared_distance_below
from ..mask import Mask
from .bones import BoneSplit, split_bones
from .joints import neighbours_to_pass
from .limits import Limits
from .needle import Needle
from .region import VOXEL_MM, RegionMasks, box_around, marked_within, planning_grid

EIGHTHS = 8
"""Steps of the field per mm."""
OFFSET = 80
"""Code of no room at all: codes below it tell how much is missing, down to 10 mm."""


class Tissue(IntEnum):
    """What a voxel of the field holds."""

    AIR = 0
    SOFT = 1
    LUNG = 2
    BONE = 3
    """Bone that holds the lesion."""
    HARD_BONE = 4
    """The same, dense."""
    OTHER_BONE = 5
    LESION = 6
    CANAL = 7


@dataclass(frozen=True, eq=False)
class Obstacle:
    """Structures that a needle has to keep clear of alike.

    Parameters
    ----------
    structures : tuple of Structure
    clearance_mm, in_bone_mm : float
        Distance to keep, outside and inside the target bone.
    severity : float
        Weight of an injury, 0..1.
    masks : tuple of Mask
        On the planning region, one per structure.
    """

    structures: tuple[Structure, ...]
    clearance_mm: float
    in_bone_mm: float
    severity: float
    masks: tuple[Mask, ...]

    def nearest_to(self, points_mm: NDArray[np.float64]) -> NDArray[np.intp]:
        """Index of the structure with the voxel nearest to each point (n, 3)."""
        if len(self.masks) == 1:
            return np.zeros(len(points_mm), np.intp)
        unique, inverse = np.unique(points_mm, axis=0, return_inverse=True)
        nearest = self._surfaces.query(unique)[1]
        return np.asarray(np.searchsorted(self._last_of, nearest, side="right")[inverse])

    @cached_property
    def _surface_points(self) -> tuple[NDArray[np.float64], ...]:
        return tuple(_surface_mm(mask) for mask in self.masks)

    @cached_property
    def _last_of(self) -> NDArray[np.intp]:
        return np.asarray(np.cumsum([len(points) for points in self._surface_points]))

    @cached_property
    def _surfaces(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(np.concatenate(self._surface_points))


@dataclass(frozen=True, eq=False)
class PlanningField:
    """What a needle meets at every voxel of the planning region.

    Parameters
    ----------
    grid : Grid
        Voxels of 1 mm along L, P and S.
    packed : ndarray of uint16, shape (k, j, i)
        High byte: room in eighths of a mm plus `OFFSET`, rounded down. Low byte: `Tissue`.
    nearest : ndarray of uint8, shape (k, j, i)
        Index into `obstacles` of the one that leaves least room, their number where none is near.
    obstacles : tuple of Obstacle
        The last one is bone that is in the way.
    bones : BoneSplit
    body : Mask
        On the region.
    """

    grid: Grid
    packed: NDArray[np.uint16]
    nearest: NDArray[np.uint8]
    obstacles: tuple[Obstacle, ...]
    bones: BoneSplit
    body: Mask

    @cached_property
    def blocks(self) -> NDArray[np.uint16]:
        """The same for blocks of four voxels each way, for the compiled walk: least room, and 255 for mixed tissue."""
        from .rays_numba import blocks_of

        return np.asarray(blocks_of(self.packed))

    @cached_property
    def bricks(self) -> NDArray[np.uint16]:
        """The packed words block by block, for the compiled walk."""
        from .rays_numba import bricks_of

        return np.asarray(bricks_of(self.packed))

    @cached_property
    def open_blocks(self) -> NDArray[np.uint8]:
        """Least code of the room in each block of four voxels each way and in all around it; 0 with air or canal."""
        from scipy.ndimage import minimum_filter

        room = (self.packed >> 8).astype(np.uint8)
        room[(self.tissue == Tissue.AIR) | (self.tissue == Tissue.CANAL)] = 0
        for axis in range(3):
            room = np.minimum.reduceat(room, np.arange(0, room.shape[axis], 4), axis=axis)
        return np.asarray(minimum_filter(room, size=3, mode="nearest"))

    @property
    def tissue(self) -> NDArray[np.uint8]:
        """`Tissue` of every voxel."""
        return (self.packed & 0xFF).astype(np.uint8)

    def room_mm(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Room at LPS points (..., 3) of the region: distance to the nearest surface less its clearance, in mm."""
        i, j, k = np.moveaxis(np.rint(self.grid.to_ijk(points_mm)).astype(int), -1, 0)
        return np.asarray(((self.packed[k, j, i] >> 8).astype(float) - OFFSET) / EIGHTHS)

    @property
    def structures(self) -> tuple[Structure, ...]:
        """Every structure that can refuse a path, obstacle by obstacle."""
        return tuple(item for obstacle in self.obstacles for item in obstacle.structures)

    def refusing(self, points_mm: NDArray[np.float64]) -> NDArray[np.int16]:
        """Index into `structures` of what leaves least room at each of some points (n, 3); -1 where nothing is near."""
        i, j, k = np.rint(self.grid.to_ijk(points_mm)).astype(int).T
        which = self.nearest[k, j, i]
        found = np.full(len(points_mm), -1, np.int16)
        first = 0
        for index, obstacle in enumerate(self.obstacles):
            here = which == index
            if here.any():
                found[here] = first + obstacle.nearest_to(points_mm[here])
            first += len(obstacle.structures)
        return found


def build_field(case: Case, lesion: Lesion, needle: Needle, limits: Limits, *, relaxed: bool = False) -> PlanningField:
    """Build the planning field around a lesion, as far as the needle reaches.

    Parameters
    ----------
    case : Case
        With an outline of the body.
    lesion : Lesion
    needle : Needle
    limits : Limits
    relaxed : bool
        Whether the clearances that hold inside the target bone hold inside the lesion too, for a lesion that lies
        against what must not be touched. A physician has to confirm that.

    Returns
    -------
    PlanningField

    Raises
    ------
    CaseError
        If the body is not outlined, or the lesion does not lie in it.
    """
    body = body_of(case)
    if lesion.mask.is_empty:
        raise CaseError(f"The lesion {lesion.name!r} is empty: nothing can be reached.")
    if not body.at(lesion.mask.centroid_mm):
        place = ", ".join(f"{x:.0f}" for x in lesion.mask.centroid_mm)
        raise CaseError(f"The lesion {lesion.name!r} at ({place}) mm LPS lies outside the outline of the body.")
    grid = planning_grid(body, lesion.mask.points_mm(), needle.reach_mm(limits))
    region = RegionMasks(grid)
    passed = [(item.structure.mask, item.crossings.amount) for item in neighbours_to_pass(case, lesion, limits)]
    bones = split_bones(case, lesion, region, passed)
    critical = [item for item in case.of_role(Role.CRITICAL) if not item.mask.is_empty]
    obstacles = (*_grouped(critical, region, limits), _other_bone(bones, needle, limits))
    body_here = region.of(body)
    tissue = _tissue(case, region.of(lesion.mask), body_here, bones, obstacles, limits)
    protecting = (Tissue.BONE, Tissue.HARD_BONE, Tissue.LESION) if relaxed else (Tissue.BONE, Tissue.HARD_BONE)
    packed, nearest = _room(obstacles, tissue, protecting, needle, limits)
    packed <<= np.uint16(8)
    packed |= tissue
    return PlanningField(grid, packed, nearest, obstacles, bones, body_here)


def body_of(case: Case) -> Mask:
    """The outline of the body.

    Raises
    ------
    CaseError
        If there is none.
    """
    for item in case.of_role(Role.BODY):
        if not item.mask.is_empty:
            return item.mask
    raise CaseError("The case has no outline of the body, so its skin is not known: outline the body first.")


def kin_of(structure: Structure) -> str:
    """Key of the class that a structure belongs to; "" where the catalogue does not know it."""
    kind = structure_kinds().get(structure.kind)
    return "" if kind is None else kind.kin.key


def _grouped(critical: Sequence[Structure], region: RegionMasks, limits: Limits) -> tuple[Obstacle, ...]:
    """Critical structures that share clearance and severity, together; those out of reach left out."""
    groups: dict[tuple[float, float, float, bool], list[tuple[Structure, Mask]]] = {}
    for item in critical:
        mask = region.of(item.mask)
        if not mask.is_empty:
            values = (limits.clearance_of(item), limits.clearance_in_bone(item), limits.severity_of(item))
            clearance, in_bone, severity = (value.amount for value in values)
            groups.setdefault((clearance, in_bone, severity, kin_of(item) == "cord"), []).append((item, mask))
    return tuple(
        Obstacle(tuple(s for s, _ in pairs), key[0], key[1], key[2], tuple(m for _, m in pairs))
        for key, pairs in groups.items()
    )


def _other_bone(bones: BoneSplit, needle: Needle, limits: Limits) -> Obstacle:
    """Bone in the way: the needle has to pass it with its bare radius, whatever its placement error."""
    error = needle.error_mm(np.linspace(0, 1, 101), limits).min()
    less = limits.certainty_z.amount * float(error) + limits.numeric_guard.amount
    clearance = limits.pass_by_bone.amount - less
    structures, masks = (tuple(part) for part in zip(*bones.others, strict=True)) if bones.others else ((), ())
    return Obstacle(structures, clearance, clearance, limits.unknown_severity.amount, masks)


def _tissue(
    case: Case, lesion: Mask, body: Mask, bones: BoneSplit, obstacles: Sequence[Obstacle], limits: Limits
) -> NDArray[np.uint8]:
    """`Tissue` of every voxel; what matters more is written later."""
    tissue = np.zeros(body.grid.shape, np.uint8)
    tissue[body.window][body.voxels] = Tissue.SOFT
    pairs = [pair for group in obstacles for pair in zip(group.structures, group.masks, strict=False)]
    for mask in (mask for item, mask in pairs if kin_of(item) == "lung"):
        tissue[mask.window][mask.voxels] = Tissue.LUNG
    for _, mask in bones.others:
        tissue[mask.window][mask.voxels] = Tissue.OTHER_BONE
    where = np.flatnonzero(bones.target)
    tissue.ravel()[where] = np.where(_is_hard(case, body.grid, where, limits), Tissue.HARD_BONE, Tissue.BONE)
    tissue[lesion.window][lesion.voxels] = Tissue.LESION
    for mask in (mask for item, mask in pairs if kin_of(item) == "cord"):
        tissue[mask.window][mask.voxels] = Tissue.CANAL
    return tissue


def _is_hard(case: Case, grid: Grid, where: NDArray[np.intp], limits: Limits) -> NDArray[np.bool_]:
    """Whether the image is denser than hard bone at flat indices of the region; never where it is not in HU."""
    image = case.image
    if image.unit != "HU" or not where.size:
        return np.zeros(where.size, bool)
    kji = np.stack(np.unravel_index(where, grid.shape), axis=1)
    ijk = np.rint(image.grid.to_ijk(grid.to_mm(kji[:, ::-1]))).astype(np.intp)
    i, j, k = np.clip(ijk, 0, np.asarray(image.grid.shape[::-1]) - 1).T
    return np.asarray(image.voxels[k, j, i] > limits.hard_bone.amount)


def _room(
    obstacles: Sequence[Obstacle],
    tissue: NDArray[np.uint8],
    protecting: Sequence[Tissue],
    needle: Needle,
    limits: Limits,
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Code of the room at every voxel, and which obstacle leaves least of it."""
    farthest = float(needle.kept_clear_mm(np.linspace(0, 1, 101), limits).max())
    farthest += limits.numeric_guard.amount + limits.clearance_reach.amount
    room = np.full(tissue.shape, 255, np.uint16)
    nearest = np.full(tissue.shape, len(obstacles), np.uint8)
    for index, obstacle in enumerate(obstacles):
        limit = max(int(np.ceil((obstacle.clearance_mm + farthest) / VOXEL_MM)) + 1, 1)
        window = box_around(list(obstacle.masks), limit)
        if window is None:
            continue
        squared = squared_distance_below(marked_within(list(obstacle.masks), window), limit)
        here = _codes(limit, obstacle.clearance_mm)[squared]
        if obstacle.in_bone_mm != obstacle.clearance_mm:
            in_bone = np.isin(tissue[window], protecting)
            here[in_bone] = _codes(limit, obstacle.in_bone_mm)[squared[in_bone]]
        less = here < room[window]
        room[window][less] = here[less]
        nearest[window][less] = index
    return room, nearest


def _codes(limit: int, clearance_mm: float) -> NDArray[np.uint16]:
    """Code of the room for every squared distance up to `limit`; half a voxel lies between centre and surface."""
    distance = np.sqrt(np.minimum(np.arange(limit * limit + 2), limit * limit)) * VOXEL_MM - VOXEL_MM / 2
    return np.asarray(np.clip(np.floor((distance - clearance_mm) * EIGHTHS) + OFFSET, 0, 255), np.uint16)


def _surface_mm(mask: Mask) -> NDArray[np.float64]:
    """LPS mm of the marked voxels that have an unmarked neighbour."""
    padded = np.pad(mask.voxels, 1)
    inner = padded.copy()
    for axis in range(3):
        inner &= np.roll(padded, 1, axis) & np.roll(padded, -1, axis)
    border = (padded & ~inner)[1:-1, 1:-1, 1:-1]
    return Mask.within(border, mask.corner, mask.grid).points_mm()

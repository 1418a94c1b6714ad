"""Walking along many straight paths through the planning field at once.

Paths are walked from the tip to the skin in steps of at most one voxel, in whole numbers: positions in 1/65536 of a
voxel, room in eighths of a mm. The compiled kernel and its twin in NumPy therefore give the same answer to the last
bit. Paths are walked in the order of their direction, because neighbours share the cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PlanError
from ..image.distance import has_numba
from .field import EIGHTHS, OFFSET, PlanningField, Tissue
from .limits import Limits
from .needle import Needle

FIXED = 16
"""Binary digits behind the point of a position."""
BINS = 64
"""Parts of a path for which the needed room is tabulated."""
SKIN_STEPS = 3
"""Steps before the skin in which air is not counted: the skin is a staircase."""

COLUMNS = (
    "spare", "where", "soft", "lung", "bone", "hard_bone", "other_bone", "lesion", "canal", "air", "crossings",
    "first_bone",
)  # fmt: skip
"""What is found along each path, in whole numbers; the kernels fill a table of these columns."""

_SPARE, _WHERE = 0, 1
_SOFT, _CANAL, _AIR, _CROSSINGS, _FIRST_BONE = 2, 8, 9, 10, 11


@dataclass(frozen=True, eq=False)
class Walk:
    """What many paths meet, each from its tip (step 0) to its entry (step `steps`).

    Parameters
    ----------
    entries_mm, tips_mm : ndarray, shape (n, 3)
        LPS mm.
    steps : ndarray of int32, shape (n,)
        Number of steps of each path.
    found : ndarray of int32, shape (n, len(COLUMNS))
    """

    entries_mm: NDArray[np.float64]
    tips_mm: NDArray[np.float64]
    steps: NDArray[np.int32]
    found: NDArray[np.int32]

    def column(self, name: str) -> NDArray[np.int32]:
        """One column of `found`: counts are steps, `spare` is in eighths of a mm."""
        return self.found[:, COLUMNS.index(name)]

    @cached_property
    def length_mm(self) -> NDArray[np.float64]:
        """Length of each path."""
        return np.asarray(np.sqrt(squared_length(self.entries_mm - self.tips_mm)))

    @cached_property
    def directions(self) -> NDArray[np.float64]:
        """Unit vectors from entry to tip, shape (n, 3)."""
        return np.asarray((self.tips_mm - self.entries_mm) / self.length_mm[:, None])

    @property
    def spare_mm(self) -> NDArray[np.float64]:
        """Least room along each path beyond what the needle needs; negative where it is not allowed."""
        return np.asarray(self.column("spare") / EIGHTHS)

    def mm_of(self, name: str) -> NDArray[np.float64]:
        """Length of each path in one kind of tissue."""
        return np.asarray(self.column(name) * self.length_mm / self.steps)

    def point_at(self, step: NDArray[np.int32]) -> NDArray[np.float64]:
        """LPS mm of one step of each path, shape (n, 3)."""
        share = (step / self.steps)[:, None]
        return np.asarray(self.tips_mm + share * (self.entries_mm - self.tips_mm))

    @cached_property
    def tightest_mm(self) -> NDArray[np.float64]:
        """Where the least room is, in LPS mm, shape (n, 3)."""
        return self.point_at(self.column("where"))

    def part(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Walk:
        """Some of the paths."""
        rows = np.flatnonzero(chosen) if chosen.dtype == bool else chosen  # rows are taken faster than picked
        every = (self.entries_mm, self.tips_mm, self.steps, self.found)
        return Walk(*(part.take(rows, axis=0) for part in every))  # type: ignore[arg-type]


def needed_room(needle: Needle, limits: Limits) -> NDArray[np.int32]:
    """Room code that a needle needs on each of `BINS` + 1 parts of its way, from the tip (first) to the skin (last)."""
    ends = np.linspace(1, 0, BINS + 1)
    kept = needle.kept_clear_mm(ends, limits) + limits.numeric_guard.amount
    widest = np.maximum(kept, np.append(kept[1:], kept[-1]))
    return np.asarray(np.ceil(widest * EIGHTHS - 1e-9) + OFFSET, np.int32)


def walk_paths(
    field: PlanningField,
    entries_mm: ArrayLike,
    tips_mm: ArrayLike,
    needle: Needle,
    limits: Limits,
    *,
    compiled: bool | None = None,
) -> Walk:
    """Walk from every tip to its entry and note what is met.

    Parameters
    ----------
    field : PlanningField
    entries_mm, tips_mm : array, shape (n, 3)
        LPS mm, within the region of the field.
    needle : Needle
    limits : Limits
    compiled : bool or None
        Whether to use the compiled kernel; None uses it where numba is installed.

    Returns
    -------
    Walk

    Raises
    ------
    PlanError
        If an end lies outside the region.
    """
    entries, tips = (np.atleast_2d(np.asarray(a, float)) for a in (entries_mm, tips_mm))
    steps = steps_of(entries, tips)
    order = by_direction(entries - tips)
    start, stride = (part.take(order, axis=0) for part in _in_steps(field, entries, tips, steps))
    paths = (start, stride, steps[order], needed_room(needle, limits), int(np.ceil(limits.bone_gap.amount)))
    if has_numba() if compiled is None else compiled:
        from .rays_numba import walk_compiled

        sorted_found = walk_compiled(field.packed, *paths, field.blocks, field.bricks)
    else:
        sorted_found = walk_numpy(field.packed, *paths)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return Walk(entries, tips, steps, sorted_found.take(back, axis=0))


def steps_of(entries_mm: NDArray[np.float64], tips_mm: NDArray[np.float64]) -> NDArray[np.int32]:
    """Number of steps of at most 1 mm from each tip to its entry, at least one."""
    return np.asarray(np.maximum(np.ceil(np.sqrt(squared_length(entries_mm - tips_mm))), 1), np.int32)


def squared_length(ways: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared length of each vector, shape (n, 3)."""
    return np.asarray(np.einsum("na,na->n", ways, ways))


def _in_steps(
    field: PlanningField, entries: NDArray[np.float64], tips: NDArray[np.float64], steps: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Where each path starts and how far a step goes, both in 1/65536 of a voxel along (i, j, k).

    Raises
    ------
    PlanError
        If an end lies outside the region.
    """
    first, last = (_within(field, points, name) for points, name in ((tips, "tip"), (entries, "entry")))
    scale = 1 << FIXED
    stride = np.rint((last - first) * (scale / steps)[:, None]).astype(np.int32)
    return np.rint(first * scale).astype(np.int32) + (scale >> 1), stride


def _within(field: PlanningField, points_mm: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Indices (i, j, k) of points, moved into the voxels at the border where they lie at most half a voxel beyond.

    Raises
    ------
    PlanError
        If a point lies farther out.
    """
    ijk = field.grid.to_ijk(points_mm)
    top = np.asarray(field.grid.shape[::-1]) - 1
    if (ijk >= 0).all() and (ijk <= top).all():
        return ijk
    inner = np.clip(ijk, 0, top)
    outside = (np.abs(ijk - inner) > 0.5).any(axis=1)
    if outside.any():
        place = ", ".join(f"{x:.0f}" for x in points_mm[outside][0])
        raise PlanError(f"The {name} ({place}) mm LPS lies outside the region of the search.")
    return np.asarray(inner)


_TILES = 64
"""Tiles along each edge of the cube of directions."""


def by_direction(ways: NDArray[np.float64]) -> NDArray[np.intp]:
    """An order in which neighbours point the same way: tiles on the faces of a cube, along a Z-order curve.

    The tiles fit into 16 bits, which are sorted by their digits and keep the order of entries within a tile.
    """
    size = np.abs(ways)
    face = size.argmax(axis=1)
    lines = np.arange(len(ways))
    largest = np.maximum(size[lines, face], 1e-9)
    key = (2 * face + (ways[lines, face] > 0)).astype(np.uint16)
    tiles = []
    for turn in (1, 2):
        part = ways[lines, (face + turn) % 3] / largest
        tiles.append(np.minimum((part + 1) * (_TILES / 2), _TILES - 1).astype(np.uint16))
    key = (key << np.uint16(12)) | (_spread(tiles[0]) << np.uint16(1)) | _spread(tiles[1])
    return np.argsort(key, kind="stable")


def _spread(numbers: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Put a zero between the binary digits of numbers below 64."""
    for shift, kept in ((4, 0x0F0F), (2, 0x3333), (1, 0x5555)):
        numbers = (numbers | (numbers << np.uint16(shift))) & np.uint16(kept)
    return numbers


def walk_numpy(
    packed: NDArray[np.uint16],
    start: NDArray[np.int32],
    stride: NDArray[np.int32],
    steps: NDArray[np.int32],
    needed: NDArray[np.int32],
    gap: int,
) -> NDArray[np.int32]:
    """The twin of the compiled kernel: all paths of a block take one step together."""
    found = np.zeros((len(steps), len(COLUMNS)), np.int32)
    for first in range(0, len(steps), 4096):
        block = slice(first, first + 4096)
        found[block] = _walk_block(packed, start[block], stride[block], steps[block], needed, gap)
    return found


def _walk_block(
    packed: NDArray[np.uint16],
    start: NDArray[np.int32],
    stride: NDArray[np.int32],
    steps: NDArray[np.int32],
    needed: NDArray[np.int32],
    gap: int,
) -> NDArray[np.int32]:
    rows, length = packed.shape[1:]
    flat = packed.reshape(-1)
    n = len(steps)
    counts = np.zeros((n, len(Tissue)), np.int32)
    rising = (BINS << FIXED) // steps
    spare, where = np.full(n, np.iinfo(np.int32).max, np.int32), np.zeros(n, np.int32)
    state = _BoneState(n)
    i, j, k = (start[:, axis].copy() for axis in range(3))
    lines = np.arange(n)
    for step in range(int(steps.max(initial=0)) + 1):
        index = ((k >> FIXED) * rows + (j >> FIXED)) * length + (i >> FIXED)
        active = step <= steps
        word = flat[np.where(active, index, 0)].astype(np.int32)
        tissue = word & 0xFF
        here = np.where(active, (word >> 8) - needed[np.minimum((step * rising) >> FIXED, BINS)], spare)
        less = here < spare
        spare[less], where[less] = here[less], step
        counted = active & ((tissue != Tissue.AIR) | (step <= steps - SKIN_STEPS))
        counts[lines, tissue] += counted
        state.step(tissue, active, step, gap)
        i += stride[:, 0]
        j += stride[:, 1]
        k += stride[:, 2]
    found = np.empty((n, len(COLUMNS)), np.int32)
    found[:, _SPARE], found[:, _WHERE] = spare, where
    found[:, _SOFT : _CANAL + 1] = counts[:, Tissue.SOFT : Tissue.CANAL + 1]
    found[:, _AIR], found[:, _CROSSINGS], found[:, _FIRST_BONE] = counts[:, Tissue.AIR], state.crossings, state.first
    return found


class _BoneState:
    """Runs of bone along a block of paths, with short gaps closed and the lesion counting as neither."""

    def __init__(self, n: int) -> None:
        self.within = np.zeros(n, bool)
        self.gap = np.zeros(n, np.int32)
        self.crossings = np.zeros(n, np.int32)
        self.first = np.full(n, -1, np.int32)

    def step(self, tissue: NDArray[np.int32], active: NDArray[np.bool_], step: int, gap: int) -> None:
        bone = active & ((tissue == Tissue.BONE) | (tissue == Tissue.HARD_BONE))
        lesion = tissue == Tissue.LESION
        self.crossings += bone & ~self.within
        self.first[bone] = step
        self.gap = np.where(bone | lesion, 0, self.gap + 1)
        self.within = np.where(active, bone | (self.within & (self.gap < gap)), self.within)

"""Closely spaced points along one path and what the outlines say of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Lesion, Role, Structure
from ..findings import Point
from ..mask import Mask
from ..plan import Trajectory
from .bones import bones_holding, is_named_bone
from .clearance import as_point, points_along
from .joints import Neighbour, neighbours_to_pass
from .limits import Limits
from .needle import Needle
from .region import marked_at

_HELD: WeakKeyDictionary[Lesion, tuple[ref[Case], tuple[Structure, ...]]] = WeakKeyDictionary()
"""The bones that hold a lesion in a case, which a needle that is dragged asks for many times a second."""


@dataclass(frozen=True, eq=False)
class PathSamples:
    """One path through a case.

    Parameters
    ----------
    case : Case
    trajectory : Trajectory
    needle : Needle
    lesion : Lesion or None
        What it is for.
    about : str
        Name of the needle.
    limits : Limits
    kind : str
        What it is called: "needle" or "cannula".
    """

    case: Case
    trajectory: Trajectory
    needle: Needle
    lesion: Lesion | None
    about: str
    limits: Limits
    kind: str = "needle"

    @cached_property
    def depth_mm(self) -> NDArray[np.float64]:
        """Depth of every sample behind the skin, shape (n,)."""
        return points_along(self.trajectory)

    @cached_property
    def points_mm(self) -> NDArray[np.float64]:
        """LPS mm of every sample, shape (n, 3)."""
        way = np.asarray(self.trajectory.direction)
        return np.asarray(np.asarray(self.trajectory.entry_mm) + self.depth_mm[:, None] * way)

    @property
    def step_mm(self) -> float:
        """Distance between samples."""
        return self.trajectory.length_mm / (len(self.depth_mm) - 1)

    @cached_property
    def holding(self) -> tuple[Structure, ...]:
        """The named bones that hold the lesion."""
        if self.lesion is None:
            return ()
        known = _HELD.get(self.lesion)
        if known is None or known[0]() is not self.case:
            known = _HELD[self.lesion] = (ref(self.case), bones_holding(self.case, self.lesion))
        return known[1]

    @cached_property
    def neighbours(self) -> tuple[Neighbour, ...]:
        """What may be passed besides the bones that hold the lesion."""
        return () if self.lesion is None else neighbours_to_pass(self.case, self.lesion, self.limits)

    @cached_property
    def in_neighbours(self) -> NDArray[np.bool_]:
        """Which samples lie in what may be passed besides the bones that hold the lesion."""
        return self.within(item.structure for item in self.neighbours)

    @cached_property
    def error_mm(self) -> NDArray[np.float64]:
        """What the limits keep for placement error at every sample."""
        share = self.depth_mm / self.trajectory.length_mm
        return self.limits.certainty_z.amount * self.needle.error_mm(share, self.limits)

    @cached_property
    def in_target_bone(self) -> NDArray[np.bool_]:
        """Which samples lie in bone that the needle may enter."""
        bones = self.case.of_role(Role.BONE)
        others = [item for item in bones if is_named_bone(item) and item not in self.holding]
        general = [item for item in bones if not is_named_bone(item)]
        return self.within(self.holding) | self.in_neighbours | (self.within(general) & ~self.within(others))

    @cached_property
    def in_lesion(self) -> NDArray[np.bool_]:
        """Which samples lie in the lesion."""
        return self.within(() if self.lesion is None else (self.lesion,))

    def within(self, items: Iterable[Structure | Lesion]) -> NDArray[np.bool_]:
        """Which samples lie in any of some outlines."""
        found = np.zeros(len(self.points_mm), bool)
        for item in items:
            hit = self._marked(item.mask)
            if hit is not None:
                found |= hit
        return found

    def _marked(self, mask: Mask) -> NDArray[np.bool_] | None:
        """Which samples lie in a mask; None where the needle passes by its box."""
        if id(mask) not in self._known:
            self._known[id(mask)] = (mask, self._looked_up(mask))
        return self._known[id(mask)][1]

    def _looked_up(self, mask: Mask) -> NDArray[np.bool_] | None:
        if mask.is_empty:
            return None
        if mask.grid != self.case.image.grid:
            return marked_at(mask, self.points_mm)
        index, low, high = self._index
        first = np.asarray(mask.corner)
        if (high < first).any() or (low >= first + mask.voxels.shape).any():
            return None
        at = index - first
        inside = np.all((at >= 0) & (at < np.asarray(mask.voxels.shape)), axis=1)
        found = np.zeros(len(at), bool)
        k, j, i = at[inside].T
        found[inside] = mask.voxels[k, j, i]
        return found

    @cached_property
    def _known(self) -> dict[int, tuple[Mask, NDArray[np.bool_] | None]]:
        return {}

    @cached_property
    def _index(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Voxel (k, j, i) of the image around every sample, and the smallest and largest of them."""
        index = np.rint(self.case.image.grid.to_ijk(self.points_mm)).astype(np.intp)[:, ::-1]
        return index, index.min(axis=0), index.max(axis=0)

    def place(self, sample: int) -> Point:
        """LPS mm of one sample."""
        return as_point(self.points_mm[sample])

    def called(self) -> str:
        """The needle or cannula in words, for a sentence."""
        return f"{self.kind.capitalize()} {self.about}" if self.about else f"The {self.kind}"

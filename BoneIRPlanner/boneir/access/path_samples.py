"""Closely spaced points along one path and what the outlines say of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Lesion, Role, Structure
from ..findings import Point
from ..plan import Trajectory
from .bones import bones_holding, is_named_bone
from .clearance import as_point, points_along
from .limits import Limits
from .needle import Needle
from .region import marked_at


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
    """

    case: Case
    trajectory: Trajectory
    needle: Needle
    lesion: Lesion | None
    about: str
    limits: Limits

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
        return () if self.lesion is None else bones_holding(self.case, self.lesion)

    @cached_property
    def in_target_bone(self) -> NDArray[np.bool_]:
        """Which samples lie in bone that the needle may enter."""
        bones = self.case.of_role(Role.BONE)
        others = [item for item in bones if is_named_bone(item) and item not in self.holding]
        general = [item for item in bones if not is_named_bone(item)]
        return self.within(self.holding) | (self.within(general) & ~self.within(others))

    @cached_property
    def in_lesion(self) -> NDArray[np.bool_]:
        """Which samples lie in the lesion."""
        return self.within(() if self.lesion is None else (self.lesion,))

    def within(self, items: Iterable[Structure | Lesion]) -> NDArray[np.bool_]:
        """Which samples lie in any of some outlines."""
        found = np.zeros(len(self.points_mm), bool)
        for item in items:
            found |= marked_at(item.mask, self.points_mm)
        return found

    def place(self, sample: int) -> Point:
        """LPS mm of one sample."""
        return as_point(self.points_mm[sample])

    def called(self) -> str:
        """The needle in words, for a sentence."""
        return f"Needle {self.about}" if self.about else "The needle"

"""A needle that a control image shows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..findings import Point
from ..plan import Trajectory


@dataclass(frozen=True)
class FoundNeedle:
    """A needle that a control CT shows.

    Parameters
    ----------
    tip_mm : Point
        LPS mm of its foremost point.
    direction : Point
        Unit vector from the hub to the tip.
    rear_mm : Point
        The hindmost point that the image shows of it.
    entry_mm : Point or None
        Where its axis goes through the skin; None where no outline of the body was given or the image ends before.
    apparent_mm : float
        Diameter that the image shows, blooming included.
    tip_seen : bool
        False where the needle runs out of the image at its tip.
    """

    tip_mm: Point
    direction: Point
    rear_mm: Point
    entry_mm: Point | None
    apparent_mm: float
    tip_seen: bool = True

    @property
    def trajectory(self) -> Trajectory:
        """From the skin, or from the hindmost point that is shown, to the tip."""
        return Trajectory(self.entry_mm or self.rear_mm, self.tip_mm)

    @property
    def length_mm(self) -> float:
        """Of what the image shows of it."""
        return math.dist(self.rear_mm, self.tip_mm)

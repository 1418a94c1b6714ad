"""How far the axis of a corridor has to reach, and what its walk may take for granted."""

from __future__ import annotations

from dataclasses import dataclass

from ..resources import limit

SLANT = 2.0
"""The way from the entry, in depths: the inverse cosine of the most slanted entry."""
SLACK_MM = 1.0
"""What the depth between voxel centres may be wrong by at the surface."""


def mouth_mm() -> float:
    """Farther than this from the entry every surface counts, however slanted the entry is."""
    return limit("screws", "mouth").amount


@dataclass(frozen=True)
class Reach:
    """How far an axis has to reach, in mm.

    Parameters
    ----------
    back_mm : float
        Most that may lie between the place and the entry.
    ahead_mm : float
        Least that the screw has to reach beyond the place; where it goes through the bone, the farthest that is looked.
    tip_mm : float
        Least bone left ahead of the tip.
    through : bool
        Whether the screw leaves the bone on the other side.
    least_mm : float
        Least way through the bone.
    """

    back_mm: float
    ahead_mm: float
    tip_mm: float
    through: bool
    least_mm: float = 0.0

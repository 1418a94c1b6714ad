"""Plans whose way in has the same name are told apart by their angles."""

from __future__ import annotations

import math

from boneir.plan import Trajectory
from boneir.proposing.plans import told_apart
from boneir.proposing.ways import Way

TIP = (0.0, 0.0, 0.0)


def way(approach: str, aside_deg: float, above_deg: float = 0.0) -> Way:
    aside, above = math.radians(aside_deg), math.radians(above_deg)
    flat = math.cos(above)
    entry = (-100 * flat * math.sin(aside), 100 * flat * math.cos(aside), 100 * math.sin(above))
    return Way(0.5, (Trajectory(entry, TIP),), approach, 1.0, ())


def test_only_names_that_repeat_get_an_angle() -> None:
    ways = [way("right oblique", 25), way("posterior", 3), way("right oblique", 41)]
    assert [item.approach for item in told_apart(ways)] == [
        "right oblique at 25 deg",
        "posterior",
        "right oblique at 41 deg",
    ]


def test_the_same_angle_is_told_apart_by_the_tilt() -> None:
    ways = [way("right oblique", 25, 8), way("right oblique", 25, -12), way("right oblique", 30)]
    assert [item.approach for item in told_apart(ways)] == [
        "right oblique at 25 deg, 8 deg from above",
        "right oblique at 25 deg, 12 deg from below",
        "right oblique at 30 deg",
    ]

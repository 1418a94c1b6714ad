"""Shapes of the synthetic lower chest: ribs, lungs with their recesses, and the wall between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..findings import Point
from .shapes import Capsule, Column, Common, Cut, Ellipsoid, HalfSpace, Shape, Union
from .synthetic_build import Build, Vertebra

_RIB_ARCS_DEG = {8: 140.0, 9: 125.0, 10: 105.0, 11: 78.0, 12: 48.0}
"""How far each rib goes round, from the spine."""
_RIB_DROPS_MM = {8: 118.0, 9: 112.0, 10: 100.0, 11: 78.0, 12: 48.0}
"""How far its tip lies below its head."""

CHEST_CENTRE_Y_MM = -14.0
CHEST_RADII_MM = (133.0, 100.0)
"""Of the middle of the ribs at T10."""


def rib_line(number: int, head: Vertebra, build: Build, side: int, above_mm: float = 0.0) -> list[Point]:
    """Centre line of a rib from its head on; `side` is 1 for the left, -1 for the right.

    Parameters
    ----------
    number : int
        8 to 12.
    head : Vertebra
        The vertebra that carries it, or T10 for a rib whose own vertebra is above the image.
    build : Build
    side : int
    above_mm : float
        How far its own vertebra lies above `head`.
    """
    s = head.size
    start = head.at(side * (s.width / 2 + 3.0), s.depth / 2 - 1.0, s.height * 0.28 + above_mm)
    neck = head.at(side * (s.process_span / 2 + 1.0), s.depth / 2 + 14.0, s.height * 0.1 + above_mm)
    centre_y = CHEST_CENTRE_Y_MM * build.size
    wide, deep = (radius * build.size for radius in CHEST_RADII_MM)
    first = math.atan2(abs(neck[0]) / wide, (neck[1] - centre_y) / deep)
    line = [start, neck]
    for share in np.linspace(0.06, 1.0, 22):
        angle = first + share * math.radians(_RIB_ARCS_DEG[number])
        join = 1 - min(1.0, share / 0.25)
        ring_y = centre_y + deep * math.cos(angle)
        offset = (neck[1] - (centre_y + deep * math.cos(first))) * join
        drop = _RIB_DROPS_MM[number] * build.size * (share**1.15)
        line.append((side * wide * math.sin(angle), ring_y + offset, neck[2] - drop))
    return line


def rib(line: list[Point], build: Build) -> Shape:
    """A rib along its centre line: a flat, upright bar, thick at its neck."""
    parts: list[Shape] = []
    for n, (a, b) in enumerate(pairwise(line)):
        radius = (4.2 if n < 2 else 3.5) * build.size
        parts.append(Capsule(a, b, radius, radius, (1.0, 1.0, 1.0 if n == 0 else 1.7)))
    return Union(parts)


def ribs_of(spine: tuple[Vertebra, ...], build: Build, side: int) -> dict[int, Shape]:
    """The ribs of one side by number; the eighth and ninth hang down from vertebrae above T10."""
    ribs = {}
    for number in _RIB_ARCS_DEG:
        above = max(10 - number, 0) * 28.0 * build.size
        ribs[number] = rib(rib_line(number, spine[max(number - 10, 0)], build, side, above), build)
    return ribs


def chest_cavity(build: Build, top_mm: float) -> Column:
    """The space within the ribs, down to the recess behind the diaphragm."""
    z = np.asarray([-20.0, 60.0, 130.0, 200.0, top_mm + 80.0])
    wide, deep = CHEST_RADII_MM
    radii = np.asarray([[wide, deep]] * 5) * build.size - 6.5
    radii[:2] -= [[3.0, 1.0], [1.0, 0.0]]
    return Column(z, np.asarray([[0.0, CHEST_CENTRE_Y_MM * build.size]] * 5), radii)


def diaphragm(build: Build, t12_mm: float) -> Shape:
    """What lies under the diaphragm: two domes, the right one higher, on a slanting base."""
    s = build.size
    right = Ellipsoid((-58.0 * s, -22.0 * s, t12_mm - 20.0), (66.0 * s, 74.0 * s, 92.0 * s))
    left = Ellipsoid((60.0 * s, -24.0 * s, t12_mm - 26.0), (60.0 * s, 70.0 * s, 86.0 * s))
    middle = Ellipsoid((0.0, -40.0 * s, t12_mm - 20.0), (80.0 * s, 66.0 * s, 74.0 * s))
    return Union([right, left, middle], blend_mm=10.0)


def lung(build: Build, spine: tuple[Vertebra, ...], side: int, clear_of: Sequence[Shape]) -> Shape:
    """A lung base: the chest cavity above and behind the diaphragm, on one side.

    Parameters
    ----------
    build : Build
    spine : tuple of Vertebra
    side : int
        1 for the left, -1 for the right.
    clear_of : sequence of Shape
        Ribs and muscles that it leaves room for.
    """
    t10, t11, t12 = spine[:3]
    s = build.size
    cavity = chest_cavity(build, float(t10.centre_mm[2]))
    floor = HalfSpace((0.0, 60.0, float(t12.centre_mm[2]) - 6.0), (0.0, -0.45, -0.893))
    half = HalfSpace((side * 12.0, 0.0, 0.0), (-float(side), 0.0, 0.0))
    levels = [t10.at(0, 0, 90.0), t10.at(0, 0, 0), t11.at(0, 0, 0), t12.at(0, 0, -60.0)]
    ahead, behind = (
        [Capsule((x, y + back, z), (u, v + back, w), r, r, wide) for (x, y, z), (u, v, w) in pairwise(levels)]
        for back, r, wide in ((-8.0 * s, 27.0 * s, (1.0, 1.0, 1.0)), (60.0 * s, 38.0 * s, (1.15, 1.0, 1.0)))
    )
    gap = Union([*ahead, *behind], blend_mm=6.0)
    return Cut(Common([cavity, half, floor]), [diaphragm(build, float(t12.centre_mm[2])), gap, *clear_of], gap_mm=2.5)

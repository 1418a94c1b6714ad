"""Shapes of the synthetic torso: skin, fat, muscle wall, the space for the organs, the large muscles and the table."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from ..findings import Point
from .shapes import Capsule, Column, Common, Cut, HalfSpace, Plate, Shape, Union
from .synthetic_build import Build, Vertebra, scaled

# Height; half width, front and back (y) of the muscle wall; then the fat at the sides, in front and behind: all mm.
_WALL = np.asarray(
    [
        [-330, 168, -72, 96, 14, 14, 20],
        [-200, 166, -76, 96, 16, 18, 22],
        [-150, 160, -82, 94, 20, 22, 24],
        [-100, 156, -90, 92, 22, 20, 24],
        [-50, 148, -98, 90, 22, 20, 22],
        [0, 142, -106, 84, 20, 20, 22],
        [50, 136, -112, 74, 17, 18, 18],
        [100, 134, -114, 74, 14, 17, 15],
        [160, 140, -116, 80, 12, 15, 13],
        [220, 145, -118, 88, 11, 13, 12],
        [300, 147, -118, 94, 10, 12, 11],
        [420, 150, -118, 98, 10, 12, 11],
    ],
    float,
)

# Height; half width, front and back of the space for the organs.
_CAVITY = np.asarray(
    [
        [-178, 24, -40, 30],
        [-150, 36, -52, 44],
        [-120, 46, -62, 52],
        [-80, 54, -72, 50],
        [-40, 84, -84, 34],
        [0, 104, -94, 22],
        [50, 122, -102, 34],
        [100, 123, -104, 44],
        [160, 128, -104, 62],
        [220, 132, -108, 76],
        [300, 133, -110, 84],
        [420, 134, -110, 88],
    ],
    float,
)

TABLE_GAP_MM = 1.0


def _column(z: NDArray[np.float64], half: NDArray[np.float64], front: NDArray[np.float64], back: NDArray[np.float64],
            boxiness: float) -> Column:  # fmt: skip
    centre = np.stack([np.zeros_like(z), (front + back) / 2], axis=1)
    return Column(z, centre, np.stack([half, (back - front) / 2], axis=1), boxiness)


def _table_of(rows: NDArray[np.float64], build: Build) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fine heights, and the other columns there, smoothly."""
    z = np.arange(rows[0, 0], rows[-1, 0] + 1.0, 4.0)
    return z * build.size, np.asarray(PchipInterpolator(rows[:, 0], rows[:, 1:])(z))


def outline(build: Build, layer: str) -> Column:
    """A layer of the trunk with everything under it: "skin", "fat" (under the skin) or "muscle" (under the fat)."""
    z, values = _table_of(_WALL, build)
    half, front, back, *fat = (values[:, n] for n in range(6))
    half, front, back = half * build.size, front * build.size, back * build.size
    if layer != "muscle":
        sides, before, behind = (part * build.girth for part in fat)
        skin = 2.0 if layer == "skin" else 0.0
        half, front, back = half + sides + skin, front - before - skin, back + behind + skin
    return _column(z, half, front, back, 0.4)


def organ_space(build: Build) -> Column:
    """The space within the muscles, from the chest to the floor of the pelvis."""
    z, values = _table_of(_CAVITY, build)
    half, front, back = (values[:, n] * build.size for n in range(3))
    return _column(z, half, front, back, 0.15)


def back_muscles(spine: tuple[Vertebra, ...], build: Build, side: int) -> Shape:
    """The erector of the spine on one side, from T10 to the sacrum."""
    s = build.size
    line: list[Point] = [spine[0].at(side * 27.0 * s, 47.0 * s, 60.0)]
    line += [v.at(side * 30.0 * s, v.canal_back_mm + 22.0 * s, 0.0) for v in spine]
    line += [(side * 26.0 * s, 72.0 * s, -24.0 * s), (side * 18.0 * s, 86.0 * s, -60.0 * s)]
    radii = np.interp(np.arange(len(line)), [0, 4, 7, 8, 10], np.asarray([13.0, 17.0, 18.0, 16.0, 6.0]) * s)
    return Union(
        [
            Capsule(a, b, float(r), float(q), (1.55, 1.0, 1.0))
            for a, b, r, q in zip(line[:-1], line[1:], radii[:-1], radii[1:], strict=True)
        ]
    )


def psoas(spine: tuple[Vertebra, ...], build: Build, side: int) -> Shape:
    """The psoas from T12 to the front of the hip joint."""
    s = build.size
    l1, l2, l3, l4, l5 = spine[3:]
    line: list[Point] = [l1.at(side * 26.0 * s, 6.0, -8.0), l2.at(side * 33.0 * s, 5.0, -5.0)]
    line += [l3.at(side * 38.0 * s, 4.0, 0.0), l4.at(side * 43.0 * s, 1.0, 0.0), l5.at(side * 49.0 * s, -6.0, 0.0)]
    line += [(side * 68.0 * s, -30.0 * s, -36.0 * s), (side * 84.0 * s, -52.0 * s, -80.0 * s)]
    line += [(side * 96.0 * s, -46.0 * s, -118.0 * s), (side * 112.0 * s, -4.0 * s, -158.0 * s)]
    radii = np.asarray([6.0, 11.0, 16.0, 19.0, 19.0, 17.0, 15.0, 13.0, 8.0]) * s
    parts = zip(line[:-1], line[1:], radii[:-1], radii[1:], strict=True)
    return Union([Capsule(a, b, float(r), float(q), (1.0, 1.12, 1.0)) for a, b, r, q in parts], blend_mm=2.0)


def loin_muscle(spine: tuple[Vertebra, ...], build: Build, side: int) -> Shape:
    """The quadratus lumborum, beside the transverse processes."""
    s = build.size
    _, _, t12, _, l2, l3, l4, _ = spine
    line = [t12.at(side * 46.0 * s, 30.0, -10.0), l2.at(side * 56.0 * s, 24.0, 0.0), l3.at(side * 66.0 * s, 22.0, 0.0)]
    line.append(l4.at(side * 76.0 * s, 22.0, -8.0))
    parts = pairwise(line)
    return Union([Capsule(a, b, 6.5 * s, 7.5 * s, (2.2, 1.0, 1.0)) for a, b in parts], blend_mm=2.0)


def gluteal_cleft(build: Build) -> Shape:
    """The fat between the buttocks and behind the sacrum."""
    s = build.size
    line = [(0.0, 108.0 * s, -30.0 * s), (0.0, 98.0 * s, -90.0 * s), (0.0, 90.0 * s, -200.0 * s)]
    rods = [Capsule(a, b, 8.0, 14.0, (0.7, 1.8, 1.0)) for a, b in pairwise(line)]
    return Common([Union(rods), outline(build, "fat")])


def fat_planes(build: Build, side: int) -> Shape:
    """Thin fat between the gluteal muscles."""
    s = build.size
    sheets: list[Shape] = []
    for front, back, thick in (((140, 2), (74, 84), 1.3), ((128, -18), (92, 56), 1.0)):
        corners = [
            [(side * x * s * lean, y * s, z * s) for x, y in (front, back)]
            for z, lean in ((14, 0.95), (-60, 1.0), (-150, 0.97))
        ]
        for (a, b), (c, d) in pairwise(corners):
            sheets += [Plate((a, b, c), (thick,) * 3), Plate((b, c, d), (thick,) * 3)]
    return Union(sheets)


def groin_fat(build: Build, side: int) -> Shape:
    """The fat around the vessels below the groin."""
    line = scaled([(side * 56, -66, -84), (side * 58, -72, -112), (side * 66, -76, -300)], build)
    return Union([Capsule(a, b, 11.0, 17.0, (1.3, 1.0, 1.0)) for a, b in pairwise(line)])


def table(back_mm: float) -> tuple[Shape, Shape]:
    """The couch: its shell, and the foam inside, a slab with a shallow trough under the patient.

    Parameters
    ----------
    back_mm : float
        y of the hindmost point of the skin.
    """
    trough, radius = back_mm + TABLE_GAP_MM, 900.0
    z = np.asarray([-2000.0, 2000.0])

    def slab(inset_mm: float) -> Shape:
        roll = Column(
            z, np.asarray([[0.0, trough - radius]] * 2), np.asarray([[radius + inset_mm, radius + inset_mm]] * 2)
        )
        under = HalfSpace((0.0, trough + 42.0 - inset_mm, 0.0), (0.0, 1.0, 0.0))
        sides = [HalfSpace((s * (205.0 - inset_mm), 0.0, 0.0), (float(s), 0.0, 0.0)) for s in (-1, 1)]
        return Cut(Common([under, *sides]), [roll])

    return slab(0.0), slab(2.0)

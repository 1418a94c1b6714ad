"""Shapes of the synthetic pelvis: sacrum, hip bones and the upper ends of the femora, from rods and plates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..findings import Point
from .shapes import Barrel, Capsule, Common, Cut, Ellipsoid, HalfSpace, Plate, Shape, Union
from .synthetic_build import SACRAL_SLOPE_DEG, Build, scaled, tilted

HIP_CENTRE_MM: Point = (88.0, -14.0, -103.0)
HEAD_RADIUS_MM = 24.0
_CARTILAGE_MM = 2.2

_SACRUM = ((0, 14, 0), (0, 34, -25), (0, 52, -46), (0, 64, -66), (0, 68, -86), (0, 62, -104), (0, 44, -128))
"""Endplate, then the middles of the borders between the segments, to the tip of the coccyx."""
_HALF_WIDTHS = (25.0, 20.0, 16.5, 14.0, 12.0, 9.0, 5.0)
_HALF_DEPTHS = (16.0, 11.0, 8.5, 7.0, 6.0, 4.5, 3.5)

_HIP: dict[str, tuple[float, float, float, float]] = {
    # x, y, z and half thickness in mm, of the left bone
    "crest_back": (52, 78, -8, 6.5),
    "psis": (46, 80, -34, 7.0),
    "piis": (50, 68, -58, 6.0),
    "joint_top": (66, 40, 2, 6.0),
    "joint_low": (60, 50, -42, 7.0),
    "crest_top": (118, 22, 46, 4.5),
    "pillar_top": (134, -10, 40, 6.5),
    "crest_front": (134, -42, 12, 5.0),
    "asis": (122, -64, -24, 6.0),
    "aiis": (104, -56, -66, 7.0),
    "fossa": (98, 8, 2, 3.0),
    "fossa_low": (96, -8, -40, 6.0),
    "notch": (74, 34, -72, 7.0),
    "roof": (94, -14, -70, 9.0),
    "back_wall": (82, 16, -100, 8.0),
    "front_wall": (74, -42, -96, 8.0),
    "spine": (54, 36, -110, 4.0),
    "ischium": (66, 20, -136, 9.0),
    "tuberosity": (58, 24, -164, 12.0),
    "pubis": (20, -66, -126, 7.5),
    "symphysis": (9, -66, -142, 6.5),
    "lower_ramus": (34, -36, -160, 6.0),
}
_HIP_PLATES = (
    ("crest_back", "psis", "joint_top"), ("psis", "piis", "joint_low"), ("psis", "joint_top", "joint_low"),
    ("crest_back", "joint_top", "crest_top"), ("joint_top", "crest_top", "fossa"), ("crest_top", "pillar_top", "fossa"),
    ("pillar_top", "crest_front", "fossa"), ("crest_front", "asis", "fossa"), ("asis", "fossa", "fossa_low"),
    ("asis", "aiis", "fossa_low"), ("joint_top", "joint_low", "fossa"), ("joint_low", "fossa", "fossa_low"),
    ("joint_low", "fossa_low", "notch"), ("fossa_low", "notch", "roof"), ("fossa_low", "aiis", "roof"),
    ("notch", "roof", "back_wall"), ("roof", "aiis", "front_wall"), ("notch", "back_wall", "spine"),
)  # fmt: skip
_HIP_RODS = (
    ("notch", "back_wall"), ("back_wall", "ischium"), ("ischium", "tuberosity"), ("tuberosity", "lower_ramus"),
    ("lower_ramus", "symphysis"), ("pubis", "symphysis"), ("front_wall", "pubis"), ("aiis", "front_wall"),
    ("crest_top", "pillar_top"), ("pillar_top", "crest_front"), ("crest_front", "asis"), ("crest_back", "crest_top"),
    ("crest_back", "psis"),
)  # fmt: skip


def sacral_canal_mm(build: Build) -> list[Point]:
    """Centre line of the sacral canal from the endplate down, behind the bodies."""
    line = [(0.0, 14 + 23, 6.0), (0.0, 34 + 14.5, -17), (0.0, 52 + 10, -38), (0.0, 64 + 7.5, -60)]
    return scaled(line, build)


def sacrum(build: Build) -> Shape:
    """The sacrum with its wings, crest and foramina; the coccyx belongs to it."""
    line = scaled(_SACRUM, build)
    axes = tilted(SACRAL_SLOPE_DEG)
    parts: list[Shape] = []
    for n in range(len(line) - 1):
        deep, deep_next = _HALF_DEPTHS[n] * build.size, _HALF_DEPTHS[n + 1] * build.size
        parts.append(Capsule(line[n], line[n + 1], deep, deep_next, (_HALF_WIDTHS[n] / _HALF_DEPTHS[n], 1.0, 1.0)))
    crest = scaled([(0, 50, -4), (0, 64, -18), (0, 77, -42), (0, 80, -68)], build)
    parts += [Capsule(a, b, 3.6, 3.6, (1.0, 1.0, 1.0)) for a, b in pairwise(crest)]
    for side in (-1, 1):
        parts += _sacral_wing(build, side)
    floor = np.asarray(line[0]) + axes[:, 2] * 15.0
    x, y, z = (float(c) for c in floor)
    above = Barrel((x, y, z), axes, (29.0 * build.size, 21.0 * build.size), 30.0, hollow_mm=-1.5)
    holes = [hole for side in (-1, 1) for hole in _foramina(build, side)]
    return Cut(Union(parts, blend_mm=5.0), [above, *holes])


def _sacral_wing(build: Build, side: int) -> list[Shape]:
    places = {
        "top_in": (side * 22, 20, -4), "top_out": (side * 50, 30, -8), "mid_out": (side * 48, 46, -30),
        "low_out": (side * 38, 60, -56), "low_in": (side * 14, 62, -60), "tip": (side * 18, 68, -84),
        "back_in": (side * 15, 62, -22), "back_low": (side * 14, 74, -52), "facet": (side * 20, 48, 2),
    }  # fmt: skip
    p = dict(zip(places, scaled(list(places.values()), build), strict=True))
    r = build.size
    return [
        Plate((p["top_in"], p["top_out"], p["mid_out"]), (9 * r, 9 * r, 9 * r)),
        Plate((p["top_in"], p["mid_out"], p["low_in"]), (9 * r, 9 * r, 6 * r)),
        Plate((p["mid_out"], p["low_out"], p["low_in"]), (9 * r, 6 * r, 6 * r)),
        Plate((p["low_out"], p["low_in"], p["tip"]), (6 * r, 5 * r, 4 * r)),
        Plate((p["back_in"], p["mid_out"], p["back_low"]), (4 * r, 7 * r, 3.5 * r)),
        Plate((p["back_in"], p["back_low"], _mirrored(p["back_low"])), (3 * r, 3 * r, 3 * r)),
        Plate((p["back_in"], _mirrored(p["back_in"]), _mirrored(p["back_low"])), (3 * r, 3 * r, 3 * r)),
        Capsule(p["back_in"], p["facet"], 4.5 * r, 4.5 * r),
    ]


def _mirrored(point: Point) -> Point:
    return -point[0], point[1], point[2]


def _foramina(build: Build, side: int) -> list[Shape]:
    """Front openings between the segments, running to the sacral canal."""
    rows = [(20, 33, -29, 4.6), (18, 50, -49, 4.2), (16, 61, -69, 3.6)]
    holes: list[Shape] = []
    for x, y, z, radius in rows:
        (outer, inner) = scaled([(side * (x + 2), y - 16, z - 8), (side * (x - 9), y + 12, z + 10)], build)
        holes.append(Capsule(outer, inner, radius, radius * 0.8))
    return holes


def hip_bone(build: Build, side: int) -> Shape:
    """A hip bone with the socket cut out; `side` is 1 for the left, -1 for the right."""
    p = {name: _placed(values, build, side) for name, values in _HIP.items()}
    r = {name: values[3] * build.size for name, values in _HIP.items()}
    parts: list[Shape] = [Plate((p[a], p[b], p[c]), (r[a], r[b], r[c])) for a, b, c in _HIP_PLATES]
    parts += [Capsule(p[a], p[b], r[a], r[b]) for a, b in _HIP_RODS]
    centre = _placed((*HIP_CENTRE_MM, 0.0), build, side)
    deeper = (centre[0] - side * 6.0, centre[1], centre[2] + 4.0)
    parts.append(Ellipsoid(deeper, (33.0 * build.size, 33.0 * build.size, 33.0 * build.size)))
    mouth = Capsule(
        centre, (centre[0] + side * 60.0, centre[1] - 22.0, centre[2] - 40.0), _socket(build), _socket(build) + 14
    )
    return Cut(Union(parts, blend_mm=6.0), [mouth])


def hip_cartilage(build: Build, side: int) -> Shape:
    """The ball that fills the socket: what the head of the femur leaves of it is cartilage."""
    x, y, z = _placed((*HIP_CENTRE_MM, 0.0), build, side)
    return Common(
        [Ellipsoid((x, y, z), (_socket(build),) * 3), HalfSpace((x + side * 10.0, y, z), (float(side), 0.0, 0.0))]
    )


def _socket(build: Build) -> float:
    return HEAD_RADIUS_MM * build.size + _CARTILAGE_MM


def _placed(values: Sequence[float], build: Build, side: int) -> Point:
    return side * values[0] * build.size, values[1] * build.size, values[2] * build.size


def femur(build: Build, side: int) -> Shape:
    """Head, neck, trochanters and the first part of the shaft; `side` as for the hip bone."""
    rows = [HIP_CENTRE_MM, (126, 2, -128), (142, 12, -116), (133, 6, -150), (138, 2, -330), (116, 20, -166)]
    head, neck, greater, below, shaft, lesser = (_placed(row, build, side) for row in rows)
    s = build.size
    return Union(
        [
            Ellipsoid(head, (HEAD_RADIUS_MM * s,) * 3),
            Capsule(head, neck, 16.5 * s, 16.5 * s),
            Capsule(neck, greater, 15.0 * s, 11.5 * s),
            Capsule(neck, below, 16.5 * s, 15.5 * s),
            Capsule(below, shaft, 15.5 * s, 13.5 * s),
            Capsule(below, lesser, 10.0 * s, 8.0 * s),
        ],
        blend_mm=5.0,
    )

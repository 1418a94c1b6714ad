"""Shapes of the synthetic organs: great vessels, kidneys, liver, spleen, bladder and bowel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from ..findings import Point
from .shapes import Capsule, Common, Cut, Ellipsoid, HalfSpace, Shape, Union
from .synthetic_build import Build, Vertebra, scaled, tilted


def tube(line: Sequence[Sequence[float]], radii: Sequence[float], step_mm: float = 8.0) -> Union:
    """A smooth tube through places, with a radius at each."""
    points = np.asarray(line, float)
    way = np.append(0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
    fine = np.linspace(0, way[-1], max(2, round(way[-1] / step_mm) + 1))
    smooth = CubicSpline(way, points)(fine)
    wide = np.interp(fine, way, np.asarray(radii, float))
    return Union(
        [
            Capsule(_point(a), _point(b), float(r), float(q))
            for a, b, r, q in zip(smooth[:-1], smooth[1:], wide[:-1], wide[1:], strict=True)
        ]
    )


def _point(values: NDArray[np.float64]) -> Point:
    x, y, z = (float(v) for v in values)
    return x, y, z


def vessels(spine: tuple[Vertebra, ...], build: Build) -> dict[str, Shape]:
    """Aorta, inferior vena cava, and the iliac arteries and veins down to the groin."""
    s = build.size

    def before(v: Vertebra, left: float, gap: float, up: float = 0.0) -> Point:
        return v.at(left * s, -v.size.depth / 2 - gap * s, up)

    t10, t11, t12, l1, l2, l3, l4, l5 = spine
    aorta = [t10.at(16 * s, -16 * s, 60), before(t10, 14, 7), before(t12, 9, 11), before(l2, 8, 12), before(l3, 7, 12)]
    aorta.append(before(l4, 3, 11, 4))
    cava = [before(t10, -26, 22, 50), before(t11, -24, 20), before(l1, -18, 15), before(l2, -17, 13)]
    cava += [before(l3, -16, 12), before(l4, -14, 11, -4), before(l5, -9, 10, 8)]
    found: dict[str, Shape] = {
        "aorta": tube(aorta, [12.5 * s, 12 * s, 11 * s, 9.5 * s, 9 * s, 8.5 * s]),
        "inferior_vena_cava": tube(cava, [12 * s, 11.5 * s, 11 * s, 10.5 * s, 10.5 * s, 10 * s, 9.5 * s]),
    }
    for name, side in (("left", 1), ("right", -1)):
        rest = scaled(
            [(side * 40, -36, -34), (side * 54, -60, -74), (side * 62, -74, -112), (side * 70, -78, -300)], build
        )
        artery = [aorta[-1], before(l5, side * 17, 9, 2), *rest]
        found[f"iliac_artery_{name}"] = tube(artery, [6.0, 5.8, 5.5, 5.0, 4.8, 4.8])
        veins = [(x - side * 10.0, y + 9.0, z) for x, y, z in rest]
        found[f"iliac_vein_{name}"] = tube(
            [cava[-1], before(l5, side * 16, 1, -18), *veins], [7.5, 7.0, 6.5, 6.0, 6.0, 6.0]
        )
    return found


def kidney(spine: tuple[Vertebra, ...], build: Build, side: int) -> tuple[Shape, Shape]:
    """A kidney and the fat in its sinus."""
    s = build.size
    level = spine[4] if side < 0 else spine[3]
    centre = np.asarray(level.at(side * 66 * s, 8 * s, 2.0)) + build.shift(0 if side > 0 else 1) * 0.6
    lean = np.deg2rad(-side * 12.0)
    turn = np.asarray([[np.cos(lean), 0, np.sin(lean)], [0, 1, 0], [-np.sin(lean), 0, np.cos(lean)]])
    axes = turn @ tilted(-8.0)
    outer = Ellipsoid(_point(centre), (28 * s, 25 * s, 54 * s), axes)
    hilum = centre + np.asarray([-side * 18.0 * s, -6.0 * s, 0.0])
    return outer, Ellipsoid(_point(hilum), (15 * s, 10 * s, 24 * s), axes)


def ureter(spine: tuple[Vertebra, ...], build: Build, side: int) -> Shape:
    """A ureter, from the kidney over the psoas and the iliac vessels to the bladder."""
    s = build.size
    line = [spine[4].at(side * 42 * s, -2 * s, -8.0), spine[5].at(side * 39 * s, -17 * s, 0.0)]
    line += [spine[6].at(side * 37 * s, -26 * s, 0.0), spine[7].at(side * 36 * s, -26 * s, -4.0)]
    line += scaled([(side * 46, -16, -48), (side * 38, 10, -88), (side * 16, -14, -118)], build)
    return tube(line, [2.4] * len(line))


def liver_and_spleen(spine: tuple[Vertebra, ...], build: Build, space: Shape, dome: Shape) -> tuple[Shape, Shape]:
    """Liver and spleen, within the space for the organs and under the diaphragm."""
    s = build.size
    t12 = spine[2].centre_mm[2]
    right = Ellipsoid((-70 * s, -14 * s, float(t12) + 4), (60 * s, 82 * s, 92 * s))
    left = Ellipsoid((-6 * s, -62 * s, float(t12) + 26), (82 * s, 42 * s, 44 * s))
    belly = Ellipsoid(spine[3].at(6 * s, -56 * s, -30), (66 * s, 52 * s, 76 * s))
    back = Ellipsoid(spine[3].at(-62 * s, 30 * s, -40), (40 * s, 40 * s, 70 * s))
    liver = Cut(Common([Union([right, left], blend_mm=14.0), space, dome]), [belly, back])
    bed = Ellipsoid((104 * s, 26 * s, float(t12) + 4), (26 * s, 44 * s, 52 * s), tilted(24.0))
    return liver, Common([bed, space])


def bladder(build: Build) -> tuple[Shape, Shape]:
    """The bladder and the urine in it."""
    (centre,) = scaled([(0, -32, -116)], build)
    place = _point(np.asarray(centre) + build.shift(2) * 0.4)
    return Ellipsoid(place, (33, 25, 24)), Ellipsoid(place, (30, 22, 21))


@dataclass(frozen=True, eq=False)
class Gut:
    """A piece of bowel: wall and content, the inside, and the gas that rises to the front of a lying patient."""

    name: str
    wall: Shape
    inside: Shape
    gas: Shape | None
    solid: bool
    """Whether the content is faeces rather than fluid."""


def _gut(name: str, line: Sequence[Sequence[float]], radius: float, gas: float, solid: bool) -> Gut:
    """A piece of bowel along a line; `gas` is the share of its height, from the front, that is filled with gas."""
    wall_mm = 2.2
    inside = tube(line, [radius - wall_mm] * len(line), 10.0)
    pocket: Shape | None = None
    if gas > 0:
        low, high = inside.box_mm
        level = float(low[1] + gas * (high[1] - low[1]))
        pocket = Common([inside, HalfSpace((0.0, level, 0.0), (0.0, 1.0, 0.0))])
    return Gut(name, tube(line, [radius] * len(line), 10.0), inside, pocket, solid)


def guts(spine: tuple[Vertebra, ...], build: Build, rng: np.random.Generator) -> list[Gut]:
    """Colon, small bowel, stomach and oesophagus."""
    s = build.size
    l2, l3, l4 = (float(v.centre_mm[2]) / s for v in spine[4:7])
    right = [(-80, -62, -40), (-92, -48, -8), (-97, -36, l4), (-98, -36, l3), (-92, -44, l2 + 4), (-86, -58, l2 + 16)]
    across = [(-76, -72, l2 + 12), (-40, -88, l3 + 10), (0, -92, l3), (44, -88, l3 + 14), (80, -66, l2 + 12)]
    left = [(96, -34, l2 + 24), (106, -10, l2), (106, -2, l3), (102, -4, l4), (96, -26, 0), (76, -58, -30)]
    sigma = [(60, -66, -50), (30, -52, -64), (-14, -30, -76), (-20, 2, -84), (0, 26, -98)]
    rectum = [(0, 28, -106), (0, 19, -128), (0, 12, -146), (0, 16, -166)]
    found = [
        _gut("colon", scaled(right, build), 20 * s, 0.45, True),
        _gut("colon", scaled(across, build), 18 * s, 0.75, True),
        _gut("colon", scaled(left, build), 14 * s, 0.35, True),
        _gut("colon", scaled(sigma, build), 13 * s, 0.55, True),
        _gut("rectum", scaled(rectum, build), 15 * s, 0.45, True),
    ]
    for n in range(9):
        radius, gas = (10 + 2.5 * rng.random()) * s, 0.5 if n % 4 == 0 else 0.0
        found += [_gut("small_bowel", scaled(_loop(n, l2, l4, rng), build), radius, gas, False)]
    t10, _, t12, l1 = spine[:4]
    stomach = [
        t10.at(46 * s, -30 * s, 0),
        t12.at(62 * s, -44 * s, 0),
        l1.at(48 * s, -70 * s, 0),
        l1.at(14 * s, -72 * s, -14),
    ]
    found.append(_gut("stomach", stomach, 27 * s, 0.4, False))
    gullet = [t10.at(0, -44 * s, 60), t10.at(2 * s, -46 * s, 12), t10.at(26 * s, -46 * s, -4)]
    found.append(_gut("esophagus", gullet, 7 * s, 0.0, False))
    return found


def _loop(number: int, top: float, bottom: float, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """A wandering piece of small bowel in front of the spine and the vessels."""
    z = np.linspace(top - 4, -62, 9)[number]
    wide = 66 if z > -10 else 40
    phase = rng.uniform(0, np.pi)
    turns = np.linspace(-1, 1, 7)
    y = -62 if z > bottom - 10 else -54
    return [
        (float(wide * t), float(y + 12 * np.sin(5 * t + phase)), float(z + 8 * np.cos(4 * t + phase))) for t in turns
    ]

"""Shapes of the synthetic spine: vertebrae with pedicles, arches and processes, discs, canal, cord and roots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .shapes import Barrel, Capsule, Column, Common, HalfSpace, Shape, Union
from .synthetic_build import Vertebra, tilted


def vertebral_body(v: Vertebra) -> Shape:
    """The body: oval, waisted, with hollow endplates and a flat back wall."""
    s = v.size
    barrel = Barrel(v.at(0, 0, 0), v.axes, (s.width / 2, s.depth / 2 + 1.5), s.height, waist=0.10, hollow_mm=2.0)
    x, y, z = (float(c) for c in v.axes[:, 1])
    return Common([barrel, HalfSpace(v.at(0, s.depth / 2 - 0.8, 0), (x, y, z))])


def vertebral_arch(v: Vertebra) -> list[Shape]:
    """Pedicles, laminae and processes, as rods."""
    s, lumbar = v.size, v.name.startswith("L")
    canal = v.canal_back_mm
    parts: list[Shape] = []
    for side in (-1, 1):
        parts += _half_arch(v, side, lumbar)
    tip_up, reach = (-s.height * 0.45, 29.0) if lumbar else (-s.height * 0.95, 30.0)
    root = canal + s.canal_depth / 2 + 3.5
    parts.append(
        Capsule(v.at(0, root, -3), v.at(0, root + reach * s.width / 46, tip_up), 3.0, 3.4,
                (1.0, 1.0, 3.0 if lumbar else 1.8), v.axes)
    )  # fmt: skip
    return parts


def _half_arch(v: Vertebra, side: int, lumbar: bool) -> list[Shape]:
    s, canal = v.size, v.canal_back_mm
    half, wide = s.canal_width / 2, s.pedicle_width
    column = side * (half + wide / 2)
    behind = canal + s.canal_depth * 0.3
    arch = canal + s.canal_depth / 2
    high = s.height * 0.2
    tall = s.pedicle_height / wide
    pedicle = Capsule(
        v.at(column * 0.97, s.depth * 0.30, high), v.at(column * 1.04, behind, high), wide / 2, wide / 2,
        (1.0, 1.0, tall), v.axes,
    )  # fmt: skip
    lamina = Capsule(
        v.at(column, behind + 1.0, 1.0), v.at(0, arch + 4.0, -s.height * 0.18), 3.3, 3.3, (1.0, 1.0, 3.0), v.axes
    )
    if lumbar:
        tip = v.at(side * s.process_span / 2, arch + 1.0, high + 2.0)
        process = Capsule(v.at(column * 1.1, behind + 1.0, high), tip, 4.2, 2.6, (1.0, 1.0, 1.7), v.axes)
        upper = Capsule(
            v.at(column * 1.18, behind + 2.5, 2.0), v.at(column * 1.16, behind + 2.0, s.height * 0.5 + 7.0), 4.2, 3.2,
            (1.0, 1.25, 1.0), v.axes,
        )  # fmt: skip
        lower = Capsule(
            v.at(column * 0.72, arch + 2.5, -5.0), v.at(column * 0.78, arch + 3.8, -s.height * 0.5 - 9.0), 4.2, 3.3,
            (1.0, 1.3, 1.0), v.axes,
        )  # fmt: skip
    else:
        tip = v.at(side * s.process_span / 2, arch + 9.0, high + 4.0)
        process = Capsule(v.at(column * 1.1, behind + 1.0, high), tip, 4.6, 4.0, (1.0, 1.0, 1.3), v.axes)
        upper = Capsule(
            v.at(column * 1.0, behind + 2.0, 2.0), v.at(column * 0.95, arch - 0.5, s.height * 0.5 + 5.0), 3.6, 2.6,
            (1.5, 1.0, 1.0), v.axes,
        )  # fmt: skip
        lower = Capsule(
            v.at(column * 0.8, arch + 3.0, -4.0), v.at(column * 0.85, arch + 6.2, -s.height * 0.5 - 6.0), 3.4, 2.6,
            (1.5, 1.0, 1.0), v.axes,
        )  # fmt: skip
    return [pedicle, lamina, process, upper, lower]


def canal_tube(
    spine: Sequence[Vertebra], sacrum_mm: Sequence[tuple[float, float, float]], shrink_mm: float, boxiness: float
) -> Column:
    """The spinal canal from above T10 into the sacrum, less a rim.

    Parameters
    ----------
    spine : sequence of Vertebra
    sacrum_mm : sequence of Points
        Centre line of the sacral canal, from the head down.
    shrink_mm : float
        Width of the rim that is left out on all sides.
    boxiness : float
        As of `Column`: the bony canal is boxier than the sac in it.
    """
    stations = []
    for v in spine:
        wide, deep, high = v.size.canal_width / 2, v.size.canal_depth / 2, v.size.height / 2
        stations += [(*v.at(0, v.canal_back_mm, up), wide, deep) for up in (high, -high)]
    first = spine[0]
    stations.insert(0, (*first.at(0, first.canal_back_mm, 60.0), stations[0][3], stations[0][4]))
    for number, (x, y, z) in enumerate(sacrum_mm):
        share = number / max(1, len(sacrum_mm) - 1)
        stations.append((x, y, z, 13.0 - 7.5 * share, 8.0 - 4.0 * share))
    table = np.asarray(stations, float)[::-1]
    slope = np.gradient(table[:, 1], table[:, 2])
    # The section is taken at one z: across a leaning canal it is longer by the slope.
    deep = (table[:, 4] - shrink_mm) * np.sqrt(1 + slope**2)
    radii = np.stack([table[:, 3] - shrink_mm, deep], axis=1)
    return Column(table[:, 2], table[:, :2], radii, boxiness)


def cord(spine: Sequence[Vertebra]) -> Shape:
    """The spinal cord, ending in the conus at the upper edge of L2."""
    places = [v.at(0, v.canal_back_mm + 0.5, up) for v in spine[:4] for up in (v.size.height / 2, -v.size.height / 2)]
    first = spine[0]
    places.insert(0, first.at(0, first.canal_back_mm, 60.0))
    radii = np.interp(np.arange(len(places)), [0, len(places) - 3, len(places) - 1], [4.2, 4.6, 1.0])
    return Union(
        [
            Capsule(a, b, float(r), float(q), (1.2, 1.0, 1.0))
            for a, b, r, q in zip(places[:-1], places[1:], radii[:-1], radii[1:], strict=True)
        ]
    )


def roots(v: Vertebra) -> tuple[Shape, Shape]:
    """The pair of roots that leaves below the pedicles of a vertebra, and the fat in their foramina."""
    s, canal = v.size, v.canal_back_mm
    half = s.canal_width / 2
    nerves: list[Shape] = []
    fat: list[Shape] = []
    for side in (-1, 1):
        inner = v.at(side * half * 0.75, canal, -s.height * 0.05)
        ganglion = v.at(side * (half + s.pedicle_width * 0.55), canal + 0.5, -s.height * 0.42)
        outer = v.at(side * (half + s.pedicle_width * 1.7), canal - 9.0, -s.height * 0.95)
        nerves += [Capsule(inner, ganglion, 1.6, 2.6), Capsule(ganglion, outer, 2.6, 1.8)]
        fat.append(Capsule(inner, ganglion, 5.0, 5.5))
    return Union(nerves), Union(fat)


def disc(v: Vertebra, below_deg: float) -> Shape:
    """The disc under a vertebra, a little high: the endplates are painted over it."""
    s = v.size
    middle = tilted((s.tilt_deg + below_deg) / 2)
    down = -s.height / 2
    x, y, z = (float(c) for c in np.asarray(v.at(0, 0, down)) - middle[:, 2] * s.disc / 2)
    wide, deep = s.width / 2 - 0.5, s.depth / 2 + 0.5
    return Barrel((x, y, z), middle, (wide, deep), s.disc + 6.0, waist=-0.03, hollow_mm=-1.0)

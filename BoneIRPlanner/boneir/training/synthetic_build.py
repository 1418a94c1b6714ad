"""The build of a synthetic patient: what varies with the seed, and where the vertebrae lie.

All sizes are plausible for adults and were chosen for this project; they are not measurements and no clinical limit
rests on them. The frame is the patient's, LPS mm: x to the left, y to the back, z to the head; the origin lies on the
midline at the height of the sacral endplate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..findings import Point


@dataclass(frozen=True)
class Build:
    """What varies from one synthetic patient to the next.

    Parameters
    ----------
    size : float
        Factor on all bones and organs of an average adult.
    girth : float
        Factor on the thickness of the fat.
    lordosis : float
        Factor on the tilts of the vertebrae.
    scoliosis_mm : float
        Sideways bow of the spine at L2; positive to the left.
    organ_shifts_mm : tuple of Point
        Small displacements for the soft organs.
    """

    size: float
    girth: float
    lordosis: float
    scoliosis_mm: float
    organ_shifts_mm: tuple[Point, ...]

    def shift(self, number: int) -> NDArray[np.float64]:
        """Displacement of the organ with that number."""
        return np.asarray(self.organ_shifts_mm[number % len(self.organ_shifts_mm)])


def build_of(rng: np.random.Generator) -> Build:
    """Draw a build."""
    size = float(rng.uniform(0.95, 1.05))
    girth = float(rng.uniform(0.75, 1.35))
    lordosis = float(rng.uniform(0.75, 1.2))
    scoliosis = float(rng.uniform(-4.0, 4.0))
    shifts = rng.uniform(-5.0, 5.0, (12, 3))
    return Build(size, girth, lordosis, scoliosis, tuple((float(x), float(y), float(z)) for x, y, z in shifts))


@dataclass(frozen=True)
class VertebraSize:
    """Sizes of one vertebra of an average adult, in mm; `tilt_deg` leans its upper end forward where positive."""

    width: float
    depth: float
    height: float
    disc: float
    """Height of the disc below it."""
    canal_width: float
    canal_depth: float
    pedicle_width: float
    pedicle_height: float
    process_span: float
    """From the tip of one transverse process to that of the other."""
    tilt_deg: float


VERTEBRAE = {
    "T10": VertebraSize(33, 31, 22.0, 5.0, 17, 15, 8.0, 15.0, 62, -11),
    "T11": VertebraSize(36, 32, 23.5, 6.0, 18, 15.5, 9.0, 16.0, 56, -12),
    "T12": VertebraSize(39, 32.5, 25.0, 7.0, 20, 16, 9.0, 16.0, 52, -13),
    "L1": VertebraSize(42, 33.5, 26.0, 8.0, 22, 16.5, 9.0, 15.5, 72, -12),
    "L2": VertebraSize(44, 34.5, 27.0, 9.5, 22, 16, 9.5, 15.0, 80, -8),
    "L3": VertebraSize(46, 35, 27.5, 10.5, 22.5, 16, 10.5, 14.5, 92, 0),
    "L4": VertebraSize(48, 35.5, 27.5, 11.0, 23, 16.5, 12.5, 14.5, 88, 9),
    "L5": VertebraSize(51, 35.5, 27.0, 10.0, 25, 17, 14.5, 14.0, 90, 21),
}
"""From the head down."""

SACRAL_SLOPE_DEG = 37.0
SACRAL_ENDPLATE_Y_MM = 14.0


@dataclass(frozen=True, eq=False)
class Vertebra:
    """A vertebra in its place.

    Parameters
    ----------
    name : str
        "L3".
    centre_mm : ndarray (3,)
        Centre of its body.
    axes : ndarray (3, 3)
        Columns: to its left, to its back, to its head.
    size : VertebraSize
        Already scaled.
    """

    name: str
    centre_mm: NDArray[np.float64]
    axes: NDArray[np.float64]
    size: VertebraSize

    def at(self, left: float, back: float, up: float) -> Point:
        """LPS mm of a place given in the vertebra's own axes."""
        x, y, z = (float(v) for v in self.centre_mm + self.axes @ np.asarray([left, back, up]))
        return x, y, z

    @property
    def canal_back_mm(self) -> float:
        """From the centre of the body to the centre of the canal."""
        return self.size.depth / 2 + self.size.canal_depth / 2 - 0.5


def tilted(angle_deg: float) -> NDArray[np.float64]:
    """Axes of something whose upper end leans forward by an angle; columns left, back, up."""
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return np.asarray([[1, 0, 0], [0, c, -s], [0, s, c]], float)


def spine_of(build: Build) -> tuple[Vertebra, ...]:
    """The vertebrae from T10 to L5 in their places, stacked on the sacral endplate."""
    spine: list[Vertebra] = []
    top = np.asarray([0.0, SACRAL_ENDPLATE_Y_MM * build.size, 0.0])
    below_deg = SACRAL_SLOPE_DEG
    for name in reversed(VERTEBRAE):
        size = _scaled(VERTEBRAE[name], build)
        axes = tilted(size.tilt_deg)
        middle = tilted((size.tilt_deg + below_deg) / 2)
        centre = top + middle[:, 2] * size.disc + axes[:, 2] * size.height / 2
        spine.insert(0, Vertebra(name, centre, axes, size))
        top = centre + axes[:, 2] * size.height / 2
        below_deg = size.tilt_deg
    middle_z, half = spine[4].centre_mm[2], spine[0].centre_mm[2] - spine[4].centre_mm[2]
    for vertebra in spine:
        away = (vertebra.centre_mm[2] - middle_z) / half
        vertebra.centre_mm[0] += build.scoliosis_mm * max(0.0, 1 - away**2)
    return tuple(spine)


def _scaled(size: VertebraSize, build: Build) -> VertebraSize:
    values = {name: value * build.size for name, value in vars(size).items()}
    values["tilt_deg"] = size.tilt_deg * build.lordosis
    return VertebraSize(**values)


def scaled(points: Sequence[Sequence[float]], build: Build) -> list[Point]:
    """Points of an average adult at the size of this one; x, y, z are the first three of each."""
    return [(float(p[0]) * build.size, float(p[1]) * build.size, float(p[2]) * build.size) for p in points]

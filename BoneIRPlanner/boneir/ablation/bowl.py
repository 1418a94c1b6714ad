"""A focusing bowl: where it radiates from, and the pressure that it makes in water, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import j1

from ..errors import PlanError
from ..findings import Point

Floats = NDArray[np.float64]

_GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))


@dataclass(frozen=True)
class Bowl:
    """A spherical transducer.

    Parameters
    ----------
    focus_mm : Point
        LPS mm of its centre of curvature.
    axis : Point
        LPS unit vector of the beam, from the bowl to the focus.
    curvature_mm : float
        Radius of curvature.
    diameter_mm : float
        Of its rim.
    frequency_hz : float

    Raises
    ------
    PlanError
        If a size or the frequency is not positive, or the rim is wider than the sphere.
    """

    focus_mm: Point
    axis: Point
    curvature_mm: float
    diameter_mm: float
    frequency_hz: float

    def __post_init__(self) -> None:
        if not (0.0 < self.diameter_mm <= 2.0 * self.curvature_mm and self.frequency_hz > 0.0):
            raise PlanError(
                f"A bowl of {self.diameter_mm:g} mm with a curvature of {self.curvature_mm:g} mm at "
                f"{self.frequency_hz:g} Hz cannot be: sizes are above 0, the rim is at most twice the curvature."
            )
        if abs(float(np.linalg.norm(self.axis)) - 1.0) > 1e-6:
            raise PlanError(f"The beam axis {self.axis} is not a unit vector.")

    @property
    def depth_mm(self) -> float:
        """Height of the cap."""
        return self.curvature_mm - float(np.sqrt(self.curvature_mm**2 - self.diameter_mm**2 / 4.0))

    @property
    def area_mm2(self) -> float:
        """Of the radiating surface."""
        return 2.0 * float(np.pi) * self.curvature_mm * self.depth_mm

    @property
    def half_angle(self) -> float:
        """Angle between the axis and the rim as the focus sees it, in radians."""
        return float(np.arcsin(self.diameter_mm / 2.0 / self.curvature_mm))

    def elements_mm(self, count: int) -> Floats:
        """LPS mm of points that share the surface equally, shape (count, 3), the same at every call."""
        number = np.arange(count) + 0.5
        cosine = 1.0 - number / count * self.depth_mm / self.curvature_mm
        sine, turn = np.sqrt(1.0 - cosine**2), number * _GOLDEN_ANGLE
        first, second = _beside(self.axis)
        away = (
            -cosine[:, None] * np.asarray(self.axis)
            + (sine * np.cos(turn))[:, None] * first
            + (sine * np.sin(turn))[:, None] * second
        )
        return np.asarray(np.asarray(self.focus_mm) + self.curvature_mm * away)

    def velocity_m_s(self, power_w: float, density_kg_m3: float, sound_speed_m_s: float) -> float:
        """Velocity amplitude of the surface at which it radiates `power_w` like a plane piston."""
        return float(np.sqrt(2.0 * power_w / (density_kg_m3 * sound_speed_m_s * self.area_mm2 * 1e-6)))


def gain_on_axis(bowl: Bowl, depth_mm: Floats, sound_speed_m_s: float) -> Floats:
    """Pressure over that at the surface, on the axis at a depth from the middle of the bowl.

    O'Neil, J Acoust Soc Am 1949;21:516-526.
    """
    k = 2e-3 * np.pi * bowl.frequency_hz / sound_speed_m_s
    h, radius = bowl.depth_mm, bowl.diameter_mm / 2.0
    z = np.asarray(depth_mm, float)
    rim = np.sqrt((z - h) ** 2 + radius**2)
    short = 1.0 - z / bowl.curvature_mm
    at_focus = np.abs(short) < 1e-6
    away = np.where(at_focus, 1.0, short)
    return np.asarray(np.where(at_focus, k * h, np.abs(2.0 / away * np.sin(k * (rim - z) / 2.0))))


def gain_across(bowl: Bowl, beside_mm: Floats, sound_speed_m_s: float) -> Floats:
    """Pressure over that at the surface, in the focal plane beside the axis (O'Neil)."""
    k = 2e-3 * np.pi * bowl.frequency_hz / sound_speed_m_s
    x = k * bowl.diameter_mm / 2.0 * np.asarray(beside_mm, float) / bowl.curvature_mm
    shape = np.divide(2.0 * j1(x), x, out=np.ones_like(x), where=np.abs(x) > 1e-9)
    return np.asarray(k * bowl.depth_mm * np.abs(shape))


def _beside(axis: Point) -> tuple[Floats, Floats]:
    """Two unit vectors that are perpendicular to an axis and to each other."""
    along = np.asarray(axis, float)
    helper = np.zeros(3)
    helper[int(np.argmin(np.abs(along)))] = 1.0
    first = np.cross(along, helper)
    first /= np.linalg.norm(first)
    return first, np.cross(along, first)

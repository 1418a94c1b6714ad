"""Focused ultrasound: how much of a bowl's sound arrives, and where it heats.

Far from the focus the sound is taken along rays, near it as the interference of all elements of the bowl, which makes
the focal spot. Aberration by tissue is not computed: behind uneven layers the true spot is weaker and wider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from ..grid import Grid
from ..image.distance import has_numba
from .acoustic import Acoustics, RayEnd, Rays, acoustics, trace, ultrasound_value, water_impedance
from .bowl import Bowl
from .tissue_map import TissueMap

Floats = NDArray[np.float64]
Rayleigh = Callable[[Floats, Floats, Floats, float], Floats]

ELEMENTS = 1000
"""Points that stand for the bowl; near the focus their phases differ little from one to the next."""

FOCAL_MM = 8.0
"""So far before and behind the focus the sound is taken as interference."""

BESIDE_MM = 5.0
"""So far beside the axis it is, or as far as the cone of rays is wide there."""

FINEST_MM = 0.5
"""Points there are no farther apart, because the spot is narrower than a voxel."""

_CHUNK = 2048


@dataclass(frozen=True, eq=False)
class Sonication:
    """What a bowl does to tissue.

    Parameters
    ----------
    heating_w_m3 : ndarray of float, shape (k, j, i)
        Absorbed power.
    rays : Rays
        From the elements of the bowl to the focus.
    peak_pressure_pa : float
        Highest pressure amplitude near the focus.
    """

    heating_w_m3: Floats
    rays: Rays
    peak_pressure_pa: float

    @property
    def open_share(self) -> float:
        """Part of the bowl whose rays reach the focus."""
        return float(np.mean(self.rays.end == RayEnd.OPEN))


def sonicate(
    tissues: TissueMap,
    bowl: Bowl,
    power_w: float,
    *,
    elements: int = ELEMENTS,
    stage: Callable[[], None] = lambda: None,
) -> Sonication:
    """Compute where a bowl heats.

    Parameters
    ----------
    tissues : TissueMap
        Around the focus and up to the skin.
    bowl : Bowl
    power_w : float
        Acoustic power that the bowl radiates into water.
    elements : int
    stage : callable
        Called between the stages of the work; what it raises ends it.

    Raises
    ------
    PlanError
        If the power is negative, the focus lies outside the grid or in gas, or no ray reaches it.
    """
    grid = tissues.grid
    if power_w < 0.0:
        raise PlanError(f"An acoustic power of {power_w:g} W cannot be: it must be 0 or more.")
    if not bool(grid.contains(bowl.focus_mm)):
        raise PlanError(f"The focus {bowl.focus_mm} mm LPS lies outside the tissue, which spans {grid.bounds_text()}.")
    sound = acoustics(tissues, bowl.frequency_hz)
    if sound.opaque[tissues.labels[grid.nearest_voxel(bowl.focus_mm)]]:
        raise PlanError(f"The focus {bowl.focus_mm} mm LPS lies in gas or metal: sound does not get there.")
    stage()
    starts = bowl.elements_mm(elements)
    focus = np.broadcast_to(np.asarray(bowl.focus_mm), starts.shape)
    rays = trace(tissues, sound, starts, focus, most_bone_mm=ultrasound_value("most_bone_mm").amount)
    if not (rays.end == RayEnd.OPEN).any():
        raise PlanError("No ray of the bowl reaches the focus: gas, bone or metal is in the way from everywhere.")
    stage()
    # Beyond the focus the rays part again, as far as they came.
    whole = trace(tissues, sound, starts, 2.0 * focus - starts, absorb=True)
    heating = whole.absorbed * power_w / elements / (grid.voxel_ml * 1e-6)
    stage()
    near = _focal_voxels(grid, bowl)
    mean, most = _focal_intensity(grid, near, bowl, starts, rays, power_w)
    here = (near[:, 2], near[:, 1], near[:, 0])
    share, labels = _share_on_axis(tissues, sound, near, bowl), tissues.labels[here]
    heating[here] = np.where(sound.opaque[labels], 0.0, 2.0 * sound.attenuation_np_m[labels] * mean * share)
    peak = np.where(sound.opaque[labels], 0.0, 2.0 * sound.impedance[labels] * most * share).max(initial=0.0)
    return Sonication(heating, rays, float(np.sqrt(peak)))


def rayleigh_numpy(points_mm: Floats, elements_mm: Floats, weights: Floats, k_per_mm: float) -> Floats:
    """Square of the amplitude of ``sum(w exp(ikr) / r)`` over elements, at points (n, 3)."""
    square = np.empty(len(points_mm))
    for begin in range(0, len(points_mm), _CHUNK):
        part = points_mm[begin : begin + _CHUNK]
        r = np.sqrt(((part[:, None] - elements_mm) ** 2).sum(axis=2))
        size = weights / r
        real, imaginary = (size * np.cos(k_per_mm * r)).sum(axis=1), (size * np.sin(k_per_mm * r)).sum(axis=1)
        square[begin : begin + _CHUNK] = real**2 + imaginary**2
    return square


def fastest_rayleigh() -> Rayleigh:
    """The compiled sum where numba is installed, else `rayleigh_numpy`."""
    if not has_numba():
        return rayleigh_numpy
    from .ultrasound_numba import rayleigh_compiled

    return rayleigh_compiled


def pressure_squared(points_mm: Floats, bowl: Bowl, starts_mm: Floats, share: Floats, power_w: float) -> Floats:
    """Square of the pressure amplitude in Pa2 at points (n, 3), from elements that lose what `share` says on the way.

    Rayleigh's integral over the bowl, in water.
    """
    density, speed = (ultrasound_value(f"water_{key}").amount for key in ("density_kg_m3", "sound_speed_m_s"))
    k_per_mm = 2e-3 * np.pi * bowl.frequency_hz / speed
    velocity = bowl.velocity_m_s(power_w, density, speed)
    patch_mm2 = bowl.area_mm2 / len(starts_mm)
    factor = density * speed * velocity * k_per_mm * patch_mm2 / (2.0 * np.pi)
    return fastest_rayleigh()(points_mm, starts_mm, np.sqrt(share) * factor, k_per_mm)


def _focal_voxels(grid: Grid, bowl: Bowl) -> NDArray[np.int64]:
    """Indices (i, j, k) of the voxels in a cylinder around the focus, shape (n, 3)."""
    beside_mm = max(BESIDE_MM, FOCAL_MM * float(np.tan(bowl.half_angle)))
    middle = grid.to_ijk(bowl.focus_mm)
    reach = np.hypot(FOCAL_MM, beside_mm) / np.asarray(grid.spacing_mm)
    low = np.maximum(np.ceil(middle - reach), 0).astype(int)
    high = np.minimum(np.floor(middle + reach) + 1, grid.shape[::-1]).astype(int)
    index = np.stack(np.meshgrid(*map(np.arange, low, high), indexing="ij"), axis=-1).reshape(-1, 3)
    away = grid.to_mm(index) - np.asarray(bowl.focus_mm)
    along = away @ np.asarray(bowl.axis)
    beside = np.sqrt(np.maximum((away**2).sum(axis=1) - along**2, 0.0))
    return np.asarray(index[(np.abs(along) <= FOCAL_MM) & (beside <= beside_mm)])


def _focal_intensity(
    grid: Grid, near: NDArray[np.int64], bowl: Bowl, starts_mm: Floats, rays: Rays, power_w: float
) -> tuple[Floats, Floats]:
    """Mean and highest intensity in W/m2 in every voxel near the focus, behind what the rays lose before it."""
    finer = [int(np.ceil(step / FINEST_MM)) for step in grid.spacing_mm]
    inner = np.stack(np.meshgrid(*((np.arange(n) + 0.5) / n - 0.5 for n in finer), indexing="ij"), axis=-1)
    points = grid.to_mm(near[:, None] + inner.reshape(-1, 3))
    square = pressure_squared(points.reshape(-1, 3), bowl, starts_mm, rays.share, power_w)
    intensity = square.reshape(len(near), -1) / (2.0 * water_impedance())
    return intensity.mean(axis=1), intensity.max(axis=1)


def _share_on_axis(tissues: TissueMap, sound: Acoustics, near: NDArray[np.int64], bowl: Bowl) -> Floats:
    """How much more, or less, arrives in a voxel near the focus than in the focus, along the middle of the beam."""
    points = tissues.grid.to_mm(near)
    axis, middle = np.asarray(bowl.axis), np.asarray([bowl.focus_mm])
    along = (points - middle) @ axis
    starts = points - (along + 2.0 * FOCAL_MM)[:, None] * axis
    share = trace(tissues, sound, starts, points).share
    reference = trace(tissues, sound, middle - 2.0 * FOCAL_MM * axis, middle).share[0]
    return np.asarray(share / reference if reference > 0.0 else 0.0 * share)

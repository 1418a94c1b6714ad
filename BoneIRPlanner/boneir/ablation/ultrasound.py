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
"""So far around the focus, in each direction, the sound is taken as interference."""

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


def sonicate(tissues: TissueMap, bowl: Bowl, power_w: float, *, elements: int = ELEMENTS) -> Sonication:
    """Compute where a bowl heats.

    Parameters
    ----------
    tissues : TissueMap
        Around the focus and up to the skin.
    bowl : Bowl
    power_w : float
        Acoustic power that the bowl radiates into water.
    elements : int

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
    starts = bowl.elements_mm(elements)
    focus = np.broadcast_to(np.asarray(bowl.focus_mm), starts.shape)
    rays = trace(tissues, sound, starts, focus, most_bone_mm=ultrasound_value("most_bone_mm").amount)
    if not (rays.end == RayEnd.OPEN).any():
        raise PlanError("No ray of the bowl reaches the focus: gas, bone or metal is in the way from everywhere.")
    # Beyond the focus the rays part again, as far as they came.
    whole = trace(tissues, sound, starts, 2.0 * focus - starts, absorb=True)
    heating = whole.absorbed * power_w / elements / (grid.voxel_ml * 1e-6)
    near = _focal_window(grid, bowl)
    mean, most = _focal_intensity(grid, near, bowl, starts, rays, power_w)
    share, labels = _share_on_axis(tissues, sound, near, bowl), tissues.labels[near]
    heating[near] = np.where(sound.opaque[labels], 0.0, 2.0 * sound.attenuation_np_m[labels] * mean * share)
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


Window = tuple[slice, slice, slice]


def _focal_window(grid: Grid, bowl: Bowl) -> Window:
    """The voxels around the focus."""
    middle = grid.to_ijk(bowl.focus_mm)
    reach = FOCAL_MM / np.asarray(grid.spacing_mm)
    low = np.maximum(np.ceil(middle - reach), 0).astype(int)
    high = np.minimum(np.floor(middle + reach) + 1, grid.shape[::-1]).astype(int)
    k, j, i = (slice(int(a), int(b)) for a, b in zip(low[::-1], high[::-1], strict=True))
    return k, j, i


def _focal_intensity(
    grid: Grid, near: Window, bowl: Bowl, starts_mm: Floats, rays: Rays, power_w: float
) -> tuple[Floats, Floats]:
    """Mean and highest intensity in W/m2 in every voxel of a window, behind what the rays lose before the focus."""
    finer = [int(np.ceil(step / FINEST_MM)) for step in grid.spacing_mm[::-1]]
    k, j, i = (
        (np.arange(part.start, part.stop)[:, None] + (np.arange(n) + 0.5) / n - 0.5).ravel()
        for part, n in zip(near, finer, strict=True)
    )
    index = np.stack(np.meshgrid(k, j, i, indexing="ij")[::-1], axis=-1)
    square = pressure_squared(grid.to_mm(index).reshape(-1, 3), bowl, starts_mm, rays.share, power_w)
    nk, nj, ni = (part.stop - part.start for part in near)
    blocks = square.reshape(nk, finer[0], nj, finer[1], ni, finer[2]) / (2.0 * water_impedance())
    return blocks.mean(axis=(1, 3, 5)), blocks.max(axis=(1, 3, 5))


def _share_on_axis(tissues: TissueMap, sound: Acoustics, near: Window, bowl: Bowl) -> Floats:
    """How much more, or less, arrives in a voxel near the focus than in the focus, along the middle of the beam."""
    k, j, i = (np.arange(part.start, part.stop) for part in near)
    index = np.stack(np.meshgrid(k, j, i, indexing="ij")[::-1], axis=-1)
    points = tissues.grid.to_mm(index).reshape(-1, 3)
    axis, middle = np.asarray(bowl.axis), np.asarray([bowl.focus_mm])
    along = (points - middle) @ axis
    starts = points - (along + 2.0 * FOCAL_MM)[:, None] * axis
    share = trace(tissues, sound, starts, points).share
    reference = trace(tissues, sound, middle - 2.0 * FOCAL_MM * axis, middle).share[0]
    return np.asarray((share / reference if reference > 0.0 else 0.0 * share).reshape(index.shape[:3]))

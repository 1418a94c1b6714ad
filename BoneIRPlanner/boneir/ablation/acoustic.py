"""Sound along straight rays through a tissue map: what is absorbed, reflected or blocked on the way.

Rays are not bent at surfaces and meet them head on; both make the answer an upper bound for what arrives behind bone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..evidence import Value
from ..resources import limit
from .tissue_map import TissueMap
from .tissues import Tissue, tissue

Floats = NDArray[np.float64]

STEP_MM = 0.5
"""Length of a step along a ray."""

_STANDS_FOR = {
    "lytic_tumour": "muscle", "sclerotic_tumour": "bone_cancellous", "d5w": "csf", "saline": "csf", "lung": "gas",
}  # fmt: skip
"""Whose acoustic values a tissue takes that has none of its own."""

_OPAQUE = ("gas", "lung", "cement", "metal")
_BONE = ("bone_cortical", "bone_cancellous")


class RayEnd(IntEnum):
    """What became of a ray."""

    OPEN = 0
    """It arrived."""
    BLOCKED = 1
    """Gas, cement or metal is in its way."""
    BONE = 2
    """It crosses more bone than is allowed."""
    OUTSIDE = 3
    """It never entered the body."""


@dataclass(frozen=True, eq=False)
class Acoustics:
    """Acoustic values by label of a tissue map.

    Parameters
    ----------
    attenuation_np_m : ndarray of float
        Of the amplitude, at one frequency.
    impedance : ndarray of float
        Density times sound speed, kg/m2/s.
    opaque, bone : ndarray of bool
    """

    attenuation_np_m: Floats
    impedance: Floats
    opaque: NDArray[np.bool_]
    bone: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rays:
    """What became of rays, arrays of shape (n,).

    Parameters
    ----------
    share : ndarray of float
        Part of the intensity that arrives, 0 where blocked.
    end : ndarray of uint8
        `RayEnd`.
    bone_mm : ndarray of float
        Bone crossed.
    depth_mm : ndarray of float
        Way within the body.
    from_skin : ndarray of bool
        Whether the ray meets the body within the grid; where it does not, what it loses before the grid is not known.
    absorbed : ndarray of float, shape (k, j, i)
        Part of the intensity of all rays together that is absorbed in each voxel; empty where not asked for.
    """

    share: Floats
    end: NDArray[np.uint8]
    bone_mm: Floats
    depth_mm: Floats
    from_skin: NDArray[np.bool_]
    absorbed: Floats


def acoustics(tissues: TissueMap, frequency_hz: float) -> Acoustics:
    """Acoustic values of a map's tissues at a frequency; attenuation is ``a f^b`` with f in MHz."""
    attenuation, impedance = np.zeros(len(tissues.tissues)), np.ones(len(tissues.tissues))
    opaque, bone = np.zeros(len(tissues.tissues), bool), np.zeros(len(tissues.tissues), bool)
    for label, item in enumerate(tissues.tissues):
        opaque[label], bone[label] = item.id in _OPAQUE, item.id in _BONE
        if not opaque[label]:
            known = _known(item)
            exponent = known.value("attenuation_exponent").amount
            attenuation[label] = known.value("attenuation_np_m_mhz").amount * (frequency_hz / 1e6) ** exponent
            impedance[label] = known.value("density_kg_m3").amount * known.value("sound_speed_m_s").amount
    return Acoustics(attenuation, impedance, opaque, bone)


def trace(
    tissues: TissueMap,
    sound: Acoustics,
    starts_mm: Floats,
    ends_mm: Floats,
    *,
    most_bone_mm: float = np.inf,
    absorb: bool = False,
) -> Rays:
    """Follow straight rays through the tissue.

    What lies before a ray first meets the body is water. Between tissues the intensity falls by
    ``4 Z1 Z2 / (Z1 + Z2)^2``, within them by ``exp(-2 a s)``.

    Parameters
    ----------
    tissues : TissueMap
    sound : Acoustics
    starts_mm, ends_mm : ndarray, shape (n, 3)
        LPS mm.
    most_bone_mm : float
        A ray that crosses more bone counts as stopped.
    absorb : bool
        Whether to sum up what is absorbed in each voxel; a ray that is stopped by bone or gas leaves what it loses on
        the way there.
    """
    count, grid = len(starts_mm), tissues.grid
    way = np.asarray(ends_mm, float) - starts_mm
    length = np.linalg.norm(way, axis=1)
    steps = np.maximum(np.ceil(length / STEP_MM), 1).astype(int)
    step_m = length / steps / 1000.0
    first = grid.to_ijk(starts_mm)
    stride = (grid.to_ijk(ends_mm) - first) / steps[:, None]
    share, end = np.ones(count), np.full(count, RayEnd.OUTSIDE, np.uint8)
    bone, depth = np.zeros(count), np.zeros(count)
    before = np.full(count, water_impedance())
    absorbed = np.zeros(grid.shape if absorb else (0, 0, 0))
    from_skin, met = np.zeros(count, bool), np.zeros(count, bool)
    for number in range(int(steps.max(initial=0))):
        going = (number < steps) & ((end == RayEnd.OPEN) | (end == RayEnd.OUTSIDE))
        ijk = np.rint(first + (number + 0.5) * stride).astype(int)
        within = going & np.all((ijk >= 0) & (ijk < np.asarray(grid.shape[::-1])), axis=1)
        label = np.zeros(count, np.uint8)
        i, j, k = ijk[within].T
        label[within] = tissues.labels[k, j, i]
        opaque = sound.opaque[label]
        from_skin |= within & ~met & opaque
        met |= within
        entered = end == RayEnd.OPEN
        end[within & opaque & entered] = RayEnd.BLOCKED
        inside = within & ~opaque
        end[inside] = RayEnd.OPEN
        here = sound.impedance[label[inside]]
        share[inside] *= 4.0 * before[inside] * here / (before[inside] + here) ** 2
        before[inside] = here
        kept = np.exp(-2.0 * sound.attenuation_np_m[label[inside]] * step_m[inside])
        if absorb:
            np.add.at(absorbed, tuple(ijk[inside].T[::-1]), share[inside] * (1.0 - kept))
        share[inside] *= kept
        depth[inside] += step_m[inside] * 1000.0
        bone[inside] += np.where(sound.bone[label[inside]], step_m[inside] * 1000.0, 0.0)
        end[inside & (bone > most_bone_mm)] = RayEnd.BONE
    share[end != RayEnd.OPEN] = 0.0
    return Rays(share, end, bone, depth, from_skin, absorbed)


def water_impedance() -> float:
    """Density times sound speed of the water before the skin, kg/m2/s."""
    return ultrasound_value("water_density_kg_m3").amount * ultrasound_value("water_sound_speed_m_s").amount


def ultrasound_value(key: str) -> Value:
    """One value of ``Resources/Limits/ultrasound.json``.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    return limit("ultrasound", key)


def _known(item: Tissue) -> Tissue:
    """The tissue whose acoustic values count for `item`."""
    if "attenuation_np_m_mhz" in item.values and "sound_speed_m_s" in item.values:
        return item
    return tissue(_STANDS_FOR.get(item.id, "muscle"))

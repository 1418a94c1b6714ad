"""Where a microwave antenna heats: an absorption pattern that makes the zone which the device was measured to make.

No field is solved: absorption falls with the square of the distance and with the depth of the field, around the middle
of the measured zone and stretched along the needle. Its strength and its stretch are found by simulating the published
setting in soft tissue until length and width of the zone are met. How much of the generator's power that takes says
what cable and reflection lose.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..errors import DeviceError
from ..grid import Grid
from ..plan import Probe
from .cooling import cooled_down
from .damage import DEAD_CEM43_MIN
from .device import ZoneSize
from .generator import ConstantPower
from .heat import heat
from .medium import medium_of
from .physics_values import physics_value
from .tissue_map import uniform_map

_SPACING_MM = 2.0
_ROUNDS = 7
_CORE_MM = 2.5
"""Nearer to the axis of the pattern absorption grows no more: the antenna is there."""


@dataclass(frozen=True)
class Pattern:
    """An absorption pattern.

    Parameters
    ----------
    share : float
        Share of the generator's power that tissue absorbs.
    stretch : float
        How much longer than wide it is.
    beyond_tip_mm : float
        Place of its middle, beyond the tip of the needle (negative: before it).
    depth_mm : float
        Depth at which the field has fallen to 1/e.
    length_mm, width_mm : float
        Of the zone that it makes in the calibration.
    """

    share: float
    stretch: float
    beyond_tip_mm: float
    depth_mm: float
    length_mm: float
    width_mm: float


def pattern_of(size: ZoneSize) -> Pattern:
    """The pattern that makes a published zone.

    Raises
    ------
    DeviceError
        If the setting has no power or no duration.
    """
    if size.power_w is None or size.duration_s is None:
        raise DeviceError(f"The setting {size.setting!r} has no power or no time: its absorption cannot be found.")
    excised = "excised" in size.medium
    return _calibrated(
        size.length_mm.amount, size.width_mm.amount, size.forward_mm.amount, size.power_w, size.duration_s, excised
    )


def absorption(pattern: Pattern, probe: Probe, grid: Grid) -> NDArray[np.float64]:
    """Absorbed power in W/m3 for each W of the generator, shape (k, j, i) of `grid`."""
    axis = np.asarray(probe.trajectory.direction)
    centre = np.asarray(probe.trajectory.tip_mm) + pattern.beyond_tip_mm * axis
    return _shape(grid, centre, axis, pattern.stretch, pattern.depth_mm) * pattern.share


def _shape(
    grid: Grid, centre: NDArray[np.float64], axis: NDArray[np.float64], stretch: float, depth_mm: float
) -> NDArray[np.float64]:
    """The pattern, normalised to 1 W in all."""
    nk, nj, ni = grid.shape
    ijk = np.stack(np.meshgrid(np.arange(nk), np.arange(nj), np.arange(ni), indexing="ij"), axis=-1)[..., ::-1]
    offset = grid.to_mm(ijk) - centre
    along = offset @ axis
    across2 = np.maximum(np.square(offset).sum(axis=-1) - along**2, 0.0)
    r = np.maximum(np.sqrt((along / stretch) ** 2 + across2), _CORE_MM)
    strength = np.exp(-2.0 * r / depth_mm) / r**2
    return np.asarray(strength / (strength.sum() * grid.voxel_ml * 1e-6))


@lru_cache(maxsize=64)
def _calibrated(
    length_mm: float, width_mm: float, forward_mm: float, power_w: float, duration_s: float, excised: bool
) -> Pattern:
    """Scale strength and stretch by how much the zone of the last round missed, until it fits."""
    depth_mm = physics_value("microwave_depth_mm").amount
    half = int((max(length_mm, width_mm) / 2.0 + 18.0) / _SPACING_MM)
    count = 2 * half + 1
    grid = Grid((count,) * 3, (_SPACING_MM,) * 3, (-half * _SPACING_MM,) * 3)
    medium = medium_of(uniform_map("muscle", grid))
    if excised:
        medium.perfusion[...] = 0.0
    share, stretch = 0.5, length_mm / width_mm
    got = (0.0, 0.0)
    for _ in range(_ROUNDS):
        source = _shape(grid, np.zeros(3), np.array([0.0, 0.0, 1.0]), stretch, depth_mm)
        made = cooled_down(medium, heat(medium, duration_s, source=source, generator=ConstantPower(power_w * share)))
        got = _zone_size(made.cem43_min, half)
        share = float(np.clip(share * (width_mm / max(got[1], 2.0)) ** 2.0, 0.01, 1.0))
        stretch = float(np.clip(stretch * (length_mm / width_mm) / (max(got[0], 2.0) / max(got[1], 2.0)), 0.5, 6.0))
        if abs(got[0] - length_mm) < 0.5 and abs(got[1] - width_mm) < 0.5:
            break
    return Pattern(share, stretch, forward_mm - length_mm / 2.0, depth_mm, got[0], got[1])


def _zone_size(dose: NDArray[np.float32], middle: int) -> tuple[float, float]:
    """Length along k and width along i of the zone through the middle, between voxels by the logarithm of the dose."""
    logarithm = np.log(np.maximum(dose, 1e-6) / DEAD_CEM43_MIN)
    sizes = []
    for line in (logarithm[middle:, middle, middle], logarithm[middle, middle, middle:]):
        if line[0] < 0.0:
            sizes.append(0.0)
            continue
        n = int(np.argmax(line < 0.0)) or len(line) - 1
        step = n - 1 + line[n - 1] / max(float(line[n - 1] - line[n]), 1e-9)
        sizes.append(2.0 * float(step) * _SPACING_MM)
    return sizes[0], sizes[1]

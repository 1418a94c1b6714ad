"""How warm cement makes what lies near it while it cures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import erf

from ..evidence import Value
from ..grid import Grid
from ..image.resample import mask_on
from ..mask import Mask
from ..resources import limit

Floats = NDArray[np.float64]

_SLOW = 1e-9
"""Waves that decay by less than this share while heat is given off do not decay."""
_LOOKS_S = (10.0, 20.0, 40.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 420.0, 600.0)


@dataclass(frozen=True)
class CuringHeat:
    """Heat of curing cement in tissue that carries it away by conduction alone.

    Parameters
    ----------
    heat_j_ml : float
        Given off by a millilitre of cement.
    lasts_s : float
        Time over which it is given off, evenly.
    capacity_j_ml_k : float
        Heat capacity of tissue and cement.
    diffusivity_mm2_s : float
        Of tissue and cement.
    """

    heat_j_ml: float
    lasts_s: float
    capacity_j_ml_k: float
    diffusivity_mm2_s: float

    @property
    def rise_c(self) -> float:
        """Rise of temperature where no heat is carried away."""
        return self.heat_j_ml / self.capacity_j_ml_k


def curing_limit(key: str) -> Value:
    """One value of ``Resources/Limits/curing.json``."""
    return limit("curing", key)


def usual_heat() -> CuringHeat:
    """The default heat of ``Resources/Limits/curing.json``."""
    keys = ("heat_j_ml", "lasts_s", "capacity_j_ml_k", "diffusivity_mm2_s")
    return CuringHeat(*(curing_limit(key).amount for key in keys))


def rise_near(shares: Floats, grid: Grid, heat: CuringHeat, times_s: Sequence[float] = _LOOKS_S) -> Floats:
    """Largest rise of temperature everywhere at some times after curing began; blood flow, which cools, is left out.

    Heat of every voxel spreads as a Gaussian, which is a factor for every wave that the cement is made of.

    Parameters
    ----------
    shares : ndarray of float, shape (k, j, i)
        Volume of cement in each voxel, as a share of it.
    grid : Grid
    heat : CuringHeat
    times_s : sequence of float

    Returns
    -------
    ndarray of float, shape (k, j, i)
        In degC above body temperature.
    """
    spacing = grid.spacing_mm[::-1]
    reach = curing_limit("heat_reach_mm").amount
    size = [
        fft.next_fast_len(n + int(np.ceil(2 * reach / s)), real=True)
        for n, s in zip(shares.shape, spacing, strict=True)
    ]
    waves = fft.rfftn(shares, size)
    steps = [fft.fftfreq(size[0], spacing[0]), fft.fftfreq(size[1], spacing[1]), fft.rfftfreq(size[2], spacing[2])]
    squares = np.add.outer(np.add.outer(steps[0] ** 2, steps[1] ** 2), steps[2] ** 2)
    decay = heat.diffusivity_mm2_s * (2.0 * np.pi) ** 2 * squares
    highest = np.zeros(shares.shape)
    inner = tuple(slice(0, n) for n in shares.shape)
    for time in times_s:
        rise = fft.irfftn(waves * _left(decay, time, heat.lasts_s), size)[inner]
        highest = np.maximum(highest, rise)
    return np.asarray(highest * heat.rise_c)


def _left(decay: Floats, time_s: float, lasts_s: float) -> Floats:
    """What is left of each wave: the mean of exp(-decay age) over what has been given off, times its share."""
    last = min(time_s, lasts_s)
    slow = decay * lasts_s < _SLOW
    with np.errstate(divide="ignore", invalid="ignore"):
        left = (np.exp(-decay * (time_s - last)) - np.exp(-decay * time_s)) / (decay * lasts_s)
    return np.where(slow, last / lasts_s, left)


def rise_of_ball(radius_mm: float, distance_mm: Floats, time_s: float, heat: CuringHeat) -> Floats:
    """Rise of temperature around a ball of cement that gave off all of its heat at once, by its closed form.

    Parameters
    ----------
    radius_mm : float
    distance_mm : ndarray of float
        From the centre; above 0.
    time_s : float
    heat : CuringHeat

    Notes
    -----
    Carslaw and Jaeger, Conduction of Heat in Solids, 2nd edition, 10.3 (II).
    """
    r = np.asarray(distance_mm, float)
    width = 2.0 * np.sqrt(heat.diffusivity_mm2_s * time_s)
    near, far = (r - radius_mm) / width, (r + radius_mm) / width
    inside = 0.5 * (erf(far) - erf(near))
    edge = width / (2.0 * r * np.sqrt(np.pi)) * (np.exp(-(near**2)) - np.exp(-(far**2)))
    return np.asarray(heat.rise_c * (inside - edge))


def rise_at(rise_c: Floats, grid: Grid, structure: Mask) -> tuple[float, tuple[float, float, float]] | None:
    """The largest rise in a structure and its place in LPS mm; None where it is not within the grid."""
    there = mask_on(structure, grid).full()
    if not there.any():
        return None
    at = int(np.argmax(np.where(there, rise_c, -1.0)))
    k, j, i = (int(v) for v in np.unravel_index(at, rise_c.shape))
    x, y, z = (float(v) for v in grid.to_mm((i, j, k)))
    return float(rise_c[k, j, i]), (x, y, z)

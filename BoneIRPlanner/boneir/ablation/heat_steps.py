"""One step of heat in NumPy: the reference of the kernels, and what runs where numba is missing.

Arrays carry a rim of one voxel that nothing flows into, so that no step needs to look where the border is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .damage import ARRHENIUS_FROM_C, CEM43_CLIP_C, DEAD_CEM43_MIN, DEAD_OMEGA, ENOUGH, Arrhenius
from .medium import BODY_C

Field = NDArray[np.float32]
Box = tuple[int, int, int, int, int, int]
"""First and last+1 index along k, j and i of the voxels that are solved; never the rim."""


@dataclass(frozen=True, eq=False)
class Network:
    """What a step needs of the medium, with a rim of one voxel; float32 of shape (k + 2, j + 2, i + 2).

    Parameters
    ----------
    x, y, z : ndarray
        Conductances of faces, as in `Faces`.
    gain : ndarray
        One over the heat capacity; 0 where the temperature is held.
    decay : ndarray
        Perfusion over the heat capacity; changes as tissue dies.
    warmth : ndarray
        Source of 1 W over the heat capacity, K/s.
    """

    x: Field
    y: Field
    z: Field
    gain: Field
    decay: Field
    warmth: Field


def net_flow(theta: Field, x: Field, y: Field, z: Field, box: Box) -> Field:
    """Heat that flows into each voxel of the box, W/m3."""
    inner, (xm, xp), (ym, yp), (zm, zp) = _neighbours(box)
    here = theta[inner]
    flow = x[inner] * (theta[xp] - here)
    flow += x[xm] * (theta[xm] - here)
    flow += y[inner] * (theta[yp] - here)
    flow += y[ym] * (theta[ym] - here)
    flow += z[inner] * (theta[zp] - here)
    flow += z[zm] * (theta[zm] - here)
    return np.asarray(flow)


def euler_step(theta: Field, out: Field, net: Network, keep: Field, power_w: float, seconds: float, box: Box) -> None:
    """One explicit step with perfusion taken at its end: `keep` is 1 / (1 + seconds x decay)."""
    inner = slices(box)
    new = net_flow(theta, net.x, net.y, net.z, box)
    new *= np.float32(seconds) * net.gain[inner]
    new += theta[inner]
    if power_w:
        new += np.float32(seconds * power_w) * net.warmth[inner]
    new *= keep[inner]
    out[inner] = new


def euler_steps(
    theta: Field, out: Field, net: Network, keep: Field, power_w: float, seconds: float, box: Box, count: int
) -> None:
    """An even number of explicit steps; the last one is left in `theta`, the one before it in `out`."""
    for _ in range(count // 2):
        euler_step(theta, out, net, keep, power_w, seconds, box)
        euler_step(out, theta, net, keep, power_w, seconds, box)


def rate(theta: Field, out: Field, net: Network, power_w: float, box: Box) -> None:
    """Change of temperature per second."""
    inner = slices(box)
    new = net_flow(theta, net.x, net.y, net.z, box)
    new *= net.gain[inner]
    new -= net.decay[inner] * theta[inner]
    if power_w:
        new += np.float32(power_w) * net.warmth[inner]
    out[inner] = new


def combine(out: Field, fields: tuple[Field, ...], weights: tuple[float, ...], box: Box) -> None:
    """Weighted sum of five fields; `out` may be one of them."""
    inner = slices(box)
    new = np.float32(weights[0]) * fields[0][inner]
    for field, weight in zip(fields[1:], weights[1:], strict=True):
        new += np.float32(weight) * field[inner]
    out[inner] = new


@dataclass(frozen=True, eq=False)
class State:
    """What temperature has done so far; float32 with a rim.

    Parameters
    ----------
    peak : ndarray
        Hottest so far, in K above the body.
    omega, cem43_min : ndarray
        Arrhenius integral, equivalent minutes at 43 degC.
    water : ndarray
        Heat that the water still takes to become steam, J/m3.
    capacity : ndarray
        Heat capacity, J/m3/K.
    boiling : float
        Boiling point in K above the body.
    """

    peak: Field
    omega: Field
    cem43_min: Field
    water: Field
    capacity: Field
    boiling: float


def look(theta: Field, state: State, net: Network, box: Box) -> float:
    """Raise the peak, and say what perfusion takes per second, W/m3 summed over voxels."""
    inner = slices(box)
    np.maximum(state.peak[inner], theta[inner], out=state.peak[inner])
    return float(np.sum(theta[inner] * net.decay[inner] * state.capacity[inner], dtype=np.float64))


def settle(
    before: Field, theta: Field, state: State, net: Network, law: Arrhenius, seconds: float, stops: bool, box: Box
) -> tuple[float, float, float, bool]:
    """What follows from a stretch of time between two fields of temperature.

    Damage grows by the logarithmic mean of its rate; perfusion stops where it reaches death, if `stops`; heat above the
    boiling point becomes steam while there is water.

    Returns
    -------
    tuple
        Heat that perfusion takes per second at the end of the stretch, the same after perfusion has stopped in what
        died, and heat that went into steam; W/m3, W/m3 and J/m3 summed over voxels. Last, whether anything died.
    """
    inner = slices(box)
    new, old, decay = theta[inner], before[inner], net.decay[inner]
    loss = decay * state.capacity[inner]
    was = float(np.sum(loss * new, dtype=np.float64))
    np.maximum(state.peak[inner], new, out=state.peak[inner])
    died = _add_damage(old, new, state, law, seconds, inner)
    if stops and died.any():
        died &= decay > 0.0
        decay[died] = 0.0
    steam = 0.0
    hot = (new > state.boiling) & (net.gain[inner] > 0.0)
    if hot.any():
        capacity = state.capacity[inner][hot]
        used = np.minimum((new[hot] - np.float32(state.boiling)) * capacity, state.water[inner][hot])
        new[hot] -= used / capacity
        state.water[inner][hot] -= used
        steam = float(used.sum(dtype=np.float64))
    now = float(np.sum(decay * state.capacity[inner] * new, dtype=np.float64))
    return was, now, steam, bool(stops and died.any())


def _add_damage(
    old: Field, new: Field, state: State, law: Arrhenius, seconds: float, inner: tuple[slice, slice, slice]
) -> NDArray[np.bool_]:
    """Add damage where it is warm; where the Arrhenius integral has reached death."""
    hotter = np.maximum(new, old)
    certain = (state.omega[inner] >= DEAD_OMEGA * ENOUGH) & (state.cem43_min[inner] >= DEAD_CEM43_MIN * ENOUGH)
    warm = ~certain & (hotter > CEM43_CLIP_C[0] - BODY_C)
    if warm.any():
        both = [np.clip(field[warm].astype(np.float64) + BODY_C, None, CEM43_CLIP_C[1]) for field in (old, new)]
        state.cem43_min[inner][warm] += mean_rate(_cem_rate(both[0]), _cem_rate(both[1])) * (seconds / 60.0)
    hot = ~certain & (hotter > ARRHENIUS_FROM_C - BODY_C)
    if hot.any():
        rates = [law.rate_per_s(field[hot].astype(np.float64) + BODY_C) for field in (old, new)]
        state.omega[inner][hot] += mean_rate(rates[0], rates[1]) * seconds
    return np.asarray(hot & (state.omega[inner] >= DEAD_OMEGA))


def mean_rate(first: NDArray[np.float64], last: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of a rate that grows exponentially from its first to its last value, as it does where temperature rises."""
    mean = 0.5 * (first + last)
    apart = (first > 0.0) & (last > 0.0) & (np.abs(last - first) > 1e-3 * first)
    mean[apart] = (last[apart] - first[apart]) / np.log(last[apart] / first[apart])
    return mean


def _cem_rate(temperature_c: NDArray[np.float64]) -> NDArray[np.float64]:
    base = np.where(temperature_c >= 43.0, 0.5, 0.25)
    return np.asarray(np.where(temperature_c < CEM43_CLIP_C[0], 0.0, base ** (43.0 - temperature_c)))


def slices(box: Box) -> tuple[slice, slice, slice]:
    """The box as slices (k, j, i)."""
    k0, k1, j0, j1, i0, i1 = box
    return slice(k0, k1), slice(j0, j1), slice(i0, i1)


def _neighbours(box: Box) -> tuple[Any, ...]:
    inner = slices(box)
    found: list[Any] = [inner]
    for axis in (2, 1, 0):
        pair = []
        for shift in (-1, 1):
            moved = list(inner)
            moved[axis] = slice(inner[axis].start + shift, inner[axis].stop + shift)
            pair.append(tuple(moved))
        found.append(tuple(pair))
    return tuple(found)


def flow_from(theta: Field, free: NDArray[np.int64], held: NDArray[np.int64], face: NDArray[np.float64]) -> float:
    """Heat that flows from held voxels into free ones, W/m3 summed over voxels; indices into the flat field."""
    flat = theta.ravel()
    return float(face @ (flat[held].astype(np.float64) - flat[free]))

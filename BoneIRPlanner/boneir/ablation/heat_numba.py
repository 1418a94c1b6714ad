"""The compiled twins of `heat_steps`; imported only where numba is installed.

Each loop is there twice: for all threads, and for one thread without any machinery of threads, which is taken while the
solved part is small. So several runs can go on at once.
"""

from __future__ import annotations

import math

import numpy as np

from .damage import ARRHENIUS_FROM_C, CEM43_CLIP_C, DEAD_CEM43_MIN, DEAD_OMEGA, ENOUGH, GAS_CONSTANT, KELVIN, Arrhenius
from .heat_steps import Box, Field, Network, State
from .medium import BODY_C
from .solved_box import is_small
from .threads_numba import njit, prange

_COLD, _HOT = CEM43_CLIP_C
_FROM = ARRHENIUS_FROM_C
_R, _K = GAS_CONSTANT, KELVIN
_DEAD = DEAD_OMEGA
_LN2 = math.log(2.0)
_NOTHING = -1e6
"""Exponent of a rate that is nothing."""

ONE = np.uint64(1)
"""Unsigned indices cannot be negative, which spares the loops a test that would keep them from being vectorised."""


def euler_step(theta: Field, out: Field, net: Network, keep: Field, power_w: float, seconds: float, box: Box) -> None:
    """`heat_steps.euler_step`, compiled."""
    warm = np.float32(seconds * power_w)
    run = _euler_alone if is_small(box) else _euler
    run(theta, out, net.x, net.y, net.z, net.gain, keep, net.warmth, warm, np.float32(seconds), box)


def rate(theta: Field, out: Field, net: Network, power_w: float, box: Box) -> None:
    """`heat_steps.rate`, compiled."""
    run = _rate_alone if is_small(box) else _rate
    run(theta, out, net.x, net.y, net.z, net.gain, net.decay, net.warmth, np.float32(power_w), box)


def combine(out: Field, fields: tuple[Field, ...], weights: tuple[float, ...], box: Box) -> None:
    """`heat_steps.combine`, compiled."""
    run = _combine_alone if is_small(box) else _combine
    run(out, *fields, *(np.float32(w) for w in weights), box)


def settle(
    before: Field, theta: Field, state: State, net: Network, law: Arrhenius, seconds: float, stops: bool, box: Box
) -> tuple[float, float, float, bool]:
    """`heat_steps.settle`, compiled."""
    logarithm, slope = math.log(law.frequency_per_s), law.energy_j_mol / _R
    sums = np.zeros((theta.shape[0], 4))
    run = _settle_alone if is_small(box) else _settle
    run(
        before, theta, state.peak, state.omega, state.cem43_min, state.water, state.capacity, net.gain, net.decay,
        np.float32(state.boiling), logarithm, slope, seconds, BODY_C, stops, sums, box,
    )  # fmt: skip
    was, now, steam, died = sums.sum(axis=0)
    return float(was), float(now), float(steam), bool(died > 0)


def look(theta: Field, state: State, net: Network, box: Box) -> float:
    """`heat_steps.look`, compiled."""
    sums = np.zeros(theta.shape[0])
    run = _peak_alone if is_small(box) else _peak
    run(theta, state.peak, state.capacity, net.decay, sums, box)
    return float(sums.sum())


@njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _euler_at(  # type: ignore[no-untyped-def]
    k, theta, out, x, y, z, gain, keep, warmth, warm, seconds, box
):
    _, _, j0, j1, i0, i1 = box
    for j in range(np.uint64(j0), np.uint64(j1)):
        for i in range(np.uint64(i0), np.uint64(i1)):
            t = theta[k, j, i]
            flow = x[k, j, i] * (theta[k, j, i + ONE] - t) + x[k, j, i - ONE] * (theta[k, j, i - ONE] - t)
            flow += y[k, j, i] * (theta[k, j + ONE, i] - t) + y[k, j - ONE, i] * (theta[k, j - ONE, i] - t)
            flow += z[k, j, i] * (theta[k + ONE, j, i] - t) + z[k - ONE, j, i] * (theta[k - ONE, j, i] - t)
            out[k, j, i] = keep[k, j, i] * (t + seconds * gain[k, j, i] * flow + warm * warmth[k, j, i])


@njit(parallel=True, cache=True, nogil=True, fastmath={"contract", "nsz"})
def _euler(  # type: ignore[no-untyped-def]
    theta, out, x, y, z, gain, keep, warmth, warm, seconds, box
):
    for k in prange(np.uint64(box[0]), np.uint64(box[1])):
        _euler_at(k, theta, out, x, y, z, gain, keep, warmth, warm, seconds, box)


@njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _euler_alone(  # type: ignore[no-untyped-def]
    theta, out, x, y, z, gain, keep, warmth, warm, seconds, box
):
    for k in range(np.uint64(box[0]), np.uint64(box[1])):
        _euler_at(k, theta, out, x, y, z, gain, keep, warmth, warm, seconds, box)


@njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _rate_at(  # type: ignore[no-untyped-def]
    k, theta, out, x, y, z, gain, decay, warmth, power, box
):
    _, _, j0, j1, i0, i1 = box
    for j in range(np.uint64(j0), np.uint64(j1)):
        for i in range(np.uint64(i0), np.uint64(i1)):
            t = theta[k, j, i]
            flow = x[k, j, i] * (theta[k, j, i + ONE] - t) + x[k, j, i - ONE] * (theta[k, j, i - ONE] - t)
            flow += y[k, j, i] * (theta[k, j + ONE, i] - t) + y[k, j - ONE, i] * (theta[k, j - ONE, i] - t)
            flow += z[k, j, i] * (theta[k + ONE, j, i] - t) + z[k - ONE, j, i] * (theta[k - ONE, j, i] - t)
            out[k, j, i] = gain[k, j, i] * flow - decay[k, j, i] * t + power * warmth[k, j, i]


@njit(parallel=True, cache=True, nogil=True, fastmath={"contract", "nsz"})
def _rate(  # type: ignore[no-untyped-def]
    theta, out, x, y, z, gain, decay, warmth, power, box
):
    for k in prange(np.uint64(box[0]), np.uint64(box[1])):
        _rate_at(k, theta, out, x, y, z, gain, decay, warmth, power, box)


@njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _rate_alone(  # type: ignore[no-untyped-def]
    theta, out, x, y, z, gain, decay, warmth, power, box
):
    for k in range(np.uint64(box[0]), np.uint64(box[1])):
        _rate_at(k, theta, out, x, y, z, gain, decay, warmth, power, box)


@njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _combine_at(  # type: ignore[no-untyped-def]
    k, out, a, b, c, d, e, wa, wb, wc, wd, we, box
):
    _, _, j0, j1, i0, i1 = box
    for j in range(j0, j1):
        for i in range(i0, i1):
            out[k, j, i] = wa * a[k, j, i] + wb * b[k, j, i] + wc * c[k, j, i] + wd * d[k, j, i] + we * e[k, j, i]


@njit(parallel=True, cache=True, nogil=True, fastmath={"contract", "nsz"})
def _combine(  # type: ignore[no-untyped-def]
    out, a, b, c, d, e, wa, wb, wc, wd, we, box
):
    for k in prange(box[0], box[1]):
        _combine_at(k, out, a, b, c, d, e, wa, wb, wc, wd, we, box)


@njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _combine_alone(  # type: ignore[no-untyped-def]
    out, a, b, c, d, e, wa, wb, wc, wd, we, box
):
    for k in range(box[0], box[1]):
        _combine_at(k, out, a, b, c, d, e, wa, wb, wc, wd, we, box)


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "reassoc", "nnan"})
def _look(before, theta, peak, capacity, decay):  # type: ignore[no-untyped-def]
    """Raise the peak of a row; what perfusion takes there, and the hottest of it."""
    lost, hottest = np.float32(0.0), np.float32(-1e9)
    for i in range(theta.size):
        new = theta[i]
        lost += new * decay[i] * capacity[i]
        peak[i] = max(peak[i], new)
        hottest = max(hottest, max(new, before[i]))
    return np.float64(lost), hottest


@njit(cache=True, nogil=True)
def _peak_at(  # type: ignore[no-untyped-def]
    k, theta, peak, capacity, decay, sums, box
):
    _, _, j0, j1, i0, i1 = box
    for j in range(j0, j1):
        now = theta[k, j, i0:i1]
        sums[k] += _look(now, now, peak[k, j, i0:i1], capacity[k, j, i0:i1], decay[k, j, i0:i1])[0]


@njit(parallel=True, cache=True, nogil=True)
def _peak(  # type: ignore[no-untyped-def]
    theta, peak, capacity, decay, sums, box
):
    for k in prange(box[0], box[1]):
        _peak_at(k, theta, peak, capacity, decay, sums, box)


@njit(cache=True, nogil=True)
def _peak_alone(  # type: ignore[no-untyped-def]
    theta, peak, capacity, decay, sums, box
):
    for k in range(box[0], box[1]):
        _peak_at(k, theta, peak, capacity, decay, sums, box)


@njit(cache=True, nogil=True)
def _settle_at(  # type: ignore[no-untyped-def]
    k, before, theta, peak, omega, cem, water, capacity, gain, decay, boiling, logarithm, slope, seconds, body, stops,
    sums, box,
):  # fmt: skip
    _, _, j0, j1, i0, i1 = box
    was, now, steam, died = 0.0, 0.0, 0.0, 0.0
    for j in range(j0, j1):
        lost, hottest = _look(
            before[k, j, i0:i1], theta[k, j, i0:i1], peak[k, j, i0:i1], capacity[k, j, i0:i1], decay[k, j, i0:i1]
        )
        was += lost
        now += lost
        if hottest <= _COLD - body:
            continue
        for i in range(i0, i1):
            old, new = before[k, j, i], theta[k, j, i]
            hotter = max(old, new)
            if hotter <= _COLD - body:
                continue
            if omega[k, j, i] < _DEAD * ENOUGH or cem[k, j, i] < DEAD_CEM43_MIN * ENOUGH:
                first, last = _cem_exponent(old + body), _cem_exponent(new + body)
                cem[k, j, i] += np.float32(_mean_exp(first, last) * seconds / 60.0)
                if hotter <= _FROM - body:
                    continue
                first, last = logarithm - slope / (old + body + _K), logarithm - slope / (new + body + _K)
                omega[k, j, i] += np.float32(_mean_exp(first, last) * seconds)
            perfused = decay[k, j, i] * capacity[k, j, i]
            now -= new * perfused
            if stops and omega[k, j, i] >= _DEAD and perfused > 0.0:
                decay[k, j, i] = 0.0
                perfused = 0.0
                died = 1.0
            if new > boiling and gain[k, j, i] > 0.0:
                used = min((new - boiling) * capacity[k, j, i], water[k, j, i])
                theta[k, j, i] = new - used / capacity[k, j, i]
                water[k, j, i] -= used
                steam += used
            now += theta[k, j, i] * perfused
    sums[k, 0], sums[k, 1], sums[k, 2], sums[k, 3] = was, now, steam, died


@njit(parallel=True, cache=True, nogil=True)
def _settle(  # type: ignore[no-untyped-def]
    before, theta, peak, omega, cem, water, capacity, gain, decay, boiling, logarithm, slope, seconds, body, stops,
    sums, box,
):  # fmt: skip
    for k in prange(box[0], box[1]):
        _settle_at(
            k, before, theta, peak, omega, cem, water, capacity, gain, decay, boiling, logarithm, slope, seconds, body,
            stops, sums, box,
        )  # fmt: skip


@njit(cache=True, nogil=True)
def _settle_alone(  # type: ignore[no-untyped-def]
    before, theta, peak, omega, cem, water, capacity, gain, decay, boiling, logarithm, slope, seconds, body, stops,
    sums, box,
):  # fmt: skip
    for k in range(box[0], box[1]):
        _settle_at(
            k, before, theta, peak, omega, cem, water, capacity, gain, decay, boiling, logarithm, slope, seconds, body,
            stops, sums, box,
        )  # fmt: skip


@njit(cache=True, nogil=True, inline="always")
def _mean_exp(first, last):  # type: ignore[no-untyped-def]
    """`heat_steps.mean_rate` of two exponentials: where both are nearly alike, that of the mean exponent."""
    apart = last - first
    if abs(apart) <= 0.02:  # off by less than 0.02 squared over 24
        return math.exp(0.5 * (first + last))
    change = math.exp(last) - math.exp(first)
    return change / apart if min(first, last) > _NOTHING else 0.5 * abs(change)


@njit(cache=True, nogil=True, inline="always")
def _cem_exponent(temperature):  # type: ignore[no-untyped-def]
    if temperature < _COLD:
        return 2.0 * _NOTHING
    base = _LN2 if temperature >= 43.0 else 2.0 * _LN2
    return base * (min(temperature, _HOT) - 43.0)


@njit(cache=True, nogil=True)
def flow_from(theta, free, held, face):  # type: ignore[no-untyped-def]
    """`heat_run.flow_from`, compiled: heat from held voxels into free ones, W/m3 summed over voxels."""
    flat = theta.ravel()
    total = 0.0
    for n in range(free.size):
        total += face[n] * (np.float64(flat[held[n]]) - flat[free[n]])
    return total

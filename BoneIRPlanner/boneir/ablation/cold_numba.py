"""The compiled twins of `cold_steps`; imported only where numba is installed.

Every loop fills one array from few others: so the compiler can use vector instructions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .cold_steps import ColdFields, Field
from .heat_numba import ONE
from .heat_steps import Box
from .solved_box import is_small
from .threads_numba import njit, prange

_ZERO, _UNIT = np.float32(0.0), np.float32(1.0)


def take_on(fields: ColdFields, held_c: NDArray[np.float64], body_c: float, seconds: float, count: int) -> float:
    """`cold_steps.take_on`, compiled."""
    rules, seams, held = fields.rules, fields.seams, fields.held
    return float(
        _take_on(
            fields.enthalpy, fields.temperature, fields.potential, fields.conductivity, fields.perfusion, fields.x,
            fields.y, fields.z, rules.solid_c, rules.mushy, rules.warmth, rules.potential, rules.conductivity,
            (seams.one, seams.other, seams.weight), (held.free, held.weight, held.film, held.body, held.most), held_c,
            np.float32(body_c), seconds, count,
        )
    )  # fmt: skip


def follow(fields: ColdFields) -> None:
    """`cold_steps.follow`, compiled."""
    rules = fields.rules
    _follow(
        fields.enthalpy, fields.temperature, fields.potential, fields.conductivity, rules.solid_c, rules.mushy,
        rules.warmth, rules.potential, rules.conductivity,
    )  # fmt: skip


def watch(theta: Field, coldest: Field, perfusion: Field, box: Box) -> float:
    """`cold_steps.watch`, compiled."""
    sums = np.zeros(theta.shape[0])
    run = _watch_alone if is_small(box) else _watch
    run(theta, coldest, perfusion, sums, box)
    return float(sums.sum())


@njit(cache=True, nogil=True)
def _take_on(  # type: ignore[no-untyped-def]
    h, t, u, c, perfusion, x, y, z, solid, mushy, warmth, potential, conductivity, seams, held, held_c, body, seconds,
    count,
):  # fmt: skip
    given, step = 0.0, np.float32(seconds)
    for _ in range(count):
        given += _give(h, t, u, c, solid, mushy, warmth, potential, held, held_c, seconds)
        _flow(h, u, t, x, y, z, perfusion, body, step)
        _through_seams(h, t, c, seams, step)
        _follow(h, t, u, c, solid, mushy, warmth, potential, conductivity)
    return given


@njit(cache=True, nogil=True)
def _follow(h, t, u, c, solid, mushy, warmth, potential, conductivity):  # type: ignore[no-untyped-def]
    _temperature(h, t, solid, mushy, warmth[0], warmth[1], warmth[2])
    _potential(h, u, mushy, potential[0], potential[1], potential[2])
    _conductivity(h, c, mushy, conductivity[0], conductivity[1], conductivity[2])


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "nnan"})
def _temperature(h, t, solid, mushy, frozen, freezing, fluid):  # type: ignore[no-untyped-def]
    for k in range(ONE, np.uint64(h.shape[0] - 1)):
        for j in range(ONE, np.uint64(h.shape[1] - 1)):
            for i in range(ONE, np.uint64(h.shape[2] - 1)):
                here, wide = h[k, j, i], mushy[k, j, i]
                low, high = min(here, _ZERO) * frozen[k, j, i], max(here - wide, _ZERO) * fluid[k, j, i]
                t[k, j, i] = solid[k, j, i] + low + max(min(here, wide), _ZERO) * freezing[k, j, i] + high


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "nnan"})
def _potential(h, u, mushy, frozen, freezing, fluid):  # type: ignore[no-untyped-def]
    for k in range(ONE, np.uint64(h.shape[0] - 1)):
        for j in range(ONE, np.uint64(h.shape[1] - 1)):
            for i in range(ONE, np.uint64(h.shape[2] - 1)):
                here, wide = h[k, j, i], mushy[k, j, i]
                low, high = min(here, _ZERO) * frozen[k, j, i], max(here - wide, _ZERO) * fluid[k, j, i]
                u[k, j, i] = low + max(min(here, wide), _ZERO) * freezing[k, j, i] + high


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "nnan"})
def _conductivity(h, c, mushy, frozen, freezing, fluid):  # type: ignore[no-untyped-def]
    for k in range(ONE, np.uint64(h.shape[0] - 1)):
        for j in range(ONE, np.uint64(h.shape[1] - 1)):
            for i in range(ONE, np.uint64(h.shape[2] - 1)):
                here = h[k, j, i]
                some = max(min(here, _UNIT), _ZERO)  # no branch: within 1 J/m3 it is as good as a step
                all_ = max(min(here - mushy[k, j, i], _UNIT), _ZERO)
                c[k, j, i] = frozen[k, j, i] + some * freezing[k, j, i] + all_ * fluid[k, j, i]


@njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _flow(h, u, t, x, y, z, perfusion, body, seconds):  # type: ignore[no-untyped-def]
    for k in range(ONE, np.uint64(h.shape[0] - 1)):
        for j in range(ONE, np.uint64(h.shape[1] - 1)):
            for i in range(ONE, np.uint64(h.shape[2] - 1)):
                here = u[k, j, i]
                net = x[k, j, i] * (u[k, j, i + ONE] - here) + x[k, j, i - ONE] * (u[k, j, i - ONE] - here)
                net += y[k, j, i] * (u[k, j + ONE, i] - here) + y[k, j - ONE, i] * (u[k, j - ONE, i] - here)
                net += z[k, j, i] * (u[k + ONE, j, i] - here) + z[k - ONE, j, i] * (u[k - ONE, j, i] - here)
                h[k, j, i] += seconds * (net + perfusion[k, j, i] * (body - t[k, j, i]))


@njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _through_seams(h, t, c, seams, seconds):  # type: ignore[no-untyped-def]
    one, other, weight = seams
    flat_h, flat_t, flat_c = h.reshape(-1), t.reshape(-1), c.reshape(-1)
    for m in range(one.size):
        a, b = one[m], other[m]
        amount = seconds * weight[m] * (flat_c[a] * flat_c[b] / (flat_c[a] + flat_c[b])) * (flat_t[b] - flat_t[a])
        flat_h[a] += amount
        flat_h[b] -= amount


@njit(cache=True, nogil=True)
def _give(h, t, u, c, solid, mushy, warmth, potential, held, held_c, seconds):  # type: ignore[no-untyped-def]
    free, weight, film, body, most = held
    flat_h, flat_t, flat_u, flat_c = h.reshape(-1), t.reshape(-1), u.reshape(-1), c.reshape(-1)
    flow, taken = np.zeros(free.size), np.zeros(most.size)
    for m in range(free.size):
        outside = held_c[body[m]]
        if np.isnan(outside):
            continue
        at = free[m]
        surface = (film[m] * outside + flat_c[at] * flat_t[at]) / (film[m] + flat_c[at])
        rise, span = surface - solid.reshape(-1)[at], mushy.reshape(-1)[at] * np.float64(warmth[1].reshape(-1)[at])
        there = min(rise, 0.0) * potential[0].reshape(-1)[at] / warmth[0].reshape(-1)[at]
        there += max(min(rise, span), 0.0) * potential[1].reshape(-1)[at] / warmth[1].reshape(-1)[at]
        there += max(rise - span, 0.0) * potential[2].reshape(-1)[at] / warmth[2].reshape(-1)[at]
        flow[m] = weight[m] * (there - flat_u[at])
        taken[body[m]] -= flow[m]
    total = 0.0
    for m in range(free.size):
        amount = seconds * flow[m] * min(most[body[m]] / max(taken[body[m]], 1e-30), 1.0)
        flat_h[free[m]] += np.float32(amount)
        total += amount
    return total


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "reassoc", "nnan"})
def _row(theta, coldest, perfusion):  # type: ignore[no-untyped-def]
    lost = np.float32(0.0)
    for i in range(theta.size):
        lost += theta[i] * perfusion[i]
        coldest[i] = min(coldest[i], theta[i])
    return np.float64(lost)


@njit(cache=True, nogil=True)
def _watch_at(  # type: ignore[no-untyped-def]
    k, theta, coldest, perfusion, sums, box
):
    _, _, j0, j1, i0, i1 = box
    for j in range(j0, j1):
        sums[k] += _row(theta[k, j, i0:i1], coldest[k, j, i0:i1], perfusion[k, j, i0:i1])


@njit(parallel=True, cache=True, nogil=True)
def _watch(  # type: ignore[no-untyped-def]
    theta, coldest, perfusion, sums, box
):
    for k in prange(box[0], box[1]):
        _watch_at(k, theta, coldest, perfusion, sums, box)


@njit(cache=True, nogil=True)
def _watch_alone(  # type: ignore[no-untyped-def]
    theta, coldest, perfusion, sums, box
):
    for k in range(box[0], box[1]):
        _watch_at(k, theta, coldest, perfusion, sums, box)

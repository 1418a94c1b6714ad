"""The compiled twins of `cold_steps`; imported only where numba is installed."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from .cold_steps import CLOSED, ColdFields, HeldFaces, Phases
from .heat_numba import ONE
from .heat_steps import Box

_CLOSED = np.uint8(CLOSED)


def follow(fields: ColdFields, phases: Phases, box: Box) -> None:
    """`cold_steps.follow`, compiled."""
    _follow(
        fields.enthalpy, fields.labels, fields.temperature, fields.potential, fields.conductivity, phases.solid_c,
        phases.mushy, phases.body, phases.warmth, phases.conductivity, box,
    )  # fmt: skip


def flow(fields: ColdFields, weights: tuple[float, float, float], body_c: float, seconds: float, box: Box) -> None:
    """`cold_steps.flow`, compiled."""
    wx, wy, wz = (np.float32(w) for w in weights)
    _flow(
        fields.enthalpy, fields.temperature, fields.potential, fields.conductivity, fields.perfusion, fields.labels,
        wx, wy, wz, np.float32(body_c), np.float32(seconds), box,
    )  # fmt: skip


def give(fields: ColdFields, phases: Phases, faces: HeldFaces, held_c: NDArray[np.float64], seconds: float) -> float:
    """`cold_steps.give`, compiled."""
    return float(
        _give(
            fields.enthalpy, fields.potential, fields.labels, faces.free, faces.weight, faces.body, held_c,
            phases.solid_c, phases.mushy, phases.warmth, phases.conductivity, seconds,
        )
    )  # fmt: skip


@njit(parallel=True, cache=True, nogil=True, fastmath={"contract", "nsz"})
def _follow(  # type: ignore[no-untyped-def]
    enthalpy, labels, temperature, potential, conductivity, solid, mushy, body, warmth, carries, box
):
    k0, k1, j0, j1, i0, i1 = box
    zero = np.float32(0.0)
    for k in prange(np.uint64(k0), np.uint64(k1)):
        for j in range(np.uint64(j0), np.uint64(j1)):
            for i in range(np.uint64(i0), np.uint64(i1)):
                n = labels[k, j, i]
                above, wide = enthalpy[k, j, i] + body[n], mushy[n]
                frozen = min(above, zero) * warmth[n, 0]
                freezing = max(min(above, wide), zero) * warmth[n, 1]
                fluid = max(above - wide, zero) * warmth[n, 2]
                temperature[k, j, i] = solid[n] + frozen + freezing + fluid
                potential[k, j, i] = carries[n, 0] * frozen + carries[n, 1] * freezing + carries[n, 2] * fluid
                conductivity[k, j, i] = carries[n, 2 if above >= wide else (1 if above > zero else 0)]


@njit(cache=True, nogil=True, inline="always")
def _through(u, t, c, n, u2, t2, c2, n2):  # type: ignore[no-untyped-def]
    """Flow through one face, before its weight."""
    mean = np.float32(2.0) * c * c2 / max(c + c2, np.float32(1e-12))
    return u2 - u if n == n2 else mean * (t2 - t)


@njit(parallel=True, cache=True, nogil=True, fastmath={"contract", "nsz"})
def _flow(h, t, u, c, perfusion, n, wx, wy, wz, body, seconds, box):  # type: ignore[no-untyped-def]
    k0, k1, j0, j1, i0, i1 = box
    for k in prange(np.uint64(k0), np.uint64(k1)):
        a, b = k - ONE, k + ONE
        for j in range(np.uint64(j0), np.uint64(j1)):
            p, q = j - ONE, j + ONE
            for i in range(np.uint64(i0), np.uint64(i1)):
                x, y = i - ONE, i + ONE
                uu, tt, cc, nn = u[k, j, i], t[k, j, i], c[k, j, i], n[k, j, i]
                net = wx * (
                    _through(uu, tt, cc, nn, u[k, j, x], t[k, j, x], c[k, j, x], n[k, j, x])
                    + _through(uu, tt, cc, nn, u[k, j, y], t[k, j, y], c[k, j, y], n[k, j, y])
                )
                net += wy * (
                    _through(uu, tt, cc, nn, u[k, p, i], t[k, p, i], c[k, p, i], n[k, p, i])
                    + _through(uu, tt, cc, nn, u[k, q, i], t[k, q, i], c[k, q, i], n[k, q, i])
                )
                net += wz * (
                    _through(uu, tt, cc, nn, u[a, j, i], t[a, j, i], c[a, j, i], n[a, j, i])
                    + _through(uu, tt, cc, nn, u[b, j, i], t[b, j, i], c[b, j, i], n[b, j, i])
                )
                net += perfusion[k, j, i] * (body - tt)
                h[k, j, i] += np.float32(0.0) if nn == _CLOSED else seconds * net


@njit(cache=True, nogil=True)
def _give(  # type: ignore[no-untyped-def]
    h, u, labels, free, weight, body, held_c, solid, mushy, warmth, carries, seconds
):
    flat_h, flat_u, flat_n = h.reshape(-1), u.reshape(-1), labels.reshape(-1)
    total = 0.0
    for m in range(free.size):
        held = held_c[body[m]]
        if np.isnan(held):
            continue
        at, n = free[m], flat_n[free[m]]
        rise, span = held - solid[n], np.float64(mushy[n]) * warmth[n, 1]
        there = min(rise, 0.0) * carries[n, 0] + max(min(rise, span), 0.0) * carries[n, 1]
        there += max(rise - span, 0.0) * carries[n, 2]
        amount = seconds * weight[m] * (there - flat_u[at])
        flat_h[at] += np.float32(amount)
        total += amount
    return total

"""How time goes on: explicit Euler steps, or one long Runge-Kutta-Legendre step where those would be many."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..image.distance import has_numba
from . import heat_steps
from .heat_steps import Box, Field, Network

SAFETY = 0.9
"""Share of the largest stable step that is taken."""

AT_ONCE = 4
"""So many explicit steps go through the memory in one pass; two where held voxels give heat that is counted by step."""

MOST_STAGES = 13
"""More stages than this in one Runge-Kutta-Legendre step cost accuracy; the step is divided instead."""


@dataclass(frozen=True)
class Backend:
    """The functions that do the work: compiled or NumPy."""

    euler_step: Callable[..., None]
    euler_steps: Callable[..., None]
    rate: Callable[..., None]
    combine: Callable[..., None]
    settle: Callable[..., tuple[float, float, float, bool]]
    look: Callable[..., float]
    flow_from: Callable[..., float]


def backend(compiled: bool = True) -> Backend:
    """Compiled kernels where they are wanted and numba is installed, NumPy otherwise."""
    if compiled and has_numba():
        from . import heat_numba as found
        from .heat_wave_numba import euler_steps

        return Backend(
            found.euler_step, euler_steps, found.rate, found.combine, found.settle, found.look, found.flow_from
        )
    made = heat_steps
    return Backend(made.euler_step, made.euler_steps, made.rate, made.combine, made.settle, made.look, made.flow_from)


def stable_seconds(sums: NDArray[np.float64], capacity: NDArray[np.floating]) -> float:
    """The longest stable explicit step: no voxel gives away more than it has; with some safety."""
    return SAFETY * float(np.min(capacity / np.maximum(sums, 1e-30)))


class Stepper(Protocol):
    """Takes time on."""

    def advance(self, theta: Field, power_w: float, seconds: float, box: Box) -> tuple[Field, float]:
        """Temperature after `seconds`, and the heat that held voxels gave, J/m3 summed over voxels."""
        ...

    def decay_changed(self, box: Box) -> None:
        """Perfusion changed within the box."""
        ...

    def source_changed(self, voxel_m3: float) -> float:
        """Share of the generator's power that free voxels of the window take in now."""
        ...


class _Common:
    """Faces between held and free voxels, and what the source gives."""

    def __init__(
        self,
        net: Network,
        capacity: Field,
        free: NDArray[np.bool_],
        shape: tuple[int, ...],
        seconds: float,
        kernels: Backend,
    ) -> None:
        self.net, self.seconds, self.kernels = net, seconds, kernels
        self.spare = np.zeros(shape, np.float32)
        self.free_at, self.held_at, self.face = held_faces(net, free)
        self.capacity = capacity

    def source_changed(self, voxel_m3: float) -> float:
        """Share of the generator's power that free voxels of the window take in now."""
        return float(np.multiply(self.net.warmth, self.capacity, dtype=np.float64).sum()) * voxel_m3

    def _given(self, theta: Field) -> float:
        if not self.face.size:
            return 0.0
        return float(self.kernels.flow_from(theta, self.free_at, self.held_at, self.face))

    def _swap(self, theta: Field) -> Field:
        """The spare field; outside the solved part both are 0, because nothing has changed there."""
        spare, self.spare = self.spare, theta
        return spare


class EulerStepper(_Common):
    """Explicit Euler steps, implicit in perfusion."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._keep: Field | None = None
        self._keep_for = 0.0

    def decay_changed(self, box: Box) -> None:
        """Bring what is kept of perfusion up to date."""
        if self._keep is not None:
            part = heat_steps.slices(box)
            self._keep[part] = 1.0 / (1.0 + np.float32(self._keep_for) * self.net.decay[part])

    def advance(self, theta: Field, power_w: float, seconds: float, box: Box) -> tuple[Field, float]:
        """As many equal steps as stability asks for."""
        count = max(1, math.ceil(seconds / self.seconds - 1e-6))
        step = seconds / count
        if self._keep is None or step != self._keep_for:
            self._keep, self._keep_for = 1.0 / (1.0 + np.float32(step) * self.net.decay), step
        given, together = 0.0, 2 if self.face.size else AT_ONCE
        for _ in range(count // together):
            given += self._given(theta) * step
            self.kernels.euler_steps(theta, self.spare, self.net, self._keep, power_w, step, box, together)
            given += self._given(self.spare) * step
        for _ in range(count % together):
            given += self._given(theta) * step
            out = self._swap(theta)
            self.kernels.euler_step(theta, out, self.net, self._keep, power_w, step, box)
            theta = out
        return theta, given


class RungeKuttaLegendre(_Common):
    """One long step of second order in many stages: RKL2 of Meyer, Balsara and Aslam."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._fields = [np.zeros_like(self.spare) for _ in range(4)]

    def decay_changed(self, box: Box) -> None:
        """Nothing is kept of perfusion."""

    def advance(self, theta: Field, power_w: float, seconds: float, box: Box) -> tuple[Field, float]:
        """One long step, or a few where it would need too many stages."""
        longest = self.seconds * (MOST_STAGES**2 + MOST_STAGES - 2) / 4.0
        count = max(1, math.ceil(seconds / longest))
        given = 0.0
        for _ in range(count):
            theta, more = self._one(theta, power_w, seconds / count, box)
            given += more
        return theta, given

    def _one(self, first: Field, power_w: float, seconds: float, box: Box) -> tuple[Field, float]:
        stages = max(3, math.ceil((math.sqrt(9.0 + 16.0 * seconds / self.seconds) - 1.0) / 2.0))
        stages += 1 - stages % 2
        b = [1.0 / 3.0, 1.0 / 3.0] + [(j * j + j - 2.0) / (2.0 * j * (j + 1.0)) for j in range(2, stages + 1)]
        w = 4.0 / (stages * stages + stages - 2.0)
        older, last, slope, slope0 = self._fields
        part = heat_steps.slices(box)
        older[part] = first[part]
        self.kernels.rate(first, slope0, self.net, power_w, box)
        begin = self._given(first) * seconds
        zero, scale = slope0, b[1] * w
        self.kernels.combine(last, (first, slope0, zero, zero, zero), (1.0, scale * seconds, 0.0, 0.0, 0.0), box)
        given_older, given_last = 0.0, scale * begin
        for j in range(2, stages + 1):
            mu, nu = (2.0 * j - 1.0) / j * b[j] / b[j - 1], -(j - 1.0) / j * b[j] / b[j - 2]
            slope_mu = mu * w
            slope_0 = -(1.0 - b[j - 1]) * slope_mu
            self.kernels.rate(last, slope, self.net, power_w, box)
            given = mu * given_last + nu * given_older + slope_mu * seconds * self._given(last) + slope_0 * begin
            weights = (mu, nu, 1.0 - mu - nu, slope_mu * seconds, slope_0 * seconds)
            self.kernels.combine(older, (last, older, first, slope, slope0), weights, box)
            older, last = last, older
            given_older, given_last = given_last, given
        out = self._swap(first)
        out[part] = last[part]
        return out, given_last


def held_faces(
    net: Network, free: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Flat indices of free and held voxels on both sides of a face, and its conductance in W/m3/K."""
    index = np.arange(free.size).reshape(free.shape)
    frees, helds, faces = [], [], []
    for axis, face in ((2, net.x), (1, net.y), (0, net.z)):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        a, b = tuple(low), tuple(high)
        for here, there in ((a, b), (b, a)):
            cut = free[here] & ~free[there] & (face[a] > 0.0)
            frees.append(index[here][cut])
            helds.append(index[there][cut])
            faces.append(face[a][cut].astype(np.float64))
    return np.concatenate(frees), np.concatenate(helds), np.concatenate(faces)

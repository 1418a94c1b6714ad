"""Cold in tissue: freezing with latent heat over a range of temperature, many probes, cycles of freeze and thaw.

Ice conducts well and asks for short steps; tissue that has not frozen does not. So a block around all ice is stepped by
enthalpy (`cold_block`), everything else in longer steps by temperature, and heat that leaves one enters the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from ..image.distance import has_numba
from . import cold_steps
from .cold_block import ColdBlock, cold_setting
from .cold_medium import ColdMedium
from .cold_outside import ColdOutside
from .cold_steps import Field
from .damage import frozen_rule
from .energy import EnergyBalance
from .heat import Moment
from .heat_steps import Box
from .medium import BODY_C, Held, check_held, heat_value
from .solved_box import box_around, grown_box

PERIOD_S = 5.0
BLOCK_VOXELS, GROW_BLOCK_VOXELS, GROW_BLOCK_K = 5, 4, 6.0
"""How far the block reaches beyond the probes at first, how much it grows, and how near to freezing its border is."""


@dataclass(frozen=True)
class Stage:
    """A part of a treatment.

    Parameters
    ----------
    duration_s : float
    probe_c : float or None
        Temperature of the surface of the probes; None where they are off.
    """

    duration_s: float
    probe_c: float | None


@dataclass(frozen=True, eq=False)
class Cooled:
    """What a run of cold gives; arrays of shape (k, j, i).

    Parameters
    ----------
    temperature_c, coldest_c : ndarray of float32
        At the end, and the lowest; within a probe the lowest of its own.
    held_s : ndarray of float32
        Time below the lethal temperature.
    cycles : ndarray of uint8
        Number of stages of freezing in which the lethal temperature was reached.
    largest_ice : ndarray of bool
        Where there was ice at any time.
    time_s : float
    energy : EnergyBalance
    reached_border, stopped : bool
    """

    temperature_c: Field
    coldest_c: Field
    held_s: Field
    cycles: NDArray[np.uint8]
    largest_ice: NDArray[np.bool_]
    time_s: float
    energy: EnergyBalance
    reached_border: bool
    stopped: bool


def freeze(
    medium: ColdMedium,
    stages: Sequence[Stage],
    probes: tuple[Held, ...],
    *,
    progress: Callable[[Moment], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    compiled: bool = True,
) -> Cooled:
    """Freeze tissue with probes that work together.

    Parameters
    ----------
    medium : ColdMedium
    stages : sequence of Stage
        Freezing and thawing in order; all probes have the stage's temperature.
    probes : tuple of Held
        Their surfaces; their own temperatures do not count.
    progress, should_stop : callable, optional
        Called after every few simulated seconds; True from `should_stop` ends the run.
    compiled : bool
        False takes the NumPy reference even where numba is installed.

    Raises
    ------
    PlanError
        If a stage lasts no time, or a probe holds no voxel.
    """
    total = sum(stage.duration_s for stage in stages)
    if not stages or any(not stage.duration_s > 0.0 for stage in stages):
        raise PlanError("Every stage of freezing and thawing needs a duration of more than 0 s.")
    check_held(probes, medium.labels.shape)
    run = _Run(medium, probes, compiled)
    stopped = False
    for stage in stages:
        left = stage.duration_s
        run.begin(stage)
        while left > 1e-9 and not stopped:
            seconds = min(PERIOD_S, left)
            run.advance(seconds)
            left -= seconds
            if progress is not None:
                progress(Moment(run.time_s / total, run.time_s, run.temperature_c, run.voxel_m3() * 1e6))
            stopped = should_stop is not None and should_stop()
        run.end(stage)
    return run.result(stopped and run.time_s < total - 1e-9)


class _Run:
    """The state of one run; arrays carry a rim of one voxel."""

    def __init__(self, medium: ColdMedium, probes: tuple[Held, ...], compiled: bool) -> None:
        self.medium, self.compiled, self.count = medium, compiled, len(probes)
        self.setting = cold_setting(medium, probes)
        shape = self.setting.labels.shape
        nk, nj, ni = medium.labels.shape
        self.whole: Box = (1, nk + 1, 1, nj + 1, 1, ni + 1)
        self.outside = ColdOutside(self.setting, compiled)
        self.watch = _watch(compiled)
        inside = np.any([probe.inside for probe in probes], axis=0)
        self.inside = np.pad(inside, 1)
        self.box = box_around(inside, self.whole)
        self.block = ColdBlock(
            self.setting, box_around(inside, self.whole, BLOCK_VOXELS), self.outside.theta, None, compiled
        )
        self.outside.cut_out(self.block)
        self.held_c = np.full(self.count + 1, BODY_C)
        self.limited = any(math.isfinite(probe.most_w) for probe in probes)
        self.coldest = np.zeros(shape, np.float32)  # change of temperature
        self.stage_coldest = np.zeros(shape, np.float32)
        self.held_s = np.zeros(shape, np.float32)
        self.cycles = np.zeros(shape, np.uint8)
        self.lethal_k = np.float32(frozen_rule()["lethal_c"].amount - BODY_C)
        phases = medium.phases
        self.begins_c = np.asarray(phases.solid_c + phases.mushy * phases.warmth[:, 1])
        self.time_s, self.energy = 0.0, EnergyBalance()
        self.perfused_w = 0.0

    def begin(self, stage: Stage) -> None:
        """Set the probes."""
        self.held_c[: self.count] = np.nan if stage.probe_c is None else stage.probe_c
        self.stage_coldest[...] = 0.0

    def end(self, stage: Stage) -> None:
        """Count the cycle."""
        if stage.probe_c is not None and stage.probe_c - BODY_C < self.lethal_k:
            self.cycles += self.stage_coldest <= self.lethal_k

    def advance(self, seconds: float) -> None:
        """A stretch of time, then what it did."""
        count = max(1, math.ceil(seconds / self.outside.longest_s - 1e-6))
        given = 0.0
        for _ in range(count):
            given += self._step(seconds / count)
        volume = self.voxel_m3()
        was = self.watch(self.outside.theta, self.coldest, self.setting.perfusion, self.box) * volume
        self.time_s += seconds
        self.energy.held_j += given * volume
        self.energy.perfused_j += 0.5 * (self.perfused_w + was) * seconds
        self.perfused_w = was - self._freeze_vessels() * volume
        self._note(seconds)
        self.box = grown_box(self.box, self.whole, self.outside.theta[_slices(self.box)], heat_value("active_k").amount)

    def _step(self, seconds: float) -> float:
        """One long step outside, as many short ones as it takes within; heat from held bodies, J/m3 over voxels."""
        given = self.outside.step(seconds, self.box, self.block)
        given += self.block.advance(self.held_c, seconds)
        theta = self.block.theta()
        self.outside.theta[self.block.inner] = theta
        near = np.maximum(self._freezes_k() + GROW_BLOCK_K - theta, 0.0) * (theta != 0.0)
        box = grown_box(self.block.box, self.whole, near, 0.0, GROW_BLOCK_VOXELS)
        if box != self.block.box:
            self.block = ColdBlock(self.setting, box, self.outside.theta, self.block, self.compiled)
            self.outside.cut_out(self.block)
            self.box = _joined(self.box, box)
        return given

    def _freezes_k(self) -> np.float32:
        return np.float32(self.begins_c.max() - BODY_C)

    def _freeze_vessels(self) -> float:
        """Stop perfusion where there is ice; what it took there, W/m3 summed over voxels."""
        ice, inner = self.block.ice(), self.block.inner
        lost = self.outside.theta[inner][ice].astype(np.float64) * self.setting.perfusion[inner][ice]
        self.block.stop_perfusion(ice)
        return float(lost.sum())

    def _note(self, seconds: float) -> None:
        """Time below the lethal temperature, and the coldest of this stage and of probes."""
        inner = self.block.inner
        cold = self.outside.theta[inner]
        np.minimum(self.stage_coldest[inner], cold, out=self.stage_coldest[inner])
        self.held_s[inner] += np.where(cold <= self.lethal_k, np.float32(seconds), np.float32(0.0))
        if np.isfinite(self.held_c[0]):
            change = np.float32(cold.min() if self.limited else self.held_c[0] - BODY_C)
            for coldest in (self.coldest, self.stage_coldest):
                coldest[self.inside] = np.minimum(coldest[self.inside], change)
            if change <= self.lethal_k:
                self.held_s[self.inside] += seconds

    def temperature_c(self) -> Field:
        """Temperature now; probes and vessels have the body's."""
        return np.asarray(self.outside.theta[1:-1, 1:-1, 1:-1] + np.float32(BODY_C))

    def result(self, stopped: bool) -> Cooled:
        inner = (slice(1, -1),) * 3
        self.energy.stored_j = (self.block.stored_j_m3() + self.outside.stored_j_m3(self.block)) * self.voxel_m3()
        coldest = self.coldest + np.float32(BODY_C)
        away = np.abs(self.outside.theta[inner])
        border = max(float(np.take(away, (0, -1), axis).max()) for axis in range(3))
        return Cooled(
            self.temperature_c(), coldest[inner], self.held_s[inner].copy(), self.cycles[inner].copy(),
            np.asarray((coldest <= self.begins_c[self.setting.labels])[inner]), self.time_s, self.energy, border > 1.0,
            stopped,
        )  # fmt: skip

    def voxel_m3(self) -> float:
        return float(np.prod(self.medium.spacing_mm)) * 1e-9


def _watch(compiled: bool) -> Callable[..., float]:
    if compiled and has_numba():
        from . import cold_numba

        return cold_numba.watch
    return cold_steps.watch


def _joined(one: Box, other: Box) -> Box:
    """The box around two."""
    low = [min(one[n], other[n]) for n in (0, 2, 4)]
    high = [max(one[n], other[n]) for n in (1, 3, 5)]
    return low[0], high[0], low[1], high[1], low[2], high[2]


def _slices(box: Box) -> tuple[slice, slice, slice]:
    k0, k1, j0, j1, i0, i1 = box
    return slice(k0, k1), slice(j0, j1), slice(i0, i1)

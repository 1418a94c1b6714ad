"""Heat in tissue: Pennes' equation on voxels, with damage, perfusion that stops, steam, and a record of all energy.

Pennes HH. J Appl Physiol 1948;1:93-122. Finite volumes, explicit in conduction and implicit in perfusion; where voxels
are so fine or conduct so well that steps would be short, many are taken at once by the method of Runge, Kutta and
Legendre (Meyer, Balsara, Aslam. J Comput Phys 2014;257:594-626). Only the part of the tissue that has warmed is solved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import heat_steps
from .damage import DEAD_OMEGA, Arrhenius, arrhenius
from .energy import EnergyBalance
from .generator import Generator
from .heat_setup import check_heat, first_warmth, network_of, padded, step_and_capacity
from .heat_stepper import EulerStepper, RungeKuttaLegendre, Stepper, backend
from .heat_steps import Box, Field, State
from .medium import BODY_C, Held, Medium, faces_of, heat_value
from .solved_box import box_around, grown_box

NEAR_BOILING_K, BOILING_PERIOD_S = 20.0, 1.0
"""So near to the boiling point steam is reckoned with after every second."""

LONGEST_EULER_STEPS = 12
"""More explicit steps than this within one stretch of time are replaced by one Runge-Kutta-Legendre step."""

LOOK_S = 4.0
"""So often the whole solved part is looked at; between, only what is warm. With stretches of one second this changes
the peak where it stays below 39 degC by less than it rises in that time, and the energy taken by perfusion by less
than a thousandth."""

RENEW_S = 4.0
"""When a source that changes with temperature is renewed first."""

WARM_K, WARM_SHARE = 0.5, 1e-3
"""Tissue that has warmed by so much, or takes in such a share of the densest power, is looked at in every stretch."""


@dataclass(frozen=True, eq=False)
class Moment:
    """How a run stands: share done, simulated time, the temperature in degC now (a copy on demand), mL of a voxel."""

    share: float
    time_s: float
    temperature_c: Callable[[], Field]
    voxel_ml: float


@dataclass(frozen=True, eq=False)
class Heated:
    """What a run of heat gives; arrays float32 of the medium's shape (k, j, i).

    Parameters
    ----------
    temperature_c, peak_c : ndarray
        At the end, and the highest.
    omega, cem43_min : ndarray
        Arrhenius integral of `law`, and equivalent minutes at 43 degC.
    water_j_m3 : ndarray
        Heat that the water that is left still takes to become steam.
    law : Arrhenius
    time_s : float
        How long was simulated; shorter than asked for where the run was stopped.
    energy : EnergyBalance
    power : tuple of (float, float, float)
        Time in s, power in W and sensor temperature in degC of every stretch.
    reached_border : bool
        Whether heat came to the border of the window, so that a larger window is needed.
    stopped : bool
    """

    temperature_c: Field
    peak_c: Field
    omega: Field
    cem43_min: Field
    water_j_m3: Field
    law: Arrhenius
    time_s: float
    energy: EnergyBalance
    power: tuple[tuple[float, float, float], ...]
    reached_border: bool
    stopped: bool


def heat(
    medium: Medium,
    duration_s: float,
    *,
    source: NDArray[np.floating] | None = None,
    generator: Generator | None = None,
    sensor: NDArray[np.bool_] | None = None,
    held: tuple[Held, ...] = (),
    start_c: NDArray[np.floating] | None = None,
    after: Heated | None = None,
    law: Arrhenius | None = None,
    perfusion_stops: bool = True,
    period_s: float | None = None,
    renew: Callable[[Field], NDArray[np.floating]] | None = None,
    progress: Callable[[Moment], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    compiled: bool = True,
) -> Heated:
    """Heat tissue for some time.

    Parameters
    ----------
    medium : Medium
    duration_s : float
    source : ndarray, shape (k, j, i), optional
        Absorbed power in W/m3 for each W of the generator.
    generator : Generator, optional
        Needed with `source`.
    sensor : ndarray of bool, optional
        Voxels whose hottest temperature the generator sees; without it, the hottest of all.
    held : tuple of Held
        Bodies that hold a temperature.
    start_c : ndarray, optional
        Temperature at first; the body's without it. All of the window is solved then.
    after : Heated, optional
        A run in the same medium that this one goes on from: with its temperature, dose, dead tissue and water.
    law : Arrhenius, optional
        Law of damage; that of liver without it.
    perfusion_stops : bool
        Whether blood stops where the Arrhenius integral reaches 1.
    period_s : float, optional
        Length of a stretch of time between which damage and power are brought up to date; the generator's without it.
    renew : callable, optional
        Gives a new source from the highest temperature in degC so far, where that changes with temperature; asked after
        `RENEW_S` and then whenever the time has doubled.
    progress : callable, optional
        Called after every stretch of time; what it raises ends the run, and nothing is kept of it.
    should_stop : callable, optional
        Asked after every stretch; True ends the run, with what was reached so far.
    compiled : bool
        False takes the NumPy reference even where numba is installed.

    Raises
    ------
    PlanError
        If the duration is not positive, a source has no generator or another shape, a probe holds no voxel, or the run
        to go on from is of another window.
    """
    start_c = start_c if after is None else after.temperature_c
    run = _Run(
        medium, duration_s, source, generator, sensor, held, start_c, after, law, perfusion_stops, period_s, compiled
    )  # fmt: skip
    stopped = False
    while not stopped and run.time_s < duration_s - 1e-9:
        run.advance(min(run.stretch_s(), duration_s - run.time_s))
        if renew is not None and run.time_s >= run.renew_at_s:
            run.set_source(renew(run.peak_c()))
        if progress is not None:
            progress(Moment(run.time_s / duration_s, run.time_s, run.temperature_c, medium.voxel_m3 * 1e6))
        stopped = should_stop is not None and should_stop()
    return run.result(stopped and run.time_s < duration_s - 1e-9)


class _Run:
    """The state of one run; arrays carry a rim of one voxel."""

    def __init__(
        self,
        medium: Medium,
        duration_s: float,
        source: NDArray[np.floating] | None,
        generator: Generator | None,
        sensor: NDArray[np.bool_] | None,
        held: tuple[Held, ...],
        start_c: NDArray[np.floating] | None,
        after: Heated | None,
        law: Arrhenius | None,
        perfusion_stops: bool,
        period_s: float | None,
        compiled: bool,
    ) -> None:
        check_heat(medium, duration_s, source, generator, held, start_c)
        self.medium, self.generator, self.perfusion_stops = medium, generator, perfusion_stops
        self.law = law or arrhenius()
        self.backend = backend(compiled)
        self.period_s = period_s or (generator.period_s if generator else 4.0)
        self.time_s, self.power = 0.0, list[tuple[float, float, float]]()
        faces = faces_of(medium.conductivity, medium.spacing_mm, held)
        fixed = np.asarray(medium.sink).copy()
        for body in held:
            fixed |= body.inside
        self.free = padded(~fixed)
        self.seconds, capacity = step_and_capacity(faces, medium.capacity, ~fixed)
        self.capacity = padded(capacity)
        self.net = network_of(faces, capacity, medium, ~fixed, source)
        self.theta = first_warmth(medium, held, start_c)
        self.before = self.theta.copy()
        boiling = heat_value("boiling_c").amount - BODY_C
        none, water = np.zeros_like(self.theta), padded(medium.water_j_m3)
        self.state = State(self.theta.copy(), none, none.copy(), water, self.capacity, boiling)
        if after is not None:
            self._go_on_from(after)
        self.sensor = None if sensor is None else np.flatnonzero(padded(sensor))
        self.whole: Box = (1, medium.shape[0] + 1, 1, medium.shape[1] + 1, 1, medium.shape[2] + 1)
        self.box = self._first_box(source, held, 1e-6, heat_value("active_k").amount)
        if start_c is not None and after is None:
            self.box = self.whole
        self.stepper = self._stepper()
        self.source_share = self.stepper.source_changed(medium.voxel_m3)
        self.renew_at_s = RENEW_S
        self.energy = EnergyBalance(stored_at_first_j=self._stored())
        self.warm = self._first_box(source, held, WARM_SHARE, WARM_K)
        if start_c is not None and after is None:
            self.warm = self.box
        self.warm_w = self._perfused(self.warm)
        self.rest_w = self._perfused(self.box) - self.warm_w
        self.looked_s = 0.0
        self.hottest = self._hottest(self.box)

    def _go_on_from(self, after: Heated) -> None:
        """Take over peak, doses and water of another run; what it killed has no perfusion."""
        inner = (slice(1, -1),) * 3
        self.state.peak[inner] = after.peak_c - np.float32(BODY_C)
        self.state.omega[inner], self.state.cem43_min[inner] = after.omega, after.cem43_min
        self.state.water[inner] = after.water_j_m3
        if self.perfusion_stops:
            self.net.decay[inner][after.omega >= DEAD_OMEGA] = 0.0

    def _stepper(self) -> Stepper:
        kind = EulerStepper if self.period_s <= LONGEST_EULER_STEPS * self.seconds else RungeKuttaLegendre
        return kind(self.net, self.capacity, self.free, self.theta.shape, self.seconds, self.backend)

    def peak_c(self) -> Field:
        """Highest temperature so far, without the rim."""
        return np.asarray(np.maximum(self.state.peak, self.theta)[1:-1, 1:-1, 1:-1] + np.float32(BODY_C))

    def set_source(self, source: NDArray[np.floating]) -> None:
        """Take in another source, and the next one when the time has doubled."""
        self.renew_at_s = 2.0 * self.time_s
        self.net.warmth[1:-1, 1:-1, 1:-1] = source * self.net.gain[1:-1, 1:-1, 1:-1]
        self.source_share = self.stepper.source_changed(self.medium.voxel_m3)

    def stretch_s(self) -> float:
        """How long the power may stay the same and steam be left out of account: shortly where tissue boils."""
        boils = self.hottest > self.state.boiling - NEAR_BOILING_K
        return min(self.period_s, BOILING_PERIOD_S) if boils else self.period_s

    def advance(self, seconds: float) -> None:
        """One stretch of time at one power, then damage, steam, and now and then the size of the solved part."""
        power = 0.0 if self.generator is None else self.generator.power_w(self.time_s, self._seen_c())
        if self.generator is not None:
            self.power.append((self.time_s, power, self._seen_c()))
        warm = heat_steps.slices(self.warm)
        np.copyto(self.before[warm], self.theta[warm])
        self.theta, held_j_m3 = self.stepper.advance(self.theta, power, seconds, self.box)
        was, now, steam, died = self.backend.settle(
            self.before, self.theta, self.state, self.net, self.law, seconds, self.perfusion_stops, self.warm
        )
        self.time_s += seconds
        volume = self.medium.voxel_m3
        self.energy.supplied_j += power * seconds * self.source_share
        self.energy.held_j += held_j_m3 * volume
        self.energy.perfused_j += 0.5 * (self.warm_w + was * volume) * seconds
        self.energy.steam_j += steam * volume
        self.warm_w = now * volume
        self.hottest = self._hottest(self.warm)
        if died:
            self.stepper.decay_changed(self.warm)
        if self.time_s - self.looked_s > LOOK_S - 1e-6:
            self._look()

    def _look(self) -> None:
        """Bring the whole solved part up to date: peak, perfusion, and how far heat has come."""
        seconds, self.looked_s = self.time_s - self.looked_s, self.time_s
        rest = self.backend.look(self.theta, self.state, self.net, self.box) * self.medium.voxel_m3 - self.warm_w
        self.energy.perfused_j += 0.5 * (self.rest_w + rest) * seconds
        self.box = grown_box(self.box, self.whole, self.theta[self._inner()], heat_value("active_k").amount)
        warm = grown_box(self.warm, self.box, self.theta[heat_steps.slices(self.warm)], WARM_K)
        if warm != self.warm:
            total = self.warm_w + rest
            self.warm, self.warm_w = warm, self._perfused(warm)
            rest = total - self.warm_w
        self.rest_w = rest

    def temperature_c(self) -> Field:
        """Temperature now, without the rim."""
        return np.asarray(self.theta[1:-1, 1:-1, 1:-1] + np.float32(BODY_C))

    def result(self, stopped: bool) -> Heated:
        self._look()
        self.energy.stored_j = self._stored()
        inner = (slice(1, -1),) * 3
        return Heated(
            self.temperature_c(),
            np.asarray(self.state.peak[inner] + np.float32(BODY_C)),
            self.state.omega[inner].copy(),
            self.state.cem43_min[inner].copy(),
            self.state.water[inner].copy(),
            self.law,
            self.time_s,
            self.energy,
            tuple(self.power),
            self._at_border(),
            stopped,
        )

    def _inner(self) -> tuple[slice, slice, slice]:
        return heat_steps.slices(self.box)

    def _seen_c(self) -> float:
        return BODY_C + (self.hottest if self.sensor is None else float(self.theta.ravel()[self.sensor].max()))

    def _hottest(self, box: Box) -> float:
        return float(self.theta[heat_steps.slices(box)].max(initial=0.0))

    def _stored(self) -> float:
        part = self._inner()
        warm = np.multiply(self.theta[part], self.capacity[part], dtype=np.float64)
        return float(warm[self.free[part]].sum()) * self.medium.voxel_m3

    def _perfused(self, box: Box) -> float:
        part = heat_steps.slices(box)
        lost = self.theta[part] * self.net.decay[part] * self.capacity[part]
        return float(lost.sum(dtype=np.float64)) * self.medium.voxel_m3

    def _first_box(
        self, source: NDArray[np.floating] | None, held: tuple[Held, ...], share: float, change_k: float
    ) -> Box:
        """The box around what the source heats, what is held, and what has already changed."""
        begun = np.abs(self.theta[1:-1, 1:-1, 1:-1]) > change_k
        if source is not None:
            begun |= source > float(source.max()) * share
        for body in held:
            begun |= body.inside
        return box_around(begun, self.whole)

    def _at_border(self) -> bool:
        theta = np.abs(self.theta[1:-1, 1:-1, 1:-1])
        worst = max(float(np.take(theta, (0, -1), axis).max()) for axis in range(3))
        return worst > 100.0 * heat_value("active_k").amount

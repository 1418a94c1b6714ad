"""Cold in tissue: freezing with latent heat over a range of temperature, many probes, cycles of freeze and thaw."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from ..image.distance import has_numba
from . import cold_steps
from .cold_steps import CLOSED, ColdFields, Field, HeldFaces, Labels, Phases
from .damage import frozen_rule
from .energy import EnergyBalance
from .heat import Moment
from .heat_stepper import threads_for
from .heat_steps import Box, slices
from .medium import BODY_C, LIGHT_J_M3_K, Held, check_held, heat_value, way_share
from .solved_box import box_around, grown_box
from .tissue_map import TissueMap
from .tissues import Tissue, freezing

SAFETY = 0.9
NEAREST = 0.6
"""Least share of a voxel between a voxel centre and the surface of a probe; a smaller one would make steps short."""
PERIOD_S = 5.0
ICE_J_KG = 334e3
"""Latent heat of water; ice holds 2.1 kJ/kg/K less than water."""
_ICE_LACKS_J_KG_K = 2100.0
_HEAVY_J_M3_K = 1e6
"""Heat capacity that gas is given, so that it does not set the time step."""


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
class ColdMedium:
    """Tissues that can freeze, on voxels.

    Parameters
    ----------
    labels : ndarray of uint8, shape (k, j, i)
        Places in `phases`.
    phases : Phases
    perfusion : ndarray of float32
        W/m3/K.
    sink : ndarray of bool
        Voxels that keep the temperature of the body.
    spacing_mm : tuple of float
    """

    labels: Labels
    phases: Phases
    perfusion: Field
    sink: NDArray[np.bool_]
    spacing_mm: tuple[float, float, float]


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


def cold_medium_of(tissues: TissueMap) -> ColdMedium:
    """How the tissues of a map freeze; blood keeps its temperature."""
    phases = phases_of([_properties(item) for item in tissues.tissues])
    return ColdMedium(
        tissues.labels, phases, tissues.array("perfusion_w_m3_k"), tissues.where("blood"), tissues.grid.spacing_mm
    )


@dataclass(frozen=True)
class FreezingTissue:
    """One tissue for `phases_of`: W/m/K, J/m3/K and J/m3; conductivity while freezing is that between both."""

    conductivity_frozen: float
    conductivity: float
    capacity_frozen: float
    capacity: float
    latent: float
    begins_c: float
    ends_c: float
    conductivity_freezing: float | None = None
    capacity_freezing: float | None = None


def phases_of(tissues: Sequence[FreezingTissue]) -> Phases:
    """Tables of the phases of some tissues, by label."""
    rows = [*tissues, *[tissues[0]] * (CLOSED + 1 - len(tissues))]
    mushy, body, warmth, conductivity = [], [], [], []
    for row in rows:
        span = row.begins_c - row.ends_c
        between = row.capacity_freezing or 0.5 * (row.capacity_frozen + row.capacity)
        wide = row.latent + between * span
        middle = row.conductivity_freezing or 0.5 * (row.conductivity_frozen + row.conductivity)
        mushy.append(wide)
        body.append(wide + row.capacity * (BODY_C - row.begins_c))
        warmth.append((1.0 / row.capacity_frozen, span / wide, 1.0 / row.capacity))
        conductivity.append((row.conductivity_frozen, middle, row.conductivity))
    carries = np.asarray(conductivity, np.float32)
    carries[CLOSED] = 0.0
    fields = [np.asarray(column, np.float32) for column in ([row.ends_c for row in rows], mushy, body, warmth)]
    return Phases(fields[0], fields[1], fields[2], fields[3], carries)


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
    check_held(probes, _shape(medium))
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
                progress(Moment(run.time_s / total, run.time_s, run.temperature_c))
            stopped = should_stop is not None and should_stop()
        run.end(stage)
    return run.result(stopped and run.time_s < total - 1e-9)


class _Run:
    """The state of one run; arrays carry a rim of one voxel."""

    def __init__(self, medium: ColdMedium, probes: tuple[Held, ...], compiled: bool) -> None:
        self.medium = medium
        closed = medium.sink.copy()
        for probe in probes:
            closed |= probe.inside
        labels = np.where(closed, np.uint8(CLOSED), medium.labels)
        self.labels = np.pad(labels, 1, constant_values=CLOSED)
        self.kernels = _kernels(compiled)
        shape = self.labels.shape
        fields = [np.zeros(shape, np.float32) for _ in range(4)]
        perfusion = np.pad(np.where(closed, 0.0, medium.perfusion).astype(np.float32), 1)
        self.fields = ColdFields(fields[0], fields[1], fields[2], fields[3], perfusion, self.labels)
        nk, nj, ni = _shape(medium)
        self.whole: Box = (1, nk + 1, 1, nj + 1, 1, ni + 1)
        self.kernels.follow(self.fields, medium.phases, (0, nk + 2, 0, nj + 2, 0, ni + 2))
        self.weights = tuple(1.0 / (step * 1e-3) ** 2 for step in medium.spacing_mm)
        self.faces = _held_faces(medium, probes, closed, self.weights)
        self.count = len(probes)
        self.held_c = np.full(self.count + 1, BODY_C)
        self.longest_s = _stable_seconds(medium, self.labels, self.faces, self.weights)
        inside = np.any([probe.inside for probe in probes], axis=0)
        self.box = box_around(inside, self.whole)
        self.inside = np.pad(inside, 1)
        self.coldest = np.full(shape, BODY_C, np.float32)
        self.stage_coldest = self.coldest.copy()
        self.held_s = np.zeros(shape, np.float32)
        self.cycles = np.zeros(shape, np.uint8)
        self.lethal_c = np.float32(frozen_rule()["lethal_c"].amount)
        self.time_s, self.energy = 0.0, EnergyBalance()
        self.perfused_w = 0.0

    def begin(self, stage: Stage) -> None:
        """Set the probes."""
        self.held_c[: self.count] = np.nan if stage.probe_c is None else stage.probe_c
        self.stage_coldest[...] = BODY_C

    def end(self, stage: Stage) -> None:
        """Count the cycle."""
        if stage.probe_c is not None and stage.probe_c < self.lethal_c:
            self.cycles += self.stage_coldest <= self.lethal_c

    def advance(self, seconds: float) -> None:
        """A stretch of time, then what it did."""
        count = max(1, math.ceil(seconds / self.longest_s))
        step = seconds / count
        given = 0.0
        with threads_for(self.box):
            for _ in range(count):
                given += self.kernels.give(self.fields, self.medium.phases, self.faces, self.held_c, step)
                self.kernels.flow(self.fields, self.weights, BODY_C, step, self.box)
                self.kernels.follow(self.fields, self.medium.phases, self.box)
        self.time_s += seconds
        volume = self._voxel_m3()
        self.energy.held_j += given * volume
        inner = slices(self.box)
        cold = self.fields.temperature[inner]
        was = float(np.sum(self.fields.perfusion[inner] * (cold - BODY_C), dtype=np.float64)) * volume
        self.energy.perfused_j += 0.5 * (self.perfused_w + was) * seconds
        ice = self._ice(inner)
        self.fields.perfusion[inner][ice] = 0.0
        self.perfused_w = float(np.sum(self.fields.perfusion[inner] * (cold - BODY_C), dtype=np.float64)) * volume
        open_ = self.labels[inner] != CLOSED
        for coldest in (self.coldest, self.stage_coldest):
            np.minimum(coldest[inner], cold, out=coldest[inner], where=open_)
            if np.isfinite(self.held_c[0]):
                coldest[self.inside] = np.minimum(coldest[self.inside], self.held_c[0])
        if self.held_c[0] <= self.lethal_c:
            self.held_s[self.inside] += seconds
        self.held_s[inner] += np.where(open_ & (cold <= self.lethal_c), np.float32(seconds), np.float32(0.0))
        self.box = grown_box(self.box, self.whole, (cold - BODY_C) * open_, heat_value("active_k").amount)

    def temperature_c(self) -> Field:
        """Temperature now; probes have theirs, vessels the body's."""
        inner = (slice(1, -1),) * 3
        return np.where(self.labels[inner] == CLOSED, np.float32(BODY_C), self.fields.temperature[inner])

    def result(self, stopped: bool) -> Cooled:
        inner = (slice(1, -1),) * 3
        self.energy.stored_j = (
            float(self.fields.enthalpy[self.labels != CLOSED].sum(dtype=np.float64)) * self._voxel_m3()
        )
        begins = self._begins_c()[self.labels]
        away = np.abs(self.temperature_c() - BODY_C)
        border = max(float(np.take(away, (0, -1), axis).max()) for axis in range(3))
        return Cooled(
            self.temperature_c(), self.coldest[inner].copy(), self.held_s[inner].copy(), self.cycles[inner].copy(),
            np.asarray((self.coldest <= begins)[inner]), self.time_s, self.energy, border > 1.0, stopped,
        )  # fmt: skip

    def _begins_c(self) -> Field:
        phases = self.medium.phases
        return np.asarray(phases.solid_c + phases.mushy * phases.warmth[:, 1])

    def _ice(self, inner: tuple[slice, slice, slice]) -> NDArray[np.bool_]:
        labels = self.labels[inner]
        return np.asarray(
            self.fields.enthalpy[inner] + self.medium.phases.body[labels] < self.medium.phases.mushy[labels]
        )

    def _voxel_m3(self) -> float:
        return float(np.prod(self.medium.spacing_mm)) * 1e-9


@dataclass(frozen=True)
class _Kernels:
    follow: Callable[..., None]
    flow: Callable[..., None]
    give: Callable[..., float]


def _kernels(compiled: bool) -> _Kernels:
    if compiled and has_numba():
        from . import cold_numba as found

        return _Kernels(found.follow, found.flow, found.give)
    return _Kernels(cold_steps.follow, cold_steps.flow, cold_steps.give)


def _shape(medium: ColdMedium) -> tuple[int, int, int]:
    nk, nj, ni = medium.labels.shape
    return nk, nj, ni


def _held_faces(
    medium: ColdMedium, probes: tuple[Held, ...], closed: NDArray[np.bool_], weights: Sequence[float]
) -> HeldFaces:
    """The faces through which probes (0, 1, ...) and vessels (the last body) cool or warm."""
    index = np.pad(np.arange(1, closed.size + 1).reshape(closed.shape), 1)
    padded_at = np.flatnonzero(index)
    owner = np.where(medium.sink, len(probes), -1)
    for number, probe in enumerate(probes):
        owner[probe.inside] = number
    frees, strengths, bodies = [], [], []
    flat = np.arange(closed.size).reshape(closed.shape)
    for axis, weight in zip((2, 1, 0), weights, strict=True):
        for shift in (-1, 1):
            there_owner = np.roll(owner, -shift, axis)
            edge = [slice(None)] * 3
            edge[axis] = slice(-1, None) if shift > 0 else slice(0, 1)
            there_owner[tuple(edge)] = -1
            cut = ~closed & (there_owner >= 0)
            body = there_owner[cut]
            share = np.ones(body.size)
            for number, probe in enumerate(probes):
                mine = body == number
                if mine.any():
                    share[mine] = np.maximum(way_share(probe.distance_mm, axis, shift)[cut][mine], NEAREST)
            frees.append(padded_at[flat[cut]])
            strengths.append(weight / share)
            bodies.append(body)
    return HeldFaces(np.concatenate(frees), np.concatenate(strengths), np.concatenate(bodies).astype(np.int64))


def _stable_seconds(medium: ColdMedium, labels: Labels, faces: HeldFaces, weights: Sequence[float]) -> float:
    """The longest stable step, over all tissues there are and the voxels beside probes."""
    phases = medium.phases
    present = np.unique(labels[labels != CLOSED])
    carries = phases.conductivity.astype(np.float64)
    most = float(carries[present].max(initial=0.0))
    own = (carries * phases.warmth).max(axis=1)
    beside_others = (np.minimum(2.0 * carries, most) * phases.warmth).max(axis=1)  # a harmonic mean is at most twice
    worst = float(beside_others[present].max(initial=1e-30)) * 2.0 * sum(weights)
    given = np.bincount(faces.free, faces.weight, labels.size)
    at = np.unique(faces.free)
    if at.size:
        here = labels.ravel()[at]
        worst = max(worst, float(np.max(own[here] * given[at] + beside_others[here] * sum(weights))))
    return SAFETY / worst


def _properties(item: Tissue) -> FreezingTissue:
    """How a tissue freezes: as measured where it is known, otherwise like soft tissue; gas and metal do not."""
    amount = {key: value.amount for key, value in item.values.items()}
    soft = {key: value.amount for key, value in freezing().values.items()}
    density, conductivity = amount["density_kg_m3"], amount["conductivity_w_m_k"]
    capacity = density * amount["heat_capacity_j_kg_k"]
    made = FreezingTissue(
        conductivity, conductivity, max(capacity, _HEAVY_J_M3_K), max(capacity, _HEAVY_J_M3_K), 0.0,
        soft["freezing_begins_c"], soft["freezing_ends_c"],
    )  # fmt: skip
    if capacity < LIGHT_J_M3_K or item.id in ("metal", "cement"):
        return made
    if "frozen_latent_mj_m3" in amount:
        latent = amount["frozen_latent_mj_m3"] * 1e6
        frozen = capacity - latent / ICE_J_KG * _ICE_LACKS_J_KG_K
        return replace(
            made, latent=latent, capacity_frozen=frozen, conductivity_frozen=amount["frozen_conductivity_w_m_k"]
        )
    return replace(
        made,
        latent=soft["latent_heat_mj_m3"] * 1e6,
        conductivity_frozen=soft["conductivity_frozen_w_m_k"],
        conductivity_freezing=soft["conductivity_freezing_w_m_k"],
        capacity_frozen=density * soft["heat_capacity_frozen_j_kg_k"],
        capacity_freezing=density * soft["heat_capacity_freezing_j_kg_k"],
    )

"""The part of the tissue that freezes, stepped by enthalpy in short steps, as a block within the window."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..image.distance import has_numba
from . import cold_steps
from .cold_medium import ColdMedium
from .cold_steps import CLOSED, ColdFields, Field, HeldFaces, Labels, Phases, Rules, Seams
from .heat_steps import Box
from .medium import BODY_C, Held, way_share

SAFETY = 0.9
NEAREST = 0.6
"""Least share of a voxel between a voxel centre and the surface of a probe; a smaller one would make steps short."""
_TOUCHING_W_M_K = 1e12
"""Stands for a film without resistance."""


@dataclass(frozen=True, eq=False)
class ColdSetting:
    """What all blocks of one run are cut from; arrays with a rim of one voxel.

    Parameters
    ----------
    phases : Phases
    spacing_mm : tuple of float
        Along (i, j, k).
    labels : ndarray of uint8
        `CLOSED` in probes, in vessels and in the rim.
    owner : ndarray of int16
        Number of the held body of each voxel, vessels the last; -1 in free tissue and the rim.
    distance_mm : tuple of ndarray
        Of every probe.
    film_w_m2_k, most_w : tuple of float
        Of every probe.
    perfusion : ndarray of float32
        W/m3/K, which stops where it freezes.
    """

    phases: Phases
    spacing_mm: tuple[float, float, float]
    labels: Labels
    owner: NDArray[np.int16]
    distance_mm: tuple[NDArray[np.floating], ...]
    film_w_m2_k: tuple[float, ...]
    most_w: tuple[float, ...]
    perfusion: Field

    @property
    def weights(self) -> tuple[float, float, float]:
        """1 / (width of a voxel squared) along (i, j, k), 1/m2."""
        x, y, z = (1.0 / (step * 1e-3) ** 2 for step in self.spacing_mm)
        return x, y, z


def cold_setting(medium: ColdMedium, probes: tuple[Held, ...]) -> ColdSetting:
    """Put probes into tissue that can freeze."""
    owner = np.where(medium.sink, len(probes), -1).astype(np.int16)
    for number, probe in enumerate(probes):
        owner[probe.inside] = number
    closed = owner >= 0
    labels = np.where(closed, np.uint8(CLOSED), medium.labels)
    perfusion = np.where(closed, np.float32(0.0), medium.perfusion).astype(np.float32)
    return ColdSetting(
        medium.phases,
        medium.spacing_mm,
        np.pad(labels, 1, constant_values=CLOSED),
        np.pad(owner, 1, constant_values=-1),
        tuple(np.pad(probe.distance_mm, 1, mode="edge") for probe in probes),
        tuple(probe.film_w_m2_k for probe in probes),
        tuple(probe.most_w for probe in probes),
        np.pad(perfusion, 1),
    )


class ColdBlock:
    """Tissue of a box; its border lets no heat through but what `add` brings.

    Parameters
    ----------
    setting : ColdSetting
    box : Box
        In indices with the rim.
    theta : ndarray of float32
        Change of temperature of the window, from which tissue that has not frozen takes its enthalpy.
    before : ColdBlock or None
        The block until now, which lies within this one.
    compiled : bool
    """

    def __init__(
        self, setting: ColdSetting, box: Box, theta: Field, before: ColdBlock | None = None, compiled: bool = True
    ) -> None:
        self.setting, self.box, self.compiled = setting, box, compiled
        around = tuple(slice(a - 1, b + 1) for a, b in zip(box[::2], box[1::2], strict=True))
        self.labels = setting.labels[around].copy()
        inside = np.zeros(self.labels.shape, bool)
        inside[1:-1, 1:-1, 1:-1] = True
        self.labels[~inside] = CLOSED
        self.open = self.labels != CLOSED
        held = _held_faces(setting, around, self.open)
        self.longest_s = _stable_seconds(setting, self.labels, held)
        phases = setting.phases
        self.resting = phases.body[self.labels]
        enthalpy = self.resting + theta[around] / phases.warmth[self.labels, 2]
        if before is not None:
            enthalpy[before._within(self)] = before.enthalpy()
        self._take_on, self._follow = _kernels(compiled)
        self.fields = _fields(setting, self.labels, enthalpy, setting.perfusion[around] * self.open, held)
        self._follow(self.fields)

    @property
    def inner(self) -> tuple[slice, slice, slice]:
        """The box as slices of the window with its rim."""
        k0, k1, j0, j1, i0, i1 = self.box
        return slice(k0, k1), slice(j0, j1), slice(i0, i1)

    def add(self, side: tuple[slice, slice, slice], heat_j_m3: Field) -> None:
        """Bring heat into the voxels of a border, given as slices of the block with its rim."""
        self.fields.enthalpy[side] += heat_j_m3

    def advance(self, held_c: NDArray[np.float64], seconds: float) -> float:
        """Go on for some time; heat that held bodies gave, J/m3 summed over voxels."""
        count = max(1, math.ceil(seconds / self.longest_s - 1e-6))
        return self._take_on(self.fields, held_c, BODY_C, seconds / count, count)

    def theta(self) -> Field:
        """Change of temperature of its voxels; none in probes and vessels."""
        change = self.fields.temperature[1:-1, 1:-1, 1:-1] - np.float32(BODY_C)
        return np.asarray(change * self.open[1:-1, 1:-1, 1:-1])

    def enthalpy(self) -> Field:
        """Of its voxels, as in `ColdFields`."""
        return np.asarray(self.fields.enthalpy[1:-1, 1:-1, 1:-1])

    def ice(self) -> NDArray[np.bool_]:
        """Where there is ice."""
        here = self.fields.enthalpy < self.fields.rules.mushy
        return np.asarray((here & self.open)[1:-1, 1:-1, 1:-1])

    def stop_perfusion(self, ice: NDArray[np.bool_]) -> None:
        """No blood flows where it has frozen, in the block and in what later ones are cut from."""
        self.fields.perfusion[1:-1, 1:-1, 1:-1][ice] = 0.0
        self.setting.perfusion[self.inner][ice] = 0.0

    def stored_j_m3(self) -> float:
        """Heat in its free voxels against the body's temperature, summed over voxels."""
        change = self.fields.enthalpy[self.open].astype(np.float64) - self.resting[self.open]
        return float(change.sum())

    def _within(self, larger: ColdBlock) -> tuple[slice, ...]:
        """Where this block lies in a larger one with its rim."""
        starts = [mine - its + 1 for mine, its in zip(self.box[::2], larger.box[::2], strict=True)]
        sizes = [b - a for a, b in zip(self.box[::2], self.box[1::2], strict=True)]
        return tuple(slice(start, start + size) for start, size in zip(starts, sizes, strict=True))


def _kernels(compiled: bool) -> tuple[Callable[..., float], Callable[[ColdFields], None]]:
    if compiled and has_numba():
        from . import cold_numba

        return cold_numba.take_on, cold_numba.follow
    return cold_steps.take_on, cold_steps.follow


def _fields(setting: ColdSetting, labels: Labels, enthalpy: Field, perfusion: Field, held: HeldFaces) -> ColdFields:
    """What a step works on."""
    phases = setting.phases
    warmth, carries = phases.warmth, phases.conductivity
    potential = warmth * carries
    grows = np.stack([carries[:, 0], carries[:, 1] - carries[:, 0], carries[:, 2] - carries[:, 1]], axis=1)
    tables = [[np.ascontiguousarray(table[:, n][labels]) for n in range(3)] for table in (warmth, potential, grows)]
    rules = Rules(phases.solid_c[labels], phases.mushy[labels], *((rows[0], rows[1], rows[2]) for rows in tables))
    faces, seams = _faces(labels, setting.weights)
    empty = [np.zeros(labels.shape, np.float32) for _ in range(3)]
    return ColdFields(
        enthalpy.astype(np.float32), empty[0], empty[1], empty[2], perfusion.astype(np.float32), *faces, rules, seams,
        held,
    )  # fmt: skip


def _faces(labels: Labels, weights: Sequence[float]) -> tuple[tuple[Field, Field, Field], Seams]:
    """Faces within one tissue as fields, those between two tissues as a list."""
    index = np.arange(labels.size).reshape(labels.shape)
    fields, ones, others, strengths = list[Field](), [], [], []
    for axis, weight in zip((2, 1, 0), weights, strict=True):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        a, b = labels[tuple(low)], labels[tuple(high)]
        both = (a != CLOSED) & (b != CLOSED)
        face = np.zeros(labels.shape, np.float32)
        face[tuple(low)] = np.where(both & (a == b), np.float32(weight), np.float32(0.0))
        fields.append(face)
        seam = both & (a != b)
        ones.append(index[tuple(low)][seam])
        others.append(index[tuple(high)][seam])
        strengths.append(np.full(ones[-1].size, 2.0 * weight, np.float32))
    one, other, strength = np.concatenate(ones), np.concatenate(others), np.concatenate(strengths)
    order = np.argsort(one, kind="stable")  # along the memory
    return (fields[0], fields[1], fields[2]), Seams(one[order], other[order], strength[order])


def _held_faces(setting: ColdSetting, around: tuple[slice, ...], free: NDArray[np.bool_]) -> HeldFaces:
    """The faces through which probes (0, 1, ...) and vessels (the last body) cool or warm free voxels of a block."""
    owner, probes = setting.owner[around], setting.distance_mm
    index = np.arange(owner.size).reshape(owner.shape)
    frees, strengths, films, bodies = [], [], [], []
    for axis, step_mm in zip((2, 1, 0), setting.spacing_mm, strict=True):
        for shift in (-1, 1):
            there_owner = np.roll(owner, -shift, axis)
            cut = free & (there_owner >= 0)
            body = there_owner[cut].astype(np.int64)
            share, film = np.ones(body.size), np.full(body.size, _TOUCHING_W_M_K)
            for number, distance in enumerate(probes):
                mine = body == number
                if mine.any():
                    part = distance[around]
                    share[mine] = np.maximum(way_share(part, axis, shift)[cut][mine], NEAREST)
                    # faces of a staircase have more area than the surface, and a film must not gain by it
                    slant = np.clip((part - np.roll(part, -shift, axis))[cut][mine] / step_mm, 0.05, 1.0)
                    film[mine] = np.minimum(
                        setting.film_w_m2_k[number] * slant * share[mine] * step_mm * 1e-3, _TOUCHING_W_M_K
                    )
            frees.append(index[cut])
            strengths.append(1.0 / (step_mm * 1e-3) ** 2 / share)
            films.append(film)
            bodies.append(body)
    most = np.asarray([*setting.most_w, np.inf]) / (float(np.prod(setting.spacing_mm)) * 1e-9)
    return HeldFaces(
        np.concatenate(frees), np.concatenate(strengths), np.concatenate(films), np.concatenate(bodies), most
    )


def _stable_seconds(setting: ColdSetting, labels: Labels, faces: HeldFaces) -> float:
    """The longest stable step, over all tissues there are and the voxels beside probes."""
    phases, weights = setting.phases, setting.weights
    present = np.unique(labels[labels != CLOSED])
    carries = phases.conductivity.astype(np.float64)
    most = float(carries[present].max(initial=0.0))
    own = (carries * phases.warmth).max(axis=1)
    beside_others = (2.0 * carries * most / np.maximum(carries + most, 1e-30) * phases.warmth).max(axis=1)
    worst = float(beside_others[present].max(initial=1e-30)) * 2.0 * sum(weights)
    at, place = np.unique(faces.free, return_inverse=True)
    if at.size:
        here = labels.ravel()[at]
        given = np.bincount(place, faces.weight)
        worst = max(worst, float(np.max(own[here] * given + beside_others[here] * sum(weights))))
    return SAFETY / worst

"""One step of cold in NumPy: the reference of the kernels, and what runs where numba is missing.

What is stepped is enthalpy, so that latent heat needs no iteration. Within one tissue heat flows by differences of the
integral of conductivity over temperature (Kirchhoff), which is exact however conductivity changes on freezing; between
tissues by the harmonic mean of the conductivities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .heat_steps import Box, slices

Field = NDArray[np.float32]
Labels = NDArray[np.uint8]

CLOSED = 255
"""Label of voxels of probes and vessels: nothing flows into them but through the list of held faces."""


@dataclass(frozen=True, eq=False)
class Phases:
    """How tissues freeze, by label; float32 arrays of SI units, one entry for each label up to `CLOSED`.

    Parameters
    ----------
    solid_c : ndarray
        Temperature at which the last water has frozen.
    mushy : ndarray
        Enthalpy between that and the first ice, J/m3.
    body : ndarray
        Enthalpy of tissue at body temperature above that at `solid_c`.
    warmth : ndarray, shape (labels, 3)
        Kelvin for each J/m3 while frozen, freezing and unfrozen.
    conductivity : ndarray, shape (labels, 3)
        Likewise, W/m/K.
    """

    solid_c: Field
    mushy: Field
    body: Field
    warmth: Field
    conductivity: Field


@dataclass(frozen=True, eq=False)
class ColdFields:
    """What a step works on; arrays with a rim of one voxel.

    Parameters
    ----------
    enthalpy : ndarray of float32
        J/m3 against tissue at body temperature.
    temperature, potential, conductivity : ndarray of float32
        In degC, the integral of conductivity in W/m, and W/m/K; they follow from the enthalpy.
    perfusion : ndarray of float32
        W/m3/K; nothing where it has frozen.
    labels : ndarray of uint8
    """

    enthalpy: Field
    temperature: Field
    potential: Field
    conductivity: Field
    perfusion: Field
    labels: Labels


@dataclass(frozen=True, eq=False)
class HeldFaces:
    """Faces between held and free voxels: flat index of the free one, 1 / (way x width) in 1/m2, and which body."""

    free: NDArray[np.int64]
    weight: NDArray[np.float64]
    body: NDArray[np.int64]


def follow(fields: ColdFields, phases: Phases, box: Box) -> None:
    """Temperature, potential and conductivity of the enthalpy."""
    inner = slices(box)
    labels = fields.labels[inner]
    above = fields.enthalpy[inner] + phases.body[labels]
    mushy = phases.mushy[labels]
    parts = (np.minimum(above, 0.0), np.clip(above, 0.0, mushy), np.maximum(above - mushy, 0.0))
    temperature = phases.solid_c[labels].copy()
    potential = np.zeros_like(temperature)
    for n, part in enumerate(parts):
        rise = part * phases.warmth[labels, n]
        temperature += rise
        potential += phases.conductivity[labels, n] * rise
    fields.temperature[inner], fields.potential[inner] = temperature, potential
    phase = (above > 0.0).astype(np.int8) + (above >= mushy)
    fields.conductivity[inner] = phases.conductivity[labels, phase]


def flow(fields: ColdFields, weights: tuple[float, float, float], body_c: float, seconds: float, box: Box) -> None:
    """Let heat flow for one step through the faces between voxels that are not closed, and from blood."""
    inner = slices(box)
    here = (fields.potential[inner], fields.temperature[inner], fields.conductivity[inner], fields.labels[inner])
    net = fields.perfusion[inner] * (np.float32(body_c) - here[1])
    for axis, weight in zip((2, 1, 0), weights, strict=True):
        for shift in (-1, 1):
            moved = list(inner)
            moved[axis] = slice(inner[axis].start + shift, inner[axis].stop + shift)
            at = tuple(moved)
            there = (fields.potential[at], fields.temperature[at], fields.conductivity[at], fields.labels[at])
            mean = 2.0 * here[2] * there[2] / np.maximum(here[2] + there[2], np.float32(1e-12))
            net += np.float32(weight) * np.where(here[3] == there[3], there[0] - here[0], mean * (there[1] - here[1]))
    net[here[3] == CLOSED] = 0.0
    fields.enthalpy[inner] += np.float32(seconds) * net


def give(fields: ColdFields, phases: Phases, faces: HeldFaces, held_c: NDArray[np.float64], seconds: float) -> float:
    """Let heat flow from held bodies for one step; a body that is not held has NaN. J/m3 summed over voxels."""
    held = held_c[faces.body]
    there = np.isfinite(held)
    free = faces.free[there]
    labels = fields.labels.ravel()[free]
    potential = potential_at(phases, labels, held[there])
    amount = seconds * faces.weight[there] * (potential - fields.potential.ravel()[free])
    np.add.at(fields.enthalpy.reshape(-1), free, amount.astype(np.float32))
    return float(amount.sum())


def potential_at(
    phases: Phases, labels: NDArray[np.integer], temperature_c: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The integral of conductivity from `solid_c` to a temperature, in tissues."""
    rise = temperature_c - phases.solid_c[labels]
    span = phases.mushy[labels].astype(np.float64) * phases.warmth[labels, 1]
    parts = (np.minimum(rise, 0.0), np.clip(rise, 0.0, span), np.maximum(rise - span, 0.0))
    return np.asarray(sum(part * phases.conductivity[labels, n] for n, part in enumerate(parts)))

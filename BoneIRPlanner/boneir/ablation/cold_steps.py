"""Steps of cold in NumPy: the reference of the kernels, and what runs where numba is missing.

What is stepped is enthalpy, so that latent heat needs no iteration. Within one tissue heat flows by differences of the
integral of conductivity over temperature (Kirchhoff), which is exact however conductivity changes on freezing; between
tissues by the harmonic mean of the conductivities, face by face.
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

_INNER = (slice(1, -1),) * 3


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
class Rules:
    """What follows from enthalpy, voxel by voxel; float32 arrays with a rim of one voxel.

    Parameters
    ----------
    solid_c, mushy : ndarray
        As in `Phases`.
    warmth, potential : tuple of three ndarrays
        K and W/m for each J/m3 while frozen, freezing and unfrozen.
    conductivity : tuple of three ndarrays
        Frozen, and by how much it grows when ice and water stand together and when the last ice has gone; W/m/K.
    """

    solid_c: Field
    mushy: Field
    warmth: tuple[Field, Field, Field]
    potential: tuple[Field, Field, Field]
    conductivity: tuple[Field, Field, Field]


@dataclass(frozen=True, eq=False)
class Seams:
    """Faces between different tissues: flat indices of both voxels, and 2 / (width of a voxel squared) in 1/m2."""

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    weight: Field


@dataclass(frozen=True, eq=False)
class HeldFaces:
    """Faces between held and free voxels.

    Parameters
    ----------
    free : ndarray of int64
        Flat index of the free voxel.
    weight : ndarray of float64
        1 / (way to the surface x width of a voxel), 1/m2.
    film : ndarray of float64
        Conductance of the film on the surface times the way, W/m/K.
    body : ndarray of int64
        Number of the held body.
    most : ndarray of float64
        The most heat that each body takes, W over the volume of a voxel in m3.
    """

    free: NDArray[np.int64]
    weight: NDArray[np.float64]
    film: NDArray[np.float64]
    body: NDArray[np.int64]
    most: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ColdFields:
    """What a step works on; float32 arrays with a rim of one voxel that nothing flows through.

    Parameters
    ----------
    enthalpy : ndarray
        J/m3 above tissue whose last water has just frozen.
    temperature, potential, conductivity : ndarray
        In degC, the integral of conductivity in W/m, and W/m/K; they follow from the enthalpy.
    perfusion : ndarray
        W/m3/K; nothing where it has frozen.
    x, y, z : ndarray
        1 / (width of a voxel squared) where the face towards the next voxel lies within one tissue, else 0; 1/m2.
    rules : Rules
    seams : Seams
    held : HeldFaces
    """

    enthalpy: Field
    temperature: Field
    potential: Field
    conductivity: Field
    perfusion: Field
    x: Field
    y: Field
    z: Field
    rules: Rules
    seams: Seams
    held: HeldFaces


def take_on(fields: ColdFields, held_c: NDArray[np.float64], body_c: float, seconds: float, count: int) -> float:
    """Some explicit steps of equal length; the heat that held bodies gave, J/m3 summed over voxels.

    Parameters
    ----------
    fields : ColdFields
        Changed.
    held_c : ndarray of float64
        Temperature of every held body, NaN where it is not held.
    body_c : float
        Of the blood that perfuses.
    seconds : float
        Of one step.
    count : int
    """
    given = 0.0
    for _ in range(count):
        given += _give(fields, held_c, seconds)
        _flow(fields, body_c, seconds)
        follow(fields)
    return given


def follow(fields: ColdFields) -> None:
    """Temperature, potential and conductivity of the enthalpy."""
    rules, enthalpy = fields.rules, fields.enthalpy[_INNER]
    mushy = rules.mushy[_INNER]
    parts = (np.minimum(enthalpy, 0.0), np.clip(enthalpy, 0.0, mushy), np.maximum(enthalpy - mushy, 0.0))
    temperature, potential = rules.solid_c[_INNER].copy(), np.zeros_like(mushy)
    for part, warmth, rise in zip(parts, rules.warmth, rules.potential, strict=True):
        temperature += part * warmth[_INNER]
        potential += part * rise[_INNER]
    fields.temperature[_INNER], fields.potential[_INNER] = temperature, potential
    frozen, freezing, fluid = (field[_INNER] for field in rules.conductivity)
    fields.conductivity[_INNER] = (
        frozen + np.clip(enthalpy, 0.0, 1.0) * freezing + np.clip(enthalpy - mushy, 0.0, 1.0) * fluid
    )


def _flow(fields: ColdFields, body_c: float, seconds: float) -> None:
    """Let heat flow for one step through the faces within and between tissues, and from blood."""
    potential = fields.potential
    net = fields.perfusion * (np.float32(body_c) - fields.temperature)
    for axis, face in ((2, fields.x), (1, fields.y), (0, fields.z)):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        one, other = tuple(low), tuple(high)
        through = face[one] * (potential[other] - potential[one])
        net[one] += through
        net[other] -= through
    fields.enthalpy[...] += np.float32(seconds) * net
    seams, carries = fields.seams, fields.conductivity.ravel()
    a, b = carries[seams.one], carries[seams.other]
    temperature, enthalpy = fields.temperature.ravel(), fields.enthalpy.reshape(-1)
    amount = (
        np.float32(seconds) * seams.weight * (a * b / (a + b)) * (temperature[seams.other] - temperature[seams.one])
    )
    np.add.at(enthalpy, seams.one, amount)
    np.subtract.at(enthalpy, seams.other, amount)


def _give(fields: ColdFields, held_c: NDArray[np.float64], seconds: float) -> float:
    """Let heat flow from held bodies for one step, through the film on their surface, no more than they can take."""
    faces, rules = fields.held, fields.rules
    there = np.isfinite(held_c[faces.body])
    at, film, body = faces.free[there], faces.film[there], faces.body[there]
    carries = fields.conductivity.ravel()[at].astype(np.float64)
    surface = (film * held_c[body] + carries * fields.temperature.ravel()[at]) / (film + carries)
    rise = surface - rules.solid_c.ravel()[at]
    warmth = [field.ravel()[at].astype(np.float64) for field in rules.warmth]
    rates = [field.ravel()[at] / one for field, one in zip(rules.potential, warmth, strict=True)]
    span = rules.mushy.ravel()[at] * warmth[1]
    parts = (np.minimum(rise, 0.0), np.clip(rise, 0.0, span), np.maximum(rise - span, 0.0))
    potential = sum(part * rate for part, rate in zip(parts, rates, strict=True))
    flow = faces.weight[there] * (potential - fields.potential.ravel()[at])
    taken = np.maximum(-np.bincount(body, flow, faces.most.size), 1e-30)
    amount = seconds * flow * np.minimum(faces.most / taken, 1.0)[body]
    np.add.at(fields.enthalpy.reshape(-1), at, amount.astype(np.float32))
    return float(amount.sum())


def watch(theta: Field, coldest: Field, perfusion: Field, box: Box) -> float:
    """Lower the coldest change of temperature, and say what perfusion takes per second, W/m3 summed over voxels."""
    inner = slices(box)
    np.minimum(coldest[inner], theta[inner], out=coldest[inner])
    return float(np.sum(theta[inner] * perfusion[inner], dtype=np.float64))

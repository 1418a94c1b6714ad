"""What heat and cold flow through: conductances between voxels, heat capacity, perfusion, and held temperatures.

All in SI units. Voxels may be anisotropic. Between two voxels the conductances of their halves stand in series, so the
conductance of a face is the harmonic mean; flow that leaves one voxel enters the other, whatever the tissues.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from ..evidence import Value, read_value
from ..resources import limit, read_resource
from .tissue_map import TissueMap

Field = NDArray[np.float32]
Marked = NDArray[np.bool_]

BODY_C = 37.0
"""Temperature of blood and of tissue at rest, in degC."""

LIGHT_J_M3_K = 1e5
"""What holds less heat than this is gas, which must not set the time step: its capacity is raised where needed."""

_NEAREST = 0.25
"""Least share of a voxel between a voxel centre and the surface of a body that holds its temperature."""


@dataclass(frozen=True, eq=False)
class Medium:
    """Thermal properties on voxels, arrays of shape (k, j, i).

    Parameters
    ----------
    conductivity, capacity, perfusion : ndarray of float32
        W/m/K, J/m3/K (density times heat capacity) and W/m3/K.
    water_j_m3 : ndarray of float32
        Heat that the water of a voxel takes to become steam.
    sink : ndarray of bool
        Voxels that keep the temperature of the body, because blood flows through them.
    spacing_mm : tuple of float
        Along (i, j, k), as in `Grid`.
    """

    conductivity: Field
    capacity: Field
    perfusion: Field
    water_j_m3: Field
    sink: Marked
    spacing_mm: tuple[float, float, float]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels (k, j, i)."""
        nk, nj, ni = self.capacity.shape
        return nk, nj, ni

    @property
    def voxel_m3(self) -> float:
        """Volume of a voxel in m3."""
        return float(np.prod(self.spacing_mm)) * 1e-9


@dataclass(frozen=True, eq=False)
class Held:
    """A body that holds a temperature: an electrode, a cryoprobe.

    Parameters
    ----------
    distance_mm : ndarray of float, shape (k, j, i)
        Signed distance of every voxel centre to its surface, negative inside.
    temperature_c : float
    film_w_m2_k : float
        Conductance between its surface and the tissue; infinite where they touch, finite for flowing blood.
    most_w : float
        The most heat that a cryoprobe takes; where tissue gives more, its surface stays warmer than it is set to.
    """

    distance_mm: NDArray[np.floating]
    temperature_c: float
    film_w_m2_k: float = np.inf
    most_w: float = np.inf

    @cached_property
    def inside(self) -> Marked:
        """Voxels whose centres lie within."""
        return np.asarray(self.distance_mm <= 0.0)


def uniform_medium(
    shape: tuple[int, int, int],
    spacing_mm: tuple[float, float, float],
    *,
    conductivity: float,
    capacity: float,
    perfusion: float = 0.0,
) -> Medium:
    """One tissue everywhere, without water that could boil."""
    fields = [np.full(shape, value, np.float32) for value in (conductivity, capacity, perfusion, 0.0)]
    return Medium(fields[0], fields[1], fields[2], fields[3], np.zeros(shape, bool), spacing_mm)


def medium_of(tissues: TissueMap) -> Medium:
    """Thermal properties of a tissue map; blood keeps its temperature."""
    water = tissues.amounts("density_kg_m3") * np.array([_water_share(item.id) for item in tissues.tissues])
    steam = (water * heat_value("steam_kj_kg").amount * 1e3).astype(np.float32)
    capacity = tissues.amounts("density_kg_m3") * tissues.amounts("heat_capacity_j_kg_k")
    return Medium(
        tissues.array("conductivity_w_m_k"),
        capacity.astype(np.float32)[tissues.labels],
        tissues.array("perfusion_w_m3_k"),
        np.asarray(steam[tissues.labels]),
        tissues.where("blood"),
        tissues.grid.spacing_mm,
    )


def heat_value(key: str) -> Value:
    """One value of ``Resources/Limits/heat.json``."""
    return limit("heat", key)


def _water_share(id_: str) -> float:
    shares = read_resource("Limits", "heat.json")["water_share"]
    key = id_ if id_ in shares else "soft"
    return read_value(shares[key], f"Limits/heat.json, water_share.{key}").amount


@dataclass(frozen=True, eq=False)
class Faces:
    """Conductances of the faces between voxels, per volume: W/m3/K, float32 arrays of shape (k, j, i).

    Entry [k, j, i] is the face towards the next voxel along i (`x`), j (`y`) or k (`z`); faces of the border are 0,
    so nothing flows through it.
    """

    x: Field
    y: Field
    z: Field

    def sums(self) -> NDArray[np.float64]:
        """Sum of the conductances of every voxel's six faces."""
        total = np.zeros(self.x.shape)
        for axis, face in ((2, self.x), (1, self.y), (0, self.z)):
            total += face
            low, high = _sides(axis)
            total[high] += face[low]
        return total


def faces_of(conductivity: Field, spacing_mm: tuple[float, float, float], bodies: tuple[Held, ...] = ()) -> Faces:
    """Conductances of all faces; those to a held body reach as far as its surface, not to the next voxel centre."""
    made = []
    for axis, step_mm in zip((2, 1, 0), spacing_mm, strict=True):
        low, high = _sides(axis)
        a, b = conductivity[low], conductivity[high]
        face = np.zeros_like(conductivity)
        face[low] = 2.0 * a * b / (a + b) / np.float32(step_mm * 1e-3) ** 2
        for body in bodies:
            _shorten(face, body, conductivity, axis, step_mm)
        made.append(face)
    return Faces(made[0], made[1], made[2])


def check_held(bodies: tuple[Held, ...], shape: tuple[int, int, int]) -> None:
    """Refuse bodies that hold no voxel or do not fit the grid.

    Raises
    ------
    PlanError
    """
    for body in bodies:
        if body.distance_mm.shape != shape:
            raise PlanError(f"The probe is given on {body.distance_mm.shape} voxels, the tissue on {shape}.")
        if not body.inside.any():
            raise PlanError(
                "A probe holds no voxel of the window: it lies outside it, or is thinner than the voxels; move it or "
                "make the voxels smaller than its radius."
            )


def way_share(distance_mm: NDArray[np.floating], axis: int, shift: int) -> NDArray[np.float64]:
    """Share of a step along an axis that leads from each voxel to the surface, where the next voxel is held.

    The surface is where a parabola through the distances at the held, the free and the voxel behind it is 0: a straight
    line would put it too near the held voxel wherever the body bulges.
    """
    count = distance_mm.shape[axis]
    place = np.arange(count)
    held = np.take(distance_mm, np.clip(place + shift, 0, count - 1), axis)
    behind = np.take(distance_mm, np.clip(place - shift, 0, count - 1), axis)
    bend = np.maximum(0.5 * (behind - 2.0 * distance_mm + held), 0.0)
    slope = distance_mm - held - bend
    root = np.sqrt(np.maximum(slope * slope - 4.0 * bend * held, 0.0))
    return np.asarray(np.clip(1.0 + 2.0 * held / np.maximum(slope + root, 1e-9), _NEAREST, 1.0))


def _shorten(face: Field, body: Held, conductivity: Field, axis: int, step_mm: float) -> None:
    """Set the conductance of faces between a free and a held voxel by the way to the surface between them."""
    low, high = _sides(axis)
    distance = body.distance_mm
    for free, held, shift in ((low, high, 1), (high, low, -1)):
        cut = (distance[free] > 0.0) & (distance[held] <= 0.0)
        if cut.any():
            way_m = way_share(distance, axis, shift)[free][cut] * step_mm * 1e-3
            # faces of a staircase have more area than the surface, and a film must not gain by it
            slant = np.clip((distance[free][cut] - distance[held][cut]) / step_mm, 0.05, 1.0)
            resistance = way_m / conductivity[free][cut] + 1.0 / (body.film_w_m2_k * slant)
            face[low][cut] = 1.0 / resistance / (step_mm * 1e-3)


def _sides(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    low, high = [slice(None)] * 3, [slice(None)] * 3
    low[axis], high[axis] = slice(None, -1), slice(1, None)
    return tuple(low), tuple(high)

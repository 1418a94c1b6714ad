"""Steady flow through heterogeneous tissue: electric current, heat that has come to rest, or fluid in porous bone.

Solves ``div(c grad u) = -s`` by conservative finite volumes on a regular grid with voxels of any shape: conductance
between voxels from the harmonic mean of their conductivities, values held in given voxels, optionally at a surface
between voxel centres (Gibou et al., J Comput Phys 2002;176:205-227), and walls that let nothing, everything or what an
unbounded medium would let through. Conjugate gradients with multigrid find the values to a stated residual.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BoneIRError
from .laplace_numpy import Faces
from .multigrid import Multigrid, diagonal_of, fastest_kernels

TOLERANCE = 1e-6
"""Residual over right-hand side at which values count as found."""

MOST_STEPS = 400

NEAREST_SURFACE = 0.02
"""A held surface lies at least so far from a voxel centre, as a share of the spacing."""

_INNER = (slice(1, -1),) * 3


class Walls(StrEnum):
    """What lies beyond the grid."""

    INSULATED = "insulated"
    """Nothing flows through the walls."""
    GROUNDED = "grounded"
    """The walls are held at zero."""
    FAR = "far"
    """The medium goes on without end, and the values fall as one over the distance from what is held."""


@dataclass(frozen=True, eq=False)
class Held:
    """Where values are held.

    Parameters
    ----------
    voxels : ndarray of bool, shape (k, j, i)
    values : array_like
        One number, or an array over the grid of which the held voxels count.
    distance_mm : ndarray of float or None, shape (k, j, i)
        Signed distance to the surface at which the values are held, negative inside, where that surface is known
        better than the voxels show it, infinite elsewhere; None holds them at the centres of the voxels.
    """

    voxels: NDArray[np.bool_]
    values: ArrayLike
    distance_mm: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class SteadyFlow:
    """Values at rest, and the flow that belongs to them.

    Parameters
    ----------
    values : ndarray of float, shape (k, j, i)
        0 in voxels that nothing is connected to.
    faces : three arrays of float, shape (k, j, i)
        Conductance between every voxel and the next along k, j and i, in units of conductivity times metre; the last
        ones are 0.
    wall : ndarray of float, shape (k, j, i)
        Conductance between voxels and the outside, which is at 0.
    held : ndarray of bool, shape (k, j, i)
    spacing_mm : tuple of float
        Along (i, j, k).
    steps : int
        Steps of the solver.
    residual : float
        What is left, relative to the right-hand side.
    """

    values: NDArray[np.float64]
    faces: Faces
    wall: NDArray[np.float32]
    held: NDArray[np.bool_]
    spacing_mm: tuple[float, float, float]
    steps: int
    residual: float

    def flow(self, axis: int) -> NDArray[np.float64]:
        """Flow from every voxel to the next one along `axis` of (k, j, i); the last ones are 0."""
        size = self.faces[axis].astype(float)
        first = (slice(None),) * axis
        size[(*first, slice(0, -1))] *= -np.diff(self.values, axis=axis)
        return size

    def outflow(self) -> NDArray[np.float64]:
        """Flow out of every voxel into its neighbours and through the walls; the source of a free voxel."""
        total = self.wall * self.values
        for axis in range(3):
            first, flow = (slice(None),) * axis, self.flow(axis)
            total += flow
            total[(*first, slice(1, None))] -= flow[(*first, slice(0, -1))]
        return np.asarray(total)

    def delivered(self, part: NDArray[np.bool_]) -> float:
        """Flow that held voxels deliver to everything else: the current of an electrode."""
        return float(self.outflow()[part].sum())

    def dissipated(self, *, into_held: bool = False) -> NDArray[np.float64]:
        """Flow times fall of the values, per voxel: half of what is lost across each of its faces.

        Electric power in W for conductivity in S/m and values in V. The sum and `beyond_walls` equal what the held
        voxels deliver times their values, to the accuracy of the solver.

        Parameters
        ----------
        into_held : bool
            Whether held voxels get their half of what is lost at their surface; otherwise the free voxel beside them
            gets all of it.
        """
        total = np.zeros(self.values.shape)
        for axis in range(3):
            first = (slice(None),) * axis
            low, high = (*first, slice(0, -1)), (*first, slice(1, None))
            half = 0.5 * self.faces[axis][low] * np.diff(self.values, axis=axis) ** 2
            mine = theirs = half
            if not into_held:
                kept = self.held[low].astype(float) - self.held[high]
                mine, theirs = half * (1.0 - kept), half * (1.0 + kept)
            total[low] += mine
            total[high] += theirs
        return total

    def beyond_walls(self) -> float:
        """Flow times fall of the values beyond the walls."""
        return float((self.wall * self.values**2).sum())


def steady_flow(
    conductivity: NDArray[np.floating],
    spacing_mm: tuple[float, float, float],
    held: Held,
    *,
    walls: Walls = Walls.INSULATED,
    source: NDArray[np.floating] | None = None,
    start: NDArray[np.floating] | None = None,
    tolerance: float = TOLERANCE,
    kernels: ModuleType | None = None,
) -> SteadyFlow:
    """Find the values at rest.

    Parameters
    ----------
    conductivity : ndarray of float, shape (k, j, i)
        Not negative; 0 lets nothing through. Held voxels conduct perfectly.
    spacing_mm : tuple of float
        Along (i, j, k), as in `Grid`.
    held : Held
    walls : Walls
    source : ndarray of float or None, shape (k, j, i)
        What is fed into every voxel, in conductivity times metre times unit of the values (A for S/m and V).
    start : ndarray of float or None, shape (k, j, i)
        Values to begin with, such as those before the conductivity changed a little.
    tolerance : float
        Residual over right-hand side at which the values count as found.
    kernels : module or None
        `laplace_numpy` or `laplace_numba`; None takes the faster one that is there.

    Returns
    -------
    SteadyFlow

    Raises
    ------
    BoneIRError
        If a conductivity is negative or not a number, nothing is held and nothing passes the walls, or the values are
        not found.
    """
    _check(conductivity, held, walls, source)
    kernels = kernels or fastest_kernels()
    steps_mm = (spacing_mm[2], spacing_mm[1], spacing_mm[0])
    faces = _faces(conductivity, steps_mm, held)
    wall = _wall(conductivity, steps_mm, held.voxels, walls)
    fixed = np.where(held.voxels, np.asarray(held.values, float), 0.0)
    free, leak, right = _eliminated(faces, wall, held.voxels, fixed)
    if source is not None:
        right[_INNER] += np.where(held.voxels, 0.0, source)
    first = np.zeros_like(right)
    if start is not None:
        first[_INNER] = np.where(held.voxels, 0.0, start)
    found, steps, residual = _solve(free, leak, right, first, steps_mm, tolerance, kernels)
    values = np.where(held.voxels, fixed, found[_INNER])
    inner = (faces[0][_INNER], faces[1][_INNER], faces[2][_INNER])
    return SteadyFlow(values, inner, wall[_INNER], held.voxels, spacing_mm, steps, residual)


def _check(conductivity: NDArray[np.floating], held: Held, walls: Walls, source: NDArray[np.floating] | None) -> None:
    lowest = float(np.min(conductivity))
    if not np.isfinite(conductivity).all() or lowest < 0.0:
        raise BoneIRError(f"A conductivity is {lowest:g}; every voxel needs a number that is 0 or more.")
    if held.voxels.shape != conductivity.shape:
        raise BoneIRError(f"The held voxels have shape {held.voxels.shape}, the tissue {conductivity.shape}: one grid.")
    if not held.voxels.any() and walls is Walls.INSULATED:
        raise BoneIRError("No voxel is held at a value and the walls are insulated: hold one, or open the walls.")
    if not held.voxels.any() and source is None:
        raise BoneIRError("No voxel is held at a value and nothing is fed in: nothing flows.")


def _faces(conductivity: NDArray[np.floating], steps_mm: tuple[float, float, float], held: Held) -> Faces:
    """Conductances between neighbours, with the layer of zeros; those between two held voxels are 0."""
    resistivity = np.full(conductivity.shape, np.inf)
    np.divide(1.0, conductivity, out=resistivity, where=conductivity > 0)
    found = []
    for axis, step in enumerate(steps_mm):
        first = (slice(None),) * axis
        low, high = (*first, slice(0, -1)), (*first, slice(1, None))
        area_over_step = float(np.prod(steps_mm)) / step**2 / 1000.0
        face = 2.0 * area_over_step / (resistivity[low] + resistivity[high])
        for mine, other in ((low, high), (high, low)):
            edge = ~held.voxels[mine] & held.voxels[other]
            face[edge] = area_over_step / resistivity[mine][edge] / _share_of_way(held, mine, other, edge)
        face[held.voxels[low] & held.voxels[high]] = 0.0
        padded = np.zeros(tuple(n + 2 for n in conductivity.shape), np.float32)
        padded[_INNER][low] = face
        found.append(padded)
    return found[0], found[1], found[2]


def _share_of_way(
    held: Held, mine: tuple[slice, ...], other: tuple[slice, ...], edge: NDArray[np.bool_]
) -> NDArray[np.float64] | float:
    """Part of the way between two centres that lies before the held surface."""
    if held.distance_mm is None:
        return 1.0
    outside, inside = held.distance_mm[mine][edge], held.distance_mm[other][edge]
    share = np.ones(outside.shape)
    known = np.isfinite(outside) & np.isfinite(inside) & (inside < 0.0)
    share[known] = outside[known] / (outside[known] - inside[known])
    return np.asarray(np.clip(share, NEAREST_SURFACE, 1.0))


def _wall(
    conductivity: NDArray[np.floating], steps_mm: tuple[float, float, float], held: NDArray[np.bool_], walls: Walls
) -> NDArray[np.float32]:
    """Conductance between the outermost voxels and a zero outside, with the layer of zeros."""
    wall = np.zeros(tuple(n + 2 for n in conductivity.shape), np.float32)
    if walls is Walls.INSULATED:
        return wall
    axes_mm = [np.arange(n) * step for n, step in zip(conductivity.shape, steps_mm, strict=True)]
    middle = _middle(held, steps_mm)
    for axis, step in enumerate(steps_mm):
        area_over_step = float(np.prod(steps_mm)) / step**2 / 1000.0
        for end, sign in ((0, -1.0), (conductivity.shape[axis] - 1, 1.0)):
            here = (slice(None),) * axis + (end,)
            face = np.full(conductivity[here].shape, 2.0)
            if walls is Walls.FAR:
                outward = sign * (axes_mm[axis][end] + sign * step / 2.0 - middle[axis])
                a, b = (other for other in range(3) if other != axis)
                square = (axes_mm[a] - middle[a])[:, None] ** 2 + (axes_mm[b] - middle[b]) ** 2 + outward**2
                # Values fall as 1/r, so their fall across the wall is the value times cos / r.
                fall = max(outward, 0.0) / square * step
                face = fall / (1.0 + fall / 2.0)
            wall[_INNER][here] += (area_over_step * face * conductivity[here]).astype(np.float32)
    wall[_INNER][held] = 0.0
    return wall


def _middle(held: NDArray[np.bool_], steps_mm: tuple[float, float, float]) -> NDArray[np.float64]:
    """Mean place of the held voxels, from the first voxel along (k, j, i); that of the grid where nothing is held."""
    if not held.any():
        return np.asarray([(n - 1) / 2.0 * step for n, step in zip(held.shape, steps_mm, strict=True)])
    return np.asarray(np.argwhere(held).mean(axis=0) * np.asarray(steps_mm))


def _eliminated(
    faces: Faces, wall: NDArray[np.float32], held: NDArray[np.bool_], fixed: NDArray[np.float64]
) -> tuple[Faces, NDArray[np.float32], NDArray[np.float64]]:
    """The network of the free voxels alone: its faces, what leads to held values, and the right-hand side."""
    known, values = np.zeros(wall.shape, bool), np.zeros(wall.shape)
    known[_INNER], values[_INNER] = held, fixed
    leak, right, free = wall.copy(), np.zeros(wall.shape), []
    for axis, face in enumerate(faces):
        first = (slice(None),) * axis
        low, high = (*first, slice(0, -1)), (*first, slice(1, None))
        for mine, other in ((low, high), (high, low)):
            edge = known[other] & ~known[mine]
            into = face[low][edge]
            leak[mine][edge] += into
            right[mine][edge] += into * values[other][edge]
        kept = face.copy()
        kept[low][known[low] | known[high]] = 0.0
        free.append(kept)
    return (free[0], free[1], free[2]), leak, right


def _solve(
    faces: Faces,
    leak: NDArray[np.float32],
    right: NDArray[np.float64],
    x: NDArray[np.float64],
    steps_mm: tuple[float, float, float],
    tolerance: float,
    kernels: ModuleType,
) -> tuple[NDArray[np.float64], int, float]:
    """Flexible conjugate gradients: values, steps and the residual that is left.

    The preconditioner works in single precision, so directions are made conjugate with the change of the residual
    (Notay, SIAM J Sci Comput 2000;22:1444-1460).
    """
    diagonal = diagonal_of(faces, leak)
    right *= diagonal > 0
    goal = tolerance * np.sqrt(kernels.dot(right, right))
    product = np.zeros_like(x)
    kernels.product(x, faces, diagonal, product)
    r = right - product
    size = np.sqrt(kernels.dot(r, r))
    if size <= goal:
        return x * (diagonal > 0), 0, _relative(size, goal, tolerance)
    cycle = Multigrid(faces, leak, steps_mm, kernels)
    z = cycle.apply(r)
    direction = z.astype(float)
    along = kernels.dot(r, z)
    for step in range(1, MOST_STEPS + 1):
        length = along / kernels.product(direction, faces, diagonal, product)
        size = np.sqrt(kernels.advance(x, r, direction, product, length))
        if size <= goal:
            return x * (diagonal > 0), step, _relative(size, goal, tolerance)
        z = cycle.apply(r)
        turned = kernels.dot(product, z)
        kernels.turn(direction, z, -length * turned / along)
        along = kernels.dot(r, z)
    raise BoneIRError(
        f"The steady flow was not found in {MOST_STEPS} steps (residual {_relative(size, goal, tolerance):.1e}, wanted "
        f"{tolerance:.0e}): check the conductivities, which differ too much."
    )


def _relative(size: float, goal: float, tolerance: float) -> float:
    return float(size / goal * tolerance) if goal else 0.0

"""Small bodies of analytic shapes, on any grid, for the tests of needle access."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from boneir.access.limits import Limits, access_limits
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.evidence import Value
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.plan import Trajectory
from boneir.proposal import Proposal

Shape = Callable[[np.ndarray], np.ndarray]
"""Whether LPS points (..., 3) lie inside."""


def ball(centre, radius: float) -> Shape:
    return lambda points: ((points - np.asarray(centre, float)) ** 2).sum(axis=-1) <= radius**2


def rod(centre, axis, radius: float) -> Shape:
    """An endless cylinder."""
    way = np.asarray(axis, float) / np.linalg.norm(axis)

    def inside(points):
        away = points - np.asarray(centre, float)
        along = away @ way
        return (away**2).sum(axis=-1) - along**2 <= radius**2

    return inside


def slab(axis: int, low: float, high: float) -> Shape:
    return lambda points: (points[..., axis] >= low) & (points[..., axis] <= high)


def grid_around(extent_mm: float, spacing=(1.0, 1.0, 1.0), direction=None, centre=(0.0, 0.0, 0.0)) -> Grid:
    """A grid of any direction that holds a cube of half side `extent_mm` around `centre`."""
    matrix = np.eye(3) if direction is None else np.asarray(direction, float)
    half = extent_mm * np.abs(matrix).sum(axis=0)
    count = np.ceil(2 * half / np.asarray(spacing)).astype(int) + 1
    origin = np.asarray(centre) - matrix @ (np.asarray(spacing) * (count - 1) / 2)
    ni, nj, nk = (int(n) for n in count)
    return Grid((nk, nj, ni), tuple(map(float, spacing)), tuple(map(float, origin)), tuple(map(float, matrix.ravel())))


def marked(shape: Shape, grid: Grid) -> Mask:
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    return Mask.of(shape(grid.to_mm(np.stack([i, j, k], axis=-1))), grid)


ROLES = {"body": Role.BODY, "bone": Role.BONE}


def phantom(grid: Grid, shapes: Mapping[str, Shape], lesion: Shape, bone_hu: int = 300, air_hu=-1000) -> Case:
    """A case: structures by name; "body" and "bone..." have their roles, all else is critical."""
    hu = np.full(grid.shape, air_hu, np.int16)
    structures = []
    for name, shape in shapes.items():
        mask = marked(shape, grid)
        bony = name.startswith(("bone", "vertebra", "rib", "hip", "sacrum"))
        hu[mask.full()] = bone_hu if bony else 40
        role = Role.BODY if name == "body" else Role.BONE if bony else Role.CRITICAL
        structures.append(Structure(name, role, mask, name))
    return Case(Image(hu, grid), tuple(structures), (Lesion("lesion-1", marked(lesion, grid)),))


def trajectories(proposal: Proposal) -> Iterator[Trajectory]:
    """The first way of every plan."""
    for plan in proposal.plans:
        treatment = plan.treatments[0]
        yield (treatment.probes or treatment.cement)[0].trajectory


def limits_with(**amounts: float) -> Limits:
    """The shipped limits with some amounts changed."""
    shipped = access_limits()
    changed: dict[str, Value] = {name: replace(getattr(shipped, name), amount=v) for name, v in amounts.items()}
    return replace(shipped, **changed)


def turned(seed: int) -> np.ndarray:
    """A direction matrix far from every axis."""
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return matrix


PERMUTED = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Axes i, j, k of the image along P, I and R."""

"""The ball of a hip joint: where the middle of the femoral head lies, and how far from it the joint space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import minimize
from scipy.spatial import cKDTree

from ..case import Image, Modality
from ..errors import OutlineError
from ..findings import Point
from ..mask import Mask
from ..resources import limit

Floats = NDArray[np.float64]

_NEAR_MM = 9.0
"""The surface of the hip bone so near the femur is taken for that of the socket."""
_LEAST_POINTS = 60
_ROUNDS = 15
_WAYS = 600
_INSIDE_MM, _OUTSIDE_MM = (-3.0, -2.0), (2.0, 3.0)
"""Where the cortex of the head and that of the socket are looked for, beside the joint space."""
_MOST_HU = 300.0
_STARTS_MM = (0.0, 1.0, 2.0)
_FAR_MM = 5.0
"""Farther than this from the fit to the outlines the CT is not followed."""


@dataclass(frozen=True)
class JointBall:
    """A ball within the joint space of a hip: centre in LPS mm and radius in mm."""

    centre_mm: Point
    radius_mm: float


def joint_ball(image: Image, hip: Mask, femur: Mask, medial: Floats) -> JointBall:
    """Find the ball of a hip joint.

    A sphere is fitted to the surface of the hip bone that faces the femur; where the image is CT it then moves to the
    dark rim between the cortex of the head and that of the socket.

    Parameters
    ----------
    image : Image
    hip, femur : Mask
        Of one side.
    medial : ndarray, shape (3,)
        LPS unit vector from the joint to the midline.

    Raises
    ------
    OutlineError
        If the two bones do not face each other, or what is found is no femoral head.
    """
    socket = _surface_mm(hip)
    apart = cKDTree(_surface_mm(femur)).query(socket)[0] if len(socket) else np.zeros(0)
    socket = socket[apart < _NEAR_MM]
    if len(socket) < _LEAST_POINTS:
        raise OutlineError("The outlines of hip bone and femur do not face each other: no hip joint is found.")
    centre, radius = _trimmed_sphere(socket)
    if image.modality is Modality.CT:
        centre, radius = _in_joint_space(image, centre, radius, medial)
    usual = limit("stability", "joint_radius")
    if not (usual.low or 0.0) <= radius <= (usual.high or np.inf):
        raise OutlineError(
            f"The ball fitted into the hip joint has a radius of {radius:.0f} mm; {usual.low:g} to {usual.high:g} mm "
            "would be a femoral head: check the outlines of hip bone and femur."
        )
    x, y, z = (float(v) for v in centre)
    return JointBall((x, y, z), float(radius))


def _surface_mm(mask: Mask) -> Floats:
    """Centres of the voxels of a mask that have a neighbour outside of it, LPS mm."""
    padded = np.pad(mask.voxels, 1)
    rim = (padded & ~ndimage.binary_erosion(padded))[1:-1, 1:-1, 1:-1]
    return mask.grid.to_mm((np.argwhere(rim) + np.asarray(mask.corner))[:, ::-1])


def _trimmed_sphere(points: Floats) -> tuple[Floats, float]:
    """A sphere by least squares that leaves out points which lie far from it."""
    kept = np.ones(len(points), bool)
    for _ in range(_ROUNDS):
        chosen = points[kept]
        rows = np.column_stack([2.0 * chosen, np.ones(len(chosen))])
        found = np.linalg.lstsq(rows, (chosen**2).sum(axis=1), rcond=None)[0]
        centre = found[:3]
        radius = float(np.sqrt(max(found[3] + centre @ centre, 0.0)))
        off = np.abs(np.linalg.norm(points - centre, axis=1) - radius)
        kept = off < max(2.0, 2.0 * float(np.median(off[kept])))
    return centre, radius


def _in_joint_space(image: Image, centre: Floats, radius: float, medial: Floats) -> tuple[Floats, float]:
    """The sphere near a first one that lies deepest between two cortices."""
    ways = sphere_of_ways(_WAYS)
    ways = ways[ways @ medial > -0.2]

    def hu(distance: float, at: Floats) -> Floats:
        kji = np.moveaxis(image.grid.to_ijk(at[:3] + (at[3] + distance) * ways)[..., ::-1], -1, 0)
        return np.asarray(ndimage.map_coordinates(image.voxels, kji, output=float, order=1, cval=np.nan))

    def depth(at: Floats) -> float:
        head = np.mean([hu(distance, at) for distance in _INSIDE_MM], axis=0)
        wall = np.mean([hu(distance, at) for distance in _OUTSIDE_MM], axis=0)
        gap = np.clip(np.minimum(head, wall) - hu(0.0, at), 0.0, _MOST_HU)
        seen = np.isfinite(gap)
        away = max(0.0, float(np.linalg.norm(at[:3] - centre)) - _FAR_MM)
        return float(gap[seen].mean()) - away**2 if seen.any() else 0.0

    best = np.array([*centre, radius])
    for more in _STARTS_MM:
        start = np.array([*centre, radius + more])
        simplex = start + np.vstack([np.zeros(4), 2.0 * np.eye(4)])
        options = {"xatol": 0.05, "fatol": 0.1, "initial_simplex": simplex}
        found = minimize(lambda at: -depth(at), start, method="Nelder-Mead", options=options).x
        best = found if depth(found) > depth(best) else best
    return best[:3], float(best[3])


def sphere_of_ways(count: int) -> Floats:
    """Unit vectors evenly over all directions, shape (count, 3)."""
    up = 1.0 - (2.0 * np.arange(count) + 1.0) / count
    turn = np.arange(count) * np.pi * (3.0 - np.sqrt(5.0))
    across = np.sqrt(1.0 - up**2)
    return np.column_stack([across * np.cos(turn), across * np.sin(turn), up])

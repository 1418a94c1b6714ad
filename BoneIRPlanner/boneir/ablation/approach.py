"""How near ablation zones come to an outline, and how dense the bone in between is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..case import Image, Modality
from ..findings import Point
from ..image.ellipsoid import Ellipsoid
from ..mask import Mask
from .zone import Shells

FAR_MM = 30.0
"""Farther from a zone than this no distance is given."""

_WAY_STEP_MM = 0.4


@dataclass(frozen=True)
class Approach:
    """How near zones come to an outline.

    Parameters
    ----------
    distance_mm : float
        From where the zones are expected to do harm to the nearest place of the outline; negative by how deep it lies
        within.
    possible_mm : float
        The same from the outer shells.
    place_mm : Point
        The nearest place, in LPS mm.
    """

    distance_mm: float
    possible_mm: float
    place_mm: Point


def approach(shells: Sequence[Shells], mask: Mask, *, is_skin: bool = False) -> Approach | None:
    """Measure how near zones come to an outline.

    The outline's surface is taken halfway between marked and unmarked voxels, the zones' exactly.

    Parameters
    ----------
    shells : sequence of Shells
        One for each probe; the nearest counts.
    mask : Mask
    is_skin : bool
        The outline is the body, in which the zones lie; only its surface counts.

    Returns
    -------
    Approach or None
        None where the outline is empty or farther than `FAR_MM`.
    """
    corner, shape = _window(shells, mask)
    if min(shape) < 1:
        return None
    marked = mask.part(corner, shape)
    ijk = _faces(marked)
    if not is_skin:
        ijk = np.concatenate([ijk, np.argwhere(marked)[:, ::-1]])
    if not len(ijk):
        return None
    points = mask.grid.window(corner, shape).to_mm(ijk)
    expected = _nearest([shell.harmful for shell in shells], points)
    lowest = int(np.argmin(expected))
    if expected[lowest] > FAR_MM:
        return None
    possible = float(_nearest([shell.outer for shell in shells], points).min())
    x, y, z = (float(v) for v in points[lowest])
    return Approach(float(expected[lowest]), possible, (x, y, z))


def densest_between(image: Image, lesion: Mask, place_mm: Point) -> float | None:
    """Largest CT number on the straight way from the nearest voxel of a lesion to a place.

    None on images other than CT, and where the place lies in the lesion or outside the image.
    """
    if image.modality is not Modality.CT or lesion.at(place_mm):
        return None
    points = lesion.points_mm()
    start = points[int(np.argmin(np.linalg.norm(points - place_mm, axis=1)))]
    whole = np.asarray(place_mm) - start
    count = max(int(np.linalg.norm(whole) / _WAY_STEP_MM), 2)
    way = start + np.linspace(0.0, 1.0, count)[:, None] * whole
    ijk = np.rint(image.grid.to_ijk(way[image.grid.contains(way)])).astype(int)
    i, j, k = np.clip(ijk, 0, np.asarray(image.grid.shape[::-1]) - 1).T
    return float(image.voxels[k, j, i].max()) if len(ijk) else None


def _window(shells: Sequence[Shells], mask: Mask) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Corner and shape (k, j, i) of the part of the grid within reach of the zones."""
    spacing = np.asarray(mask.grid.spacing_mm)
    places, reaches = [], []
    for body in (shell.outer for shell in shells):
        places.append(mask.grid.to_ijk(body.centre_mm))
        reaches.append((max(body.along_mm + max(body.slide_mm, 0.0), body.across_mm) + FAR_MM) / spacing)
    low = np.floor(np.min(np.subtract(places, reaches), axis=0))[::-1]
    high = np.ceil(np.max(np.add(places, reaches), axis=0))[::-1] + 1
    low = np.maximum(low, 0).astype(int)
    size = np.minimum(high, mask.grid.shape).astype(int) - low
    return (int(low[0]), int(low[1]), int(low[2])), (int(size[0]), int(size[1]), int(size[2]))


def _faces(marked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Middles (i, j, k) of the faces between marked and unmarked voxels; not those at the border of the window."""
    found = []
    for axis in range(3):
        place = np.argwhere(np.diff(marked, axis=axis)).astype(float)
        place[:, axis] += 0.5
        found.append(place[:, ::-1])
    return np.concatenate(found)


def _nearest(bodies: Sequence[Ellipsoid], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed distance of points to the nearest of some ellipsoids, exact where it is smallest.

    Few points can be the nearest: the scaled radius q bounds the distance from below by (q - 1) times the smaller
    semi-axis and from above by (1 - 1 / q) times the distance from the centre, so only those within the bounds are
    measured exactly.
    """
    best = np.full(len(points), np.inf)
    for body in bodies:
        level = body.level(points)
        below = (level - 1.0) * min(body.along_mm, body.across_mm)
        far = np.linalg.norm(points - np.asarray(body.centre_mm), axis=1) * (1.0 - 1.0 / np.maximum(level, 1.0))
        chosen = below <= max(float(far.min()), 0.0)
        best[chosen] = np.minimum(best[chosen], body.signed_distance_mm(points[chosen]))
    return best

"""Rigidity of bone from CT: how stiff each cut across it is in pull, bending and torsion.

A cut is summed over its pixels, each weighted with the modulus that its CT number stands for, about the centroid of
the moduli.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image
from ..mask import Mask
from ..plan import Trajectory
from ..resources import limit

Floats = NDArray[np.float64]

PIXEL_MM, CUT_MM = 1.0, 2.0


@dataclass(frozen=True)
class Rigidity:
    """How stiff one cut is.

    Parameters
    ----------
    axial_kn : float
        Sum of E dA in kN: force per strain.
    bending_nm2 : float
        Sum of E y^2 dA in N m^2 about the weaker principal axis.
    torsion_nm2 : float
        Sum of G r^2 dA in N m^2.
    """

    axial_kn: float
    bending_nm2: float
    torsion_nm2: float

    def as_row(self) -> Floats:
        """The three numbers, shape (3,)."""
        return np.array([self.axial_kn, self.bending_nm2, self.torsion_nm2])


@dataclass(frozen=True, eq=False)
class Added:
    """Something stiff that a plan puts into bone: a shape of cement, or a screw.

    Parameters
    ----------
    modulus_gpa : float
    mask : Mask or None
    way : Trajectory or None
        Axis of a screw.
    diameter_mm : float
        Of the screw.
    """

    modulus_gpa: float
    mask: Mask | None = None
    way: Trajectory | None = None
    diameter_mm: float = 0.0

    def holds(self, points_mm: Floats) -> NDArray[np.bool_]:
        """Whether LPS points (..., 3) lie in it."""
        if self.mask is not None:
            return _marked(self.mask, points_mm)
        if self.way is None:
            return np.zeros(points_mm.shape[:-1], bool)
        offset, way = points_mm - np.asarray(self.way.entry_mm), np.asarray(self.way.direction)
        along = offset @ way
        across = (offset**2).sum(axis=-1) - along**2
        return np.asarray((along >= 0) & (along <= self.way.length_mm) & (across <= (self.diameter_mm / 2) ** 2))


def modulus_gpa(hu: Floats) -> Floats:
    """Young's modulus that CT numbers stand for, by way of ash density; never below 0."""
    ash = limit("stability", "ash_at_zero").amount + limit("stability", "ash_per_hu").amount * hu
    power = limit("stability", "modulus_power").amount
    return np.asarray(limit("stability", "modulus_factor").amount * np.maximum(ash, 0.0) ** power)


def rigidity_of(modulus: Floats, pixel_mm: float) -> Rigidity:
    """The rigidity of one cut.

    Parameters
    ----------
    modulus : ndarray, shape (rows, columns)
        Young's modulus of each pixel in GPa; 0 outside bone.
    pixel_mm : float
    """
    area = pixel_mm**2
    total = float(modulus.sum())
    if total <= 0:
        return Rigidity(0.0, 0.0, 0.0)
    y, x = (axis * pixel_mm for axis in np.indices(modulus.shape))
    y, x = y - float((modulus * y).sum()) / total, x - float((modulus * x).sum()) / total
    own = pixel_mm**2 / 12  # a pixel bends about its own middle too
    xx, yy, xy = (float((modulus * part).sum()) * area for part in (x * x + own, y * y + own, x * y))
    weaker = (xx + yy) / 2 - np.hypot((xx - yy) / 2, xy)
    shear = 1.0 / (2.0 * (1.0 + limit("stability", "poisson").amount))
    # 1 GPa mm^4 is 1e9 Pa times 1e-12 m^4.
    return Rigidity(total * area, 1e-3 * float(weaker), 1e-3 * shear * (xx + yy))


def cuts_across(
    image: Image, bone: Mask, axis: Floats, added: Sequence[Added] = (), also: Mask | None = None
) -> tuple[Floats, Floats]:
    """The rigidity of cuts across a bone, without those at its ends that cross only a part of it.

    Parameters
    ----------
    image : Image
        CT.
    bone : Mask
    axis : ndarray, shape (3,)
        LPS unit vector across which it is cut.
    added : sequence of Added
        What a plan puts into it.
    also : Mask or None
        A lesion that belongs to the cut where the outline of the bone leaves it out.

    Returns
    -------
    stations_mm : ndarray, shape (n,)
        Distance of each cut from the lowest along the axis.
    rigidities : ndarray, shape (n, 3)
        Axial in kN, bending and torsion in N m^2.
    """
    points = bone.points_mm()
    least = np.eye(3)[int(np.argmin(np.abs(axis)))]
    across = np.cross(axis, least)
    across /= np.linalg.norm(across)
    frame = np.stack([axis, across, np.cross(axis, across)])
    local = points @ frame.T
    low, high = local.min(axis=0) - 2.0, local.max(axis=0) + 2.0
    stations = np.arange(local[:, 0].min(), local[:, 0].max(), CUT_MM)
    u, v = (np.arange(low[n], high[n], PIXEL_MM) for n in (1, 2))
    rows, areas = [], []
    for station in stations:
        plane = station * frame[0] + u[:, None, None] * frame[1] + v[None, :, None] * frame[2]
        kji = np.moveaxis(image.grid.to_ijk(plane)[..., ::-1], -1, 0)
        hu = ndimage.map_coordinates(image.voxels, kji, output=float, order=1, mode="nearest")
        inside = _marked(bone, plane)
        if also is not None:
            inside |= _marked(also, plane)
        areas.append(np.count_nonzero(ndimage.binary_fill_holes(inside)))
        stiff = np.where(inside, modulus_gpa(hu), 0.0)
        for item in sorted(added, key=lambda item: item.mask is None):
            held = item.holds(plane)
            if item.mask is None:  # a screw stiffens only the bone, and the cement, that it lies in
                held &= ndimage.binary_fill_holes(inside)
            inside |= held
            stiff = np.where(held, np.maximum(stiff, item.modulus_gpa), stiff)
        rows.append(rigidity_of(stiff, PIXEL_MM).as_row())
    whole = _whole(np.asarray(areas, float))
    return np.asarray(stations - stations[0])[whole], np.asarray(rows)[whole]


def _whole(areas: Floats) -> slice:
    """From the first to the last cut that is not slanted through an end: those of nearly the usual area."""
    full = np.flatnonzero(areas >= limit("stability", "cut_whole").amount * np.median(areas))
    return slice(int(full[0]), int(full[-1]) + 1)


@dataclass(frozen=True)
class WeakestCut:
    """The cut that is weakest against a reference, for pull, bending and torsion.

    Parameters
    ----------
    axial, bending, torsion : float
        Rigidity as a share of that of the reference.
    cuts : tuple of int
        Which cut is the weakest in each of the three, as an index into the stations.
    """

    axial: float
    bending: float
    torsion: float
    cuts: tuple[int, int, int]

    @property
    def least(self) -> float:
        """The smallest of the three."""
        return min(self.axial, self.bending, self.torsion)


def weakest_cut(sick: tuple[Floats, Floats], healthy: Sequence[tuple[Floats, Floats]]) -> WeakestCut:
    """Compare cuts at the same share of the height with the mean of one or more reference bones.

    Parameters
    ----------
    sick : (stations, rigidities)
        Of `cuts_across`.
    healthy : sequence of (stations, rigidities)
        The other side, or the neighbours; not empty.
    """
    at = _share_of_height(sick[0])
    means = np.mean([[np.interp(at, _share_of_height(s), r[:, n]) for n in range(3)] for s, r in healthy], axis=0)
    ends = limit("stability", "cut_ends").amount
    middle = (at >= ends) & (at <= 1 - ends)
    ratio = sick[1][middle] / np.maximum(means.T[middle], 1e-9)
    axial, bending, torsion = (float(v) for v in ratio.min(axis=0))
    one, two, three = (int(v) for v in np.flatnonzero(middle)[ratio.argmin(axis=0)])
    return WeakestCut(axial, bending, torsion, (one, two, three))


def _share_of_height(stations_mm: Floats) -> Floats:
    return np.asarray((stations_mm - stations_mm[0]) / max(float(stations_mm[-1] - stations_mm[0]), CUT_MM))


def _marked(mask: Mask, points_mm: Floats) -> NDArray[np.bool_]:
    """Whether the voxel around each LPS point (..., 3) is marked."""
    if mask.is_empty:
        return np.zeros(points_mm.shape[:-1], bool)
    at = np.rint(mask.grid.to_ijk(points_mm)).astype(np.intp)[..., ::-1] - np.asarray(mask.corner)
    inside = ((at >= 0) & (at < np.asarray(mask.voxels.shape))).all(axis=-1)
    k, j, i = np.moveaxis(np.where(inside[..., None], at, 0), -1, 0)
    return np.asarray(inside & mask.voxels[k, j, i])

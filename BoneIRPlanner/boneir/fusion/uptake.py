"""Uptake in a PET: the peak over a sphere of 1 mL, the blood pool, and the share of the body that is lean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image
from ..errors import BoneIRError
from ..mask import Mask
from ..resources import limit

Floats = NDArray[np.float64]

_STEP_MM, _FINE_MM = 2.0, 1.0
_BLOOD_DEPTH_MM = 3.0
_AT_ONCE = 400


def peak_uptake(pet: Image, lesion: Mask) -> float | None:
    """The highest mean over a sphere of 1 mL whose middle lies in a lesion, in the unit of the PET.

    Parameters
    ----------
    pet : Image
        In the frame of the lesion.
    lesion : Mask
        On any grid.

    Returns
    -------
    float or None
        None where the PET does not show the lesion, or not all of the sphere.
    """
    radius_mm = float((3.0 * limit("response", "peak_ml").amount * 1000.0 / (4.0 * np.pi)) ** (1.0 / 3.0))
    sphere = _sphere(radius_mm)
    everywhere = lesion.points_mm()
    coarse = _thinned(lesion)
    means = _means(pet, coarse, sphere)
    if not np.isfinite(means).any():
        return None
    best = coarse[int(np.nanargmax(means))]
    near = everywhere[np.linalg.norm(everywhere - best, axis=1) <= 2.0 * _STEP_MM]
    return float(np.nanmax(_means(pet, near, sphere), initial=float(np.nanmax(means))))


def _means(pet: Image, middles: Floats, sphere: Floats) -> Floats:
    """Mean over the sphere around each place; NaN where the PET does not show all of it."""
    parts = [
        _at(pet, middles[first : first + _AT_ONCE, None] + sphere).mean(axis=1)
        for first in range(0, len(middles), _AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def blood_uptake(pet: Image, aorta: Mask) -> float | None:
    """Mean uptake in the aorta without its outer 3 mm; None where too little of it is left or shown."""
    spacing = aorta.grid.spacing_mm[::-1]
    depth = ndimage.distance_transform_edt(np.pad(aorta.voxels, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    inner = np.argwhere(depth > _BLOOD_DEPTH_MM) + aorta.corner
    values = _at(pet, aorta.grid.to_mm(inner[:, ::-1])) if len(inner) else np.empty(0)
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size * aorta.grid.voxel_ml >= limit("response", "peak_ml").amount else None


def lean_share(weight_kg: float, height_cm: float, sex: str) -> float:
    """Lean mass as part (0 to 1) of the weight.

    Parameters
    ----------
    weight_kg, height_cm : float
    sex : str
        "M" or "F", as in DICOM.

    Raises
    ------
    BoneIRError
        If sex, weight or height are not those of a person.

    Notes
    -----
    Janmahasatian et al., Clin Pharmacokinet 2005;44:1051-1065.
    """
    keys = {"M": "lean_male", "F": "lean_female"}
    if sex not in keys:
        raise BoneIRError(f"Lean mass is known for sex M and F; the image says {sex or 'nothing'}.")
    if not (20.0 <= weight_kg <= 400.0 and 80.0 <= height_cm <= 250.0):
        raise BoneIRError(f"{weight_kg:g} kg and {height_cm:g} cm are not weight and height of an adult.")
    index = weight_kg / (height_cm / 100.0) ** 2
    below = limit("response", keys[sex]).amount + limit("response", f"{keys[sex]}_bmi").amount * index
    return limit("response", "lean_mass").amount / below


def _sphere(radius_mm: float) -> Floats:
    """Points of a lattice in a sphere around the origin."""
    steps = np.arange(-np.ceil(radius_mm), np.ceil(radius_mm) + _FINE_MM / 2, _FINE_MM)
    points = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray(points[np.linalg.norm(points, axis=1) <= radius_mm])


def _thinned(lesion: Mask) -> Floats:
    """Voxel centres of a mask, at most about 2 mm apart where voxels are smaller."""
    kji = np.argwhere(lesion.voxels) + lesion.corner
    every = [max(1, int(_STEP_MM // s)) for s in lesion.grid.spacing_mm[::-1]]
    kept = kji[np.all(kji % every == 0, axis=1)]
    return lesion.grid.to_mm((kept if len(kept) else kji)[:, ::-1])


def _at(image: Image, points_mm: Floats) -> Floats:
    """Values at points (..., 3); NaN outside."""
    kji = np.moveaxis(image.grid.to_ijk(points_mm)[..., ::-1], -1, 0)
    return np.asarray(ndimage.map_coordinates(image.voxels, kji, np.float64, order=1, cval=np.nan, prefilter=False))

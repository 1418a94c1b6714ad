"""A body that is seen whole from a point inside it: how far it reaches in every direction, smooth where noise hides it.

Along each ray the reach is chosen that has most of what looks like the body before it and least behind; reaches of
neighbouring rays are drawn to a smooth surface (spherical harmonics), so that a ray that runs through a gap, along a
needle or into tissue that looks alike does not make a bulge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import sph_harm_y

from ..resources import limit

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]

_RAYS, _STEP_MM, _ORDER = 700, 0.5, 6
_ROUNDS, _RECENTRED = 8, 2


def star_body(alike: Floats, seed_mm: Floats, spacing_mm: tuple[float, ...], reach_mm: float) -> Marked:
    """Mark a body around a point.

    Parameters
    ----------
    alike : ndarray, shape (k, j, i)
        How much each voxel looks like the body: 1 surely, 0 undecided, -1 surely not.
    seed_mm : ndarray, shape (3,)
        A point in the body, in mm along (k, j, i) from the first voxel.
    spacing_mm : tuple of float
        Along (k, j, i).
    reach_mm : float
        The body ends here at the latest.

    Returns
    -------
    ndarray of bool, shape (k, j, i)
    """
    towards = _directions(_RAYS)
    waves = _waves(towards)
    centre = np.asarray(seed_mm, float)
    field = np.zeros(waves.shape[1])
    for _ in range(_RECENTRED):
        gain = _gains(alike, centre, towards, spacing_mm, reach_mm)
        field, reach = _smooth_reach(gain, waves)
        centre = centre + _offset(towards, reach, 0.75)
    gain = _gains(alike, centre, towards, spacing_mm, reach_mm)
    field, _ = _smooth_reach(gain, waves)
    return _marked(alike, centre, field, spacing_mm)


def _directions(count: int) -> Floats:
    """Unit vectors, evenly over the sphere."""
    n = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * n / count), np.pi * (1 + 5**0.5) * n
    return np.stack([np.cos(polar), np.sin(polar) * np.sin(turn), np.sin(polar) * np.cos(turn)], axis=1)


def _waves(towards: Floats) -> Floats:
    """Real spherical harmonics up to an order, at directions; shape (n, 49)."""
    polar = np.arccos(np.clip(towards[:, 0], -1.0, 1.0))
    turn = np.arctan2(towards[:, 1], towards[:, 2])
    columns = []
    for n in range(_ORDER + 1):
        for m in range(n + 1):
            wave = sph_harm_y(n, m, polar, turn)
            columns += [wave.real] if m == 0 else [np.sqrt(2.0) * wave.real, np.sqrt(2.0) * wave.imag]
    return np.stack(columns, axis=1)


def _roughness() -> Floats:
    orders = [n for n in range(_ORDER + 1) for _ in range(2 * n + 1)]
    return np.array([n**2 * (n + 1.0) ** 2 for n in orders], float)


def _gains(alike: Floats, centre: Floats, towards: Floats, spacing_mm: tuple[float, ...], reach_mm: float) -> Floats:
    """For each ray and reach how much of the body lies before it, less what is not body; shape (rays, steps)."""
    steps = np.arange(0.0, reach_mm + _STEP_MM / 2, _STEP_MM)
    places = (centre + steps[:, None] * towards[:, None]) / np.asarray(spacing_mm)
    values = ndimage.map_coordinates(alike, np.moveaxis(places, -1, 0), order=1, cval=-1.0, prefilter=False)
    return np.asarray(np.cumsum(values, axis=1) * _STEP_MM)


def _smooth_reach(gain: Floats, waves: Floats) -> tuple[Floats, Floats]:
    """The coefficients of the smooth reach, and the reach of each ray in mm."""
    steps = np.arange(gain.shape[1]) * _STEP_MM
    reach = steps[gain.argmax(axis=1)]
    smooth = np.full(len(reach), float(np.median(reach)))
    field = np.zeros(waves.shape[1])
    pull, rough = (limit("verification", key).amount for key in ("zone_pull", "zone_rough"))
    lasting = np.diag(rough * _roughness() * len(waves) / 1000.0)
    for _ in range(_ROUNDS):
        pulled = gain - pull * (steps[None] - smooth[:, None]) ** 2
        reach = steps[pulled.argmax(axis=1)]
        off = np.abs(reach - smooth)
        weight = 1.0 / np.maximum(off / max(float(np.median(off)), _STEP_MM), 1.0)
        weighted = waves * weight[:, None]
        field = np.linalg.solve(waves.T @ weighted + lasting, weighted.T @ reach)
        smooth = np.maximum(waves @ field, 0.0)
    return field, smooth


def _offset(towards: Floats, reach: Floats, share: float) -> Floats:
    """From the point to the middle of the body: the mean of r^4 n over that of r^3, three quarters of it."""
    return np.asarray(share * (reach[:, None] ** 4 * towards).sum(axis=0) / max(float((reach**3).sum()), 1e-9))


def _marked(alike: Floats, centre: Floats, field: Floats, spacing_mm: tuple[float, ...]) -> Marked:
    axes = [np.arange(n) * s - c for n, s, c in zip(alike.shape, spacing_mm, centre, strict=True)]
    offset = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    away = np.linalg.norm(offset, axis=-1)
    edge_mm = limit("verification", "zone_edge_mm").amount
    near = np.argwhere(away <= _farthest(field) + edge_mm)
    flat = tuple(near.T)
    unit = offset[flat] / np.maximum(away[flat], 1e-9)[:, None]
    depth = _waves(unit) @ field - away[flat]
    marked = np.zeros(alike.shape, bool)
    marked[flat] = (depth > edge_mm) | ((depth > -edge_mm) & (alike[flat] > 0.0))
    return marked


def _farthest(field: Floats) -> float:
    return float((_waves(_directions(_RAYS)) @ field).max(initial=0.0))

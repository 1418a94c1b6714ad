"""The image around a click as rays see it: CT numbers and depth in bone along directions from a centre."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .lesion_settings import lesion_setting
from .sphere import Floats, Sphere

Marked = NDArray[np.bool_]
_PULL = 50.0
"""Cost of a surface that leaves a click on the wrong side: more than any number in the image can make up for."""
_NARROWEST = 0.24
"""Sine of the angle within which rays always pass through the ball that a click stands for."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A window of the image around a lesion.

    Parameters
    ----------
    hu : ndarray of float32 (k, j, i)
        Lightly smoothed numbers.
    depth_mm : ndarray of float32 (k, j, i)
        Depth below the closed surface of bone; negative outside.
    spacing_mm : ndarray (3,)
        Voxel size along (k, j, i).
    inside, outside : ndarray (n, 3)
        Indices (k, j, i) of clicks that belong to the lesion, the first of them the seed, and of those that do not.
    start : ndarray (3,)
        Index (k, j, i) of the centre to begin with.
    smoothed_mm : ndarray (3,)
        Standard deviation of the smoothing along (k, j, i).
    strange : ndarray of float32 (k, j, i), optional
        How unlike healthy bone each place is, on a scale like that of HU; only on CT.
    sized : bool
        Whether a click on the border tells the size.
    """

    hu: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    spacing_mm: Floats
    inside: Floats
    outside: Floats
    start: Floats
    smoothed_mm: Floats
    strange: NDArray[np.float32] | None = None
    sized: bool = False

    def by_seed(self) -> Surroundings:
        """The same with no click but the seed."""
        return replace(self, inside=self.inside[:1], outside=self.outside[:0], start=self.inside[0])

    def marked_within(self, centre: Floats, sphere: Sphere, reach_mm: Floats) -> Marked:
        """Voxels whose centre is nearer to `centre` than the surface in its direction (interpolated)."""
        out = np.zeros(self.hu.shape, bool)
        span = float(reach_mm.max()) / self.spacing_mm + 1
        low = np.maximum(np.floor(centre - span), 0).astype(int)
        high = np.minimum(np.ceil(centre + span) + 1, self.hu.shape).astype(int)
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        index = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), -1)
        away = (index - centre) * self.spacing_mm
        distance = np.linalg.norm(away, axis=-1)
        near = distance <= reach_mm.max()
        weight, which = sphere.nearest(away[near])
        out[box][near] = distance[near] <= (reach_mm[which] * weight).sum(axis=1)
        return out


@dataclass(frozen=True, eq=False)
class Rays:
    """What rays from a centre meet.

    Parameters
    ----------
    sphere : Sphere
    centre : ndarray (3,)
        Index (k, j, i).
    spacing_mm : ndarray (3,)
        Voxel size along (k, j, i).
    radii_mm : ndarray (radii,)
        Of the samples; the surface at index n lies half a step beyond sample n.
    hu, depth_mm : ndarray (directions, radii)
    shown : ndarray of bool (directions, radii)
        Whether the window shows the place.
    clicks : ndarray (directions, radii)
        Cost of surfaces that leave a click on the wrong side.
    strange : ndarray of float32 (directions, radii) or None
        How unlike healthy bone it is; only on CT.
    sized : bool
        Whether a click on the border tells the size of the lesion.
    """

    sphere: Sphere
    centre: Floats
    spacing_mm: Floats
    radii_mm: Floats
    hu: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    shown: Marked
    clicks: Floats
    strange: NDArray[np.float32] | None = None
    sized: bool = False

    @property
    def step_mm(self) -> float:
        """Distance between samples."""
        return float(self.radii_mm[1] - self.radii_mm[0])

    @property
    def volume_mm3(self) -> Floats:
        """Volume that a sample stands for, at each radius."""
        return np.asarray(self.radii_mm**2 * self.step_mm * self.sphere.share)

    def reach_mm(self, chosen: NDArray[np.int64] | Floats) -> Floats:
        """Radius of the surface of indices (directions,), which may lie between samples."""
        return np.asarray(self.radii_mm[0] + (chosen + 0.5) * self.step_mm)


def radii_up_to(reach_mm: float, step_mm: float = 0.0) -> Floats:
    """Radii of the samples of every ray."""
    step = step_mm or lesion_setting("step_mm")
    return np.arange(step / 2, reach_mm, step)


def rays_from(around: Surroundings, centre: Floats, sphere: Sphere, radii_mm: Floats) -> Rays:
    """Sample the window along rays, linearly."""
    steps = sphere.unit.T[:, :, None] / around.spacing_mm[:, None, None]
    places = centre[:, None, None] + steps * radii_mm
    ends = np.asarray(around.hu.shape)[:, None, None] - 0.5
    shown = np.asarray(((places >= -0.5) & (places <= ends)).all(axis=0))

    def sampled(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(ndimage.map_coordinates(values, places, output=np.float32, order=1, mode="nearest"))

    strange = None if around.strange is None else sampled(around.strange)
    clicks = _click_costs(around, centre, sphere, radii_mm)
    hu, depth = sampled(around.hu), sampled(around.depth_mm)
    return Rays(sphere, centre, around.spacing_mm, radii_mm, hu, depth, shown, clicks, strange, around.sized)


def _click_costs(around: Surroundings, centre: Floats, sphere: Sphere, radii_mm: Floats) -> Floats:
    """A click stands for a ball around it: all rays that pass through it must end beyond it, or before it.

    Between clicks of the two sides balls are cut short, so that a surface can pass there.
    """
    cost = np.zeros((sphere.count, len(radii_mm)))
    step = radii_mm[1] - radii_mm[0]
    surface = radii_mm + step / 2
    inside, outside = ((clicks - centre) * around.spacing_mm for clicks in (around.inside, around.outside))
    for clicks, others, is_inside in ((inside, outside, True), (outside, inside, False)):
        for away in clicks:
            distance = float(np.linalg.norm(away))
            if distance < radii_mm[1]:
                continue
            along = sphere.unit @ away
            half = np.sqrt(np.maximum(_ball_mm(distance) ** 2 - (distance**2 - along**2), 0.0))
            passing = (along > 0) & (half > 0)
            apart = np.linalg.norm(others - away, axis=1).min(initial=np.inf)
            half = np.minimum(half, max(apart / 2 - step, 0.0))
            ends = (along + half if is_inside else np.maximum(along - half, radii_mm[0]))[:, None]
            wrong = surface < ends if is_inside else surface >= ends
            cost += _PULL * (passing[:, None] & wrong)
    return cost


def _ball_mm(distance_mm: float) -> float:
    """Radius of the ball that a click stands for: smaller near the centre, and at least what neighbouring rays meet."""
    usual = min(lesion_setting("click_ball_mm"), lesion_setting("click_ball_share") * distance_mm)
    return max(usual, _NARROWEST * distance_mm)

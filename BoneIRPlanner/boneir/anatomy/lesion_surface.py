"""The surface of a lesion around a click: several supposed sizes grow, and one of them is moved to the edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .lesion_edge import cost_by_edge
from .lesion_rays import Rays, Surroundings, radii_up_to, rays_from
from .lesion_settings import lesion_setting
from .ray_likeness import behind_wall, contrast_across, likeness
from .smooth_surface import Costs, between_steps, surface_costs
from .sphere import Floats, Sphere, sphere

SIZES_MM = (3.0, 5.0, 7.5, 11.0, 16.0)
"""Radii that are tried."""
_COARSE, _FINE = 162, 642
_ROUNDS, _EDGE_ROUNDS = 5, 2
_THIN_MM = 2.0
"""Steps beyond this are thick slices."""
_SHIFT_MM = 0.7
"""The centre follows the middle of what has grown once it is farther than this."""


@dataclass(frozen=True, eq=False)
class Surface:
    """A surface around a centre.

    Parameters
    ----------
    rays : Rays
        From its centre.
    reach_mm : ndarray (directions,)
        Radius of the surface.
    costs : ndarray (directions, radii)
        Cost of the best surface through each radius, as a negative logarithm.
    sharpness : float
        Mean step of the likeness across it; 6 at most.
    texture_hu : float
        Robust standard deviation of the numbers in the outer half of what is within.
    strange : bool
        Whether it was told by what is unlike healthy bone, besides the numbers themselves.
    size_mm : float
        The radius that it grew from.
    """

    rays: Rays
    reach_mm: Floats
    costs: Costs
    sharpness: float
    texture_hu: float
    strange: bool
    size_mm: float

    @property
    def radius_mm(self) -> float:
        """Of the ball of the same volume."""
        return float(np.mean(self.reach_mm**3) ** (1 / 3))

    def band_mm(self) -> tuple[Floats, Floats]:
        """Smallest and largest radius in each direction at which the surface may lie as well."""
        possible = self.costs - self.costs.min(axis=1, keepdims=True) <= lesion_setting("doubt")
        last = possible.shape[1] - 1 - possible[:, ::-1].argmax(axis=1)
        inner, outer = self.rays.reach_mm(possible.argmax(axis=1)), self.rays.reach_mm(last)
        return np.minimum(inner, self.reach_mm), np.maximum(outer, self.reach_mm)


def grown_surfaces(around: Surroundings, sizes_mm: Sequence[float], reach_mm: float) -> list[Surface]:
    """Rough surfaces that hold the clicks: one for each size to try, by the numbers alone and by what is strange.

    Parameters
    ----------
    around : Surroundings
    sizes_mm : sequence of float
        Radii to try.
    reach_mm : float
        Farthest surface.
    """
    radii = radii_up_to(reach_mm)
    looks = (False,) if around.strange is None else (False, True)
    return [_grown(around, size, radii, strange=look) for look in looks for size in sizes_mm]


def _grown(around: Surroundings, size_mm: float, radii_mm: Floats, *, strange: bool) -> Surface:
    """Grow, learn what lesion and surroundings look like, and grow again from the middle of what has grown.

    On MR no outlined bone holds the lesion back, so that what lies behind a wall of other tissue is left out at once.
    """
    ball, walled = sphere(_COARSE), around.strange is None
    rays = rays_from(around, around.start, ball, radii_mm)
    reach = np.full(ball.count, size_mm)
    surface = _fitted(rays, reach, size_mm, strange=strange, walled=walled)
    for _ in range(_ROUNDS - 1):
        settled = float(np.abs(surface.reach_mm - reach).mean()) < 0.25 * rays.step_mm
        reach = surface.reach_mm
        middle = _middle(surface)
        if float(np.linalg.norm((middle - rays.centre) * around.spacing_mm)) > _SHIFT_MM:
            reach = _seen_from(middle, surface, ball)
            rays = rays_from(around, middle, ball, radii_mm)
        elif settled:
            break
        surface = _fitted(rays, reach, size_mm, strange=strange, walled=walled)
    return surface


def finished(around: Surroundings, coarse: Surface) -> Surface:
    """The surface on more rays, moved to the edges of the image where there are any."""
    ball = sphere(_FINE)
    rays = rays_from(around, coarse.rays.centre, ball, coarse.rays.radii_mm)
    weight, which = coarse.rays.sphere.nearest(ball.unit)
    reach = (coarse.reach_mm[which] * weight).sum(axis=1)
    surface = _fitted(rays, reach, coarse.size_mm, strange=coarse.strange, walled=True)
    ratio, reach = likeness(rays, surface.reach_mm, strange=coarse.strange), surface.reach_mm
    costs = surface.costs
    for _ in range(_EDGE_ROUNDS):
        own = cost_by_edge(rays, reach, ratio)
        costs = surface_costs(own, ball, _stiffness(rays, reach))
        reach = rays.reach_mm(between_steps(own, ball, np.asarray(costs.argmin(axis=1), np.int64)))
    return replace(surface, reach_mm=reach + _shrunk_mm(around, rays, reach), costs=costs)


def _shrunk_mm(around: Surroundings, rays: Rays, reach_mm: Floats) -> Floats:
    """By how much a blur moves the edge of a ball inwards: by its variance over the radius, in part.

    Voxels blur as a box as wide as they are, linear interpolation as a triangle, and the smoothing as a Gaussian.
    Between thick slices the surface is not known so well that it could be moved for their blur.
    """
    steps = np.where(around.spacing_mm <= _THIN_MM, around.spacing_mm, 0.0)
    variance = around.smoothed_mm**2 + steps**2 / 12 + steps**2 / 6
    along = (rays.sphere.unit**2) @ variance
    return np.asarray(lesion_setting("blur_share") * along / max(float(np.mean(reach_mm**3)) ** (1 / 3), 1.5))


def _fitted(rays: Rays, reach_mm: Floats, size_mm: float, *, strange: bool, walled: bool = False) -> Surface:
    """The best surface by the likeness that a first idea of the lesion gives; walled: not through what is around it."""
    ratio = likeness(rays, reach_mm, strange=strange)
    if walled:
        ratio[behind_wall(rays, reach_mm, ratio)] = ratio.min()
    inside, outside = contrast_across(ratio, rays.step_mm)
    grain = lesion_setting("grain_mm")
    area = rays.radii_mm**2 * rays.sphere.share / grain**2
    cost = -np.cumsum(ratio * rays.volume_mm3, axis=1) / grain**3
    cost += lesion_setting("edge_weight") * area * np.exp(-np.clip(inside - outside, 0, 6))
    off = np.log((rays.radii_mm + rays.step_mm / 2) / size_mm)
    size_weight = lesion_setting("border_weight" if rays.sized else "size_weight")
    cost += size_weight * (size_mm / grain) ** 2 * rays.sphere.share * off**2 + rays.clicks
    costs = surface_costs(cost, rays.sphere, _stiffness(rays, reach_mm))
    chosen = np.asarray(costs.argmin(axis=1), np.int64)
    reach, every = rays.reach_mm(chosen), np.arange(rays.sphere.count)
    step = (inside - outside)[every, chosen]
    sharpness = float((step * reach**2).sum() / (reach**2).sum())
    return Surface(rays, reach, costs, sharpness, _texture(rays, reach), strange, size_mm)


def _texture(rays: Rays, reach_mm: Floats) -> float:
    """Robust standard deviation in the outer half of what a surface holds; 0 where numbers are no HU."""
    if rays.strange is None:
        return 0.0
    outer = (rays.radii_mm < reach_mm[:, None]) & (rays.radii_mm > 0.5 * reach_mm[:, None]) & rays.shown
    values = rays.hu[outer]
    return 1.4826 * float(np.median(np.abs(values - np.median(values)))) if values.size else 0.0


def _stiffness(rays: Rays, reach_mm: Floats) -> float:
    """Cost of a step between neighbours: by area, so it grows with the size of the lesion."""
    size = max(float(np.mean(reach_mm**3)) ** (1 / 3), 1.5)
    side = np.sqrt(rays.sphere.share)
    return float(lesion_setting("stiffness") * size * rays.step_mm * side / lesion_setting("grain_mm") ** 2)


def _middle(surface: Surface) -> Floats:
    """Index (k, j, i) of the centroid of what the surface holds."""
    rays, reach = surface.rays, surface.reach_mm
    moment = (reach[:, None] ** 4 / 4 * rays.sphere.unit).sum(axis=0) / (reach**3 / 3).sum()
    return np.asarray(rays.centre + moment / rays.spacing_mm)


def _seen_from(centre: Floats, surface: Surface, ball: Sphere) -> Floats:
    """The same surface as radii from another centre, roughly."""
    rays = surface.rays
    away = (rays.centre - centre) * rays.spacing_mm + rays.sphere.unit * surface.reach_mm[:, None]
    distance = np.linalg.norm(away, axis=1)
    towards = Sphere(away / np.maximum(distance, 1e-6)[:, None], ball.source, ball.target, ball.back, ball.first)
    weight, which = towards.nearest(ball.unit)
    return np.asarray((distance[which] * weight).sum(axis=1))

"""The surface of a lesion around a click: several supposed sizes grow, and the one with the sharpest border wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .lesion_edge import cost_by_edge
from .lesion_rays import Rays, Surroundings, radii_up_to, rays_from
from .lesion_settings import lesion_setting
from .ray_likeness import behind_wall, contrast_across, likeness
from .smooth_surface import Costs, surface_costs, total_cost
from .sphere import Floats, Sphere, sphere

SIZES_MM = (3.0, 5.0, 7.5, 11.0, 16.0)
"""Radii that are tried."""
_COARSE, _FINE = 162, 642
_ROUNDS, _EDGE_ROUNDS = 5, 2
_TEXTURED = 2.0
"""How much sharpness full texture is worth."""
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
    evidence : float
        How much the numbers within speak for it.
    texture_hu : float
        Robust standard deviation of the numbers in the outer half of what is within.
    """

    rays: Rays
    reach_mm: Floats
    costs: Costs
    sharpness: float
    evidence: float
    texture_hu: float

    @property
    def score(self) -> float:
        """What the sizes are compared by: a sharp border, or much texture, as a mixed lesion is more than an island."""
        texture = (self.texture_hu - lesion_setting("plain_hu")) / lesion_setting("mixed_hu")
        return float((self.sharpness + _TEXTURED * min(max(texture, 0.0), 1.0)) * max(self.evidence, 1.0) ** 0.1)

    def band_mm(self) -> tuple[Floats, Floats]:
        """Smallest and largest radius in each direction at which the surface may lie as well."""
        possible = self.costs - self.costs.min(axis=1, keepdims=True) <= lesion_setting("doubt")
        last = possible.shape[1] - 1 - possible[:, ::-1].argmax(axis=1)
        inner, outer = self.rays.reach_mm(possible.argmax(axis=1)), self.rays.reach_mm(last)
        return np.minimum(inner, self.reach_mm), np.maximum(outer, self.reach_mm)


def lesion_surface(around: Surroundings, sizes_mm: Sequence[float] = SIZES_MM, reach_mm: float = 0.0) -> Surface:
    """Find the surface of the lesion that holds the clicks.

    Parameters
    ----------
    around : Surroundings
    sizes_mm : sequence of float
        Radii to try.
    reach_mm : float
        Farthest surface; 0 for the usual one.

    Returns
    -------
    Surface
    """
    radii = radii_up_to(reach_mm or lesion_setting("reach_mm"))
    tried = [(size, _grown(around, size, radii)) for size in sizes_mm]
    size, best = max(tried, key=lambda item: item[1].score)
    return _finished(around, size, best)


def _grown(around: Surroundings, size_mm: float, radii_mm: Floats) -> Surface:
    """Grow, learn what lesion and surroundings look like, and grow again from the middle of what has grown."""
    ball = sphere(_COARSE)
    rays = rays_from(around, around.start, ball, radii_mm)
    reach = np.full(ball.count, size_mm)
    surface = _fitted(rays, reach, size_mm)
    for _ in range(_ROUNDS - 1):
        settled = float(np.abs(surface.reach_mm - reach).mean()) < 0.25 * rays.step_mm
        reach = surface.reach_mm
        middle = _middle(surface)
        if float(np.linalg.norm((middle - rays.centre) * around.spacing_mm)) > _SHIFT_MM:
            reach = _seen_from(middle, surface, ball)
            rays = rays_from(around, middle, ball, radii_mm)
        elif settled:
            break
        surface = _fitted(rays, reach, size_mm)
    return surface


def _finished(around: Surroundings, size_mm: float, coarse: Surface) -> Surface:
    """The surface on more rays, moved to the edges of the image where there are any."""
    ball = sphere(_FINE)
    rays = rays_from(around, coarse.rays.centre, ball, coarse.rays.radii_mm)
    weight, which = coarse.rays.sphere.nearest(ball.unit)
    reach = (coarse.reach_mm[which] * weight).sum(axis=1)
    surface = _fitted(rays, reach, size_mm, walled=True)
    ratio, reach = likeness(rays, surface.reach_mm), surface.reach_mm
    costs = surface.costs
    for _ in range(_EDGE_ROUNDS):
        costs = surface_costs(cost_by_edge(rays, reach, ratio), ball, _stiffness(rays, reach))
        reach = rays.reach_mm(costs.argmin(axis=1))
    return Surface(rays, reach, costs, surface.sharpness, surface.evidence, surface.texture_hu)


def _fitted(rays: Rays, reach_mm: Floats, size_mm: float, *, walled: bool = False) -> Surface:
    """The best surface by the likeness that a first idea of the lesion gives; walled: not through what is around it."""
    ratio = likeness(rays, reach_mm)
    if walled:
        ratio[behind_wall(rays, reach_mm, ratio)] = ratio.min()
    inside, outside = contrast_across(ratio, rays.step_mm)
    grain = lesion_setting("grain_mm")
    area = rays.radii_mm**2 * rays.sphere.share / grain**2
    cost = -np.cumsum(ratio * rays.volume_mm3, axis=1) / grain**3
    cost += lesion_setting("edge_weight") * area * np.exp(-np.clip(inside - outside, 0, 6))
    off = np.log((rays.radii_mm + rays.step_mm / 2) / size_mm)
    cost += lesion_setting("size_weight") * (size_mm / grain) ** 2 * rays.sphere.share * off**2 + rays.clicks
    stiffness = _stiffness(rays, reach_mm)
    costs = surface_costs(cost, rays.sphere, stiffness)
    chosen = np.asarray(costs.argmin(axis=1), np.int64)
    reach, every = rays.reach_mm(chosen), np.arange(rays.sphere.count)
    step = (inside - outside)[every, chosen]
    sharpness = float((step * reach**2).sum() / (reach**2).sum())
    evidence = -total_cost(cost, rays.sphere, stiffness, chosen)
    return Surface(rays, reach, costs, sharpness, evidence, _texture(rays, reach))


def _texture(rays: Rays, reach_mm: Floats) -> float:
    """Robust standard deviation in the outer half of what a surface holds; 0 where numbers are no HU."""
    if not rays.is_ct:
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

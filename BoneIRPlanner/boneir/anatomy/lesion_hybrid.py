"""The surface of a lesion on CT: what was learned of lesions, with what this one and its surroundings look like.

Learned odds, by what can be seen between a click and a place, give a first surface. The histograms within and around
it then speak along with the odds, and where the lesion is of one number its surface moves to the edges of the image.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .learned_odds import learned_odds
from .lesion_edge import cost_by_edge
from .lesion_look import look_around, signs_along
from .lesion_rays import Rays, Surroundings, radii_up_to, rays_from
from .lesion_settings import lesion_setting
from .lesion_surface import (
    COARSE,
    EDGE_ROUNDS,
    FINE,
    Surface,
    middle_of,
    seen_from,
    shrunk_mm,
    stiffness_of,
    texture_within,
)
from .ray_likeness import contrast_across, likeness
from .smooth_surface import Costs, between_steps, surface_costs, total_cost
from .sphere import Floats, sphere

_CERTAIN = 3.0
"""No sample speaks louder than this (a natural logarithm)."""
_FIRST_MM, _ROUNDS = 8.0, 2
"""Radius by which the first surface is held smooth, before its own is known."""


@dataclass(frozen=True, eq=False)
class Hybrid:
    """A surface and the odds that it follows from.

    Parameters
    ----------
    surface : Surface
    ratio : ndarray (directions, radii)
        Logarithm of the odds that a sample belongs to the lesion.
    """

    surface: Surface
    ratio: Floats

    def bolder(self, by: float) -> Hybrid:
        """The surface if all odds were higher by so much, or lower where it is negative."""
        rays = self.surface.rays
        reach, costs = _surface_by(rays, np.asarray(self.ratio + by), self.surface.radius_mm)
        return replace(self, surface=replace(self.surface, reach_mm=reach, costs=costs))


def hybrid_surface(around: Surroundings, reach_mm: float) -> Hybrid:
    """The surface around the seed of a CT window; other clicks are not looked at.

    Parameters
    ----------
    around : Surroundings
        `strange` must be known.
    reach_mm : float
        Farthest surface.
    """
    alone, radii = around.by_seed(), radii_up_to(reach_mm)
    first = rays_from(alone, alone.start, sphere(COARSE), radii)
    signs = signs_along(look_around(alone), alone.start, first.sphere, radii)
    odds = learned_odds(signs).astype(np.float64)
    odds += lesion_setting("odds_shift")
    odds[~first.shown] = -_CERTAIN
    reach, radius_mm = np.full(first.sphere.count, _FIRST_MM), _FIRST_MM
    for _ in range(_ROUNDS):
        reach, _costs = _surface_by(first, odds, radius_mm, between=False)
        radius_mm = float(np.mean(reach**3) ** (1 / 3))
    rays = rays_from(alone, middle_of(first, reach), sphere(FINE), radii)
    reach = seen_from(rays.centre, first, reach, rays.sphere)
    ratio = np.clip(_seen_along(rays, first, odds) + likeness(rays, reach, strange=True), -_CERTAIN, _CERTAIN)
    ratio[~rays.shown] = -_CERTAIN
    return _settled(alone, rays, ratio, float(np.mean(reach**3) ** (1 / 3)))


def by_likeness(surface: Surface) -> Hybrid:
    """A surface that grew without learned odds, with the odds by the histograms within and around it."""
    return Hybrid(surface, likeness(surface.rays, surface.reach_mm, strange=surface.strange))


def corrected(found: Hybrid, around: Surroundings) -> Hybrid:
    """A surface corrected by the clicks beyond the seed.

    They speak where they were made, by as much as the surface was wrong there; the rest stays as it was.
    """
    old, around = found.surface.rays, replace(around, click_mm=lesion_setting("click_least_mm"))
    ratio = _with_clicks(found, around)
    rays = rays_from(around, old.centre, old.sphere, old.radii_mm)
    return _settled(around, rays, ratio, found.surface.radius_mm)


def _settled(around: Surroundings, rays: Rays, ratio: Floats, radius_mm: float) -> Hybrid:
    """The best surface by the odds, at the edges of the image if the lesion is of one number."""
    reach, costs = _surface_by(rays, ratio, radius_mm)
    if texture_within(rays, reach) < lesion_setting("one_number_hu"):
        reach, costs = _at_edges(rays, reach, ratio)
        reach = reach + shrunk_mm(around, rays, reach)
    return Hybrid(_surface(rays, reach, costs, ratio), ratio)


def _with_clicks(found: Hybrid, around: Surroundings) -> Floats:
    """Odds that hold a surface where it is, but near further clicks say what they say.

    A click is heard the farther around it, the farther the surface was from it.
    """
    surface, rays = found.surface, found.surface.rays
    held = np.clip((surface.reach_mm[:, None] - rays.radii_mm) / lesion_setting("click_hold_mm"), -_CERTAIN, _CERTAIN)
    ratio = np.clip(found.ratio + held, -_CERTAIN, _CERTAIN)
    places = rays.sphere.unit[:, None, :] * rays.radii_mm[None, :, None]
    for clicks, says in ((around.inside[1:], _CERTAIN), (around.outside, -_CERTAIN)):
        for away in (clicks - rays.centre) * rays.spacing_mm:
            weight, which = rays.sphere.nearest(away[None])
            off = abs(float(np.linalg.norm(away)) - float((surface.reach_mm[which] * weight).sum()))
            wide = max(off, lesion_setting("click_least_mm")) + lesion_setting("click_least_mm")
            near = np.exp(-((places - away) ** 2).sum(axis=-1) / (2 * wide**2))
            ratio = (1 - near) * ratio + near * says
    return np.asarray(ratio)


def _surface_by(rays: Rays, ratio: Floats, radius_mm: float, *, between: bool = True) -> tuple[Floats, Costs]:
    """Radii of the best smooth surface by the odds of samples, and the costs of others."""
    own = -np.cumsum(np.clip(ratio, -_CERTAIN, _CERTAIN) * rays.volume_mm3, axis=1) / lesion_setting("grain_mm") ** 3
    own += rays.clicks
    costs = surface_costs(own, rays.sphere, stiffness_of(rays, np.array([radius_mm])))
    chosen = np.asarray(costs.argmin(axis=1), np.int64)
    return rays.reach_mm(between_steps(own, rays.sphere, chosen) if between else chosen), costs


def _at_edges(rays: Rays, reach_mm: Floats, ratio: Floats) -> tuple[Floats, Costs]:
    """A surface moved to where the numbers are halfway between inside and outside."""
    costs = np.zeros(ratio.shape, np.float32)
    for _ in range(EDGE_ROUNDS):
        own = cost_by_edge(rays, reach_mm, ratio)
        costs = surface_costs(own, rays.sphere, stiffness_of(rays, reach_mm))
        reach_mm = rays.reach_mm(between_steps(own, rays.sphere, np.asarray(costs.argmin(axis=1), np.int64)))
    return reach_mm, costs


def _seen_along(rays: Rays, first: Rays, odds: Floats) -> Floats:
    """Odds that are known along the first rays, at the samples of others."""
    start = (rays.centre - first.centre) * rays.spacing_mm
    away = start + rays.sphere.unit[:, None, :] * rays.radii_mm[None, :, None]
    weight, which = first.sphere.nearest(away.reshape(-1, 3))
    radius = np.linalg.norm(away, axis=-1).ravel()
    at = np.clip(np.rint((radius - first.radii_mm[0]) / first.step_mm).astype(int), 0, len(first.radii_mm) - 1)
    return np.asarray((odds[which, at[:, None]] * weight).sum(axis=1).reshape(away.shape[:2]))


def _surface(rays: Rays, reach_mm: Floats, costs: Costs, ratio: Floats) -> Surface:
    inside, outside = contrast_across(ratio, rays.step_mm)
    chosen = np.clip(np.rint((reach_mm - rays.radii_mm[0]) / rays.step_mm - 0.5), 0, len(rays.radii_mm) - 1).astype(int)
    step = (inside - outside)[np.arange(rays.sphere.count), chosen]
    sharpness = float((step * reach_mm**2).sum() / (reach_mm**2).sum())
    own = -np.cumsum(ratio * rays.volume_mm3, axis=1) / lesion_setting("grain_mm") ** 3
    evidence = -total_cost(own, rays.sphere, stiffness_of(rays, reach_mm), chosen)
    texture = texture_within(rays, reach_mm)
    return Surface(rays, reach_mm, costs, sharpness, evidence, texture, True, float(np.mean(reach_mm)))

"""Where exactly the edge of a lesion lies: at the number halfway between inside and outside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .lesion_rays import Rays
from .lesion_settings import lesion_setting
from .sphere import Floats, Sphere


def cost_by_edge(rays: Rays, reach_mm: Floats, ratio: Floats) -> Floats:
    """Cost of a surface at each radius of each direction, near one that is known.

    A number on the lesion's side of the midpoint between inside and outside speaks for the lesion. Where there is no
    contrast, or the lesion is of many numbers, the likeness speaks instead.

    Parameters
    ----------
    rays : Rays
    reach_mm : ndarray (directions,)
        The surface so far.
    ratio : ndarray (directions, radii)
        The likeness.

    Returns
    -------
    ndarray (directions, radii)
    """
    off, sure = rays.radii_mm[None] - reach_mm[:, None], lesion_setting("edge_sure")
    inner, outer = _levels(rays, off)
    contrast, middle = outer - inner, 0.5 * (outer + inner)
    spread = _spread(rays.hu[_deep(off)])
    clear = np.abs(contrast) > max(lesion_setting("edge_contrast_hu"), lesion_setting("edge_spreads") * spread)
    half = np.maximum(np.abs(contrast), 1.0)[:, None] / 2
    side = np.clip((middle[:, None] - rays.hu) * np.sign(contrast)[:, None] / half, -1, 1) * sure
    speaks = np.where(clear[:, None], side, ratio)
    reach = lesion_setting("edge_reach_mm")
    speaks = np.where(off < -reach, sure, np.where(off > reach, -sure, speaks))
    speaks = speaks + np.where(rays.depth_mm > 0, 0.0, 0.5 * (np.minimum(rays.depth_mm, 0) - 1))
    speaks = np.where(rays.shown, speaks, -sure)
    return np.asarray(-np.cumsum(speaks * rays.volume_mm3, axis=1) / lesion_setting("grain_mm") ** 3 + rays.clicks)


def _deep(off_mm: Floats) -> NDArray[np.bool_]:
    deep = off_mm < -lesion_setting("edge_inner_mm")
    return deep if np.count_nonzero(deep) >= len(off_mm) else off_mm < 0


def _spread(values: NDArray[np.floating]) -> float:
    return 1.4826 * float(np.median(np.abs(values - np.median(values)))) if values.size else 0.0


def _levels(rays: Rays, off_mm: Floats) -> tuple[Floats, Floats]:
    """Numbers inside and outside of the surface in each direction, by the rays nearby."""
    typical = float(np.median(rays.hu[_deep(off_mm)]))
    blur = lesion_setting("edge_blur_steps") * (np.abs(rays.sphere.unit) * rays.spacing_mm).max(axis=1)[:, None]
    within = -np.maximum(lesion_setting("edge_inner_mm"), blur)
    beyond = np.maximum(lesion_setting("edge_outer_mm"), blur)
    near = _mean(rays, (off_mm < within) & (off_mm > within - lesion_setting("edge_inner_wide_mm")), 2, typical)
    inner = 0.5 * (near + typical)
    outer = _mean(rays, (off_mm > beyond) & (off_mm < beyond + lesion_setting("edge_outer_wide_mm")), 1, typical)
    return inner, np.minimum(outer, inner + lesion_setting("edge_most_hu"))


def _mean(rays: Rays, which: NDArray[np.bool_], rounds: int, otherwise: float) -> Floats:
    weight = np.where(which & rays.shown, rays.volume_mm3, 0.0)
    ball: Sphere = rays.sphere
    total = ball.pooled(weight.sum(axis=1), rounds)
    values = ball.pooled((rays.hu * weight).sum(axis=1), rounds)
    return np.asarray(np.where(total > 0, values / np.maximum(total, 1e-9), otherwise))

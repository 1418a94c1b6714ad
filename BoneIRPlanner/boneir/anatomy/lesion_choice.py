"""Which of several surfaces a lesion most likely has: the agreement with the truth that each of them lets expect.

The weights are those of a ridge regression of the Dice coefficient on what can be seen of a surface, over lesions of
known extent that were implanted into CT.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .lesion_rays import Rays, Surroundings
from .lesion_settings import lesion_setting
from .lesion_surface import Surface, finished, grown_surfaces

_WITHIN_MM, _BEYOND_MM = (-2.5, -0.5), (1.0, 4.0)
_LIKE = 0.15
"""Surfaces are as large as each other where their radii differ by this share."""
_SUPPORT = 0.1
"""Power of the evidence that the sharpness is multiplied by on MR."""
SIGNS = ("sharp", "textured", "evidence", "radius", "strange", "rough", "strange_within", "strange_beyond", "agreement")
"""What is looked at; the weight of each stands in the settings as ``choice_...``."""


def likely_surface(around: Surroundings, sizes_mm: Sequence[float], reach_mm: float) -> tuple[Surface, float | None]:
    """Find the surface of the lesion that holds the clicks.

    Parameters
    ----------
    around : Surroundings
    sizes_mm : sequence of float
        Radii to try.
    reach_mm : float
        Farthest surface.

    Returns
    -------
    Surface, and the Dice coefficient with the truth to expect of it; None on MR, where that was never learned and the
    sharpest and best supported one is taken
    """
    surfaces = grown_surfaces(around, sizes_mm, reach_mm)
    if around.strange is None:
        best = max(surfaces, key=lambda one: one.sharpness * max(one.evidence, 1.0) ** _SUPPORT)
        return finished(around, best), None
    expected = expected_dice(surfaces)
    best = int(expected.argmax())
    return finished(around, surfaces[best]), float(expected[best])


def expected_dice(surfaces: Sequence[Surface]) -> NDArray[np.float64]:
    """The agreement to expect of each of some surfaces around the same click, 0 to 1."""
    seen = np.array([signs(surface, surfaces) for surface in surfaces])
    weights = np.array([lesion_setting(f"choice_{name}") for name in SIGNS])
    return np.asarray(np.clip(lesion_setting("choice_constant") + seen @ weights, 0.0, 1.0))


def signs(surface: Surface, others: Sequence[Surface]) -> tuple[float, ...]:
    """What can be seen of a surface, in the order of `SIGNS`.

    Its sharpness; whether its inside is textured; logarithm of its evidence and of its radius in mm; whether what is
    unlike healthy bone was looked at; how rough it is; how unlike healthy bone it is just within and just beyond, in
    standard deviations; and the share of the surfaces, grown from other sizes, that end as large as this one.
    """
    rays, reach, radius = surface.rays, surface.reach_mm, surface.radius_mm
    texture = (surface.texture_hu - lesion_setting("plain_hu")) / lesion_setting("mixed_hu")
    sizes = np.array([other.radius_mm for other in others])
    return (
        surface.sharpness,
        float(np.clip(texture, 0.0, 1.0)),
        float(np.log(max(surface.evidence, 1.0))),
        float(np.log(radius)),
        float(surface.strange),
        float(np.std(reach) / np.mean(reach)),
        _strange(rays, reach, _WITHIN_MM),
        _strange(rays, reach, _BEYOND_MM),
        float(np.mean(np.exp(-np.abs(np.log(sizes / radius)) / _LIKE))),
    )


def _strange(rays: Rays, reach_mm: NDArray[np.float64], band_mm: tuple[float, float]) -> float:
    """Mean strangeness of bone in a band along the surface, in standard deviations; 0 where it is not known."""
    if rays.strange is None:
        return 0.0
    off = rays.radii_mm[None] - reach_mm[:, None]
    weight = ((off > band_mm[0]) & (off < band_mm[1]) & rays.shown & (rays.depth_mm > -1.0)) * rays.volume_mm3
    total = float(weight.sum())
    return float((rays.strange * weight).sum()) / total / lesion_setting("strange_scale_hu") if total > 0 else 0.0

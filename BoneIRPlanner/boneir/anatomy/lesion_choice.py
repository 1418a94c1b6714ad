"""Which of several surfaces a lesion most likely has: the agreement with the truth that each of them lets expect.

The weights are those of a ridge regression over lesions of known extent in synthetic patients: how the Dice coefficient
differs among the surfaces around one click, by how they differ in what can be seen of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .lesion_rays import Rays, Surroundings
from .lesion_settings import lesion_setting
from .lesion_surface import Surface, finished, grown_surfaces

SIGNS = ("sharp", "textured", "strange", "rough", "strange_beyond")
"""What is looked at; the weight of each stands in the settings as ``choice_...``."""


@dataclass(frozen=True, eq=False)
class Choice:
    """The likeliest surface of a lesion, and another one that the image allows nearly as well.

    Parameters
    ----------
    surface : Surface
    rival : Surface or None
        The likeliest one of clearly another size; None where none comes near.
    expected_dice : float or None
        The agreement of the first with the truth to expect; None on MR, where that was never learned.
    """

    surface: Surface
    rival: Surface | None = None
    expected_dice: float | None = None


def likely_surface(
    around: Surroundings, sizes_mm: Sequence[float], reach_mm: float, *, by_seed: bool = False
) -> Choice:
    """Find the surface of the lesion that holds the clicks; on MR the sharpest one.

    Parameters
    ----------
    around : Surroundings
    sizes_mm : sequence of float
        Radii to try.
    reach_mm : float
        Farthest surface.
    by_seed : bool
        Whether surfaces grow from the seed alone, and the other clicks choose among them and correct the chosen one:
        then a correction changes the outline where it was made, unless another surface agrees with it far better.
    """
    surfaces = grown_surfaces(around.by_seed() if by_seed else around, sizes_mm, reach_mm)
    crossed = np.array([clicks_crossed(surface, around) for surface in surfaces])
    if around.strange is None:
        sharp = np.array([surface.sharpness for surface in surfaces])
        return Choice(finished(around, surfaces[int((sharp * (1 - 0.5 * np.minimum(crossed, 1.0))).argmax())]))
    expected = expected_dice(surfaces) - lesion_setting("choice_click") * crossed
    first = int(expected.argmax())
    sizes = np.array([surface.radius_mm for surface in surfaces])
    other = np.abs(np.log(sizes / sizes[first])) > np.log(lesion_setting("rival_size"))
    near = other & (expected > expected[first] - lesion_setting("rival_within"))
    rival = finished(around, surfaces[int(np.where(near, expected, -1.0).argmax())]) if near.any() else None
    return Choice(finished(around, surfaces[first]), rival, float(np.clip(expected[first], 0.0, 1.0)))


def expected_dice(surfaces: Sequence[Surface]) -> NDArray[np.float64]:
    """The agreement to expect of each of some surfaces around the same click, 0 to 1."""
    seen = np.array([signs(surface) for surface in surfaces])
    weights = np.array([lesion_setting(f"choice_{name}") for name in SIGNS])
    return np.asarray(np.clip(lesion_setting("choice_constant") + seen @ weights, 0.0, 1.0))


def signs(surface: Surface) -> tuple[float, ...]:
    """What can be seen of a surface, in the order of `SIGNS`.

    Its sharpness; whether its inside is textured; whether what is unlike healthy bone was looked at; how rough it is;
    and how unlike healthy bone it is just beyond, in standard deviations.
    """
    reach = surface.reach_mm
    texture = (surface.texture_hu - lesion_setting("plain_hu")) / lesion_setting("mixed_hu")
    return (
        surface.sharpness,
        float(np.clip(texture, 0.0, 1.0)),
        float(surface.strange),
        float(np.std(reach) / np.mean(reach)),
        _strange_beyond(surface.rays, reach),
    )


def clicks_crossed(surface: Surface, around: Surroundings) -> float:
    """By how much a surface leaves clicks on the wrong side: the sum over them, 0 to 1 for each."""
    rays, crossed = surface.rays, 0.0
    bent_mm, deep_mm = lesion_setting("click_bent_mm"), lesion_setting("click_deep_mm")
    for clicks, sign in ((around.inside, 1.0), (around.outside, -1.0)):
        if not len(clicks):
            continue
        away = (clicks - rays.centre) * rays.spacing_mm
        weight, which = rays.sphere.nearest(away)
        beyond = np.linalg.norm(away, axis=1) - (surface.reach_mm[which] * weight).sum(axis=1)
        crossed += float(np.clip((sign * beyond - bent_mm) / deep_mm, 0.0, 1.0).sum())
    return crossed


def _strange_beyond(rays: Rays, reach_mm: NDArray[np.float64]) -> float:
    """Mean strangeness of bone in a band along the surface, in standard deviations; 0 where it is not known."""
    if rays.strange is None:
        return 0.0
    off = rays.radii_mm[None] - reach_mm[:, None]
    band = (off > lesion_setting("strange_beyond_from_mm")) & (off < lesion_setting("strange_beyond_to_mm"))
    weight = (band & rays.shown & (rays.depth_mm > -1.0)) * rays.volume_mm3
    total = float(weight.sum())
    return float((rays.strange * weight).sum()) / total / lesion_setting("strange_scale_hu") if total > 0 else 0.0

"""What there is to see at every place along rays from a click: the signs by which a lesion is told from healthy bone.

Numbers, numbers against healthy bone of the same depth, texture, likeness to the click, and what lies between the
click and the place and beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .lesion_rays import Surroundings
from .lesion_settings import lesion_setting
from .sphere import Floats, Sphere

Map = NDArray[np.float32]
SIGNS = (
    *("depth", "number", "texture", "wide number", "distance"),
    *("least strange before", "farthest from click before", "mean from click before", "from click ahead"),
    *("strange around", "from click around", "strange of shell", "strange of ball", "from click of ball"),
    *("click number", "click texture", "click strange", "marrow number", "marrow texture", "widest step"),
)
"""What is seen at each sample, in this order."""
_DEPTHS_MM = (-8.0, 12.0)
_AHEAD_MM = 3.0
_AT_CLICK_MM, _NEAR_CLICK_MM = 2.5, 4.0
_TEXTURE_MM, _WIDE_MM = 2.0, 3.0
_SHELL_MM = 2.0
"""So near to bone the shells around the click are looked at."""
_WIDEST = 2.5
"""Nothing is averaged along steps wider than so many widths of the average."""


@dataclass(frozen=True, eq=False)
class Look:
    """Maps of a window around a click, and what is seen at the click and in the marrow around it.

    Parameters
    ----------
    around : Surroundings
    maps : tuple of ndarray of float32 (k, j, i)
        Depth, numbers, strangeness, texture, and numbers averaged widely.
    at_click : tuple of float
        Median number, texture and strangeness around the click.
    marrow : tuple of float
        Median number and robust standard deviation.
    """

    around: Surroundings
    maps: tuple[Map, ...]
    at_click: tuple[float, float, float]
    marrow: tuple[float, float]


def look_around(around: Surroundings) -> Look:
    """Make the maps of a CT window, on which `strange` is known."""
    assert around.strange is not None
    hu, steps = around.hu, around.spacing_mm
    mean = _averaged(hu, steps, _TEXTURE_MM)
    texture = np.sqrt(np.maximum(_averaged(hu * hu, steps, _TEXTURE_MM) - mean * mean, 0))
    strange = around.strange / np.float32(lesion_setting("strange_scale_hu"))
    maps = (around.depth_mm, hu, strange, texture, _averaged(hu, steps, _WIDE_MM))
    away = _distance_mm(around)
    core = away < _AT_CLICK_MM
    core = core if np.count_nonzero(core) >= 4 else away < max(_AT_CLICK_MM, 0.8 * float(steps.max()))
    near = away < _NEAR_CLICK_MM
    at_click = (float(np.median(hu[core])), float(np.std(hu[near])), float(np.mean(strange[near])))
    return Look(around, maps, at_click, _marrow(around, away))


def signs_along(look: Look, centre: Floats, ball: Sphere, radii_mm: Floats) -> NDArray[np.float32]:
    """What is seen at each sample of rays from a centre: (directions, radii, signs), in the order of `SIGNS`.

    Parameters
    ----------
    look : Look
    centre : ndarray (3,)
        Index (k, j, i).
    ball : Sphere
    radii_mm : ndarray (radii,)
    """
    steps = ball.unit.T[:, :, None] / look.around.spacing_mm[:, None, None]
    places = centre[:, None, None] + steps * radii_mm
    depth, hu, strange, texture, wide = (
        ndimage.map_coordinates(values, places, order=1, mode="nearest", output=np.float32) for values in look.maps
    )
    away, passed = np.abs(hu - np.float32(look.at_click[0])), np.arange(1, len(radii_mm) + 1)
    in_bone = np.where(depth > -_SHELL_MM, 1.0, 0.0) + 1e-3
    strange_shell, away_shell = ((values * in_bone).sum(axis=0) / in_bone.sum(axis=0) for values in (strange, away))
    ahead = _ahead(away, round(_AHEAD_MM / float(radii_mm[1] - radii_mm[0])))
    seen = (
        *(np.clip(depth, *_DEPTHS_MM), hu, texture, wide, radii_mm),
        *(np.minimum.accumulate(strange, axis=1), np.maximum.accumulate(away, axis=1)),
        *(np.cumsum(away, axis=1) / passed, ahead, _pooled(strange, ball), _pooled(away, ball)),
        *(strange_shell, _mean_within(strange_shell, radii_mm), _mean_within(away_shell, radii_mm)),
        *(*look.at_click, *look.marrow, float(look.around.spacing_mm.max())),
    )
    return np.stack([np.broadcast_to(np.asarray(values, np.float32), hu.shape) for values in seen], axis=-1)


def _averaged(values: Map, steps_mm: Floats, width_mm: float) -> Map:
    sigma = np.where(steps_mm <= _WIDEST * width_mm, width_mm / steps_mm, 0.0)
    return np.asarray(ndimage.gaussian_filter(values, sigma), np.float32)


def _distance_mm(around: Surroundings) -> Map:
    off = (np.moveaxis(np.indices(around.hu.shape), 0, -1) - around.inside[0]) * around.spacing_mm
    return np.asarray(np.linalg.norm(off, axis=-1), np.float32)


def _marrow(around: Surroundings, away_mm: Map) -> tuple[float, float]:
    ring = (away_mm > lesion_setting("strange_from_mm")) & (away_mm < lesion_setting("strange_to_mm"))
    ring &= around.depth_mm > _DEPTHS_MM[0]
    deep = ring & (around.depth_mm > lesion_setting("cortex_mm"))
    use = next((which for which in (deep, ring) if np.count_nonzero(which) > 50), np.ones(ring.shape, bool))
    values = around.hu[use]
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


def _ahead(values: Map, samples: int) -> Floats:
    """Mean over the next so many samples beyond each one, as far as there are any."""
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1, dtype=float)], axis=1)
    count = values.shape[1]
    start = np.minimum(np.arange(count) + 1, count - 1)
    end = np.minimum(np.arange(count) + samples + 1, count)
    return np.asarray((total[:, end] - total[:, start]) / np.maximum(end - start, 1))


def _pooled(values: Map, ball: Sphere) -> Floats:
    return ball.pooled(values.astype(float), 2) / ball.pooled(np.ones((ball.count, 1)), 2)


def _mean_within(shells: Floats, radii_mm: Floats) -> Floats:
    """Mean over the ball up to each radius, from the means over its shells."""
    volume = radii_mm**2
    return np.asarray(np.cumsum(shells * volume) / np.cumsum(volume))

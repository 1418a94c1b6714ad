"""Whether what a ray meets looks more like the lesion or like its surroundings, by the histograms of both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .lesion_rays import Rays
from .lesion_settings import lesion_setting
from .sphere import Floats

_LOW_HU, _HIGH_HU, _BIN_HU = -200.0, 1600.0, 10.0
_BINS = round((_HIGH_HU - _LOW_HU) / _BIN_HU)


def likeness(rays: Rays, reach_mm: Floats, *, strange: bool = False) -> Floats:
    """Logarithm of the odds that a sample belongs to the lesion, by a first idea of the lesion.

    The lesion's histogram is that of its core. Marrow, the outer layer of bone, and soft tissue beside bone are each
    compared with their like in a shell around the lesion, so that cortex is no lesion because marrow is dark.

    Parameters
    ----------
    rays : Rays
    reach_mm : ndarray (directions,)
        The first idea: the surface in each direction.
    strange : bool
        Whether what is unlike healthy bone speaks besides the numbers themselves, which then speak half as loudly.

    Returns
    -------
    ndarray (directions, radii)
    """
    core = np.maximum(reach_mm - lesion_setting("core_mm"), lesion_setting("core_share") * reach_mm)[:, None]
    inside = (rays.radii_mm[None] <= core) & rays.shown
    in_bone = inside & (rays.depth_mm > 0)
    inside = in_bone if in_bone.any() else inside
    first, last = lesion_setting("shell_from_mm"), lesion_setting("shell_to_mm")
    off = rays.radii_mm[None] - reach_mm[:, None]
    shell = (off > first) & (off < last) & rays.shown & (rays.depth_mm > -lesion_setting("beside_bone_mm"))
    ratio = _odds(rays, rays.hu, inside, shell)
    if strange and rays.strange is not None:
        both = _odds(rays, rays.strange, inside, shell) + lesion_setting("numbers_weight") * ratio
        ratio = _held(both)
    ratio += prior(rays.depth_mm)
    ratio[~rays.shown] = -lesion_setting("certain")
    return ratio


def _odds(rays: Rays, values: NDArray[np.float32], inside: NDArray[np.bool_], shell: NDArray[np.bool_]) -> Floats:
    """Logarithm of the odds by the histograms of some values within and, layer by layer, in a shell around."""
    deep = lesion_setting("cortex_mm")
    zones = np.where(rays.depth_mm > deep, 0, np.where(rays.depth_mm > 0, 1, 2))
    bins = np.clip(((values - _LOW_HU) / _BIN_HU).astype(np.int64), 0, _BINS - 1)
    lesion, _ = _histogram(bins, inside, rays)
    ratio = np.zeros(values.shape)
    bone, soft, unseen = (lesion_setting(name) for name in ("unknown_bone_share", "unknown_soft_share", "unseen_share"))
    for zone, share in ((0, bone), (1, bone), (2, soft)):
        here = zones == zone
        tissue, volume_mm3 = _histogram(bins, shell & here, rays)
        if volume_mm3 < lesion_setting("shell_least_mm3"):
            tissue = np.full(_BINS, share)
        row = _held(np.log(lesion + unseen) - np.log(tissue + unseen))
        ratio[here] = row[bins[here]]
    return ratio


def _held(odds: Floats) -> Floats:
    """Logarithms of odds, none louder than the setting `certain`."""
    most = lesion_setting("certain")
    return np.asarray(np.clip(odds, -most, most))


def behind_wall(rays: Rays, reach_mm: Floats, ratio: Floats) -> NDArray[np.bool_]:
    """Samples that a ray reaches from a surface only through what is clearly not lesion, such as the wall of a bone."""
    against = np.where(rays.radii_mm > reach_mm[:, None], -ratio * rays.step_mm, 0.0)
    wall = np.zeros(ratio.shape)
    for n in range(1, ratio.shape[1]):
        wall[:, n] = np.maximum(wall[:, n - 1] + against[:, n - 1], 0.0)
    return np.asarray(np.maximum.accumulate(wall, axis=1) > lesion_setting("wall"))


def prior(depth_mm: NDArray[np.floating]) -> Floats:
    """Logarithm of the odds that a place belongs to a lesion of bone before its number is looked at."""
    outside = lesion_setting("outside_prior") + lesion_setting("outside_slope") * np.maximum(-depth_mm, 0)
    cortex = np.where(depth_mm > lesion_setting("cortex_mm"), 0.0, lesion_setting("cortex_prior"))
    return np.asarray(np.where(depth_mm > 0, cortex, outside), float)


def _histogram(bins: NDArray[np.int64], which: NDArray[np.bool_], rays: Rays) -> tuple[Floats, float]:
    """Smoothed shares of the bins among some samples, weighted by their volume, and that volume in mm3."""
    weight = np.broadcast_to(rays.volume_mm3, bins.shape)[which]
    count = np.bincount(bins[which], weights=weight, minlength=_BINS)
    total = float(count.sum())
    smooth = ndimage.gaussian_filter1d(count, lesion_setting("histogram_hu") / _BIN_HU, mode="nearest")
    return np.asarray(smooth / max(total, 1e-9)), total


def contrast_across(ratio: Floats, step_mm: float, band_mm: float = 2.0) -> tuple[Floats, Floats]:
    """Mean of the likeness in the band inside and in the band outside of a surface at every radius."""
    count = max(1, round(band_mm / step_mm))
    total = np.concatenate([np.zeros((len(ratio), 1)), np.cumsum(ratio, axis=1)], axis=1)
    here = np.arange(1, ratio.shape[1] + 1)
    first, last = np.maximum(here - count, 0), np.minimum(here + count, ratio.shape[1])
    inside = (total[:, here] - total[:, first]) / (here - first)
    outside = (total[:, last] - total[:, here]) / np.maximum(last - here, 1)
    return _held(inside), _held(outside)

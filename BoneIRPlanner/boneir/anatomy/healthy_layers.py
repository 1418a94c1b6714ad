"""What healthy bone looks like at every depth, and how far each place is from it: the z-score map.

Cortex is compared with cortex and marrow with marrow. The reference is the bone around, off the lesion, with the same
bone of the other side or the vertebrae next to it where they are outlined.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Case, Image, Modality, Role, Structure
from ..errors import OutlineError
from ..findings import Point
from ..mask import Mask
from .lesion_settings import lesion_setting
from .neighbourhood import Neighbourhood, neighbourhood, smooth_numbers
from .settings import setting

Floats = NDArray[np.float32]
_LAYERS = 6
"""Depths that part one layer from the next."""
_FEWEST, _FEWEST_AT_ALL = 50, 5
_LEVELS = [f"{part}{n}" for part, count in (("C", 7), ("T", 12), ("L", 5)) for n in range(1, count + 1)]
_NEXT_LEVELS = 2


def layers_mm() -> tuple[float, ...]:
    """Depths below the surface of bone that part one layer from the next; the first two layers lie outside."""
    return tuple(lesion_setting(f"layer_{number}_mm") for number in range(1, _LAYERS + 1))


@dataclass(frozen=True, eq=False)
class HealthyLayers:
    """Median and robust standard deviation of healthy tissue in each layer, in HU.

    Parameters
    ----------
    median_hu, spread_hu : ndarray (layers,)
        NaN where the layer has not been seen.
    companions : tuple of str
        Other bones that they were learned from as well.
    """

    median_hu: NDArray[np.float64]
    spread_hu: NDArray[np.float64]
    companions: tuple[str, ...] = ()

    def scores(self, hu: Floats, depth_mm: Floats) -> Floats:
        """How many standard deviations each voxel lies above healthy tissue of its depth; 0 where that is not known."""
        layer = np.digitize(depth_mm, layers_mm(), right=True)
        z = (hu - self.median_hu[layer]) / self.spread_hu[layer]
        return np.asarray(np.nan_to_num(z), np.float32)


def healthy_layers(
    samples: Sequence[tuple[Floats, Floats]], around: tuple[Floats, Floats], companions: tuple[str, ...] = ()
) -> HealthyLayers:
    """Learn the layers from numbers and depths of healthy tissue.

    Parameters
    ----------
    samples : sequence of (HU, depth in mm)
        Of healthy voxels.
    around : (HU, depth in mm)
        Of all voxels of the window; serves for a layer of which too few healthy voxels are known.
    companions : tuple of str
        Names of the bones that the samples were taken from besides the one around.
    """
    hu, depth = (np.concatenate([part[n].ravel() for part in samples]) for n in (0, 1))
    layer, all_layers = (np.digitize(values, layers_mm(), right=True) for values in (depth, around[1]))
    rows = np.full((2, _LAYERS + 1), np.nan)
    for n in range(rows.shape[1]):
        values = hu[layer == n]
        values = values if values.size >= _FEWEST else around[0][all_layers == n]
        if values.size >= _FEWEST_AT_ALL:
            middle = float(np.median(values))
            spread = 1.4826 * float(np.median(np.abs(values - middle)))
            rows[:, n] = middle, max(spread, lesion_setting("strange_least_spread_hu"))
    return HealthyLayers(rows[0], rows[1], companions)


def strangeness(bone: Neighbourhood, depth_mm: Floats, click: NDArray[np.float64]) -> Floats:
    """How unlike healthy bone each place is, brighter or darker alike, averaged over its surroundings.

    A mixed lesion, in which dark and bright islands alternate, is one bright place on this map. Bone nearby tells best
    what is healthy here; bones of the other side and other levels, which a reader looks at, made outlines worse.

    Parameters
    ----------
    bone : Neighbourhood
    depth_mm : ndarray (k, j, i)
        Below the closed surface of bone.
    click : ndarray (3,)
        Index (k, j, i) in the window of a place in the lesion.

    Returns
    -------
    ndarray of float32 (k, j, i)
        On a scale like that of HU in bone.
    """
    steps = np.asarray(bone.spacing_mm)
    off = ((np.moveaxis(np.indices(bone.hu.shape), 0, -1) - click) * steps).astype(np.float32)
    away = np.linalg.norm(off, axis=-1)
    ring = (away > lesion_setting("strange_from_mm")) & (away < lesion_setting("strange_to_mm"))
    use = ring & (depth_mm > -lesion_setting("beside_bone_mm"))
    z = healthy_layers([(bone.hu[use], depth_mm[use])], (bone.hu, depth_mm)).scores(bone.hu, depth_mm)
    much = np.minimum(np.abs(z), lesion_setting("strange_most"))
    width = lesion_setting("strange_smooth_mm")
    sigma = [width / step if step <= 2.5 * width else 0.0 for step in steps]
    return np.asarray(ndimage.gaussian_filter(much, sigma) * lesion_setting("strange_scale_hu"), np.float32)


def zscore_map(case: Case, around: Mask | Point, reach_mm: float | None = None) -> Image:
    """Bone around a lesion as standard deviations from healthy bone at the same depth, to be laid over the CT.

    Parameters
    ----------
    case : Case
        A CT with bone outlined.
    around : Mask or Point
        The lesion, or a point inside it; what it covers does not count as healthy.
    reach_mm : float, optional
        How far the map goes beyond it; by default as far as the outline of a lesion looks.

    Returns
    -------
    Image
        float32 on a part of the grid of the CT; negative where darker than healthy; 0 outside bone.

    Raises
    ------
    OutlineError
        If the image is no CT, or no bone is outlined.
    """
    if case.image.modality is not Modality.CT:
        raise OutlineError(f"A z-score map needs the CT numbers of bone; this image is {case.image.modality}.")
    bone = neighbourhood(case, around, lesion_setting("reach_mm") if reach_mm is None else reach_mm)
    depth, envelope = depth_below(bone), bone.envelope
    if isinstance(around, Mask):
        lesion = around.part(bone.corner, _shape(bone))
        off, place = bone.distance_from(lesion) > setting("healthy_from_mm"), around.centroid_mm
    else:
        place = around
        at = np.asarray(case.image.grid.nearest_voxel(place)) - bone.corner
        gap = np.linalg.norm((np.moveaxis(np.indices(bone.hu.shape), 0, -1) - at) * bone.spacing_mm, axis=-1)
        off = gap > lesion_setting("strange_from_mm")
    click = case.image.grid.to_ijk([place])[0][::-1] - np.asarray(bone.corner)
    z = _layers(case, bone, depth, off, _holders(case, click, bone)).scores(bone.hu, depth)
    grid = case.image.grid.window(bone.corner, _shape(bone))
    return Image(np.where(envelope, z, np.float32(0)), grid, Modality.OTHER, "", case.image.source)


def depth_below(bone: Neighbourhood, deepest_mm: float = np.inf) -> Floats:
    """Depth of each voxel of a window below the closed surface of bone in mm; negative outside."""
    half = min(bone.spacing_mm) / 2
    # Distances run between the centres of voxels; the surface lies half way.
    inner, outer = bone.distance_from(~bone.envelope) - half, half - bone.distance_from(bone.envelope)
    return np.asarray(np.where(bone.envelope, np.minimum(inner, deepest_mm), outer), np.float32)


def _shape(bone: Neighbourhood) -> tuple[int, int, int]:
    k, j, i = bone.hu.shape
    return k, j, i


def _layers(
    case: Case, bone: Neighbourhood, depth_mm: Floats, healthy: NDArray[np.bool_], holders: Sequence[Structure]
) -> HealthyLayers:
    use = healthy & (depth_mm > -lesion_setting("beside_bone_mm"))
    others = [other for holder in holders for other in companions(case, holder)]
    samples = [(bone.hu[use], depth_mm[use])]
    middle_k = bone.corner[0] + bone.hu.shape[0] // 2
    samples += [_samples(case, other, middle_k) for other in others]
    return healthy_layers(samples, (bone.hu, depth_mm), tuple(other.name for other in others))


def _holders(case: Case, click: NDArray[np.float64], bone: Neighbourhood) -> list[Structure]:
    """Single bones at a place of the window."""
    k, j, i = (int(n) for n in np.rint(click + np.asarray(bone.corner)))
    return [item for item in case.of_role(Role.BONE) if item.mask.part((k, j, i), (1, 1, 1)).any()]


def companions(case: Case, bone: Structure) -> tuple[Structure, ...]:
    """The same bone of the other side, or the vertebrae up to two levels above and below, as far as outlined."""
    if (level := re.fullmatch(r"vertebra_([CTL]\d+)", bone.name)) and level[1] in _LEVELS:
        at = _LEVELS.index(level[1])
        near = _LEVELS[max(0, at - _NEXT_LEVELS) : at + _NEXT_LEVELS + 1]
        names = [f"vertebra_{name}" for name in near if name != level[1]]
    else:
        sides = {"left": "right", "right": "left"}
        name = "_".join(sides.get(word, word) for word in bone.name.split("_"))
        names = [name] if name != bone.name else []
    return tuple(case.structure(name) for name in names if case.has(name))


def _samples(case: Case, bone: Structure, middle_k: int) -> tuple[Floats, Floats]:
    """Numbers and depths of a bone, at most a slab of it at the height of the lesion where it is long."""
    steps, mask = case.image.grid.spacing_mm[::-1], bone.mask
    window = list(mask.window)
    if mask.voxels.shape[0] * steps[0] > 3 * lesion_setting("slab_mm"):
        reach = round(lesion_setting("slab_mm") / steps[0])
        low = min(max(middle_k - reach, window[0].start), window[0].stop - 1)
        window[0] = slice(low, min(max(middle_k + reach, low + 1), window[0].stop))
    k, j, i = window
    shape = (k.stop - k.start, j.stop - j.start, i.stop - i.start)
    filled = ndimage.binary_fill_holes(mask.part((k.start, j.start, i.start), shape))
    depth = ndimage.distance_transform_edt(np.pad(filled, 1), steps)[1:-1, 1:-1, 1:-1] - min(steps) / 2
    return smooth_numbers(case.image, (k, j, i))[filled], np.asarray(depth[filled], np.float32)

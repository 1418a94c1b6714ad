"""The zone of an ablation that has been done, outlined from a point inside it on the image that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image, Modality
from ..errors import OutlineError
from ..findings import Finding, Point, Severity
from ..mask import Mask
from ..resources import limit
from .star_body import star_body

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]


class Look(StrEnum):
    """How an ablation zone shows itself."""

    DARK = "dark"
    """Less dense than what is around it: after heat on CT."""
    ICE = "ice"
    """The ice ball on CT: dark within soft tissue, still larger than what is killed."""
    GAS = "gas"
    """Bubbles on CT: their hull."""
    NECROSIS = "necrosis"
    """What takes up no contrast on MR or CT."""


_SEED_MM = 2.5
_BLURS_MM, _CLEAR = (0.8, 1.4, 2.0), 5.0
_INPAINT_MM = 2.5
"""Around metal voxels are taken from beside it."""
_SHELL_MM, _BONE_HU = (1.0, 4.0), 100.0
_RIM = (0.85, 1.0)
_DARKER = 30.0
"""What is around is taken from this outer part of the region that is looked at, by this percentile."""


@dataclass(frozen=True, eq=False)
class AblatedZone:
    """An outlined ablation zone.

    Parameters
    ----------
    mask : Mask
        On the grid of the image.
    border : float
        The grey value at which it was cut off, in the unit of the image.
    contrast_to_noise : float
        How much it differs from what is around it, in standard deviations of a voxel.
    findings : tuple of Finding
    """

    mask: Mask
    border: float
    contrast_to_noise: float
    findings: tuple[Finding, ...]


def outline_ablated(
    image: Image, seed_mm: Point, look: Look, *, reach_mm: float = 45.0, outside: Sequence[Mask] = ()
) -> AblatedZone:
    """Outline an ablation zone from a point inside it.

    The border lies half-way between the values around the point and those farther out, in the image blurred a little.
    The zone is what is seen of it from its middle (`star_body`): tissue that looks alike behind a gap is no part of it.

    Parameters
    ----------
    image : Image
        CT in HU, or MR after contrast.
    seed_mm : Point
        LPS mm, inside the zone.
    look : Look
    reach_mm : float
        The zone is looked for so far around the point.
    outside : sequence of Mask
        What surely is no zone (gas in bowel, air around the body), on the grid of the image.

    Raises
    ------
    OutlineError
        If nothing around the point looks like a zone, its border is lost among needles, or the kind does not go with
        the image.
    ImageError
        If the point lies outside of the image.
    """
    if look is not Look.NECROSIS and image.modality is not Modality.CT:
        raise OutlineError(
            f"A zone that shows as {look.value} is outlined on CT; this image is {image.modality.value}."
        )
    corner, shown, away = _around(image, seed_mm, reach_mm)
    spacing = image.grid.spacing_mm[::-1]
    values = _without_metal(shown, spacing) if image.modality is Modality.CT else shown
    allowed = away <= reach_mm
    for mask in outside:
        allowed &= ~mask.part(corner, values.shape)
    border, apart, alike = _alike(values, away, allowed, reach_mm, look, spacing)
    if look is Look.GAS:
        zone = _hull_of_gas(alike > 0.0, away, spacing)
    else:
        seed = np.asarray(np.unravel_index(int(away.argmin()), away.shape)) * np.asarray(spacing)
        zone = _one_body(star_body(alike, seed, spacing, reach_mm), away, spacing)
    if not zone.any():
        text = f"Nothing around ({', '.join(f'{v:.0f}' for v in seed_mm)}) mm LPS looks like a zone ({look.value})."
        raise OutlineError(f"{text} Give a point inside it, or its mask.")
    mask = Mask.within(zone, corner, image.grid)
    findings = _findings(mask, zone & (away > reach_mm - 2.0), look, apart, seed_mm)
    if image.modality is Modality.CT:
        findings += _hidden(zone, shown, spacing, look, seed_mm)
    if {"verify.zone_leaks", "verify.metal_in_zone"} <= {item.code for item in findings}:
        raise OutlineError(
            "Among the streaks of the needles the zone shows no border: give its mask, or a point in an image without "
            "needles."
        )
    return AblatedZone(mask, border, apart, findings)


def _around(image: Image, seed_mm: Point, reach_mm: float) -> tuple[tuple[int, int, int], Floats, Floats]:
    """Corner, values and distances from the seed of the box around it."""
    seed = np.asarray(image.grid.nearest_voxel(seed_mm))
    half = np.ceil(reach_mm / np.asarray(image.grid.spacing_mm[::-1])).astype(int)
    low, high = np.maximum(seed - half, 0), np.minimum(seed + half + 1, image.grid.shape)
    values = image.voxels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].astype(float)
    steps = [(np.arange(a, b) - s) * d for a, b, s, d in zip(low, high, seed, image.grid.spacing_mm[::-1], strict=True)]
    away = np.sqrt(sum(np.square(part) for part in np.meshgrid(*steps, indexing="ij")))
    k, j, i = (int(v) for v in low)
    return (k, j, i), values, np.asarray(away)


def _alike(
    values: Floats, away: Floats, allowed: Marked, reach_mm: float, look: Look, spacing: tuple[float, ...]
) -> tuple[float, float, Floats]:
    """Border, contrast to noise, and how much each voxel looks like the zone (1 surely, -1 surely not).

    The image is blurred as far as its noise asks.
    """
    border = apart = 0.0
    blurred = values
    for blur_mm in _BLURS_MM:
        blurred = ndimage.gaussian_filter(values, [blur_mm / s for s in spacing])
        border, contrast, apart = _border(blurred, values, away, allowed, reach_mm, look)
        near = blurred[away <= 2.0 * _SEED_MM]
        if look is Look.GAS or contrast >= _CLEAR * float(np.std(near)):
            break
    if look is Look.GAS:
        return border, apart, np.where((blurred < border) & allowed, 1.0, -1.0)
    # Fat and gas are darker than any zone that heat or cold has made; on MR nothing is known to be.
    least = border - contrast if look in (Look.DARK, Look.ICE) else -np.inf
    steps = np.minimum(border - blurred, blurred - least) / (contrast / 2.0)
    return border, apart, np.where(allowed, np.clip(steps, -1.0, 1.0), -1.0)


def _without_metal(values: Floats, spacing: tuple[float, ...]) -> Floats:
    """The values with needles, and the blooming around them, replaced by what lies about them."""
    metal = values >= limit("verification", "metal_hu").amount
    if not metal.any():
        return values
    known = ndimage.distance_transform_edt(~metal, sampling=spacing) > limit("verification", "bloom_mm").amount
    sigma = [_INPAINT_MM / s for s in spacing]
    weight = ndimage.gaussian_filter(known.astype(float), sigma)
    filled = ndimage.gaussian_filter(np.where(known, values, 0.0), sigma) / np.maximum(weight, 1e-6)
    return np.where(known, values, filled)


def _border(
    blurred: Floats, values: Floats, away: Floats, allowed: Marked, reach_mm: float, look: Look
) -> tuple[float, float, float]:
    """The grey value of the border, by how much the zone is darker, and that in standard deviations of a voxel."""
    if look is Look.GAS:
        return limit("verification", "gas_hu").amount, float("inf"), float("inf")
    near = away <= _SEED_MM
    inside = float(np.median(blurred[near]))
    rim = allowed & (away >= _RIM[0] * reach_mm) & (away <= _RIM[1] * reach_mm)
    if look in (Look.DARK, Look.ICE):
        rim &= blurred > inside + 2.0 * float(np.std(blurred[away <= 2.0 * _SEED_MM]))
    if np.count_nonzero(rim) < 100:
        raise OutlineError("Around the point there is too little tissue that is brighter: it lies in no dark zone.")
    # Of several tissues around the darkest counts: what is told from it is told from the brighter ones as well.
    around = float(np.percentile(blurred[rim], _DARKER))
    noise = float(1.4826 * np.median(np.abs(values[near] - np.median(values[near])))) or 1.0
    return (inside + around) / 2.0, around - inside, (around - inside) / noise


def _one_body(dark: Marked, away: Floats, spacing: tuple[float, ...]) -> Marked:
    """The part that hangs together around the seed, without what hangs on by a thin bridge, holes closed."""
    bridge_mm = limit("verification", "zone_bridge_mm").amount
    depth = ndimage.distance_transform_edt(np.pad(dark, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    core, count = ndimage.label(depth > bridge_mm)
    near = core[(away <= _SEED_MM) & (core > 0)]
    if not count or not near.size:
        return np.zeros(dark.shape, bool)
    body = core == np.bincount(near).argmax()
    grown = ndimage.distance_transform_edt(~body, sampling=spacing) <= bridge_mm
    return np.asarray(ndimage.binary_fill_holes(grown & dark))


def _hull_of_gas(dark: Marked, away: Floats, spacing: tuple[float, ...]) -> Marked:
    """Bubbles near the seed, and what lies between them."""
    gap_mm = limit("verification", "gas_gap_mm").amount
    room = [int(np.ceil(gap_mm / s)) + 1 for s in spacing]
    padded = np.pad(dark, [(n, n) for n in room])
    wide = ndimage.distance_transform_edt(~padded, sampling=spacing) <= gap_mm
    closed = ndimage.distance_transform_edt(wide, sampling=spacing) > gap_mm
    closed = closed[tuple(slice(n, -n) for n in room)] | dark
    parts, _ = ndimage.label(closed)
    near = parts[(away <= gap_mm) & (parts > 0)]
    return np.isin(parts, np.unique(near)) if near.size else np.zeros(dark.shape, bool)


def _hidden(zone: Marked, shown: Floats, spacing: tuple[float, ...], look: Look, seed_mm: Point) -> tuple[Finding, ...]:
    """That needles' streaks, or bone, hide where a zone ends in a CT."""
    found = []
    beyond = ndimage.distance_transform_edt(~zone, sampling=spacing)
    if np.any(shown[beyond <= limit("verification", "streaks_mm").amount] >= limit("verification", "metal_hu").amount):
        text = (
            "Metal lies in the zone or beside it, and its streaks hide where the zone ends: outline it in an image "
            "without needles, or give its mask."
        )
        found.append(Finding("verify.metal_in_zone", Severity.WARN, text, place_mm=seed_mm))
    around = (beyond > _SHELL_MM[0]) & (beyond <= _SHELL_MM[1])
    share, most = float(np.mean(shown[around] > _BONE_HU)) if around.any() else 0.0, limit("verification", "zone_bone")
    if look is not Look.GAS and share > most.amount:
        text = (
            f"{share:.0%} of the outlined zone end at bone, where heat and cold do not show in CT: there the zone may "
            "reach farther, and the margin is not known."
        )
        found.append(Finding("verify.zone_at_bone", Severity.WARN, text, share, "1", most, seed_mm))
    return tuple(found)


def _findings(mask: Mask, at_reach: Marked, look: Look, apart: float, seed_mm: Point) -> tuple[Finding, ...]:
    found = []
    least = limit("verification", "contrast_to_noise")
    if apart < least.amount:
        text = (
            f"The zone differs from what is around it by only {apart:.1f} times the noise: correct its outline by hand."
        )
        found.append(Finding("verify.faint_zone", Severity.WARN, text, apart, "1", least, seed_mm))
    if at_reach.any():
        text = "The outlined zone runs to the end of the region that was looked at: it leaks, or is larger than that."
        found.append(Finding("verify.zone_leaks", Severity.WARN, text, mask.volume_ml, "mL", None, seed_mm))
    if look is Look.ICE:
        beyond = limit("ablation", "ice_beyond_lethal_mm")
        text = f"The ice reaches about {beyond} farther than what it kills: a margin of the ice is not one of the kill."
        found.append(Finding("verify.ice_edge", Severity.WARN, text, None, "", beyond, seed_mm))
    if look is Look.GAS:
        text = "Gas shows where it was hottest, not how far the heat killed: its hull is no outline of the zone."
        found.append(Finding("verify.gas_hull", Severity.WARN, text, place_mm=seed_mm))
    return tuple(found)

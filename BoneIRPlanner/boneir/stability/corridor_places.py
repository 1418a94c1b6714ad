"""Where in a case each kind of corridor is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..anatomy.vertebra_parts import vertebra_parts
from ..errors import OutlineError
from ..mask import Mask
from ..resources import limit
from .corridor import Aim
from .corridor_kinds import CorridorKind, corridor_kinds
from .in_bone import InBone
from .pedicle_width import beside_pedicle
from .pelvis_frame import PelvisFrame, pelvis_frame, sacral_places

Floats = NDArray[np.float64]

SIDES = ("left", "right")
_ALA_MM = (14.0, 36.0)
"""How far aside of the midline an iliosacral screw passes the ala."""
_BODY_MM = 8.0
_ARCH_MM = 6.0
"""A screw enters a vertebra at least this far behind its pedicle: through the arch or a process."""
_SPARE_MM = 2.0
"""Room beyond this around the thickest screw is worth nothing more."""
_ISTHMUS = (0.3, 0.85)
"""The part of a pedicle between body and arch within which its narrow place lies, in quantiles of its bone."""
_TALLEST_MM = 48.0
"""The upper end of a femur, within which the neck lies."""
_PUBIS_MM = 65.0
_ISCHIUM_SHARE = 0.2
"""The lowest part of a hip bone: the ischium."""


@dataclass(frozen=True)
class Site:
    """A corridor that a case may have.

    Parameters
    ----------
    kind : str
        Key of the kind of corridor.
    level : str
        Of a vertebra ("L3"), else empty.
    side : str
        "left" or "right", the patient's; empty for one across the midline.
    """

    kind: str
    level: str = ""
    side: str = ""

    @property
    def key(self) -> str:
        """A name without spaces: "pedicle_L3_left"."""
        return "_".join(part for part in (self.kind, self.level, self.side) if part)

    @property
    def words(self) -> str:
        """The corridor in words: "left pedicle L3"."""
        title = corridor_kinds()[self.kind].title
        title = title if self.side == "" else title[0].lower() + title[1:]
        return " ".join(part for part in (self.side, title, self.level) if part)

    @property
    def title(self) -> str:
        """The screw of the corridor in words: "Pedicle screw, L3 left"."""
        where = " ".join(part for part in (self.level, self.side) if part)
        screw = f"{corridor_kinds()[self.kind].title} screw"
        return f"{screw}, {where}" if where else screw


def sites_of(bones: Mapping[str, Mask]) -> tuple[Site, ...]:
    """Every corridor for which the bones are outlined, by the names of the outlines."""
    have = {key for key, mask in bones.items() if not mask.is_empty}
    levels = [key.removeprefix("vertebra_") for key in bones if key in have and key.startswith("vertebra_")]
    found = [Site("pedicle", level, side) for level in levels if level[0] in "TL" for side in SIDES]
    sided = (("iliosacral_s1", "hip"), ("superior_ramus", "hip"), ("supra_acetabular", "hip"))
    for kind, bone in (*sided, ("posterior_column", "hip"), ("femoral_neck", "femur")):
        needs_sacrum = kind == "iliosacral_s1" and "sacrum" not in have
        found += [Site(kind, "", side) for side in SIDES if f"{bone}_{side}" in have and not needs_sacrum]
    if {"sacrum", "hip_left", "hip_right"} <= have:
        found += [Site("trans_sacral_s1"), Site("trans_sacral_s2")]
    return tuple(found)


def site_named(key: str, bones: Mapping[str, Mask]) -> Site:
    """The corridor of that name.

    Raises
    ------
    OutlineError
        If the case has none; the sentence lists those that it has.
    """
    found = sites_of(bones)
    for site in found:
        if site.key == key:
            return site
    have = ", ".join(site.key for site in found) or "none, because no vertebra and no bone of the pelvis is outlined"
    raise OutlineError(f"The case has no corridor {key!r}; it has: {have}.")


def place_of(site: Site, bones: Mapping[str, Mask]) -> tuple[InBone, Aim]:
    """The bone of a corridor, and where in it and in which direction it is looked for.

    Parameters
    ----------
    site : Site
    bones : mapping of structure key to mask
        All outlines of the case by name, "spinal_canal" among them where it is outlined.

    Raises
    ------
    OutlineError
        If the bone cannot be taken apart, or ends at the border of the image where the corridor begins.
    """
    kind = corridor_kinds()[site.kind]
    if site.kind == "pedicle":
        return _pedicle(site, kind, bones)
    frame = pelvis_frame(bones)
    way = frame.way(*kind.towards, site.side)
    if site.kind.startswith(("iliosacral", "trans_sacral")):
        return _sacral(site, kind, bones, frame, way)
    bone = bones[f"{'femur' if site.kind == 'femoral_neck' else 'hip'}_{site.side}"]
    if site.kind != "supra_acetabular" and ends_below(bone, site.kind):
        raise OutlineError(
            f"The bone of the {site.words} ends at the lower border of the image: its corridor does too."
        )
    points = bone.points_mm()
    local = frame.to_local(points)
    lateral = local[:, 0] * (-1.0 if site.side == "right" else 1.0)
    chosen = points[_part(site.kind, lateral, local[:, 1], local[:, 2])]
    behind = None
    if site.kind == "posterior_column":  # from the ischium, not out of the socket
        low = float(local[:, 2].min()) + _ISCHIUM_SHARE * float(np.ptp(local[:, 2]))
        behind = (frame.middle_mm + low * frame.up, -frame.up)
    return InBone.of([bone], behind=behind, around=(chosen, _far(kind))), _aim(kind, chosen, way)


def ends_below(bone: Mask, kind: str) -> bool:
    """Whether the lower border of the image cuts off what a corridor needs of a bone; a femur may end there."""
    heights = bone.points_mm()[:, 2]
    if kind == "femoral_neck" and float(np.ptp(heights)) >= limit("screws", "femur_shown").amount:
        return False
    return bool(heights.min() - bone.grid.corners_mm[:, 2].min() < 1.5 * max(bone.grid.spacing_mm))


def _part(kind: str, lateral: Floats, back: Floats, up: Floats) -> NDArray[np.bool_]:
    """The part of a bone in which a corridor has its narrow place, by distances to lateral, to back and up."""
    if kind == "femoral_neck":
        inner = lateral < np.median(lateral[up > up.max() - _TALLEST_MM])
        return np.asarray(inner & (up > up.max() - _TALLEST_MM))
    front = (back - back.min()) / np.ptp(back)
    high = (up - up.min()) / np.ptp(up)
    if kind == "supra_acetabular":
        return np.asarray((front > 0.35) & (front < 0.65))
    if kind == "posterior_column":
        return np.asarray((high > 0.25) & (high < 0.5) & (front > 0.3))
    end = lateral + 0.5 * back + 0.5 * up
    pubis = int(np.argmin(np.where(high < 0.5, end, np.inf)))
    away = np.linalg.norm(np.stack([lateral, back, up], axis=1) - [lateral[pubis], back[pubis], up[pubis]], axis=1)
    return np.asarray((away > 12.0) & (away < _PUBIS_MM))


def _pedicle(site: Site, kind: CorridorKind, bones: Mapping[str, Mask]) -> tuple[InBone, Aim]:
    vertebra, canal = bones[f"vertebra_{site.level}"], bones.get("spinal_canal")
    parts = vertebra_parts(vertebra, canal)
    pedicle = parts.pedicle_left if site.side == "left" else parts.pedicle_right
    if pedicle.is_empty:
        raise OutlineError(f"The {site.words} is not found in the outline of the vertebra.")
    lateral, back, up = kind.towards
    out = lateral if site.side == "left" else -lateral
    way = out * parts.frame.left + back * parts.frame.back + up * parts.frame.up
    canals = [mask for mask in (parts.canal, canal) if mask is not None and not mask.is_empty]
    forbidden = [_with_reserve(mask) for mask in canals]
    points = pedicle.points_mm()
    behind = parts.frame.to_local(points)[:, 1]
    low, high = np.quantile(behind, _ISTHMUS)
    beside = beside_pedicle(vertebra, canals[-1:], parts.frame, behind, site.level)
    if beside is not None and not beside.is_empty:
        forbidden.append(beside)
    end = parts.frame.middle_mm + (float(behind.max()) + _ARCH_MM) * parts.frame.back
    bone = InBone.of([vertebra], forbidden, behind=(end, parts.frame.back))
    return bone, _aim(kind, points[(behind >= low) & (behind <= high)], way / np.linalg.norm(way))


def _sacral(
    site: Site, kind: CorridorKind, bones: Mapping[str, Mask], frame: PelvisFrame, way: Floats
) -> tuple[InBone, Aim]:
    sacrum, canal = bones["sacrum"], bones.get("spinal_canal")
    places = sacral_places(sacrum, canal, frame, site.kind[-2:])
    aside = frame.to_local(places)[:, 0] * (-1.0 if site.side == "right" else 1.0)
    within = np.abs(aside) <= _BODY_MM if not site.side else (aside > _ALA_MM[0]) & (aside < _ALA_MM[1])
    hips = [bones[f"hip_{side}"] for side in ((site.side,) if site.side else SIDES)]
    forbidden = [_with_reserve(canal)] if canal is not None and not canal.is_empty else []
    places = places[within]
    bone = InBone.of([sacrum, *hips], forbidden, entered=hips, around=(places, _far(kind)))
    return bone, _aim(kind, places, way)


def _with_reserve(canal: Mask) -> Mask:
    """The canal and what lies so near that its outline may miss it."""
    reserve = limit("screws", "canal_reserve").amount
    pad = [int(np.ceil(reserve / s)) for s in canal.grid.spacing_mm[::-1]]
    k, j, i = (c - p for c, p in zip(canal.corner, pad, strict=True))
    nk, nj, ni = (n + 2 * p for n, p in zip(canal.voxels.shape, pad, strict=True))
    apart = ndimage.distance_transform_edt(~canal.part((k, j, i), (nk, nj, ni)), canal.grid.spacing_mm[::-1])
    near, low = apart <= reserve + 1e-6, np.maximum((k, j, i), 0)
    kept = tuple(slice(a - b, None) for a, b in zip(low, (k, j, i), strict=True))
    room = tuple(slice(0, n - a) for n, a in zip(canal.grid.shape, low, strict=True))
    return Mask.within(near[kept][room], (int(low[0]), int(low[1]), int(low[2])), canal.grid)


def _far(kind: CorridorKind) -> float:
    """How much of the bone around the places is looked at, in mm."""
    return max(kind.reach.back_mm, kind.lengths_mm[-1] - 20.0 if not kind.reach.through else kind.reach.back_mm)


def _aim(kind: CorridorKind, places_mm: Floats, way: Floats) -> Aim:
    return Aim(places_mm, way, kind.cone.amount, kind.reach, kind.lengths_mm[-1], kind.diameters_mm[-1] / 2 + _SPARE_MM)

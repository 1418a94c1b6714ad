"""The bone that a lesion lies in, as cement meets it: which compartment, which directions, what lies around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..anatomy.vertebra_parts import vertebra_parts
from ..case import Role, Structure
from ..errors import OutlineError
from ..grid import Matrix3
from ..mask import Mask
from .body import vertebral_body_of
from .compartment import Compartment
from .ports import Neighbours
from .volume import cement_limit

Marked = NDArray[np.bool_]

_GENERAL = frozenset({"bone", "vertebrae", "vertebral_bodies", "ribs"})
"""Outlines of many bones at once."""
_LONG = ("femur", "humerus", "tibia", "fibula", "radius", "ulna")
_AROUND_MM = 8.0
"""A part of the lesion that no bone holds belongs to the nearest bone within this."""
_LEAST_SHARE = 0.05
"""A compartment that holds less of the lesion is not named."""


@dataclass(frozen=True, eq=False)
class CompartmentPart:
    """The part of a lesion that lies in one compartment; `bone` is the name of its bone, "" where none is outlined."""

    compartment: Compartment
    bone: str
    lesion: Mask


@dataclass(frozen=True, eq=False)
class CementSite:
    """The bone that holds most of a lesion, ready to be filled.

    Parameters
    ----------
    compartment : Compartment
    name : str
        Name of the structure.
    bone : Mask
    axes : tuple of float or None
        Main directions of its trabeculae, where they are known: those of a vertebra.
    neighbours : Neighbours
    alone : bool
        False where only bone in general is outlined, so that a neighbouring bone may be taken for the same.
    """

    compartment: Compartment
    name: str
    bone: Mask
    axes: Matrix3 | None
    neighbours: Neighbours
    alone: bool

    @property
    def beyond(self) -> tuple[Mask, ...]:
        """What is not bone although bone surrounds it."""
        return () if self.neighbours.canal is None else (self.neighbours.canal,)


def compartments_of(lesion: Mask, structures: Sequence[Structure]) -> tuple[CompartmentPart, ...]:
    """Share a lesion out among the bones that hold it, the largest part first.

    Raises
    ------
    OutlineError
        If the lesion is empty.
    """
    if lesion.is_empty:
        raise OutlineError("The lesion is empty: it lies in no bone.")
    corner, shape = _window(lesion, _AROUND_MM)
    inside = lesion.part(corner, shape)
    spacing = lesion.grid.spacing_mm[::-1]
    bones = [(item, item.mask.part(corner, shape)) for item in structures if _is_one_bone(item)]
    bones = [(item, marked) for item, marked in bones if marked.any()]
    if not bones:
        return (CompartmentPart(Compartment.OTHER, "", lesion),)
    apart = np.stack([ndimage.distance_transform_edt(~marked, sampling=spacing) for _, marked in bones])
    nearest = np.argmin(apart, axis=0)
    parts = []
    for n, (item, _) in enumerate(bones):
        here = inside & (nearest == n) & (apart[n] <= _AROUND_MM)
        for kind, marked in _split(item.name, here, structures, corner, spacing):
            part = Mask.within(marked, corner, lesion.grid)
            if part.count >= _LEAST_SHARE * lesion.count:
                parts.append(CompartmentPart(kind, item.name, part))
    if not parts:
        return (CompartmentPart(Compartment.OTHER, "", lesion),)
    return tuple(sorted(parts, key=lambda part: -part.lesion.count))


def cement_site(lesion: Mask, structures: Sequence[Structure]) -> CementSite | None:
    """The bone that holds most of a lesion and what lies around it; None where no bone is outlined near it."""
    main = compartments_of(lesion, structures)[0]
    by_name = {item.name: item.mask for item in structures if not item.mask.is_empty}
    canal = by_name.get("spinal_canal") or by_name.get("spinal_cord")
    roots = _together([item.mask for item in structures if _are_roots(item) and not item.mask.is_empty])
    if not main.bone:
        general = by_name.get("bone")
        near = None if general is None else general.part(*_window(lesion, _AROUND_MM))
        if general is None or near is None or not near.any():
            return None
        return CementSite(main.compartment, "bone", general, None, Neighbours(None, canal, roots), False)
    bone = by_name[main.bone]
    if main.compartment is Compartment.VERTEBRA:
        body, axes = _of_vertebra(lesion, bone, canal, structures)
        return CementSite(main.compartment, main.bone, bone, axes, Neighbours(body, canal, roots), True)
    around = Neighbours(None, canal, roots, _joint(main.bone, by_name))
    return CementSite(main.compartment, main.bone, bone, None, around, True)


def _are_roots(item: Structure) -> bool:
    """Whether an outline stands for nerve roots; the foramina of a sacrum do too."""
    return "nerve_roots" in (item.kind, item.name)


def _together(masks: Sequence[Mask]) -> Mask | None:
    """Several outlines of one grid as one; None where there are none."""
    if len(masks) < 2:
        return masks[0] if masks else None
    low = np.min([mask.corner for mask in masks], axis=0)
    high = np.max([np.add(mask.corner, mask.voxels.shape) for mask in masks], axis=0)
    (k, j, i), (nk, nj, ni) = (int(v) for v in low), (int(v) for v in high - low)
    marked = np.any([mask.part((k, j, i), (nk, nj, ni)) for mask in masks], axis=0)
    return Mask.within(marked, (k, j, i), masks[0].grid)


def _of_vertebra(
    lesion: Mask, bone: Mask, canal: Mask | None, structures: Sequence[Structure]
) -> tuple[Mask | None, Matrix3 | None]:
    """Body and directions of a vertebra; None where it cannot be taken apart."""
    outlined = vertebral_body_of(lesion, structures)
    try:
        parts = vertebra_parts(bone, canal)
    except OutlineError:
        return outlined, None
    frame = parts.frame
    columns = np.stack([frame.left, frame.back, frame.up], axis=1)
    a, b, c, d, e, f, g, h, i = (float(v) for v in columns.ravel())
    return outlined or parts.body, (a, b, c, d, e, f, g, h, i)


def _is_one_bone(item: Structure) -> bool:
    return item.role is Role.BONE and not item.mask.is_empty and (item.kind or item.name) not in _GENERAL


def _joint(bone: str, by_name: dict[str, Mask]) -> Mask | None:
    """The bone or cartilage on the other side of the joint of a hip bone or a femur."""
    side = "left" if bone.endswith("left") else "right"
    other = {"hip": f"femur_{side}", "femur": f"hip_{side}"}.get(bone.split("_", maxsplit=1)[0], "")
    return by_name.get(other) or by_name.get(f"hip_joint_{side}")


def _split(
    bone: str, here: Marked, structures: Sequence[Structure], corner: tuple[int, int, int],
    spacing: tuple[float, ...],
) -> list[tuple[Compartment, Marked]]:  # fmt: skip
    """The compartments of a part of the lesion in one bone: a hip bone has two."""
    if not bone.startswith("hip_"):
        return [(_compartment(bone), here)]
    side = bone.removeprefix("hip_")
    reach = cement_limit("acetabulum_mm").amount
    femur = next((item.mask for item in structures if item.name == f"femur_{side}" and not item.mask.is_empty), None)
    if femur is None:
        return [(Compartment.ILIUM, here)]
    pad = [int(np.ceil(reach / s)) for s in spacing]
    first = tuple(c - p for c, p in zip(corner, pad, strict=True))
    size = tuple(n + 2 * p for n, p in zip(here.shape, pad, strict=True))
    near = femur.part((first[0], first[1], first[2]), (size[0], size[1], size[2]))
    if not near.any():
        return [(Compartment.ILIUM, here)]
    apart = ndimage.distance_transform_edt(~near, sampling=spacing)
    inner = tuple(slice(p, p + n) for p, n in zip(pad, here.shape, strict=True))
    at_joint = here & (apart[inner] <= reach)
    return [(Compartment.ACETABULUM, at_joint), (Compartment.ILIUM, here & ~at_joint)]


def _compartment(bone: str) -> Compartment:
    if bone.startswith("vertebra_S") or bone in ("sacrum", "coccyx"):
        return Compartment.SACRUM
    if bone.startswith("vertebra_"):
        return Compartment.VERTEBRA
    if bone.startswith("rib"):
        return Compartment.RIB
    return Compartment.LONG_BONE if bone.startswith(_LONG) else Compartment.OTHER


def _window(lesion: Mask, around_mm: float) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    pad = [int(np.ceil(around_mm / s)) for s in lesion.grid.spacing_mm[::-1]]
    k, j, i = (c - p for c, p in zip(lesion.corner, pad, strict=True))
    nk, nj, ni = (n + 2 * p for n, p in zip(lesion.voxels.shape, pad, strict=True))
    return (k, j, i), (nk, nj, ni)

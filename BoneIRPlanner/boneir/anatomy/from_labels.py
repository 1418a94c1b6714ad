"""Outlines that others made become structures: by their names, never by a number alone."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..case import Structure
from ..grid import Grid
from ..image.labels import NamedMask
from ..image.resample import mask_on
from ..mask import Mask
from .axial import AxialFrame
from .canal import course_of_canal
from .canal_tube import fill_canal
from .outline_kind import outline_from_elsewhere
from .settings import setting
from .structures import StructureKind, structure_kinds

RINGS = "from the rings of the labelled vertebrae"


def structures_from_labels(
    named_masks: Iterable[NamedMask], grid: Grid, *, canal_from_vertebrae: bool = False
) -> tuple[Structure, ...]:
    """Give each outline the key, role and kind that its name (or else its code) stands for.

    Parameters
    ----------
    named_masks : iterable of NamedMask
        On any grid.
    grid : Grid
        Of the planning image; masks on another one are resampled.
    canal_from_vertebrae : bool
        Whether to derive the spinal canal from the rings of labelled vertebrae where cord and canal have no label;
        meant for images on which it cannot be outlined by its numbers.

    Returns
    -------
    tuple of Structure
        In the order given. A name that the catalogue does not know stays as it is, with role critical and no kind.
        Outlines that lie outside the grid are left out.
    """
    found: list[Structure] = []
    for item in named_masks:
        mask = mask_on(item.mask, grid)
        if mask.is_empty:
            continue
        taken = [structure.name for structure in found]
        found.append(outline_from_elsewhere(item.name, mask, item.code, item.origin, taken))
    if canal_from_vertebrae and not any(_is_cord(structure) for structure in found):
        found += _canal_within(found, grid)
    return tuple(found)


def _is_cord(structure: Structure) -> bool:
    kind = structure_kinds().get(structure.kind)
    return kind is not None and kind.kin.key == "cord" and not kind.partial


def _is_vertebra(kind: StructureKind | None) -> bool:
    return kind is not None and (kind.key.startswith("vertebra_") or kind.key in ("vertebrae", "sacrum"))


def _canal_within(structures: list[Structure], grid: Grid) -> list[Structure]:
    """The spinal canal within the labelled vertebrae, or nothing where they show none."""
    rings = [s for s in structures if _is_vertebra(structure_kinds().get(s.kind))]
    if not rings:
        return []
    bone = np.zeros(grid.shape, bool)
    for ring in rings:
        bone[ring.mask.window] |= ring.mask.voxels
    frame = AxialFrame(grid)
    coarse = frame.coarse(bone, 0.0) >= 0.5
    everywhere = np.ones(coarse.shape, bool)
    # Without numbers every voxel that is no bone may be canal.
    content = np.full(coarse.shape, 0.5 * (setting("canal_low_hu") + setting("canal_high_hu")), np.float32)
    course = course_of_canal(content, everywhere, coarse, frame)
    if course is None:
        return []
    wall = frame.upright(bone)
    marked = fill_canal(course, wall, np.ones(wall.shape, bool), frame) & ~wall
    kind = structure_kinds()["spinal_canal"]
    return [Structure(kind.key, kind.role, Mask.of(frame.on_grid(marked), grid), kind.key, RINGS, sure=False)]

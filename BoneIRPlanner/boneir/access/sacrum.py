"""The foramina of the sacrum, through which its nerve roots leave: holes that bone surrounds on all four sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Lesion, Role, Structure
from ..findings import Finding, Severity
from ..grid import Grid
from ..mask import Mask
from .bones import bones_holding
from .field import kin_of
from .joints import neighbours_to_pass
from .limits import Limits
from .region import on_region

NAME = "sacral foramina"
_SACRAL = frozenset({"sacrum", "vertebra_S1"})
_WIDEST_MM = 14.0
"""Bone lies so near on each side of a foramen, to the left, right, head and feet."""
_LEAST_ML = 0.15
"""Smaller holes are marrow that the outline left out."""
_STEP_MM = 1.0


def may_enter_sacrum(case: Case, lesion: Lesion, limits: Limits | None = None) -> bool:
    """Whether the sacrum is outlined and holds the lesion, or the limits let a needle pass it on its way."""
    passed = [] if limits is None else [item.structure for item in neighbours_to_pass(case, lesion, limits)]
    return any((item.kind or item.name) in _SACRAL for item in (*bones_holding(case, lesion), *passed))


def foramina_findings(case: Case, lesion: Lesion, limits: Limits | None = None) -> tuple[Finding, ...]:
    """Say what stands for the sacral nerve roots, where a needle may enter the sacrum.

    Parameters
    ----------
    case : Case
        As `with_sacral_foramina` gives it.
    lesion : Lesion
    limits : Limits or None
        Tell whether the sacrum may be passed on the way into a hip bone; None lets no needle do so.
    """
    if not may_enter_sacrum(case, lesion, limits):
        return ()
    if case.has(NAME):
        text = (
            "Sacral nerve roots are not seen on CT: the holes in the outline of the sacrum stand for them, as far as "
            "it shows them; check the foramina along every way."
        )
        return (Finding("access.sacral_foramina", Severity.NOTE, text, about=lesion.name),)
    text = (
        "The outline of the sacrum shows no foramina: the nerve roots that leave through them were not checked; look "
        "at the foramina along every way, or outline them."
    )
    return (Finding("access.sacral_foramina", Severity.WARN, text, about=lesion.name),)


def with_sacral_foramina(case: Case, lesion: Lesion, limits: Limits | None = None) -> Case:
    """The case with a zone for the sacral nerve roots, where a needle may enter the sacrum.

    No CT outlines those roots; the holes that they leave through stand for them, as far as the outline of the sacrum
    shows them.
    """
    if case.has(NAME) or not may_enter_sacrum(case, lesion, limits):
        return case
    sacrum = [item.mask for item in case.of_role(Role.BONE) if (item.kind or item.name) in _SACRAL]
    canals = [item.mask for item in case.structures if kin_of(item) == "cord"]
    zone = sacral_foramina([mask for mask in sacrum if not mask.is_empty], canals, case.image.grid)
    if zone.is_empty:
        return case
    item = Structure(NAME, Role.CRITICAL, zone, "nerve_roots", "holes in the outline of the sacrum", sure=False)
    return case.with_structures([item])


def sacral_foramina(sacrum: list[Mask], canals: list[Mask], grid: Grid) -> Mask:
    """Holes of the sacrum that bone surrounds to the left, right, head and feet; the canal is none of them.

    Parameters
    ----------
    sacrum : list of Mask
        Outlines that together are the sacrum, not empty.
    canals : list of Mask
    grid : Grid
        That of the image.

    Returns
    -------
    Mask
        On `grid`.
    """
    from scipy.ndimage import binary_opening, label

    region = _region(sacrum)
    bone = np.any([on_region(mask, region).full() for mask in sacrum], axis=0)
    # Runs along the patient's axes: k to the head, i to the left. A foramen runs from front to back, along j.
    held = _between(bone, 0) & _between(bone, 2) & ~bone
    for mask in canals:
        if not mask.is_empty:
            held &= ~on_region(mask, region).full()
    parts, count = label(binary_opening(held, np.ones((2, 2, 2))))
    sizes = np.bincount(parts.ravel(), minlength=count + 1) * region.voxel_ml
    kept = sizes >= _LEAST_ML
    kept[0] = False
    return on_region(Mask.of(kept[parts], region), grid)


def _between(bone: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Where bone lies on both sides along an axis, each at most `_WIDEST_MM` away."""
    both = np.ones_like(bone)
    for flip in (False, True):
        lines = np.moveaxis(np.flip(bone, axis) if flip else bone, axis, 0)
        last = np.full(lines.shape[1:], -(10**6))
        near = np.zeros_like(lines)
        for n in range(len(lines)):
            last[lines[n]] = n
            near[n] = (n - last) * _STEP_MM <= _WIDEST_MM
        near = np.moveaxis(near, 0, axis)
        both &= np.flip(near, axis) if flip else near
    return both


def _region(masks: list[Mask]) -> Grid:
    """Cubic voxels along L, P and S around some masks."""
    corners = np.concatenate([mask.window_grid.corners_mm for mask in masks])
    low, high = np.floor(corners.min(axis=0)) - 2, np.ceil(corners.max(axis=0)) + 2
    ni, nj, nk = (int(n) + 1 for n in (high - low) / _STEP_MM)
    x, y, z = (float(v) for v in low)
    return Grid((nk, nj, ni), (_STEP_MM, _STEP_MM, _STEP_MM), (x, y, z))

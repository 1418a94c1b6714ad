"""The window of an image in which a lesion grows: its numbers, the bone that holds it, and where it may not go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Case, Modality
from ..errors import OutlineError
from ..findings import Point
from ..mask import Mask
from .lesion_rays import Surroundings
from .lesion_surface import Surface
from .neighbourhood import Marked, Neighbourhood, neighbourhood
from .settings import setting
from .sphere import Floats
from .structures import structure_kinds

_MARGIN_MM = 9.0
"""Seen beyond the farthest surface, so that what lies around can be learned."""
_WITHIN_MM = 50.0
"""Depth given to every place where no bone is outlined."""
_MR_SCALE = 1000.0
"""MR numbers are stretched so that their usual range has this width, as CT numbers of bone have."""
_BARRED = ("cord", "lung", "bowel")


@dataclass(frozen=True, eq=False)
class LesionWindow:
    """A window of the image around clicks.

    Parameters
    ----------
    around : Surroundings
    bone : Neighbourhood or None
        The bone that holds the lesion; None on MR.
    barred : ndarray of bool (k, j, i)
        Canal, lung and gas: no part of a lesion.
    case : Case
    corner : tuple of int
        Array index (k, j, i) of the first voxel of the window.
    """

    around: Surroundings
    bone: Neighbourhood | None
    barred: Marked
    case: Case
    corner: tuple[int, int, int]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along (k, j, i)."""
        k, j, i = self.barred.shape
        return k, j, i

    def mask_of(self, surface: Surface, reach_mm: Floats) -> Mask:
        """What lies within a surface and holds the seed, as a mask on the grid of the image."""
        marked = self.around.marked_within(surface.rays.centre, surface.rays.sphere, reach_mm) & ~self.barred
        labels, _ = ndimage.label(marked)
        seed = tuple(np.rint(self.around.inside[0]).astype(int))
        return Mask.within((labels == labels[seed]) & marked, self.corner, self.case.image.grid)


def lesion_window(case: Case, inside_mm: Sequence[Point], outside_mm: Sequence[Point], reach_mm: float) -> LesionWindow:
    """Cut out the window around the first click.

    Raises
    ------
    OutlineError
        If no bone is outlined on a CT, or the first click lies in none.
    ImageError
        If a click lies outside the image.
    """
    grid = case.image.grid
    for click in (*inside_mm, *outside_mm):
        grid.nearest_voxel(click)
    if case.image.modality is Modality.CT:
        return _bone_window(case, inside_mm, outside_mm, reach_mm + _MARGIN_MM)
    return _plain_window(case, inside_mm, outside_mm, reach_mm + _MARGIN_MM)


def _bone_window(case: Case, inside_mm: Sequence[Point], outside_mm: Sequence[Point], span_mm: float) -> LesionWindow:
    bone = neighbourhood(case, inside_mm[0], span_mm)
    seed = _indices(case, inside_mm[:1], bone.corner)[0]
    if not bone.envelope[tuple(np.rint(seed).astype(int))]:
        _refuse(case, inside_mm[0])
    envelope, barred = bone.envelope, _barred(case, bone.corner, bone.hu.shape)
    half = min(bone.spacing_mm) / 2
    # Distances run between the centres of voxels; the surface lies half way.
    inner, outer = bone.distance_from(~envelope) - half, half - bone.distance_from(envelope)
    depth = np.where(envelope, np.minimum(inner, _WITHIN_MM), outer).astype(np.float32)
    return _window(case, bone.hu, depth, barred, bone.corner, (inside_mm, outside_mm), bone)


def _plain_window(case: Case, inside_mm: Sequence[Point], outside_mm: Sequence[Point], span_mm: float) -> LesionWindow:
    grid = case.image.grid
    at, steps = grid.nearest_voxel(inside_mm[0]), grid.spacing_mm[::-1]
    low = [max(0, a - round(span_mm / s)) for a, s in zip(at, steps, strict=True)]
    high = [min(n, a + round(span_mm / s) + 1) for a, s, n in zip(at, steps, grid.shape, strict=True)]
    part = case.image.voxels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].astype(np.float32)
    first, last = np.percentile(part, (1, 99))
    sigma = [setting("lesion_smooth_mm") / step if step <= 2.5 else 0.0 for step in steps]
    numbers = ndimage.gaussian_filter((part - first) * (_MR_SCALE / max(last - first, 1e-6)), sigma, mode="nearest")
    corner = (low[0], low[1], low[2])
    depth = np.full(part.shape, _WITHIN_MM, np.float32)
    barred = _barred(case, corner, part.shape)
    return _window(case, numbers, depth, barred, corner, (inside_mm, outside_mm), None)


def _window(
    case: Case,
    numbers: NDArray[np.float32],
    depth: NDArray[np.float32],
    barred: Marked,
    corner: tuple[int, int, int],
    clicks: tuple[Sequence[Point], Sequence[Point]],
    bone: Neighbourhood | None,
) -> LesionWindow:
    inside, outside = (_indices(case, points, corner) for points in clicks)
    spacing = np.asarray(case.image.grid.spacing_mm[::-1])
    return LesionWindow(Surroundings(numbers, depth, spacing, inside, outside), bone, barred, case, corner)


def _indices(case: Case, points_mm: Sequence[Point], corner: tuple[int, int, int]) -> Floats:
    """Indices (k, j, i) of points in the window."""
    if not points_mm:
        return np.zeros((0, 3))
    return np.asarray(case.image.grid.to_ijk(points_mm)[:, ::-1] - np.asarray(corner))


def _barred(case: Case, corner: tuple[int, int, int], shape: tuple[int, int, int]) -> Marked:
    out = np.zeros(shape, bool)
    for structure in case.structures:
        kind = structure_kinds().get(structure.kind)
        if kind is not None and kind.kin.key in _BARRED:
            out |= structure.mask.part(corner, shape)
    return out


def _refuse(case: Case, click_mm: Point) -> None:
    inside_body = not case.has("body") or case.structure("body").mask.at(click_mm)
    where = "in no outlined bone" if inside_body else "outside the patient"
    place = ", ".join(f"{x:.1f}" for x in click_mm)
    raise OutlineError(f"The point ({place}) mm LPS lies {where}: put it into the lesion, or give a mask of it.")

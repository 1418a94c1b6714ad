"""The window of an image in which a lesion grows: its numbers, the bone that holds it, and where it may not go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Case, Modality, Structure
from ..errors import OutlineError
from ..findings import Point
from ..mask import Mask
from .healthy_layers import depth_below, strangeness
from .lesion_rays import Surroundings
from .lesion_surface import Surface
from .neighbourhood import Marked, Neighbourhood, neighbourhood, smoothing_mm
from .sphere import Floats
from .structures import structure_kinds, structure_title, within_sentence

_MARGIN_MM = 9.0
"""Seen beyond the farthest surface, so that what lies around can be learned."""
_WITHIN_MM = 50.0
"""Depth given to every place where no bone is outlined."""
_MR_SCALE = 1000.0
"""MR numbers are stretched so that their usual range has this width, as CT numbers of bone have."""
_EDGE_MM = 1.0
"""How exactly a click on the border is meant."""
_SHARES_OF_EDGE = (0.8, 1.0, 1.25)
"""Sizes that are tried, as shares of the way from the seed to the click on the border."""
_BARRED = ("cord", "lung", "bowel")


@dataclass(frozen=True)
class Clicks:
    """Where someone clicked, in LPS mm.

    Parameters
    ----------
    inside_mm, outside_mm : tuple of Point
        What belongs to the lesion, the seed first, and what does not.
    edge_mm : Point or None
        On its border.
    """

    inside_mm: tuple[Point, ...]
    outside_mm: tuple[Point, ...] = ()
    edge_mm: Point | None = None

    def all_mm(self) -> tuple[Point, ...]:
        """Every click."""
        return (*self.inside_mm, *self.outside_mm, *((self.edge_mm,) if self.edge_mm else ()))

    def sizes_mm(self, usual_mm: Sequence[float]) -> tuple[float, ...]:
        """Radii to try: those that the click on the border allows, or the usual ones."""
        if self.edge_mm is not None:
            reach = float(np.linalg.norm(np.mean(self.inside_mm, axis=0) - np.asarray(self.edge_mm)))
            return tuple(max(share * reach, 2.0) for share in _SHARES_OF_EDGE)
        return tuple(usual_mm)

    def sides_mm(self) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
        """What is inside and what is outside, the click on the border counting as one just before and one behind."""
        if self.edge_mm is None:
            return self.inside_mm, self.outside_mm
        start, edge = np.mean(self.inside_mm, axis=0), np.asarray(self.edge_mm)
        length = max(float(np.linalg.norm(edge - start)), 1e-6)
        before, behind = (edge + (edge - start) / length * side for side in (-_EDGE_MM, _EDGE_MM))
        return (*self.inside_mm, _point(before)), (*self.outside_mm, _point(behind))


def _point(place: Floats) -> Point:
    x, y, z = (float(v) for v in place)
    return x, y, z


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

    def mask_of(self, marked: Marked) -> Mask:
        """A mask on the grid of the image."""
        return Mask.within(marked, self.corner, self.case.image.grid)

    def within(self, surface: Surface, reach_mm: Floats) -> Marked:
        """What lies within a surface and holds the seed."""
        marked = self.around.marked_within(surface.rays.centre, surface.rays.sphere, reach_mm) & ~self.barred
        labels, _ = ndimage.label(marked)
        seed = tuple(np.rint(self.around.inside[0]).astype(int))
        return np.asarray((labels == labels[seed]) & marked)


def lesion_window(case: Case, clicks: Clicks, reach_mm: float) -> LesionWindow:
    """Cut out the window around the first click.

    Raises
    ------
    OutlineError
        If no bone is outlined on a CT, or the first click lies in none.
    ImageError
        If a click lies outside the image.
    """
    for place in clicks.all_mm():
        case.image.grid.nearest_voxel(place)
    if case.image.modality is Modality.CT:
        return _bone_window(case, clicks, reach_mm + _MARGIN_MM)
    return _plain_window(case, clicks, reach_mm + _MARGIN_MM)


def _bone_window(case: Case, clicks: Clicks, span_mm: float) -> LesionWindow:
    bone = neighbourhood(case, clicks.inside_mm[0], span_mm)
    seed = _indices(case, clicks.inside_mm[:1], bone.corner)[0]
    if not bone.envelope[tuple(np.rint(seed).astype(int))]:
        _refuse(case, clicks.inside_mm[0])
    barred, depth = _barred(case, bone.corner, bone.hu.shape), depth_below(bone, _WITHIN_MM)
    window = _window(case, bone.hu, depth, barred, bone.corner, clicks, bone)
    strange = strangeness(bone, depth, window.around.start)
    return replace(window, around=replace(window.around, strange=strange))


def _plain_window(case: Case, clicks: Clicks, span_mm: float) -> LesionWindow:
    grid = case.image.grid
    at, steps = grid.nearest_voxel(clicks.inside_mm[0]), grid.spacing_mm[::-1]
    low = [max(0, a - round(span_mm / s)) for a, s in zip(at, steps, strict=True)]
    high = [min(n, a + round(span_mm / s) + 1) for a, s, n in zip(at, steps, grid.shape, strict=True)]
    part = case.image.voxels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].astype(np.float32)
    first, last = np.percentile(part, (1, 99))
    even = (part - first) * np.float32(_MR_SCALE / max(last - first, 1e-6))
    numbers = ndimage.gaussian_filter(even, smoothing_mm(np.asarray(steps)) / steps, mode="nearest")
    corner = (low[0], low[1], low[2])
    depth = np.full(part.shape, _WITHIN_MM, np.float32)
    barred = _barred(case, corner, part.shape)
    return _window(case, numbers, depth, barred, corner, clicks, None)


def _window(
    case: Case,
    numbers: NDArray[np.float32],
    depth: NDArray[np.float32],
    barred: Marked,
    corner: tuple[int, int, int],
    clicks: Clicks,
    bone: Neighbourhood | None,
) -> LesionWindow:
    inside, outside = (_indices(case, points, corner) for points in clicks.sides_mm())
    start = _indices(case, clicks.inside_mm, corner).mean(axis=0)
    spacing = np.asarray(case.image.grid.spacing_mm[::-1])
    sized = clicks.edge_mm is not None
    around = Surroundings(numbers, depth, spacing, inside, outside, start, smoothing_mm(spacing), sized=sized)
    return LesionWindow(around, bone, barred, case, corner)


def _indices(case: Case, points_mm: Sequence[Point], corner: tuple[int, int, int]) -> Floats:
    """Indices (k, j, i) of points in the window."""
    if not points_mm:
        return np.zeros((0, 3))
    return np.asarray(case.image.grid.to_ijk(points_mm)[:, ::-1] - np.asarray(corner))


def _barred(case: Case, corner: tuple[int, int, int], shape: tuple[int, int, int]) -> Marked:
    out = np.zeros(shape, bool)
    for structure in _barring(case):
        out |= structure.mask.part(corner, shape)
    return out


def _barring(case: Case) -> Iterator[Structure]:
    """Outlines that no lesion enters."""
    for structure in case.structures:
        kind = structure_kinds().get(structure.kind)
        if kind is not None and kind.kin.key in _BARRED:
            yield structure


def _refuse(case: Case, click_mm: Point) -> None:
    inside_body = not case.has("body") or case.structure("body").mask.at(click_mm)
    where, mend = "in no outlined bone" if inside_body else "outside the patient", "put it into the lesion"
    for item in _barring(case):
        if item.mask.at(click_mm):
            title = within_sentence(structure_title(item.name))
            where, mend = f"in what is outlined as {title}", "correct that outline"
    place = ", ".join(f"{x:.1f}" for x in click_mm)
    raise OutlineError(f"The point ({place}) mm LPS lies {where}: {mend}, or give a mask of the lesion.")

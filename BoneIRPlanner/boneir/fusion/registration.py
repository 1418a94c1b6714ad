"""Rigid registration: how the points of the planning image lie in another image, as a whole or of one bone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image, Modality
from ..errors import ImageError
from ..grid import Grid
from ..image.rigid import Rigid
from ..mask import Mask
from ..resources import limit
from .likeness import Likeness
from .optimise import Samples, optimised, samples_of
from .scaled import Scaled, scaled
from .starts import around, best_starts, guesses

Floats = NDArray[np.float64]

_WHOLE_MM = (8.0, 4.0, 2.0)
_BONE_MM = (3.0, 1.5)
_SPARE = 6
"""How many times more points are drawn than are used, so that enough of them lie in both images."""
_POINTS = (4_000, 8_000, 12_000)
_TRIED, _APART_MM = 6, 4.0
_LEAST_SEEN = 1_500
_SAME_MM, _ENOUGH_ALIKE = 1.5, 3
_ROOM_MM = 45.0
"""How far around a bone the other image is looked at."""


@dataclass(frozen=True, eq=False)
class Level:
    """Two images at one size of voxels, and the points at which they are compared.

    Parameters
    ----------
    fixed, moving : Scaled
    points_mm : ndarray, shape (n, 3)
        LPS mm in the fixed image, in random order.
    count : int
        How many of them are enough.
    """

    fixed: Scaled
    moving: Scaled
    points_mm: Floats
    count: int

    def seen_from(self, motion: Rigid) -> Level:
        """The level with those of its points that lie in the moving image as well when moved like this."""
        inside = self.moving.grid.contains(motion.apply(self.points_mm))
        kept = self.points_mm[inside] if np.count_nonzero(inside) >= _LEAST_SEEN else self.points_mm
        return Level(self.fixed, self.moving, kept[: self.count], self.count)

    @cached_property
    def values(self) -> NDArray[np.float32]:
        """Of the fixed image at the points."""
        return self.fixed.at(self.points_mm)

    @cached_property
    def samples(self) -> Samples:
        """The same for the optimiser."""
        return samples_of(self.points_mm, self.values)

    @cached_property
    def likeness(self) -> Likeness:
        """To compare motions by."""
        return Likeness(self.points_mm, self.values, self.moving)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two images made ready for registration.

    Parameters
    ----------
    levels : tuple of Level
        From coarse to fine.
    both_ct : bool
        Where not both are CT, limits are wider: the contrast of MR differs from one to the next.
    """

    levels: tuple[Level, ...]
    both_ct: bool = True

    def follow(self, start: Rigid, *, first: int = 0, last: int | None = None) -> Rigid | None:
        """Where a start leads, from level `first` to before level `last`; None where the images do not overlap."""
        motion: Rigid | None = start
        for level in self.levels[first:last]:
            if motion is not None:
                motion = optimised(level.seen_from(motion).samples, level.moving, motion)
        return motion

    def seen_from(self, motion: Rigid) -> Pair:
        """The pair with those points that lie in both images when moved like this."""
        return Pair(tuple(level.seen_from(motion) for level in self.levels), self.both_ct)


def pair_of_images(fixed: Image, moving: Image, region: Mask | None = None, *, seed: int = 0) -> Pair:
    """Two whole images; the coarsest level looks at all, the others at the region where one is given."""
    around = "around_bone_mm" if fixed.modality is moving.modality else "around_other_mm"
    levels = []
    for n, (voxel_mm, count) in enumerate(zip(_WHOLE_MM, _POINTS, strict=True)):
        here, there = scaled(fixed, voxel_mm), scaled(moving, voxel_mm)
        marked = region_on(region, here.grid, around) if n and region is not None else None
        levels.append(Level(here, there, _points_in(marked, here.grid, count, seed), count))
    return Pair(tuple(levels), _both_ct(fixed, moving))


def pair_of_bone(fixed: Image, moving: Image, bone: Mask, start: Rigid, *, seed: int = 0) -> Pair:
    """A bone, and the part of the moving image where it may lie.

    Raises
    ------
    ImageError
        If the bone lies outside the moving image.
    """
    points = bone.points_mm()
    around_mm = limit("registration", "around_bone_mm").amount
    mine = cropped(fixed, points, around_mm + 2 * _BONE_MM[0])
    theirs = cropped(moving, start.apply(points), _ROOM_MM)
    levels = []
    for voxel_mm, count in zip(_BONE_MM, _POINTS[1:], strict=True):
        here, there = scaled(mine, voxel_mm), scaled(theirs, voxel_mm)
        levels.append(Level(here, there, _points_in(region_on(bone, here.grid), here.grid, count, seed), count))
    return Pair(tuple(levels), _both_ct(fixed, moving))


def register_whole(
    fixed: Image, moving: Image, region: Mask | None = None, starts: tuple[Rigid, ...] = (), *, seed: int = 0
) -> Rigid:
    """Register two whole images: where the points of the fixed image lie in the moving one.

    The start is looked for: the scanner's frame, middles and moments, each turned and shifted; the best are followed.

    Parameters
    ----------
    fixed, moving : Image
        Of any modality. PET follows the CT of its own examination (`image.rigid.placed`) and is not registered itself.
    region : Mask or None
        On the fixed image: bones. Where given, the last steps look at it and its surroundings alone.
    starts : tuple of Rigid
        Known starts ("landmarks"), tried beside those that are looked for.
    seed : int
        Of the draws of points that are compared.

    Returns
    -------
    Rigid
        From LPS mm of the fixed to LPS mm of the moving image.

    Raises
    ------
    ImageError
        If the images have nothing in common.
    """
    return best_of_pair(pair_of_images(fixed, moving, region, seed=seed), starts)


def best_of_pair(pair: Pair, starts: tuple[Rigid, ...] = ()) -> Rigid:
    """The best of what the most promising starts lead to."""
    coarse = pair.levels[0]
    middle = coarse.points_mm.mean(axis=0)
    first = [near for start in (*starts, *guesses(coarse.fixed, coarse.moving)) for near in around(start, middle)]
    promising = best_starts(coarse.likeness, tuple(first), _TRIED, _APART_MM)
    ends = _ends(pair, promising)
    if not ends:
        raise ImageError("The two images have nothing in common: check that both show the same part of the patient.")
    best = best_starts(pair.seen_from(ends[0]).levels[-1].likeness, tuple(ends), 1, 0.0)[0]
    return pair.seen_from(best).follow(best, first=2) or best


def _ends(pair: Pair, starts: tuple[Rigid, ...]) -> list[Rigid]:
    """Where starts lead before the finest level; when several have led to the same place, no more are followed."""
    ends: list[Rigid] = []
    some = pair.levels[-1].points_mm[:60]
    for start in starts:
        end = pair.follow(start, last=len(pair.levels) - 1)
        if end is None:
            continue
        alike = sum(float(end.apart_mm(other, some).mean()) < _SAME_MM for other in ends)
        ends.append(end)
        if alike == _ENOUGH_ALIKE - 1:
            break
    return ends


def register_bone(fixed: Image, moving: Image, bone: Mask, start: Rigid, *, seed: int = 0) -> Rigid:
    """Register one bone: where its points lie in the moving image.

    Parameters
    ----------
    fixed, moving : Image
    bone : Mask
        On the grid of the fixed image.
    start : Rigid
        About where it lies, within 15 mm and 15 degrees, for instance of the whole image.
    seed : int

    Raises
    ------
    ImageError
        If the bone does not lie in the moving image.
    """
    pair = pair_of_bone(fixed, moving, bone, start, seed=seed)
    near = best_starts(pair.levels[0].likeness, around(start, np.asarray(bone.centroid_mm)), 4, 3.0)
    ends = _ends(pair, (start, *near))
    if not ends:
        raise ImageError("The bone does not lie in the other image: check that it shows the same part.")
    best = best_starts(pair.seen_from(ends[0]).levels[-1].likeness, tuple(ends), 1, 0.0)[0]
    return pair.seen_from(best).follow(best, first=1) or best


def cropped(image: Image, points_mm: Floats, room_mm: float) -> Image:
    """The part of an image within `room_mm` of the box around points."""
    ijk = image.grid.to_ijk(points_mm)
    room = room_mm / np.asarray(image.grid.spacing_mm)
    low = np.clip(np.floor(ijk.min(axis=0) - room), 0, np.asarray(image.grid.shape[::-1]) - 1).astype(int)
    high = np.clip(np.ceil(ijk.max(axis=0) + room), 0, np.asarray(image.grid.shape[::-1]) - 1).astype(int) + 1
    if np.any(high - low < 2):
        place = ", ".join(f"{x:.0f}" for x in points_mm.mean(axis=0))
        raise ImageError(f"The place ({place}) mm LPS lies outside the image, which spans {image.grid.bounds_text()}.")
    window = tuple(slice(int(a), int(b)) for a, b in zip(low[::-1], high[::-1], strict=True))
    voxels = image.voxels[window].copy()
    corner = (int(low[2]), int(low[1]), int(low[0]))
    nk, nj, ni = voxels.shape
    return Image(voxels, image.grid.window(corner, (nk, nj, ni)), image.modality, image.unit, image.source)


def region_on(region: Mask | None, grid: Grid, around: str = "around_bone_mm") -> NDArray[np.bool_]:
    """Which voxels of a grid lie in a region or within some mm around it; all where there is no region.

    `around` names the value of ``Limits/registration.json`` that says how many mm.
    """
    if region is None or region.is_empty:
        return np.ones(grid.shape, bool)
    marked = np.zeros(grid.shape, bool)
    near = np.rint(grid.to_ijk(region.points_mm())).astype(int)
    inside = np.all((near >= 0) & (near < np.asarray(grid.shape[::-1])), axis=1)
    i, j, k = near[inside].T
    marked[k, j, i] = True
    away = ndimage.distance_transform_edt(~marked, sampling=grid.spacing_mm[::-1])
    return np.asarray(away <= limit("registration", around).amount)


def _both_ct(fixed: Image, moving: Image) -> bool:
    return fixed.modality is Modality.CT and moving.modality is Modality.CT


def _points_in(marked: NDArray[np.bool_] | None, grid: Grid, count: int, seed: int) -> Floats:
    """Points drawn in marked voxels of a grid, or anywhere; they lie between voxel centres as well as on them."""
    draw = np.random.default_rng(seed)
    count *= _SPARE
    kji = None if marked is None else np.argwhere(marked)
    size = np.asarray(grid.shape[::-1])
    if kji is None or len(kji) == 0:
        return grid.to_mm(draw.uniform(0, size - 1, (count, 3)))
    chosen = kji[draw.choice(len(kji), count, replace=len(kji) < count)][:, ::-1]
    return grid.to_mm(np.clip(chosen + draw.uniform(-0.5, 0.5, chosen.shape), 0, size - 1))

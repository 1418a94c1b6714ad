"""How deep places lie in bone: what the search for a screw's corridor reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from ..errors import OutlineError
from ..grid import Grid
from ..image.distance import squared_distance_below
from ..image.surface import Surface, cut
from ..mask import Mask
from ..resources import limit

Floats = NDArray[np.float64]

STEP_MM = 1.0
"""Edge of the cubic voxels in which a corridor is looked for."""
_DEEPEST = 20
"""Depth in voxels up to which it is measured: no screw is thicker than twice this."""
_ROOM = 4
"""Voxels of soft tissue kept around the bone."""
_BESIDE = 2
"""Voxels beside the canal that still are the canal's side, and holes and clefts that are closed."""
_SMOOTH = 1.0
"""Width in voxels of the smoothing before the surface is drawn."""


@dataclass(frozen=True, eq=False)
class InBone:
    """The share of bone of cubic voxels along L, P and S.

    Parameters
    ----------
    grid : Grid
    share : ndarray of float32, shape (k, j, i)
        0 outside bone, 1 inside, between them where the outline passes.
    barred : ndarray of bool, shape (k, j, i)
        Voxels outside bone from which no screw comes: the canal, and what does not border the bone of the entry.
    steps_mm : float
        How much nearer the steps of the outline come than the bone does.
    """

    grid: Grid
    share: NDArray[np.float32]
    barred: NDArray[np.bool_]
    steps_mm: float = 0.0

    @classmethod
    def of(
        cls,
        bones: Sequence[Mask],
        forbidden: Sequence[Mask] = (),
        *,
        entered: Sequence[Mask] = (),
        behind: tuple[Floats, Floats] | None = None,
        around: tuple[Floats, float] | None = None,
    ) -> InBone:
        """The bone of several outlines together, without what is forbidden.

        Holes in an outline are filled, and two outlines that face each other across a joint are bridged where their
        gap is narrow.

        Parameters
        ----------
        bones, forbidden : sequence of Mask
        entered : sequence of Mask
            Bones through whose surface a screw has to come; empty where any will do.
        behind : (ndarray, ndarray), optional
            A place in LPS mm and a direction: a screw has to come from beyond that place.
        around : (ndarray of shape (n, 3), float), optional
            Places in LPS mm and how many mm around them are wanted, where not all of the bone is.

        Raises
        ------
        OutlineError
            If every outline is empty.
        """
        solid = [mask for mask in bones if not mask.is_empty]
        if not solid:
            raise OutlineError("The outline of the bone is empty: no screw fits into it.")
        grid = _grid_of(solid, around)
        shares = [filled(share_on(mask, grid)) for mask in solid]
        share = shares[0] if len(shares) == 1 else bridged(shares)
        barred = np.zeros(grid.shape, bool)
        for mask in forbidden:
            canal = share_on(mask, grid)
            share = np.minimum(share, 1.0 - canal)
            barred |= ndimage.binary_dilation(canal >= 0.5, iterations=_BESIDE)
        if entered:
            gate = np.max([share_on(mask, grid) for mask in entered], axis=0) >= 0.5
            barred |= ~(squared_distance_below(gate, _BESIDE + 1) <= (_BESIDE + 1) ** 2)
        if behind is not None:
            first, along = grid.to_mm((0, 0, 0)) - behind[0], behind[1] * STEP_MM
            k, j, i = np.ogrid[tuple(slice(0, n) for n in grid.shape)]
            barred |= np.asarray(float(first @ behind[1]) + i * along[0] + j * along[1] + k * along[2] < 0)
        share = np.asarray(share, np.float32)
        edge_mm = min(min(mask.grid.spacing_mm) for mask in solid)
        return cls(grid, share, barred & (share < 0.5), limit("screws", "outline_steps").amount * edge_mm)

    @cached_property
    def marked(self) -> NDArray[np.bool_]:
        """Voxels of which at least half is bone."""
        return np.asarray(self.share >= 0.5 - 1e-6)

    @cached_property
    def depth_mm(self) -> NDArray[np.float32]:
        """Distance of every voxel centre in bone to its surface, as far as it is measured; outside 0, barred -1."""
        squared = squared_distance_below(~self.marked, _DEEPEST)
        step = self.grid.spacing_mm[0]
        depth = np.maximum(np.sqrt(squared, dtype=np.float32) - np.float32(0.5), 0) * np.float32(step)
        return np.where(self.barred, np.float32(-1), depth)

    def share_at(self, points_mm: ArrayLike) -> Floats:
        """Share of bone at LPS points (..., 3), interpolated linearly; 0 outside the grid."""
        kji = self.grid.to_ijk(points_mm)[..., ::-1]
        return np.asarray(ndimage.map_coordinates(self.share, np.moveaxis(kji, -1, 0), order=1, cval=0.0), float)

    def is_barred(self, point_mm: ArrayLike) -> bool:
        """Whether no screw comes from the voxel around an LPS point."""
        i, j, k = np.rint(self.grid.to_ijk(point_mm)).astype(int)
        nk, nj, ni = self.grid.shape
        return bool(0 <= k < nk and 0 <= j < nj and 0 <= i < ni and self.barred[k, j, i])

    def surface_near(self, start_mm: ArrayLike, end_mm: ArrayLike, reach_mm: float) -> Surface:
        """The surface of bone, between the voxels, within `reach_mm` of the box around a segment."""
        ends = self.grid.to_ijk(np.stack([np.asarray(start_mm, float), np.asarray(end_mm, float)]))[:, ::-1]
        room = reach_mm / self.grid.spacing_mm[0] + 3
        low = np.maximum(np.floor(ends.min(axis=0) - room), 0).astype(int)
        high = np.minimum(np.ceil(ends.max(axis=0) + room) + 1, self.grid.shape).astype(int)
        k, j, i = (int(v) for v in low)
        part = self.share[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        once = ndimage.gaussian_filter(part, _SMOOTH, mode="nearest")
        smooth = 2.0 * once - ndimage.gaussian_filter(once, _SMOOTH, mode="nearest")  # does not shrink what is round
        nk, nj, ni = part.shape
        return cut(np.asarray(0.5 - smooth, np.float32), self.grid.window((k, j, i), (nk, nj, ni)))


def _grid_of(solid: Sequence[Mask], around: tuple[Floats, float] | None) -> Grid:
    corners = np.concatenate([mask.window_grid.corners_mm for mask in solid])
    low, high = corners.min(axis=0), corners.max(axis=0)
    if around is not None:
        places, room_mm = around
        low, high = np.maximum(low, places.min(axis=0) - room_mm), np.minimum(high, places.max(axis=0) + room_mm)
    first = np.floor(low / STEP_MM - _ROOM) * STEP_MM
    ni, nj, nk = (int(n) + 1 for n in np.ceil((high - first) / STEP_MM + _ROOM))
    x, y, z = (float(v) for v in first)
    return Grid((nk, nj, ni), (STEP_MM, STEP_MM, STEP_MM), (x, y, z))


def filled(share: NDArray[np.float32]) -> NDArray[np.float32]:
    """A bone without the holes that its outline has inside, and without clefts of a voxel or two."""
    marked = np.pad(share >= 0.5, _BESIDE)
    box = ndimage.find_objects(marked.astype(np.int8))
    if not box:
        return share
    part = tuple(slice(max(0, s.start - _BESIDE), s.stop + _BESIDE) for s in box[0])
    closed = ndimage.binary_fill_holes(ndimage.binary_closing(marked[part], iterations=_BESIDE))
    marked[part] |= closed
    return np.where(marked[(slice(_BESIDE, -_BESIDE),) * 3] & (share < 0.5), np.float32(1), share)


def share_on(mask: Mask, grid: Grid) -> NDArray[np.float32]:
    """A mask interpolated linearly on a grid, without rounding it to whole voxels; 0 outside of it."""
    padded = np.pad(mask.voxels, 1).astype(np.float32)
    k, j, i = (c - 1 for c in mask.corner)
    nk, nj, ni = padded.shape
    source, own = sitk.GetImageFromArray(padded), mask.grid.window((k, j, i), (nk, nj, ni))
    source.SetSpacing(own.spacing_mm)
    source.SetOrigin(own.origin_mm)
    source.SetDirection(own.direction)
    like = sitk.ResampleImageFilter()
    like.SetSize(grid.shape[::-1])
    like.SetOutputSpacing(grid.spacing_mm)
    like.SetOutputOrigin(grid.origin_mm)
    like.SetOutputDirection(grid.direction)
    like.SetInterpolator(sitk.sitkLinear)
    return np.asarray(sitk.GetArrayFromImage(like.Execute(source)), np.float32)


BRIDGE_MM = 4.0
"""Two bones that lie no farther apart than twice this are bridged: the gap of a sacroiliac joint."""


def bridged(shares: Sequence[NDArray[np.float32]], step_mm: float = STEP_MM) -> NDArray[np.float32]:
    """The union of several bones, with the gaps between two of them that a screw crosses on purpose."""
    limit = max(1, round(BRIDGE_MM / step_mm))
    near = [squared_distance_below(np.asarray(share >= 0.5), limit) <= limit * limit for share in shares]
    gap = np.sum(near, axis=0) >= 2
    # A gap is bone on both sides of it: closing keeps what merely faces away from both out.
    union = np.max(shares, axis=0)
    closed = ndimage.binary_closing(np.pad(union >= 0.5, limit), ndimage.generate_binary_structure(3, 1), limit)
    inner = closed[(slice(limit, -limit),) * 3]
    return np.asarray(np.where(gap & inner, np.float32(1), union), np.float32)

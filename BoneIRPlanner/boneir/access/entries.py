"""Where a needle can enter: the skin around a lesion, its normals, and the parts of it that are no use.

Skin is where the body borders air inside the image. Where the body goes on beyond the last slice or beyond the round
field of view it is cut, not skin.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..case import Case, Image
from ..findings import Point
from ..grid import Grid
from ..mask import Mask
from ..plan import Position
from .field import PlanningField, body_of, kin_of
from .limits import Limits

_COARSE = 3
"""Voxels of 1 mm that are taken together for the normals, which shall not follow every fold."""

_AROUND = 6
"""Coarse voxels around the body, as far as smoothing reaches."""
_CUT_FROM = 0.3
"""Share of a face of the body's box from which on it is a cut: a box touches skin in a small spot only."""

UPWARDS: dict[Position, Point] = {
    Position.PRONE: (0.0, 1.0, 0.0),
    Position.SUPINE: (0.0, -1.0, 0.0),
    Position.LEFT_LATERAL: (-1.0, 0.0, 0.0),
    Position.RIGHT_LATERAL: (1.0, 0.0, 0.0),
}
"""LPS unit vector away from the table."""


@dataclass(frozen=True, eq=False)
class Skin:
    """Candidate entries.

    Parameters
    ----------
    points_mm, normals : ndarray, shape (n, 3)
        LPS mm, and unit vectors out of the body.
    """

    points_mm: NDArray[np.float64]
    normals: NDArray[np.float64]

    def part(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Skin:
        """Some of the entries."""
        return Skin(self.points_mm[chosen], self.normals[chosen])


def skin_around(field: PlanningField, image: Image, around_mm: Point, reach_mm: float) -> Skin:
    """All skin voxels within `reach_mm` of a point, with outward normals."""
    voxels = _bordering_air(field.body, image.grid)
    points = field.grid.to_mm(voxels[:, ::-1])
    near = np.linalg.norm(points - np.asarray(around_mm), axis=1) <= reach_mm
    return Skin(points[near], _normals(field.body, voxels[near]))


def _bordering_air(body: Mask, image_grid: Grid) -> NDArray[np.intp]:
    """Indices (k, j, i), shape (n, 3), of body voxels with a neighbour that is in the image and not in the body."""
    first = np.array([max(part.start - 1, 0) for part in body.window])
    last = np.array([min(part.stop + 1, size) for part, size in zip(body.window, body.grid.shape, strict=True)])
    inside = body.part((int(first[0]), int(first[1]), int(first[2])), tuple((last - first).tolist()))
    skin = np.zeros_like(inside)
    for axis, step in product(range(3), (1, -1)):
        here, there = np.moveaxis(inside, axis, 0)[::step][:-1], np.moveaxis(inside, axis, 0)[::step][1:]
        edge = np.moveaxis((here & ~there)[::step], 0, axis)
        at = np.stack(np.unravel_index(np.flatnonzero(edge), edge.shape), axis=1)
        if step < 0:
            at[:, axis] += 1
        beyond = at + first
        beyond[:, axis] += step
        at = at[image_grid.contains(body.grid.to_mm(beyond[:, ::-1]))]
        skin[tuple(at.T)] = True
    return np.asarray(np.stack(np.unravel_index(np.flatnonzero(skin), skin.shape), axis=1) + first)


def _normals(body: Mask, voxels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Unit vectors down the smoothed body, at voxels (k, j, i) of the region."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    coarse = body.voxels[::_COARSE, ::_COARSE, ::_COARSE].astype(np.float32)
    smooth = gaussian_filter(_with_surroundings(coarse), 1.5, mode="nearest")
    at = (voxels - np.asarray(body.corner)).T / _COARSE + _AROUND
    slopes = []
    for axis in (2, 1, 0):
        step = np.zeros((3, 1))
        step[axis] = 0.5
        ahead, behind = (map_coordinates(smooth, at + s * step, order=1, mode="nearest") for s in (1, -1))
        slopes.append(behind - ahead)
    outward = np.stack(slopes, axis=1).astype(float)
    return np.asarray(outward / np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6))


def _with_surroundings(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """The box that just holds the body, with air around, and more body where a face of it is a cut through the body."""
    for axis in range(3):
        for side, face in enumerate((box.take(0, axis), box.take(-1, axis))):
            width = [(0, 0)] * 3
            width[axis] = (0, _AROUND) if side else (_AROUND, 0)
            is_cut = float(face.mean()) > _CUT_FROM
            box = np.pad(box, width, mode="edge") if is_cut else np.pad(box, width)
    return box


def above_table_mm(case: Case, points_mm: NDArray[np.float64], position: Position) -> NDArray[np.float64]:
    """Height of LPS points (n, 3) over the plane that the patient lies on.

    The plane touches the lowest part of the outline of the body in that position.
    """
    up = np.asarray(UPWARDS[position])
    window = body_of(case).window_grid
    half = sum(abs(float(up @ window.axes[:, axis])) for axis in range(3)) / 2
    return np.asarray(points_mm @ up - (float((window.corners_mm @ up).min()) - half))


def near_view_border(image: Image, points_mm: NDArray[np.float64], border_mm: float) -> NDArray[np.bool_]:
    """Whether LPS points lie at the edge of a round field of view, where a body that reaches beyond it is cut.

    A round field of view shows by one number everywhere outside the circle that the image just holds.
    """
    if image not in _ROUND:
        _ROUND[image] = _is_round(image)
    if not _ROUND[image]:
        return np.zeros(len(points_mm), bool)
    i, j, _ = image.grid.to_ijk(points_mm).T
    from_centre, radius = _from_centre(image.grid, i, j)
    return from_centre > radius - border_mm


def cut_at_sides_cm2(image: Image, body: Mask) -> float:
    """Area over which a body ends at the border of the field of view, except at the first and the last slice.

    Parameters
    ----------
    image : Image
    body : Mask
        On the grid of the image; on any other nothing is known, and the area is 0.
    """
    if body.is_empty or body.grid != image.grid:
        return 0.0
    si, sj, sk = image.grid.spacing_mm
    _, nj, ni = image.grid.shape
    _, j0, i0 = body.corner
    _, bj, bi = body.voxels.shape
    area = 0.0
    for at_border, face, spacing in (
        (j0 == 0, body.voxels[:, 0], si), (j0 + bj == nj, body.voxels[:, -1], si),
        (i0 == 0, body.voxels[:, :, 0], sj), (i0 + bi == ni, body.voxels[:, :, -1], sj),
    ):  # fmt: skip
        area += float(np.count_nonzero(face)) * spacing * sk if at_border else 0.0
    if image not in _ROUND:
        _ROUND[image] = _is_round(image)
    if _ROUND[image]:
        i, j = np.arange(i0, i0 + bi, dtype=float)[None], np.arange(j0, j0 + bj, dtype=float)[:, None]
        from_centre, radius = _from_centre(image.grid, i, j)
        width = max(si, sj)
        ring = (from_centre > radius - 2 * width) & (from_centre <= radius - width)
        area = max(area, float(np.count_nonzero(body.voxels[:, ring])) * si * sj * sk / width)
    return area / 100


_ROUND: WeakKeyDictionary[Image, bool] = WeakKeyDictionary()
"""Whether the field of view of an image is round."""


def _from_centre(grid: Grid, i: NDArray[np.float64], j: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Distance of places in a slice from its middle in mm, and the radius of the circle that it just holds."""
    _, nj, ni = grid.shape
    si, sj, _ = grid.spacing_mm
    distance = np.asarray(np.hypot((i - (ni - 1) / 2) * si, (j - (nj - 1) / 2) * sj))
    return distance, min(ni * si, nj * sj) / 2


def _is_round(image: Image) -> bool:
    nk, nj, ni = image.grid.shape
    i, j = np.arange(ni, dtype=float)[None], np.arange(nj, dtype=float)[:, None]
    from_centre, radius = _from_centre(image.grid, i, j)
    outside = from_centre > radius + max(image.grid.spacing_mm[:2])
    beyond = image.voxels[:: max(nk // 8, 1)][:, outside]
    return beyond.size > 0 and bool(beyond.min() == beyond.max())


def over_midline(case: Case, points_mm: NDArray[np.float64], limits: Limits) -> NDArray[np.bool_]:
    """Whether LPS points lie over the spinous processes: behind the canal and within the limit of its midline.

    Where no canal is outlined nothing is known of a midline, and no point is refused for it.
    """
    found = np.zeros(len(points_mm), bool)
    for item in case.structures:
        if kin_of(item) == "cord" and not item.mask.is_empty:
            first, known, middle = _middle_of(item.mask)
            at = points_mm[:, 2] - first
            left, back = (np.interp(at, known, values) for values in middle)
            within = (at >= known[0] - 1) & (at <= known[-1] + 1)
            found |= within & (points_mm[:, 1] > back) & (np.abs(points_mm[:, 0] - left) < limits.midline.amount)
    return found


_MIDDLES: WeakKeyDictionary[Mask, tuple[int, NDArray[np.intp], list[NDArray[np.float64]]]] = WeakKeyDictionary()
"""The middle of every canal that was asked for."""


def _middle_of(canal: Mask) -> tuple[int, NDArray[np.intp], list[NDArray[np.float64]]]:
    """The lowest height of a canal in whole mm, the heights above it at which it is known, and its L and P there."""
    if canal not in _MIDDLES:
        points = canal.points_mm()
        height = np.rint(points[:, 2]).astype(int)
        first, count = int(height.min()), int(height.max() - height.min()) + 1
        total = np.bincount(height - first, minlength=count)
        known = np.flatnonzero(total)
        middle = [np.bincount(height - first, points[:, axis], count)[known] / total[known] for axis in (0, 1)]
        _MIDDLES[canal] = (first, known, middle)
    return _MIDDLES[canal]

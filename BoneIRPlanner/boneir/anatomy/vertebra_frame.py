"""How a vertebra stands: its own directions, found from the canal that one sees through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import OutlineError
from ..mask import Mask

Floats = NDArray[np.float64]

_LOOK_MM = 1.5
"""Size of the squares in which a vertebra is looked at along a direction."""
_PITCHES_DEG = np.arange(-50.0, 51.0, 10.0)
_ROLLS_DEG = np.arange(-20.0, 21.0, 10.0)
_FINELY_DEG = np.arange(-8.0, 9.0, 4.0)
_ABOUT = 0.96
_LEAST_HOLE_MM2 = 80.0
_LEAST_SIDE_MM = 8.0
"""A hole that is smaller, or narrower, is no canal but a gap between processes."""
_ROUNDS = 4
_TURNS_DEG = (np.arange(-12.0, 13.0, 4.0), np.arange(-3.0, 4.0, 1.5))


@dataclass(frozen=True, eq=False)
class VertebraFrame:
    """The directions of a vertebra, as unit vectors in LPS, and a place between body and arch.

    Parameters
    ----------
    middle_mm : ndarray of float, shape (3,)
        In the canal where one sees through the vertebra; LPS mm.
    up, back, left : ndarray of float, shape (3,)
        Along the canal to the head; from the body to the arch; to the patient's left.
    see_through_mm2 : float
        Area of the canal that one sees through along `up`; 0 where the ring is open and the directions are a guess.
    """

    middle_mm: Floats
    up: Floats
    back: Floats
    left: Floats
    see_through_mm2: float

    def to_local(self, points_mm: Floats) -> Floats:
        """Distances along up, back and left, shape (n, 3), of LPS points in mm."""
        return np.asarray((points_mm - self.middle_mm) @ np.stack([self.up, self.back, self.left], axis=1))

    def to_mm(self, local_mm: Floats) -> Floats:
        """LPS points of distances along up, back and left: the inverse of `to_local`."""
        return np.asarray(self.middle_mm + local_mm @ np.stack([self.up, self.back, self.left]))


def frame_of_vertebra(vertebra: Mask, canal: Mask | None = None) -> VertebraFrame:
    """Find the directions of a vertebra.

    Looked at along its axis, a vertebra shows the largest hole. The direction of the body from there is to the front;
    it is alike on both sides of its own midplane.
    Where its ring is open, the course of the given canal is taken.

    Parameters
    ----------
    vertebra : Mask
    canal : Mask or None
        Spinal canal on the same grid.

    Returns
    -------
    VertebraFrame

    Raises
    ------
    OutlineError
        If the vertebra is empty, or shows no canal and none is given.
    """
    if vertebra.is_empty:
        raise OutlineError("The outline of the vertebra is empty: it has no parts.")
    points = even_points(vertebra, _LOOK_MM)
    beside = _canal_beside(vertebra, canal)
    best = _widest_view(points)
    if best is not None and beside is not None and not _is_in(best[1].mean(axis=0), beside, best[0]):
        best = None
    if best is not None:
        up, hole = best
        middle = hole.mean(axis=0)
        area = len(hole) * _LOOK_MM**2
    elif beside is not None:
        up, middle, area = _axis_of(beside), beside.mean(axis=0), 0.0
    else:
        raise OutlineError("The outline of the vertebra shows no ring around the canal: give an outline of the canal.")
    up, back = _alike_on_both_sides(vertebra, points, up, _away_from_body(points, middle, up))
    middle = middle + up * float((points.mean(axis=0) - middle) @ up)
    return VertebraFrame(middle, up, back, np.cross(back, up), area)


def even_points(mask: Mask, step_mm: float) -> Floats:
    """LPS points inside a mask on a grid of even steps along its own axes, whatever its voxels measure."""
    grid = mask.window_grid
    counts = [max(1, round(n * s / step_mm)) for n, s in zip(mask.voxels.shape, grid.spacing_mm[::-1], strict=True)]
    axes = [(np.arange(c) + 0.5) * n / c - 0.5 for c, n in zip(counts, mask.voxels.shape, strict=True)]
    near = [np.clip(np.rint(axis), 0, n - 1).astype(int) for axis, n in zip(axes, mask.voxels.shape, strict=True)]
    inside = np.argwhere(mask.voxels[np.ix_(*near)])
    kji = np.stack([axis[inside[:, a]] for a, axis in enumerate(axes)], axis=1)
    return grid.to_mm(kji[:, ::-1])


def _widest_view(points: Floats) -> tuple[Floats, Floats] | None:
    """The direction along which the largest hole is seen, and LPS points in that hole; None where none is seen."""
    coarse = _views(points, _PITCHES_DEG, _ROLLS_DEG)
    pitch, roll = max(coarse, key=lambda turn: coarse[turn])
    fine = _views(points, pitch + _FINELY_DEG, roll + _FINELY_DEG)
    # The area changes little around its largest: the middle of the directions that are about as good.
    good = np.asarray([turn for turn, worth in fine.items() if worth >= _ABOUT * max(fine.values())])
    pitch, roll = (float(v) for v in good.mean(axis=0))
    up = _turned(pitch, roll)
    hole = _hole_along(points, up)
    return None if len(hole) * _LOOK_MM**2 < _LEAST_HOLE_MM2 else (up, hole)


def _views(points: Floats, pitches_deg: Floats, rolls_deg: Floats) -> dict[tuple[float, float], float]:
    """How large a hole is seen along each direction, in squares; of equal views the upright one is worth more."""
    turns = [(float(a), float(b)) for a in pitches_deg for b in rolls_deg]
    return {turn: len(_hole_along(points, _turned(*turn))) - 0.02 * float(np.hypot(*turn)) for turn in turns}


def _turned(pitch_deg: float, roll_deg: float) -> Floats:
    """Superior, leaned to posterior by the pitch and to the left by the roll."""
    pitch, roll = np.radians([pitch_deg, roll_deg])
    up = np.asarray([np.sin(roll), np.sin(pitch) * np.cos(roll), np.cos(pitch) * np.cos(roll)])
    return np.asarray(up / np.linalg.norm(up))


def _across(up: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors across `up`, the first nearest to posterior."""
    back = np.asarray([0.0, 1.0, 0.0]) - up[1] * up
    back = back / np.linalg.norm(back)
    return back, np.cross(back, up)


def _hole_along(points: Floats, up: Floats) -> Floats:
    """LPS points (n, 3) in the largest hole that is seen along `up`, one for each square of the view."""
    back, left = _across(up)
    flat = np.stack([points @ back, points @ left], axis=1) / _LOOK_MM
    low = np.floor(flat.min(axis=0)) - 1
    index = np.rint(flat - low).astype(int)
    seen = np.zeros(index.max(axis=0) + 2, bool)
    seen[tuple(index.T)] = True
    seen = ndimage.binary_closing(seen, np.ones((2, 2), bool))
    labels, count = ndimage.label(ndimage.binary_fill_holes(seen) & ~seen)
    if count == 0:
        return np.zeros((0, 3))
    largest = int(np.argmax(np.bincount(labels.ravel())[1:])) + 1
    rows, columns = ndimage.find_objects(labels)[largest - 1]
    if min(rows.stop - rows.start, columns.stop - columns.start) * _LOOK_MM < _LEAST_SIDE_MM:
        return np.zeros((0, 3))
    places = (np.argwhere(labels == largest) + low) * _LOOK_MM
    height = float((points @ up).mean())
    return np.asarray(places[:, :1] * back + places[:, 1:] * left + height * up)


def _canal_beside(vertebra: Mask, canal: Mask | None) -> Floats | None:
    """Points of a canal at the heights of the vertebra."""
    if canal is None or canal.is_empty:
        return None
    corner, shape = vertebra.corner, vertebra.voxels.shape
    near = Mask.within(canal.part(corner, (shape[0], shape[1], shape[2])), corner, vertebra.grid)
    return None if near.is_empty else even_points(near, _LOOK_MM)


def _is_in(place: Floats, canal: Floats, up: Floats) -> bool:
    """Whether a place, looked at along `up`, lies in the canal or close to it."""
    offset = canal - place
    across = np.linalg.norm(offset - (offset @ up)[:, None] * up, axis=1)
    return bool(across.min() <= _LEAST_SIDE_MM / 2)


def _axis_of(points: Floats) -> Floats:
    """The main direction of points, towards the head."""
    _, _, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    up = axes[int(np.argmax(np.abs(axes[:, 2])))]
    return np.asarray(up if up[2] > 0 else -up)


def _away_from_body(points: Floats, middle: Floats, up: Floats) -> Floats:
    """The direction across `up` from the middle of the body to the canal."""
    back, _ = _across(up)
    offset = points - middle
    flat = offset - (offset @ up)[:, None] * up
    for _ in range(_ROUNDS):
        ahead = flat[flat @ back < -8.0]
        if len(ahead) == 0:
            return back
        towards = -ahead.mean(axis=0)
        back = towards / np.linalg.norm(towards)
    return np.asarray(back)


def _alike_on_both_sides(vertebra: Mask, points: Floats, up: Floats, back: Floats) -> tuple[Floats, Floats]:
    """Up and back, turned a little so that the vertebra is most like its mirror image."""
    centre = points.mean(axis=0)
    for reach in _TURNS_DEG:
        best, start = -1.0, (up, back)
        for lean in np.radians(reach):
            for turn in np.radians(reach):
                left = np.cross(start[1], start[0]) + lean * start[0] + turn * start[1]
                left = left / np.linalg.norm(left)
                mirrored = points - 2.0 * ((points - centre) @ left)[:, None] * left
                # Of equal ones the least turned.
                alike = float(marked_at(vertebra, mirrored).mean()) - 1e-3 * float(np.hypot(lean, turn))
                if alike > best:
                    best = alike
                    up = start[0] - (start[0] @ left) * left
                    up = up / np.linalg.norm(up)
                    back = np.cross(up, left)
    return up, back


def marked_at(mask: Mask, points: Floats) -> NDArray[np.bool_]:
    """Whether the voxel around each point is marked."""
    kji = np.rint(mask.grid.to_ijk(points)).astype(np.int64)[:, ::-1] - np.asarray(mask.corner)
    inside = ((kji >= 0) & (kji < np.asarray(mask.voxels.shape))).all(axis=1)
    out = np.zeros(len(points), bool)
    out[inside] = mask.voxels[tuple(kji[inside].T)]
    return out

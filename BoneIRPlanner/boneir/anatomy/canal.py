"""The course of the spinal canal: the one way along the spine that bone surrounds in slice after slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked, disc, holes_in_slices
from .settings import setting
from .slice_chain import best_chain

Field = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CanalCourse:
    """Where the canal runs, on coarse slices.

    Parameters
    ----------
    centre : ndarray of float, shape (s, 2)
        Posterior and left coarse index of its middle in each slice.
    score : ndarray of float, shape (s,)
        How much each slice looks like a canal there; about 1 within a closed ring behind a vertebral body.
    first, last : int
        The slices between which it was found, both included.
    """

    centre: NDArray[np.float64]
    score: NDArray[np.float64]
    first: int
    last: int


def course_of_canal(hu: Field, body: Marked, bone: Marked, frame: AxialFrame) -> CanalCourse | None:
    """Follow the spinal canal through the axial slices.

    Each voxel of soft tissue that bone surrounds within reach gets a score: the share of directions in which a ray
    meets bone, and more where there is a vertebral body in front than bone behind. The course is the chain of voxels
    through all slices with the largest sum of scores that does not turn sharply; it is then smoothed by local fits that
    trust each slice as much as it scores.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    body, bone : ndarray of bool, shape (s, p, l)
    frame : AxialFrame

    Returns
    -------
    CanalCourse or None
        None where no slice shows a canal.
    """
    score = _scores(hu, body, bone, frame)
    where = np.argwhere((score > setting("canal_score")).any(axis=0))
    if len(where) == 0:
        return None
    (p0, l0), (p1, l1) = where.min(axis=0), where.max(axis=0) + 1
    chain = _best_chain(score[:, p0:p1, l0:l1] - 0.5 * setting("canal_score"), frame)
    chain += np.asarray([p0, l0])
    along = score[np.arange(len(chain)), chain[:, 0], chain[:, 1]].astype(float)
    ends = _found_between(along, frame)
    if ends is None:
        return None
    centre = _smooth(chain, along, frame)
    # A ring of bone beside the midline (an iliac bone, a shaft) is no canal: the spine is alike on both sides.
    if _symmetry(bone, centre, ends, frame) < setting("canal_symmetry"):
        return None
    return CanalCourse(centre, along, *ends)


def _symmetry(bone: Marked, centre: NDArray[np.float64], ends: tuple[int, int], frame: AxialFrame) -> float:
    """Share of the bone within 40 mm of the course that has bone at the mirrored place."""
    wide, tall = (round(40.0 / step) for step in (frame.coarse_spacing_mm[2], frame.coarse_spacing_mm[1]))
    padded = np.pad(bone, ((0, 0), (tall, tall), (wide, wide)))
    both = total = 0
    for s in range(ends[0], ends[1] + 1):
        p, left = (round(float(v)) for v in centre[s])
        part = padded[s, p : p + 2 * tall + 1, left : left + 2 * wide + 1]
        mirrored = part[:, ::-1]
        # One voxel to either side is not held against the symmetry.
        both += int(np.count_nonzero(part & (mirrored | np.roll(mirrored, 1, 1) | np.roll(mirrored, -1, 1))))
        total += int(np.count_nonzero(part))
    return both / max(1, total)


def _found_between(along: NDArray[np.float64], frame: AxialFrame) -> tuple[int, int] | None:
    """First and last slice of the longest run of slices that score, over gaps up to the limit."""
    good = np.flatnonzero(along > setting("canal_score"))
    if good.size == 0:
        return None
    gap = max(1.0, setting("canal_gap_mm") / frame.coarse_spacing_mm[0])
    runs = np.split(good, np.flatnonzero(np.diff(good) > gap) + 1)
    best = max(runs, key=lambda run: float(along[run].sum()))
    # A short rest up to the end of the scan is carried on: the spine does not stop there, the scan does.
    rest = setting("canal_weak_mm") / frame.coarse_spacing_mm[0]
    first, last, end = int(best[0]), int(best[-1]), len(along) - 1
    return (0 if first <= rest else first), (end if end - last <= rest else last)


def _scores(hu: Field, body: Marked, bone: Marked, frame: AxialFrame) -> Field:
    """How much each voxel looks like the middle of the canal; 0 for most."""
    soft = ndimage.uniform_filter(hu, (1, 3, 3))
    content = (soft > setting("canal_low_hu")) & (soft < setting("canal_high_hu"))
    points = np.argwhere(body & ~bone & content & (_walls_around(bone, frame) >= 3))
    score = np.zeros(hu.shape, np.float32)
    if len(points) == 0:
        return score
    reach = setting("canal_reach_mm")
    radii = ray_lengths(bone, points.astype(float), frame.coarse_spacing_mm, reach, directions=24, step_mm=1.0)
    walled, squares = radii < reach, np.square(radii)
    met, area = walled.mean(axis=1), np.pi * squares.mean(axis=1)
    # A vertebral body that a lesion has hollowed out is a ring of bone too, but a wider one.
    wide = np.pi * (squares * walled).sum(axis=1) / np.maximum(walled.sum(axis=1), 1)
    ring = (met >= setting("canal_ring_share")) & (area >= setting("canal_area_mm2"))
    ring &= wide <= setting("canal_largest_mm2")
    points, met = points[ring], met[ring]
    at = tuple(points.T)
    ahead, behind = _bone_ahead_and_behind(bone, frame)
    score[at] = np.maximum(met + 0.6 * (ahead[at] - behind[at]) - _off_midline(body, points, frame), 0.0)
    _, row, column = frame.coarse_spacing_mm
    return np.asarray(ndimage.gaussian_filter(score, (0, 3.0 / row, 3.0 / column)))


def _walls_around(bone: Marked, frame: AxialFrame) -> NDArray[np.int8]:
    """In how many of the four directions to front, back, left and right there is bone within reach."""
    walls = np.zeros(bone.shape, np.int8)
    for axis in (1, 2):
        steps = int(setting("canal_reach_mm") / frame.coarse_spacing_mm[axis])
        index, last = np.arange(bone.shape[axis]), bone.shape[axis] - 1
        count = np.cumsum(bone, axis=axis, dtype=np.int16)
        walls += np.take(count, np.minimum(index + steps, last), axis=axis) > count
        walls += count > np.take(count, np.maximum(index - steps, 0), axis=axis)
    return walls


def _bone_ahead_and_behind(bone: Marked, frame: AxialFrame) -> tuple[Field, Field]:
    """Share of bone (cavities of the slice filled) in a window in front of each voxel and in one behind it."""
    _, row, column = frame.coarse_spacing_mm
    closed = ndimage.binary_closing(bone, disc(4.0, frame)) | bone
    solid = (closed | holes_in_slices(closed)).astype(np.float32)
    solid = ndimage.uniform_filter1d(solid, int(16.0 / column) | 1, axis=2)
    summed = np.cumsum(np.pad(solid, ((0, 0), (1, 0), (0, 0))), axis=1, dtype=np.float32)
    index, rows = np.arange(bone.shape[1]), bone.shape[1]
    near, far = round(6.0 / row), round(28.0 / row)

    def share(start: int, stop: int) -> Field:
        low, high = np.clip(index + start, 0, rows), np.clip(index + stop, 0, rows)
        return np.asarray((np.take(summed, high, 1) - np.take(summed, low, 1)) / (stop - start), np.float32)

    return share(-far, -near), share(near + 1, far + 1)


def _off_midline(body: Marked, points: NDArray[np.int64], frame: AxialFrame) -> NDArray[np.float64]:
    """Penalty for being far from the middle of the body; none where the body is cut on one side only."""
    if bool(body[:, :, 0].any()) != bool(body[:, :, -1].any()):
        return np.zeros(len(points))
    columns = body.any(axis=1)
    count = np.maximum(columns.sum(axis=1), 1)
    middle = (columns * np.arange(columns.shape[1])).sum(axis=1) / count
    middle = ndimage.median_filter(middle, max(1, int(60.0 / frame.coarse_spacing_mm[0])), mode="nearest")
    off_mm = np.abs(points[:, 2] - middle[points[:, 0]]) * frame.coarse_spacing_mm[2]
    return np.asarray(np.minimum((off_mm / setting("canal_midline_mm")) ** 2, 1.5))


def _best_chain(score: Field, frame: AxialFrame) -> NDArray[np.int64]:
    """One (p, l) index for each slice: the chain of largest sum of scores minus a price for moving sideways."""
    rise, row, column = frame.coarse_spacing_mm
    dp, dl = (max(1, int(np.ceil(1.2 * rise / step))) for step in (row, column))
    y, x = np.mgrid[-dp : dp + 1, -dl : dl + 1]
    price = (-0.03 * ((y * row) ** 2 + (x * column) ** 2) / rise).astype(np.float32)
    return best_chain(score, price)


def _smooth(chain: NDArray[np.int64], along: NDArray[np.float64], frame: AxialFrame) -> NDArray[np.float64]:
    """Fit a parabola to the chain around each slice, weighted by score and nearness."""
    s = np.arange(len(chain)) * frame.coarse_spacing_mm[0]
    trust = np.maximum(along, 0.02) ** 2
    out = np.empty(chain.shape, float)
    for n, here in enumerate(s):
        t = (s - here) / setting("canal_smooth_mm")
        weight = np.sqrt(trust * np.exp(-0.5 * t**2))
        basis = np.stack([np.ones_like(t), t, t**2], axis=1)
        fit, *_ = np.linalg.lstsq(basis * weight[:, None], chain * weight[:, None], rcond=None)
        out[n] = fit[0]
    return out


def ray_lengths(
    wall: Marked,
    points: NDArray[np.float64],
    spacing_mm: tuple[float, float, float],
    reach_mm: float,
    directions: int,
    step_mm: float,
) -> NDArray[np.float32]:
    """Distance from points to the first wall in evenly spread directions within the slice.

    Parameters
    ----------
    wall : ndarray of bool, shape (s, p, l)
    points : ndarray of float, shape (n, 3)
        Indices (s, p, l); s is rounded.
    spacing_mm : tuple of float
        Voxel size along s, p, l.
    reach_mm : float
        Where a ray ends if it meets nothing; it is then this long.
    directions : int
        Number of rays; the first points to the left, the next ones turn towards posterior.
    step_mm : float

    Returns
    -------
    ndarray of float32, shape (n, directions)
    """
    angle = np.arange(directions) * (2 * np.pi / directions)
    turn = np.stack([np.sin(angle) / spacing_mm[1], np.cos(angle) / spacing_mm[2]])
    _, rows, columns = wall.shape
    flat, slices = np.ascontiguousarray(wall).ravel(), np.rint(points[:, 0]).astype(np.int64) * (rows * columns)
    lengths = np.full((len(points), directions), reach_mm, np.float32)
    open_ = np.ones(lengths.shape, bool)
    for radius in np.arange(step_mm, reach_mm, step_mm):
        p = np.clip(np.rint(points[:, 1, None] + radius * turn[0]), 0, rows - 1).astype(np.int64)
        left = np.clip(np.rint(points[:, 2, None] + radius * turn[1]), 0, columns - 1).astype(np.int64)
        met = open_ & flat[slices[:, None] + p * columns + left]
        lengths[met] = radius
        open_ &= ~met
    return lengths

"""How far a registration can be trusted, by checks that do not rest on the similarity of the images alone.

Similarity, overlap and inverse consistency of whole images cannot tell good from bad; what lies on what in single
places can (Rohlfing, IEEE Trans Med Imaging 2012;31:153-163, https://pmc.ncbi.nlm.nih.gov/articles/PMC3274625). So the
verdict rests on halves of the region that are registered each for itself, on edges that must lie on edges, on starts
from all sides that must lead to the same place, on the way back, and on landmarks where there are any.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..evidence import Value
from ..findings import Finding, Severity, worst_severity
from ..grid import Grid
from ..image.rigid import Rigid
from ..resources import limit
from .optimise import optimised, samples_of, value_and_slope
from .registration import Level, Pair

Floats = NDArray[np.float64]

_CHECKED_POINTS, _HALF_POINTS = 2_500, 4_000
_REACH_MM = 6.0
_STEP_MM = 0.5
_RADIUS_MM = 30.0
_BLOCK_MM, _BLOCK_EDGES = 25.0, 5
_LOST_MM = 99.0
_KEPT = 0.5
"""Part of the starts that must come back; the others were too far for any registration."""
_STARTS = tuple(signs for signs in product((-1.0, 1.0), repeat=3))


class Verdict(StrEnum):
    """Whether a registration may be used."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    """A physician has to look before it is used."""
    FAILED = "failed"


@dataclass(frozen=True)
class Quality:
    """What checks say of a registration; lengths in mm, smaller is better.

    Parameters
    ----------
    spread_mm : float
        Starts from all sides: how far from the result they end, at 30 mm from the middle; the middle one counts.
    return_mm : float
        There and back, each registered for itself: how far off points come back.
    halves_mm : float
        Each half of the region registered for itself: how far from the result its middle ends, the worst of six.
    edges_mm : float
        How far the edges of one image lie from those of the other, middle value.
    edges_share : float
        Part (0 to 1) of the edges that lie within 2 mm.
    overlap : float
        Part (0 to 1) of the region that both images show.
    landmarks_mm : float or None
        Distance of landmarks, root mean square; None where there are none.
    verdict : Verdict
    reasons : tuple of Finding
        Why it is not good; empty where it is.
    """

    spread_mm: float
    return_mm: float
    halves_mm: float
    edges_mm: float
    edges_share: float
    overlap: float
    landmarks_mm: float | None
    verdict: Verdict
    reasons: tuple[Finding, ...] = ()

    @property
    def error_mm(self) -> float:
        """What the checks let expect of the error: the largest of spread, return, halves and landmarks."""
        return max(self.spread_mm, self.return_mm, self.halves_mm, self.landmarks_mm or 0.0)


def quality_of(pair: Pair, motion: Rigid, *, about: str = "", landmarks_mm: float | None = None) -> Quality:
    """Check a registration.

    Parameters
    ----------
    pair : Pair
        The images as they were registered.
    motion : Rigid
        The result.
    about : str
        What was registered, for the findings.
    landmarks_mm : float or None
        Distance of landmarks after registration, root mean square.
    """
    level = pair.levels[-2].seen_from(motion)
    overlap = float(np.mean(pair.levels[-1].moving.grid.contains(motion.apply(pair.levels[-1].points_mm))))
    finest = pair.levels[-1].seen_from(motion)
    offsets = edge_offsets_mm(finest, motion)
    edges = float(np.median(offsets)) if len(offsets) else _REACH_MM
    share = float(np.mean(offsets <= 2.0)) if len(offsets) else 0.0
    measured = {
        "spread_mm": spread_mm(pair, motion),
        "return_mm": return_mm(level, motion),
        "halves_mm": halves_mm(finest, motion),
        "edges_mm": edges,
        "edges_share": share,
        "overlap": overlap,
    }
    given = {} if landmarks_mm is None else {"landmarks_mm": landmarks_mm}
    reasons = _reasons({**measured, **given}, about, pair.both_ct)
    return Quality(**measured, landmarks_mm=landmarks_mm, verdict=_verdict(reasons), reasons=reasons)


def spread_mm(pair: Pair, motion: Rigid) -> float:
    """How far from a motion starts from eight sides end, ten mm and up to ten degrees away.

    Each is followed from the coarsest level on, as a registration is: what is too far for the finer ones alone tells
    nothing of the result. In a large region the turn is as large as moves its points by ten mm on average.
    """
    points = pair.levels[-2].seen_from(motion).points_mm
    middle = points.mean(axis=0)
    arm = float(np.sqrt(np.mean((points - middle) ** 2) * 2.0))
    turn = min(10.0, np.rad2deg(10.0 / max(arm, 1.0)))
    sphere = middle + _RADIUS_MM * np.concatenate([np.eye(3), -np.eye(3)])
    away = []
    for signs in _STARTS:
        side = np.array(signs) / np.sqrt(3.0)
        start = motion.after(Rigid.about(middle, turn * side, 10.0 * np.roll(side, 1)))
        end = pair.follow(start, last=-1)
        away.append(_LOST_MM if end is None else float(motion.apart_mm(end, sphere).mean()))
    return float(min(np.quantile(away, _KEPT, method="lower"), _LOST_MM))


def return_mm(level: Level, motion: Rigid) -> float:
    """How far off points come back that went there and back again."""
    points = level.points_mm[:_CHECKED_POINTS]
    there = motion.apply(points)
    values = level.moving.at(there)
    seen = np.isfinite(values)
    if np.count_nonzero(seen) < 500:
        return _LOST_MM
    back = optimised(samples_of(there[seen], values[seen]), level.fixed, motion.inverse)
    again = optimised(samples_of(points, level.values[:_CHECKED_POINTS]), level.moving, motion)
    if back is None or again is None:
        return _LOST_MM
    return float(min(back.after(again).apart_mm(Rigid(), points).mean(), _LOST_MM))


def halves_mm(level: Level, motion: Rigid) -> float:
    """How far from a motion the halves of a region end in their own middles, each registered for itself."""
    points = level.points_mm
    middle = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points - middle).T))
    worst = 0.0
    for axis in axes.T:
        side = (points - middle) @ axis > np.median((points - middle) @ axis)
        for part in (side, ~side):
            chosen = np.flatnonzero(part)[:_HALF_POINTS]
            end = optimised(samples_of(points[chosen], level.values[chosen]), level.moving, motion)
            if end is None:
                return _LOST_MM
            worst = max(worst, float(end.apart_mm(motion, points[chosen].mean(axis=0))))
    return min(worst, _LOST_MM)


def edge_offsets_mm(level: Level, motion: Rigid) -> Floats:
    """How far from the edges of the fixed image those of the moving one lie, along the normal, block by block.

    Edges are the steepest tenth of the region. In a block of 25 mm the profiles across all its edges are averaged, so
    that noise does not make edges; the steepest place within 6 mm counts.

    Returns
    -------
    ndarray, shape (number of edges that lie in a block with others,)
    """
    fixed, points = level.fixed, level.points_mm
    steep = _at(fixed.steepness, fixed.grid, points)
    edge = points[steep >= np.quantile(steep, 0.9)]
    value_slope = value_and_slope(fixed, edge)
    edge, slope = edge[value_slope[2]], value_slope[1]
    normal = slope / (np.linalg.norm(slope, axis=1, keepdims=True) + 1e-9)
    along = np.arange(-_REACH_MM, _REACH_MM + _STEP_MM / 2, _STEP_MM)
    places = motion.apply(edge[:, None] + along[None, :, None] * normal[:, None])
    seen = _at(level.moving.steepness, level.moving.grid, places.reshape(-1, 3)).reshape(len(edge), -1)
    _, block, size = np.unique(np.floor(edge / _BLOCK_MM), axis=0, return_inverse=True, return_counts=True)
    block = block.ravel()
    profile = np.stack([np.bincount(block, column, len(size)) for column in seen.T], axis=1) / size[:, None]
    offset = np.abs(along[np.argmax(profile, axis=1)])
    return np.asarray(offset[block][size[block] >= _BLOCK_EDGES])


def _at(values: NDArray[np.float32], grid: Grid, points_mm: Floats) -> Floats:
    kji = grid.to_ijk(points_mm)[..., ::-1].reshape(-1, 3).T
    return np.asarray(ndimage.map_coordinates(values, kji, order=1, mode="nearest", prefilter=False), float)


_WORDS = {
    "spread_mm": "starts from other sides end {amount:.1f} mm away",
    "return_mm": "the way there and back ends {amount:.1f} mm off",
    "halves_mm": "a half registered for itself ends {amount:.1f} mm away",
    "edges_mm": "edges lie {amount:.1f} mm from edges",
    "edges_share": "only {amount:.0%} of the edges lie within 2 mm of edges",
    "overlap": "only {amount:.0%} of the region is in both images",
    "landmarks_mm": "landmarks lie {amount:.1f} mm apart",
}
_SAME_LIMIT = ("overlap", "landmarks_mm")
"""What is held against the same limit whether both images are CT or not."""
_MORE_IS_BETTER = ("edges_share", "overlap")


def _reasons(measured: dict[str, float], about: str, both_ct: bool) -> tuple[Finding, ...]:
    """What makes it doubtful (warn) or failed (stop), each with its limit."""
    found = []
    for key, amount in measured.items():
        good = f"{key}_good" if both_ct or key in _SAME_LIMIT else f"{key}_good_other"
        doubtful, failed = limit("registration", good), limit("registration", f"{key}_failed")
        if not _beyond(key, amount, doubtful):
            continue
        severity = Severity.STOP if _beyond(key, amount, failed) else Severity.WARN
        crossed = failed if severity is Severity.STOP else doubtful
        text = (
            f"Registration{f' of {about}' if about else ''}: {_WORDS[key].format(amount=amount)} (limit {crossed}); "
            "look at both images over each other before using it, or set landmarks."
        )
        found.append(Finding(f"registration.{key}", severity, text, amount, crossed.unit, crossed, about=about))
    return tuple(found)


def _beyond(key: str, amount: float, bound: Value) -> bool:
    return amount < bound.amount if key in _MORE_IS_BETTER else amount > bound.amount


def _verdict(reasons: tuple[Finding, ...]) -> Verdict:
    worst = worst_severity(reasons)
    if worst is None:
        return Verdict.GOOD
    return Verdict.FAILED if worst is Severity.STOP else Verdict.DOUBTFUL

"""What remains of a path's safety when the needle does not go exactly where it is planned.

Entry and tip err sideways, independently and normally, with the standard deviations of the limits. Many such needles
are drawn, each is measured against the outlines, and the share that spares them is reported with its uncertainty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..assessment import Measure
from ..case import Role, Structure
from ..evidence import Value
from ..findings import Finding, Severity
from ..image.distance import has_numba
from ..mask import Mask
from ..plan import Trajectory
from .field import kin_of
from .outline import Outline, distance_to_segment, outline_of
from .path_clearance import nearness
from .path_samples import PathSamples

DRAWS = 1000
"""Needles that are drawn: the 95 % interval of a share near 99 % is then narrower than 1.5 %."""
_NEAR_MM = 12.0
"""A structure farther from the planned needle than this is not spoken of, unless a drawn needle gets there."""


@dataclass(frozen=True)
class Share:
    """A share of draws, with the 95 % interval that their number allows (Wilson's score interval).

    Parameters
    ----------
    value, low, high : float
        0..1.
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, hits: int, draws: int) -> Share:
        """The share of `hits` among `draws`."""
        z, p = 1.96, hits / draws
        middle = (p + z * z / (2 * draws)) / (1 + z * z / draws)
        half = z / (1 + z * z / draws) * math.sqrt(p * (1 - p) / draws + z * z / (4 * draws * draws))
        return cls(p, max(middle - half, 0.0), min(middle + half, 1.0))


def drawn_needles(
    trajectory: Trajectory, entry_sigma_mm: float, tip_sigma_mm: float, *, draws: int = DRAWS, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Entries and tips of needles that miss their plan sideways, each of shape (draws, 3).

    Parameters
    ----------
    trajectory : Trajectory
    entry_sigma_mm, tip_sigma_mm : float
        Standard deviation per axis, across the needle.
    draws, seed : int
    """
    way = np.asarray(trajectory.direction)
    least = np.eye(3)[np.argmin(np.abs(way))]
    across = np.cross(way, least)
    across /= np.linalg.norm(across)
    frame = np.stack([across, np.cross(way, across)])
    errors = np.random.default_rng(seed).normal(size=(2, draws, 2))
    entries = np.asarray(trajectory.entry_mm) + entry_sigma_mm * errors[0] @ frame
    return entries, np.asarray(trajectory.tip_mm) + tip_sigma_mm * errors[1] @ frame


def spared_share(
    mask: Mask, trajectory: Trajectory, diameter_mm: float, entries: NDArray[np.float64], tips: NDArray[np.float64]
) -> Share | None:
    """Share of drawn needles that do not touch an outline; None where the outline is out of their reach.

    Parameters
    ----------
    mask : Mask
    trajectory : Trajectory
        The planned way.
    diameter_mm : float
    entries, tips : ndarray, shape (n, 3)
        From `drawn_needles`.
    """
    touched = touched_by(mask, trajectory, diameter_mm / 2, entries, tips)
    return None if touched is None else Share.of(int(np.count_nonzero(~touched)), len(entries))


def touched_by(
    mask: Mask, trajectory: Trajectory, reach_mm: float, entries: NDArray[np.float64], tips: NDArray[np.float64]
) -> NDArray[np.bool_] | None:
    """Which of the needles drawn around a planned one come within reach of an outline, shape (n,).

    None where the outline is so far from the planned needle that no drawn one gets there.
    """
    outline = outline_of(mask)
    half = float(min(mask.grid.spacing_mm)) / 2
    missed = max(
        float(np.linalg.norm(drawn - np.asarray(planned), axis=1).max())
        for drawn, planned in ((entries, trajectory.entry_mm), (tips, trajectory.tip_mm))
    )
    farthest = max(_NEAR_MM, missed + reach_mm) + half
    blocks = outline.blocks_near(trajectory, farthest)
    beads, starts = _beads(outline, blocks)
    if not len(beads) or float(distance_to_segment(beads, trajectory).min()) > farthest:
        return None
    middles, radii = outline.middles_mm[blocks], outline.radii_mm[blocks]
    return _kernel()(beads, starts, middles, radii, entries, tips, reach_mm + half)


def _beads(outline: Outline, blocks: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """LPS mm of beads that fill the voxels of some blocks, block by block, and where each block begins.

    Long voxels get several beads, as far apart as they are thin.
    """
    spacing = np.asarray(outline.grid.spacing_mm)
    counts = np.ceil(spacing / spacing.min() - 0.25).astype(int)
    parts = [(np.arange(n) + 0.5) / n - 0.5 for n in counts]
    offsets = np.stack(np.meshgrid(*parts, indexing="ij"), axis=-1).reshape(-1, 3) @ outline.grid.axes.T
    centres = outline.centres_mm[outline.voxels_of(blocks)]
    many = (outline.starts[blocks + 1] - outline.starts[blocks]) * len(offsets)
    return (centres[:, None] + offsets).reshape(-1, 3), np.append(0, np.cumsum(many))


def _kernel() -> Callable[..., NDArray[np.bool_]]:
    if not has_numba():
        return touched_numpy
    from .placement_numba import touched_compiled

    return touched_compiled


def touched_numpy(
    points: NDArray[np.float64],
    starts: NDArray[np.intp],
    middles: NDArray[np.float64],
    radii: NDArray[np.float64],
    entries: NDArray[np.float64],
    tips: NDArray[np.float64],
    reach_mm: float,
) -> NDArray[np.bool_]:
    """Which needles come within reach of any point; the points lie in blocks, within balls that are asked first.

    Parameters
    ----------
    points : ndarray, shape (p, 3)
    starts : ndarray of int, shape (b + 1,)
        Where each block begins in `points`, and the end.
    middles, radii : ndarray, shapes (b, 3) and (b,)
    entries, tips : ndarray, shape (n, 3)
    reach_mm : float

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    touched = np.zeros(len(entries), bool)
    near = _distance(middles, entries, tips) <= (radii + reach_mm)[:, None]
    for block in np.argsort(-near.sum(axis=1), kind="stable"):
        asked = np.flatnonzero(near[block] & ~touched)
        if asked.size:
            here = points[starts[block] : starts[block + 1]]
            touched[asked] = _distance(here, entries[asked], tips[asked]).min(axis=0) <= reach_mm
    return touched


def _distance(
    points: NDArray[np.float64], entries: NDArray[np.float64], tips: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance of points (p, 3) to segments (n, 3), shape (p, n)."""
    ways = tips - entries
    length = np.linalg.norm(ways, axis=1)
    ways = ways / length[:, None]
    reach = points @ ways.T - np.einsum("na,na->n", entries, ways)
    along = np.clip(reach, 0, length)
    squared = (points**2).sum(axis=1)[:, None] - 2 * points @ entries.T + (entries**2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squared - 2 * along * reach + along**2, 0)))


def kept_share(paths: Sequence[PathSamples], seed: int = 0) -> Share:
    """Share of drawn placements in which every needle keeps every clearance.

    All needles are drawn together, each with its own error. What is to be kept of a structure is what holds at the
    place of the planned needle that keeps least of it.

    Parameters
    ----------
    paths : sequence of PathSamples
    seed : int
    """
    broken = np.zeros(DRAWS, bool)
    for number, path in enumerate(paths):
        limits = path.limits
        entries, tips = drawn_needles(
            path.trajectory, limits.entry_sigma.amount, limits.tip_sigma.amount, seed=seed + number
        )
        for item in path.case.of_role(Role.CRITICAL):
            near = nearness(path, item)
            if near is not None:
                reach = path.needle.diameter_mm / 2 + near.limit.amount
                touched = touched_by(item.mask, path.trajectory, reach, entries, tips)
                broken |= False if touched is None else touched
    return Share.of(int(np.count_nonzero(~broken)), DRAWS)


def measure_placement(path: PathSamples, seed: int = 0) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Probability of sparing each critical structure that placement error could reach."""
    limits = path.limits
    entries, tips = drawn_needles(path.trajectory, limits.entry_sigma.amount, limits.tip_sigma.amount, seed=seed)
    measures: list[Measure] = []
    findings: list[Finding] = []
    for item in path.case.of_role(Role.CRITICAL):
        share = spared_share(item.mask, path.trajectory, path.needle.diameter_mm, entries, tips)
        if share is not None:
            limit = limits.cord_probability if kin_of(item) == "cord" else limits.other_probability
            measures.append(_measure(path, item, share, limit))
            if 100 * share.low < limit.amount:
                findings.append(_finding(path, item, share, limit))
    return tuple(measures), tuple(findings)


def _measure(path: PathSamples, item: Structure, share: Share, limit: Value) -> Measure:
    title = f"Probability of sparing {item.name.replace('_', ' ')}"
    low, high = 100 * share.low, 100 * share.high
    return Measure("access.spared", title, 100 * share.value, "%", item.name, low, high, limit, note=path.called())


def _finding(path: PathSamples, item: Structure, share: Share, limit: Value) -> Finding:
    text = (
        f"{path.called()} spares {item.name} in {100 * share.value:.1f} % of {DRAWS} drawn placements "
        f"(95 % interval from {100 * share.low:.1f} %); at least {limit} would be right."
    )
    return Finding("access.spared", Severity.WARN, text, 100 * share.value, "%", limit, None, item.name)

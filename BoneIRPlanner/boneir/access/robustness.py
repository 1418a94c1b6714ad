"""What remains of coverage when the needles do not go exactly where they are planned.

Every needle errs on its own, at the skin and at the tip, across and along its way, normally; an error of registration
moves all of them alike. Many such placements are drawn, and the zones of each are held against what shall be covered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..assessment import Measure
from ..errors import PlanError
from ..plan import Trajectory
from .guidance import Guidance
from .needle import ZoneShape
from .placement import DRAWS, Share

Floats = NDArray[np.float64]

LOW_QUANTILE = 5.0
"""Percentile of the coverage that one placement in twenty stays below."""
_BLOCK = 250
"""Placements that are looked at together, which bounds the memory."""


@dataclass(frozen=True, eq=False)
class Robustness:
    """Coverage under placement error.

    Parameters
    ----------
    full : Share
        Probability that everything is covered, with its 95 % interval.
    mean : float
        Expected share that is covered, 0..1.
    mean_error : float
        Standard error of `mean`, from the number of draws.
    low : float
        Share that is covered in all but one of twenty placements (5th percentile), 0..1.
    planned : float
        Share that is covered where the needles go exactly as planned, 0..1.
    covered : ndarray, shape (draws,)
        Share that each drawn placement covers.
    """

    full: Share
    mean: float
    mean_error: float
    low: float
    planned: float
    covered: Floats


def coverage_under_error(
    trajectories: Sequence[Trajectory],
    zones: Sequence[ZoneShape],
    wanted_mm: Floats,
    guided: Guidance,
    *,
    registration_sigma_mm: float = 0.0,
    draws: int = DRAWS,
    seed: int = 0,
) -> Robustness:
    """Draw placements of all needles and see what their zones cover together.

    Parameters
    ----------
    trajectories : sequence of Trajectory
        The planned ways, at least one.
    zones : sequence of ZoneShape
        Zone of each needle.
    wanted_mm : ndarray, shape (p, 3)
        Points to cover, not empty. The share of full cover is that of these points: give the surface, where it matters.
    guided : Guidance
    registration_sigma_mm : float
        Standard deviation per axis of an error that moves all needles alike.
    draws, seed : int

    Returns
    -------
    Robustness

    Raises
    ------
    PlanError
        If there is no needle, no point, or not one zone for each needle.
    """
    if not len(trajectories) or len(trajectories) != len(zones) or not len(wanted_mm):
        raise PlanError(
            f"Coverage under error needs points to cover and one zone for each needle; found {len(trajectories)} "
            f"needles, {len(zones)} zones and {len(wanted_mm)} points."
        )
    rng = np.random.default_rng(seed)
    shared = registration_sigma_mm * rng.normal(size=(draws, 3))
    placed = [_placed(trajectory, guided, rng, shared) for trajectory in trajectories]
    left = np.concatenate([_uncovered(wanted_mm, zones, placed, n, n + _BLOCK) for n in range(0, draws, _BLOCK)])
    exactly = [(np.array([t.tip_mm]), np.array([t.direction])) for t in trajectories]
    planned = 1 - float(_uncovered(wanted_mm, zones, exactly, 0, 1)[0]) / len(wanted_mm)
    covered = 1 - left / len(wanted_mm)
    error = float(covered.std(ddof=1)) / math.sqrt(draws) if draws > 1 else math.inf
    low = float(np.percentile(covered, LOW_QUANTILE))
    full = Share.of(int(np.count_nonzero(left == 0)), draws)
    return Robustness(full, float(covered.mean()), error, low, planned, covered)


def _placed(
    trajectory: Trajectory, guided: Guidance, rng: np.random.Generator, shared: Floats
) -> tuple[Floats, Floats]:
    """Tips and directions of drawn placements of one needle, each of shape (draws, 3)."""
    way = np.asarray(trajectory.direction)
    across = np.cross(way, np.eye(3)[np.argmin(np.abs(way))])
    across /= np.linalg.norm(across)
    frame = np.stack([across, np.cross(way, across)])
    errors = rng.normal(size=(len(shared), 5))
    tips = np.asarray(trajectory.tip_mm) + guided.tip_sigma.amount * errors[:, :2] @ frame
    entries = np.asarray(trajectory.entry_mm) + guided.entry_sigma.amount * errors[:, 2:4] @ frame
    ways = tips - entries
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    return tips + guided.depth_sigma.amount * errors[:, 4:] * ways + shared, ways


def _uncovered(
    wanted: Floats, zones: Sequence[ZoneShape], placed: Sequence[tuple[Floats, Floats]], first: int, last: int
) -> NDArray[np.intp]:
    """How many points no zone reaches in each of some placements."""
    reached = [
        zone.contains(wanted, tips[first:last], ways[first:last])
        for zone, (tips, ways) in zip(zones, placed, strict=True)
    ]
    return np.asarray(np.count_nonzero(~np.any(reached, axis=0), axis=1))


def sphere_cover_probability(slack_mm: float, sigma_mm: float) -> float:
    """Probability that a ball zone still covers a ball that is smaller by `slack_mm`, in closed form.

    Its centre errs by `sigma_mm` along each of three axes; the squared length of the error then follows the chi-square
    law of three degrees of freedom.

    Parameters
    ----------
    slack_mm : float
        Radius of the zone less that of the ball.
    sigma_mm : float
        Positive.
    """
    if slack_mm <= 0:
        return 0.0
    x = slack_mm / sigma_mm
    return math.erf(x / math.sqrt(2)) - math.sqrt(2 / math.pi) * x * math.exp(-x * x / 2)


def robustness_measures(found: Robustness, guided: Guidance, about: str = "", seed: int = 0) -> tuple[Measure, ...]:
    """Coverage under placement error, for the report.

    Parameters
    ----------
    found : Robustness
    guided : Guidance
        What it was drawn with.
    about : str
        Name of the lesion.
    seed : int
        What it was drawn with.
    """
    drawn = f"{len(found.covered)} drawn placements, seed {seed}"
    note = f"guided {guided.name}: {guided.tip_sigma} per axis at the tip, {drawn}"
    spread = 1.96 * found.mean_error
    low, high = max(found.mean - spread, 0.0), min(found.mean + spread, 1.0)
    return (
        Measure(
            "access.full_cover", "Probability of covering lesion and margin", 100 * found.full.value, "%", about,
            100 * found.full.low, 100 * found.full.high, note=note,
        ),
        Measure(
            "access.mean_cover", "Expected coverage", 100 * found.mean, "%", about, 100 * low, 100 * high, note=note
        ),
        Measure("access.low_cover", "Coverage in 19 of 20 placements", 100 * found.low, "%", about, note=note),
    )  # fmt: skip

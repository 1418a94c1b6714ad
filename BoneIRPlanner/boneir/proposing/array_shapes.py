"""Which arrays of needles are tried: pairs and polygons side by side, and teams of ways that single needles may go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ablation.electric import electric_value
from ..ablation.pulse_array import NeedleFields
from ..access.capsules import segment_distances
from .job import Job

Floats = NDArray[np.float64]

SHARES = (0.6, 0.8, 1.0, 1.2)
"""Sizes of the polygons, as shares of the half axes of the lesion across the way in."""
TURNS = 4
"""Turns of every polygon."""
AROUND_MM = 1.0
"""So far around the lesion the field shall suffice, too: tissue of the patient is less even than the closed form."""
BEGUN, GROWN = 3, 4
"""From so many pairs of ways teams are grown, up to so many needles."""


@dataclass(frozen=True, eq=False)
class Array:
    """Needles that go together.

    Parameters
    ----------
    tips_mm, ways : ndarray, shape (n, 3)
        LPS mm, and unit vectors towards the tips.
    weakest : float
        Weakest field in the lesion and just around it over the threshold, in even tissue.
    """

    tips_mm: Floats
    ways: Floats
    weakest: float

    def __len__(self) -> int:
        return len(self.tips_mm)


def bare_mm(job: Job) -> float:
    """Length of the part behind the tip of a needle that conducts."""
    return max((tip.amount for tip in job.instrument.active_tips_mm), default=20.0)


def polygons(job: Job, direction: Floats, wanted_mm: Floats) -> Iterator[Array]:
    """Pairs and polygons around the middle of the lesion, at right angles to a way in, that can be pulsed.

    Parameters
    ----------
    job : Job
    direction : ndarray, shape (3,)
        Unit vector into the body.
    wanted_mm : ndarray, shape (p, 3)
        Where the field shall suffice.
    """
    points = job.lesion.mask.points_mm()
    axes, along = _across(points, direction), points @ direction
    middle = points.mean(axis=0)
    middle = middle + ((along.max() + along.min()) / 2.0 - middle @ direction) * direction
    halves = np.maximum(np.abs((points - middle) @ axes.T).max(axis=0), 1.0)
    for count in range(2, int(electric_value("pulse_most_needles").amount) + 1):
        whole = np.pi if count == 2 else 2.0 * np.pi / count  # after so much of a turn the polygon is the same
        for share in SHARES:
            for turn in range(TURNS):
                angles = whole * turn / TURNS + 2.0 * np.pi * np.arange(count) / count
                across = share * halves * np.stack([np.cos(angles), np.sin(angles)], axis=1)
                array = _polygon(job, direction, middle, across @ axes, wanted_mm)
                if array is not None:
                    yield array


def _across(points: Floats, direction: Floats) -> Floats:
    """The long and the short axis of some points at right angles to a direction, shape (2, 3)."""
    flat = points - points.mean(axis=0)
    flat = flat - (flat @ direction)[:, None] * direction
    _, _, axes = np.linalg.svd(flat[:: max(len(flat) // 2000, 1)], full_matrices=False)
    long = axes[0] - (axes[0] @ direction) * direction
    long /= np.linalg.norm(long)
    return np.stack([long, np.cross(direction, long)])


def _polygon(job: Job, direction: Floats, middle: Floats, offsets: Floats, wanted_mm: Floats) -> Array | None:
    """Needles whose bare parts lie around a middle, and whose hubs stand as far apart as hubs must; None if too wide.

    Needles nearer to each other than their hubs may be converge a little.
    """
    offsets = offsets * max(1.0, electric_value("pulse_least_apart_mm").amount / _closest(offsets))
    behind = job.needle.usable_length_mm - bare_mm(job) / 2.0
    hubs = middle - behind * direction + offsets * max(1.0, job.limits.hub_apart.amount / _closest(offsets) + 1e-6)
    ways = middle + offsets - hubs
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    tips = middle + offsets + bare_mm(job) / 2.0 * ways
    if (ways @ ways.T).min() < np.cos(np.radians(job.limits.probe_angle.amount)):
        return None
    return Array(tips, ways, weakest_of(fields_of(job, tips, ways, wanted_mm), range(len(tips))))


def _closest(offsets: Floats) -> float:
    gaps = np.linalg.norm(offsets[:, None] - offsets[None], axis=-1)
    return float(gaps[~np.eye(len(offsets), dtype=bool)].min())


def fields_of(job: Job, tips: Floats, ways: Floats, wanted_mm: Floats) -> NeedleFields:
    """The fields of some needles at some points."""
    return NeedleFields(
        wanted_mm,
        tips - bare_mm(job) * ways,
        tips,
        diameter_mm=job.needle.diameter_mm,
        volts_per_mm=job.instrument.parameter("volts_per_mm"),
        most_v=electric_value("pulse_most_v").amount,
    )


def weakest_of(fields: NeedleFields, needles: range | list[int]) -> float:
    """The weakest field at the points over the threshold."""
    return float(fields.strongest_v_m(list(needles)).min()) / electric_value("reversible_v_m").amount


def teams(job: Job, tips: Floats, ways: Floats, wanted_mm: Floats) -> Iterator[Array]:
    """Of ways that single needles may go those that go together best: pairs, and pairs with one more and two more.

    Parameters
    ----------
    job : Job
    tips, ways : ndarray, shape (n, 3)
        In the order in which they are preferred.
    wanted_mm : ndarray, shape (p, 3)
        Where the field shall suffice.
    """
    fields, fits = fields_of(job, tips, ways, wanted_mm), _fit(job, tips, ways)
    pairs = [(weakest_of(fields, [int(a), int(b)]), int(a), int(b)) for a, b in np.argwhere(np.triu(fits, 1))]
    for _, a, b in sorted(pairs, key=lambda row: -row[0])[:BEGUN]:
        members = [a, b]
        while True:
            yield Array(tips[members], ways[members], weakest_of(fields, members))
            more = np.flatnonzero(fits[members].all(axis=0))
            if len(members) == GROWN or not more.size:
                break
            members.append(max((int(n) for n in more), key=lambda n: weakest_of(fields, [*members, n])))


def _fit(job: Job, tips: Floats, ways: Floats) -> NDArray[np.bool_]:
    """Which pairs of needles leave room for each other, from hub to tip, shape (n, n)."""
    hubs, middles = tips - job.needle.usable_length_mm * ways, tips - bare_mm(job) / 2.0 * ways
    apart = job.limits.probe_apart.amount + job.needle.diameter_mm
    fits = np.linalg.norm(hubs[:, None] - hubs[None], axis=-1) >= job.limits.hub_apart.amount - 1e-9
    spacing = np.linalg.norm(middles[:, None] - middles[None], axis=-1)
    fits &= spacing >= electric_value("pulse_least_apart_mm").amount
    for n in range(len(tips)):
        fits[n] &= segment_distances(hubs, tips, hubs[n], tips[n]) >= apart - 1e-9
    return np.asarray(fits & fits.T)

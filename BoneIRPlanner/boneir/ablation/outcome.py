"""What a simulation says of one treatment, on the grid of the planning image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..assessment import Curve, Measure, Zone
from ..findings import Finding
from ..grid import Grid
from ..image.resample import mask_on
from ..mask import Mask
from ..plan import Probe
from .electrodes import Rod


@dataclass(frozen=True, eq=False)
class Outcome:
    """A zone with what was measured and found.

    Parameters
    ----------
    zone : Zone
        On the grid of the planning image.
    measures : tuple of Measure
    findings : tuple of Finding
    curves : tuple of Curve
    each : tuple of Zone
        The part nearest to every probe, where they work in turn.
    """

    zone: Zone
    measures: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()
    curves: tuple[Curve, ...] = ()
    each: tuple[Zone, ...] = ()


def zone_on(
    grid: Grid, name: str, probe: str, medium: str, expected: Mask, inner: Mask | None = None, outer: Mask | None = None
) -> Zone:
    """A zone whose masks lie on a window of cubic voxels, on the grid of the planning image."""
    shells = (None if mask is None else mask_on(mask, grid) for mask in (inner, outer))
    sure, possible = shells
    return Zone(name, probe, mask_on(expected, grid), sure, possible, medium)


def coverage_measure(lesion: str, target: Mask, zone: Zone) -> Measure:
    """Part of a lesion in a simulated zone and its shells, in %; all on one grid."""
    shares = [100.0 * share_within(target, mask) for mask in (zone.mask, zone.inner, zone.outer) if mask is not None]
    title = "Part of the lesion in the simulated zone"
    return Measure(
        "ablation.simulated_coverage", title, shares[0], "%", lesion, min(shares), max(shares), note=zone.medium
    )


def share_within(target: Mask, zone: Mask) -> float:
    """Part of a mask, 0 to 1, that lies within another on the same grid."""
    nk, nj, ni = target.voxels.shape
    both = zone.part(target.corner, (nk, nj, ni)) & target.voxels
    return float(np.count_nonzero(both)) / max(target.count, 1)


NEAR_TIP_MM = 40.0
"""So much of a needle behind its tip counts for which part of a zone is nearest to it."""


def parts_of(zone: Zone, probes: Sequence[Probe]) -> tuple[Zone, ...]:
    """The zone of several probes, parted into what is nearest to each of them; together the parts are the zone.

    Heat of one needle goes on to act while the next one works, so that no moment parts their zones.
    """
    found = []
    for number, probe in enumerate(probes):
        masks = [_nearest(mask, number, probes) for mask in (zone.mask, zone.inner, zone.outer)]
        assert masks[0] is not None
        found.append(Zone(f"{zone.name} {probe.name}", probe.name, masks[0], masks[1], masks[2], zone.medium))
    return tuple(found)


def _nearest(mask: Mask | None, number: int, probes: Sequence[Probe]) -> Mask | None:
    if mask is None or mask.is_empty:
        return mask
    points, ways = mask.points_mm(), [probe.trajectory for probe in probes]
    rods = [Rod(way.point_at(max(way.length_mm - NEAR_TIP_MM, 0.0)), way.tip_mm, 0.0) for way in ways]
    nearest = np.argmin([rod.distance_mm(points) for rod in rods], axis=0)
    marked = mask.voxels.astype(bool)
    marked[mask.voxels] = nearest == number
    return Mask.within(marked, mask.corner, mask.grid)

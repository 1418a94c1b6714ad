"""What a simulation says of one treatment, on the grid of the planning image."""

from __future__ import annotations

from dataclasses import dataclass

from ..assessment import Curve, Measure, Zone
from ..findings import Finding
from ..grid import Grid
from ..image.resample import mask_on
from ..mask import Mask


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
        Of every probe, where they work in turn.
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

"""Metal in a control CT that is no needle: what is too wide for one, and what does not come out of the skin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..evidence import Value
from ..findings import Finding, Severity
from ..grid import Grid
from ..mask import Mask
from ..resources import limit
from .found_needle import FoundNeedle
from .metal_lines import MetalLine


def wide_metal(lines: Sequence[MetalLine], widest: Value) -> tuple[Finding, ...]:
    """One finding of all straight metal that is too wide for needles."""
    wide = sorted((line for line in lines if line.width_mm > widest.amount), key=lambda line: line.width_mm)
    if not wide:
        return ()
    most = wide[-1]
    x, y, z = (float(v) for v in (most.first_mm + most.last_mm) / 2.0)
    what = f"Straight metal {most.width_mm:.1f} mm wide and {most.length_mm:.0f} mm long was taken for an implant."
    if len(wide) > 1:
        what = (
            f"{len(wide)} straight pieces of metal, {wide[0].width_mm:.1f} to {most.width_mm:.1f} mm wide, were taken "
            "for implants."
        )
    return (Finding("verify.wide_metal", Severity.NOTE, what, most.width_mm, "mm", widest, (x, y, z)),)


def stays_inside(needle: FoundNeedle, body: Mask | None, grid: Grid) -> bool:
    """Whether metal lies in the body from end to end, as screws do: a needle in place leaves the skin or the image.

    Metal that is thinner than a slice may fade between slices before it comes out, so that nothing is said of it.
    """
    if body is None or needle.apparent_mm < max(grid.spacing_mm):
        return False
    below_mm, way = limit("verification", "below_skin_mm").amount, np.asarray(needle.direction)
    (ax, ay, az), (bx, by, bz) = needle.tip_mm + below_mm * way, needle.rear_mm - below_mm * way
    return body.at((ax, ay, az)) and body.at((bx, by, bz))


def metal_inside(metal: Sequence[FoundNeedle]) -> tuple[Finding, ...]:
    """One finding of all straight metal that does not come out of the skin."""
    if not metal:
        return ()
    lengths = sorted(item.length_mm for item in metal)
    what = f"Straight metal {lengths[0]:.0f} mm long lies"
    if len(metal) > 1:
        what = f"{len(metal)} straight pieces of metal, {lengths[0]:.0f} to {lengths[-1]:.0f} mm long, lie"
    text = f"{what} in the body from end to end, as implants do: not taken for a needle."
    return (
        Finding(
            "verify.metal_inside",
            Severity.NOTE,
            text,
            limit=limit("verification", "below_skin_mm"),
            place_mm=metal[0].tip_mm,
        ),
    )

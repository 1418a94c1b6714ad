"""Where discs lie exactly: between the two endplates, in the full image.

Coarse voxels hold a thin disc of the chest together with its endplates, which makes it brighter than the marrow beside
it; a gap that is found there may then lie in the marrow. In the full image endplates stand on both sides of a disc.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .axial import AxialFrame
from .disc_planes import PIVOT_MM, DiscPlanes
from .level_settings import level_setting, level_span, level_steps
from .spine_line import STEP_MM, SpineLine

Floats = NDArray[np.float64]

_FINE_MM, _BACK_MM, _ASIDE_MM = 0.5, 1.5, 3.0
"""Steps along the line, to the back and to the side."""
_ENDPLATE_MM = 2.0
"""Brightness is looked at over this much beyond either end of a disc."""


def between_endplates(
    planes: DiscPlanes, bounds: NDArray[np.int64], line: SpineLine, voxels: NDArray[Any], frame: AxialFrame
) -> DiscPlanes:
    """Move planes to where endplates stand above and below them, if they show there.

    Every height and lean near a bound is tried with every width of a disc: the darker one of the two layers beyond its
    ends must be brighter than its middle. Planes where no such pair is clear, and those at the ends of the line, stay.

    Parameters
    ----------
    planes : DiscPlanes
        As found on coarse voxels.
    bounds : ndarray of int, shape (n,)
        Stations of the bounds.
    line : SpineLine
    voxels : ndarray, shape (s, p, l)
        The whole image, upright, in HU.
    frame : AxialFrame
    """
    backs, lefts = level_steps("disc_lean_back_mm", _BACK_MM), level_steps("disc_lean_left_mm", _ASIDE_MM)
    columns = np.clip(line.sample_whole(voxels, backs, lefts, frame, _FINE_MM), *level_span("disc_ends_hu"))
    station, lean = planes.station.copy(), planes.lean.copy()
    for n, bound in enumerate(bounds):
        if 0 < bound < line.count - 1:
            contrast, at_mm, slope = _clearest(columns, bound * STEP_MM, backs, lefts)
            if contrast > level_setting("disc_ends_least_hu"):
                station[n], lean[n] = at_mm / STEP_MM, slope
    return DiscPlanes(station, lean)


def _clearest(columns: Floats, bound_mm: float, backs: Floats, lefts: Floats) -> tuple[float, float, float]:
    """Contrast of the clearest disc near a bound, less its cost; its height along the line; its lean."""
    reach_mm, cost = level_setting("disc_ends_reach_mm"), level_setting("disc_lean_cost_hu")
    widths = level_steps("disc_ends_width_mm", 1.75)
    span = reach_mm + widths.max() / 2 + _ENDPLATE_MM
    offs = np.arange(-span, span + _FINE_MM / 2, _FINE_MM)
    best = (-np.inf, bound_mm, 0.0)
    for lean in np.tan(np.radians(level_steps("disc_lean_deg", 4.0))):
        rise = lean * (backs - PIVOT_MM)
        if np.abs(rise).max() > level_setting("disc_lean_rise_mm"):
            continue
        for aside in np.tan(np.radians(level_steps("disc_aside_deg", 4.0))):
            heights = bound_mm + offs[:, None, None] + rise[None, :, None] + aside * lefts[None, None, :]
            rows = np.clip(np.rint(heights / _FINE_MM).astype(int), 0, len(columns) - 1)
            profile = columns[rows, np.arange(len(backs))[:, None], np.arange(len(lefts))].mean(axis=(1, 2))
            worth = np.max([_pair(profile, width) for width in widths], axis=0) - cost * (abs(lean) + np.abs(offs) / 10)
            row = int(np.where(np.abs(offs) <= reach_mm, worth, -np.inf).argmax())
            if worth[row] > best[0]:
                best = (float(worth[row]), bound_mm + float(offs[row]), float(lean))
    return best


def _pair(profile: Floats, width_mm: float) -> Floats:
    """How much brighter the darker one of two endplates is than the disc of that width between them, at each place."""
    summed = np.concatenate([[0.0], np.cumsum(profile)])
    every = np.arange(len(profile))

    def mean(low_mm: float, high_mm: float) -> Floats:
        first = np.clip(every + round(low_mm / _FINE_MM), 0, len(profile) - 1)
        last = np.clip(every + round(high_mm / _FINE_MM), 0, len(profile) - 1)
        return np.asarray((summed[last + 1] - summed[first]) / (last + 1 - first))

    half = width_mm / 2
    above, below = mean(half, half + _ENDPLATE_MM), mean(-half - _ENDPLATE_MM, -half)
    return np.minimum(above, below) - mean(-half / 2, half / 2)

"""How each disc leans: a plane through the gap between two endplates, in the coordinates of the spine's line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .level_settings import level_setting, level_span, level_steps
from .spine_line import STEP_MM, SpineLine

Floats = NDArray[np.float64]

PIVOT_MM = -22.0
"""The planes are given at this distance behind the line (in front of it: negative): the middle of the bodies."""


@dataclass(frozen=True, eq=False)
class DiscPlanes:
    """Planes at the ends of levels, from below, one for each bound.

    Parameters
    ----------
    station : ndarray of float, shape (n,)
        Where each crosses `PIVOT_MM`.
    lean : ndarray of float, shape (n,)
        Rise in mm for each mm to posterior.
    """

    station: Floats
    lean: Floats

    def at(self, number: int, back_mm: Floats) -> Floats:
        """Station of a plane at distances to back; behind the canal it goes on level."""
        held = np.clip(back_mm, *level_span("disc_plane_back_mm"))
        return np.asarray(self.station[number] + self.lean[number] * (held - PIVOT_MM) / STEP_MM)


def disc_planes(line: SpineLine, bounds: NDArray[np.int64], hu: NDArray[np.float32], frame: AxialFrame) -> DiscPlanes:
    """Fit a plane to the dark gap at each bound; the first and last of the line stay across it.

    Parameters
    ----------
    line : SpineLine
    bounds : ndarray of int
    hu : ndarray of float32, shape (s, p, l)
    frame : AxialFrame
    """
    backs, lefts = _backs(), level_steps("disc_lean_left_mm", 3.0)
    columns = line.sample(np.clip(hu, *level_span("disc_lean_hu")), backs, lefts, frame).mean(axis=2)
    bright = ndimage.gaussian_filter1d(columns, 2.0 / STEP_MM, axis=0, mode="nearest")
    gap = ndimage.gaussian_filter1d(columns, 6.0 / STEP_MM, axis=0, mode="nearest") - bright
    station, lean = bounds.astype(float), np.zeros(len(bounds))
    for n, bound in enumerate(bounds):
        if 0 < bound < line.count - 1:
            station[n], lean[n] = _best_plane(gap, int(bound))
    return DiscPlanes(station, lean)


def beyond_the_ends(planes: DiscPlanes, whole: tuple[bool, ...]) -> DiscPlanes:
    """Planes in which parts of levels at the ends of the line are as high as their whole neighbours."""
    station = planes.station.copy()
    if len(whole) > 1 and not whole[0]:
        station[0] = min(station[0], station[1] - (station[2] - station[1]))
    if len(whole) > 1 and not whole[-1]:
        station[-1] = max(station[-1], station[-2] + (station[-2] - station[-3]))
    return DiscPlanes(station, planes.lean)


def _backs() -> Floats:
    return level_steps("disc_lean_back_mm", 3.0)


def _best_plane(gap: Floats, bound: int) -> tuple[float, float]:
    """Station and lean of the plane near a bound along which the gap is deepest."""
    best, found = -np.inf, (float(bound), 0.0)
    backs, cost, most_mm = _backs(), level_setting("disc_lean_cost_hu"), level_setting("disc_lean_rise_mm")
    columns = np.arange(len(backs))
    for lean in np.tan(np.radians(level_steps("disc_lean_deg", 4.0))):
        rise = lean * (backs - PIVOT_MM)
        if np.abs(rise).max() > most_mm:
            continue
        for shift in level_steps("disc_shift_mm", 1.5):
            rows = np.clip(np.rint(bound + (shift + rise) / STEP_MM).astype(int), 0, len(gap) - 1)
            depth = float(gap[rows, columns].mean()) - cost * (abs(lean) + abs(shift) / 10.0)
            if depth > best:
                best, found = depth, (bound + shift / STEP_MM, float(lean))
    return found

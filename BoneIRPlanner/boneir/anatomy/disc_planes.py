"""How each disc leans: a plane through the gap between two endplates, in the coordinates of the spine's line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .spine_line import STEP_MM, SpineLine

Floats = NDArray[np.float64]

PIVOT_MM = -22.0
"""The planes are given at this distance behind the line (in front of it: negative): the middle of the bodies."""
_REACH_MM = 12.0
_BACKS = np.arange(-36.0, -9.0, 3.0)
_LEFTS = np.arange(-15.0, 15.1, 3.0)
_LEANS = np.tan(np.radians(np.arange(-24.0, 25.0, 4.0)))
_SHIFTS_MM = np.arange(-4.5, 4.6, 1.5)
_LEAN_COST = 15.0
"""HU that a plane must be darker for every unit of lean, and for every 10 mm of shift."""


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
        held = np.clip(back_mm, -45.0, -6.0)
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
    columns = line.sample(np.clip(hu, -50.0, 600.0), _BACKS, _LEFTS, frame).mean(axis=2)
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


def _best_plane(gap: Floats, bound: int) -> tuple[float, float]:
    """Station and lean of the plane near a bound along which the gap is deepest."""
    best, found = -np.inf, (float(bound), 0.0)
    columns = np.arange(len(_BACKS))
    for lean in _LEANS:
        rise = lean * (_BACKS - PIVOT_MM)
        if np.abs(rise).max() > _REACH_MM:
            continue
        for shift in _SHIFTS_MM:
            rows = np.clip(np.rint(bound + (shift + rise) / STEP_MM).astype(int), 0, len(gap) - 1)
            depth = float(gap[rows, columns].mean()) - _LEAN_COST * (abs(lean) + abs(shift) / 10.0)
            if depth > best:
                best, found = depth, (bound + shift / STEP_MM, float(lean))
    return found

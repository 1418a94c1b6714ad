"""Where one vertebra ends and the next begins: discs and pedicles along the line of the spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .level_settings import level_setting, level_span, level_steps
from .spine_line import STEP_MM, SpineLine

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Discs:
    """The discs that were found along a line of the spine, from below.

    Parameters
    ----------
    stations : ndarray of int, shape (n,)
        Number of the plane in the middle of each disc.
    worth : ndarray of float, shape (n - 1,)
        How clearly each level between two discs shows: pedicles in its upper part and none in its lower, and a dark
        gap at its upper end; about 1 and more where it is plain.
    """

    stations: NDArray[np.int64]
    worth: Floats


def find_discs(line: SpineLine, hu: NDArray[np.float32], frame: AxialFrame) -> Discs | None:
    """Find the chain of discs along the line that shows most clearly.

    Parameters
    ----------
    line : SpineLine
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    frame : AxialFrame

    Returns
    -------
    Discs or None
        None where not one level shows.
    """
    gaps, pedicles = profiles(line, hu, frame)
    return _best_chain(gaps, pedicles)


def profiles(line: SpineLine, hu: NDArray[np.float32], frame: AxialFrame) -> tuple[Floats, Floats]:
    """How much each plane looks like a disc, and how much it shows pedicles; both about -1 to 1, shape (planes,)."""
    soft, dense = level_span("disc_hu")
    backs, lefts = level_steps("disc_body_back_mm", 2.0), level_steps("disc_body_left_mm", 2.0)
    body = np.clip(line.sample(hu, backs, lefts, frame), soft, dense).mean(axis=(1, 2))
    sides = []
    for sign in (-1.0, 1.0):
        backs, lefts = level_steps("disc_pedicle_back_mm", 2.0), sign * level_steps("disc_pedicle_aside_mm", 2.0)
        side = np.clip(line.sample(hu, backs, lefts, frame), soft, dense)
        # The brightest place across: the pedicle, wherever it stands.
        sides.append(side.mean(axis=1).max(axis=1))
    beside = 0.5 * (sides[0] + sides[1])
    return _contrast(-_ridge(body)), _contrast(beside - ndimage.gaussian_filter1d(beside, 15.0 / STEP_MM))


def _ridge(values: Floats) -> Floats:
    """What stands out over a width of a few mm against its surroundings of a level."""
    return np.asarray(
        ndimage.gaussian_filter1d(values, 2.0 / STEP_MM, mode="nearest")
        - ndimage.gaussian_filter1d(values, 6.0 / STEP_MM, mode="nearest")
    )


def _contrast(values: Floats) -> Floats:
    """Values against what is usual around them, held to -1.5 to 1.5."""
    usual = np.sqrt(ndimage.gaussian_filter1d(values**2, 45.0 / STEP_MM, mode="nearest"))
    return np.asarray(np.clip(values / np.maximum(usual, 3.0) / 1.5, -1.5, 1.5))


def _best_chain(gaps: Floats, pedicles: Floats) -> Discs | None:
    """The chain of discs with the largest sum of what its levels show, less the price of uneven heights."""
    low, high = (round(height / STEP_MM) for height in level_span("level_height_mm"))
    cost, pedicles_least = level_setting("level_cost"), level_setting("pedicles_least")
    heights = np.arange(low, high + 1)
    count = len(gaps)
    change = level_setting("height_change_cost") * np.square(np.log(heights[:, None] / heights[None, :]))
    summed = np.concatenate([[0.0], np.cumsum(pedicles)])
    best = np.full((count, len(heights)), -np.inf)
    back = np.full((count, len(heights)), -1, int)
    shows = np.full((count, len(heights)), -np.inf)
    for top in range(low, count):
        for n, height in enumerate(heights[heights <= top]):
            bottom = top - height
            beside = _pedicles_between(summed, bottom, height)
            # A level without pedicles is none, however dark the gap: half a vertebra, or a part of the sacrum.
            shows[top, n] = gaps[top] + beside - cost - 2.0 * max(0.0, pedicles_least - beside)
            before = best[bottom] - change[n]
            m = int(np.argmax(before))
            carried = max(0.0, float(before[m]))
            back[top, n] = m if carried > 0 else -1
            best[top, n] = shows[top, n] + (carried if carried > 0 else gaps[bottom])
    top, n = (int(v) for v in np.unravel_index(int(np.argmax(best)), best.shape))
    if best[top, n] <= 0:
        return None
    stations, worth = [int(top)], []
    while True:
        worth.append(float(shows[top, n]) + cost)
        top, n = int(top - heights[n]), int(back[top, n])
        stations.append(int(top))
        if n < 0:
            break
    return Discs(np.asarray(stations[::-1]), np.asarray(worth[::-1]))


def _pedicles_between(summed: Floats, bottom: int, height: int) -> float:
    """Pedicles in the upper half of a level, against the lower part where the foramina are."""
    a, b, c, d = (bottom + round(share * height) for share in (-0.05, 0.35, 0.5, 0.85))
    a = max(0, a)
    above = (summed[d] - summed[c]) / max(1, d - c)
    below = (summed[b] - summed[a]) / max(1, b - a)
    return float(above - below)

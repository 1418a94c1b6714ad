"""Colours of a skin map, told apart by every eye: how good an entry is, or what refuses it.

The colours of the reasons are those of M. Okabe and K. Ito, "Color Universal Design" (2008,
https://jfly.uni-koeln.de/color/), which people with any kind of colour vision can tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..proposal import SkinMap
from .hip_rules import HIP_RULES

RGB = tuple[int, int, int]

BEST, WORST, REFUSED = (240, 228, 66), (0, 60, 120), (110, 110, 110)
"""Bright yellow to dark blue: the order is seen in any colour vision, and in grey. Refused entries are grey."""
REASONS: tuple[tuple[str, RGB, tuple[str, ...]], ...] = (
    ("Allowed", (0, 158, 115), ("allowed",)),
    ("Too near to what must not be touched", (213, 94, 0), ("clearance", "canal", *HIP_RULES)),
    ("Bone in the way or badly met", (230, 159, 0), ("other_bone", "bone_crossings", "incidence", "pleura_angle")),
    ("Out of reach of the needle", (110, 110, 110), ("length",)),
    ("No place to enter", (204, 121, 167), ("view_border", "table", "midline", "entry_outside", "entry_forbidden")),
    ("Shaft or hub in the way", (86, 180, 233), ("outside_body", "hub", "bore", "beside")),
)
"""What the legend says, its colour, and the rules that it stands for."""
_OTHER: tuple[str, RGB] = ("Refused by another rule", (0, 0, 0))
_STEPS = 3
"""Entries of the legend between the best and the worst score."""


@dataclass(frozen=True)
class LegendEntry:
    """One line of a legend.

    Parameters
    ----------
    text : str
    rgb : tuple of int
        Red, green and blue, 0..255.
    count : int
        How many entries of the map have it.
    """

    text: str
    rgb: RGB
    count: int


def skin_colours(
    skin: SkinMap, by: Literal["score", "reason"] = "score"
) -> tuple[NDArray[np.uint8], tuple[LegendEntry, ...]]:
    """A colour for every entry of a skin map, and what the colours mean.

    Parameters
    ----------
    skin : SkinMap
    by : str
        "score" colours allowed entries by their weighted cost, the best brightest; "reason" colours all by what refuses
        them.

    Returns
    -------
    rgb : ndarray of uint8, shape (n, 3)
    legend : tuple of LegendEntry
        Only what the map holds.
    """
    return _by_reason(skin) if by == "reason" else _by_score(skin)


def _by_reason(skin: SkinMap) -> tuple[NDArray[np.uint8], tuple[LegendEntry, ...]]:
    rgb = np.empty((len(skin.reason), 3), np.uint8)
    group_of = {rule: n for n, (_, _, rules) in enumerate(REASONS) for rule in rules}
    group = np.array([group_of.get(rule, len(REASONS)) for rule in skin.reasons] or [0])[skin.reason]
    legend = []
    for n, (text, colour) in enumerate([*((text, colour) for text, colour, _ in REASONS), _OTHER]):
        here = group == n
        rgb[here] = colour
        if here.any():
            legend.append(LegendEntry(text, colour, int(np.count_nonzero(here))))
    return rgb, tuple(legend)


def _by_score(skin: SkinMap) -> tuple[NDArray[np.uint8], tuple[LegendEntry, ...]]:
    allowed = skin.reason == 0
    rgb = np.empty((len(skin.reason), 3), np.uint8)
    rgb[:] = REFUSED
    legend: list[LegendEntry] = []
    if allowed.any():
        score = skin.score[allowed].astype(float)
        low, high = float(score.min()), float(score.max())
        share = (score - low) / max(high - low, 1e-6)
        rgb[allowed] = _between(share)
        part = np.minimum((share * _STEPS).astype(int), _STEPS - 1)
        for n in range(_STEPS):
            edges = [low + (high - low) * m / _STEPS for m in (n, n + 1)]
            colour = _between(np.array([(n + 0.5) / _STEPS]))[0]
            text = f"Weighted cost {edges[0]:.2f} to {edges[1]:.2f}"
            legend.append(LegendEntry(text, _rgb(colour), int(np.count_nonzero(part == n))))
    refused = int(np.count_nonzero(~allowed))
    if refused:
        legend.append(LegendEntry("Refused", REFUSED, refused))
    return rgb, tuple(entry for entry in legend if entry.count)


def _between(share: NDArray[np.float64]) -> NDArray[np.uint8]:
    best, worst = np.asarray(BEST, float), np.asarray(WORST, float)
    return np.asarray(np.rint(best + share[:, None] * (worst - best)), np.uint8)


def _rgb(colour: NDArray[np.uint8]) -> RGB:
    red, green, blue = (int(part) for part in colour)
    return red, green, blue

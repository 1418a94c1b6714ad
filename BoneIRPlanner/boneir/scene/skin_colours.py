"""Colours of a skin map: how good an allowed entry is, or which rule refuses one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..proposal import SkinMap

_BEST = np.array([0xF0, 0xE4, 0x42], float)
_WORST = np.array([0x00, 0x3C, 0x78], float)
"""From bright yellow to dark blue: the order is seen in any kind of colour vision, and in grey."""
_REFUSED = (0x6E, 0x6E, 0x6E)


def colour_by(skin: SkinMap) -> NDArray[np.uint8]:
    """A colour for each entry, shape (n, 3): allowed ones by their score, refused ones grey."""
    allowed = skin.reason == 0
    rgb = np.full((len(skin.reason), 3), _REFUSED, float)
    if allowed.any():
        score = skin.score[allowed].astype(float)
        low, high = float(score.min()), float(score.max())
        share = (score - low) / max(high - low, 1e-6)
        rgb[allowed] = _BEST + share[:, None] * (_WORST - _BEST)
    return np.asarray(np.rint(rgb), np.uint8)

"""Where to begin: the frame of the scanner, centres and moments, and a coarse look around each."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..image.rigid import Rigid
from .likeness import Likeness
from .scaled import Scaled

Floats = NDArray[np.float64]

TURNS_DEG = (-12.0, 0.0, 12.0)
_LEAST_OVERLAP = 0.5


def middle_mm(image: Scaled) -> Floats:
    """The geometrical middle of an image."""
    return image.grid.to_mm((np.asarray(image.grid.shape[::-1]) - 1) / 2)


def moment_mm(image: Scaled) -> Floats:
    """The centre of what is brighter than the darkest tenth of the range: of the body."""
    low, high = np.percentile(image.values, (1, 99))
    kji = np.argwhere(image.values > low + 0.1 * (high - low))
    return image.grid.to_mm(kji[:, ::-1].mean(axis=0)) if len(kji) else middle_mm(image)


def guesses(fixed: Scaled, moving: Scaled) -> tuple[Rigid, ...]:
    """Frame as it is, middle on middle, body on body."""
    pairs = ((middle_mm(fixed), middle_mm(moving)), (moment_mm(fixed), moment_mm(moving)))
    return Rigid(), *(Rigid.of(np.eye(3), there - here) for here, there in pairs)


def around(start: Rigid, centre_mm: Floats) -> tuple[Rigid, ...]:
    """A start and its neighbours, turned about each axis and shifted along each."""
    turns = [Rigid.about(centre_mm, turn) for turn in product(TURNS_DEG, repeat=3)]
    shifts = [Rigid.about(centre_mm, (0, 0, 0), np.eye(3)[axis] * s) for axis in range(3) for s in (-14.0, 14.0)]
    return tuple(start.after(near) for near in [*turns, *shifts])


def best_starts(likeness: Likeness, starts: tuple[Rigid, ...], count: int, apart_mm: float) -> tuple[Rigid, ...]:
    """The `count` starts with the most likeness, no two of them within `apart_mm` of each other."""
    rated = [(likeness.of(start), start) for start in starts]
    most = max(share for (_, share), _ in rated)
    enough = [(value, n) for n, ((value, share), _) in enumerate(rated) if share >= _LEAST_OVERLAP * most]
    corners = likeness.points_mm[:: max(1, len(likeness.points_mm) // 60)]
    chosen: list[Rigid] = []
    for _, n in sorted(enough, reverse=True):
        start = starts[n]
        if all(float(start.apart_mm(other, corners).mean()) > apart_mm for other in chosen):
            chosen.append(start)
        if len(chosen) == count:
            break
    return tuple(chosen)

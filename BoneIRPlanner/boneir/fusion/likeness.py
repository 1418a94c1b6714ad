"""How well two images tell of each other: normalised mutual information at points, and how many points both have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..image.rigid import Rigid
from .scaled import Scaled

Floats = NDArray[np.float64]

BINS = 32


@dataclass(frozen=True, eq=False)
class Likeness:
    """Compares a moving image with the values of a fixed one at fixed points.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3)
        LPS mm in the fixed image.
    values : ndarray, shape (n,)
        Of the fixed image there.
    moving : Scaled
    """

    points_mm: Floats
    values: NDArray[np.float32]
    moving: Scaled

    def of(self, motion: Rigid) -> tuple[float, float]:
        """Normalised mutual information (1 unrelated, 2 the same), and the part of the points that both images have.

        Source: Studholme, Hill and Hawkes, Pattern Recognition 1999;32:71-86.
        """
        seen = self.moving.at(motion.apply(self.points_mm))
        both = np.isfinite(seen)
        share = float(np.mean(both)) if len(both) else 0.0
        if np.count_nonzero(both) < 4 * BINS:
            return 1.0, share
        return normalised_mutual_information(self.values[both], seen[both]), share


def normalised_mutual_information(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """(H(one) + H(other)) / H(one, other) of two sets of values, from a histogram of 32 x 32 bins."""
    pairs = np.bincount(_bins(one) * BINS + _bins(other), minlength=BINS * BINS).reshape(BINS, BINS)
    joint = _entropy(pairs.ravel())
    return (_entropy(pairs.sum(axis=0)) + _entropy(pairs.sum(axis=1))) / joint if joint > 0 else 1.0


def _bins(values: NDArray[np.float32]) -> NDArray[np.int64]:
    low, high = np.percentile(values, (0.5, 99.5))
    scaled = (values - low) * (BINS / max(float(high - low), 1e-6))
    return np.asarray(np.clip(scaled, 0, BINS - 1), np.int64)


def _entropy(counts: NDArray[np.int64]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())

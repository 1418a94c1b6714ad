"""The field of an array of needles in one even tissue, in closed form: quick enough to try hundreds of arrays.

Each bare part is a line of even charge (the potential of a line segment), with the charge that makes the voltage of its
pair at the middle of both surfaces. Long needles give the field of two parallel cylinders. The field of real tissue is
`electroporation.pulsed_field`'s to tell; this one chooses what is worth solving.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class NeedleFields:
    """The fields that pulses between pairs of needles make at some points.

    Parameters
    ----------
    points_mm : ndarray, shape (p, 3)
    starts_mm, ends_mm : ndarray, shape (n, 3)
        Ends of the bare part of every needle; all of one length.
    diameter_mm : float
    volts_per_mm : float
        Voltage of a pair over the distance between the middles of its bare parts.
    most_v : float
        Pairs that would need more are not pulsed.
    """

    def __init__(
        self,
        points_mm: Floats,
        starts_mm: Floats,
        ends_mm: Floats,
        *,
        diameter_mm: float,
        volts_per_mm: float,
        most_v: float = np.inf,
    ) -> None:
        self.middles_mm = (starts_mm + ends_mm) / 2.0
        self.diameter_mm, self.volts_per_mm, self.most_v = diameter_mm, volts_per_mm, most_v
        self.length_mm = float(np.linalg.norm(ends_mm[0] - starts_mm[0]))
        self._gradients = [_gradient(points_mm, start, end) for start, end in zip(starts_mm, ends_mm, strict=True)]

    def of_pair_v_m(self, a: int, b: int) -> Floats:
        """Field of a pulse between two needles, V/m, shape (p,); 0 where they touch or are too far apart."""
        apart = float(np.linalg.norm(self.middles_mm[a] - self.middles_mm[b]))
        voltage, radius = self.volts_per_mm * apart, self.diameter_mm / 2.0
        if apart <= self.diameter_mm or voltage > self.most_v * (1.0 + 1e-9):
            return np.zeros(len(self._gradients[a]))
        own, other = _potential(radius, self.length_mm), _potential(apart - radius, self.length_mm)
        charge = voltage / (2.0 * (own - other))
        return np.asarray(1000.0 * charge * np.linalg.norm(self._gradients[a] - self._gradients[b], axis=1))

    def strongest_v_m(self, needles: Sequence[int]) -> Floats:
        """The strongest field of pulses between every pair of some needles, V/m, shape (p,)."""
        return np.asarray(np.max([self.of_pair_v_m(a, b) for a, b in combinations(needles, 2)], axis=0))


def _potential(beside_mm: float, length_mm: float) -> float:
    """Potential of a line of unit charge beside its middle."""
    both = 2.0 * np.hypot(beside_mm, length_mm / 2.0)
    return float(np.log((both + length_mm) / (both - length_mm)))


def _gradient(points_mm: Floats, start_mm: Floats, end_mm: Floats) -> Floats:
    """Gradient of the potential of a line of unit charge from `start_mm` to `end_mm`, per mm."""
    length = float(np.linalg.norm(end_mm - start_mm))
    from_start, from_end = points_mm - start_mm, points_mm - end_mm
    far, near = (np.maximum(np.linalg.norm(way, axis=1), 1e-6) for way in (from_start, from_end))
    both = far + near
    slope = -2.0 * length / np.maximum(both**2 - length**2, 1e-6)
    return np.asarray(slope[:, None] * (from_start / far[:, None] + from_end / near[:, None]))

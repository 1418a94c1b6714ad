"""What the search has to know of an instrument: its size and the zone that it makes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DeviceError
from .limits import Limits


@dataclass(frozen=True)
class ZoneShape:
    """The zone of one setting: an ellipsoid of revolution about the needle.

    Parameters
    ----------
    length_mm, width_mm : float
        Full axis along the needle and full diameter across it.
    forward_mm : float
        How far it reaches beyond the tip; negative where it ends before the tip.
    setting : str
        Identifier of the setting.
    """

    length_mm: float
    width_mm: float
    forward_mm: float
    setting: str = ""

    @property
    def behind_tip_mm(self) -> float:
        """How far the centre lies behind the tip; negative where it lies before it."""
        return self.length_mm / 2 - self.forward_mm

    def contains(
        self, points_mm: ArrayLike, tips_mm: ArrayLike, directions: ArrayLike, grown_by_mm: float = 0.0
    ) -> NDArray[np.bool_]:
        """Whether each point lies in the zone of each needle.

        Parameters
        ----------
        points_mm : array, shape (p, 3)
        tips_mm, directions : array, shape (n, 3)
            Tips in LPS mm and unit vectors from entry to tip.
        grown_by_mm : float
            Added to both half axes.

        Returns
        -------
        ndarray of bool, shape (n, p)
        """
        tips, ways, points = (np.atleast_2d(np.asarray(a, float)) for a in (tips_mm, directions, points_mm))
        centres = tips - self.behind_tip_mm * ways
        along = ways @ points.T - np.einsum("na,na->n", centres, ways)[:, None]
        squared = (points**2).sum(axis=1)[None] - 2 * (centres @ points.T) + (centres**2).sum(axis=1)[:, None]
        across = squared - along**2
        half_length, half_width = self.length_mm / 2 + grown_by_mm, self.width_mm / 2 + grown_by_mm
        return np.asarray((along / half_length) ** 2 + across / half_width**2 <= 1 + 1e-9)


@dataclass(frozen=True)
class Needle:
    """A straight instrument.

    Parameters
    ----------
    diameter_mm : float
        Outer diameter.
    usable_length_mm : float
        Length of the shaft from its tip to the hub.

    Raises
    ------
    DeviceError
        If a size is not positive and finite.
    """

    diameter_mm: float
    usable_length_mm: float

    def __post_init__(self) -> None:
        for name, value in (("diameter", self.diameter_mm), ("usable length", self.usable_length_mm)):
            if not (math.isfinite(value) and value > 0):
                raise DeviceError(f"The {name} of a needle must be a positive number of mm, found {value:g}.")

    def reach_mm(self, limits: Limits) -> float:
        """Longest way from skin to tip: the shaft without what stays outside."""
        return self.usable_length_mm - limits.hub_reserve.amount

    def error_mm(self, depth_share: ArrayLike, limits: Limits) -> NDArray[np.float64]:
        """Standard deviation of the lateral placement, per axis, at a share of the way from skin (0) to tip (1)."""
        share = np.asarray(depth_share, float)
        at_skin, at_tip = limits.entry_sigma.amount, limits.tip_sigma.amount
        return np.asarray(np.hypot(at_skin * (1 - share), at_tip * share))

    def kept_clear_mm(self, depth_share: ArrayLike, limits: Limits) -> NDArray[np.float64]:
        """Distance from the axis that a needle takes up: its radius and its placement error."""
        return self.diameter_mm / 2 + limits.certainty_z.amount * self.error_mm(depth_share, limits)

"""What is given before the search: where needles may and must not enter, and what stands in the patient already."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..case import Case
from ..errors import PlanError
from ..proposal import EntryZone
from .capsules import Capsule, segment_distances
from .entry_curve import Curve
from .limits import Limits
from .needle import Needle

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]


class _Zone:
    """An entry zone of a case, ready to be asked about points."""

    def __init__(self, case: Case, zone: EntryZone) -> None:
        if (zone.centre_mm is not None) + bool(zone.structure) + bool(zone.curve_mm) != 1:
            raise PlanError(
                "An entry zone is either a ball with a centre or an outline with a name or a closed curve: give one of "
                "them."
            )
        if not (np.isfinite(zone.radius_mm) and zone.radius_mm > 0):
            raise PlanError(f"The radius of an entry zone is {zone.radius_mm:g} mm; it must be more than zero.")
        if zone.centre_mm is not None and not np.isfinite(zone.centre_mm).all():
            raise PlanError(f"The centre of an entry zone is {zone.centre_mm}; it must be three numbers in mm.")
        self._zone = zone
        self._curve = Curve(zone.curve_mm) if zone.curve_mm else None
        self._mask = case.structure(zone.structure).mask if zone.structure else None
        if self._mask is not None and self._mask.is_empty:
            raise PlanError(f"The outline {zone.structure!r} is empty: it is no entry zone.")

    @cached_property
    def _outline(self) -> Any:
        from scipy.spatial import cKDTree

        assert self._mask is not None
        return cKDTree(self._mask.points_mm())

    def holds(self, points_mm: Floats) -> Marked:
        """Which LPS points (n, 3) lie in the zone."""
        if self._zone.centre_mm is not None:
            return np.asarray(
                np.linalg.norm(points_mm - np.asarray(self._zone.centre_mm), axis=1) <= self._zone.radius_mm
            )
        if self._curve is not None:
            return self._curve.holds(points_mm)
        assert self._mask is not None
        reach = self._zone.radius_mm + max(self._mask.grid.spacing_mm) / 2
        return np.asarray(np.isfinite(self._outline.query(points_mm, distance_upper_bound=reach)[0]))


class Given:
    """Entry zones of a goal, and instruments that a new needle must not meet.

    Parameters
    ----------
    case : Case or None
        Holds the outlines that the zones name; None where there are no zones.
    allowed, forbidden : sequence of EntryZone
        Where needles may enter, everywhere if empty, and where they must not.
    beside : sequence of Capsule
        Instruments that stand already, each from its hub to its tip.

    Raises
    ------
    PlanError
        If a zone is neither a ball nor an outline nor a curve, or has no size.
    CaseError
        If the case has no such outline.
    """

    def __init__(
        self,
        case: Case | None = None,
        allowed: Sequence[EntryZone] = (),
        forbidden: Sequence[EntryZone] = (),
        beside: Sequence[Capsule] = (),
    ) -> None:
        self.beside = tuple(beside)
        self._allowed, self._forbidden = (
            [] if case is None else [_Zone(case, zone) for zone in zones] for zones in (allowed, forbidden)
        )

    def allows(self, points_mm: Floats) -> Marked:
        """Which entries (n, 3) lie where needles may enter."""
        return _any(self._allowed, points_mm) if self._allowed else np.ones(len(points_mm), bool)

    def forbids(self, points_mm: Floats) -> Marked:
        """Which entries (n, 3) lie where needles must not enter."""
        return _any(self._forbidden, points_mm)

    def missing_mm(self, hubs_mm: Floats, tips_mm: Floats, needle: Needle, limits: Limits) -> Floats:
        """How much is missing, over its whole length, between each needle and what stands already; shape (n,).

        Surfaces stay `probe_apart` from each other, and hubs `hub_apart`.
        """
        missing = np.full(len(tips_mm), -np.inf)
        for item in self.beside:
            room = (item.diameter_mm + needle.diameter_mm) / 2 + limits.probe_apart.amount
            apart = segment_distances(hubs_mm, tips_mm, item.start_mm, item.end_mm)
            hubs = np.linalg.norm(hubs_mm - np.asarray(item.start_mm), axis=1)
            missing = np.maximum(missing, np.maximum(room - apart, limits.hub_apart.amount - hubs))
        return missing


def _any(zones: Sequence[_Zone], points_mm: Floats) -> Marked:
    found = np.zeros(len(points_mm), bool)
    for zone in zones:
        found |= zone.holds(points_mm)
    return found


NOTHING_GIVEN = Given()
"""No zones, and nothing stands yet."""

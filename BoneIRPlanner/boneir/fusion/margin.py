"""The margin of an ablation zone around a lesion: how far the zone's surface lies outside the lesion's, everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..findings import Point
from ..image.ellipsoid import Ellipsoid
from ..image.signed_distance import surface_of
from ..image.surface import Surface
from ..mask import Mask

Floats = NDArray[np.float64]

MARGINS_MM = tuple(range(11))
"""Widths of the rim for which the coverage is given."""

SAMPLES = 60_000
"""About how many points the coverage is counted on."""

FINEST_MM, COARSEST_MM = 0.4, 1.5
"""Bounds of the distance between those points."""


@dataclass(frozen=True)
class SurfaceMargin:
    """How far a zone reaches beyond the surface of a lesion.

    Parameters
    ----------
    minimum_mm : float
        The minimal ablative margin: smallest signed distance from the lesion's surface out to the zone's; negative
        where the lesion sticks out of the zone.
    place_mm : Point
        Where on the lesion's surface the margin is smallest, in LPS mm.
    fifth_percentile_mm, median_mm : float
        Of the margin over the surface, by area.
    share_uncovered, share_narrow, share_wide : float
        Parts (0 to 1) of the lesion's surface with a margin below 0, from 0 to 5, and from 5 mm on.
    coverage : tuple of float
        For each width of `MARGINS_MM`: which part (0 to 1) of the lesion grown by that width lies in the zone.
    """

    minimum_mm: float
    place_mm: Point
    fifth_percentile_mm: float
    median_mm: float
    share_uncovered: float
    share_narrow: float
    share_wide: float
    coverage: tuple[float, ...]

    def coverage_of_rim(self, margin_mm: float) -> float:
        """Covered part of the lesion grown by any width from 0 to 10 mm, in between by straight lines."""
        return float(np.interp(margin_mm, MARGINS_MM, self.coverage))


Zone = Mask | Sequence[Ellipsoid]
"""A zone as a mask on any grid, or as the ellipsoids whose union it is.

One ellipsoid is exact. In a union of several the depth of a place is the largest of its single depths, so that the
margin is never overstated.
"""


def surface_margin(lesion: Mask, zone: Zone) -> SurfaceMargin:
    """Measure the margin of a zone around a lesion.

    Raises
    ------
    OutlineError
        If the lesion, or a zone given as a mask, is empty.
    """
    return surface_margins(lesion, [zone])[0]


def surface_margins(lesion: Mask, zones: Sequence[Zone]) -> tuple[SurfaceMargin, ...]:
    """Measure the margins of several zones around one lesion, for instance of a zone and its shells.

    Raises
    ------
    OutlineError
        If the lesion, or a zone given as a mask, is empty.
    """
    known = _KNOWN.get(lesion)
    if known is None:
        surface = surface_of(lesion)
        known = _KNOWN[lesion] = (surface, *_surroundings(surface))
    return tuple(_margin(*known, zone) for zone in zones)


_KNOWN: WeakKeyDictionary[Mask, tuple[Surface, Floats, Floats]] = WeakKeyDictionary()
"""Surface and surroundings of lesions, kept as long as their masks: a zone that is dragged asks for them each time."""


def _margin(surface: Surface, points: Floats, away: Floats, zone: Zone) -> SurfaceMargin:
    margin = _depth_in(zone)(surface.points_mm)
    lowest = int(np.argmin(margin))
    x, y, z = (float(v) for v in surface.points_mm[lowest])
    area = surface.areas_mm2 / surface.areas_mm2.sum()
    fifth, median = np.interp((0.05, 0.5), *_distribution(margin, area))
    covered = _lies_in(zone, points)
    return SurfaceMargin(
        minimum_mm=float(margin[lowest]),
        place_mm=(x, y, z),
        fifth_percentile_mm=float(fifth),
        median_mm=float(median),
        share_uncovered=float(area[margin < 0.0].sum()),
        share_narrow=float(area[(margin >= 0.0) & (margin < 5.0)].sum()),
        share_wide=float(area[margin >= 5.0].sum()),
        coverage=_shares(covered, away),
    )


def _distribution(margin: Floats, area: Floats) -> tuple[Floats, Floats]:
    """Parts of the surface (0 to 1), ascending, and the margin that so large a part does not exceed."""
    order = np.argsort(margin, kind="stable")
    return np.cumsum(area[order]), margin[order]


def _depth_in(zone: Mask | Sequence[Ellipsoid]) -> Callable[[Floats], Floats]:
    """The function that says how deep points lie in the zone, in mm; negative outside."""
    if isinstance(zone, Mask):
        surface = surface_of(zone)
        return lambda points: -surface.signed_distance_mm(points)
    parts = tuple(zone)
    return lambda points: np.max([-part.signed_distance_mm(points) for part in parts], axis=0)


def _lies_in(zone: Zone, points: Floats) -> NDArray[np.bool_]:
    """Which points lie in a zone; for ellipsoids without the distance, which is dear."""
    if isinstance(zone, Mask):
        return _depth_in(zone)(points) >= 0.0
    return np.asarray(np.any([part.contains(points) for part in zone], axis=0))


def _surroundings(surface: Surface) -> tuple[Floats, Floats]:
    """A lattice of points in and around a lesion, the innermost first, and their distances from its surface in mm."""
    low = surface.points_mm.min(axis=0) - MARGINS_MM[-1]
    high = surface.points_mm.max(axis=0) + MARGINS_MM[-1]
    volume_mm3 = float(np.prod(high - low))
    step = float(np.clip((volume_mm3 / SAMPLES) ** (1.0 / 3.0), FINEST_MM, COARSEST_MM))
    axes = [np.arange(a + step / 2.0, b, step) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    away = surface.signed_distance_mm(points)
    order = np.argsort(away, kind="stable")[: int(np.count_nonzero(away <= MARGINS_MM[-1]))]
    return points[order], away[order]


def _shares(covered: NDArray[np.bool_], away: Floats) -> tuple[float, ...]:
    """Covered part of the lesion grown by each width of `MARGINS_MM`; points in the order of `away`."""
    counts = np.searchsorted(away, MARGINS_MM, side="right")
    hits = np.append(0, np.cumsum(covered))[counts]
    return tuple(float(hit / count) if count else 0.0 for hit, count in zip(hits, counts, strict=True))

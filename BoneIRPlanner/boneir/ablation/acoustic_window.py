"""The acoustic window: where on the skin sound can enter to reach a focus, what blocks it, and where a bowl fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import PlanError
from ..findings import Finding, Point, Severity
from ..image.resample import mask_on
from ..mask import Mask
from .acoustic import RayEnd, acoustics, trace, ultrasound_value
from .tissue_map import TissueMap

Floats = NDArray[np.float64]

_OUTSIDE_MM = 3.0
"""Rays begin so far outside the skin, so that none begins below it."""

MOST_POINTS = 8000
"""So many points of the skin are looked at."""

BLOCKERS = {
    RayEnd.OPEN: "open",
    RayEnd.BLOCKED: "gas, cement or metal",
    RayEnd.BONE: "too much bone",
    RayEnd.OUTSIDE: "not through the body",
}
"""Words for what becomes of a ray."""


@dataclass(frozen=True, eq=False)
class AcousticWindow:
    """For every point of the skin: whether sound gets from there to the focus.

    Parameters
    ----------
    focus_mm : Point
    skin_mm : ndarray of float, shape (n, 3)
        LPS mm.
    share : ndarray of float, shape (n,)
        Part of the intensity that arrives; 0 where blocked.
    end : ndarray of uint8, shape (n,)
        `RayEnd`; `BLOCKERS` has the words.
    bone_mm : ndarray of float, shape (n,)
        Bone crossed.
    """

    focus_mm: Point
    skin_mm: Floats
    share: Floats
    end: NDArray[np.uint8]
    bone_mm: Floats

    def counts(self) -> dict[str, int]:
        """How many points of the skin are open, and how many are blocked by what."""
        return {words: int((self.end == kind).sum()) for kind, words in BLOCKERS.items() if (self.end == kind).any()}


@dataclass(frozen=True)
class Placement:
    """A direction from which a bowl can work.

    Parameters
    ----------
    axis : Point
        LPS unit vector of the beam, into the body.
    open_share : float
        Part of the bowl whose sound reaches the focus.
    share : float
        Part of the intensity that arrives, over the whole bowl.
    """

    axis: Point
    open_share: float
    share: float


def acoustic_window(tissues: TissueMap, body: Mask, focus_mm: Point, frequency_hz: float) -> AcousticWindow:
    """See from where on the skin sound reaches a focus.

    Parameters
    ----------
    tissues : TissueMap
        Of the part of the body between focus and skin.
    body : Mask
        The skin is its surface; points beyond the tissue map are left out.
    focus_mm : Point
        LPS mm.
    frequency_hz : float

    Raises
    ------
    PlanError
        If the focus lies outside the tissue map or none of the skin within it.
    """
    if not bool(tissues.grid.contains(focus_mm)):
        raise PlanError(f"The focus {focus_mm} mm LPS lies outside the tissue: {tissues.grid.bounds_text()}.")
    skin = _skin(tissues, body)
    if not len(skin):
        raise PlanError("No skin lies within the tissue map: make it reach from the focus to the skin.")
    way = skin - np.asarray(focus_mm)
    starts = skin + _OUTSIDE_MM * way / np.maximum(np.linalg.norm(way, axis=1), 1e-6)[:, None]
    sound = acoustics(tissues, frequency_hz)
    ends = np.broadcast_to(np.asarray(focus_mm), starts.shape)
    rays = trace(tissues, sound, starts, ends, most_bone_mm=ultrasound_value("most_bone_mm").amount)
    return AcousticWindow(focus_mm, skin, rays.share, rays.end, rays.bone_mm)


def placements(window: AcousticWindow, half_angle: float, most: int = 6) -> tuple[Placement, ...]:
    """Directions from which a bowl sees the focus best, the best first and each well apart from the others.

    Parameters
    ----------
    window : AcousticWindow
    half_angle : float
        Of the bowl, as the focus sees it, in radians (`Bowl.half_angle`).
    most : int
        How many at most.

    Returns
    -------
    tuple of Placement
        Only those of which at least ``least_open_share`` of the bowl sees the focus. Every direction within the bowl
        counts alike, however dense the skin's points are there.
    """
    spread, is_open, share = _every_direction(window)
    within = spread @ spread.T >= np.cos(half_angle)
    count = within.sum(axis=1)
    open_share, arriving = within @ is_open.astype(float) / count, within @ share / count
    chosen: list[int] = []
    for number in np.argsort(-arriving, kind="stable"):
        fits = open_share[number] >= ultrasound_value("least_open_share").amount
        apart = all(spread[number] @ spread[other] < np.cos(half_angle) for other in chosen)
        if fits and apart and len(chosen) < most:
            chosen.append(int(number))
    return tuple(_placement(spread[n], open_share[n], arriving[n]) for n in chosen)


def placement_along(window: AcousticWindow, half_angle: float, axis: Point) -> Placement:
    """The bowl in a direction that is given: how much of it sees the focus, and how much sound arrives.

    Parameters
    ----------
    window : AcousticWindow
    half_angle : float
    axis : Point
        LPS unit vector of the beam, into the body.
    """
    spread, is_open, share = _every_direction(window)
    within = -(spread @ np.asarray(axis, float)) >= np.cos(half_angle)
    count = max(int(within.sum()), 1)
    return Placement(axis, float((within & is_open).sum() / count), float(share[within].sum() / count))


def window_findings(window: AcousticWindow, found: Sequence[Placement], about: str) -> tuple[Finding, ...]:
    """That a focus cannot be reached, or how much of the bowl reaches it at the most."""
    need = ultrasound_value("least_open_share")
    if not found:
        counts = ", ".join(f"{words} {number}" for words, number in window.counts().items())
        text = (
            f"Focused ultrasound does not reach {about}: from no direction at least {need.amount:.0%} of the bowl sees "
            f"it (points of the skin: {counts}); another technique would be right."
        )
        return (Finding("ultrasound.window", Severity.STOP, text, 0.0, "1", need, window.focus_mm, about),)
    if found[0].open_share < 1.0:
        text = (
            f"At best {found[0].open_share:.0%} of the bowl sees {about}; elements behind gas or bone should be "
            "switched off."
        )
        share = found[0].open_share
        return (Finding("ultrasound.window", Severity.NOTE, text, share, "1", need, window.focus_mm, about),)
    return ()


def _every_direction(window: AcousticWindow) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Even directions away from the focus, whether sound comes from there, and what part of it."""
    away = window.skin_mm - np.asarray(window.focus_mm)
    away /= np.maximum(np.linalg.norm(away, axis=1), 1e-9)[:, None]
    spread = _even_directions(600)
    nearest = np.argmax(spread @ away.T, axis=1)
    # A direction in which there is no skin within the map is not known to be open.
    seen = (spread * away[nearest]).sum(axis=1) > np.cos(0.12)
    is_open = seen & (window.end[nearest] == RayEnd.OPEN)
    return spread, is_open, np.where(is_open, window.share[nearest], 0.0)


def _skin(tissues: TissueMap, body: Mask) -> Floats:
    """LPS mm of voxels at the surface of the body, evenly thinned; the border of the map is no skin."""
    inside = mask_on(body, tissues.grid).full()
    index = np.argwhere(inside & ~ndimage.binary_erosion(inside, border_value=1))
    return tissues.grid.to_mm(index[:: max(1, -(-len(index) // MOST_POINTS)), ::-1])


def _placement(away: Floats, open_share: float, share: float) -> Placement:
    x, y, z = (-float(v) for v in away)
    return Placement((x, y, z), float(open_share), float(share))


def _even_directions(count: int) -> Floats:
    """Unit vectors spread evenly over the sphere, shape (count, 3)."""
    number = np.arange(count) + 0.5
    height, turn = 1.0 - 2.0 * number / count, number * np.pi * (3.0 - np.sqrt(5.0))
    flat = np.sqrt(1.0 - height**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=1)

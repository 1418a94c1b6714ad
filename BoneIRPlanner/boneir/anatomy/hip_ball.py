"""The head of a femur as a ball: bright within, a dark joint space around it, and the wall of the socket beyond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import minimize

from .axial import AxialFrame
from .level_settings import level_setting, level_span
from .sphere import sphere

Floats = NDArray[np.float64]

_INSIDE_MM = (-8.0, -6.0, -4.0)
_HEAD_MM = (-3.0, -1.5)
_SPACE_MM = (0.0, 1.0)
_WALL_MM = (3.0, 4.0, 5.0)
_OFF_MM = (*_INSIDE_MM, *_HEAD_MM, *_SPACE_MM, *_WALL_MM)
_MOVES_MM = ((0.0, 0.0), (3.0, 3.0))
"""How much farther aside, and how much larger, the fit starts: the fossa of the socket draws a coarse one inwards."""
_SIZES, _ROUGH_WAYS, _WAYS = 4, 50, 200
_PLACES, _APART_MM = 10, 6.0
"""The fit starts from so many rough places, so far apart."""


@dataclass(frozen=True, eq=False)
class HipBall:
    """The head of a femur within its joint space.

    Parameters
    ----------
    centre : ndarray, shape (3,)
        In mm along (s, p, l) from the first coarse voxel.
    radius_mm : float
        Out to the middle of the joint space.
    evidence : float
        How clearly it shows, from 0 to 1.
    """

    centre: Floats
    radius_mm: float
    evidence: float


def find_hip_ball(hu: NDArray[np.float32], places: Floats, side: int, frame: AxialFrame) -> HipBall | None:
    """Find the ball of a hip joint.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    places : ndarray, shape (n, 3)
        Bone in which the centre may lie, mm along (s, p, l).
    side : int
        1 for the left, -1 for the right.
    frame : AxialFrame

    Returns
    -------
    HipBall or None
        None where no ball shows clearly enough, or too little of it lies in the image.
    """
    (least, most), (seen_least, seen_enough) = level_span("hip_ball_mm"), level_span("hip_ball_seen")
    if not len(places):
        return None
    # What lies beyond a ball around any place is not looked at.
    spacing = np.asarray(frame.coarse_spacing_mm)
    reach = most + max(_OFF_MM) + 2.0 * spacing
    low = np.maximum((places.min(axis=0) - reach) / spacing, 0).astype(int)
    high = ((places.max(axis=0) + reach) / spacing).astype(int) + 1
    a, b, c = (slice(int(x), int(y)) for x, y in zip(low, high, strict=True))
    shown = np.clip(hu[a, b, c], *level_span("hip_hu"))
    places = places - low * spacing
    radii = np.linspace(least + 1.0, most - 2.0, _SIZES)
    rough = np.stack(
        [_evidence(shown, places, float(r), _ROUGH_WAYS, side, spacing, seen_least, order=0) for r in radii]
    )

    def shows(at: Floats, share: float) -> float:
        within = least <= at[3] <= most
        return float(_evidence(shown, at[None, :3], float(at[3]), _WAYS, side, spacing, share)[0]) if within else 0.0

    fits = []
    for start in _starts(rough, places, radii):
        for aside, larger in _MOVES_MM:
            first = start + np.array([0.0, 0.0, side * aside, min(larger, most - 1.0 - start[3])])
            simplex = first + np.vstack([np.zeros(4), np.diag([3.0, 3.0, 3.0, -2.0])])
            options = {"xatol": 0.1, "fatol": 1e-3, "initial_simplex": simplex}
            fits.append(minimize(lambda at: -shows(at, seen_least), first, method="Nelder-Mead", options=options))
    best = min(fits, key=lambda fit: float(fit.fun))
    evidence = shows(best.x, seen_enough)
    if evidence < level_setting("hip_ball_clear"):
        return None
    return HipBall(best.x[:3] + low * spacing, float(best.x[3]), evidence)


def _starts(rough: Floats, places: Floats, radii: Floats) -> list[Floats]:
    """The places (n, 3) of the greatest rough evidence (sizes, n), apart from each other, each with its radius."""
    found: list[Floats] = []
    for n in np.argsort(-rough.max(axis=0)):
        if all(np.linalg.norm(places[n] - other[:3]) > _APART_MM for other in found):
            found.append(np.array([*places[n], radii[int(np.argmax(rough[:, n]))]]))
        if len(found) == _PLACES:
            break
    return found


def _evidence(
    hu: NDArray[np.float32],
    centres: Floats,
    radius: float,
    count: int,
    side: int,
    spacing: Floats,
    seen_share: float,
    order: int = 1,
) -> NDArray[np.float64]:
    """How clearly balls (n, 3) of one radius show, from 0 to 1; those of an unusual size count less."""
    ways = sphere(count).unit
    off = radius + np.asarray(_OFF_MM)
    points = (centres[:, None, None] + off[:, None, None] * ways) / spacing
    seen = ndimage.map_coordinates(hu, np.moveaxis(points, -1, 0), np.float32, order, cval=np.nan)
    inside, head, space, wall = np.split(seen, np.cumsum([len(_INSIDE_MM), len(_HEAD_MM), len(_SPACE_MM)]), axis=1)
    bright, dark, beyond = head.max(axis=1), space.min(axis=1), wall.max(axis=1)
    usual = level_setting("hip_edge_hu")
    edge = np.clip((bright - dark) / usual, 0.0, 1.0)
    # The socket lies above and towards the midline.
    socket = (side * ways[:, 2] < 0.3) & (ways[:, 0] > -0.3)
    dip = np.clip((np.minimum(bright, beyond) - dark) / usual, 0.0, 1.0)[:, socket]
    filled = np.where(np.isfinite(inside), inside > level_setting("hip_marrow_hu"), np.nan).mean(axis=1)
    known = np.isfinite(edge).mean(axis=1) >= seen_share
    unusual = (radius - level_setting("hip_ball_mm")) / level_setting("hip_ball_spread_mm")
    return np.asarray(known * (_seen(edge) + _seen(dip)) / 2 * _seen(filled) * np.exp(-0.5 * unusual**2))


def _seen(values: Floats) -> Floats:
    """Means of rows (n, m) over what is seen of them; 0 where nothing is."""
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))

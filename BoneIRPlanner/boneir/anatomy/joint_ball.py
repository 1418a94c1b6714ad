"""The head of a femur or humerus as a ball: bright within, a dark joint space around it, and the wall of the socket."""

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
_APART_MM = 6.0
"""The fit starts from rough places this far apart."""


@dataclass(frozen=True)
class BallJoint:
    """A kind of joint whose head is a ball; its measures stand in levels.json under its name ("hip_ball_mm").

    Parameters
    ----------
    name, bone, other : str
        "hip" or "shoulder"; the bone whose head is the ball, and what the other one is called in a sentence.
    free_way : tuple of float
        Way from the middle of the head on which its socket leaves it free: up, back and aside.
    socket_up, socket_aside : float
        Directions that go up more than the one and aside less than the other (-1 to 1) meet the wall of the socket.
    surface_aside : float
        Those that go aside more than this meet neck or shaft, not the end of the head.
    places : int
        From how many rough places the fit starts.
    """

    name: str
    bone: str
    other: str
    free_way: tuple[float, float, float]
    socket_up: float
    socket_aside: float
    surface_aside: float
    places: int

    def setting(self, measure: str) -> float:
        """One of its measures in levels.json."""
        return level_setting(f"{self.name}_{measure}")

    def span(self, measure: str) -> tuple[float, float]:
        """The least and the greatest value of one of its measures."""
        return level_span(f"{self.name}_{measure}")


@dataclass(frozen=True, eq=False)
class JointBall:
    """The head of a femur or humerus within its joint space.

    Parameters
    ----------
    centre : ndarray, shape (3,)
        In mm along (s, p, l) from the first coarse voxel.
    radius_mm : float
        Out to the middle of the joint space.
    evidence : float
        How clearly it shows, from 0 to 1.
    joint : BallJoint
    side : int
        1 for the left, -1 for the right.
    """

    centre: Floats
    radius_mm: float
    evidence: float
    joint: BallJoint
    side: int

    @property
    def word(self) -> str:
        """Its side in a word."""
        return "left" if self.side > 0 else "right"

    @property
    def free_way(self) -> Floats:
        """Way along (s, p, l) on which the socket leaves it free."""
        return np.asarray(self.joint.free_way) * (1, 1, self.side)

    def beside(self, way: Floats, places: Floats) -> tuple[Floats, Floats]:
        """How far places (..., 3) in mm along (s, p, l) lie outside of it, and the cosine of their angle to a way."""
        away = places - self.centre
        length = np.linalg.norm(away, axis=-1)
        return length - self.radius_mm, away @ way / np.maximum(length, 1e-6)

    def around(
        self, more_mm: float, shape: tuple[int, ...], spacing: Floats
    ) -> tuple[tuple[slice, slice, slice], Floats]:
        """The box of voxels around it, and its voxels' places (..., 3) in voxels."""
        low = np.maximum((self.centre - self.radius_mm - more_mm) / spacing, 0).astype(int)
        high = np.minimum((self.centre + self.radius_mm + more_mm) / spacing + 2, shape).astype(int)
        s, p, i = (np.arange(a, b) for a, b in zip(low, high, strict=True))
        box = (slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2]))
        return box, np.stack(np.meshgrid(s, p, i, indexing="ij"), axis=-1).astype(float)


def find_joint_ball(
    hu: NDArray[np.float32], places: Floats, side: int, joint: BallJoint, frame: AxialFrame
) -> JointBall | None:
    """Find the ball of a joint.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    places : ndarray, shape (n, 3)
        Bone in which the centre may lie, mm along (s, p, l).
    side : int
        1 for the left, -1 for the right.
    joint : BallJoint
    frame : AxialFrame

    Returns
    -------
    JointBall or None
        None where no ball shows clearly enough, or too little of it lies in the image.
    """
    (least, most), (seen_least, seen_enough) = joint.span("ball_mm"), joint.span("ball_seen")
    if not len(places):
        return None
    # What lies beyond a ball around any place is not looked at.
    spacing = np.asarray(frame.coarse_spacing_mm)
    reach = most + max(_OFF_MM) + 2.0 * spacing
    low = np.maximum((places.min(axis=0) - reach) / spacing, 0).astype(int)
    high = ((places.max(axis=0) + reach) / spacing).astype(int) + 1
    a, b, c = (slice(int(x), int(y)) for x, y in zip(low, high, strict=True))
    shown = np.clip(hu[a, b, c], *joint.span("hu"))
    places = places - low * spacing
    radii = np.linspace(least + 1.0, most - 2.0, _SIZES)
    rough = np.stack(
        [_evidence(shown, places, float(r), _ROUGH_WAYS, side, joint, spacing, seen_least, order=0) for r in radii]
    )

    def shows(at: Floats, share: float) -> float:
        if not least <= at[3] <= most:
            return 0.0
        return float(_evidence(shown, at[None, :3], float(at[3]), _WAYS, side, joint, spacing, share)[0])

    fits = []
    for start in _starts(rough, places, radii, joint.places):
        for aside, larger in _MOVES_MM:
            first = start + np.array([0.0, 0.0, side * aside, min(larger, most - 1.0 - start[3])])
            simplex = first + np.vstack([np.zeros(4), np.diag([3.0, 3.0, 3.0, -2.0])])
            options = {"xatol": 0.1, "fatol": 1e-3, "initial_simplex": simplex}
            fits.append(minimize(lambda at: -shows(at, seen_least), first, method="Nelder-Mead", options=options))
    best = min(fits, key=lambda fit: float(fit.fun))
    evidence = shows(best.x, seen_enough)
    if evidence < joint.setting("ball_clear"):
        return None
    return JointBall(best.x[:3] + low * spacing, float(best.x[3]), evidence, joint, side)


def _starts(rough: Floats, places: Floats, radii: Floats, count: int) -> list[Floats]:
    """The places (n, 3) of the greatest rough evidence (sizes, n), apart from each other, each with its radius."""
    found: list[Floats] = []
    for n in np.argsort(-rough.max(axis=0)):
        if all(np.linalg.norm(places[n] - other[:3]) > _APART_MM for other in found):
            found.append(np.array([*places[n], radii[int(np.argmax(rough[:, n]))]]))
        if len(found) == count:
            break
    return found


def _evidence(
    hu: NDArray[np.float32],
    centres: Floats,
    radius: float,
    count: int,
    side: int,
    joint: BallJoint,
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
    usual = joint.setting("edge_hu")
    edge = np.clip((bright - dark) / usual, 0.0, 1.0)
    known = np.isfinite(edge).mean(axis=1) >= seen_share
    up, aside = ways[:, 0], side * ways[:, 2]
    socket = (up > joint.socket_up) & (aside < joint.socket_aside)
    dip = np.clip((np.minimum(bright, beyond) - dark) / usual, 0.0, 1.0)[:, socket]
    edge = edge[:, aside <= joint.surface_aside]
    filled = np.where(np.isfinite(inside), inside > joint.setting("marrow_hu"), np.nan).mean(axis=1)
    unusual = (radius - joint.setting("ball_mm")) / joint.setting("ball_spread_mm")
    return np.asarray(known * (_seen(edge) + _seen(dip)) / 2 * _seen(filled) * np.exp(-0.5 * unusual**2))


def _seen(values: Floats) -> Floats:
    """Means of rows (n, m) over what is seen of them; 0 where nothing is."""
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))

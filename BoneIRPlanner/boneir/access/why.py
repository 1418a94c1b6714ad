"""Why one entry is refused, what is missing, and which way the needle would have to give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..anatomy.structures import with_article
from ..case import Case, Structure
from ..findings import Point
from .clearance import as_point
from .field import PlanningField, Tissue
from .limits import Limits
from .needle import Needle
from .room import midline_mm

_ANGLES = 32
"""Directions across the needle in which room is looked for."""
_STEP_MM, _FARTHEST_MM = 0.5, 60.0
"""How finely and how far room is looked for."""
_SHARE = 0.4
"""A direction is named if it makes up so much of a way."""
_LEAST_MM = 0.05
"""Less is not said to be missing: it would be shown as nothing."""
_MIDDLE_MM = 5.0
"""So near the midline nothing is lateral or medial."""

SENTENCES = {
    "length": "Too far from the target for this needle",
    "view_border": "The field of view cuts the body here, so nothing is known of what lies beside it",
    "table": "The needle or its hub would come too near to the table",
    "midline": "The spinous processes lie under the skin here",
    "entry_outside": "It lies outside the entry zones that were asked for",
    "entry_forbidden": "It lies within an entry zone that was forbidden",
    "outside_body": "The way leaves the body",
    "canal": "Blocked by the spinal canal",
    "bone_crossings": "The needle would enter bone too often",
    "incidence": "The needle would meet the cortex too flat",
    "pleura_angle": "The needle would point at the pleura behind the rib",
    "hub": "The shaft would lie in the body again outside the entry",
    "bore": "The hub would stand outside the bore",
    "beside": "An instrument that stands already is in the way",
    "hip_joint": "The way may run through the hip joint, which is not outlined",
    "sciatic_nerve": "The way may meet the sciatic nerve, which is not outlined",
}
"""What each rule says of one entry; clearance and bone in the way name their structure."""


@dataclass(frozen=True)
class Aside:
    """How far, and in which direction across itself, a needle would have to pass to have room.

    Parameters
    ----------
    distance_mm : float
    direction : Point
        LPS unit vector.
    words : str
        "4 mm more lateral (left)".
    """

    distance_mm: float
    direction: Point
    words: str


@dataclass(frozen=True)
class Why:
    """What the search says of one entry.

    Parameters
    ----------
    entry_mm, tip_mm : Point
        The entry that was looked at and where its needle would end, in LPS mm.
    rule : str
        Code of the rule that refuses it; "allowed".
    structure : str
        Name of the structure that is in the way, or, of an allowed one, that leaves least room; "" where none is.
    missing_mm : float
        How many mm are missing under that rule; 0 where none are or the rule is not one of mm.
    place_mm : Point or None
        Where on the needle; None where the rule is about no place within the body.
    aside : Aside or None
        What would help there.
    text : str
        All of it in one sentence.
    """

    entry_mm: Point
    tip_mm: Point
    rule: str
    structure: str
    missing_mm: float
    place_mm: Point | None
    aside: Aside | None
    text: str


def refusal_sentence(rule: str, title: str, missing_mm: float, depth_mm: float | None, aside: Aside | None) -> str:
    """Why an entry is refused, in one sentence.

    Parameters
    ----------
    rule : str
        One of `rules.RULES`, not "allowed".
    title : str
        The structure in words; "" for none.
    missing_mm : float
    depth_mm : float or None
        Behind the skin, of the place where it is refused.
    aside : Aside or None
    """
    text = SENTENCES.get(rule) or f"Blocked by {title or 'what lies beside the way'}"
    if missing_mm >= _LEAST_MM:
        unit = "mm of it" if rule in ("canal", "hub", "outside_body") else "mm are missing"
        text += f": {missing_mm:.1f} {unit}"
        if depth_mm is not None:
            text += f", {depth_mm:.0f} mm deep"
    if aside is not None:
        text += f"; there it needs to pass {aside.words}"
    return f"{text}."


def room_aside(
    field: PlanningField,
    case: Case,
    place_mm: NDArray[np.float64],
    way: NDArray[np.float64],
    depth_share: float,
    needle: Needle,
    limits: Limits,
) -> Aside | None:
    """The shortest way across a needle to where it would have room.

    Parameters
    ----------
    field : PlanningField
    case : Case
        Says where the midline is.
    place_mm : ndarray, shape (3,)
        Where the needle lacks room, LPS mm.
    way : ndarray, shape (3,)
        Unit vector from skin to tip.
    depth_share : float
        How deep the place lies: 0 at the skin, 1 at the tip.
    needle : Needle
    limits : Limits

    Returns
    -------
    Aside or None
        None where there is no room within 60 mm.
    """
    across = np.cross(way, np.eye(3)[np.argmin(np.abs(way))])
    across /= np.linalg.norm(across)
    angles = 2 * np.pi * np.arange(_ANGLES) / _ANGLES
    spokes = np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * np.cross(way, across)
    radii = np.arange(_STEP_MM, _FARTHEST_MM + _STEP_MM, _STEP_MM)
    points = place_mm + radii[:, None, None] * spokes
    inside = field.grid.contains(points)
    points = np.where(inside[..., None], points, place_mm)
    room = field.room_mm(points) - (float(needle.kept_clear_mm(depth_share, limits)) + limits.numeric_guard.amount)
    i, j, k = np.moveaxis(np.rint(field.grid.to_ijk(points)).astype(int), -1, 0)
    free = inside & (room >= 0) & ((field.packed[k, j, i] & 0xFF) != Tissue.AIR)
    rows = np.flatnonzero(free.any(axis=1))
    if not rows.size:
        return None
    row = int(rows[0])
    turn = int(np.argmax(np.where(free[row], room[row], -np.inf)))
    # Room beside the first free place says more of the direction than the voxel that happens to come first.
    near = np.where(free[row], 1.0, 0.0) @ spokes
    direction = spokes[turn] if np.linalg.norm(near) < 0.5 else near / np.linalg.norm(near)
    distance = float(np.ceil(radii[row]))
    return Aside(distance, as_point(direction), f"{distance:.0f} mm more {direction_words(direction, case, place_mm)}")


def direction_words(direction: NDArray[np.float64], case: Case, place_mm: NDArray[np.float64]) -> str:
    """A direction in anatomical words, as seen from a place: "lateral (left) and cranial"."""
    middle = midline_mm(case, float(place_mm[2]))
    side = "left" if direction[0] > 0 else "right"
    beside = 0.0 if middle is None else float(place_mm[0]) - middle
    left = f"to the {side}"
    if abs(beside) > _MIDDLE_MM:
        left = f"{'lateral' if beside * direction[0] > 0 else 'medial'} ({side})"
    names = (
        left,
        "posterior" if direction[1] > 0 else "anterior",
        "cranial" if direction[2] > 0 else "caudal",
    )
    size = np.abs(direction)
    told = [names[axis] for axis in np.argsort(-size, kind="stable") if size[axis] >= _SHARE]
    return " and ".join(told[:2])


def title_of(structure: Structure) -> str:
    """A structure in words for a sentence: the name in the catalogue, or else its own."""
    return with_article(structure.name, structure.kind)

"""Colours: the catalogue's in the scene, and a small set in pictures that colour-blind readers can tell apart.

The set is the one of M. Okabe and K. Ito, Color Universal Design (https://jfly.uni-koeln.de/color/).
"""

from __future__ import annotations

from ..anatomy.structures import kind_for, structure_kinds
from ..case import Role, Structure

Colour = tuple[float, float, float]
"""Red, green and blue, 0..1."""


def _rgb(text: str) -> Colour:
    red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


ORANGE = _rgb("E69F00")
SKY_BLUE = _rgb("56B4E9")
GREEN = _rgb("009E73")
YELLOW = _rgb("F0E442")
VERMILLION = _rgb("D55E00")
PURPLE = _rgb("CC79A7")
WHITE: Colour = (1.0, 1.0, 1.0)

LESION = VERMILLION
ZONE = SKY_BLUE
NEEDLE = WHITE
BONE = _rgb("E8D9B5")
SKIN = _rgb("D9B9A0")

_OF_KIN = {
    "cord": YELLOW,
    "nerve_roots": YELLOW,
    "great_vessels": PURPLE,
    "heart": PURPLE,
    "lung": GREEN,
    "bowel": GREEN,
}
_OF_ROLE = {Role.BONE: BONE, Role.BODY: SKIN, Role.TARGET: LESION, Role.CRITICAL: ORANGE, Role.PASSABLE: GREEN}


def colour_of(structure: Structure) -> Colour:
    """The colour of a structure in the scene: the catalogue's, or one for its role."""
    known = structure_kinds().get(structure.kind or structure.name)
    if known is None:
        return _OF_ROLE[structure.role]
    red, green, blue = (part / 255 for part in known.colour)
    return red, green, blue


def picture_colour(structure: Structure) -> Colour:
    """The colour of a critical structure in a picture: one per class, nerves, vessels, hollow organs and the rest."""
    known = structure_kinds().get(structure.kind) or kind_for(structure.name)
    return _OF_KIN.get(known.kin.key, ORANGE) if known else ORANGE


def shown_name(structure: Structure) -> str:
    """The name of a structure in words for people."""
    known = structure_kinds().get(structure.kind or structure.name)
    return known.name if known else structure.name.replace("_", " ")

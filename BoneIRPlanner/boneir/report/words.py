"""Places, directions, dates and names in the words of the room."""

from __future__ import annotations

import re

from ..findings import Point
from ..plan import Position, Technique, Trajectory
from .numbers import MINUS, NO_BREAK_SPACE, amount_text

TECHNIQUE_WORDS = {
    Technique.RADIOFREQUENCY: "radiofrequency ablation",
    Technique.MICROWAVE: "microwave ablation",
    Technique.CRYO: "cryoablation",
    Technique.ETHANOL: "ethanol injection",
    Technique.ULTRASOUND: "focused ultrasound",
    Technique.ELECTROCHEMOTHERAPY: "electrochemotherapy",
    Technique.CEMENT: "cement augmentation",
    Technique.BIOPSY: "biopsy",
    Technique.FIXATION: "screw fixation",
}
POSITION_WORDS = {
    Position.PRONE: "prone",
    Position.SUPINE: "supine",
    Position.LEFT_LATERAL: "lying on the left side",
    Position.RIGHT_LATERAL: "lying on the right side",
}
NOT_GIVEN = "not given"
"""What stands where the image does not say something of the patient."""
_SCAN_WORDS = {"H": "head first", "F": "feet first"}
_LYING_WORDS = {"S": "supine", "P": "prone", "DL": "left side down", "DR": "right side down"}
_SEX_WORDS = {"M": "male", "F": "female", "O": "other"}
_LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))


_PLACE = re.compile(r"\((-?[\d.]+), (-?[\d.]+), (-?[\d.]+)\) mm LPS")
_SIGNS = (
    (re.compile(r"(?<=\d) deg\b"), "°"),
    (re.compile(r"\bdegC\b"), "°C"),
    (re.compile(r"(?<=\d)%"), f"{NO_BREAK_SPACE}%"),
    (re.compile(re.escape("+-")), "±"),
)


def printed(text: str) -> str:
    """A sentence of the library, which keeps to plain letters, with the signs of print and anatomical places.

    Examples
    --------
    >>> printed("at 25 deg and 60 degC")
    'at 25° and 60 °C'
    """
    for pattern, sign in _SIGNS:
        text = pattern.sub(sign, text)
    return _PLACE.sub(lambda place: anatomical_place((float(place[1]), float(place[2]), float(place[3]))), text)


def anatomical_place(point_mm: Point) -> str:
    """A place by anatomical letters: "L 34.2 P 81.0 I 402.5 mm" (left, posterior, inferior of the scanner's origin)."""
    parts = []
    for amount, (positive, negative) in zip(point_mm, _LETTERS, strict=True):
        parts.append(f"{positive if amount >= 0 else negative}\u00a0{abs(amount):.1f}")
    return f"{'  '.join(parts)}\u00a0mm"


def lps_place(point_mm: Point) -> str:
    """The three LPS numbers as other programs take them: "34.2, 81.0, -402.5"."""
    return ", ".join(f"{amount:.1f}" for amount in point_mm).replace("-0.0", "0.0").replace("-", MINUS)


def craniocaudal_words(angle_deg: float, way: Trajectory) -> str:
    """How far the needle leans out of the axial plane: "6 degrees towards the feet"."""
    return _leaning(angle_deg, way.direction[2], "towards the head", "towards the feet", "in the axial plane")


def in_plane_words(angle_deg: float, way: Trajectory) -> str:
    """How far the needle leans from front-to-back within the axial plane: "24 degrees, tip towards the right"."""
    sides = ("tip towards the patient's left", "tip towards the patient's right", "straight front to back")
    return _leaning(angle_deg, way.direction[0], *sides)


def in_plane_title(position: Position) -> str:
    """What the angle to the front-to-back axis is in the room: to the vertical, or to the table."""
    lies_on_side = position in (Position.LEFT_LATERAL, Position.RIGHT_LATERAL)
    return f"Angle from the {'horizontal' if lies_on_side else 'vertical'}, within the axial plane"


def _leaning(angle_deg: float, component: float, positive: str, negative: str, none: str) -> str:
    text = amount_text(abs(angle_deg), "deg")
    if text == amount_text(0, "deg"):
        return f"{text}, {none}"
    return f"{text}, {positive if component > 0 else negative}"


def person_name(name: str) -> str:
    """A DICOM person name for people: "Doe, Jane" of "Doe^Jane", with its other scripts in brackets."""
    groups = [", ".join(part for part in group.split("^") if part.strip()) for group in name.split("=")]
    groups = [group for group in groups if group]
    if not groups:
        return NOT_GIVEN
    return groups[0] if len(groups) == 1 else f"{groups[0]} ({'; '.join(groups[1:])})"


def date_words(date: str) -> str:
    """A DICOM date as YYYY-MM-DD; anything else as it stands."""
    if len(date) == 8 and date.isdigit():
        return f"{date[:4]}-{date[4:6]}-{date[6:]}"
    return date or NOT_GIVEN


def sex_words(sex: str) -> str:
    """A DICOM sex in words; anything else as it stands."""
    return _SEX_WORDS.get(sex.upper(), sex) or NOT_GIVEN


def scan_position_words(code: str) -> str:
    """A DICOM patient position in words ("HFS: head first, supine"); "not given" where it is empty."""
    first, lying = _SCAN_WORDS.get(code[:1], ""), _LYING_WORDS.get(code[2:], "")
    if first and lying:
        return f"{code}: {first}, {lying}"
    return code or NOT_GIVEN

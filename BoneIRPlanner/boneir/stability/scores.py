"""Clinical scores of impending fracture: SINS for the spine, Mirels for long bones, Harrington for the acetabulum.

A score adds the points of its items. Items that only the patient can answer are asked for and never guessed: as long
as an item is open, the score is the interval that its possible answers span.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from ..errors import BoneIRError
from ..evidence import Value, read_value
from ..resources import read_resource


@dataclass(frozen=True)
class Option:
    """One answer to an item, with its points."""

    key: str
    title: str
    points: Value


@dataclass(frozen=True)
class Item:
    """One question of a score.

    Parameters
    ----------
    key, title : str
    from_image : bool
        Whether an image can answer it; otherwise it has to be asked.
    options : tuple of Option
    """

    key: str
    title: str
    from_image: bool
    options: tuple[Option, ...]

    def option(self, key: str) -> Option:
        """The option of that key.

        Raises
        ------
        BoneIRError
            If there is none; the sentence lists those that exist.
        """
        for option in self.options:
            if option.key == key:
                return option
        raise BoneIRError(f"{self.title}: {key!r} is no answer; use one of {', '.join(o.key for o in self.options)}.")


@dataclass(frozen=True)
class Score:
    """A score: its items, and the bands of its total from the lowest on."""

    key: str
    title: str
    items: tuple[Item, ...]
    bands: tuple[tuple[str, Value], ...]

    def band(self, total: float) -> str:
        """The meaning of a total."""
        return next(title for title, up_to in self.bands if total <= up_to.amount)


@dataclass(frozen=True)
class Result:
    """What a score says of the answers given so far.

    Parameters
    ----------
    score : Score
    answers : mapping of item key to option key
    low, high : int
        Lowest and highest total that the open items still allow; equal where nothing is open.
    open_items : tuple of str
        Titles of the items without an answer.
    band : str
        The meaning of the total; of both ends where they differ.
    """

    score: Score
    answers: Mapping[str, str]
    low: int
    high: int
    open_items: tuple[str, ...]
    band: str


@cache
def scores() -> tuple[Score, ...]:
    """Every score of ``Resources/Limits/stability_scores.json``."""
    data = read_resource("Limits", "stability_scores.json")
    return tuple(_score(entry) for entry in data["scores"])


def score_named(key: str) -> Score:
    """The score of that key, "sins" or "mirels".

    Raises
    ------
    BoneIRError
        If there is no such score.
    """
    for score in scores():
        if score.key == key:
            return score
    raise BoneIRError(f"There is no score {key!r}; there are {', '.join(score.key for score in scores())}.")


def add_up(score: Score, answers: Mapping[str, str]) -> Result:
    """Add the points of the answers; open items span an interval.

    Parameters
    ----------
    score : Score
    answers : mapping
        Item key to option key; an item that is missing or "" is open.

    Raises
    ------
    BoneIRError
        If an answer or an item is not one of the score's.
    """
    known = {item.key for item in score.items}
    if strangers := sorted(set(answers) - known):
        raise BoneIRError(f"{score.title} has no item {strangers[0]!r}; it has {', '.join(sorted(known))}.")
    low = high = 0
    still_open = []
    for item in score.items:
        key = answers.get(item.key, "")
        possible = (item.option(key),) if key else item.options
        low += int(min(option.points.amount for option in possible))
        high += int(max(option.points.amount for option in possible))
        if not key:
            still_open.append(item.title)
    bands = dict.fromkeys((score.band(low), score.band(high)))
    return Result(score, dict(answers), low, high, tuple(still_open), " to ".join(bands))


def spinal_location(level: str) -> str:
    """The SINS location class of a vertebral level ("L3", "T11", "S1").

    Raises
    ------
    BoneIRError
        If the level is none of C1 to S5.

    Notes
    -----
    Source: Fisher CG et al., Spine 2010;35:E1221, as tabulated at
    radiopaedia.org/articles/spinal-instability-neoplastic-score-sins-2.
    """
    match = re.fullmatch(r"([CTLS])(\d{1,2})", level.strip().upper())
    last = {"C": 7, "T": 12, "L": 5, "S": 5}
    if not match or not 1 <= int(match[2]) <= last[match[1]]:
        raise BoneIRError(f"{level!r} is no vertebral level; use C1 to C7, T1 to T12, L1 to L5 or S1 to S5.")
    region, number = match[1], int(match[2])
    if region == "C":
        return "mobile" if 3 <= number <= 6 else "junctional"
    if region == "T":
        return "semirigid" if 3 <= number <= 10 else "junctional"
    if region == "L":
        return "mobile" if 2 <= number <= 4 else "junctional"
    return "junctional" if number == 1 else "rigid"


class Harrington(StrEnum):
    """Classes of acetabular destruction.

    Source: medicalalgorithms.com/classification-of-harrington-for-a-metastatic-periacetabular-fracture.
    """

    I = "I"  # noqa: E741  (the class is named so)
    II = "II"
    III = "III"
    IV = "IV"


def harrington_class(
    *, medial_wall_intact: bool, roof_and_rim_intact: bool, resection_for_cure: bool
) -> Harrington | None:
    """Harrington's class of an acetabular metastasis.

    Parameters
    ----------
    medial_wall_intact : bool
    roof_and_rim_intact : bool
        Superior wall and lateral cortices.
    resection_for_cure : bool
        Whether a solitary lesion is to be resected for cure; only a physician can say so.

    Returns
    -------
    Harrington or None
        None for a destroyed roof or rim behind an intact medial wall, which the classification does not name.
    """
    if resection_for_cure:
        return Harrington.IV
    if medial_wall_intact:
        return Harrington.I if roof_and_rim_intact else None
    return Harrington.II if roof_and_rim_intact else Harrington.III


def _score(data: Mapping[str, Any]) -> Score:
    where = f"Limits/stability_scores.json, {data['key']}"
    items = tuple(
        Item(
            entry["key"],
            entry["title"],
            entry["from"] == "image",
            tuple(
                Option(o["key"], o["title"], read_value(o["points"], f"{where}.{entry['key']}"))
                for o in entry["options"]
            ),
        )
        for entry in data["items"]
    )
    bands = tuple((band["title"], read_value(band["up_to"], f"{where}.bands")) for band in data["bands"])
    return Score(data["key"], data["title"], items, bands)

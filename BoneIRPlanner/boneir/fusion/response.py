"""Response to treatment by named criteria: RECIST 1.1, PERCIST and the MDA criteria for bone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..errors import BoneIRError
from ..resources import limit


class Answer(StrEnum):
    """How a lesion has answered."""

    COMPLETE = "complete response"
    PARTIAL = "partial response"
    STABLE = "stable disease"
    PROGRESSION = "progressive disease"


FLARE = (
    "New or growing sclerosis can be healing (flare), and an ablation zone is larger than the tumour by intent: "
    "compare with the volume before ablation, and look for nodular growth at its margin."
)
"""What must stand beside every answer of a treated bone lesion."""

NOT_MEASURABLE = "By RECIST 1.1 a bone lesion is measurable only by a soft-tissue part of at least 10 mm."


@dataclass(frozen=True)
class Response:
    """The answer of a lesion by one set of criteria.

    Parameters
    ----------
    criteria : str
        Their name.
    answer : Answer or None
        None where the criteria cannot be used; `note` says why.
    change : float or None
        Relative change (-0.3 is 30 % less).
    note : str
        What a reader must know.
    """

    criteria: str
    answer: Answer | None
    change: float | None
    note: str


def recist(before_mm: float, nadir_mm: float, now_mm: float, *, new_lesion: bool = False) -> Response:
    """RECIST 1.1 on the sum of longest diameters of soft-tissue parts.

    Parameters
    ----------
    before_mm, nadir_mm, now_mm : float
        At the start, at its least since then, and now.
    new_lesion : bool
    """
    _check(before_mm, nadir_mm, now_mm)
    change = now_mm / before_mm - 1.0
    if before_mm < limit("verification", "recist_measurable_mm").amount:
        return Response("RECIST 1.1", None, change, f"{NOT_MEASURABLE} {FLARE}")
    growth = now_mm - nadir_mm
    grown = growth >= limit("verification", "recist_growth_mm").amount
    if new_lesion or (grown and growth >= limit("verification", "recist_progression").amount * nadir_mm):
        answer = Answer.PROGRESSION
    elif now_mm == 0.0:
        answer = Answer.COMPLETE
    elif -change >= limit("verification", "recist_partial").amount:
        answer = Answer.PARTIAL
    else:
        answer = Answer.STABLE
    return Response("RECIST 1.1", answer, change, FLARE)


def percist(before_sul: float, now_sul: float, blood_sul: float, *, new_lesion: bool = False) -> Response:
    """PERCIST on the peak of the standardised uptake by lean mass.

    Parameters
    ----------
    before_sul, now_sul, blood_sul : float
        Of the lesion before and now, and of the blood pool now.
    new_lesion : bool
    """
    _check(before_sul, now_sul, blood_sul)
    change, units = now_sul / before_sul - 1.0, abs(now_sul - before_sul)
    enough = units >= limit("verification", "percist_units").amount
    share = limit("verification", "percist_share").amount
    if new_lesion or (enough and change >= share):
        answer = Answer.PROGRESSION
    elif now_sul <= blood_sul:
        answer = Answer.COMPLETE
    elif enough and -change >= share:
        answer = Answer.PARTIAL
    else:
        answer = Answer.STABLE
    return Response("PERCIST", answer, change, "Uptake soon after ablation can be inflammation.")


def mda_bone(before_mm2: float, now_mm2: float, *, filled_in: bool = False, new_lesion: bool = False) -> Response:
    """MDA criteria for bone on the sum of products of perpendicular diameters.

    Parameters
    ----------
    before_mm2, now_mm2 : float
    filled_in : bool
        Whether a lytic lesion has filled in wholly with sclerosis, or density or signal are normal again.
    new_lesion : bool
    """
    _check(before_mm2, now_mm2)
    change = now_mm2 / before_mm2 - 1.0
    if new_lesion or change >= limit("verification", "mda_progression").amount:
        answer = Answer.PROGRESSION
    elif filled_in or now_mm2 == 0.0:
        answer = Answer.COMPLETE
    elif -change >= limit("verification", "mda_partial").amount:
        answer = Answer.PARTIAL
    else:
        answer = Answer.STABLE
    return Response("MDA bone criteria", answer, change, FLARE)


def _check(before: float, *others: float) -> None:
    if not before > 0.0 or min(others, default=0.0) < 0.0:
        raise BoneIRError(f"A response needs a size above 0 before and none below 0 later; found {(before, *others)}.")

"""Response to treatment by named criteria: RECIST 1.1, PERCIST and the MDA criteria for bone."""

from __future__ import annotations

from ..errors import BoneIRError
from ..follow_up import MDA, PERCIST, RECIST, Answer, Response
from ..resources import limit

FLARE = (
    "New or growing sclerosis can be healing (flare), and an ablation zone is larger than the tumour by intent: "
    "compare with the volume before ablation, and look for nodular growth at its margin."
)
"""What must stand beside every answer of a treated bone lesion."""

NOT_MEASURABLE = "By RECIST 1.1 a bone lesion is measurable only by a soft-tissue part of at least 10 mm."
NO_BLOOD = "Without the aorta in the PET a complete response cannot be told from a partial one."


def recist(before_mm: float, nadir_mm: float, now_mm: float, *, new_lesion: bool = False) -> Response:
    """RECIST 1.1 on the sum of longest diameters of soft-tissue parts.

    Parameters
    ----------
    before_mm, nadir_mm, now_mm : float
        At the start, at its least since then, and now.
    new_lesion : bool

    Raises
    ------
    BoneIRError
        If the size at the start is not above 0, or another one is below.
    """
    _check(before_mm, nadir_mm, now_mm)
    change = now_mm / before_mm - 1.0
    if before_mm < limit("response", "recist_measurable_mm").amount:
        return Response(RECIST, None, change, f"{NOT_MEASURABLE} {FLARE}")
    growth = now_mm - nadir_mm
    grown = growth >= limit("response", "recist_growth_mm").amount
    if new_lesion or (grown and growth >= limit("response", "recist_progression").amount * nadir_mm):
        answer = Answer.PROGRESSION
    elif now_mm == 0.0:
        answer = Answer.COMPLETE
    elif -change >= limit("response", "recist_partial").amount:
        answer = Answer.PARTIAL
    else:
        answer = Answer.STABLE
    return Response(RECIST, answer, change, FLARE)


def percist(before_sul: float, now_sul: float, blood_sul: float | None, *, new_lesion: bool = False) -> Response:
    """PERCIST on the peak of the standardised uptake by lean mass.

    Parameters
    ----------
    before_sul, now_sul : float
        Of the lesion before and now.
    blood_sul : float or None
        Of the blood pool now; without it no response is called complete.
    new_lesion : bool

    Raises
    ------
    BoneIRError
        If the uptake before is not above 0, or another one is below.
    """
    _check(before_sul, now_sul, *(() if blood_sul is None else (blood_sul,)))
    change, units = now_sul / before_sul - 1.0, abs(now_sul - before_sul)
    enough = units >= limit("response", "percist_units").amount
    share = limit("response", "percist_share").amount
    note = "Uptake soon after ablation can be inflammation."
    if new_lesion or (enough and change >= share):
        answer = Answer.PROGRESSION
    elif blood_sul is not None and now_sul <= blood_sul:
        answer = Answer.COMPLETE
    elif enough and -change >= share:
        answer = Answer.PARTIAL
        note += f" {NO_BLOOD}" if blood_sul is None else ""
    else:
        answer = Answer.STABLE
    return Response(PERCIST, answer, change, note)


def mda_bone(
    before_mm: float,
    nadir_mm: float,
    now_mm: float,
    *,
    filled_in: bool = False,
    partly_filled_in: bool = False,
    new_lesion: bool = False,
) -> Response:
    """MDA criteria for bone on the sum of perpendicular diameters, and on how a lytic lesion has filled in.

    Parameters
    ----------
    before_mm, nadir_mm, now_mm : float
        At the start, at its least since then, and now.
    filled_in, partly_filled_in : bool
        Whether a lytic lesion has filled in with sclerosis, wholly or in part.
    new_lesion : bool

    Raises
    ------
    BoneIRError
        If the size at the start is not above 0, or another one is below.

    Notes
    -----
    Hamaoka et al., J Clin Oncol 2004;22:2942-2953; the table as Hayashi et al. give it, Clin Breast Cancer
    2013;13:24-30 (https://pmc.ncbi.nlm.nih.gov/articles/PMC3863546/table/T1).
    """
    _check(before_mm, nadir_mm, now_mm)
    change = now_mm / before_mm - 1.0
    if new_lesion or now_mm - nadir_mm >= limit("response", "mda_progression").amount * max(nadir_mm, 1e-9):
        answer = Answer.PROGRESSION
    elif filled_in or now_mm == 0.0:
        answer = Answer.COMPLETE
    elif partly_filled_in or -change >= limit("response", "mda_partial").amount:
        answer = Answer.PARTIAL
    else:
        answer = Answer.STABLE
    return Response(MDA, answer, change, FLARE)


def _check(before: float, *others: float) -> None:
    if not before > 0.0 or min(others, default=0.0) < 0.0:
        raise BoneIRError(f"A response needs a size above 0 before and none below 0 later; found {(before, *others)}.")

"""Follow-up: what examinations over time show of every lesion, and how it has answered by named criteria."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .case import Case
from .findings import Finding, Point

RECIST, PERCIST, MDA = "RECIST 1.1", "PERCIST", "MDA bone criteria"


def day_words(day: str) -> str:
    """A date as people write it: "2026-01-31" of "20260131"."""
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}"


class Answer(StrEnum):
    """How a lesion has answered."""

    COMPLETE = "complete response"
    PARTIAL = "partial response"
    STABLE = "stable disease"
    PROGRESSION = "progressive disease"


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
        Relative change since the start (-0.3 is 30 % less).
    note : str
        What a reader must know.
    """

    criteria: str
    answer: Answer | None
    change: float | None
    note: str


@dataclass(frozen=True)
class LesionState:
    """A lesion on one day; None is what could not be measured.

    Parameters
    ----------
    date : str
        YYYYMMDD.
    lesion : str
    volume_ml : float
    long_mm, short_mm : float
        Longest diameter in an axial slice, and the longest across it there.
    place_mm : Point or None
        LPS mm of the middle of the long axis, in the frame of the examination; None where the lesion is gone.
    soft_mm, soft_ml : float or None
        Longest axial diameter and volume of the part outside of the bone; 0 where there is none.
    hu_mean, hu_z : float or None
        Mean CT number, and how many standard deviations of healthy marrow it lies above that.
    lytic_ml, sclerotic_ml, dense_ml : float or None
        What is less dense than healthy marrow, denser than it, and as dense as cement.
    suv_peak, suv_blood : float or None
        Uptake: peak over 1 mL, and that of the aorta.
    """

    date: str
    lesion: str
    volume_ml: float
    long_mm: float
    short_mm: float
    place_mm: Point | None = None
    soft_mm: float | None = None
    soft_ml: float | None = None
    hu_mean: float | None = None
    hu_z: float | None = None
    lytic_ml: float | None = None
    sclerotic_ml: float | None = None
    dense_ml: float | None = None
    suv_peak: float | None = None
    suv_blood: float | None = None

    @property
    def gone(self) -> bool:
        """Whether nothing of it is left."""
        return self.volume_ml == 0.0

    @property
    def across_mm(self) -> float:
        """Sum of the perpendicular diameters."""
        return self.long_mm + self.short_mm


@dataclass(frozen=True, eq=False)
class Exam:
    """A case of one day.

    Parameters
    ----------
    date : str
        YYYYMMDD.
    case : Case
        With the lesions outlined on its own image; a lesion has the same name in every examination.
    """

    date: str
    case: Case


@dataclass(frozen=True)
class Course:
    """One lesion over all examinations.

    Parameters
    ----------
    lesion : str
    states : tuple of LesionState or None
        For each examination; None where it is not outlined.
    answers : tuple of tuple of Response
        For each examination after the first: by RECIST 1.1, by the MDA criteria, by PERCIST.
    filled_in : tuple of float or None
        For each examination by how much (0 to 1) the lytic share of the lesion has fallen since the start; None where
        there was none, or cement makes density say nothing.
    """

    lesion: str
    states: tuple[LesionState | None, ...]
    answers: tuple[tuple[Response, ...], ...]
    filled_in: tuple[float | None, ...]

    @property
    def is_new(self) -> bool:
        """Whether it was first outlined after the first examination."""
        return self.states[0] is None


@dataclass(frozen=True, eq=False)
class FollowUp:
    """How all lesions have answered.

    Parameters
    ----------
    exams : tuple of Exam
        By rising date.
    courses : tuple of Course
        In the order in which the lesions appear.
    overall : tuple of tuple of Response
        For each examination after the first: of all lesions together.
    findings : tuple of Finding
        The worst first.
    """

    exams: tuple[Exam, ...]
    courses: tuple[Course, ...]
    overall: tuple[tuple[Response, ...], ...]
    findings: tuple[Finding, ...]

    @property
    def dates(self) -> tuple[str, ...]:
        """YYYYMMDD, rising."""
        return tuple(exam.date for exam in self.exams)

"""Assessment: what follows from a case and a plan, as measures with units, findings and zones."""

from __future__ import annotations

from dataclasses import dataclass, field

from .evidence import Value
from .findings import Finding, Point, Severity, worst_severity
from .mask import Mask

ASSESSMENT_SCHEMA = "boneir.assessment/1"
"""Name and version of the JSON form."""


@dataclass(frozen=True)
class Measure:
    """One number that follows from a plan.

    Parameters
    ----------
    code : str
        Stable dotted name ("access.length", "ablation.minimal_margin").
    title : str
        Words for people ("Length from skin to tip").
    amount : float or None
        The number, None where it cannot be had; `note` then says why.
    unit : str
        Unit symbol, "" for a pure number, "%" for a share.
    about : str
        The needle, structure or lesion that it belongs to.
    low, high : float or None
        Range where the number is uncertain.
    limit : Value or None
        The limit it is held against.
    place_mm : Point or None
        Where, in LPS mm.
    note : str
        What a reader must know of it.
    """

    code: str
    title: str
    amount: float | None
    unit: str = ""
    about: str = ""
    low: float | None = None
    high: float | None = None
    limit: Value | None = None
    place_mm: Point | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class Zone:
    """A region that a probe is predicted to affect.

    Parameters
    ----------
    name : str
        "zone 1", "ice 1", ...
    probe : str
        Name of the probe, or "" for all together.
    mask : Mask
        Expected extent, on the grid of the planning image.
    inner, outer : Mask or None
        Sure and possible extent, where known.
    medium : str
        What the size was measured in ("ex vivo liver"); printed with the zone.
    evidence : Value or None
        The size that it rests on.
    """

    name: str
    probe: str
    mask: Mask
    inner: Mask | None = None
    outer: Mask | None = None
    medium: str = ""
    evidence: Value | None = None


@dataclass(frozen=True)
class CurveMark:
    """A place on a curve that has a name, and what it means for the plan; severity None where nothing."""

    x: float
    text: str
    severity: Severity | None = None


@dataclass(frozen=True)
class Curve:
    """How one number goes with another, to be drawn.

    Parameters
    ----------
    code : str
        Stable dotted name ("cement.filling").
    title, x_title, y_title : str
        Words for people.
    x_unit, y_unit : str
    about : str
        The needle, structure or lesion that it belongs to.
    points : tuple of (float, float)
        By rising x.
    marks : tuple of CurveMark
    note : str
        What a reader must know of it.
    """

    code: str
    title: str
    x_title: str
    y_title: str
    x_unit: str
    y_unit: str
    about: str
    points: tuple[tuple[float, float], ...]
    marks: tuple[CurveMark, ...] = ()
    note: str = ""


@dataclass(frozen=True, eq=False)
class Assessment:
    """What follows from a case and a plan.

    Parameters
    ----------
    plan_uid, case_uid : str
        Fingerprints of what was assessed.
    measures : tuple of Measure
    findings : tuple of Finding
        The worst first.
    zones : tuple of Zone
    curves : tuple of Curve
    """

    plan_uid: str
    case_uid: str
    measures: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()
    zones: tuple[Zone, ...] = field(default=())
    curves: tuple[Curve, ...] = ()

    def measure(self, code: str, about: str = "") -> Measure | None:
        """The first measure of that code (and about that thing), or None."""
        for item in self.measures:
            if item.code == code and about in ("", item.about):
                return item
        return None

    @property
    def verdict(self) -> Severity | None:
        """The gravest severity among the findings."""
        return worst_severity(self.findings)


@dataclass(frozen=True)
class ZoneRecord:
    """A zone in the JSON form: its volumes in mL instead of its voxels."""

    name: str
    probe: str
    volume_ml: float
    inner_ml: float | None = None
    outer_ml: float | None = None
    medium: str = ""
    evidence: Value | None = None


@dataclass(frozen=True)
class AssessmentRecord:
    """The JSON form of an assessment."""

    schema: str
    plan_uid: str
    case_uid: str
    measures: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()
    zones: tuple[ZoneRecord, ...] = ()
    curves: tuple[Curve, ...] = ()


def assessment_record(assessment: Assessment) -> AssessmentRecord:
    """An assessment without voxels, ready for `plain.to_json`."""
    zones = tuple(
        ZoneRecord(
            name=zone.name,
            probe=zone.probe,
            volume_ml=zone.mask.volume_ml,
            inner_ml=None if zone.inner is None else zone.inner.volume_ml,
            outer_ml=None if zone.outer is None else zone.outer.volume_ml,
            medium=zone.medium,
            evidence=zone.evidence,
        )
        for zone in assessment.zones
    )
    return AssessmentRecord(
        schema=ASSESSMENT_SCHEMA,
        plan_uid=assessment.plan_uid,
        case_uid=assessment.case_uid,
        measures=assessment.measures,
        findings=assessment.findings,
        zones=zones,
        curves=assessment.curves,
    )

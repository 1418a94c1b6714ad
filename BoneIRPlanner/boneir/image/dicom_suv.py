"""Standardised uptake values (body weight) of PET, where the header gives what they need.

SUVbw = activity concentration (Bq/mL) * body weight (g) / injected activity (Bq), the activity decayed to the time to
which the image is corrected (https://oncoray.github.io/suv_computation/suv.html). Tags and rules as in the text at
https://docest.com/doc/550456/suv-cannot-be-calculated-if-any-of-the-specified-dicom-attributes-are-missing-or-empty-or-zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..errors import ImageError
from ..findings import Finding, Severity
from .dicom_header import number, read_dicom, text

_TAGS = (
    *("Units", "SUVType", "CorrectedImage", "DecayCorrection", "PatientWeight", "SeriesDate", "SeriesTime"),
    *("AcquisitionDate", "AcquisitionTime", "RadiopharmaceuticalInformationSequence"),
)


def suv_factor(paths: Sequence[Path]) -> tuple[float, str, tuple[Finding, ...]]:
    """What PET values must be multiplied with, and the unit that they then have.

    Returns
    -------
    factor : float
    unit : str
        "SUV", or what the values are in where the header does not allow it ("Bq/mL").
    findings : tuple of Finding
        Why not, in one sentence.
    """
    data = read_dicom(paths[0], tags=_TAGS)
    units = text(data, "Units").upper()
    if units == "GML" and text(data, "SUVType").upper() in ("", "BW"):
        return 1.0, "SUV", ()
    if units != "BQML":
        words = units or "not given"
        return 1.0, units.lower(), (_not_suv(f"the unit of the values is {words}, which has no way to SUV by weight"),)
    try:
        return _factor(data, paths), "SUV", ()
    except ImageError as error:
        return 1.0, "Bq/mL", (_not_suv(str(error).rstrip(".")),)


def _factor(data: Any, paths: Sequence[Path]) -> float:
    path = paths[0]
    corrected = text(data, "CorrectedImage").upper()
    if not ("DECY" in corrected and "ATTN" in corrected):
        raise ImageError(
            f"the image is not corrected for decay and attenuation (CorrectedImage {corrected or 'absent'})"
        )
    weight_kg = number(data, "PatientWeight", path)
    tracers = data.get("RadiopharmaceuticalInformationSequence")
    if not tracers:
        raise ImageError("RadiopharmaceuticalInformationSequence (0054,0016) is missing")
    dose_bq = number(tracers[0], "RadionuclideTotalDose", path)
    half_life_s = number(tracers[0], "RadionuclideHalfLife", path)
    if weight_kg <= 0 or half_life_s <= 0 or dose_bq < 1e5:  # less than 0.1 MBq makes no image: it was meant in MBq
        raise ImageError(
            f"weight {weight_kg:g} kg, half-life {half_life_s:g} s and injected {dose_bq:g} Bq are not plausible"
        )
    rule = text(data, "DecayCorrection").upper()
    if rule == "ADMIN":
        return weight_kg * 1000 / dose_bq
    if rule != "START":
        raise ImageError(f"DecayCorrection is {rule or 'absent'}; START or ADMIN is needed")
    waited_s = (_scan_start(data, paths) - _injection(data, tracers[0])).total_seconds()
    if not 0 <= waited_s < 86400:
        raise ImageError(f"injection and scan lie {waited_s:.0f} s apart, which is not plausible")
    return float(weight_kg * 1000 / (dose_bq * 2.0 ** (-waited_s / half_life_s)))


def _scan_start(data: Any, paths: Sequence[Path]) -> datetime:
    """The series time, unless the series was written after the first slice was measured."""
    first = min(
        _moment(text(d, "AcquisitionDate"), text(d, "AcquisitionTime"))
        for d in (read_dicom(path, tags=("AcquisitionDate", "AcquisitionTime")) for path in paths)
    )
    series = _moment(text(data, "SeriesDate"), text(data, "SeriesTime"))
    return min(series, first)


def _injection(data: Any, tracer: Any) -> datetime:
    both = text(tracer, "RadiopharmaceuticalStartDateTime")
    if len(both) >= 14:
        return _moment(both[:8], both[8:])
    start = _moment(text(data, "SeriesDate"), text(tracer, "RadiopharmaceuticalStartTime"))
    series = _moment(text(data, "SeriesDate"), text(data, "SeriesTime"))
    return start - timedelta(days=1) if start > series else start  # injected before midnight


def _moment(date: str, time: str) -> datetime:
    digits = "".join(c for c in time.split(".")[0].split("+")[0].split("-")[0] if c.isdigit())
    if len(digits) < 4:  # a time that is absent must not become midnight
        raise ImageError(f"the time {time!r} of injection or scan cannot be read")
    try:
        return datetime.strptime(date + digits.ljust(6, "0")[:6], "%Y%m%d%H%M%S")
    except ValueError as error:
        raise ImageError(f"date {date!r} and time {time!r} of injection or scan cannot be read") from error


def _not_suv(why: str) -> Finding:
    return Finding(code="image.no_suv", severity=Severity.WARN, text=f"PET values are not given as SUV: {why}.")

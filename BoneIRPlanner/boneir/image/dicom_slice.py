"""Slices: what one DICOM header, single or enhanced multi-frame, says of place, size and values of each slice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ImageError
from ..findings import Point
from .dicom_header import PHASE_TAGS, named, number, numbers, short_reason, text


@dataclass(frozen=True)
class Slice:
    """One slice: a file, or one frame of it.

    Parameters
    ----------
    path : Path
    frame : int
        Index of the frame in the file, from 0.
    position_mm, row, column : Point
        LPS mm of the first pixel, and the unit vectors along which the column index and the row index grow.
    size : tuple of int
        Number of columns and rows.
    spacing_mm : tuple of float
        Distance between columns (along `row`) and between rows (along `column`).
    slope, intercept : float
        From stored numbers to values.
    padding : int or None
        Stored number that marks pixels without a measurement.
    thickness_mm : float or None
    instance : int
    sop_uid : str
    image_type : tuple of str
    phase : tuple of str
        Values of `PHASE_TAGS`, in their order.
    """

    path: Path
    frame: int
    position_mm: Point
    row: Point
    column: Point
    size: tuple[int, int]
    spacing_mm: tuple[float, float]
    slope: float = 1.0
    intercept: float = 0.0
    padding: int | None = None
    thickness_mm: float | None = None
    instance: int = 0
    sop_uid: str = ""
    image_type: tuple[str, ...] = ()
    phase: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How messages name the slice."""
        return f"{self.path.name}, frame {self.frame + 1}" if self.frame else self.path.name


def slices_in(data: Any, path: Path) -> tuple[Slice, ...]:
    """Every slice that a header describes: one, or the frames of an enhanced multi-frame object.

    Raises
    ------
    ImageError
        If a tag that gives place, size or values is missing or wrong.
    """
    try:
        return _slices(data, path)
    except ImageError:
        raise
    except Exception as error:  # broken bytes inside a sequence make the parser raise almost anything
        raise ImageError(f"{path.name}: the DICOM header cannot be read ({short_reason(error)}).") from error


def _slices(data: Any, path: Path) -> tuple[Slice, ...]:
    frames = int(number(data, "NumberOfFrames", path, 1.0))
    shared = _first(data, "SharedFunctionalGroupsSequence")
    each = data.get("PerFrameFunctionalGroupsSequence")
    if each is None:
        if frames != 1:
            raise ImageError(
                f"{path.name}: {frames} frames, but nothing says where they lie; an enhanced object would."
            )
        return (_slice(data, path, 0, [data]),)
    if len(each) != frames:
        raise ImageError(f"{path.name}: {named('NumberOfFrames')} says {frames}, but {len(each)} frames are described.")
    return tuple(_slice(data, path, n, [frame, shared, data]) for n, frame in enumerate(each))


_GROUP_OF = {
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "PixelSpacing": "PixelMeasuresSequence",
    "SliceThickness": "PixelMeasuresSequence",
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
    "DiffusionBValue": "MRDiffusionSequence",
    "TemporalPositionIndex": "FrameContentSequence",
}


def in_groups(places: list[Any], keyword: str) -> Any:
    """The data set that holds `keyword`: a functional group of the frame, of all frames, or the object itself."""
    for place in places:
        group = _first(place, _GROUP_OF[keyword])
        for candidate in (group, place):
            if candidate is not None and keyword in candidate:
                return candidate
    return places[-1]


def _slice(data: Any, path: Path, frame: int, places: list[Any]) -> Slice:
    row, column = _orientation(in_groups(places, "ImageOrientationPatient"), path)
    between_rows, between_columns = numbers(in_groups(places, "PixelSpacing"), "PixelSpacing", 2, path)
    x, y, z = numbers(in_groups(places, "ImagePositionPatient"), "ImagePositionPatient", 3, path)
    slope = number(in_groups(places, "RescaleSlope"), "RescaleSlope", path, 1.0)
    if slope == 0:
        raise ImageError(f"{path.name}: {named('RescaleSlope')} is 0, which would make every value the same.")
    thickness = number(in_groups(places, "SliceThickness"), "SliceThickness", path, 0.0)
    return Slice(
        path=path,
        frame=frame,
        position_mm=(x, y, z),
        row=row,
        column=column,
        size=(_size(data, "Columns", path), _size(data, "Rows", path)),
        spacing_mm=(between_columns, between_rows),
        slope=slope,
        intercept=number(in_groups(places, "RescaleIntercept"), "RescaleIntercept", path, 0.0),
        padding=_padding(data, path),
        thickness_mm=thickness if thickness > 0 else None,
        instance=int(number(data, "InstanceNumber", path, 0.0)),
        sop_uid=text(data, "SOPInstanceUID"),
        image_type=tuple(text(data, "ImageType").upper().split("\\")),
        phase=_phase(data, places),
    )


def _size(data: Any, keyword: str, path: Path) -> int:
    size = int(number(data, keyword, path))
    if size < 1:
        raise ImageError(f"{path.name}: {named(keyword)} is {size}; an image has at least one.")
    return size


def _phase(data: Any, places: list[Any]) -> tuple[str, ...]:
    own = [text(data, keyword) for keyword in PHASE_TAGS]
    if len(places) > 1:  # frames of one object
        own[1] = text(in_groups(places, "TemporalPositionIndex"), "TemporalPositionIndex")
        own[2] = text(in_groups(places, "DiffusionBValue"), "DiffusionBValue")
    return tuple(own)


def _orientation(data: Any, path: Path) -> tuple[Point, Point]:
    six = numbers(data, "ImageOrientationPatient", 6, path)
    row, column = _unit(six[:3]), _unit(six[3:])
    across = sum(a * b for a, b in zip(row, column, strict=True))
    lengths = [math.hypot(*six[:3]), math.hypot(*six[3:])]
    if abs(across) > 1e-3 or any(abs(length - 1) > 1e-2 for length in lengths):
        shown = ", ".join(f"{item:g}" for item in six)
        raise ImageError(
            f"{path.name}: {named('ImageOrientationPatient')} needs two perpendicular unit vectors, found {shown}."
        )
    x, y, z = (c - across * r for r, c in zip(row, column, strict=True))  # headers round to a few digits
    return row, _unit((x, y, z))


def _unit(vector: tuple[float, ...]) -> Point:
    length = math.hypot(*vector) or 1.0
    x, y, z = (item / length for item in vector)
    return x, y, z


def _padding(data: Any, path: Path) -> int | None:
    if text(data, "PixelPaddingValue") == "":
        return None
    value = int(number(data, "PixelPaddingValue", path))
    signed = int(number(data, "PixelRepresentation", path, 0.0)) == 1
    return value - 65536 if signed and value > 32767 else value  # often written with the other sign type


def _first(data: Any, keyword: str) -> Any:
    sequence = data.get(keyword) if data is not None else None
    return sequence[0] if sequence else None

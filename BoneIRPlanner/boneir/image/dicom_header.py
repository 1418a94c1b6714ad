"""DICOM headers: the few tags that say what a slice is, where it lies and what its numbers mean.

Only the tags named here are read and reading stops before the pixels, so that a folder of some hundred slices is
known in a fraction of a second. Whatever a header has wrong ends in an `ImageError` that names file and tag.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
from pydicom.datadict import tag_for_keyword

from ..errors import ImageError

GEOMETRY_TAGS = (
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "Rows", "Columns"),
    *("NumberOfFrames", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "GantryDetectorTilt"),
)
VALUE_TAGS = (
    *("RescaleSlope", "RescaleIntercept", "RescaleType", "PixelPaddingValue", "PixelRepresentation", "BitsAllocated"),
    *("SamplesPerPixel", "PhotometricInterpretation", "LossyImageCompression", "Units"),
)
IDENTITY_TAGS = (
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID", "Modality"),
    *("SeriesNumber", "InstanceNumber", "ImageType", "SeriesDescription", "StudyDescription", "StudyDate"),
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PatientPosition", "Manufacturer"),
    *("ManufacturerModelName", "ConvolutionKernel", "ContrastBolusAgent", "SpecificCharacterSet"),
)
PHASE_TAGS = (
    *("EchoNumbers", "TemporalPositionIdentifier", "DiffusionBValue", "NominalPercentageOfCardiacPhase"),
    *("AcquisitionNumber", "TriggerTime", "AcquisitionTime", "ContentTime"),
)
"""What tells apart images of one place that were made at different times or ways, the most telling first."""


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep pydicom quiet on values that break a rule: where they matter they are refused with a sentence.

    Used around whole readings, because what a warning does is one setting for all threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def is_dicom(path: Path) -> bool:
    """Whether the file begins as DICOM does: the mark after the preamble, or without preamble a group 0008 tag."""
    try:
        with path.open("rb") as file:
            start = file.read(132)
    except OSError:
        return False
    return start[128:132] == b"DICM" or start[:4] in (b"\x08\x00\x00\x00", b"\x08\x00\x05\x00", b"\x08\x00\x08\x00")


def read_dicom(path: Path, *, pixels: bool = False, tags: tuple[str, ...] = ()) -> Any:
    """The data set of a file; without `pixels` only its header, with `tags` only those.

    Raises
    ------
    ImageError
        If the file cannot be read; the sentence names it.
    """
    wanted: list[int | str] | None = list(tags) or None
    try:
        return pydicom.dcmread(path, stop_before_pixels=not pixels, specific_tags=wanted, force=True)
    except Exception as error:  # broken bytes make the parser raise almost anything
        raise ImageError(f"{path.name}: the DICOM header cannot be read ({short_reason(error)}).") from error


def read_header(path: Path) -> Any:
    """The tags of this module's lists from one file."""
    return read_dicom(path, tags=(*GEOMETRY_TAGS, *VALUE_TAGS, *IDENTITY_TAGS, *PHASE_TAGS))


def text(data: Any, keyword: str) -> str:
    """A tag as text; several values are joined by a backslash; "" where it is absent, empty or unreadable."""
    try:
        value = data.get(keyword)
    except Exception:  # a value that its own type refuses is as good as none here
        return ""
    if value is None or isinstance(value, bytes):
        return ""
    words = "\\".join(map(str, value)) if isinstance(value, pydicom.multival.MultiValue) else str(value)
    return "".join(c for c in words if c.isprintable()).strip()


def numbers(data: Any, keyword: str, count: int, path: Path) -> tuple[float, ...]:
    """Exactly `count` finite numbers of a tag.

    Raises
    ------
    ImageError
        If the tag is missing, has another number of values or a value is not a finite number.
    """
    name = named(keyword)
    try:
        value = data.get(keyword)
        if value is None or (isinstance(value, str) and not value.strip()):
            raise ImageError(f"{path.name}: {name} is missing.")
        several = list(value) if isinstance(value, list | tuple | pydicom.multival.MultiValue) else [value]
        found = tuple(float(item) for item in several)
    except ImageError:
        raise
    except Exception as error:
        raise ImageError(f"{path.name}: {name} cannot be read as a number ({short_reason(error)}).") from error
    if len(found) != count or not all(map(math.isfinite, found)):
        shown = ", ".join(f"{item:g}" for item in found) or "nothing"
        raise ImageError(f"{path.name}: {name} needs {count} finite number{'s'[: count > 1]}, found {shown}.")
    return found


def number(data: Any, keyword: str, path: Path, default: float | None = None) -> float:
    """One finite number of a tag; `default`, where given, stands for a tag that is absent or empty.

    Raises
    ------
    ImageError
        As `numbers`.
    """
    if default is not None and text(data, keyword) == "" and not _is_broken(data, keyword):
        return default
    return numbers(data, keyword, 1, path)[0]


def _is_broken(data: Any, keyword: str) -> bool:
    try:
        value = data.get(keyword)
    except Exception:  # present, but its own type refuses it
        return True
    return isinstance(value, bytes) and bool(value.strip(b"\0 "))


def named(keyword: str) -> str:
    """A tag as messages name it: keyword and number."""
    tag = tag_for_keyword(keyword) or 0
    return f"{keyword} ({tag >> 16:04X},{tag & 0xFFFF:04X})"


def short_reason(error: object) -> str:
    """What an error of another library says, in one short line without unprintable characters."""
    words = "".join(c if c.isprintable() else " " for c in str(error)) or type(error).__name__
    words = " ".join(words.split()).rstrip(".")
    return words if len(words) <= 120 else words[:117] + "..."

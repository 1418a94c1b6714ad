"""Reading: one image from a folder, a file or a DICOMDIR, and what a physician must know of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..case import Image, ImageSource, Modality
from ..errors import ImageError
from ..findings import Finding, Severity
from .dicom_header import read_dicom, text, without_warnings
from .dicom_layout import lay_out
from .dicom_slice import Slice
from .dicom_suv import suv_factor
from .dicom_volume import read_volume
from .hounsfield import AIR_HU, Hounsfield, checked_hounsfield
from .series import Series, find_series
from .volume_file import read_volume_file


def read_image(path: Path | str, series_uid: str = "") -> tuple[Image, tuple[Finding, ...]]:
    """Read an image.

    Parameters
    ----------
    path : Path or str
        A folder with DICOM, a DICOMDIR, or one file (DICOM, NIfTI, NRRD, MetaImage).
    series_uid : str
        Which series, as `find_series` names it. Without it: the only image, else the only CT that can be planned on.

    Returns
    -------
    Image, and what was repaired or is doubtful

    Raises
    ------
    ImageError
        If nothing or more than one series answers the question, or the image cannot be read; the sentence says which
        file and tag are at fault, or which series there are to choose from.
    """
    listed = find_series(path)
    chosen = _choose(listed, series_uid, Path(path))
    image, findings = read_series(chosen)
    return image, (*findings, *_left_out(listed, chosen))


def read_series(series: Series) -> tuple[Image, tuple[Finding, ...]]:
    """Read the image of one series that `find_series` has listed.

    Raises
    ------
    ImageError
        If it is no image, or its pixels cannot be read.
    """
    if series.kind != "image":
        raise ImageError(f"{series.files[0].name}: {series.kind}, not an image.")
    if series.fault:
        raise ImageError(series.fault)
    if series.stack is None:
        image, findings = _read_file(series)
    else:
        with without_warnings():
            image, findings = _read_stack(series)
    if not series.plannable:
        doubt = Finding(code="image.not_for_planning", severity=Severity.WARN, text=series.reason)
        findings = (doubt, *findings)
    return image, findings


def doubts_about(series: Series) -> tuple[Finding, ...]:
    """What is repaired or doubtful in a series as far as its headers tell, without reading its pixels.

    Raises
    ------
    ImageError
        If its slices make no volume.
    """
    if series.stack is None:
        return ()
    with without_warnings():
        return (*lay_out(series.stack).findings, *_header_findings(series))


def _choose(listed: Sequence[Series], uid: str, path: Path) -> Series:
    if uid:
        named = [s for s in listed if s.uid == uid]
        if named:
            return named[0]
        raise ImageError(f"{path.name}: no series {uid}; {_choices(listed)}")
    images = [s for s in listed if s.is_image]
    plannable = [s for s in images if s.plannable]
    for candidates in ([s for s in plannable if s.modality == "CT"], plannable, images):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            raise ImageError(f"{path.name}: which series? {_choices(candidates)}")
    broken = [s for s in listed if s.fault]
    if len(listed) == 1 or broken:
        raise ImageError((broken or listed)[0].reason)
    raise ImageError(f"{path.name}: no image; {_choices(listed)}")


def _choices(listed: Sequence[Series]) -> str:
    shown = [f"{s.uid} ({f'{s.modality or s.kind} {s.description}'.strip()}, {s.file_count} files)" for s in listed[:8]]
    more = f" and {len(listed) - 8} more" if len(listed) > 8 else ""
    return "there are " + "; ".join(shown) + more + "."


def _read_stack(series: Series) -> tuple[Image, tuple[Finding, ...]]:
    assert series.stack is not None
    layout = lay_out(series.stack)
    modality = Modality(series.modality)
    findings = [*layout.findings, *_header_findings(series)]
    if modality is Modality.CT:
        numbers = Hounsfield()
        voxels, found = read_volume(
            series.stack,
            layout,
            lambda item, stored: numbers.of(stored, item.slope, item.intercept, item.padding),
            AIR_HU,
            np.int16,
        )
        hu, more = checked_hounsfield(voxels.astype(np.int16, copy=False))
        findings += [*found, *numbers.findings(voxels.size), *more]
        return Image(hu, layout.grid, modality, "HU", series.source), tuple(findings)
    factor, unit, more = suv_factor(series.files) if modality is Modality.PET else (1.0, "", ())
    voxels, found = read_volume(series.stack, layout, lambda item, stored: _real(item, stored, factor), 0.0, np.float32)
    findings += [*found, *more]
    real = voxels.astype(np.float32, copy=False)
    return Image(real, layout.grid, modality, unit, series.source), tuple(findings)


def _real(item: Slice, stored: NDArray[np.generic], factor: float) -> NDArray[np.float32]:
    return ((stored.astype(np.float64) * item.slope + item.intercept) * factor).astype(np.float32)


def _read_file(series: Series) -> tuple[Image, tuple[Finding, ...]]:
    path = series.files[0]
    numbers, grid = read_volume_file(path)
    unknown = np.size(numbers) - np.count_nonzero(np.isfinite(numbers))
    if unknown:
        raise ImageError(f"{path.name}: {unknown} of its voxels are no finite numbers; write numbers there.")
    source = ImageSource(path=path.name)
    low, high = float(numbers.min()), float(numbers.max())
    if low > -500 or high < 200:
        guess = _guessed(path, f"the values from {low:g} to {high:g} are not those of HU, so it is not taken as CT")
        return Image(numbers.astype(np.float32), grid, Modality.OTHER, "", source), (guess,)
    hounsfield = Hounsfield()
    hu = hounsfield.of(numbers)
    guess = _guessed(path, f"the values from {low:g} to {high:g} look like HU, so it is taken as CT")
    return Image(hu, grid, Modality.CT, "HU", source), (guess, *hounsfield.findings(hu.size))


def _guessed(path: Path, text: str) -> Finding:
    return Finding(
        code="image.modality_guessed",
        severity=Severity.NOTE,
        text=f"{path.name} does not say what made the image; {text}.",
        about=path.name,
    )


def _header_findings(series: Series) -> list[Finding]:
    data = read_dicom(series.files[0], tags=("LossyImageCompression", "ImageType"))
    findings = []
    if text(data, "LossyImageCompression") == "01":
        findings.append(
            Finding(
                code="image.lossy",
                severity=Severity.WARN,
                text="The image was compressed with loss; thin cortex and HU are not reliable.",
            )
        )
    if {"MPR", "REFORMATTED"} & set(text(data, "ImageType").upper().split("\\")):
        findings.append(
            Finding(
                code="image.reformat",
                severity=Severity.NOTE,
                text="The series is a reformat; the images that the scanner measured may hold more detail.",
            )
        )
    return findings


def _left_out(listed: Sequence[Series], chosen: Series) -> tuple[Finding, ...]:
    """What lies in the same place but was not read: other stacks of the series, files that are broken."""
    base = chosen.uid.split("/")[0]
    findings = []
    siblings = [s for s in listed if s is not chosen and s.uid.split("/")[0] == base and s.kind == "image"]
    if siblings:
        shown = "; ".join(f"{s.size} {s.orientation} {s.description}".strip() for s in siblings[:4])
        findings.append(
            Finding(
                code="image.mixed_series",
                severity=Severity.NOTE,
                text=f"The series also holds {len(siblings)} other stack(s), which were left out: {shown}.",
                measured=float(len(siblings)),
            )
        )
    broken = [s for s in listed if s.kind == "unreadable"]
    if broken:
        findings.append(
            Finding(
                code="image.unreadable_files",
                severity=Severity.WARN,
                text=f"{len(broken)} file(s) beside the series cannot be read, such as {broken[0].files[0].name}; "
                "a slice may be missing.",
                measured=float(len(broken)),
            )
        )
    return tuple(findings)

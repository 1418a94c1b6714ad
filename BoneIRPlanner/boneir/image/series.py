"""Series: what lies in a folder, file or DICOMDIR, which of it can be planned on and why the rest cannot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import UID

from ..case import ImageSource
from ..errors import ImageError
from .dicom_header import is_dicom, read_dicom, read_header, text, without_warnings
from .dicom_layout import lay_out
from .dicom_slice import slices_in
from .dicom_stack import Stack, stacks_of
from .image_limits import image_limit
from .volume_file import describe_volume_file, is_volume_file

IMAGE_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.2": "CT",
    "1.2.840.10008.5.1.4.1.1.2.1": "CT",
    "1.2.840.10008.5.1.4.1.1.2.2": "CT",
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.4.1": "MR",
    "1.2.840.10008.5.1.4.1.1.4.4": "MR",
    "1.2.840.10008.5.1.4.1.1.128": "PT",
    "1.2.840.10008.5.1.4.1.1.130": "PT",
    "1.2.840.10008.5.1.4.1.1.128.1": "PT",
}
"""SOP classes that are images of slices, and their modality."""
_DICOMDIR_CLASS = "1.2.840.10008.1.3.10"
_NO_VOLUME = {
    "LOCALIZER": "a localiser, not a volume",
    "MIP": "a maximum intensity projection: its depth is lost",
    "MINIP": "a minimum intensity projection: its depth is lost",
    "PROJECTION IMAGE": "a projection: its depth is lost",
    "SCREEN SAVE": "a copy of the screen",
}


@dataclass(frozen=True, eq=False)
class Series:
    """One series, or one stack of a series that holds several.

    Parameters
    ----------
    uid : str
        What to ask for it with; the series' UID, with "/2" and so on for further stacks in it.
    kind : str
        "image", or the name of what it is instead ("Segmentation", "RT Structure Set").
    modality : str
        As in DICOM ("CT", "MR", "PT", ...); "" where the file does not say.
    description : str
    files : tuple of Path
    size : tuple of int or None
        Voxels along (i, j, k).
    spacing_mm : tuple of float or None
        Along (i, j, k).
    orientation : str
        "axial", "sagittal", "coronal", with "oblique" before it where more than 10 degrees off.
    plannable : bool
        Whether a plan can be made on it.
    reason : str
        Why not, in one sentence; "" where it can.
    source : ImageSource
        What the headers say (contrast, kernel, dates, ...).
    stack : Stack or None
        The slices, for DICOM.
    fault : str
        Why it cannot be read at all; "" where it can.
    """

    uid: str
    kind: str
    modality: str
    description: str
    files: tuple[Path, ...]
    size: tuple[int, int, int] | None = None
    spacing_mm: tuple[float, float, float] | None = None
    orientation: str = ""
    plannable: bool = False
    reason: str = ""
    source: ImageSource = field(default_factory=ImageSource)
    stack: Stack | None = field(default=None, repr=False)
    fault: str = ""

    @property
    def file_count(self) -> int:
        """Number of files."""
        return len(self.files)

    @property
    def contrast(self) -> str:
        """The contrast agent as the header names it, or ""."""
        return self.source.contrast

    @property
    def is_image(self) -> bool:
        """Whether it is an image that can be read, be it good for planning or not."""
        return self.kind == "image" and not self.fault


def find_series(path: Path | str) -> tuple[Series, ...]:
    """List every series in a file, in a folder and those below it, or in a DICOMDIR.

    Reads headers only. The plannable ones come first, CT before others, the largest before the smaller.

    Raises
    ------
    ImageError
        If there is no such place, or nothing in it is an image or a DICOM object.
    """
    path = Path(path)
    files = _files(path)
    with without_warnings():
        found = [*_dicom_series(file for file in files if is_dicom(file))]
    found += [_file_series(file, path) for file in files if is_volume_file(file)]
    if not found:
        what = f"neither DICOM nor NIfTI, NRRD or MHA in {len(files)} file(s)" if files else "the folder holds no files"
        raise ImageError(f"{path.name}: {what}.")
    return tuple(
        sorted(found, key=lambda s: (not s.plannable, not s.is_image, s.modality != "CT", -s.file_count, s.uid))
    )


def series_of(files: Iterable[Path]) -> tuple[Series, ...]:
    """List the series in some DICOM files, as a DICOM database hands them over; reads headers only."""
    with without_warnings():
        return tuple(_dicom_series(files))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
    if not path.is_file():
        raise ImageError(f"{path}: there is no such file or folder.")
    if path.name.upper() != "DICOMDIR":
        return [path]
    records = read_dicom(path).get("DirectoryRecordSequence") or ()
    names = [record.get("ReferencedFileID") for record in records]
    listed = [path.parent.joinpath(*([name] if isinstance(name, str) else name)) for name in names if name]
    missing = [file for file in listed if not file.is_file()]
    if missing:
        raise ImageError(
            f"{path.name}: {len(missing)} of {len(listed)} listed files are missing, such as {missing[0].name}."
        )
    return listed


def _dicom_series(files: Iterable[Path]) -> Iterable[Series]:
    groups: dict[tuple[str, str], list[tuple[Path, Any]]] = defaultdict(list)
    for file in files:
        try:
            data = read_header(file)
        except ImageError as error:
            yield Series(file.name, "unreadable", "", "", (file,), reason=str(error), fault=str(error))
            continue
        kind = text(data, "SOPClassUID") or text(data.file_meta, "MediaStorageSOPClassUID")
        if kind == _DICOMDIR_CLASS:
            continue
        uid = text(data, "SeriesInstanceUID") or f"{file.parent.name}:{text(data, 'SeriesNumber')}"
        groups[uid, kind].append((file, data))
    for (uid, kind), members in groups.items():
        yield from _series_of(uid, kind, members)


def _series_of(uid: str, kind: str, members: list[tuple[Path, Any]]) -> Iterable[Series]:
    data = members[0][1]
    modality, files = text(data, "Modality"), tuple(file for file, _ in members)
    description, source = text(data, "SeriesDescription"), source_of(data, files)
    image_modality = IMAGE_CLASSES.get(kind, modality if not kind else "")
    if image_modality not in ("CT", "MR", "PT"):
        name = _object_name(kind, modality)
        yield Series(uid, name, modality, description, files, reason=f"{name}: not an image of slices.", source=source)
        return
    try:
        if text(data, "SamplesPerPixel") not in ("", "1"):
            raise ImageError(f"{files[0].name}: a colour picture, not grey values of a measurement.")
        slices = [item for file, header in members for item in slices_in(header, file)]
    except ImageError as error:
        yield Series(
            uid,
            "image",
            image_modality,
            description,
            files,
            None,
            None,
            "",
            False,
            str(error),
            source,
            None,
            str(error),
        )
        return
    stacks = stacks_of(slices)
    for n, stack in enumerate(stacks):
        yield _series_of_stack(f"{uid}/{n + 1}" if n else uid, stack, members, image_modality)


def _series_of_stack(uid: str, stack: Stack, members: list[tuple[Path, Any]], modality: str) -> Series:
    wanted = {item.path for item in stack.slices} | {copy.path for copy, _ in stack.repeated}
    files = tuple(file for file, _ in members if file in wanted)
    data = next(header for file, header in members if file == stack.slices[0].path)
    description = " ".join(word for word in (text(data, "SeriesDescription"), stack.phase) if word)
    (columns, rows), spacing = stack.slices[0].size, stack.slices[0].spacing_mm
    size, spacing_mm = (columns, rows, len(stack.slices)), (*spacing, stack.slices[0].thickness_mm or 0.0)
    reason, fault = _why_no_volume(stack, data), ""
    try:
        grid = lay_out(stack).grid
        size, spacing_mm = (grid.shape[2], grid.shape[1], grid.shape[0]), grid.spacing_mm
    except ImageError as error:
        reason = fault = str(error)
    return Series(
        uid=uid,
        kind="image",
        modality=modality,
        description=description,
        files=files,
        size=size,
        spacing_mm=spacing_mm,
        orientation=_orientation_words(stack),
        plannable=not reason,
        reason=reason,
        source=source_of(data, files),
        stack=stack,
        fault=fault,
    )


def _why_no_volume(stack: Stack, data: Any) -> str:
    for word, reason in _NO_VOLUME.items():
        if word in stack.slices[0].image_type:
            return reason[0].upper() + reason[1:] + "."
    unit = text(data, "RescaleType").upper()
    if text(data, "Modality") == "CT" and unit not in ("", "HU", "US", "HU_MOD"):
        return f"Its numbers are {unit}, not HU."
    least = image_limit("least_slices")
    if len(stack.slices) < least.amount:
        return f"Only {len(stack.slices)} slices; a plan needs at least {least.amount:g}."
    return ""


def _orientation_words(stack: Stack) -> str:
    normal = np.abs(stack.normal)
    axis = int(np.argmax(normal))
    oblique = "oblique " if normal[axis] < np.cos(np.radians(10)) else ""
    return oblique + ("sagittal", "coronal", "axial")[axis]


def _object_name(kind: str, modality: str) -> str:
    name = UID(kind).name if kind else ""
    return name.removesuffix(" Storage") if name and name != kind else modality or "unknown object"


def _file_series(file: Path, root: Path) -> Series:
    uid = file.relative_to(root).as_posix() if root.is_dir() else file.name
    source = ImageSource(path=file.name)
    try:
        size, spacing_mm, reason = describe_volume_file(file)
    except ImageError as error:
        return Series(uid, "image", "", file.name, (file,), reason=str(error), source=source, fault=str(error))
    least = image_limit("least_slices")
    if not reason and min(size) < least.amount:
        reason = f"Only {min(size)} voxel(s) along one axis; a plan needs at least {least.amount:g}."
    return Series(uid, "image", "", file.name, (file,), size, spacing_mm, "", not reason, reason, source)


def source_of(data: Any, files: tuple[Path, ...]) -> ImageSource:
    """What a header says of the image, for the report."""
    return ImageSource(
        path=files[0].name if len(files) == 1 else files[0].parent.name,
        patient_name=text(data, "PatientName"),
        patient_id=text(data, "PatientID"),
        birth_date=text(data, "PatientBirthDate"),
        sex=text(data, "PatientSex"),
        study_date=text(data, "StudyDate"),
        study_description=text(data, "StudyDescription"),
        series_description=text(data, "SeriesDescription"),
        study_uid=text(data, "StudyInstanceUID"),
        series_uid=text(data, "SeriesInstanceUID"),
        frame_uid=text(data, "FrameOfReferenceUID"),
        manufacturer=text(data, "Manufacturer"),
        model=text(data, "ManufacturerModelName"),
        kernel=text(data, "ConvolutionKernel"),
        contrast=text(data, "ContrastBolusAgent"),
        patient_position=text(data, "PatientPosition"),
        slice_thickness_mm=_number(data, "SliceThickness"),
        gantry_tilt_deg=_number(data, "GantryDetectorTilt"),
    )


def _number(data: Any, keyword: str) -> float | None:
    try:
        value = float(text(data, keyword))
    except ValueError:
        return None
    return value if np.isfinite(value) else None

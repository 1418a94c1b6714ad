"""Write a CT image as a DICOM series: one CT Image Storage object per slice, the same bytes for the same image."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from ..case import Image, Modality
from ..errors import ImageError
from ..plain import fingerprint

_WRITER = "BoneIRPlanner"
_WINDOW_HU = (40, 400)
_MOST_SLICES = 9999


def write_ct_series(
    image: Image,
    folder: Path | str,
    *,
    patient_name: str = "",
    patient_id: str = "",
    study_description: str = "",
    series_description: str = "",
) -> tuple[Path, ...]:
    """Write an image as a CT series.

    The UIDs are derived from the voxels, the geometry and the names: the same image gives the same files, another one
    another series. Images of one patient and study description share their study; all images of one patient share their
    frame of reference only where the image's source names it.

    Parameters
    ----------
    image : Image
        CT in HU as int16; any direction.
    folder : Path or str
        Made where it is missing. A file of the same name is replaced, each in one step.
    patient_name, patient_id, study_description, series_description : str
        What the headers say; where empty, what the source of the image says.

    Returns
    -------
    tuple of Path
        The files, in the order of the slices of the array.

    Raises
    ------
    ImageError
        If the image is not CT in int16 or has too many slices, or the folder cannot be written or holds other files.
    """
    _check(image)
    folder = Path(folder)
    given = {
        "PatientName": patient_name or image.source.patient_name or "Anonymous",
        "PatientID": patient_id or image.source.patient_id or "ANONYMOUS",
        "StudyDescription": study_description or image.source.study_description,
        "SeriesDescription": series_description or image.source.series_description,
    }
    common = _common_to_all(image, given)
    paths = tuple(folder / f"CT_{number:04d}.dcm" for number in range(1, image.grid.shape[0] + 1))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = sorted({path.name for path in folder.iterdir()} - {path.name for path in paths})
        if strangers:
            raise ImageError(f"{folder}: holds other files already ({strangers[0]}); choose an empty folder.")
        for k, path in enumerate(paths):
            beside = path.with_suffix(".part")
            _slice_of(image, k, common).save_as(beside, enforce_file_format=True)
            beside.replace(path)
    except OSError as error:
        raise ImageError(f"{folder}: cannot be written ({error.strerror}).") from error
    return paths


def _check(image: Image) -> None:
    if image.modality is not Modality.CT or image.voxels.dtype != np.int16:
        raise ImageError(
            f"Only CT in HU as int16 becomes a CT series; this is {image.modality} as {image.voxels.dtype}."
        )
    if image.grid.shape[0] > _MOST_SLICES:
        raise ImageError(f"A series has at most {_MOST_SLICES} slices; this image has {image.grid.shape[0]}.")
    if max(image.grid.shape[1:]) > 65535:
        raise ImageError(f"A slice has at most 65535 rows and columns; this image has {image.grid.shape[1:]}.")


def uid_from(*parts: str) -> UID:
    """A DICOM UID that depends on the parts alone, of the form that DICOM PS3.5 B.2 derives from a UUID."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return UID(f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}")


def _common_to_all(image: Image, given: dict[str, str]) -> Dataset:
    """The attributes that all slices share: patient, study, series, frame of reference, equipment, pixels."""
    source, grid = image.source, image.grid
    patient = fingerprint([given["PatientName"], given["PatientID"]])
    study = source.study_uid or uid_from("study", patient, given["StudyDescription"])
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    data.SOPClassUID = CTImageStorage
    for name, value in given.items():
        setattr(data, name, value)
    data.PatientBirthDate, data.PatientSex = source.birth_date, source.sex
    data.StudyInstanceUID = study
    data.SeriesInstanceUID = uid_from("series", image.uid, fingerprint(given))
    data.FrameOfReferenceUID = source.frame_uid or uid_from("frame", study, image.uid)
    data.StudyDate, data.StudyTime, data.StudyID = source.study_date, "", "1"
    data.AccessionNumber, data.ReferringPhysicianName = "", ""
    data.Modality, data.SeriesNumber, data.PositionReferenceIndicator = "CT", 1, ""
    data.PatientPosition = source.patient_position or "HFS"
    data.Manufacturer, data.ManufacturerModelName = source.manufacturer or _WRITER, source.model or _WRITER
    data.KVP, data.AcquisitionNumber = "", 1
    if source.kernel:
        data.ConvolutionKernel = source.kernel
    if source.contrast:
        data.ContrastBolusAgent = source.contrast
    data.SliceThickness = _ds(grid.spacing_mm[2] if source.slice_thickness_mm is None else source.slice_thickness_mm)
    # DICOM wants the distance of the rows before that of the columns.
    data.PixelSpacing = [_ds(grid.spacing_mm[1]), _ds(grid.spacing_mm[0])]
    axes = np.asarray(grid.direction, float).reshape(3, 3)
    data.ImageOrientationPatient = [_ds(value) for value in (*axes[:, 0], *axes[:, 1])]
    _describe_pixels(data, image)
    return data


def _describe_pixels(data: Dataset, image: Image) -> None:
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = image.grid.shape[1:]
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = "0", "1", "HU"
    data.WindowCenter, data.WindowWidth = (str(value) for value in _WINDOW_HU)


def _slice_of(image: Image, k: int, common: Dataset) -> FileDataset:
    """One slice as a file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = uid_from("slice", str(common.SeriesInstanceUID), str(k))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid_from("implementation", _WRITER)
    meta.ImplementationVersionName = "BONEIR"
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.update(common)
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.InstanceNumber = k + 1
    data.ImagePositionPatient = [_ds(value) for value in image.grid.to_mm((0, 0, k))]
    data.PixelData = np.ascontiguousarray(image.voxels[k], dtype="<i2").tobytes()
    return data


def _ds(value: float) -> str:
    """A decimal string of at most 16 characters; zero without a sign."""
    return str(format_number_as_ds(float(value) + 0.0))

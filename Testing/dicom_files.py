"""Small DICOM series with values that are known everywhere in space, and whatever a test wants wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless, RLELossless

CT, MR, PET = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.128"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
GRADIENT = np.array([8.0, 22.0, 9.0])

Edit = Callable[[Dataset, int], Any]


def linear_hu(points_mm: np.ndarray) -> np.ndarray:
    """HU that grow linearly through space, so that linear interpolation is exact; some lie below -300."""
    return points_mm @ GRADIENT


def slice_dataset(n: int, position: Sequence[float], orientation: Sequence[float] = AXIAL, **change: Any) -> Dataset:
    """One CT slice of 24 x 20 pixels (columns x rows) whose values are `linear_hu`."""
    rows, columns = change.pop("shape", (20, 24))
    between_rows, between_columns = change.pop("spacing", (1.5, 1.25))
    values = change.pop("values", linear_hu)
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    j, i = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    points = np.asarray(position) + i[..., None] * between_columns * row + j[..., None] * between_rows * column
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID, data.SOPInstanceUID = CT, f"1.2.3.{change.get('SeriesNumber', 1)}.{n + 1}"
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.SeriesInstanceUID, data.StudyInstanceUID, data.Modality = "1.2.3.10", "1.2.3", "CT"
    data.PatientName, data.PatientID, data.SeriesDescription = "Phantom^Linear", "P1", "thin"
    data.ImageType, data.InstanceNumber = ["ORIGINAL", "PRIMARY", "AXIAL"], n + 1
    data.Rows, data.Columns, data.PixelSpacing = rows, columns, [between_rows, between_columns]
    data.ImagePositionPatient = [f"{value:.8g}" for value in position]
    data.ImageOrientationPatient = [f"{value:.10g}" for value in orientation]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    for keyword, value in change.items():
        setattr(data, keyword, value)
    slope, intercept = float(data.get("RescaleSlope", 1)), float(data.get("RescaleIntercept", 0))
    stored = np.rint((values(points) - intercept) / slope)
    kind = np.int16 if data.PixelRepresentation else np.uint16
    data.PixelData = stored.astype(kind).tobytes()
    return data


def write(data: Dataset, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def write_series(
    folder: Path,
    depths: Iterable[float] = tuple(np.arange(12) * 2.0),
    orientation: Sequence[float] = AXIAL,
    *,
    first: Sequence[float] = (-15.0, -10.0, -12.0),
    shear: Sequence[float] = (0.0, 0.0, 0.0),
    edit: Edit = lambda data, n: None,
    **change: Any,
) -> Path:
    """Write a series whose slices lie at `depths` along the normal, each moved by `depth * shear` as well.

    Files are named so that their order is not that of the slices.
    """
    normal = np.cross(orientation[:3], orientation[3:])
    for n, depth in enumerate(depths):
        position = np.asarray(first) + depth * (normal + np.asarray(shear))
        data = slice_dataset(n, position, orientation, **change)
        if edit(data, n) is not False:
            write(data, folder / f"IM{(n * 7919) % 1000:03d}.dcm")
    return folder


def enhanced_ct(depths: Sequence[float], orientation: Sequence[float] = AXIAL) -> Dataset:
    """The same as one enhanced multi-frame object, its frames in reverse order."""
    normal = np.cross(orientation[:3], orientation[3:])
    frames = [slice_dataset(n, np.array([-15.0, -10.0, -12.0]) + d * normal, orientation) for n, d in enumerate(depths)]
    data = slice_dataset(0, frames[0].ImagePositionPatient, orientation, SOPClassUID=ENHANCED_CT)
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "RescaleSlope",
        "RescaleIntercept",
    ):
        delattr(data, keyword)
    data.NumberOfFrames = len(frames)
    data.PixelData = b"".join(frame.PixelData for frame in frames[::-1])
    shared, orient, measures, rescale = Dataset(), Dataset(), Dataset(), Dataset()
    orient.ImageOrientationPatient = frames[0].ImageOrientationPatient
    measures.PixelSpacing = frames[0].PixelSpacing
    rescale.RescaleSlope, rescale.RescaleIntercept = 1, -1024
    shared.PlaneOrientationSequence = DicomSequence([orient])
    shared.PixelMeasuresSequence = DicomSequence([measures])
    shared.PixelValueTransformationSequence = DicomSequence([rescale])
    data.SharedFunctionalGroupsSequence = DicomSequence([shared])
    each = []
    for frame in frames[::-1]:
        own, place = Dataset(), Dataset()
        place.ImagePositionPatient = frame.ImagePositionPatient
        own.PlanePositionSequence = DicomSequence([place])
        each.append(own)
    data.PerFrameFunctionalGroupsSequence = DicomSequence(each)
    return data


def compressed(data: Dataset, how: str, scratch: Path) -> None:
    """Compress a slice in place and without loss: "RLE", "JPEG-LS" with pydicom, "JPEG", "JPEG2000" with GDCM."""
    if how in ("RLE", "JPEG-LS"):
        data.compress(RLELossless if how == "RLE" else JPEGLSLossless, generate_instance_uid=False)
        return
    image = sitk.GetImageFromArray(data.pixel_array)
    writer = sitk.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetFileName(str(scratch / "compressed.dcm"))
    writer.UseCompressionOn()
    writer.SetCompressor(how)
    writer.Execute(image)
    other = pydicom.dcmread(scratch / "compressed.dcm")
    data.file_meta.TransferSyntaxUID = other.file_meta.TransferSyntaxUID
    data.PixelData = other.PixelData
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True

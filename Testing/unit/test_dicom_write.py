from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.uid import CTImageStorage

from boneir.case import Image, ImageSource, Modality
from boneir.errors import ImageError
from boneir.grid import Grid
from boneir.image.dicom_write import uid_from, write_ct_series
from boneir.image.read import read_image

_C, _S = math.cos(0.3), math.sin(0.3)
DIRECTIONS = {
    "axial": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "sagittal": (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "flipped": (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "oblique": (_C, 0.0, _S, 0.0, 1.0, 0.0, -_S, 0.0, _C),
    "left-handed": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
}


def image_with(direction: str = "axial", shape=(5, 7, 9)) -> Image:
    voxels = np.random.default_rng(4).integers(-1024, 3071, shape).astype(np.int16)
    voxels[0, 0, :2] = -32768, 32767
    grid = Grid(shape, (0.7, 0.8, 2.5), (-101.3, 22.75, 433.0), DIRECTIONS[direction])
    return Image(voxels, grid, source=ImageSource(patient_name="Synthetic^Patient", patient_id="SYNTHETIC-0"))


def read_by_itk(folder: Path) -> SimpleITK.Image:
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_another_reader_finds_the_same_values_at_the_same_places(direction: str, tmp_path: Path) -> None:
    image = image_with(direction)
    write_ct_series(image, tmp_path)
    read = read_by_itk(tmp_path)
    values = SimpleITK.GetArrayFromImage(read)
    assert values.shape == image.voxels.shape
    for kji in np.ndindex(values.shape):
        place = read.TransformIndexToPhysicalPoint(kji[::-1])
        i, j, k = (round(float(v)) for v in image.grid.to_ijk(place))
        assert values[kji] == image.voxels[k, j, i]
        assert np.allclose(image.grid.to_mm((i, j, k)), place, atol=1e-6)


def test_reading_gives_the_image_back(tmp_path: Path) -> None:
    wide = image_with("oblique")
    image = Image(np.clip(wide.voxels, -1024, 3071), wide.grid, source=wide.source)
    write_ct_series(image, tmp_path / "series")
    read, _ = read_image(tmp_path / "series")
    assert np.array_equal(read.voxels, image.voxels)
    assert read.grid.matches(image.grid, 1e-6)
    assert read.source.patient_name == "Synthetic^Patient"


def test_same_image_same_bytes(tmp_path: Path) -> None:
    first = write_ct_series(image_with(), tmp_path / "a")
    second = write_ct_series(image_with(), tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    again = write_ct_series(image_with(), tmp_path / "a")
    assert again == first
    assert sorted((tmp_path / "a").iterdir()) == list(first)


def test_another_image_is_another_series_of_the_same_study(tmp_path: Path) -> None:
    image = image_with()
    other = Image(image.voxels + np.int16(1), image.grid, source=image.source)
    first = pydicom.dcmread(write_ct_series(image, tmp_path / "a")[0])
    second = pydicom.dcmread(write_ct_series(other, tmp_path / "b")[0])
    assert first.SeriesInstanceUID != second.SeriesInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.StudyInstanceUID == second.StudyInstanceUID


REQUIRED_WITH_VALUE = """
    SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID Modality ImageType PatientPosition
    SamplesPerPixel PhotometricInterpretation Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation
    PixelData PixelSpacing ImageOrientationPatient ImagePositionPatient RescaleIntercept RescaleSlope
    RescaleType
"""
REQUIRED = """
    PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName StudyID AccessionNumber
    SeriesNumber PositionReferenceIndicator Manufacturer InstanceNumber SliceThickness KVP AcquisitionNumber
"""


def test_every_attribute_that_ct_image_storage_requires_is_there(tmp_path: Path) -> None:
    """Types 1 and 2 of the modules of the CT Image IOD, DICOM PS3.3 A.3."""
    data = [pydicom.dcmread(path) for path in write_ct_series(image_with(), tmp_path)]
    for item in data:
        assert item.file_meta.MediaStorageSOPClassUID == item.SOPClassUID == CTImageStorage
        assert item.file_meta.MediaStorageSOPInstanceUID == item.SOPInstanceUID
        assert all(name in item for name in REQUIRED.split())
        assert all(item[name].value not in (None, "", []) for name in REQUIRED_WITH_VALUE.split())
    uids = {item.SOPInstanceUID for item in data}
    assert len(uids) == len(data)
    assert len({item.FrameOfReferenceUID for item in data}) == 1
    assert [item.InstanceNumber for item in data] == list(range(1, len(data) + 1))


def test_uids_are_valid_and_depend_on_every_part() -> None:
    assert uid_from("a", "b").is_valid
    assert len(uid_from("a", "b")) <= 64
    assert uid_from("a", "b") != uid_from("ab")
    assert uid_from("a", "b") == uid_from("a", "b")


def test_a_name_in_any_script_survives(tmp_path: Path) -> None:
    path = write_ct_series(image_with(), tmp_path, patient_name="Синтетический^Пациент")[0]
    assert pydicom.dcmread(path).PatientName == "Синтетический^Пациент"


def test_what_is_no_ct_is_refused(tmp_path: Path) -> None:
    image = image_with()
    with pytest.raises(ImageError, match="int16"):
        write_ct_series(dataclasses.replace(image, voxels=image.voxels.astype(np.float32)), tmp_path)
    with pytest.raises(ImageError, match="MR"):
        write_ct_series(dataclasses.replace(image, modality=Modality.MR), tmp_path)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ImageError, match=r"notes\.txt"):
        write_ct_series(image_with(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt"]

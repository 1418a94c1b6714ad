"""Series: everything in a folder is listed, named as what it is, and sorted into stacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet

from boneir.errors import ImageError
from boneir.image.series import find_series
from dicom_files import AXIAL, CT, MR, slice_dataset, write, write_series

SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def test_a_series_is_described(tmp_path: Path) -> None:
    write_series(tmp_path / "a", ContrastBolusAgent="Iomeprol", ConvolutionKernel="B60", SliceThickness=2.0)
    (series,) = find_series(tmp_path)
    assert series.uid == "1.2.3.10"
    assert (series.kind, series.modality, series.description, series.file_count) == ("image", "CT", "thin", 12)
    assert series.size == (24, 20, 12)
    assert series.spacing_mm == pytest.approx((1.25, 1.5, 2.0))
    assert (series.orientation, series.contrast, series.source.kernel) == ("axial", "Iomeprol", "B60")
    assert series.plannable
    assert series.reason == ""


@pytest.mark.parametrize(
    ("orientation", "words"),
    [
        (AXIAL, "axial"),
        (SAGITTAL, "sagittal"),
        ((1, 0, 0, 0, 0, -1), "coronal"),
        ((1, 0, 0, 0, np.cos(0.3), -np.sin(0.3)), "oblique axial"),
        ((1, 0, 0, 0, np.cos(0.1), -np.sin(0.1)), "axial"),
    ],
)
def test_orientation_is_said_in_words(tmp_path: Path, orientation: tuple[float, ...], words: str) -> None:
    (series,) = find_series(write_series(tmp_path, orientation=orientation))
    assert series.orientation == words


def test_objects_that_are_no_images_are_named(tmp_path: Path) -> None:
    for n, (uid, modality) in enumerate(
        [("1.2.840.10008.5.1.4.1.1.66.4", "SEG"), ("1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT"), ("1.2.3.4", "XYZ")]
    ):
        data = Dataset()
        data.SOPClassUID, data.SOPInstanceUID, data.SeriesInstanceUID, data.Modality = uid, "1.9", f"1.{n}", modality
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
        data.file_meta.MediaStorageSOPClassUID, data.file_meta.MediaStorageSOPInstanceUID = uid, "1.9"
        write(data, tmp_path / f"{n}.dcm")
    found = find_series(tmp_path)
    assert {series.kind for series in found} == {"Segmentation", "RT Structure Set", "XYZ"}
    assert not any(series.plannable or series.is_image for series in found)
    assert all("not an image" in series.reason for series in found)


def test_orientations_in_one_series_become_stacks(tmp_path: Path) -> None:
    write_series(tmp_path / "axial")
    write_series(tmp_path / "sagittal", np.arange(11) * 3.0, SAGITTAL, SeriesNumber=2)
    first, second = find_series(tmp_path)
    assert (first.uid, first.orientation, first.size) == ("1.2.3.10", "axial", (24, 20, 12))
    assert (second.uid, second.orientation, second.size) == ("1.2.3.10/2", "sagittal", (24, 20, 11))


@pytest.mark.parametrize("keyword", ["AcquisitionNumber", "EchoNumbers", "TemporalPositionIdentifier"])
def test_phases_of_one_place_become_stacks(tmp_path: Path, keyword: str) -> None:
    for phase in (1, 2):
        write_series(tmp_path / str(phase), SeriesNumber=phase, **{keyword: phase})
    found = find_series(tmp_path)
    assert [series.size for series in found] == [(24, 20, 12)] * 2
    assert sorted(series.description for series in found) == [f"thin {keyword} 1", f"thin {keyword} 2"]
    assert {path.parent.name for path in found[0].files} in ({"1"}, {"2"})


def test_acquisitions_that_continue_each_other_stay_one_stack(tmp_path: Path) -> None:
    (series,) = find_series(write_series(tmp_path, edit=lambda data, n: setattr(data, "AcquisitionNumber", n // 4)))
    assert series.size == (24, 20, 12)


def test_echoes_that_nothing_tells_apart_are_taken_in_turns(tmp_path: Path) -> None:
    write_series(tmp_path / "1", SeriesNumber=1)
    write_series(tmp_path / "2", SeriesNumber=2, edit=lambda data, n: setattr(data, "InstanceNumber", n + 13))
    found = find_series(tmp_path)
    assert [series.size for series in found] == [(24, 20, 12)] * 2
    assert {path.parent.name for path in found[0].files} == {"1"}


def test_a_localiser_and_a_projection_are_not_for_planning(tmp_path: Path) -> None:
    write_series(tmp_path / "mip", ImageType=["DERIVED", "SECONDARY", "MIP"])
    write(
        slice_dataset(90, (0, 0, 0), SAGITTAL, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], SeriesNumber=3),
        tmp_path / "scout.dcm",
    )
    mip, scout = sorted(find_series(tmp_path), key=lambda series: -series.file_count)
    assert not mip.plannable
    assert "projection" in mip.reason
    assert not scout.plannable
    assert "single slice" in scout.reason


def test_numbers_that_are_not_hu_are_not_for_planning(tmp_path: Path) -> None:
    (series,) = find_series(write_series(tmp_path, RescaleType="Z_EFF"))
    assert not series.plannable
    assert series.reason == "Its numbers are Z_EFF, not HU."


def test_a_short_stack_is_not_for_planning(tmp_path: Path) -> None:
    (series,) = find_series(write_series(tmp_path, np.arange(9) * 1.0))
    assert (series.plannable, series.is_image) == (False, True)
    assert "9 slices" in series.reason


def test_series_without_uids_and_classes_are_told_apart_by_their_numbers(tmp_path: Path) -> None:
    for number in (1, 2):
        write_series(tmp_path / str(number), SeriesInstanceUID="", SOPClassUID="", SeriesNumber=number)
    assert [series.uid for series in find_series(tmp_path)] == ["1:1", "2:2"]


def test_ct_comes_before_mr_and_volume_files_are_listed(tmp_path: Path) -> None:
    write_series(tmp_path / "mr", Modality="MR", SOPClassUID=MR, SeriesInstanceUID="1.5")
    write_series(tmp_path / "ct", SOPClassUID=CT)
    sitk.WriteImage(sitk.Image(30, 20, 15, sitk.sitkInt16), str(tmp_path / "mr" / "v.nii.gz"))
    sitk.WriteImage(sitk.Image(30, 20, 15, sitk.sitkUInt8), str(tmp_path / "labels.nrrd"))
    sitk.WriteImage(sitk.Image([9, 9, 9, 2], sitk.sitkInt16), str(tmp_path / "time.nii.gz"))
    (tmp_path / "notes.txt").write_text("nothing")
    found = {series.uid: series for series in find_series(tmp_path)}
    assert next(iter(found)) == "1.2.3.10"
    assert found["mr/v.nii.gz"].size == (30, 20, 15)
    assert "8 bits" in found["labels.nrrd"].reason
    assert "4 dimensions" in found["time.nii.gz"].fault


def test_a_dicomdir_leads_to_its_files(tmp_path: Path) -> None:
    def with_ids(data: Dataset, n: int) -> None:
        data.StudyDate, data.StudyTime, data.StudyID, data.AccessionNumber = "20240101", "101010", "1", ""
        data.SeriesNumber = 1

    source = write_series(tmp_path / "source", edit=with_ids)
    files = FileSet()
    for path in sorted(source.iterdir()):
        files.add(path)
    files.write(tmp_path / "disc")
    (series,) = find_series(tmp_path / "disc" / "DICOMDIR")
    assert (series.file_count, series.size) == (12, (24, 20, 12))
    (same,) = find_series(tmp_path / "disc")
    assert same.size == series.size
    series.files[0].unlink()
    with pytest.raises(ImageError, match=r"DICOMDIR: 1 of 12 listed files are missing"):
        find_series(tmp_path / "disc" / "DICOMDIR")


def test_nothing_to_find_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="there is no such file or folder"):
        find_series(tmp_path / "nowhere")
    (tmp_path / "readme.txt").write_text("x")
    with pytest.raises(ImageError, match="neither DICOM nor NIfTI"):
        find_series(tmp_path)


def test_series_are_found_from_headers_alone(tmp_path: Path) -> None:
    write_series(tmp_path, np.arange(12) * 1.0)
    for path in tmp_path.rglob("*.dcm"):
        path.write_bytes(path.read_bytes()[:-64])  # pixels cut off: whoever reads them fails
    (series,) = find_series(tmp_path)
    assert series.file_count == 12


def test_an_empty_folder_is_called_empty(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="the folder holds no files"):
        find_series(tmp_path)

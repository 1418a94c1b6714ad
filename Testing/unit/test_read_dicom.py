"""Reading DICOM: every voxel stands where its header says, with the value that its header means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from boneir.case import Image, Modality
from boneir.errors import ImageError
from boneir.findings import Severity
from boneir.image.read import read_image
from dicom_files import AXIAL, compressed, enhanced_ct, linear_hu, slice_dataset, write, write_series

C, S = float(np.cos(0.3)), float(np.sin(0.3))
ORIENTATIONS = {
    "axial": AXIAL,
    "feet first": (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "sagittal": (0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "coronal": (1.0, 0.0, 0.0, 0.0, 0.0, -1.0),
    "oblique": (C, S, 0.0, -S * C, C * C, -S),
}


def centres(image: Image) -> np.ndarray:
    nk, nj, ni = image.grid.shape
    k, j, i = np.meshgrid(np.arange(nk), np.arange(nj), np.arange(ni), indexing="ij")
    return image.grid.to_mm(np.stack([i, j, k], axis=-1))


def assert_linear(image: Image, within: float = 0.51) -> None:
    """Every voxel that was measured has the HU of its place; only voxels beyond the slices are air."""
    wrong = np.abs(image.voxels - linear_hu(centres(image))) > within
    assert not np.any(wrong & (image.voxels > -1024))


def codes(findings: tuple[Any, ...]) -> set[str]:
    return {finding.code for finding in findings}


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_every_voxel_has_the_value_of_its_place(tmp_path: Path, name: str) -> None:
    image, findings = read_image(write_series(tmp_path, orientation=ORIENTATIONS[name]))
    assert image.voxels.shape == (12, 20, 24)
    assert image.voxels.dtype == np.int16
    assert image.grid.spacing_mm == pytest.approx((1.25, 1.5, 2.0))
    assert image.grid.is_right_handed
    assert image.voxels.min() > -1024
    assert_linear(image)
    assert (image.modality, image.unit, findings) == (Modality.CT, "HU", ())
    assert not image.voxels.flags.writeable


def test_slices_in_the_opposite_order_give_the_same_image(tmp_path: Path) -> None:
    up, _ = read_image(write_series(tmp_path / "up"))
    down, _ = read_image(write_series(tmp_path / "down", np.arange(12)[::-1] * 2.0))
    assert up.uid == down.uid


@pytest.mark.parametrize(("slope", "intercept", "signed"), [(1, -1024, 0), (1, 0, 1), (2, -3000, 0), (0.5, -1000, 0)])
def test_rescaling(tmp_path: Path, slope: float, intercept: float, signed: int) -> None:
    change = {"RescaleSlope": slope, "RescaleIntercept": intercept, "PixelRepresentation": signed}
    image, _ = read_image(write_series(tmp_path, **change))
    assert_linear(image, 0.51 + slope / 2)


@pytest.mark.parametrize("how", ["RLE", "JPEG", "JPEG2000", "JPEG-LS"])
@pytest.mark.parametrize("signed", [0, 1])
def test_lossless_compression_changes_nothing(tmp_path: Path, how: str, signed: int) -> None:
    change = {"PixelRepresentation": signed, "RescaleIntercept": -1024 * (1 - signed)}
    plain, _ = read_image(write_series(tmp_path / "plain", **change))
    packed, _ = read_image(write_series(tmp_path / "packed", edit=lambda d, n: compressed(d, how, tmp_path), **change))
    assert plain.uid == packed.uid


@pytest.mark.parametrize(
    ("how", "old", "new", "sentence"),
    [
        ("JPEG", b"\xff\xc3\x00\x0b\x10", b"\xff\xc3\x00\x0b\x14", "24 x 20 pixels of 1 x 20 bits"),
        ("JPEG", b"\x10\x00\x14\x00\x18", b"\x10\x01\x14\x00\x18", "24 x 276 pixels"),
        ("JPEG", b"\xff\xd8\xff", b"\xff\xd9\xff", "no JPEG header"),
        ("JPEG2000", b"\xff\x51", b"\xff\x53", "no JPEG 2000 header"),
        ("JPEG2000", b"\x00\x00\x00\x18", b"\x00\x00\x01\x18", "280 x 20 pixels"),
    ],
)
def test_a_stream_that_contradicts_its_header_never_reaches_the_decoder(
    tmp_path: Path, how: str, old: bytes, new: bytes, sentence: str
) -> None:
    """A decoder in C may crash on such a stream, and take Slicer with it."""
    write_series(tmp_path, edit=lambda data, n: compressed(data, how, tmp_path.parent))
    broken = sorted(tmp_path.iterdir())[4]
    head, mark, stream = broken.read_bytes().partition(b"\xfe\xff\x00\xe0")
    assert old in stream
    broken.write_bytes(head + mark + stream.replace(old, new, 1))
    with pytest.raises(ImageError, match=rf"{broken.name}: PixelData .*{sentence}"):
        read_image(tmp_path)


def test_signed_numbers_of_12_bits_without_their_sign(tmp_path: Path) -> None:
    def shorten(data: Dataset, n: int) -> None:
        data.BitsStored, data.HighBit = 12, 11
        data.PixelData = (np.frombuffer(data.PixelData, np.int16) & 0x0FFF).astype(np.uint16).tobytes()

    change = {"PixelRepresentation": 1, "RescaleIntercept": 0}
    whole, _ = read_image(write_series(tmp_path / "whole", **change))
    short, _ = read_image(write_series(tmp_path / "short", edit=shorten, **change))
    assert short.uid == whole.uid


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_enhanced_multi_frame(tmp_path: Path, name: str) -> None:
    depths = np.arange(12) * 2.0
    single, _ = read_image(write_series(tmp_path / "single", depths, ORIENTATIONS[name]))
    several, findings = read_image(write(enhanced_ct(depths, ORIENTATIONS[name]), tmp_path / "enhanced.dcm"))
    assert several.uid == single.uid
    assert findings == ()


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_tilt_is_taken_out_without_moving_anything(tmp_path: Path, name: str) -> None:
    row, column = np.array(ORIENTATIONS[name]).reshape(2, 3)
    shear = np.tan(np.radians(18.5)) * column + 0.05 * row
    image, findings = read_image(write_series(tmp_path, orientation=ORIENTATIONS[name], shear=shear))
    assert codes(findings) == {"image.gantry_tilt"}
    expected = np.degrees(np.arctan(np.hypot(np.tan(np.radians(18.5)), 0.05)))
    assert findings[0].measured == pytest.approx(expected, abs=0.05)
    assert_linear(image, 1.0)
    # 11 gaps of 2 mm move the last slice by 7.4 mm: 5 more rows, and a column for the 1.1 mm across
    assert image.voxels.shape == (12, 20 + 5, 24 + 1)
    # a shifted row or column lies between measured ones: at most one of each is lost at the edge
    assert np.count_nonzero(image.voxels > -1024) >= 12 * 19 * 23


def test_a_tilted_plane_that_needs_no_shift_keeps_its_pixels(tmp_path: Path) -> None:
    shear = np.array([0.0, 0.75, 0.0])  # one row of 1.5 mm per slice
    image, _ = read_image(write_series(tmp_path, shear=shear))
    plain, _ = read_image(write_series(tmp_path / "plain"))
    for k in range(12):
        assert np.array_equal(image.voxels[k, k : k + 20], plain.voxels[k] + 33 * k)  # 22 HU/mm * 1.5 mm per slice


def test_one_missing_slice_is_filled_and_said(tmp_path: Path) -> None:
    image, findings = read_image(write_series(tmp_path, edit=lambda data, n: n != 5))
    assert image.voxels.shape == (12, 20, 24)
    assert_linear(image)
    (finding,) = findings
    assert (finding.code, finding.severity) == ("image.missing_slices", Severity.WARN)
    assert finding.measured == pytest.approx(4.0)
    assert finding.place_mm is not None
    assert finding.place_mm[2] == pytest.approx(-12.0 + 10.0)
    assert "IM676.dcm" in finding.text  # the slice below the hole, number 4


def test_a_wide_hole_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, edit=lambda data, n: n not in (5, 6))
    with pytest.raises(ImageError, match=r"2 slices between IM676\.dcm and IM433\.dcm missing; the hole of 6\.0 mm"):
        read_image(tmp_path)


def test_uneven_slices_are_resampled(tmp_path: Path) -> None:
    depths = np.cumsum([0, 2, 2.4, 1.8, 2, 2, 2.3, 2, 1.5, 2, 2, 2])
    image, findings = read_image(write_series(tmp_path, depths))
    assert codes(findings) == {"image.uneven_slices"}
    assert image.grid.spacing_mm[2] == pytest.approx(depths[-1] / 11)
    assert_linear(image, 1.0)


def test_positions_rounded_by_the_header_are_even(tmp_path: Path) -> None:
    depths = np.round(np.arange(40) * 0.6333, 2)
    image, findings = read_image(write_series(tmp_path, depths))
    assert findings == ()
    assert image.grid.spacing_mm[2] == pytest.approx(0.6333, abs=5e-4)


def test_copies_are_left_out(tmp_path: Path) -> None:
    write_series(tmp_path / "a")
    write(slice_dataset(3, (-15.0, -10.0, -6.0)), tmp_path / "copy.dcm")
    image, findings = read_image(tmp_path)
    assert image.voxels.shape == (12, 20, 24)
    assert codes(findings) == {"image.repeated_slices"}


def test_objects_that_share_one_uid_are_not_taken_for_copies(tmp_path: Path) -> None:
    for phase in (1, 2):
        write_series(tmp_path / str(phase), SOPInstanceUID="1.1.1", AcquisitionNumber=phase)
    with pytest.raises(ImageError, match=r"which series\? there are .*AcquisitionNumber 1.*AcquisitionNumber 2"):
        read_image(tmp_path)


def test_another_image_in_the_same_place_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path)
    write(slice_dataset(99, (-15.0, -10.0, -6.0), values=lambda p: linear_hu(p) + 5), tmp_path / "other.dcm")
    with pytest.raises(ImageError, match=r"other\.dcm and IM757\.dcm lie in the same place but show different pixels"):
        read_image(tmp_path)


def test_slices_in_one_place_are_no_volume(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"all 12 slices .* lie in one place"):
        read_image(write_series(tmp_path, np.zeros(12)))


@pytest.mark.parametrize(("padding", "signed"), [(-2000, 1), (63536, 0), (0, 0)])
def test_padding_becomes_air(tmp_path: Path, padding: int, signed: int) -> None:
    def pad(data: Dataset, n: int) -> None:
        stored = np.frombuffer(data.PixelData, np.int16 if signed else np.uint16).copy()
        stored[:24] = padding
        data.PixelData = stored.tobytes()
        data.add_new("PixelPaddingValue", "SS" if signed else "US", padding)

    write_series(tmp_path, edit=pad, PixelRepresentation=signed)
    if padding == 63536:  # 62512 HU is no padding but metal beyond the range: it must not turn into air
        image, findings = read_image(tmp_path)
        assert codes(findings) == {"image.clipped"}
        assert np.all(image.voxels[:, 0] == 32767)
        return
    image, findings = read_image(tmp_path)
    assert np.all(image.voxels[:, 0] == -1024)
    assert image.voxels[:, 1:].min() > -1024
    if padding:
        (finding,) = findings
        assert (finding.code, finding.measured) == ("image.padding", -3024.0)
        assert finding.text.startswith(f"{12 * 24} voxels (5 %)")


def test_a_forgotten_offset_of_1024_is_taken_out(tmp_path: Path) -> None:
    def body(points: np.ndarray) -> np.ndarray:
        return np.where(np.linalg.norm(points[..., :2], axis=-1) < 8, 1064.0, 24.0)

    image, findings = read_image(write_series(tmp_path, values=body, RescaleIntercept=0))
    assert codes(findings) == {"image.offset_1024"}
    assert sorted(np.unique(image.voxels).tolist()) == [-1000, 40]


def test_an_image_without_air_is_said_to_have_none(tmp_path: Path) -> None:
    _, findings = read_image(write_series(tmp_path, values=lambda points: points[..., 0] + 60))
    assert codes(findings) == {"image.no_air"}


def test_thick_slices_and_overlap_are_said(tmp_path: Path) -> None:
    _, findings = read_image(write_series(tmp_path, np.arange(12) * 4.0, SliceThickness=5.0))
    assert codes(findings) == {"image.thick_slices", "image.slice_thickness"}


def test_lossy_compression_and_reformats_are_said(tmp_path: Path) -> None:
    change = {"LossyImageCompression": "01", "ImageType": ["DERIVED", "SECONDARY", "MPR"]}
    _, findings = read_image(write_series(tmp_path, **change))
    assert codes(findings) == {"image.lossy", "image.reformat"}


def test_mr_keeps_its_numbers(tmp_path: Path) -> None:
    change = {"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "RescaleSlope": 0.25}
    image, findings = read_image(write_series(tmp_path, **change))
    assert (image.modality, image.unit, image.voxels.dtype, findings) == (Modality.MR, "", np.float32, ())
    assert_linear(image, 0.2)


def test_two_series_are_not_chosen_between(tmp_path: Path) -> None:
    write_series(tmp_path / "a", SeriesInstanceUID="1.7", SeriesDescription="soft")
    write_series(tmp_path / "b", SeriesInstanceUID="1.8", SeriesDescription="bone")
    with pytest.raises(ImageError, match=r"which series\? there are 1\.7 \(CT soft, 12 files\); 1\.8 \(CT bone"):
        read_image(tmp_path)
    image, _ = read_image(tmp_path, "1.8")
    assert image.source.series_description == "bone"
    with pytest.raises(ImageError, match=r"no series 1\.9; there are"):
        read_image(tmp_path, "1.9")


def test_the_rest_of_a_mixed_series_is_said(tmp_path: Path) -> None:
    write_series(tmp_path / "a")
    write_series(tmp_path / "b", np.arange(3) * 5.0, ORIENTATIONS["sagittal"], SeriesNumber=2)
    image, findings = read_image(tmp_path)
    assert image.voxels.shape == (12, 20, 24)
    assert codes(findings) == {"image.mixed_series"}


def test_what_the_header_says_is_kept(tmp_path: Path) -> None:
    change = {"PatientBirthDate": "19500101", "KVP": 120, "GantryDetectorTilt": 0, "PatientPosition": "FFP"}
    image, _ = read_image(write_series(tmp_path / "study", **change))
    source = image.source
    assert (source.path, source.patient_name, source.patient_id) == ("study", "Phantom^Linear", "P1")
    assert (source.birth_date, source.patient_position, source.gantry_tilt_deg) == ("19500101", "FFP", 0.0)


FAULTS: list[tuple[str, Any, str]] = [
    ("ImagePositionPatient", None, r"ImagePositionPatient \(0020,0032\) is missing"),
    ("ImagePositionPatient", ["1", "2"], r"ImagePositionPatient \(0020,0032\) needs 3 finite numbers"),
    ("ImageOrientationPatient", None, r"ImageOrientationPatient \(0020,0037\) is missing"),
    ("ImageOrientationPatient", ["0"] * 6, "needs two perpendicular unit vectors"),
    ("ImageOrientationPatient", list("110110"), "needs two perpendicular unit vectors"),
    ("PixelSpacing", None, r"PixelSpacing \(0028,0030\) is missing"),
    ("PixelSpacing", ["0", "0"], "pixel spacing is 0 mm; plausible are 0.05 to 12 mm"),
    ("PixelSpacing", ["-1", "1"], "pixel spacing is -1 mm"),
    ("PixelSpacing", ["500", "500"], "pixel spacing is 500 mm"),
    ("Rows", None, r"Rows \(0028,0010\) is missing"),
    ("Columns", 0, r"Columns \(0028,0011\) is 0"),
    ("Rows", 21, r"PixelData \(7FE0,0010\) cannot be decoded"),
    ("RescaleSlope", "0", r"RescaleSlope \(0028,1053\) is 0"),
    ("BitsAllocated", 7, r"PixelData \(7FE0,0010\) cannot be decoded"),
    ("PixelData", None, r"PixelData \(7FE0,0010\) is missing"),
    ("SamplesPerPixel", 3, "a colour picture"),
    ("NumberOfFrames", 4, "4 frames, but nothing says where they lie"),
]


@pytest.mark.parametrize(("keyword", "value", "sentence"), FAULTS)
def test_faults_name_file_and_tag(tmp_path: Path, keyword: str, value: Any, sentence: str) -> None:
    def spoil(data: Dataset, n: int) -> None:
        if value is None:
            delattr(data, keyword)
        else:
            setattr(data, keyword, value)

    write_series(tmp_path, edit=spoil)
    with pytest.raises(ImageError, match=sentence) as caught:
        read_image(tmp_path)
    assert "IM" in str(caught.value)


@pytest.mark.parametrize("text", ["NaN", "inf", "abc", "1,5", "1.0.0", "--1"])
@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"])
def test_numbers_that_are_none_are_refused(tmp_path: Path, keyword: str, text: str) -> None:
    marker = {"ImagePositionPatient": "-7.7777", "PixelSpacing": "1.7777", "RescaleSlope": "1.3333"}.get(
        keyword, "-99.99"
    )
    write_series(tmp_path)
    broken = sorted(tmp_path.iterdir())[4]
    data = slice_dataset(1, (0, 0, 0))
    count = {"ImagePositionPatient": 3, "PixelSpacing": 2}.get(keyword, 1)
    setattr(data, keyword, [marker] * count if count > 1 else marker)
    write(data, broken)
    raw = broken.read_bytes()
    assert raw.count(marker.encode()) == count
    broken.write_bytes(raw.replace(marker.encode(), text.encode().ljust(len(marker))))
    with pytest.raises(ImageError, match=f"{broken.name}: {keyword}"):
        read_image(tmp_path)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path)
    broken = sorted(tmp_path.iterdir())[3]
    raw = broken.read_bytes()
    for length in range(132, len(raw), 61):
        broken.write_bytes(raw[:length])
        try:
            _, findings = read_image(tmp_path)
        except ImageError:
            continue
        # so short that nothing says it belongs to the series: the hole that it leaves must be said
        assert "image.missing_slices" in codes(findings)


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 2000), bits=st.integers(1, 255))
def test_no_spoilt_byte_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, place: int, bits: int) -> None:
    folder = tmp_path_factory.mktemp("spoilt")
    path = write(enhanced_ct(np.arange(4) * 2.0), folder / "one.dcm")
    raw = bytearray(path.read_bytes())
    raw[place % len(raw)] ^= bits
    path.write_bytes(raw)
    try:
        image, _ = read_image(path)
    except ImageError as error:
        assert str(error).endswith((".", ")"))  # noqa: PT017 - any error of another kind fails the test
    else:
        assert image.voxels.shape == image.grid.shape

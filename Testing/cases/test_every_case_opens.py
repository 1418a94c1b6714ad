"""Every real image opens with the geometry of its headers, or is refused for the right reason.

What is expected was worked out from the headers of each file; where a conversion by another program lies beside the
images it is compared as well.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses

from boneir.case import Image, Modality
from boneir.errors import ImageError, OutlineError
from boneir.image.labels import read_labels
from boneir.image.read import read_image
from boneir.image.resample import image_on, mask_on
from boneir.image.series import find_series
from boneir.image.volume_file import grid_of, read_volume_file
from cases_folder import case_folder

pytestmark = pytest.mark.cases

CT, MR, PET, OTHER = Modality.CT, Modality.MR, Modality.PET, Modality.OTHER
THICK, OVERLAP, PADDING, GUESS = (
    "image.thick_slices",
    "image.slice_thickness",
    "image.padding",
    "image.modality_guessed",
)
SHORT, AIRLESS = "image.not_for_planning", "image.no_air"

OPENS = [
    # path, modality, size (i, j, k), spacing, codes of the findings
    ("lumbar-ct/ct.nii.gz", CT, (122, 101, 112), (3, 3, 3), {GUESS, PADDING}),
    ("pelvis-ct-dicom", CT, (512, 512, 99), (0.976562, 0.976562, 4.25), {THICK, OVERLAP, PADDING}),
    ("thorax-ct-dicom", CT, (512, 512, 160), (0.78125, 0.78125, 1.0), set()),
    ("thick-ct-dicom", CT, (512, 512, 41), (0.796875, 0.796875, 5.0), {THICK, PADDING}),
    ("vertebrae-subregions/sample_ct", CT, (73, 47, 73), (1.5, 1.5, 1.5), {GUESS, PADDING}),
    ("vertebrae-subregions/sample_mri", OTHER, (68, 52, 67), (1.5, 1.5, 1.5), {GUESS}),
    ("jpeg2000-ct-dicom", CT, (512, 512, 20), (0.9765625, 0.9765625, 2.0), {OVERLAP}),
    ("sarcoma-pet-ct-mr", CT, (172, 160, 55), (0.976562, 0.976562, 3.27), {THICK}),
    ("sarcoma-pet-ct-mr/PET", PET, (32, 30, 55), (5.46875, 5.46875, 3.27), {THICK}),
    ("sarcoma-pet-ct-mr/MR_T1", MR, (113, 94, 42), (0.976562, 0.976562, 3.27), {THICK}),
    ("mr-abdomen-dicom/SCAN_001/t2_image", MR, (584, 512, 33), (0.6836, 0.6836, 8.0), {THICK, OVERLAP}),
    ("mr-abdomen-dicom/SCAN_001/adc_image", MR, (256, 288, 36), (1.5625, 1.5625, 7.0), {THICK, OVERLAP}),
    # tilt 18.5 degrees; slices of 4 and of 7 mm in one series, the last thin one 1.14 mm before the first thick one
    ("dicom-oddities/gantry-tilt-head-ct", CT, (512, 611, 37), (0.488281, 0.488281, 4.00245),
     {"image.gantry_tilt", "image.uneven_slices", THICK, PADDING}),
    ("dicom-oddities/ct-3slice", CT, (512, 512, 3), (0.810547, 0.810547, 1.0), {SHORT, OVERLAP, PADDING}),
    ("dicom-oddities/24x38x3/image", CT, (24, 38, 3), (0.7, 0.7, 2.5), {SHORT, AIRLESS}),
    ("dicom-oddities/24x38x3/multiframe", CT, (24, 38, 3), (0.7, 0.7, 2.5), {SHORT, AIRLESS}),
    # tilt 14 degrees: the slices stand 5 mm apart along z, 5 cos(14) along their normal
    ("dicom-oddities/failing/gantrytilting", CT, (512, 521, 4), (0.41796875, 0.41796875, 4.851478),
     {SHORT, "image.gantry_tilt", THICK}),
    ("dicom-oddities/failing/slicecount/001", MR, (256, 256, 2), (1, 1, 1), {SHORT}),
    # tilt 15.5 degrees and the fourth of five slices missing
    ("dicom-oddities/failing/sliceincrement/002", CT, (512, 514, 5), (0.51171875, 0.51171875, 0.749704),
     {SHORT, "image.gantry_tilt", "image.missing_slices"}),
]  # fmt: skip

REFUSED = [
    ("dicom-oddities/failing/notavolume", "all 4 slices (001.dcm to 004.dcm) lie in one place"),
    ("dicom-oddities/failing/sliceincrement/001", "the hole of 10.0 mm (elsewhere 5.00 mm) is wider than the 5 mm"),
    ("dicom-oddities/failing/sliceorientation", "which series? there are"),
    ("dicom-oddities/24x38x3/seg", "Segmentation: not an image of slices"),
    ("dicom-oddities/sr-example", "no image; there are"),
    ("mr-abdomen-dicom", "which series? there are"),
    ("sarcoma-pet-ct-mr/CT/mask", "RT Structure Set: not an image of slices"),
    ("README.md", "neither DICOM nor NIfTI, NRRD or MHA"),
]


@pytest.mark.parametrize(("path", "modality", "size", "spacing", "codes"), OPENS, ids=[row[0] for row in OPENS])
def test_opens(
    path: str, modality: Modality, size: tuple[int, ...], spacing: tuple[float, ...], codes: set[str]
) -> None:
    image, findings = read_image(case_folder(path))
    assert image.modality is modality
    assert image.grid.shape == size[::-1]
    assert image.grid.spacing_mm == pytest.approx(spacing, abs=2e-4)
    assert {finding.code for finding in findings} == codes
    if modality is CT:
        assert (image.unit, image.voxels.dtype, image.voxels.min() >= -1024) == ("HU", np.int16, True)


@pytest.mark.parametrize(("path", "sentence"), REFUSED, ids=[row[0] for row in REFUSED])
def test_is_refused(path: str, sentence: str) -> None:
    with pytest.raises(ImageError) as caught:
        read_image(case_folder(path))
    assert sentence in str(caught.value)


def test_every_file_of_the_cases_is_listed_by_name() -> None:
    root = case_folder(".")
    listed = {path for series in find_series(root) for path in series.files}
    others = {path.name for path in root.rglob("*") if path.is_file() and path not in listed}
    assert others <= {"README.md", "LICENSE", "LICENSE.md", "LICENSE.txt", "spine_report.json"}


def test_mixed_orientations_can_be_opened_one_by_one() -> None:
    path = case_folder("dicom-oddities/failing/sliceorientation")
    sagittal, oblique = (read_image(path, series.uid)[0] for series in find_series(path))
    assert sagittal.grid.spacing_mm[2] == pytest.approx(3.3, abs=0.01)
    assert oblique.grid.spacing_mm[2] == pytest.approx(4.4, abs=0.01)


def placed(image: Image, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of one DICOM file after its own rescaling, and those of the image at the places of its corners."""
    data = pydicom.dcmread(path)
    stored = data.pixel_array * float(data.get("RescaleSlope", 1)) + float(data.get("RescaleIntercept", 0))
    row, column = np.array(data.ImageOrientationPatient, float).reshape(2, 3)
    down, right = (float(v) for v in data.PixelSpacing)
    j, i = np.meshgrid(np.arange(0, data.Rows, 37), np.arange(0, data.Columns, 41), indexing="ij")
    points = np.array(data.ImagePositionPatient, float) + (i * right)[..., None] * row + (j * down)[..., None] * column
    voxels = np.array([image.voxels[image.grid.nearest_voxel(p)] for p in points.reshape(-1, 3)])
    return np.maximum(stored[j, i].ravel(), -1024 if image.unit == "HU" else -np.inf), voxels


@pytest.mark.parametrize("path", ["pelvis-ct-dicom", "thorax-ct-dicom", "sarcoma-pet-ct-mr/MR_T1/image",
                                  "sarcoma-pet-ct-mr/PET/image", "dicom-oddities/ct-3slice"])  # fmt: skip
def test_pixels_stand_where_each_file_says(path: str) -> None:
    folder = case_folder(path)
    image, _ = read_image(folder)
    for file in sorted(folder.glob("*.dcm"))[::17]:
        expected, found = placed(image, file)
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_a_tilted_slice_keeps_its_place() -> None:
    folder = case_folder("dicom-oddities/gantry-tilt-head-ct")
    image, _ = read_image(folder)
    # slice 8 lies 28 mm along the normal from the first: plane 7 of 4.0 mm; in it half a pixel between two rows
    data = pydicom.dcmread(folder / "08.dcm")
    i, j, k = image.grid.to_ijk([float(v) for v in data.ImagePositionPatient])
    assert (i, k) == (pytest.approx(0, abs=1e-3), pytest.approx(7, abs=0.01))
    rows = int(np.floor(j)), j - np.floor(j)
    stored = np.maximum(data.pixel_array.astype(float), -1024)
    expected = stored[:-1] * rows[1] + stored[1:] * (1 - rows[1])
    found = image.voxels[7, rows[0] + 1 : rows[0] + 512].astype(float)
    assert np.abs(found - expected).mean() < 1.0  # the plane lies 0.004 mm beside the slice


def test_two_slices_agree_with_their_conversion() -> None:
    folder = case_folder("dicom-oddities/failing/slicecount")
    image, _ = read_image(folder / "001")
    for name in ("001_ground_truth.nii.gz", "001_ground_truth_reoriented.nii.gz"):
        truth = sitk.ReadImage(str(folder / name))
        moved = image_on(image, grid_of(truth), outside=-1)
        assert moved.voxels == pytest.approx(sitk.GetArrayFromImage(truth).astype(float), abs=0.01)


def test_tilt_with_a_missing_slice_against_its_conversion() -> None:
    """The other program agrees on size and content; it takes the z step for the distance of the planes."""
    folder = case_folder("dicom-oddities/failing/sliceincrement")
    image, _ = read_image(folder / "002")
    truth = sitk.ReadImage(str(folder / "002_ground_truth.nii.gz"))
    assert truth.GetSize() == image.grid.shape[::-1]
    step_along_z = truth.GetSpacing()[2]
    normal_along_z = image.grid.axes[2, 2] / image.grid.spacing_mm[2]
    assert image.grid.spacing_mm[2] == pytest.approx(step_along_z * normal_along_z, abs=1e-6)
    numbers = sitk.GetArrayFromImage(truth)[:, ::-1].astype(float)  # its rows run the other way
    for k in (1, 2):
        ours, theirs = image.voxels[k, 8:-8, 8:-8].ravel(), numbers[k, 8:-8, 8:-8].ravel()
        assert np.corrcoef(ours, theirs)[0, 1] > 0.98


def test_labels_fit_the_image_though_their_rows_are_flipped(tmp_path: Path) -> None:
    image, _ = read_image(case_folder("jpeg2000-ct-dicom"))
    (tmp_path / "names.txt").write_text("".join(f"{n} part_{n}\n" for n in range(1, 120)))
    labels = read_labels(case_folder("jpeg2000-ct-dicom-labels/organs.nii.gz"), tmp_path / "names.txt")
    assert len(labels) == 31
    mean = {}
    for item in labels:
        mask = mask_on(item.mask, image.grid)
        assert mask.count == item.mask.count
        mean[item.name] = float(image.voxels[mask.full()].mean())
    # 1 spleen, 5 liver, 32 and 33 vertebrae, 69 and 70 humeri, 79 spinal cord
    assert 40 < mean["part_1"] < 150
    assert 40 < mean["part_5"] < 150
    assert 0 < mean["part_79"] < 60
    assert all(mean[f"part_{n}"] > 200 for n in (32, 33, 69, 70))


def test_labels_without_names_are_refused() -> None:
    with pytest.raises(OutlineError, match="without names"):
        read_labels(case_folder("lumbar-ct/vertebrae_labels.nii.gz"))


def test_a_binary_segmentation_agrees_with_the_label_image_beside_it() -> None:
    folder = case_folder("dicom-oddities/24x38x3")
    (liver,) = read_labels(folder / "seg" / "label.seg")
    numbers, grid = read_volume_file(folder / "nrrd" / "label.nrrd")
    assert liver.name == "Liver"
    assert np.array_equal(mask_on(liver.mask, grid).full(), numbers > 0)


def test_single_and_multi_frame_of_one_image_agree() -> None:
    folder = case_folder("dicom-oddities/24x38x3")
    single, several = (read_image(folder / name)[0] for name in ("image", "multiframe"))
    assert single.uid == several.uid

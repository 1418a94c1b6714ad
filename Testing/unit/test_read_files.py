"""Reading NIfTI, NRRD and MetaImage: from their frames to LPS, and what their numbers are taken for."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses

from boneir.case import Modality
from boneir.errors import ImageError
from boneir.image.read import read_image


def nifti_bytes(voxels: np.ndarray, affine: np.ndarray) -> bytes:
    """A NIfTI-1 file made by hand: `affine` gives RAS mm of the indices (i, j, k); voxels are (k, j, i) int16."""
    header = bytearray(348)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *voxels.shape[::-1], 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, 4, 16)
    struct.pack_into("<8f", header, 76, 1.0, *np.linalg.norm(affine[:3, :3], axis=0), 0, 0, 0, 0)
    struct.pack_into("<fff", header, 108, 352.0, 1.0, 0.0)
    struct.pack_into("<B", header, 123, 2)
    struct.pack_into("<hh", header, 252, 0, 1)
    struct.pack_into("<12f", header, 280, *affine[:3].ravel())
    header[344:348] = b"n+1\0"
    return bytes(header) + b"\0" * 4 + voxels.astype("<i2").tobytes()


C, S = np.cos(0.3), np.sin(0.3)
AFFINES = {
    "ras": np.diag([1.5, 2.0, 3.0, 1.0]),
    "las": np.diag([-1.5, 2.0, 3.0, 1.0]),
    "permuted": np.array([[0, 0, 3.0, 0], [1.5, 0, 0, 0], [0, -2.0, 0, 0], [0, 0, 0, 1.0]]),
    "oblique": np.array([[1.5 * C, -2.0 * S, 0, 0], [1.5 * S, 2.0 * C, 0, 0], [0, 0, 3.0, 0], [0, 0, 0, 1.0]]),
}


@pytest.mark.parametrize("name", AFFINES)
@pytest.mark.parametrize("packed", [False, True])
def test_nifti_turns_from_ras_to_lps(tmp_path: Path, name: str, packed: bool) -> None:
    affine = AFFINES[name] + np.array([[0, 0, 0, 10.0], [0, 0, 0, -20.0], [0, 0, 0, 30.0], [0, 0, 0, 0]])
    k, j, i = np.meshgrid(np.arange(11), np.arange(12), np.arange(13), indexing="ij")
    ras = np.stack([i, j, k, np.ones_like(i)], axis=-1) @ affine.T
    centre = ras[..., :3].mean(axis=(0, 1, 2))
    hu = np.rint((ras[..., :3] - centre) @ [30.0, 40.0, -35.0])
    path = tmp_path / ("ct.nii.gz" if packed else "ct.nii")
    content = nifti_bytes(hu, affine)
    path.write_bytes(gzip.compress(content) if packed else content)
    image, findings = read_image(path)
    assert [finding.code for finding in findings if finding.code != "image.padding"] == ["image.modality_guessed"]
    assert (image.modality, image.voxels.dtype, image.source.path) == (Modality.CT, np.int16, path.name)
    lps = image.grid.to_mm(np.stack([i, j, k], axis=-1))
    assert lps == pytest.approx(ras[..., :3] * [-1, -1, 1], abs=1e-3)
    assert np.array_equal(image.voxels, np.maximum(hu, -1024))
    assert np.array_equal(image.voxels[image.grid.nearest_voxel(lps[3, 4, 5])], np.maximum(hu[3, 4, 5], -1024))


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".nii.gz"])
def test_formats_agree(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(0)
    source = sitk.GetImageFromArray(rng.integers(-1000, 2000, (10, 11, 12)).astype(np.float32))
    source.SetSpacing((0.7, 0.8, 2.5))
    source.SetOrigin((5.0, -6.0, 7.0))
    source.SetDirection((C, -S, 0, S, C, 0, 0, 0, -1))
    sitk.WriteImage(source, str(tmp_path / f"ct{suffix}"))
    image, _ = read_image(tmp_path / f"ct{suffix}")
    assert np.array_equal(image.voxels, sitk.GetArrayFromImage(source))
    point = source.TransformContinuousIndexToPhysicalPoint((3.0, 4.0, 5.0))
    assert image.grid.to_mm((3, 4, 5)) == pytest.approx(point, abs=1e-4)


def test_numbers_that_are_no_hu_are_not_taken_for_ct(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.full((10, 10, 10), 300, np.uint16)), str(tmp_path / "t2.nii.gz"))
    image, (finding,) = read_image(tmp_path)
    assert (image.modality, image.unit, image.voxels.dtype) == (Modality.OTHER, "", np.float32)
    assert finding.code == "image.modality_guessed"


def test_what_is_no_volume_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.Image([8, 8, 8, 3], sitk.sitkInt16), str(tmp_path / "four.nii.gz"))
    with pytest.raises(ImageError, match=r"four\.nii\.gz: has 4 dimensions \(8x8x8x3\)"):
        read_image(tmp_path / "four.nii.gz")
    sitk.WriteImage(sitk.Image([8, 8, 8], sitk.sitkVectorUInt8, 3), str(tmp_path / "rgb.nrrd"))
    with pytest.raises(ImageError, match=r"each voxel has 3 numbers"):
        read_image(tmp_path / "rgb.nrrd")
    (tmp_path / "broken.nii.gz").write_bytes(b"not a volume at all")
    with pytest.raises(ImageError, match=r"broken\.nii\.gz: cannot be read"):
        read_image(tmp_path / "broken.nii.gz")


def test_sheared_axes_are_refused(tmp_path: Path) -> None:
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[0, 1] = 0.3
    (tmp_path / "sheared.nii").write_bytes(nifti_bytes(np.zeros((10, 10, 10)), affine))
    with pytest.raises(ImageError):
        read_image(tmp_path / "sheared.nii")


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    numbers = np.full((10, 10, 10), -1000.0, np.float32)
    numbers[0], numbers[5, 5, 5] = 500.0, np.nan
    sitk.WriteImage(sitk.GetImageFromArray(numbers), str(tmp_path / "nan.nrrd"))
    with pytest.raises(ImageError, match=r"nan\.nrrd: 1 of its voxels are no finite numbers"):
        read_image(tmp_path / "nan.nrrd")


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    numbers = np.random.default_rng(1).integers(-1000, 1000, (10, 10, 10)).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(numbers), str(tmp_path / "whole.nrrd"))
    (tmp_path / "cut.nrrd").write_bytes((tmp_path / "whole.nrrd").read_bytes()[:-300])
    with pytest.raises(ImageError, match=r"cut\.nrrd: cannot be read"):
        read_image(tmp_path / "cut.nrrd")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", ["little", "big"])
def test_a_nifti_that_is_cut_off_is_refused_and_not_filled_with_zeros(tmp_path: Path, packed: bool, order: str) -> None:
    path = tmp_path / ("ct.nii.gz" if packed else "ct.nii")
    hu = np.random.default_rng(2).integers(-1000, 1500, (12, 13, 14)).astype(np.int16)
    image = sitk.GetImageFromArray(hu)
    sitk.WriteImage(image, str(path))
    if order == "big":
        content = bytearray(nifti_bytes(hu, np.eye(4)))
        for kind, place in (("i", 0), ("8h", 40), ("hh", 70), ("8f", 76), ("fff", 108), ("hh", 252), ("12f", 280)):
            struct.pack_into(f">{kind}", content, place, *struct.unpack_from(f"<{kind}", content, place))
        content[352:] = hu.astype(">i2").tobytes()
        path.write_bytes(gzip.compress(content) if packed else content)
    assert np.array_equal(read_image(path)[0].voxels, hu)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(ImageError, match="cut off"):
        read_image(path)


@pytest.mark.parametrize("spacing_mm", [(1e-6, 1.0, 1.0), (1.0, 1.0, 500.0)])
def test_a_spacing_that_no_scanner_has_is_refused(tmp_path: Path, spacing_mm: tuple[float, float, float]) -> None:
    image = sitk.GetImageFromArray(np.zeros((12, 12, 12), np.int16))
    image.SetSpacing(spacing_mm)
    sitk.WriteImage(image, str(tmp_path / "ct.nrrd"))
    with pytest.raises(ImageError, match=r"the spacing is .* mm; plausible are 0\.05 to 20 mm"):
        read_image(tmp_path / "ct.nrrd")

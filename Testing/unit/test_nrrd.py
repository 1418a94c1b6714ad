"""NRRD: our own writer and reader against SimpleITK's, and files as 3D Slicer writes them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses

from boneir.errors import ImageError
from boneir.grid import Grid
from boneir.image.nrrd import nrrd_chunks, read_nrrd
from small_case import DIRECTIONS

KINDS = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64)


def grid_with(direction: tuple[float, ...]) -> Grid:
    return Grid((4, 5, 6), (0.7, 1.1, 2.5), (-12.3456789, 1 / 3, 1e-7), direction)  # type: ignore[arg-type]


def numbers_of(kind: type, shape: tuple[int, ...] = (4, 5, 6)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 100, shape).astype(kind)


def write(path: Path, *args: object, **kwargs: object) -> Path:
    path.write_bytes(b"".join(nrrd_chunks(*args, **kwargs)))  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compression", [0, 1])
def test_what_is_written_reads_back_equal(tmp_path: Path, kind: type, compression: int) -> None:
    grid, numbers = grid_with(DIRECTIONS["oblique"]), numbers_of(kind)
    content = read_nrrd(write(tmp_path / "a.nrrd", numbers, grid, {"a": "b := c\nd\\"}, compression=compression))
    assert content.numbers.dtype == kind
    assert np.array_equal(content.numbers, numbers)
    assert content.grid.matches(grid, 1e-9)
    assert content.keys == {"a": "b := c\nd\\"}


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS)
@pytest.mark.parametrize("compression", [0, 1])
def test_simpleitk_reads_the_same_place_and_numbers(
    tmp_path: Path, direction: tuple[float, ...], compression: int
) -> None:
    grid, numbers = grid_with(direction), numbers_of(np.int16)
    image = sitk.ReadImage(str(write(tmp_path / "a.nrrd", numbers, grid, compression=compression)))
    assert np.array_equal(sitk.GetArrayFromImage(image), numbers)
    for ijk in [(0, 0, 0), (5, 0, 0), (0, 4, 0), (0, 0, 3), (5, 4, 3)]:
        assert image.TransformIndexToPhysicalPoint(ijk) == pytest.approx(grid.to_mm(ijk).tolist(), abs=1e-6)


def test_what_simpleitk_writes_is_read(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(numbers_of(np.float32))
    image.SetSpacing((0.7, 1.1, 2.5))
    image.SetOrigin((1.0, 2.0, 3.0))
    image.SetDirection(DIRECTIONS["oblique"])
    sitk.WriteImage(image, str(tmp_path / "a.nrrd"), useCompression=True)
    content = read_nrrd(tmp_path / "a.nrrd")
    assert np.array_equal(content.numbers, numbers_of(np.float32))
    assert content.grid.to_mm((5, 4, 3)) == pytest.approx(image.TransformIndexToPhysicalPoint((5, 4, 3)), abs=1e-6)


def test_the_same_data_give_the_same_bytes() -> None:
    grid, numbers = grid_with(DIRECTIONS["axial"]), numbers_of(np.uint8)
    first, second = (b"".join(nrrd_chunks(numbers, grid, compression=1)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "space", ["right-anterior-superior", "left-anterior-superior", "RAS", "left-posterior-superior"]
)
def test_other_spaces_and_big_endian(tmp_path: Path, space: str) -> None:
    signs = np.array({"ri": (-1, -1, 1), "RA": (-1, -1, 1)}.get(space[:2], (1, -1, 1) if "ant" in space else (1, 1, 1)))
    numbers = numbers_of(np.int16)
    header = (
        f"NRRD0005\r\n# a comment\r\ntype: int16\r\ndimension: 3\r\nspace: {space}\r\nsizes: 6 5 4\r\n"
        "space directions: (0,2,0) (3,0,0) (0,0,4)\r\nkinds: domain domain domain\r\nendian: big\r\n"
        "encoding: gzip\r\nspace origin: (10,20,30)\r\n\r\n"
    )
    path = tmp_path / "a.nrrd"
    path.write_bytes(header.encode() + gzip.compress(numbers.astype(">i2").tobytes()))
    content = read_nrrd(path)
    assert np.array_equal(content.numbers, numbers)
    assert content.grid.to_mm((1, 2, 3)) == pytest.approx((np.array([10 + 6, 20 + 2, 30 + 12]) * signs).tolist())


def test_layers_lie_next_to_each_other(tmp_path: Path) -> None:
    grid, numbers = grid_with(DIRECTIONS["axial"]), numbers_of(np.uint8, (4, 5, 6, 2))
    path = write(tmp_path / "a.nrrd", numbers, grid, compression=1)
    assert np.array_equal(read_nrrd(path).numbers, numbers)
    header = path.read_bytes().split(b"\n\n")[0].decode()
    assert "sizes: 2 6 5 4" in header
    assert "kinds: list domain domain domain" in header
    image = sitk.ReadImage(str(path))  # SimpleITK takes the list axis for the components of a voxel
    assert np.array_equal(sitk.GetArrayFromImage(image), numbers)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ((b"NRRD0004", b"PNG"), "not an NRRD file"),
        ((b"encoding: raw", b"encoding: bzip2"), "encoding 'bzip2'; raw and gzip are known"),
        ((b"type: short", b"type: block"), "not an NRRD file that can be read here"),
        ((b"sizes: 6 5 4", b"sizes: 6 5 5"), "cut off; 300 bytes of numbers expected, 240 found"),
        ((b"sizes: 6 5 4\n", b""), "not an NRRD file that can be read here"),
        ((b"endian: little", b"data file: other.raw"), "the numbers lie in another file"),
        ((b"left-posterior-superior", b"scanner-xyz"), "not an NRRD file that can be read here"),
        ((b"(0.7,0.0,0.0)", b"(0,0,0)"), "a space direction has no length"),
        ((b"(0.7,0.0,0.0)", b"(0.7,0.3,0.0)"), "not perpendicular"),
    ],
)
def test_faults_are_named(tmp_path: Path, change: tuple[bytes, bytes], sentence: str) -> None:
    path = write(tmp_path / "a.nrrd", numbers_of(np.int16), grid_with(DIRECTIONS["axial"]))
    assert change[0] in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(*change))
    with pytest.raises(ImageError, match=sentence):
        read_nrrd(path)


def test_gzip_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nrrd", numbers_of(np.int16), grid_with(DIRECTIONS["axial"]), compression=1)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ImageError, match=r"a\.nrrd"):
        read_nrrd(path)


def test_what_nrrd_cannot_hold_is_refused() -> None:
    grid = grid_with(DIRECTIONS["axial"])
    with pytest.raises(ImageError, match="no name for numbers of type complex"):
        nrrd_chunks(numbers_of(np.complex64), grid)
    with pytest.raises(ImageError, match="they must agree"):
        nrrd_chunks(numbers_of(np.int16, (4, 5, 7)), grid)

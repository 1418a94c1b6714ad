"""Volume files: one image in one file, as NIfTI, NRRD or MetaImage, read by SimpleITK into LPS mm."""

from __future__ import annotations

import gzip
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from numpy.typing import NDArray

from ..errors import ImageError
from ..grid import Grid
from .image_limits import check_range

SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")

_NIFTI_1, _NIFTI_2 = 348, 540
"""Sizes of the headers of the two versions of NIfTI, in bytes."""


def is_volume_file(path: Path) -> bool:
    """Whether the name ends as that of an image in one file does."""
    return path.name.lower().endswith(SUFFIXES)


def describe_volume_file(path: Path) -> tuple[tuple[int, int, int], tuple[float, float, float], str]:
    """Size and spacing along (i, j, k), and why no plan can be made on the image; "" where one can.

    Raises
    ------
    ImageError
        If the header cannot be read or is no volume.
    """
    reader = _reader(path)
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise ImageError(f"{path.name}: cannot be read ({_reason(error)}).") from error
    _check_volume(path, reader)
    (ni, nj, nk), (di, dj, dk) = reader.GetSize()[:3], reader.GetSpacing()[:3]
    reason = ""
    if path.name.lower().endswith(".seg.nrrd"):
        reason = "A segmentation, not an image."
    elif reader.GetPixelID() in (sitk.sitkUInt8, sitk.sitkInt8):
        reason = "Its numbers have 8 bits: labels or a picture, not HU."
    return (ni, nj, nk), (di, dj, dk), reason


def read_volume_file(path: Path) -> tuple[NDArray[np.generic], Grid]:
    """The numbers, shape (k, j, i), and the grid of an image in one file.

    Raises
    ------
    ImageError
        If the file cannot be read, is cut off, is no volume of single numbers, or its axes are not perpendicular.
    """
    reader = _reader(path)
    try:
        reader.ReadImageInformation()
        _check_volume(path, reader)
        _check_whole(path)
        image = reader.Execute()
    except RuntimeError as error:
        raise ImageError(f"{path.name}: cannot be read ({_reason(error)}).") from error
    if image.GetDimension() == 4:
        image = image[:, :, :, 0]
    return np.asarray(sitk.GetArrayFromImage(image)), grid_of(image)


def grid_of(image: sitk.Image) -> Grid:
    """The grid of a three-dimensional SimpleITK image."""
    ni, nj, nk = image.GetSize()
    return Grid((nk, nj, ni), image.GetSpacing(), image.GetOrigin(), image.GetDirection())


def _reader(path: Path) -> sitk.ImageFileReader:
    if not path.is_file():
        raise ImageError(f"{path}: there is no such file.")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    return reader


def _check_volume(path: Path, reader: sitk.ImageFileReader) -> None:
    dimension, components, size = reader.GetDimension(), reader.GetNumberOfComponents(), reader.GetSize()
    if components != 1:
        raise ImageError(f"{path.name}: each voxel has {components} numbers; an image has one.")
    if dimension not in (3, 4) or (dimension == 4 and size[3] != 1):
        shown = "x".join(map(str, size))
        raise ImageError(f"{path.name}: has {dimension} dimensions ({shown}); a volume has three.")
    spacing_mm = reader.GetSpacing()[:3]
    check_range("slice_spacing", min(spacing_mm), max(spacing_mm), f"{path.name}: the spacing")


def _check_whole(path: Path) -> None:
    """Refuse a NIfTI file that was cut off: SimpleITK would read what is missing as 0 without a word."""
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        return
    with path.open("rb") as stream:
        is_packed = stream.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if is_packed else path.open("rb") as stream:
            stream.seek(_nifti_size(stream.read(_NIFTI_2)) - 1)
            is_whole = stream.read(1) != b""
    except (EOFError, zlib.error, gzip.BadGzipFile):
        is_whole = False
    if not is_whole:
        raise ImageError(f"{path.name}: is cut off or damaged, and would lack slices; copy or export it again.")


def _nifti_size(head: bytes) -> int:
    """How many bytes a NIfTI file of this header has at the least; those of the header where it is none."""
    for order in "<>":
        head_size = struct.unpack_from(f"{order}i", head)[0] if len(head) == _NIFTI_2 else 0
        if head_size in (_NIFTI_1, _NIFTI_2):
            dims_at, bits_at, start_at = ("8h", 40), ("h", 72), ("f", 108)
            if head_size == _NIFTI_2:
                dims_at, bits_at, start_at = ("8q", 16), ("h", 14), ("q", 168)
            (used, *dims), (bits,), (start,) = (
                struct.unpack_from(order + kind, head, place) for kind, place in (dims_at, bits_at, start_at)
            )
            return int(start) + int(prod(dims[:used]) * bits // 8)
    return _NIFTI_1


def _reason(error: RuntimeError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:160] if lines else "unknown reason"

"""DICOM pixels: stored numbers of slices, uncompressed or not, read in threads."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from ..errors import ImageError
from .dicom_codestream import check_frames
from .dicom_header import named, read_dicom, short_reason, text
from .dicom_slice import Slice

_SINGLE_FRAME = "1.2.840.10008.5.1.4.1.1.7"
_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.7.3"
_COPIED = (
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel"),
    *("PhotometricInterpretation", "NumberOfFrames"),
)

Take = Callable[[int, NDArray[np.generic]], None]
"""Receives the number of a slice in the list and its stored numbers, shape (rows, columns)."""


def read_pixels(slices: Sequence[Slice], take: Take) -> None:
    """Hand the stored numbers of every slice to `take`, in any order and from several threads.

    Raises
    ------
    ImageError
        If the pixels of a file are missing, cut off or cannot be decoded; the sentence names the file.
    """
    files: dict[Path, list[int]] = defaultdict(list)
    for n, item in enumerate(slices):
        files[item.path].append(n)

    def one_file(path: Path) -> None:
        stored = stored_numbers(path)
        for n in files[path]:
            columns, rows = slices[n].size
            if stored.shape[1:] != (rows, columns) or slices[n].frame >= stored.shape[0]:
                raise ImageError(f"{path.name}: the pixels have the shape {stored.shape}, the header says otherwise.")
            take(n, stored[slices[n].frame])

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as threads:
        for _ in threads.map(one_file, files):
            pass


def stored_numbers(path: Path) -> NDArray[np.generic]:
    """The numbers that a file stores, before any rescaling, shape (frames, rows, columns).

    Raises
    ------
    ImageError
        If they are missing, cut off, coloured or cannot be decoded.
    """
    data = read_dicom(path, pixels=True)
    if "PixelData" not in data:
        raise ImageError(f"{path.name}: {named('PixelData')} is missing; the file may be cut off.")
    syntax = getattr(data.file_meta, "TransferSyntaxUID", None)
    if syntax is None:
        is_implicit, _ = data.original_encoding
        data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
        syntax = data.file_meta.TransferSyntaxUID
    try:
        plain = not syntax.is_compressed or syntax.is_deflated or syntax == RLELossless
        pixels = np.asarray(data.pixel_array) if plain else _decoded(data, syntax)
    except Exception as error:  # decoders raise almost anything on broken bytes
        how = short_reason(getattr(syntax, "name", syntax))
        raise ImageError(
            f"{path.name}: {named('PixelData')} cannot be decoded as {how} ({short_reason(error)})."
        ) from error
    pixels = _with_sign(pixels, data)
    if pixels.ndim == 2:
        pixels = pixels[None]
    if pixels.ndim != 3:
        raise ImageError(
            f"{path.name}: the pixels have {pixels.ndim} dimensions; grey values of slices have two or three."
        )
    return pixels


def _with_sign(pixels: NDArray[np.generic], data: Any) -> NDArray[np.generic]:
    """Negative numbers of fewer bits than their container must fill it with their sign; some writers forget it."""
    spare = pixels.dtype.itemsize * 8 - int(data.get("BitsStored") or 0)
    if pixels.dtype.kind != "i" or not 0 < spare < 16 or int(pixels.max(initial=0)) < 1 << (data.BitsStored - 1):
        return pixels
    return np.asarray(np.right_shift(np.left_shift(pixels, spare), spare))


def _decoded(data: Any, syntax: Any) -> NDArray[np.generic]:
    """Decode JPEG and its kin with GDCM, from a copy that holds nothing but pixels.

    GDCM would apply the rescaling for some kinds of object and not for others; the copy has none.
    """
    check_frames(data)
    bare = Dataset()
    for keyword in _COPIED:
        if text(data, keyword):
            setattr(bare, keyword, data.get(keyword))
    bare.SOPClassUID = _MULTI_FRAME if int(data.get("NumberOfFrames") or 1) > 1 else _SINGLE_FRAME
    bare.SOPInstanceUID = "2.25.1"
    bare.Modality = "OT"
    bare.PixelData = data.PixelData
    bare["PixelData"].is_undefined_length = True
    bare.file_meta = FileMetaDataset()
    bare.file_meta.TransferSyntaxUID = syntax
    bare.file_meta.MediaStorageSOPClassUID = bare.SOPClassUID
    bare.file_meta.MediaStorageSOPInstanceUID = bare.SOPInstanceUID
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "pixels.dcm"
        bare.save_as(copy, enforce_file_format=True)
        return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(copy), imageIO="GDCMImageIO")))

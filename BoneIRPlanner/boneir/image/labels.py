"""Labels: outlines that others made, as named masks, from label images, Slicer's segmentations, DICOM SEG, RTSTRUCT."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from ..errors import ImageError, OutlineError
from ..findings import Finding, Severity
from ..mask import Mask
from .dicom_header import is_dicom, read_dicom, text
from .dicom_seg import SEGMENTATION_CLASSES, read_dicom_seg
from .label_names import read_label_names
from .rtstruct import STRUCTURE_SET_CLASS, read_rtstruct
from .seg_nrrd import Segment, read_seg_nrrd
from .volume_file import is_volume_file, read_volume_file


@dataclass(frozen=True, eq=False)
class NamedMask:
    """An outline that was read from a file.

    Parameters
    ----------
    name : str
        As the file or its list of names has it.
    mask : Mask
        On its own grid.
    code : str
        Coded type as "scheme^value^meaning", its modifier (the side) after a "~"; or "".
    origin : str
        Name of the file.
    frame_uid : str
        DICOM frame of reference of its coordinates; "" where the file names none.
    """

    name: str
    mask: Mask
    code: str = ""
    origin: str = ""
    frame_uid: str = ""


def read_labels(path: Path | str, names_path: Path | str | None = None) -> tuple[NamedMask, ...]:
    """Read outlines.

    Parameters
    ----------
    path : Path or str
        A label image (NIfTI, NRRD, MetaImage), a ``.seg.nrrd``, a DICOM SEG, an RTSTRUCT, or a folder of such files; an
        image in a folder that shows one label only, and has no list of names, is called by its file name.
    names_path : Path or str or None
        List of names for label images. Without it a list beside the image is looked for (``labels.json`` for
        ``labels.nii.gz``, also ``.csv``, ``.tsv``, ``.txt``).

    Returns
    -------
    tuple of NamedMask
        Every label that marks at least one voxel.

    Raises
    ------
    OutlineError
        If the file holds no outlines, or labels without names: they are mapped by name, never by number alone.
    """
    path = Path(path)
    if path.is_dir():
        return _from_folder(path, names_path)
    try:
        if path.name.lower().endswith(".seg.nrrd"):
            return _named(read_seg_nrrd(path), path)
        if is_volume_file(path):
            return _from_label_image(path, Path(names_path) if names_path else _names_beside(path))
        sop_class = _sop_class(path)
        if sop_class in SEGMENTATION_CLASSES:
            return _named(read_dicom_seg(path), path, _frame_of(path))
        if sop_class == STRUCTURE_SET_CLASS:
            return _named(read_rtstruct(path), path, _frame_of(path))
    except ImageError as error:
        raise OutlineError(str(error)) from error
    if not path.exists():
        raise OutlineError(f"{path}: there is no such file or folder.")
    raise OutlineError(
        f"{path.name}: no outlines; a label image (NIfTI, NRRD, MHA), .seg.nrrd, DICOM SEG or RTSTRUCT has some."
    )


def _sop_class(path: Path) -> str:
    """What a DICOM file is; "" where it is none."""
    if not (path.is_file() and is_dicom(path)):
        return ""
    return text(read_dicom(path, tags=("SOPClassUID",)), "SOPClassUID")


def _frame_of(path: Path) -> str:
    """The frame of reference that a segmentation or structure set was drawn in; "" where it names none, or several."""
    data = read_dicom(path, tags=("FrameOfReferenceUID", "StructureSetROISequence"))
    of_outlines = {text(item, "ReferencedFrameOfReferenceUID") for item in data.get("StructureSetROISequence") or ()}
    return (of_outlines or {text(data, "FrameOfReferenceUID")}).pop() if len(of_outlines) < 2 else ""


def frame_findings(named: Iterable[NamedMask], frame_uid: str) -> tuple[Finding, ...]:
    """``labels.other_frame`` (warn) for each file whose outlines were drawn in another frame of reference."""
    files = dict.fromkeys(item.origin for item in named if frame_uid and item.frame_uid not in ("", frame_uid))
    return tuple(
        Finding(
            "labels.other_frame",
            Severity.WARN,
            f"{name} was drawn in another frame of reference than that of the planning image: its places may be those "
            "of another examination; look whether its outlines lie right, or outline anew.",
        )
        for name in files
    )


def _from_folder(folder: Path, names_path: Path | str | None) -> tuple[NamedMask, ...]:
    found: list[NamedMask] = []
    for file in sorted(item for item in folder.iterdir() if item.is_file()):
        is_seg = file.name.lower().endswith(".seg.nrrd")
        if is_volume_file(file) and not is_seg and names_path is None and _names_beside(file) is None:
            found += _single(file)
        elif is_volume_file(file) or is_dicom(file):
            found += read_labels(file, names_path)
    if not found:
        raise OutlineError(f"{folder.name}: no outlines in this folder (folders within it are not looked into).")
    return tuple(found)


def _single(path: Path) -> tuple[NamedMask, ...]:
    """One structure per file, called by the name of the file, as many segmentation programs write it."""
    numbers, grid = read_volume_file(path)
    values = np.unique(numbers)
    marked = [value for value in values.tolist() if value != 0]
    if len(marked) > 1:
        raise OutlineError(_without_names(path, [int(value) for value in marked]))
    mask = Mask.of(numbers != 0, grid)
    return () if mask.is_empty else (NamedMask(_stem(path), mask, origin=path.name),)


def _from_label_image(path: Path, names_path: Path | None) -> tuple[NamedMask, ...]:
    numbers, grid = read_volume_file(path)
    if not np.issubdtype(numbers.dtype, np.integer):
        if not (np.isfinite(numbers).all() and np.array_equal(numbers, np.rint(numbers))):
            raise OutlineError(f"{path.name}: labels are whole numbers; this is an image.")
        numbers = numbers.astype(np.int32)
    if int(numbers.min()) < 0 or int(numbers.max()) > 65535:
        raise OutlineError(f"{path.name}: labels from {numbers.min()} to {numbers.max()}; 0 to 65535 are possible.")
    boxes = ndimage.find_objects(numbers.astype(np.int32, copy=False))
    present = [n for n, box in enumerate(boxes, 1) if box is not None]
    if names_path is None:
        raise OutlineError(_without_names(path, present))
    names = read_label_names(names_path)
    unknown = [n for n in present if n not in names]
    if unknown:
        shown = ", ".join(map(str, unknown[:8]))
        raise OutlineError(f"{names_path.name}: no name for the label(s) {shown} of {path.name}.")
    masks = []
    for n in present:
        box = boxes[n - 1]
        k, j, i = (part.start for part in box)
        masks.append(NamedMask(names[n], Mask.within(numbers[box] == n, (k, j, i), grid), origin=path.name))
    return tuple(masks)


def _named(segments: tuple[Segment, ...], path: Path, frame_uid: str = "") -> tuple[NamedMask, ...]:
    marked = [item for item in segments if not item.mask.is_empty]
    return tuple(NamedMask(item.name, item.mask, item.code, path.name, frame_uid) for item in marked)


def _names_beside(path: Path) -> Path | None:
    places = [path.with_name(_stem(path) + end) for end in (".json", ".csv", ".tsv", ".txt")]
    return next((place for place in places if place.is_file()), None)


def _stem(path: Path) -> str:
    name = path.name
    for end in (".nii.gz", ".gz"):
        name = name.removesuffix(end)
    return name.rsplit(".", 1)[0] if "." in name else name


def _without_names(path: Path, present: list[int]) -> str:
    shown = ", ".join(map(str, present[:8])) + (", ..." if len(present) > 8 else "")
    return (
        f"{path.name}: labels {shown} without names; numbers mean different things in different programs, so give a "
        'list of names (JSON {"1": "aorta"}, CSV, or lines "1 aorta").'
    )

"""A lesion whose outline someone has drawn already: taken from a file and placed on the planning image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..case import Case, Lesion
from ..errors import ImageError, OutlineError
from ..findings import Finding, Severity
from ..image.labels import NamedMask, frame_findings, read_labels
from ..image.resample import mask_on
from ..image.volume_file import is_volume_file, read_volume_file
from ..mask import Mask

LESION_CUT = "lesion.cut"
"""Code of the finding that part of the outline lies outside the planning image."""

_KEPT_SHARE = 0.95
"""Resampling changes a volume by a few per cent; less than this means that a part is missing."""


def lesion_from_file(
    case: Case, path: Path | str, *, name: str = "lesion-1", label: str = ""
) -> tuple[Lesion, tuple[Finding, ...]]:
    """Take the outline of a lesion from a file.

    Parameters
    ----------
    case : Case
    path : Path or str
        Label image (NIfTI, NRRD, MetaImage), ``.seg.nrrd`` or DICOM SEG, on any grid. An image that marks one thing
        only needs no names.
    name : str
        What the lesion is called in the case.
    label : str
        Which outline of the file, where it holds several.

    Returns
    -------
    Lesion, on the grid of the planning image, and what is doubtful

    Raises
    ------
    OutlineError
        If the file cannot be read, holds several outlines and `label` names none of them, or lies elsewhere.
    """
    path = Path(path)
    chosen = _choose(_outlines(path), label, path)
    placed = mask_on(chosen.mask, case.image.grid)
    if placed.is_empty:
        raise OutlineError(f"{path.name}: the outline {chosen.name!r} lies outside the image.")
    lesion = Lesion(name, placed, f"mask file {path.name}")
    lost_ml = chosen.mask.volume_ml - placed.volume_ml
    doubts = [replace(item, about=name) for item in frame_findings([chosen], case.image.source.frame_uid)]
    if placed.volume_ml >= _KEPT_SHARE * chosen.mask.volume_ml:
        return lesion, tuple(doubts)
    text = f"{lost_ml:.1f} mL of the outline {chosen.name!r} lie outside the image and are not planned for."
    return lesion, (*doubts, Finding(LESION_CUT, Severity.WARN, text, measured=lost_ml, unit="mL", about=name))


def _outlines(path: Path) -> Sequence[NamedMask]:
    if not is_volume_file(path) or path.name.lower().endswith(".seg.nrrd"):
        return read_labels(path)
    try:
        numbers, grid = read_volume_file(path)
    except ImageError as error:
        raise OutlineError(str(error)) from error
    values = np.unique(numbers[numbers != 0])
    if values.size == 0:
        raise OutlineError(f"{path.name}: nothing is marked in it.")
    if values.size > 1:
        return read_labels(path)
    return (NamedMask(path.name, Mask.of(numbers != 0, grid), origin=path.name),)


def _choose(named: Sequence[NamedMask], label: str, path: Path) -> NamedMask:
    if not label and len(named) == 1:
        return named[0]
    for item in named:
        if label and item.name == label:
            return item
    have = ", ".join(item.name for item in named) or "none"
    asked = f"no outline {label!r}" if label else "several outlines; say which one"
    raise OutlineError(f"{path.name}: {asked}; it has: {have}.")

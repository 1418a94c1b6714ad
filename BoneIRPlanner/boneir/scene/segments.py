"""Masks as the segments of a segmentation node: packed into few shared label maps, so that a file stays small."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from ..anatomy.structures import Code, structure_kinds
from ..case import Lesion, Structure
from ..grid import Grid
from ..image.seg_nrrd import type_of_entry
from ..mask import Mask
from .colours import LESION, Colour, colour_of
from .core import slicer
from .ras import ijk_to_ras, vtk_matrix
from .terminology import ANATOMY, CONTEXT
from .volume import vtk_image

_TAG = "boneir."
_CONTEXT = "Segmentation category and type - DICOM master list"
_REGIONS = "Anatomic codes - DICOM master list"
_LESION = "SCT^49755003^Morphologically Altered Structure~SCT^14799000^Neoplasm, Secondary~^^"
"""Of the words in that list for what has grown where it should not, the one for metastases."""
_MOST_LABELS = 255


@dataclass(frozen=True, eq=False)
class Segment:
    """A mask with what Slicer shows and keeps of it.

    Parameters
    ----------
    name : str
        Name of the segment, and its identifier.
    mask : Mask
    colour : Colour
        Red, green and blue, 0..1.
    terminology : str
        Slicer's form of the coded concept; "" where there is none.
    tags : mapping
        What has to come back with the mask (role, kind, origin).
    """

    name: str
    mask: Mask
    colour: Colour
    terminology: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def segment_of(item: Structure | Lesion) -> Segment:
    """The segment of a structure or lesion, with everything that is needed to read it back."""
    if isinstance(item, Lesion):
        tags = {"what": "lesion", "origin": item.origin}
        return Segment(item.name, item.mask, LESION, f"{_CONTEXT}~{_LESION}~{_REGIONS}~^^~^^", tags)
    known = structure_kinds().get(item.kind or item.name)
    terminology = ""
    if known is not None and known.code is not None:
        what, concept, side = (_code_text(code) for code in (ANATOMY, known.code, known.side))
        terminology = f"{CONTEXT}~{what}~{concept}~{side}~{_REGIONS}~^^~^^"
    sure = "yes" if item.sure else "no"
    tags = {"what": "structure", "role": item.role.value, "kind": item.kind, "origin": item.origin, "sure": sure}
    return Segment(item.name, item.mask, colour_of(item), terminology, tags)


def fill_segmentation(node: Any, segments: Iterable[Segment], grid: Grid) -> None:
    """Add segments to a segmentation node.

    Masks that do not overlap share one label map: Slicer and its files hold one array per layer, not per segment.
    """
    segmentation = node.GetSegmentation()
    segmentation.SetSourceRepresentationName(_binary())
    for layer in _layers(segments):
        labels = _label_map([item.mask for item in layer], grid)
        for label, item in enumerate(layer, start=1):
            made = slicer.vtkSegment()
            made.SetName(item.name)
            made.SetColor(*item.colour)
            made.SetLabelValue(label)
            if item.terminology:
                made.SetTerminology(item.terminology)
            for key, value in item.tags.items():
                # "|" and ":" part the tags of a segment in Slicer's files.
                made.SetTag(_TAG + key, quote(value, safe=" "))
            made.AddRepresentation(_binary(), labels)
            segmentation.AddSegment(made, item.name)


def label_map_of(mask: Mask) -> Any:
    """One mask as a label map in RAS mm, as large as what it marks; an empty one where it marks nothing."""
    return _label_map([mask], mask.grid)


def call_lesion(segment: Any, origin: str) -> None:
    """Write on a segment that somebody else made that it is a lesion, with the coded concept of one."""
    described = f"{_CONTEXT}~{_LESION}~{_REGIONS}~^^~^^"
    segment.SetTerminology(described)
    for key, value in (("what", "lesion"), ("origin", origin)):
        segment.SetTag(_TAG + key, quote(value, safe=" "))


def tags_of(segment: Any) -> dict[str, str]:
    """What this library wrote on a segment; empty for a segment that somebody else made."""
    from .core import vtk

    found = {}
    for key in ("what", "role", "kind", "origin", "sure"):
        value = vtk.reference("")
        if segment.GetTag(_TAG + key, value):
            found[key] = unquote(str(value))
    return found


def code_of(segment: Any) -> str:
    """The coded type of a segment and its modifier as "scheme^value^meaning", parted by "~"; "" where it has none."""
    return type_of_entry(str(segment.GetTerminology() or ""))


def _code_text(code: Code | None) -> str:
    return "^^" if code is None else f"{code.scheme}^{code.value}^{code.meaning}"


def _binary() -> str:
    return str(slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName())


def _layers(segments: Iterable[Segment]) -> list[list[Segment]]:
    """Segments in groups of which no two overlap."""
    layers: list[list[Segment]] = []
    for item in segments:
        for layer in layers:
            if len(layer) < _MOST_LABELS and not any(_overlap(item.mask, other.mask) for other in layer):
                layer.append(item)
                break
        else:
            layers.append([item])
    return layers


def _overlap(a: Mask, b: Mask) -> bool:
    if a.is_empty or b.is_empty:
        return False
    for start_a, n_a, start_b, n_b in zip(a.corner, a.voxels.shape, b.corner, b.voxels.shape, strict=True):
        if start_a + n_a <= start_b or start_b + n_b <= start_a:
            return False
    small, large = (a, b) if a.voxels.size < b.voxels.size else (b, a)
    nk, nj, ni = small.voxels.shape
    return bool(np.any(small.voxels & large.part(small.corner, (nk, nj, ni))))


def _label_map(masks: list[Mask], grid: Grid) -> Any:
    """One label map around all masks; the first has label 1."""
    full = [mask for mask in masks if not mask.is_empty]
    data = slicer.vtkOrientedImageData()
    if full:
        low = np.min([mask.corner for mask in full], axis=0)
        high = np.max([np.add(mask.corner, mask.voxels.shape) for mask in full], axis=0)
        labels = np.zeros(tuple(high - low), np.uint8)
        for label, mask in enumerate(masks, start=1):
            if not mask.is_empty:
                k, j, i = np.subtract(mask.corner, low)
                nk, nj, ni = mask.voxels.shape
                labels[k : k + nk, j : j + nj, i : i + ni][mask.voxels] = label
        data.ShallowCopy(vtk_image(labels))
        extent = [int(v) for pair in zip(low[::-1], high[::-1] - 1, strict=True) for v in pair]
        data.SetExtent(extent)
    data.SetImageToWorldMatrix(vtk_matrix(ijk_to_ras(grid)))
    return data

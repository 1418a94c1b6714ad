"""DICOM SEG: the segments of a segmentation object as masks, binary and label map alike, read through highdicom."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ImageError, OutlineError
from ..grid import Grid
from ..mask import Mask
from .seg_nrrd import Segment

SEGMENTATION_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""Segmentation Storage and Label Map Segmentation Storage."""


def read_dicom_seg(path: Path) -> tuple[Segment, ...]:
    """Read the segments of a DICOM SEG, each on the grid that the object spans.

    Raises
    ------
    OutlineError
        If it cannot be read, or its frames do not form a volume.
    """
    import highdicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seg = highdicom.seg.segread(path)
            return tuple(_segment(seg, int(n)) for n in seg.segment_numbers)
    except (ImageError, OutlineError):
        raise
    except Exception as error:  # broken objects make the reader raise almost anything
        words = " ".join(str(error).split())[:160]
        raise OutlineError(f"{path.name}: the segmentation cannot be read ({words}).") from error


def _segment(seg: Any, number: int) -> Segment:
    volume = seg.get_volume(segment_numbers=[number], combine_segments=True, relabel=True, rescale_fractional=False)
    about = seg.get_segment_description(number)
    kind = about.segmented_property_type
    # highdicom indexes (k, j, i) as well; its affine steps along these axes in LPS mm
    affine = np.asarray(volume.affine, float)
    steps = affine[:3, [2, 1, 0]]
    spacing = np.linalg.norm(steps, axis=0)
    nk, nj, ni = volume.spatial_shape
    grid = Grid(
        shape=(int(nk), int(nj), int(ni)),
        spacing_mm=(float(spacing[0]), float(spacing[1]), float(spacing[2])),
        origin_mm=(float(affine[0, 3]), float(affine[1, 3]), float(affine[2, 3])),
        direction=tuple((steps / spacing).ravel().tolist()),
    )
    code = "~".join(f"{item.scheme_designator}^{item.value}^{item.meaning}" for item in (kind, *_modifiers(about)))
    return Segment(str(about.segment_label), Mask.of(np.asarray(volume.array) > 0, grid), code)


def _modifiers(about: Any) -> list[Any]:
    """Concepts that tell the side of a segment: of its type, or else of its anatomic region."""
    from highdicom.sr import CodedConcept

    regions = getattr(about, "AnatomicRegionSequence", None) or []
    kind = about.SegmentedPropertyTypeCodeSequence[0]
    found = list(kind.get("SegmentedPropertyTypeModifierCodeSequence") or [])
    found += [code for region in regions for code in region.get("AnatomicRegionModifierSequence") or []]
    return [CodedConcept.from_dataset(code) for code in found]

"""Segments as structures and lesions of a case, whoever made them and on whatever grid."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from ..anatomy.absent import unknown_findings
from ..anatomy.outline_kind import free_name, is_lesion_name, outline_from_elsewhere
from ..case import Lesion, Role, Structure
from ..errors import OutlineError
from ..findings import Finding, Severity
from ..grid import Grid
from ..image.resample import mask_on
from ..mask import Mask
from .core import slicer, vtk
from .ras import grid_of, numpy_matrix
from .segments import code_of, tags_of
from .volume import numpy_image, world_matrix

_ON_LATTICE = 1e-3
"""Largest distance, in voxels, at which a label map counts as lying on the voxels of the image."""


def outlines_from_node(
    node: Any, grid: Grid, volume: Any = None, lesions: Collection[str] = ()
) -> tuple[tuple[Structure, ...], tuple[Lesion, ...], tuple[Finding, ...]]:
    """Read every segment of a segmentation node onto the grid of the planning image.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
        Is not changed, also where its segments are surfaces only.
    grid : Grid
        Of the planning image.
    volume : vtkMRMLScalarVolumeNode or None
        Whose voxels surfaces are turned into.
    lesions : collection of str
        Names of segments that are lesions. Segments of this library know it themselves, and so do names with a word
        such as "lesion", "metastasis" or "tumour".

    Returns
    -------
    structures, lesions, findings
        Segments that the catalogue does not know are kept clear of as critical structures, and a finding says so.

    Raises
    ------
    OutlineError
        If a segment can not be turned into voxels.
    ImageError
        If a transform that bends or shears moves the segmentation.
    """
    segmentation = _with_label_maps(node, volume)
    to_world = world_matrix(node, "The segmentation")
    read: list[tuple[Structure, bool]] = []
    found: list[Lesion] = []
    findings: list[Finding] = []
    for index in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(index)
        mask = _mask_of(segment, to_world, grid)
        tags = tags_of(segment)
        name = segment.GetName()
        if tags.get("what") == "zone":
            continue
        if not tags and mask.is_empty:
            text = f"The segment {name!r} marks nothing of the planning image: it is left out."
            findings.append(Finding("scene.empty_segment", Severity.NOTE, text, about=name))
            continue
        if name in lesions or tags.get("what") == "lesion" or (not tags and is_lesion_name(name, code_of(segment))):
            found.append(Lesion(name, mask, tags.get("origin", f"segment of {node.GetName()}")))
            continue
        read.append((_structure(segment, mask, tags, node.GetName()), bool(tags)))
    structures, same = _with_own_names(read)
    foreign = [item for item, (_, is_own) in zip(structures, read, strict=True) if not is_own]
    return structures, tuple(found), (*findings, *same, *unknown_findings(foreign))


def _with_own_names(read: list[tuple[Structure, bool]]) -> tuple[tuple[Structure, ...], list[Finding]]:
    """Structures with a name each: of several, one that this library made keeps it, else the largest."""
    named = [item for item, _ in read]
    names = [item.name for item in named]
    findings = []
    for name in sorted({name for name in names if names.count(name) > 1}):
        same = [n for n, item in enumerate(named) if item.name == name]
        chosen = max(same, key=lambda n: (read[n][1], named[n].mask.count))
        for n in same:
            if n != chosen:
                named[n] = replace(named[n], name=free_name(name, [item.name for item in named]))
        others = ", ".join(f"{named[n].name} ({named[n].mask.volume_ml:.1f} mL)" for n in same if n != chosen)
        text = f"{len(same)} segments are {name!r}: the one of {named[chosen].mask.volume_ml:.1f} mL is taken for it"
        findings.append(Finding("scene.same_name", Severity.NOTE, f"{text}, and kept beside it: {others}.", about=name))
    return tuple(named), findings


def _structure(segment: Any, mask: Mask, tags: dict[str, str], node_name: str) -> Structure:
    name = segment.GetName()
    if tags.get("what") == "structure":
        sure = tags.get("sure", "yes") == "yes"
        return Structure(name, Role(tags["role"]), mask, tags.get("kind", ""), tags.get("origin", ""), sure)
    return outline_from_elsewhere(name, mask, code_of(segment), f"segment of {node_name}", ())


def _with_label_maps(node: Any, volume: Any) -> Any:
    """The node's segmentation where it has label maps, else a copy in which surfaces were filled."""
    binary = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    own = node.GetSegmentation()
    if own.GetNumberOfSegments() == 0 or own.ContainsRepresentation(binary):
        return own
    copy = slicer.vtkSegmentation()
    copy.DeepCopy(own)
    if volume is not None:
        matrix = vtk.vtkMatrix4x4()
        volume.GetIJKToRASMatrix(matrix)
        geometry = slicer.vtkSegmentationConverter.SerializeImageGeometry(matrix, volume.GetImageData())
        name = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
        copy.SetConversionParameter(name, geometry)
    if not copy.CreateRepresentation(binary):
        raise OutlineError(f"The segments of {node.GetName()!r} can not be turned into voxels: export them as labels.")
    return copy


def _mask_of(segment: Any, to_world: Any, grid: Grid) -> Mask:
    """The mask of a segment on the planning grid: voxel for voxel where it lies on it, resampled elsewhere."""
    binary = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    data = segment.GetRepresentation(binary)
    if data is None or data.IsEmpty() or data.GetPointData().GetScalars() is None:
        return Mask.of(np.zeros(grid.shape, bool), grid)
    marked = numpy_image(data) == segment.GetLabelValue()
    matrix = vtk.vtkMatrix4x4()
    data.GetImageToWorldMatrix(matrix)
    whole = to_world @ numpy_matrix(matrix)
    extent = data.GetExtent()
    whole[:3, 3] += whole[:3, :3] @ np.array([extent[0], extent[2], extent[4]], float)
    nk, nj, ni = marked.shape
    own = grid_of(whole, (nk, nj, ni))
    first = grid.to_ijk(own.origin_mm)
    corner = np.rint(first).astype(int)
    far = grid.to_ijk(own.to_mm((ni, nj, nk))) - (ni, nj, nk)
    if np.allclose(first, corner, atol=_ON_LATTICE) and np.allclose(far, corner, atol=_ON_LATTICE):
        i, j, k = (int(v) for v in corner)
        inside = Mask.within(marked, (0, 0, 0), own).part((-k, -j, -i), grid.shape)
        return Mask.of(inside, grid)
    return mask_on(Mask.of(marked, own), grid)

"""Whether the image or its outlines have changed since something was found in them, across saving and reopening too."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from ..errors import ImageError
from .core import numpy_support, slicer, vtk
from .ras import numpy_matrix
from .segments import tags_of
from .volume import numpy_image, world_matrix

_DIGITS = 3
"""Places and axes are compared to so many decimals of a mm: a file keeps no more for sure."""


class Fingerprints:
    """Short texts that are equal for nodes with equal contents; computed again only where a node was touched."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[Any, ...], str]] = {}

    def of(self, volume: Any, outlines: Any = None) -> str:
        """The text of an image and its outlines; names of nodes and colours count for nothing.

        Parameters
        ----------
        volume : vtkMRMLScalarVolumeNode or None
        outlines : vtkMRMLSegmentationNode or None
        """
        parts = [self._of(volume, _times_of_volume, _volume), self._of(outlines, _times_of_outlines, _outlines)]
        return hashlib.blake2b(" ".join(parts).encode(), digest_size=12).hexdigest()

    def _of(self, node: Any, times: Any, contents: Any) -> str:
        if node is None:
            return "none"
        state = (*times(node), _placed(node).tobytes())
        known = self._known.get(node.GetID())
        if known is None or known[0] != state:
            digest = hashlib.blake2b(_rounded(_placed(node)), digest_size=12)
            contents(node, digest)
            known = state, digest.hexdigest()
            self._known[node.GetID()] = known
        return known[1]


def _placed(node: Any) -> NDArray[np.float64]:
    """Where transforms put a node; a transform that bends it counts as one of its own."""
    try:
        return world_matrix(node, "The node")
    except ImageError:
        return np.full((4, 4), np.nan)


def _times_of_volume(node: Any) -> tuple[Any, ...]:
    data = node.GetImageData()
    return (node.GetMTime(), data.GetMTime() if data is not None else 0)


def _volume(node: Any, digest: Any) -> None:
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    digest.update(_rounded(numpy_matrix(matrix)))
    data = node.GetImageData()
    if data is not None and data.GetPointData().GetScalars() is not None:
        _voxels(numpy_image(data), digest)


def _times_of_outlines(node: Any) -> tuple[Any, ...]:
    segmentation = node.GetSegmentation()
    found: list[Any] = []
    for index in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(index)
        shape = _representation(segment)
        found += [segment.GetName(), segment.GetMTime(), shape.GetMTime() if shape is not None else 0]
    return tuple(found)


def _outlines(node: Any, digest: Any) -> None:
    segmentation = node.GetSegmentation()
    boxes: dict[str, list[Any]] = {}
    texts = []
    for index in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(index)
        tags = tags_of(segment)
        own = hashlib.blake2b(f"{segment.GetName()} {sorted(tags.items())}".encode(), digest_size=12)
        _shape(segment, _representation(segment), own, boxes)
        texts.append(own.hexdigest())
    digest.update(" ".join(sorted(texts)).encode())


def _representation(segment: Any) -> Any:
    """The label map of a segment, or what else it has."""
    binary = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    closed = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    return segment.GetRepresentation(binary) or segment.GetRepresentation(closed)


def _shape(segment: Any, shape: Any, digest: Any, boxes: dict[str, list[Any]]) -> None:
    """Take in the voxels that are marked and where they lie, however large the array around them is."""
    if shape is None or shape.GetNumberOfPoints() == 0:
        return
    if not shape.IsA("vtkImageData"):
        digest.update(_rounded(numpy_support.vtk_to_numpy(shape.GetPoints().GetData())))
        return
    labels = numpy_image(shape)
    found = boxes.setdefault(shape.GetAddressAsString(""), find_objects(labels))
    label = segment.GetLabelValue()
    box = found[label - 1] if 0 < label <= len(found) else None
    if box is None:
        return
    matrix = vtk.vtkMatrix4x4()
    shape.GetImageToWorldMatrix(matrix)
    whole = numpy_matrix(matrix)
    extent = shape.GetExtent()
    first = [part.start + start for part, start in zip(box[::-1], extent[::2], strict=True)]
    whole[:3, 3] += whole[:3, :3] @ np.array(first, float)
    digest.update(_rounded(whole))
    _voxels(np.packbits(labels[box] == label), digest)
    digest.update(repr(labels[box].shape).encode())


def _voxels(array: NDArray[Any], digest: Any) -> None:
    digest.update(f"{array.dtype.str}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)


def _rounded(values: NDArray[Any]) -> bytes:
    return np.asarray(np.round(np.asarray(values, np.float64), _DIGITS) + 0.0).tobytes()

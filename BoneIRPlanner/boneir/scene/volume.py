"""An image as a volume node and back, whatever its direction and whatever moves it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..case import Image, ImageSource, Modality
from ..errors import ImageError, PlanError
from ..findings import Finding, Severity
from ..grid import Grid
from ..plain import from_plain, to_json
from .core import numpy_support, slicer, vtk
from .marks import Part, mark
from .ras import grid_of, ijk_to_ras, numpy_matrix, vtk_matrix

IMAGE = "boneir.image"
"""Node attribute: geometry, modality, unit and source of the image as they were, digit for digit."""

BONE_WINDOW = (1500.0, 350.0)
"""Width and centre in HU at which bone and soft tissue are both seen; display only."""


FINDINGS = "boneir.findings"
"""Node attribute: what was repaired or doubtful when the image was read."""


def show_image(scene: Any, image: Image, name: str = "Planning image", findings: tuple[Finding, ...] = ()) -> Any:
    """Add an image as a volume node.

    Parameters
    ----------
    scene : vtkMRMLScene
    image : Image
    name : str
        What the node is called.
    findings : tuple of Finding
        What reading the image found; it goes with the node.

    Returns
    -------
    vtkMRMLScalarVolumeNode
        A copy of the voxels with the image's geometry, in a window in which bone is seen.
    """
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetAndObserveImageData(vtk_image(image.voxels))
    node.SetIJKToRASMatrix(vtk_matrix(ijk_to_ras(image.grid)))
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.AutoWindowLevelOff()
    display.SetWindowLevel(*window_of(image))
    known = {"grid": image.grid, "modality": image.modality, "unit": image.unit, "source": image.source}
    node.SetAttribute(IMAGE, to_json(known))
    if findings:
        node.SetAttribute(FINDINGS, to_json({"findings": findings}))
    mark(node, Part.IMAGE)
    return node


def window_of(image: Image) -> tuple[float, float]:
    """Width and centre of the display window: fixed for CT, from the image's own values elsewhere."""
    if image.modality is Modality.CT:
        return BONE_WINDOW
    low, high = np.percentile(image.voxels[::2, ::2, ::2], (1, 99.5))
    return max(float(high - low), 1e-3), float(high + low) / 2


def image_from_node(node: Any) -> tuple[Image, tuple[Finding, ...]]:
    """Read a volume node; its parent transform is applied where it is rigid.

    Parameters
    ----------
    node : vtkMRMLScalarVolumeNode

    Returns
    -------
    image : Image
        Its own copy of the voxels; digit for digit the image that `show_image` was given, if it was that.
    findings : tuple of Finding
        What had to be assumed, and what was found when it was read from its files.

    Raises
    ------
    ImageError
        If the node holds no three-dimensional single-channel image, or a transform that bends or shears moves it.
    """
    data = node.GetImageData()
    if data is None or data.GetPointData().GetScalars() is None:
        raise ImageError(f"The volume {node.GetName()!r} holds no voxels.")
    if data.GetNumberOfScalarComponents() != 1:
        raise ImageError(f"The volume {node.GetName()!r} is a colour image; planning needs one value per voxel.")
    voxels = _plannable(numpy_image(data))
    grid = grid_of(_ijk_to_world(node), _shape(voxels))
    return _described(node, voxels, grid)


def world_matrix(node: Any, what: str) -> NDArray[np.float64]:
    """4x4 matrix from a node's own RAS to the world's RAS.

    Raises
    ------
    ImageError
        If a transform that bends moves the node.
    """
    transform = node.GetParentTransformNode()
    if transform is None:
        return np.eye(4)
    if not transform.IsTransformToWorldLinear():
        raise ImageError(f"{what} {node.GetName()!r} is under a transform that bends it: harden the transform first.")
    matrix = vtk.vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return numpy_matrix(matrix)


def vtk_image(voxels: NDArray[Any]) -> Any:
    """A copy of an array (k, j, i) as vtkImageData of unit spacing."""
    data = vtk.vtkImageData()
    data.SetDimensions(*voxels.shape[::-1])
    stored = voxels.view(np.uint8) if voxels.dtype == bool else voxels
    data.GetPointData().SetScalars(numpy_support.numpy_to_vtk(np.ascontiguousarray(stored).ravel(), deep=1))
    return data


def numpy_image(data: Any) -> NDArray[Any]:
    """A view (k, j, i) of the voxels of vtkImageData."""
    flat = numpy_support.vtk_to_numpy(data.GetPointData().GetScalars())
    return np.asarray(flat.reshape(data.GetDimensions()[::-1]))


def _shape(voxels: NDArray[Any]) -> tuple[int, int, int]:
    nk, nj, ni = voxels.shape
    return nk, nj, ni


def _ijk_to_world(node: Any) -> NDArray[np.float64]:
    own = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(own)
    return np.asarray(world_matrix(node, "The volume") @ numpy_matrix(own))


def _plannable(voxels: NDArray[Any]) -> NDArray[np.int16] | NDArray[np.float32]:
    """A copy in int16 where nothing is lost by it, in float32 otherwise."""
    limits = np.iinfo(np.int16)
    if np.issubdtype(voxels.dtype, np.integer) and voxels.min() >= limits.min and voxels.max() <= limits.max:
        return voxels.astype(np.int16)
    return voxels.astype(np.float32)


def _described(node: Any, voxels: Any, grid: Grid) -> tuple[Image, tuple[Finding, ...]]:
    try:
        known = json.loads(node.GetAttribute(IMAGE) or "null")
    except json.JSONDecodeError:
        known = None
    if isinstance(known, dict):
        try:
            written = from_plain(Grid, known.get("grid"), "grid")
            source = from_plain(ImageSource, known.get("source"), "source")
            modality, unit = Modality(str(known.get("modality"))), str(known.get("unit", ""))
        except (PlanError, ValueError):
            pass
        else:
            exact = written if written.matches(grid, tolerance_mm=1e-3) else grid
            return Image(voxels, exact, modality, unit, source), _findings_of(node)
    return _assumed(node, voxels, grid)


def _findings_of(node: Any) -> tuple[Finding, ...]:
    """What reading the image found, as its node carries it; nothing where another version wrote it."""
    try:
        kept = json.loads(node.GetAttribute(FINDINGS) or "null")
        items = kept["findings"] if isinstance(kept, dict) else []
        return tuple(from_plain(Finding, item, "finding") for item in items)
    except (json.JSONDecodeError, PlanError, KeyError, TypeError):
        return ()


def _assumed(node: Any, voxels: Any, grid: Grid) -> tuple[Image, tuple[Finding, ...]]:
    """A volume that came from elsewhere: what Slicer knows of it, else CT with a finding that says so."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    told = hierarchy.GetItemAttribute(item, "DICOM.Modality") if item != hierarchy.GetInvalidItemID() else ""
    source = ImageSource(path=node.GetName() or "")
    if told:
        modality = Modality(told) if told in list(Modality) else Modality.OTHER
        return Image(voxels, grid, modality, "HU" if modality is Modality.CT else "", source), ()
    text = f"The volume {node.GetName()!r} does not say what made it: it is taken for a CT in HU."
    finding = Finding("scene.modality_assumed", Severity.WARN, text, about=node.GetName() or "")
    return Image(voxels, grid, source=source), (finding,)

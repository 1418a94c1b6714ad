"""The skin map of a proposal in a scene: the skin coloured by what an entry is worth, with all that was found."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..errors import PlanError
from ..findings import Point
from ..mask import Mask
from ..plain import from_plain, to_json
from ..proposal import Goal, SkinMap
from .core import numpy_support, vtk
from .marks import Part, mark, marked, remove_marked
from .ras import to_lps
from .surfaces import surface_of

_MEANING = "boneir.skin"
"""Node attribute: goal, target, rules and structures of the map."""

_STEP_MM = 2.5
_REACH_MM = 5.0
"""A place on the smoothed skin belongs to the entry that is nearest to it, if it is as near as this."""

_ARRAYS = ("points_mm", "score", "reason", "structure", "shortfall_mm")
_COLOURS = "colours"


def show_skin_map(scene: Any, skin: SkinMap, goal: Goal, body: Mask, rgb: NDArray[np.uint8]) -> Any:
    """Put a skin map into a scene, in place of an earlier one.

    Parameters
    ----------
    scene : vtkMRMLScene
    skin : SkinMap
    goal : Goal
        What it was asked for.
    body : Mask
        Whose surface is coloured.
    rgb : ndarray of uint8, shape (n, 3)
        The colour of each entry.

    Returns
    -------
    vtkMRMLModelNode
        The coloured surface; its field data hold the map, digit for digit.
    """
    remove_marked(scene, Part.SKIN)
    node = scene.AddNewNodeByClass("vtkMRMLModelNode", "Skin map")
    node.SetAndObservePolyData(_surface(skin, body))
    _write(node, skin, goal)
    colour_skin(node, rgb)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetActiveScalarName(_COLOURS)
    display.SetScalarVisibility(True)
    display.SetScalarRangeFlag(display.UseDirectMapping)
    display.SetAmbient(0.35)
    display.SetDiffuse(0.65)
    display.SetSpecular(0.0)
    display.SetVisibility2D(False)
    mark(node, Part.SKIN)
    return node


def skin_node(scene: Any) -> Any:
    """The node of the skin map, or None."""
    return next(marked(scene, Part.SKIN), None)


def skin_map_of(node: Any) -> tuple[SkinMap, Goal]:
    """The map that a node holds, and what it was asked for.

    Raises
    ------
    PlanError
        If the node was changed so that it holds none.
    """
    fields = node.GetPolyData().GetFieldData() if node.GetPolyData() is not None else None
    arrays = {name: fields.GetArray(name) if fields is not None else None for name in _ARRAYS}
    try:
        told = json.loads(node.GetAttribute(_MEANING) or "")
        target, reasons, structures = told["target_mm"], tuple(told["reasons"]), tuple(told["structures"])
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise PlanError("The skin map of the scene does not say what it is of: propose again.") from error
    if any(array is None for array in arrays.values()):
        raise PlanError("The skin map of the scene has lost its values: propose again.")
    values = {name: numpy_support.vtk_to_numpy(array).copy() for name, array in arrays.items()}
    place: Point = (float(target[0]), float(target[1]), float(target[2]))
    skin = SkinMap(
        values["points_mm"],
        place,
        values["score"].astype(np.float32),
        values["reason"].astype(np.uint8),
        values["structure"].astype(np.int16),
        values["shortfall_mm"].astype(np.float32),
        reasons,
        structures,
    )
    return skin, from_plain(Goal, told["goal"], "the goal of the skin map")


def colour_skin(node: Any, rgb: NDArray[np.uint8]) -> None:
    """Colour the surface by a colour for each entry."""
    surface = node.GetPolyData()
    entries = surface.GetPointData().GetArray("entry")
    if entries is None:
        return
    colours = np.ascontiguousarray(rgb[numpy_support.vtk_to_numpy(entries)], dtype=np.uint8)
    array = numpy_support.numpy_to_vtk(colours, deep=1)
    array.SetName(_COLOURS)
    surface.GetPointData().AddArray(array)
    surface.GetPointData().SetActiveScalars(_COLOURS)
    surface.Modified()


def entry_near(skin: SkinMap, point_mm: Point, reach_mm: float = 15.0) -> int | None:
    """Place in the map of the entry that is nearest to a point; None where none is within `reach_mm`."""
    if not len(skin.points_mm):
        return None
    distance = np.linalg.norm(skin.points_mm - np.asarray(point_mm), axis=1)
    index = int(np.argmin(distance))
    return index if distance[index] <= reach_mm else None


def _surface(skin: SkinMap, body: Mask) -> Any:
    """The part of the skin that the map is about, with the nearest entry of each of its points."""
    made = surface_of([_around(skin, body)], body, _STEP_MM, closed=False) if len(skin.points_mm) else None
    if made is None:
        made = vtk.vtkPolyData()
        made.SetPoints(vtk.vtkPoints())
    points = made.GetNumberOfPoints()
    places = to_lps(numpy_support.vtk_to_numpy(made.GetPoints().GetData())) if points else np.zeros((0, 3))
    distance, nearest = np.zeros(0), np.zeros(0, np.int64)
    if points:
        distance, nearest = cKDTree(skin.points_mm).query(places)
    for name, values in (("entry", np.asarray(nearest, np.int32)), ("distance", np.asarray(distance, np.float32))):
        array = numpy_support.numpy_to_vtk(values, deep=1)
        array.SetName(name)
        made.GetPointData().AddArray(array)
    keep = vtk.vtkThreshold()
    keep.SetInputData(made)
    keep.SetInputArrayToProcess(0, 0, 0, vtk.vtkDataObject.FIELD_ASSOCIATION_POINTS, "distance")
    keep.SetThresholdFunction(vtk.vtkThreshold.THRESHOLD_LOWER)
    keep.SetLowerThreshold(_REACH_MM)
    flat = vtk.vtkGeometryFilter()
    flat.SetInputConnection(keep.GetOutputPort())
    flat.Update()
    surface = vtk.vtkPolyData()
    surface.DeepCopy(flat.GetOutput())
    surface.GetPointData().RemoveArray("distance")
    return surface


def _around(skin: SkinMap, body: Mask) -> Mask:
    """The body around the entries."""
    index = body.grid.to_ijk(skin.points_mm)[:, ::-1]
    spacing = np.asarray(body.grid.spacing_mm[::-1])
    room = np.ceil(4 * _STEP_MM / spacing)
    low = np.maximum(np.floor(index.min(axis=0)) - room, 0).astype(int)
    high = np.minimum(np.ceil(index.max(axis=0)) + room + 1, body.grid.shape).astype(int)
    nk, nj, ni = (int(v) for v in high - low)
    k, j, i = (int(v) for v in low)
    return Mask.within(body.part((k, j, i), (nk, nj, ni)), (k, j, i), body.grid)


def _write(node: Any, skin: SkinMap, goal: Goal) -> None:
    fields = node.GetPolyData().GetFieldData()
    for name in _ARRAYS:
        values = np.ascontiguousarray(getattr(skin, name))
        array = numpy_support.numpy_to_vtk(values, deep=1)
        array.SetName(name)
        fields.AddArray(array)
    told = {"goal": goal, "target_mm": skin.target_mm, "reasons": skin.reasons, "structures": skin.structures}
    node.SetAttribute(_MEANING, to_json(told))

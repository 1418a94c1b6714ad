"""A needle in a user's hand: cylinder, zone outlines and the tightest place, redrawn at every move of the mouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ablation.devices import device
from ..ablation.zone import Shells, shells_of, zone_size_of
from ..errors import BoneIRError
from ..image.ellipsoid import Ellipsoid
from ..plan import Plan, Probe, Trajectory
from .colours import NEEDLE, VERMILLION, YELLOW, ZONE, Colour
from .core import numpy_support, vtk
from .marks import TOOL, Part, mark, marked, remove_marked
from .needles import ways_of_lines
from .ras import to_ras

_SIDES, _RINGS = 20, 120
_TURNS, _LEVELS = 40, 25
_TIGHT_MM = 4.0
"""Half the length of the patch that marks the tightest place."""

SHELLS = ("expected", "inner", "outer")
_TITLES = {"expected": "Zone", "inner": "Sure zone", "outer": "Possible zone"}


@dataclass(frozen=True)
class Tightest:
    """The place on a needle that is nearest to what must not be hurt.

    Parameters
    ----------
    depth_mm : float
        From the entry.
    kept : bool
        Whether the clearance that is asked for is kept there.
    """

    depth_mm: float
    kept: bool

    @property
    def colour(self) -> Colour:
        """Yellow where the clearance is kept, vermillion where it is not."""
        return YELLOW if self.kept else VERMILLION


class MovingPlan:
    """The nodes of one plan that follow its needles while they are moved.

    Parameters
    ----------
    scene : vtkMRMLScene
    plan : Plan
        As it lies in the scene.
    """

    def __init__(self, scene: Any, plan: Plan) -> None:
        self._scene, self.plan = scene, plan
        self.lines: dict[str, Any] = {node.GetAttribute(TOOL): node for node in marked(scene, Part.LINE, plan.name)}
        self._bodies = {node.GetAttribute(TOOL): node for node in marked(scene, Part.BODY, plan.name)}
        self._probes = {probe.name: probe for probe in plan.probes}
        self._zones: dict[tuple[str, str], Any] = {}

    def ways(self) -> dict[str, Trajectory]:
        """Where the needles are now.

        Raises
        ------
        PlanError
            If a line has lost an end.
        """
        return ways_of_lines(self.lines.values())

    def update(self, name: str, way: Trajectory, tightest: Tightest | None = None) -> None:
        """Redraw what belongs to one needle.

        Parameters
        ----------
        name : str
            Of the instrument.
        way : Trajectory
            Where it is now; nothing is drawn for one without length.
        tightest : Tightest or None
        """
        if way.length_mm < 1e-3:
            return
        body = self._bodies.get(name)
        if body is not None:
            _show_tube(body, way, float(body.GetAttribute("boneir.diameter_mm")), tightest)
        shells = self._shells(name, way)
        if shells is not None:
            for shell in SHELLS:
                self._show_zone(name, shell, getattr(shells, shell))

    def _shells(self, name: str, way: Trajectory) -> Shells | None:
        probe = self._probes.get(name)
        if probe is None:
            return None
        try:
            instrument = device(probe.device)
            moved = Probe(name, probe.device, way, probe.setting, probe.power_w, probe.duration_s, probe.target_c)
            return shells_of(moved, zone_size_of(moved, instrument), instrument.technique)
        except BoneIRError:
            return None  # a device without a zone, or a setting that does not fit: assessing says so

    def _show_zone(self, name: str, shell: str, shape: Ellipsoid) -> None:
        node = self._zones.get((name, shell))
        if node is None or self._scene.GetNodeByID(node.GetID() or "") is None:
            node = self._zones[name, shell] = _zone_node(self._scene, self.plan.name, name, shell)
        surface = node.GetPolyData()
        surface.GetPoints().SetData(numpy_support.numpy_to_vtk(to_ras(ellipsoid_points(shape)), deep=1))
        surface.GetPoints().Modified()
        surface.Modified()
        if not node.GetDisplayVisibility():
            node.SetDisplayVisibility(True)


def remove_moving(scene: Any, plan: str | None = None) -> None:
    """Remove the moving outlines of one plan, or of all."""
    remove_marked(scene, Part.LIVE, plan)


def ellipsoid_points(shape: Ellipsoid) -> NDArray[np.float64]:
    """LPS mm of points on the surface of an ellipsoid that may slide along its axis, shape (levels * turns, 3)."""
    u = np.cos(np.linspace(0.0, np.pi, _LEVELS))
    slide = shape.slide_mm
    if slide >= 0:
        along, across = shape.along_mm * u + np.sign(u) * slide, shape.across_mm * np.sqrt(1 - u**2)
    else:
        along = np.maximum(shape.along_mm + slide, 0.0) * u
        inside = 1 - np.minimum((np.abs(along) - slide) / shape.along_mm, 1.0) ** 2
        across = shape.across_mm * np.sqrt(inside)
    return _turned(np.asarray(shape.centre_mm), np.asarray(shape.axis), along, across, _TURNS)


def _turned(
    centre: NDArray[np.float64],
    axis: NDArray[np.float64],
    along: NDArray[np.float64],
    across: NDArray[np.float64],
    turns: int,
) -> NDArray[np.float64]:
    """Points of a surface of revolution, ring after ring."""
    first = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    first /= np.linalg.norm(first)
    second = np.cross(axis, first)
    angle = np.linspace(0.0, 2 * np.pi, turns, endpoint=False)
    ring = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    points = centre + along[:, None, None] * axis + across[:, None, None] * ring[None]
    return np.asarray(points.reshape(-1, 3))


def _show_tube(node: Any, way: Trajectory, diameter_mm: float, tightest: Tightest | None) -> None:
    """A closed tube of the true diameter, white, with a patch of colour at the tightest place."""
    depths = np.linspace(0.0, way.length_mm, _RINGS)
    along = np.concatenate([[0.0], depths, [way.length_mm]])
    across = np.concatenate([[0.0], np.full(_RINGS, diameter_mm / 2), [0.0]])
    points = _turned(np.asarray(way.entry_mm), np.asarray(way.direction), along, across, _SIDES)
    rgb = np.empty((len(along), _SIDES, 3), np.uint8)
    rgb[:] = np.rint(255 * np.asarray(NEEDLE))
    if tightest is not None:
        rgb[np.abs(along - tightest.depth_mm) <= _TIGHT_MM] = np.rint(255 * np.asarray(tightest.colour))
    surface = node.GetPolyData()
    if surface is None or surface.GetNumberOfPoints() != len(points):
        surface = _mesh(len(along), _SIDES)
        node.SetAndObservePolyData(surface)
    colours = numpy_support.numpy_to_vtk(rgb.reshape(-1, 3), deep=1)
    colours.SetName("place")
    surface.GetPointData().SetScalars(colours)
    surface.GetPoints().SetData(numpy_support.numpy_to_vtk(to_ras(points), deep=1))
    surface.GetPoints().Modified()
    surface.Modified()
    display = node.GetDisplayNode()
    if display is not None and display.GetActiveScalarName() != "place":
        display.SetActiveScalarName("place")
        display.SetScalarRangeFlag(display.UseDirectMapping)
        display.SetScalarVisibility(True)


def _mesh(rings: int, turns: int) -> Any:
    """Triangles between rings of points that are still to be placed."""
    ring, turn = np.meshgrid(np.arange(rings - 1), np.arange(turns), indexing="ij")
    a, b = ring * turns + turn, ring * turns + (turn + 1) % turns
    c, d = a + turns, b + turns
    triangles = np.concatenate([np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)])
    cells = vtk.vtkCellArray()
    flat = np.insert(triangles, 0, 3, axis=1).astype(np.int64).ravel()
    cells.ImportLegacyFormat(numpy_support.numpy_to_vtkIdTypeArray(flat, deep=1))
    surface = vtk.vtkPolyData()
    points = vtk.vtkPoints()
    points.SetData(numpy_support.numpy_to_vtk(np.zeros((rings * turns, 3)), deep=1))
    surface.SetPoints(points)
    surface.SetPolys(cells)
    return surface


def _zone_node(scene: Any, plan: str, tool: str, shell: str) -> Any:
    """The model of one shell: an outline in every slice view, and a veil in space."""
    node = next(
        (n for n in marked(scene, Part.LIVE, plan) if n.GetAttribute("boneir.shell") == f"{tool} {shell}"), None
    )
    if node is not None:
        return node
    node = scene.AddNewNodeByClass("vtkMRMLModelNode", f"{_TITLES[shell]} {tool}, moving")
    node.SetSaveWithScene(False)
    node.SetSelectable(False)
    node.SetAndObservePolyData(_mesh(_LEVELS, _TURNS))
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetSaveWithScene(False)
    display.SetColor(*ZONE)
    display.SetVisibility2D(True)
    display.SetSliceIntersectionThickness(3 if shell == "expected" else 1)
    display.SetVisibility3D(shell == "expected")
    display.SetOpacity(0.3 if shell == "expected" else 0.6)
    node.SetAttribute("boneir.shell", f"{tool} {shell}")
    mark(node, Part.LIVE, plan, tool)
    return node


def tightest_of(
    way: Trajectory, clearances: Mapping[tuple[float, float, float], tuple[float, float]]
) -> Tightest | None:
    """The tightest of several places on a needle.

    Parameters
    ----------
    way : Trajectory
    clearances : mapping
        For each place on the axis of the needle (LPS mm): the clearance there and what is asked for, in mm.
    """
    if not clearances:
        return None
    place, (clearance, wanted) = min(clearances.items(), key=lambda entry: entry[1][0] - entry[1][1])
    depth = float(np.subtract(place, way.entry_mm) @ np.asarray(way.direction))
    return Tightest(min(max(depth, 0.0), way.length_mm), clearance >= wanted)

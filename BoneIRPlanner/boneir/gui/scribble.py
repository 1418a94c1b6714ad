"""The line that follows the mouse while something is scribbled into a slice view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import vtk

from ..findings import Point
from ..scene.ras import lps_point

_COLOUR, _WIDTH_PX = (1.0, 1.0, 0.0), 3.0


class Scribble:
    """A line in one slice view.

    Parameters
    ----------
    effect : qSlicerSegmentEditorScriptedEffect
        Draws it.
    view : qMRMLSliceWidget
    """

    def __init__(self, effect: Any, view: Any) -> None:
        self._effect, self.view = effect, view
        self.points_mm: list[Point] = []
        self._line, self._points, self._cells = vtk.vtkPolyData(), vtk.vtkPoints(), vtk.vtkCellArray()
        self._line.SetPoints(self._points)
        self._line.SetLines(self._cells)
        mapper = vtk.vtkPolyDataMapper2D()
        mapper.SetInputData(self._line)
        self._actor = vtk.vtkActor2D()
        self._actor.SetMapper(mapper)
        self._actor.GetProperty().SetColor(*_COLOUR)
        self._actor.GetProperty().SetLineWidth(_WIDTH_PX)
        self._effect.addActor2D(view, self._actor)

    def add(self, xy: Sequence[float], ras: Sequence[float]) -> None:
        """Draw on to a place, in pixels of the view and in RAS mm."""
        self.points_mm.append(lps_point(ras))
        self._points.InsertNextPoint(xy[0], xy[1], 0.0)
        count = self._points.GetNumberOfPoints()
        if count > 1:
            self._cells.InsertNextCell(2)
            self._cells.InsertCellPoint(count - 2)
            self._cells.InsertCellPoint(count - 1)
        self._points.Modified()
        self._cells.Modified()
        self._line.Modified()
        self._effect.scheduleRender(self.view)

    def remove(self) -> None:
        """Take the line away."""
        self._effect.removeActor2D(self.view, self._actor)

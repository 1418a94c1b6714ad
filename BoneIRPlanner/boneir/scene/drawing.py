"""Lines, rings and words drawn over a picture, in its pixels, legible on black as on white."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .colours import WHITE, Colour
from .core import vtk

BLACK: Colour = (0.0, 0.0, 0.0)
_HALO_PX = 2.5
_BESIDE_PX = 8.0
_GROUND = 0.45
_CHARACTER = 0.56
"""Mean width of a character, in heights of the font."""

Box = tuple[float, float, float, float]
"""Left, right, lower and upper edge in pixels."""


class Drawing:
    """What is drawn over one picture.

    Parameters
    ----------
    renderer : vtkRenderer
        Where the actors go.
    size_px : tuple of int
        Width and height of the picture.
    """

    def __init__(self, renderer: Any, size_px: tuple[int, int]) -> None:
        self._renderer = renderer
        self._size = size_px
        self._actors: list[Any] = []
        self._taken: list[Box] = []

    def clear(self) -> None:
        """Take everything away again."""
        for actor in self._actors:
            self._renderer.RemoveViewProp(actor)
        self._actors.clear()
        self._taken.clear()

    def line(self, points_px: ArrayLike, colour: Colour = WHITE, width: float = 2.0, *, dashed: bool = False) -> None:
        """A line through points (n, 2), with a dark rim."""
        points = np.asarray(points_px, float)
        parts = _dashes(points) if dashed else [points]
        self._strokes(parts, BLACK, width + _HALO_PX)
        self._strokes(parts, colour, width)

    def ring(
        self,
        centre_px: ArrayLike,
        radius_px: float,
        colour: Colour = WHITE,
        width: float = 2.0,
        *,
        dashed: bool = False,
    ) -> None:
        """A circle."""
        angle = np.linspace(0.0, 2 * np.pi, 97)
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        self.line(np.asarray(centre_px, float) + radius_px * circle, colour, width, dashed=dashed)

    def words(
        self,
        text: str,
        at_px: ArrayLike,
        size: int = 18,
        colour: Colour = WHITE,
        *,
        bold: bool = False,
        away: ArrayLike | None = None,
    ) -> None:
        """Words on a dark ground, kept inside the picture.

        They are centred at a point; with `away`, a unit vector, they lie beside the point in that direction and are
        moved up or down until they cover no other words and nothing that was kept free.
        """
        half_x, half_y = _CHARACTER * size * len(text) / 2 + 3, size * 0.68
        x, y = (float(v) for v in np.asarray(at_px, float))
        if away is not None:
            ahead_x, ahead_y = (float(v) for v in np.asarray(away, float))
            x += ahead_x * (half_x + _BESIDE_PX)
            y += ahead_y * (half_y + _BESIDE_PX)
        x = min(max(x, half_x + 4), self._size[0] - half_x - 4)
        y = min(max(y, half_y + 4), self._size[1] - half_y - 4)
        if away is not None:
            y = self._free_height(x, y, half_x, half_y)
        self._taken.append((x - half_x, x + half_x, y - half_y, y + half_y))
        self._add(text_actor(text, (x, y), size, colour, bold=bold, centred=True, ground=_GROUND))

    def keep_free(self, box: Box) -> None:
        """Let no words that may move come here."""
        self._taken.append(box)

    def _free_height(self, x: float, y: float, half_x: float, half_y: float) -> float:
        for step in range(40):
            for sign in (1, -1):
                tried = y + sign * step * half_y / 2
                box = (x - half_x, x + half_x, tried - half_y, tried + half_y)
                inside = box[2] > 2 and box[3] < self._size[1] - 2
                if inside and not any(_meet(box, other) for other in self._taken):
                    return tried
        return y

    def _strokes(self, parts: Sequence[NDArray[np.float64]], colour: Colour, width: float) -> None:
        points, cells = vtk.vtkPoints(), vtk.vtkCellArray()
        for part in parts:
            cells.InsertNextCell(len(part))
            for x, y in part:
                cells.InsertCellPoint(points.InsertNextPoint(x, y, 0.0))
        data = vtk.vtkPolyData()
        data.SetPoints(points)
        data.SetLines(cells)
        mapper = vtk.vtkPolyDataMapper2D()
        mapper.SetInputData(data)
        actor = vtk.vtkActor2D()
        actor.SetMapper(mapper)
        actor.GetProperty().SetColor(*colour)
        actor.GetProperty().SetLineWidth(width)
        self._add(actor)

    def _add(self, actor: Any) -> None:
        self._renderer.AddViewProp(actor)
        self._actors.append(actor)


def text_actor(
    text: str,
    at_px: tuple[float, float],
    size: int,
    colour: Colour,
    *,
    bold: bool = False,
    centred: bool = False,
    ground: float = 0.0,
) -> Any:
    """Words that begin at a point or are centred on it, on a dark ground of some opacity."""
    actor = vtk.vtkTextActor()
    actor.SetInput(text)
    style = actor.GetTextProperty()
    style.SetFontFamilyToArial()
    style.SetFontSize(size)
    style.SetColor(*colour)
    style.SetBold(bold)
    if ground:
        style.SetBackgroundColor(*BLACK)
        style.SetBackgroundOpacity(ground)
    style.SetVerticalJustificationToCentered()
    if centred:
        style.SetJustificationToCentered()
    actor.SetPosition(*at_px)
    return actor


def _dashes(points: NDArray[np.float64], on: float = 9.0, off: float = 7.0) -> list[NDArray[np.float64]]:
    """Pieces of a line, of `on` pixels with gaps of `off`."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    if along[-1] <= on:
        return [points]
    parts = []
    for start in np.arange(0.0, along[-1], on + off):
        end = min(start + on, float(along[-1]))
        inner = along[(along > start) & (along < end)]
        where = np.concatenate([[start], inner, [end]])
        parts.append(np.stack([np.interp(where, along, points[:, axis]) for axis in (0, 1)], axis=-1))
    return parts


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]

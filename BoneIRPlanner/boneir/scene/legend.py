"""The strip under a picture: what it shows, in words, and what the colours mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .colours import Colour
from .core import numpy_support, vtk
from .drawing import Drawing, text_actor
from .stage import Pixels, grabbed, offscreen_window

CAPTION_SIZE, ENTRY_SIZE = 18, 15
STRIP_PX = 120
_ROWS_AT = (78, 56, 34, 12)
_CAPTION_AT = 104
_MARGIN, _SWATCH, _GAP = 12, 22, 22
_CAPTION_COLOUR: Colour = (1.0, 1.0, 1.0)
_TEXT_COLOUR: Colour = (0.9, 0.9, 0.9)


@dataclass(frozen=True)
class Entry:
    """One colour and what it means; without a colour a remark."""

    text: str
    colour: Colour | None = None


class Strip:
    """Draws strips of one width."""

    def __init__(self, width_px: int) -> None:
        self._width = width_px
        self._window = offscreen_window((width_px, STRIP_PX))
        self._renderer = vtk.vtkRenderer()
        self._renderer.SetBackground(0.09, 0.09, 0.09)
        self._window.AddRenderer(self._renderer)

    def picture(self, caption: str, entries: list[Entry]) -> Pixels:
        """A strip with a caption, and as many entries as its rows hold; the last then says how many are missing."""
        drawing = Drawing(self._renderer, (self._width, STRIP_PX))
        actors = [text_actor(caption, (_MARGIN, _CAPTION_AT), CAPTION_SIZE, _CAPTION_COLOUR, bold=True)]
        for entry, x, y in self._placed(entries):
            if entry.colour is not None:
                drawing.line([(x, y), (x + _SWATCH, y)], entry.colour, 5.0)
            actors.append(text_actor(entry.text, (x + _indent(entry), y), ENTRY_SIZE, _TEXT_COLOUR))
        for actor in actors:
            self._renderer.AddViewProp(actor)
        made = grabbed(self._window)
        drawing.clear()
        for actor in actors:
            self._renderer.RemoveViewProp(actor)
        return made

    def _placed(self, entries: list[Entry]) -> list[tuple[Entry, int, int]]:
        placed: list[tuple[Entry, int, int]] = []
        row, x = 0, _MARGIN
        for index, entry in enumerate(entries):
            width = _indent(entry) + text_width(entry.text, ENTRY_SIZE)
            if x > _MARGIN and x + width > self._width - _MARGIN:
                row, x = row + 1, _MARGIN
            if row == len(_ROWS_AT):
                _, last_x, last_y = placed.pop()
                placed.append((Entry(f"and {len(entries) - index + 1} more"), last_x, last_y))
                break
            placed.append((entry, x, _ROWS_AT[row]))
            x += width + _GAP
        return placed


def _indent(entry: Entry) -> int:
    return _SWATCH + 6 if entry.colour is not None else 0


def text_width(text: str, size: int) -> int:
    """Width of words in pixels, as they are drawn."""
    style = vtk.vtkTextProperty()
    style.SetFontFamilyToArial()
    style.SetFontSize(size)
    box = [0, 0, 0, 0]
    vtk.vtkTextRenderer.GetInstance().GetBoundingBox(style, text, box, 72)
    return int(box[1] - box[0])


def under(picture: Pixels, strip: Pixels) -> Pixels:
    """The picture with the strip below it."""
    return np.concatenate([picture, strip], axis=0)


def png_of(picture: Pixels) -> bytes:
    """A picture as the bytes of a PNG file."""
    height, width, _ = picture.shape
    data: Any = vtk.vtkImageData()
    data.SetDimensions(width, height, 1)
    flat = np.ascontiguousarray(picture[::-1]).reshape(-1, 3)
    data.GetPointData().SetScalars(numpy_support.numpy_to_vtk(flat, deep=1))
    writer = vtk.vtkPNGWriter()
    writer.SetInputData(data)
    writer.WriteToMemoryOn()
    writer.Write()
    return bytes(numpy_support.vtk_to_numpy(writer.GetResult()))

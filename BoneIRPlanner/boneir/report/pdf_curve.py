"""A curve of the assessment as a drawing of reportlab."""

from __future__ import annotations

from typing import Any

from ..assessment import Curve
from .curve import WIDTH, drawing_of
from .curve import Drawing as Drawn
from .fonts import Typesetter

_SIZE = 12.0


def pdf_drawing(curve: Curve, fonts: Typesetter, width: float) -> Any:
    """The same lines and words as in the HTML, scaled to a width in points."""
    return pdf_of_drawing(drawing_of(curve), fonts, width)


def pdf_of_drawing(drawn: Drawn, fonts: Typesetter, width: float) -> Any:
    """Lines and words scaled to a width in points."""
    from reportlab.graphics.shapes import Drawing, Group, PolyLine, String
    from reportlab.lib.colors import HexColor

    scale = width / WIDTH
    group = Group(transform=(scale, 0, 0, scale, 0, 0))
    for stroke in drawn.strokes:
        points = [value for x, y in stroke.points for value in (x, drawn.height - y)]
        line = PolyLine(points, strokeColor=HexColor(stroke.colour), strokeWidth=stroke.width)
        line.strokeDashArray = list(stroke.dashes) or None
        group.add(line)
    for word in drawn.words:
        text = String(
            0, 0, word.text, fontName=fonts.regular.name, fontSize=_SIZE, fillColor=HexColor(word.colour),
            textAnchor=word.anchor,
        )  # fmt: skip
        x, y = word.x, drawn.height - word.y
        group.add(Group(text, transform=(0, 1, -1, 0, x, y) if word.turned else (1, 0, 0, 1, x, y)))
    drawing = Drawing(width, drawn.height * scale)
    drawing.add(group)
    return drawing

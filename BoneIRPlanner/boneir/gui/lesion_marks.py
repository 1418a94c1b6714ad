"""What was clicked or scribbled with the segment editor's effect: points of a lesion, kept as text with its segment."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from slicer.i18n import tr as _

from ..errors import OutlineError, PlanError
from ..findings import Point
from ..plain import from_plain, to_json

_APART_MM = 2.0
"""Points of a scribble that lie closer than this add nothing."""


class MarkChoice(Enum):
    """What the next click or scribble says."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    BORDER = "border"

    def label(self) -> str:
        """The words on its button."""
        words = {
            MarkChoice.INSIDE: _("Inside"),
            MarkChoice.OUTSIDE: _("Outside"),
            MarkChoice.BORDER: _("On the border"),
        }
        return words[self]


@dataclass(frozen=True)
class LesionMarks:
    """Everything that was marked of one segment, in LPS mm.

    Parameters
    ----------
    segment : str
        Identifier of the segment.
    inside_mm, outside_mm : tuple of Point
        What belongs to the lesion, the first click first, and what does not.
    edge_mm : Point or None
        The last click on its border.
    """

    segment: str = ""
    inside_mm: tuple[Point, ...] = ()
    outside_mm: tuple[Point, ...] = ()
    edge_mm: Point | None = None

    def of(self, segment: str) -> LesionMarks:
        """These marks where they are of that segment, else none."""
        return self if self.segment == segment else LesionMarks(segment)

    def with_stroke(self, kind: MarkChoice, points_mm: Sequence[Point]) -> LesionMarks:
        """With one more click or scribble; of a scribble, points that lie apart.

        Raises
        ------
        OutlineError
            If nothing has been marked as inside yet.
        """
        if kind is not MarkChoice.INSIDE and not self.inside_mm:
            raise OutlineError(_("Click inside the lesion first."))
        points = _apart(points_mm)
        if kind is MarkChoice.INSIDE:
            return replace(self, inside_mm=(*self.inside_mm, *points))
        if kind is MarkChoice.OUTSIDE:
            return replace(self, outside_mm=(*self.outside_mm, *points))
        return replace(self, edge_mm=points[-1])

    def to_text(self) -> str:
        """The marks as the parameter node keeps them."""
        return to_json(self)


def marks_from(text: str) -> LesionMarks:
    """Marks from their text; none where there is no text, or one that another version wrote."""
    try:
        return from_plain(LesionMarks, json.loads(text), "marks") if text else LesionMarks()
    except (json.JSONDecodeError, PlanError):
        return LesionMarks()


def _apart(points_mm: Sequence[Point]) -> tuple[Point, ...]:
    """The first point, and every later one that lies apart from all that were kept."""
    kept: list[Point] = []
    for point in points_mm:
        if all(math.dist(point, other) >= _APART_MM for other in kept):
            kept.append(point)
    return tuple(kept)

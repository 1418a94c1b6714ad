"""An entry zone that is drawn in the views: a closed curve of the scene becomes a zone of the goal."""

from __future__ import annotations

from typing import Any

from ..proposal import EntryZone
from .ras import lps_point


def entry_zones(curve: Any) -> tuple[EntryZone, ...]:
    """The zone that a closed curve encloses on the skin; none where there is no curve or it has no points yet.

    Parameters
    ----------
    curve : vtkMRMLMarkupsClosedCurveNode or None
    """
    count = 0 if curve is None else curve.GetNumberOfControlPoints()
    points = tuple(lps_point(curve.GetNthControlPointPositionWorld(n)) for n in range(count))
    return (EntryZone(curve_mm=points),) if points else ()

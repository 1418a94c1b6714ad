"""Entry zones that are drawn on the skin as a closed curve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from ..findings import Point
from ..proposal import EntryZone

Floats = NDArray[np.float64]

_NARROWEST_MM = 1.0
"""A curve narrower than this encloses nothing."""


class Curve:
    """A closed curve on the skin, ready to be asked which points of the skin it encloses.

    The curve is looked at along the normal of the plane that fits it best. Points above or below that plane count as
    far as the curve itself lies out of it, and a half width of the curve more, since skin bulges; the skin on the other
    side of the body does not.

    Parameters
    ----------
    points_mm : sequence of Point
        LPS mm, in order; the last is joined to the first.

    Raises
    ------
    PlanError
        If there are fewer than three points, or the curve encloses nothing or crosses itself.
    """

    def __init__(self, points_mm: tuple[Point, ...]) -> None:
        points = np.asarray(points_mm, float).reshape(-1, 3)
        if len(points) > 1 and np.allclose(points[0], points[-1]):
            points = points[:-1]
        if len(points) < 3 or not np.isfinite(points).all():
            raise PlanError(
                f"A curve around an entry zone has {len(points)} points; it must have three or more, in mm."
            )
        self._centre = points.mean(axis=0)
        axes = np.linalg.svd(points - self._centre, full_matrices=False)[2]
        self._axes = axes
        flat = (points - self._centre) @ axes.T
        narrowest = float(np.ptp(flat[:, 1]))
        if narrowest < _NARROWEST_MM:
            raise PlanError(f"A curve around an entry zone is {narrowest:.1f} mm wide: it encloses no skin.")
        self._corners = flat[:, :2]
        if _crosses_itself(self._corners):
            raise PlanError(
                "A curve around an entry zone crosses itself: draw it so that it runs around the zone once."
            )
        self._height = np.array([flat[:, 2].min(), flat[:, 2].max()]) + narrowest / 2 * np.array([-1, 1])

    def holds(self, points_mm: Floats) -> NDArray[np.bool_]:
        """Which LPS points (n, 3) of the skin the curve encloses."""
        local = (np.asarray(points_mm, float) - self._centre) @ self._axes.T
        near = (local[:, 2] >= self._height[0]) & (local[:, 2] <= self._height[1])
        near[near] = _enclosed(local[near, :2], self._corners)
        return np.asarray(near)


def _enclosed(points: Floats, corners: Floats) -> NDArray[np.bool_]:
    """Which points (n, 2) a polygon encloses: those from which a ray crosses its edges an odd number of times."""
    inside = np.zeros(len(points), bool)
    x, y = points.T
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        between = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= between & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def _crosses_itself(corners: Floats) -> bool:
    """Whether two edges of a polygon that are no neighbours cross."""
    ends = np.roll(corners, -1, axis=0)
    for n in range(len(corners) - 2):
        others = slice(n + 2, len(corners) - (n == 0))
        a, b, c, d = corners[n], ends[n], corners[others], ends[others]
        if ((_turn(a, b, c) * _turn(a, b, d) < 0) & (_turn(c, d, a) * _turn(c, d, b) < 0)).any():
            return True
    return False


def _turn(a: Floats, b: Floats, c: Floats) -> Floats:
    """Positive where the way from a over b to c turns left."""
    one, other = np.subtract(b, a), np.subtract(c, a)
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])


def read_entry_curve(path: Path) -> EntryZone:
    """Read a closed curve from a JSON file: a list of points, or a curve that 3D Slicer saved (.mrk.json).

    Parameters
    ----------
    path : Path
        Holds ``[[L, P, S], ...]`` or ``{"points_mm": [[L, P, S], ...]}`` in LPS mm, or markups in LPS.

    Raises
    ------
    PlanError
        If the file cannot be read, or holds no closed curve.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PlanError(f"{path}: the curve of an entry zone cannot be read ({error.strerror}).") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: not a JSON document ({error}).") from error
    points = _points(data, path)
    try:
        curve = tuple((float(left), float(posterior), float(superior)) for left, posterior, superior in points)
    except (TypeError, ValueError) as error:
        text = f"{path}: expected points of three numbers in mm as [L, P, S], found {json.dumps(points)[:60]}."
        raise PlanError(text) from error
    try:
        Curve(curve)
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from error
    return EntryZone(curve_mm=curve)


def _points(data: Any, path: Path) -> Any:
    if isinstance(data, list):
        return data
    if isinstance(data, Mapping) and "points_mm" in data:
        return data["points_mm"]
    markups = data.get("markups") if isinstance(data, Mapping) else None
    if not isinstance(markups, list) or not markups or not isinstance(markups[0], Mapping):
        raise PlanError(f"{path}: expected a list of points [L, P, S] in mm, or a closed curve saved by 3D Slicer.")
    curve = markups[0]
    if curve.get("type") != "ClosedCurve":
        raise PlanError(f"{path}: expected a closed curve, found markups of type {curve.get('type')!r}.")
    if curve.get("coordinateSystem") != "LPS":
        raise PlanError(f"{path}: the curve is in {curve.get('coordinateSystem')!r}; save it in LPS.")
    return [point.get("position") for point in curve.get("controlPoints", ()) if isinstance(point, Mapping)]

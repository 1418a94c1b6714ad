"""The skin map as a picture: where a needle may enter, and what refuses it elsewhere."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..access.skin_colours import skin_colours
from ..case import Case, Role
from ..picture import Picture
from ..proposal import Goal, SkinMap
from .album import SIZE_PX
from .core import slicer, vtk
from .frames import in_words
from .legend import STRIP_PX, Entry, Strip, png_of, under
from .ras import to_ras
from .skin import show_skin_map
from .stage import grabbed, offscreen_window

_VIEW_PX = (SIZE_PX[0], SIZE_PX[1] - STRIP_PX)
_ROOM = 1.08
"""How much wider than the skin the picture is."""
_TITLES = {"score": "Skin by weighted cost", "reason": "Skin by what refuses an entry"}


def skin_picture(case: Case, skin: SkinMap, goal: Goal, by: Literal["score", "reason"] = "reason") -> Picture | None:
    """Draw a skin map on the surface of the body, seen from the side of the allowed entries.

    Parameters
    ----------
    case : Case
        With an outline of the body.
    skin : SkinMap
    goal : Goal
    by : str
        As in `skin_colours`.

    Returns
    -------
    Picture or None
        None where the map has no entry or the body is not outlined.
    """
    bodies = case.of_role(Role.BODY)
    if not bodies or not len(skin.points_mm):
        return None
    rgb, legend = skin_colours(skin, by)
    node = show_skin_map(slicer.vtkMRMLScene(), skin, goal, bodies[0].mask, rgb)
    towards = _towards(skin)
    up = np.array([0.0, -1.0, 0.0]) if abs(towards[2]) > 0.9 else np.array([0.0, 0.0, 1.0])
    count = f"{skin.allowed_count} of {len(skin.reason)} entries allowed"
    caption = f"{_TITLES[by]}, from {in_words(-towards)}: {count}"
    entries = [
        Entry(f"{item.text} ({item.count})", (item.rgb[0] / 255, item.rgb[1] / 255, item.rgb[2] / 255))
        for item in legend
    ]
    taken = _drawn(node.GetPolyData(), towards, up)
    png = png_of(under(taken, Strip(SIZE_PX[0]).picture(caption, entries)))
    return Picture(f"skin_{by}", _TITLES[by], png)


def skin_pictures(case: Case, skin: SkinMap, goal: Goal) -> tuple[Picture, ...]:
    """The skin by what refuses an entry, and where any entry is allowed by its cost too, for a report."""
    reason = skin_picture(case, skin, goal, "reason")
    score = skin_picture(case, skin, goal, "score") if skin.allowed_count else None
    return tuple(picture for picture in (reason, score) if picture is not None)


def _towards(skin: SkinMap) -> NDArray[np.float64]:
    """The direction of the view: from the middle of the allowed entries, or of all where none is, to the target."""
    some = skin.points_mm[skin.reason == 0] if skin.allowed_count else skin.points_mm
    way = np.asarray(skin.target_mm) - some.mean(axis=0)
    level = way * [1.0, 1.0, 0.0]  # upright, as people stand
    chosen = level if np.linalg.norm(level) > 0.3 * np.linalg.norm(way) else way
    return np.asarray(chosen / max(float(np.linalg.norm(chosen)), 1e-9))


def _drawn(surface: object, towards: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A coloured surface, lit evenly and fitted into the picture."""
    mapper = vtk.vtkPolyDataMapper()
    mapper.SetInputData(surface)
    mapper.SetScalarModeToUsePointData()
    mapper.SetColorModeToDirectScalars()
    actor = vtk.vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetAmbient(0.45)
    actor.GetProperty().SetDiffuse(0.6)
    actor.GetProperty().SetSpecular(0.0)
    window, renderer = offscreen_window(_VIEW_PX), vtk.vtkRenderer()
    window.AddRenderer(renderer)
    renderer.AddActor(actor)
    x0, x1, y0, y1, z0, z1 = actor.GetBounds()
    middle = np.array([x0 + x1, y0 + y1, z0 + z1]) / 2
    size = np.array([x1 - x0, y1 - y0, z1 - z0])
    height = float(size @ np.abs(up))
    width = float(size @ np.abs(np.cross(towards, up)))
    camera = renderer.GetActiveCamera()
    camera.ParallelProjectionOn()
    camera.SetFocalPoint(*middle)
    camera.SetPosition(*(middle - 1000.0 * to_ras(towards)))
    camera.SetViewUp(*to_ras(up))
    camera.SetParallelScale(_ROOM * max(height, width * _VIEW_PX[1] / _VIEW_PX[0]) / 2)
    renderer.ResetCameraClippingRange()
    return grabbed(window)

"""The surface of a lesion from six sides, coloured by the margin that an ablation has left."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..fusion.after_margin import AfterMargin
from ..picture import Picture
from .colours import Colour
from .legend import Entry, Strip, png_of, under
from .stage import Pixels

Floats = NDArray[np.float64]

PANEL_PX = 290
_ROOM = 1.12
_NEIGHBOURS = 8
_BARRIER: Colour = (0.55, 0.55, 0.58)
_BACKGROUND = 0.09
CLASSES: tuple[tuple[float, str, Colour], ...] = (
    (0.0, "missed (below 0 mm)", (0.78, 0.10, 0.12)),
    (2.0, "0 to 2 mm", (0.93, 0.53, 0.16)),
    (5.0, "2 to 5 mm", (0.98, 0.86, 0.35)),
    (10.0, "5 to 10 mm", (0.36, 0.72, 0.62)),
    (np.inf, "10 mm and more", (0.25, 0.47, 0.78)),
)
"""Upper end, words and colour of each class of the margin."""

_SIDES = (
    ("from the right", (1, 0, 0), (0, 0, 1)),
    ("from the left", (-1, 0, 0), (0, 0, 1)),
    ("from the front", (0, 1, 0), (0, 0, 1)),
    ("from behind", (0, -1, 0), (0, 0, 1)),
    ("from above", (0, 0, -1), (0, -1, 0)),
    ("from below", (0, 0, 1), (0, -1, 0)),
)
"""Words, direction of view and upward direction, LPS."""


def margin_picture(found: AfterMargin, lesion: str) -> Picture:
    """Draw the surface of a lesion from six sides.

    Parameters
    ----------
    found : AfterMargin
    lesion : str
        Its name, for the caption.
    """
    points = found.surface.points_mm
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    half_mm = _ROOM * float(np.linalg.norm(points - middle, axis=1).max())
    colours = _colours(found)
    panels = [_panel(found, colours, middle, half_mm, *side[1:]) for side in _SIDES]
    whole = np.concatenate([np.concatenate(panels[n : n + 3], axis=1) for n in (0, 3)], axis=0)
    caption = f"Margin around {lesion}: least {found.minimum_mm:.1f} mm"
    entries = [Entry(text, colour) for _, text, colour in CLASSES]
    entries += [Entry("at canal or joint: does not count", _BARRIER)] if found.at_barrier.any() else []
    entries.append(Entry("upper row: from the right, the left, the front; lower row: from behind, above, below"))
    entries.append(Entry(f"each square {2 * half_mm:.0f} mm wide; white ring: the least margin"))
    strip = Strip(3 * PANEL_PX).picture(caption, entries)
    return Picture("margin_map", f"Margin on the surface of {lesion}", png_of(under(whole, strip)))


def _colours(found: AfterMargin) -> Floats:
    ends = np.array([end for end, _, _ in CLASSES])
    chosen = np.array([colour for _, _, colour in CLASSES])[np.searchsorted(ends, found.margin_mm, side="right")]
    chosen[found.at_barrier] = _BARRIER
    return np.asarray(chosen, float)


def _panel(
    found: AfterMargin,
    colours: Floats,
    middle: Floats,
    half_mm: float,
    view: tuple[int, int, int],
    upward: tuple[int, int, int],
) -> Pixels:
    """One side: for each pixel the nearest of the surface's points in front."""
    forward, up = np.array(view, float), np.array(upward, float)
    right = np.cross(forward, up)
    surface = found.surface
    towards = -(surface.normals @ forward)
    front = np.flatnonzero(towards > 0.0)
    offset = surface.points_mm[front] - middle
    flat = np.stack([offset @ right, offset @ up], axis=-1)
    depth = offset @ forward
    steps = (np.arange(PANEL_PX) - (PANEL_PX - 1) / 2.0) * 2.0 * half_mm / PANEL_PX
    x, y = np.meshgrid(steps, -steps)
    reach = 1.2 * surface.step_mm
    pixels = np.stack([x, y], -1).reshape(-1, 2)
    distance, near = cKDTree(flat).query(pixels, k=_NEIGHBOURS, distance_upper_bound=reach)
    seen = np.isfinite(distance)
    depths = np.where(seen, depth[np.minimum(near, len(front) - 1)], np.inf)
    nearest = near[np.arange(len(near)), depths.argmin(axis=1)]
    shown = seen.any(axis=1)
    picture = np.full((PANEL_PX * PANEL_PX, 3), _BACKGROUND)
    at = front[nearest[shown]]
    picture[shown] = colours[at] * (0.45 + 0.55 * towards[at])[:, None]
    place = np.asarray(found.place_mm) - middle
    if float(towards[int(np.argmin(np.linalg.norm(surface.points_mm - found.place_mm, axis=1)))]) > 0.0:
        ring = np.abs(np.hypot(pixels[:, 0] - place @ right, pixels[:, 1] - place @ up) - 0.06 * half_mm)
        picture[ring < 0.012 * half_mm] = 1.0
    made = np.asarray(np.rint(255.0 * picture.reshape(PANEL_PX, PANEL_PX, 3)), np.uint8)
    made[:1], made[:, :1] = 60, 60
    return made

"""The control image with the lesion and the ablation zone on it, where the margin is least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..case import Image
from ..findings import Point
from ..fusion.overlay import grey, values_on, window_for
from ..image.signed_distance import surface_of
from ..mask import Mask
from ..picture import Picture
from .colours import Colour
from .legend import Entry, Strip, png_of, under
from .stage import Pixels

Floats = NDArray[np.float64]
Direction = tuple[int, int, int]

PANEL_PX = 300
_ROOM, _LEAST_MM, _MOST_MM = 2.2, 60.0, 140.0
_LESION: Colour = (0.93, 0.45, 0.10)
_ZONE: Colour = (0.35, 0.75, 1.0)
_RIM: Colour = (0.98, 0.86, 0.35)
SIDES: tuple[tuple[str, Direction, Direction], ...] = (
    ("axial, seen from the feet", (1, 0, 0), (0, -1, 0)),
    ("coronal, seen from the front", (1, 0, 0), (0, 0, 1)),
    ("sagittal, seen from the left", (0, 1, 0), (0, 0, 1)),
)
"""Words, and what points to the right and upwards on the picture, LPS."""


def control_picture(control: Image, lesion: Mask, zone: Mask, wanted_mm: float, place_mm: Point, name: str) -> Picture:
    """Draw three planes of the control image through a place.

    Parameters
    ----------
    control : Image
        Where it lies over the planning image.
    lesion, zone : Mask
        In the frame of the planning image, each on any grid.
    wanted_mm : float
        The rim that the plan asked for.
    place_mm : Point
        LPS mm, where the margin is least.
    name : str
        Of the lesion.
    """
    surfaces = surface_of(lesion), surface_of(zone)
    points = np.concatenate([surface.points_mm for surface in surfaces])
    width_mm = float(np.clip(_ROOM * np.abs(points - place_mm).max(), _LEAST_MM, _MOST_MM))
    panels = []
    for _, right, up in SIDES:
        plane = plane_of(place_mm, width_mm, right, up)
        to_lesion, to_zone = (surface.signed_distance_mm(plane) for surface in surfaces)
        panels.append(_panel(control, plane, ((to_lesion - wanted_mm, _RIM), (to_zone, _ZONE), (to_lesion, _LESION))))
    entries = [Entry(f"{name}, as planned", _LESION), Entry("ablation zone", _ZONE)]
    entries += [Entry(f"{wanted_mm:g} mm around {name}", _RIM)] if wanted_mm > 0 else []
    entries.append(Entry(f"cross: least margin; each square {width_mm:.0f} mm wide"))
    entries.append(Entry("; ".join(words for words, *_ in SIDES)))
    strip = Strip(len(SIDES) * PANEL_PX).picture("Control image where the margin is least", entries)
    png = png_of(under(np.concatenate(panels, axis=1), strip))
    return Picture("control", f"{name} and the ablation zone on the control image", png, name)


def plane_of(middle_mm: Point, width_mm: float, right: Direction, up: Direction) -> Floats:
    """LPS mm of the pixels of a square picture around a place, shape (side, side, 3), the first row on top."""
    steps = (np.arange(PANEL_PX) - (PANEL_PX - 1) / 2) * width_mm / PANEL_PX
    return np.asarray(
        np.asarray(middle_mm) + steps[:, None] * np.asarray(right) - steps[:, None, None] * np.asarray(up)
    )


def _panel(control: Image, plane: Floats, lines: tuple[tuple[Floats, Colour], ...]) -> Pixels:
    shares = grey(values_on(control, plane), window_for(control))
    picture = np.repeat(shares[..., None], 3, axis=-1)
    for distance, colour in lines:
        picture[border(distance < 0.0)] = colour
    middle = PANEL_PX // 2
    picture[middle - 5 : middle + 6, middle] = picture[middle, middle - 5 : middle + 6] = 1.0
    made = np.asarray(np.rint(255.0 * picture), np.uint8)
    made[:2], made[:, :2] = 60, 60
    return made


def border(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels between which a line runs."""
    border = np.zeros(inside.shape, bool)
    across, along = inside[:, 1:] != inside[:, :-1], inside[1:] != inside[:-1]
    border[:, 1:] |= across
    border[1:] |= along
    return border

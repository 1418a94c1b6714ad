"""The control image with what was planned and what was achieved on it: ablation zone, or cement, and lesion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
_CROSS: Colour = (1.0, 0.2, 0.9)
_RIM: Colour = (0.98, 0.86, 0.35)


@dataclass(frozen=True, eq=False)
class Line:
    """The border of a mask, or what lies so far outside of it, in a colour."""

    words: str
    colour: Colour
    mask: Mask
    outside_mm: float = 0.0


SIDES: tuple[tuple[str, Direction, Direction], ...] = (
    ("axial, seen from the feet", (1, 0, 0), (0, -1, 0)),
    ("coronal, seen from the front", (1, 0, 0), (0, 0, 1)),
    ("sagittal, seen from the left", (0, 1, 0), (0, 0, 1)),
)
"""Words, and what points to the right and upwards on the picture, LPS."""


def control_picture(control: Image, lesion: Mask, zone: Mask, wanted_mm: float, place_mm: Point, name: str) -> Picture:
    """Draw three planes of the control image through a place, with lesion, ablation zone and the rim that was wanted.

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
    lines = [Line(f"{wanted_mm:g} mm around {name}", _RIM, lesion, wanted_mm)] if wanted_mm > 0 else []
    lines += [Line("ablation zone", _ZONE, zone), Line(f"{name}, as planned", _LESION, lesion)]
    png = planes(control, lines, place_mm, "Control image where the margin is least", "cross: least margin")
    return Picture("control", f"{name} and the ablation zone on the control image", png, name)


def cement_picture(
    control: Image, cement: Mask, predicted: Mask | None, lesion: Mask, place_mm: Point, at: str, name: str
) -> Picture:
    """Draw three planes of the control image through a place, with the cement, its prediction and the lesion.

    Parameters
    ----------
    control : Image
        Where it lies over the planning image.
    cement, lesion : Mask
    predicted : Mask or None
        Expected shape; None where there is none.
    place_mm : Point
        LPS mm, the gravest leak, or the middle of the cement.
    at : str
        What lies there, in words ("leak into canal").
    name : str
        Of the lesion.
    """
    lines = [Line(f"{name}, as planned", _LESION, lesion), Line("cement seen", _ZONE, cement)]
    lines += [Line("cement predicted", _RIM, predicted)] if predicted is not None and not predicted.is_empty else []
    png = planes(control, lines, place_mm, f"Cement in {name} on the control image", f"cross: {at}")
    return Picture("cement", f"Cement in {name} on the control image", png, name)


def planes(control: Image, lines: Sequence[Line], place_mm: Point, caption: str, cross: str) -> bytes:
    """Three planes side by side, and what they show below."""
    points = np.concatenate([surface_of(line.mask).points_mm for line in lines])
    width_mm = float(np.clip(_ROOM * np.abs(points - place_mm).max(), _LEAST_MM, _MOST_MM))
    panels = [_panel(control, plane_of(place_mm, width_mm, *directions), lines) for _, *directions in SIDES]
    entries = [Entry(line.words, line.colour) for line in reversed(lines)]
    entries.append(Entry(f"{cross}; each square {width_mm:.0f} mm wide"))
    entries.append(Entry("; ".join(words for words, *_ in SIDES)))
    strip = Strip(len(SIDES) * PANEL_PX).picture(caption, entries)
    return png_of(under(np.concatenate(panels, axis=1), strip))


def plane_of(middle_mm: Point, width_mm: float, right: Direction, up: Direction) -> Floats:
    """LPS mm of the pixels of a square picture around a place, shape (side, side, 3), the first row on top."""
    steps = (np.arange(PANEL_PX) - (PANEL_PX - 1) / 2) * width_mm / PANEL_PX
    return np.asarray(
        np.asarray(middle_mm) + steps[:, None] * np.asarray(right) - steps[:, None, None] * np.asarray(up)
    )


def _panel(control: Image, plane: Floats, lines: Sequence[Line]) -> Pixels:
    shares = grey(values_on(control, plane), window_for(control))
    picture = np.repeat(shares[..., None], 3, axis=-1)
    for line in lines:
        picture[border(surface_of(line.mask).signed_distance_mm(plane) < line.outside_mm)] = line.colour
    middle = PANEL_PX // 2
    picture[middle - 5 : middle + 6, middle] = picture[middle, middle - 5 : middle + 6] = _CROSS
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

"""Pictures of the images that lie over the planning image: mixed, in squares, as difference or with edges."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..case import Case, Image
from ..findings import Point
from ..fusion.overlay import panels
from ..picture import Picture
from .legend import Entry, Strip, png_of, under

PANEL_PX = (400, 290)
WIDTH_MM = 220.0
_GAP_PX = 2
_LONGEST_NAME = 40
_WORDS = ("Upper left", "upper right", "lower left", "lower right")


def fused_pictures(case: Case, through_mm: Point) -> Iterator[Picture]:
    """For each other image of a case the axial slice through a place, in four ways.

    Parameters
    ----------
    case : Case
    through_mm : Point
        LPS mm of the middle of the pictures, for instance of the lesion.
    """
    strip = Strip(2 * PANEL_PX[0])
    for image in case.others:
        yield _picture(case.image, image, through_mm, strip)


def _picture(fixed: Image, other: Image, through_mm: Point, strip: Strip) -> Picture:
    mm_per_px = WIDTH_MM / PANEL_PX[0]
    x = (np.arange(PANEL_PX[0]) - (PANEL_PX[0] - 1) / 2) * mm_per_px
    y = (np.arange(PANEL_PX[1]) - (PANEL_PX[1] - 1) / 2) * mm_per_px
    points = np.empty((*PANEL_PX[::-1], 3))
    points[..., 0], points[..., 1], points[..., 2] = x, y[:, None], 0.0
    made = panels(fixed, other, points + np.asarray(through_mm), mm_per_px)
    for _, part in made:
        part[:_GAP_PX], part[:, :_GAP_PX] = 60, 60
    whole = np.concatenate([np.concatenate([a[1], b[1]], axis=1) for a, b in (made[:2], made[2:])], axis=0)
    name = _name(other)
    z = through_mm[2]
    caption = f"{name}: axial slice at {'S' if z >= 0 else 'I'} {abs(z):.1f} mm, seen from the feet"
    words = "; ".join(f"{where}: {what}" for where, (what, _) in zip(_WORDS, made, strict=True))
    entries = [Entry(part) for part in words.split("; ")]
    png = png_of(under(whole, strip.picture(caption, entries)))
    return Picture("fused", f"{name} over the planning image", png)


def _name(image: Image) -> str:
    """Modality and description, as far as they fit into a caption."""
    return f"{image.modality.value} {image.source.series_description.replace('_', ' ')}".strip()[:_LONGEST_NAME]

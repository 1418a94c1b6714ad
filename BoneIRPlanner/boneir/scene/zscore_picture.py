"""Bone around a lesion, coloured by how far it lies from healthy bone at the same depth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..anatomy.healthy_layers import zscore_map
from ..case import Case, Image, Lesion, Modality, Role
from ..errors import OutlineError
from ..fusion.overlay import grey, values_on, window_for
from ..image.signed_distance import surface_of
from ..mask import Mask
from ..picture import Picture
from .colours import Colour
from .control_picture import PANEL_PX, SIDES, border, plane_of
from .legend import Entry, Strip, png_of, under
from .stage import Pixels

Floats = NDArray[np.float64]

_ROOM, _LEAST_MM, _MOST_MM, _REACH_MM = 2.6, 60.0, 120.0, 30.0
_LESION: Colour = (1.0, 1.0, 1.0)
_FEWER: tuple[Colour, Colour] = ((0.45, 0.70, 0.95), (0.10, 0.30, 0.85))
_MORE: tuple[Colour, Colour] = ((0.98, 0.75, 0.35), (0.85, 0.20, 0.10))
_STEPS = (2.0, 4.0)
"""Where colour begins, and where it is full, in standard deviations."""
_COVER = 0.65


def zscore_pictures(case: Case, names: tuple[str, ...]) -> Iterator[Picture]:
    """One picture for each lesion in bone, where the image is a CT and bone is outlined.

    Parameters
    ----------
    case : Case
    names : tuple of str
        Of lesions; those that the case does not have are left out.
    """
    if case.image.modality is not Modality.CT or not case.of_role(Role.BONE):
        return
    strip = Strip(len(SIDES) * PANEL_PX)
    for lesion in case.lesions:
        if lesion.name in names and not lesion.mask.is_empty:
            try:
                scores = zscore_map(case, lesion.mask, _REACH_MM)
            except OutlineError:  # too little healthy bone to compare with
                continue
            yield _picture(case.image, scores, lesion, strip)


def _picture(image: Image, scores: Image, lesion: Lesion, strip: Strip) -> Picture:
    middle = lesion.mask.centroid_mm
    half_mm = float(np.abs(lesion.mask.points_mm() - middle).max())
    width_mm = float(np.clip(_ROOM * half_mm, _LEAST_MM, _MOST_MM))
    panels = [_panel(image, scores, lesion.mask, plane_of(middle, width_mm, *sides)) for _, *sides in SIDES]
    entries = [Entry(lesion.name, _LESION), Entry("2 below", _FEWER[0]), Entry("4 and more below", _FEWER[1])]
    entries += [Entry("2 above", _MORE[0]), Entry("4 and more above", _MORE[1])]
    entries.append(Entry("standard deviations of healthy bone at the same depth"))
    entries.append(Entry("; ".join(words for words, *_ in SIDES) + f"; each {width_mm:.0f} mm wide"))
    caption = f"How far bone around {lesion.name} lies from healthy bone"
    png = png_of(under(np.concatenate(panels, axis=1), strip.picture(caption, entries)))
    return Picture("z_score", f"Bone around {lesion.name} against healthy bone (z-score)", png)


def _panel(image: Image, scores: Image, mask: Mask, plane: Floats) -> Pixels:
    shares = grey(values_on(image, plane), window_for(image))
    picture = np.repeat(shares[..., None], 3, axis=-1)
    z = np.nan_to_num(values_on(scores, plane))
    for sign, (pale, full) in ((-1.0, _FEWER), (1.0, _MORE)):
        strength = np.clip((sign * z - _STEPS[0]) / (_STEPS[1] - _STEPS[0]), 0.0, 1.0)[..., None]
        colour = (1.0 - strength) * np.asarray(pale) + strength * np.asarray(full)
        there = sign * z >= _STEPS[0]
        picture[there] = (1.0 - _COVER) * picture[there] + _COVER * colour[there]
    picture[border(surface_of(mask).signed_distance_mm(plane) < 0.0)] = _LESION
    made = np.asarray(np.rint(255.0 * picture), np.uint8)
    made[:2], made[:, :2] = 60, 60
    return made

"""A lesion on the days of its examinations, side by side: the axial slice with its longest axis, and its outline."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..anatomy.vertebra_frame import marked_at
from ..case import Case
from ..follow_up import Course, FollowUp, LesionState
from ..fusion.overlay import grey, values_on, window_for
from ..mask import Mask
from ..picture import Picture
from ..report.words import date_words
from .legend import Entry, Strip, png_of, under
from .stage import Pixels

PANEL_PX = 300
_MOST = 4
_ROOM, _LEAST_MM, _MOST_MM = 3.0, 60.0, 160.0
_OUTLINE = (255, 170, 0)
_FINE = 2
"""The outline is looked up so many times finer than the picture."""


def lesion_days(found: FollowUp) -> Iterator[Picture]:
    """One picture for each lesion: the first and the last three days on which it is outlined.

    Parameters
    ----------
    found : FollowUp
    """
    strip = Strip(PANEL_PX)
    for course in found.courses:
        pairs = list(zip(found.exams, course.states, strict=True))
        seen = [(exam.case, state) for exam, state in pairs if state is not None and state.place_mm is not None]
        if seen:
            yield _picture(course, seen[:1] + seen[1:][-_MOST + 1 :], strip)


def _picture(course: Course, seen: list[tuple[Case, LesionState]], strip: Strip) -> Picture:
    width_mm = float(np.clip(_ROOM * max(state.long_mm for _, state in seen), _LEAST_MM, _MOST_MM))
    columns = [under(_panel(case, course.lesion, state, width_mm), _words(strip, state)) for case, state in seen]
    png = png_of(np.concatenate(columns, axis=1))
    return Picture(
        "lesion_days", f"{course.lesion}, axial, {width_mm:.0f} mm wide, seen from the feet", png, course.lesion
    )


def _words(strip: Strip, state: LesionState) -> Pixels:
    entries = [Entry(f"{state.volume_ml:.1f} mL"), Entry(f"{state.long_mm:.0f} x {state.short_mm:.0f} mm")]
    entries += [Entry(f"mean {state.hu_mean:.0f} HU")] if state.hu_mean is not None else []
    entries += [Entry(f"lytic {state.lytic_ml:.1f} mL")] if state.lytic_ml is not None else []
    entries += [Entry(f"SUV peak {state.suv_peak:.1f}")] if state.suv_peak is not None else []
    return strip.picture(date_words(state.date), entries)


def _panel(case: Case, lesion: str, state: LesionState, width_mm: float) -> Pixels:
    """The axial slice, grey, with the outline of the lesion on it."""
    fine = PANEL_PX * _FINE
    steps = (np.arange(fine) - (fine - 1) / 2) * width_mm / fine
    points = np.empty((fine, fine, 3))
    points[..., 0], points[..., 1], points[..., 2] = steps, steps[:, None], 0.0
    points += np.asarray(state.place_mm)
    shares = grey(values_on(case.image, points[::_FINE, ::_FINE]), window_for(case.image))
    picture = np.repeat(np.asarray(np.rint(255 * shares), np.uint8)[..., None], 3, axis=-1)
    picture[_rim(case.lesion(lesion).mask, points)] = _OUTLINE
    picture[:2], picture[:, :2] = 60, 60
    return picture


def _rim(mask: Mask, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Pixels of the picture through which the outline runs."""
    inside = marked_at(mask, points.reshape(-1, 3)).reshape(points.shape[:2])
    rim = inside & ~ndimage.binary_erosion(inside, iterations=_FINE)
    return np.asarray(rim[::_FINE, ::_FINE])

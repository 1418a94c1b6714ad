"""Needles, letters and words over a slice."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .colours import NEEDLE, Colour
from .drawing import Drawing
from .frames import Frame
from .tools import Tool

OTHER_NEEDLE: Colour = (0.7, 0.7, 0.7)
SUPPOSED_DIAMETER_MM = 2.0
"""How wide a needle is drawn whose diameter nobody knows; the legend then says so."""

_LETTER_SIZE, _WORD_SIZE, _SMALL = 24, 17, 14
_EDGE_PX, _ABOVE_RULER_PX = 20, 62
_RESERVE_STEP_PX = 12.0
_IN_SLICE_MM = 1.0


def draw_letters(drawing: Drawing, frame: Frame) -> None:
    """The directions of the patient at the four edges."""
    width, height = frame.size_px
    left, right, low, high = frame.letters()
    middle_x, middle_y = width / 2, height / 2
    drawing.words(left, (_EDGE_PX, middle_y), _LETTER_SIZE, bold=True)
    drawing.words(right, (width - _EDGE_PX, middle_y), _LETTER_SIZE, bold=True)
    drawing.words(low, (middle_x, _ABOVE_RULER_PX), _LETTER_SIZE, bold=True)
    drawing.words(high, (middle_x, height - _EDGE_PX), _LETTER_SIZE, bold=True)
    drawing.keep_free((width * 0.3, width * 0.75, 0.0, 40.0))


def draw_window(drawing: Drawing, window: tuple[float, float]) -> None:
    """Width and level of the grey values, in the lower left corner."""
    drawing.words(f"W {window[0]:g}  L {window[1]:g}", (0.0, 14.0), _SMALL)


def draw_needle(drawing: Drawing, frame: Frame, tool: Tool, *, main: bool) -> None:
    """A needle at its true width: solid where it runs in the slice, dashed in front of it and behind."""
    colour = NEEDLE if main else OTHER_NEEDLE
    ends = np.array([tool.trajectory.entry_mm, tool.trajectory.tip_mm])
    half = (tool.diameter_mm or SUPPOSED_DIAMETER_MM) / 2 / frame.mm_per_px
    entry, tip = frame.to_px(ends)
    length = float(np.linalg.norm(tip - entry))
    if length < 4 * half:
        drawing.ring(tip, half, colour)
        return
    along = (tip - entry) / length
    side = np.array([-along[1], along[0]]) * half
    for start, end, inside in _stretches(frame.depth_mm(ends), max(_IN_SLICE_MM, half * frame.mm_per_px)):
        a, b = entry + start * (tip - entry), entry + end * (tip - entry)
        for shift in (side, -side):
            drawing.line([a + shift, b + shift], colour, 1.5, dashed=not inside)
        if inside and main:
            drawing.line([a, b], colour, 1.0)
    drawing.line([tip + side, tip - side], colour, 1.5)
    drawing.line([entry + 3 * side, entry - 3 * side], colour, 2.0)
    for part in np.arange(0.0, length, _RESERVE_STEP_PX):
        x, y = entry + part * along
        drawing.keep_free((x - half, x + half, y - half, y + half))


def label_needle(drawing: Drawing, frame: Frame, tool: Tool, *, main: bool) -> None:
    """Words at the ends of a needle, beside it and clear of what was drawn before."""
    entry, tip = frame.to_px(np.array([tool.trajectory.entry_mm, tool.trajectory.tip_mm]))
    along = (tip - entry) / max(float(np.linalg.norm(tip - entry)), 1e-9)
    if main:
        drawing.words("tip", tip, _SMALL, away=along)
        drawing.words(f"{tool.title} entry", entry, _WORD_SIZE, away=-along)
    else:
        drawing.words(tool.title, entry, _SMALL, OTHER_NEEDLE, away=-along)


def draw_across(drawing: Drawing, frame: Frame, tool: Tool, rings_mm: tuple[float, ...]) -> None:
    """A needle that comes towards the reader: its true circle, and rings at round distances from its axis."""
    at = frame.to_px(tool.trajectory.tip_mm)
    half = (tool.diameter_mm or SUPPOSED_DIAMETER_MM) / 2 / frame.mm_per_px
    drawing.ring(at, half, NEEDLE, 2.5)
    for radius_mm in rings_mm:
        radius = radius_mm / frame.mm_per_px
        drawing.ring(at, radius, NEEDLE, 1.5, dashed=True)
        drawing.words(f"{radius_mm:g} mm", at - np.array([0.0, radius]), _SMALL, away=(0.0, -1.0))


def _stretches(depths_mm: NDArray[np.float64], within_mm: float) -> list[tuple[float, float, bool]]:
    """Parts of a needle as shares of its length: (from, to, whether it lies within a distance of the slice)."""
    first, last = (float(depth) for depth in depths_mm)
    if abs(last - first) < 1e-9:
        return [(0.0, 1.0, abs(first) <= within_mm)]
    cuts = sorted((depth - first) / (last - first) for depth in (-within_mm, within_mm))
    marks = [0.0, *(cut for cut in cuts if 0.0 < cut < 1.0), 1.0]
    return [(a, b, abs(first + (a + b) / 2 * (last - first)) <= within_mm) for a, b in pairwise(marks)]

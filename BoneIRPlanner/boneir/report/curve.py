"""A curve of the assessment as lines and words, which the HTML sets as inline SVG and the PDF as a drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from ..assessment import Curve, CurveMark
from .markup import Markup, element
from .numbers import NO_BREAK_SPACE, amount_text, unit_suffix
from .style import ACCENT, INK, QUIET_INK, RULE, SEVERITY_INK
from .words import printed

WIDTH = 640.0
PLOT_HEIGHT = 180.0
_LEFT, _RIGHT, _BELOW, _ROW = 62.0, 18.0, 46.0, 17.0
_LETTER = 6.6
"""Mean width of a letter at the size of a label: labels keep apart by it."""
_SIZE = 12.0
_TICKS = 8
_POWERS = "log10 "
"""An axis in such a unit counts powers of ten; it is labelled with the numbers themselves."""


@dataclass(frozen=True)
class Stroke:
    """A line through points, y downwards from the top of the drawing; `dashes` in units, () for a solid one."""

    points: tuple[tuple[float, float], ...]
    colour: str
    width: float = 1.0
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Word:
    """A word beside a place: its anchor is "start", "middle" or "end"; upright or turned to read upwards."""

    x: float
    y: float
    text: str
    colour: str
    anchor: str = "start"
    turned: bool = False


@dataclass(frozen=True)
class Drawing:
    """What is drawn, in units of a drawing of `WIDTH` by `height`."""

    height: float
    strokes: tuple[Stroke, ...]
    words: tuple[Word, ...]


def drawing_of(curve: Curve) -> Drawing:
    """Lay a curve out: axes with round numbers, the curve, and every mark with its name above, none over another."""
    rows = _rows(curve)
    top = _ROW * (max(rows, default=0) + 1) + 14.0
    frame = _Frame(curve, top)
    strokes = [*frame.grid(), *frame.marks(rows), Stroke(tuple(frame.at(*p) for p in curve.points), ACCENT, 2.2)]
    return Drawing(top + PLOT_HEIGHT + _BELOW, tuple(strokes), tuple(frame.words(rows)))


def svg_of(curve: Curve) -> Markup:
    """A curve as inline SVG; its title is read out in place of it."""
    return svg_of_drawing(drawing_of(curve), curve.title)


def svg_of_drawing(drawn: Drawing, title: str) -> Markup:
    """A drawing as inline SVG; its title is read out in place of it."""
    parts = [element("title", title)]
    for stroke in drawn.strokes:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in stroke.points)
        dashes = " ".join(f"{d:g}" for d in stroke.dashes) or None
        parts.append(
            element(
                "polyline",
                points=path,
                fill="none",
                stroke=stroke.colour,
                stroke_width=f"{stroke.width:g}",
                stroke_dasharray=dashes,
            )
        )
    for word in drawn.words:
        turn = f"rotate(-90 {word.x:.1f} {word.y:.1f})" if word.turned else None
        parts.append(
            element(
                "text",
                word.text,
                x=f"{word.x:.1f}",
                y=f"{word.y:.1f}",
                fill=word.colour,
                font_size=f"{_SIZE:g}",
                text_anchor=word.anchor,
                transform=turn,
            )
        )
    box = f"0 0 {WIDTH:g} {drawn.height:g}"
    return element("svg", *parts, class_="curve", viewBox=box, role="img", aria_label=title)


class _Frame:
    """Where numbers of the curve lie in the drawing."""

    def __init__(self, curve: Curve, top: float) -> None:
        self.curve, self.top = curve, top
        self.x_ticks = ticks_between([x for x, _ in curve.points] + [mark.x for mark in curve.marks])
        self.first_x = self.x_ticks[0]
        self.y_ticks = round_numbers(max(y for _, y in curve.points))

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The place of a point of the curve."""
        across = (WIDTH - _LEFT - _RIGHT) * (x - self.first_x) / (self.x_ticks[-1] - self.first_x)
        return _LEFT + across, self.top + PLOT_HEIGHT * (1.0 - y / self.y_ticks[-1])

    def grid(self) -> Iterator[Stroke]:
        """Axes, and a thin line for every round number."""
        last_x, last_y = self.x_ticks[-1], self.y_ticks[-1]
        for y in self.y_ticks:
            yield Stroke((self.at(self.first_x, y), self.at(last_x, y)), RULE if y else QUIET_INK)
        for x in self.x_ticks:
            left, low = self.at(x, 0)
            yield Stroke(((left, low), (left, low + 4.0)), QUIET_INK)
        yield Stroke((self.at(self.first_x, 0), self.at(self.first_x, last_y)), QUIET_INK)

    def marks(self, rows: list[int]) -> Iterator[Stroke]:
        """A line from the axis up to the name of each mark, and a short bar where it meets the curve."""
        for mark, row in zip(self.curve.marks, rows, strict=True):
            x, low = self.at(mark.x, 0)
            dashes = () if mark.severity else (5.0, 3.0)
            yield Stroke(((x, low), (x, self._label_y(row) + 4.0)), _colour(mark), 1.3, dashes)
            _, y = self.at(mark.x, self._height_at(mark.x))
            yield Stroke(((x - 4.0, y), (x + 4.0, y)), _colour(mark), 3.0)

    def words(self, rows: list[int]) -> Iterator[Word]:
        """Round numbers, names of the axes, names of the marks."""
        for x in self.x_ticks:
            left, low = self.at(x, 0)
            number = f"{10.0**x if self.curve.x_unit.startswith(_POWERS) else x:g}"
            yield Word(left, low + 17.0, number, QUIET_INK, "middle")
        for y in self.y_ticks:
            left, high = self.at(self.first_x, y)
            yield Word(left - 7.0, high + 4.0, f"{y:g}", QUIET_INK, "end")
        middle_x, low = self.at((self.first_x + self.x_ticks[-1]) / 2, 0)
        yield Word(middle_x, low + 38.0, _axis_title(self.curve.x_title, self.curve.x_unit), INK, "middle")
        _, middle_y = self.at(self.first_x, self.y_ticks[-1] / 2)
        yield Word(16.0, middle_y, _axis_title(self.curve.y_title, self.curve.y_unit), INK, "middle", turned=True)
        for mark, row in zip(self.curve.marks, rows, strict=True):
            x, _ = self.at(mark.x, 0)
            start, text = _label(x, mark, self.curve.x_unit)
            yield Word(start, self._label_y(row), text, _colour(mark))

    def _label_y(self, row: int) -> float:
        return self.top - 10.0 - _ROW * row

    def _height_at(self, x: float) -> float:
        xs, ys = zip(*self.curve.points, strict=True)
        return float(np.interp(x, xs, ys))


def _colour(mark: CurveMark) -> str:
    return SEVERITY_INK[mark.severity] if mark.severity else INK


def _axis_title(title: str, unit: str) -> str:
    """What an axis counts, and in what: "highest temperature, °C"."""
    return f"{printed(title)}, {unit_suffix(unit.removeprefix(_POWERS)).strip()}"


def _label(x: float, mark: CurveMark, unit: str) -> tuple[float, str]:
    """Where the name of a mark begins, and its text: beside its line, or before it where there is no room."""
    amount = "" if unit.startswith(_POWERS) else f": {amount_text(mark.x, unit)}"
    text = f"{printed(mark.text)}{amount}".replace(NO_BREAK_SPACE, " ")
    wide = _LETTER * len(text)
    return (x + 4.0 if x + 4.0 + wide <= WIDTH else x - 4.0 - wide), text


def _rows(curve: Curve) -> list[int]:
    """The row of each mark's name, counted from the plot upwards, so that no two lie over each other.

    From right to left: the line of a name in an upper row then passes on the left of the names in lower ones, and names
    further left keep clear of it. Names that stand before their line, at the right edge, come last and highest.
    """
    frame = _Frame(curve, 0.0)
    places = [(frame.at(mark.x, 0)[0], *_label(frame.at(mark.x, 0)[0], mark, curve.x_unit)) for mark in curve.marks]
    order = sorted(range(len(places)), key=lambda n: (places[n][1] < places[n][0], -places[n][0]))
    rows = [0] * len(places)
    taken: list[list[tuple[float, float]]] = []
    for n in order:
        x, start, text = places[n]
        span = (min(x, start) - 3.0, max(x, start + _LETTER * len(text)) + 3.0)
        row = 0
        while row < len(taken) and any(span[0] < end and begin < span[1] for begin, end in taken[row]):
            row += 1
        if row == len(taken):
            taken.append([])
        for lower in taken[:row]:
            lower.append((x - 2.0, x + 2.0))
        taken[row].append(span)
        rows[n] = row
    return rows


def ticks_between(values: Sequence[float]) -> list[float]:
    """Round numbers from 0, or from below the least value where that is negative, to beyond the largest."""
    low, high = min(values), max(values)
    if low >= 0.0:
        return round_numbers(high)
    first, second, *_ = round_numbers(max(high, 0.0) - low)
    step = second - first
    return [step * n for n in range(floor(low / step), ceil(max(high, 0.0) / step) + 1)]


def round_numbers(largest: float) -> list[float]:
    """Round numbers from 0 to the first that is not below the largest."""
    largest = max(largest, 1e-6)
    rough = largest / (_TICKS - 1)
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if size * factor >= rough * 0.999)
    return [round(step * n, 9) for n in range(ceil(largest / step - 1e-6) + 1)]

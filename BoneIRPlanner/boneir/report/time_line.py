"""Several quantities over the days of examinations, as lines and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .curve import PLOT_HEIGHT, WIDTH, Drawing, Stroke, Word, round_numbers
from .style import ACCENT, INK, QUIET_INK, RULE

_LEFT, _RIGHT, _ABOVE, _BELOW = 62.0, 150.0, 14.0, 60.0
_DAY_WIDTH, _ROW = 78.0, 15.0
_LETTERS = 20
_COLOURS = (ACCENT, "#d55e00", "#009e73", "#a8527f", "#8a6a00", "#56b4e9")
_DASHES: tuple[tuple[float, ...], ...] = ((), (7.0, 3.0), (2.0, 3.0), (10.0, 3.0, 2.0, 3.0))


@dataclass(frozen=True)
class TimeLine:
    """Lines over days.

    Parameters
    ----------
    title, y_title, y_unit : str
    days : tuple of (float, str)
        Each examination: days since the first, and its date in words.
    lines : tuple of (str, tuple of (float, float))
        Name, and points (days since the first examination, amount not below 0); a line may have a single point.
    """

    title: str
    y_title: str
    y_unit: str
    days: tuple[tuple[float, str], ...]
    lines: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]


def drawing_of_time_line(line: TimeLine) -> Drawing:
    """Lay a time line out: a mark for every examination, each line in its own colour and dashes, named at its end."""
    strokes = [*_rules(line), *(stroke for n in range(len(line.lines)) for stroke in _line(line, n))]
    return Drawing(_ABOVE + PLOT_HEIGHT + _BELOW, tuple(strokes), tuple(_words(line)))


def _x(line: TimeLine, day: float) -> float:
    last = max(line.days[-1][0], 1e-9)
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * day / last


def _ticks(line: TimeLine) -> list[float]:
    return round_numbers(max((y for _, points in line.lines for _, y in points), default=1.0))


def _y(line: TimeLine, amount: float) -> float:
    return _ABOVE + PLOT_HEIGHT * (1.0 - amount / _ticks(line)[-1])


def _rules(line: TimeLine) -> Iterator[Stroke]:
    right = WIDTH - _RIGHT
    for amount in _ticks(line):
        y = _y(line, amount)
        yield Stroke(((_LEFT, y), (right, y)), RULE if amount else QUIET_INK)
    for day, _ in line.days:
        x = _x(line, day)
        yield Stroke(((x, _ABOVE), (x, _ABOVE + PLOT_HEIGHT + 4.0)), RULE)


def _line(line: TimeLine, n: int) -> Iterator[Stroke]:
    colour, dashes = _COLOURS[n % len(_COLOURS)], _DASHES[n % len(_DASHES)]
    places = [(_x(line, day), _y(line, amount)) for day, amount in line.lines[n][1]]
    if len(places) > 1:
        yield Stroke(tuple(places), colour, 2.2, dashes)
    for x, y in places:
        yield Stroke(((x - 3.5, y), (x + 3.5, y)), colour, 7.0)


def _words(line: TimeLine) -> Iterator[Word]:
    low = _ABOVE + PLOT_HEIGHT
    for amount in _ticks(line):
        yield Word(_LEFT - 7.0, _y(line, amount) + 4.0, f"{amount:g}", QUIET_INK, "end")
    taken = [-1e9, -1e9]
    for day, text in line.days:
        x = _x(line, day)
        row = 0 if x - taken[0] >= _DAY_WIDTH or taken[0] <= taken[1] else 1
        taken[row] = x
        yield Word(x, low + 19.0 + _ROW * row, text, QUIET_INK, "middle")
    unit = f", {line.y_unit}" if line.y_unit else ""
    yield Word(16.0, _ABOVE + PLOT_HEIGHT / 2.0, f"{line.y_title}{unit}", INK, "middle", turned=True)
    for at, n in _labels(line):
        name, points = line.lines[n]
        text = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
        yield Word(_x(line, points[-1][0]) + 9.0, at, text, _COLOURS[n % len(_COLOURS)])


def _labels(line: TimeLine) -> list[tuple[float, int]]:
    """Where the name of each line stands, none over another and none below the axis."""
    ends = sorted((_y(line, points[-1][1]) + 4.0, n) for n, (_, points) in enumerate(line.lines) if points)
    placed: list[tuple[float, int]] = []
    lowest = _ABOVE + PLOT_HEIGHT - 3.0
    for place, n in reversed(ends):
        at = min(place, lowest)
        placed.append((at, n))
        lowest = at - _ROW
    return placed

"""A histogram as lines and words, in the same drawing as curves are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .curve import PLOT_HEIGHT, WIDTH, Drawing, Stroke, Word, round_numbers
from .style import ACCENT, INK, QUIET_INK, RULE

_LEFT, _RIGHT, _ABOVE, _BELOW = 62.0, 18.0, 30.0, 46.0
_MOST_TICKS = 16


@dataclass(frozen=True)
class Histogram:
    """Shares of something in bins.

    Parameters
    ----------
    title, x_title, x_unit, y_title : str
    edges : tuple of float
        Ends of the bins, rising; may begin below 0.
    shares : tuple of float
        In per cent, one fewer than the edges.
    marks : tuple of (x, text)
        Places that have a name.
    """

    title: str
    x_title: str
    x_unit: str
    y_title: str
    edges: tuple[float, ...]
    shares: tuple[float, ...]
    marks: tuple[tuple[float, str], ...] = ()


def drawing_of_histogram(histogram: Histogram) -> Drawing:
    """Lay a histogram out: bars, axes with round numbers, marks with their names above."""
    top = _ABOVE + 17.0 * len(histogram.marks)
    strokes = [*_rules(histogram, top), *_bars(histogram, top), *_lines(histogram, top)]
    return Drawing(top + PLOT_HEIGHT + _BELOW, tuple(strokes), tuple(_words(histogram, top)))


def _x(histogram: Histogram, value: float) -> float:
    ends = (*histogram.edges, *(x for x, _ in histogram.marks))
    low, high = min(ends), max(ends)
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * (value - low) / max(high - low, 1e-9)


def _y(histogram: Histogram, share: float, top: float) -> float:
    return top + PLOT_HEIGHT * (1.0 - share / round_numbers(max(histogram.shares))[-1])


def _rules(histogram: Histogram, top: float) -> Iterator[Stroke]:
    for share in round_numbers(max(histogram.shares)):
        y = _y(histogram, share, top)
        yield Stroke(((_LEFT, y), (WIDTH - _RIGHT, y)), RULE if share else QUIET_INK)


def _bars(histogram: Histogram, top: float) -> Iterator[Stroke]:
    low = _y(histogram, 0.0, top)
    for first, last, share in zip(histogram.edges, histogram.edges[1:], histogram.shares, strict=False):
        left, right = _x(histogram, first), _x(histogram, last)
        if share > 0.0:
            middle = (left + right) / 2.0
            yield Stroke(((middle, low), (middle, _y(histogram, share, top))), ACCENT, max(right - left - 1.5, 1.0))


def _lines(histogram: Histogram, top: float) -> Iterator[Stroke]:
    for row, (value, _) in enumerate(histogram.marks):
        x = _x(histogram, value)
        yield Stroke(((x, top + PLOT_HEIGHT), (x, top - 8.0 - 17.0 * row)), INK, 1.3, (5.0, 3.0))


def _words(histogram: Histogram, top: float) -> Iterator[Word]:
    every = max(1, -(-len(histogram.edges) // _MOST_TICKS))
    low = top + PLOT_HEIGHT
    for edge in histogram.edges[::every]:
        yield Word(_x(histogram, edge), low + 17.0, f"{edge:g}", QUIET_INK, "middle")
    for share in round_numbers(max(histogram.shares)):
        yield Word(_LEFT - 7.0, _y(histogram, share, top) + 4.0, f"{share:g}", QUIET_INK, "end")
    yield Word((_LEFT + WIDTH - _RIGHT) / 2.0, low + 38.0, f"{histogram.x_title}, {histogram.x_unit}", INK, "middle")
    yield Word(16.0, top + PLOT_HEIGHT / 2.0, f"{histogram.y_title}, %", INK, "middle", turned=True)
    for row, (value, text) in enumerate(histogram.marks):
        x = _x(histogram, value)
        anchor = "start" if x < WIDTH / 2.0 else "end"
        shift = 4.0 if anchor == "start" else -4.0
        yield Word(x + shift, top - 8.0 - 17.0 * row, f"{text}: {value:.1f} {histogram.x_unit}", INK, anchor)

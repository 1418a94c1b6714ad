"""The curve of filling in the report: every mark is on it, at its place, and no name lies over another."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from boneir.assessment import Curve, CurveMark
from boneir.findings import Severity
from boneir.report.curve import PLOT_HEIGHT, WIDTH, drawing_of, svg_of

MARKS = (
    CurveMark(1.0, "safe"),
    CurveMark(1.18, "posterior wall 1", Severity.WARN),
    CurveMark(1.3, "basivertebral vein", Severity.NOTE),
    CurveMark(4.0, "planned"),
    CurveMark(5.9, "<left> & segmental vein", Severity.NOTE),
)
CURVE = Curve(
    "cement.filling", "Filling of lesion-1", "Cement injected", "Share filled", "mL", "%", "lesion-1",
    tuple((0.5 * n, min(100.0, 20.0 * n)) for n in range(13)), MARKS,
)  # fmt: skip


def labels(drawn):
    return [word for word in drawn.words if word.text.endswith(" mL") and ":" in word.text]


def test_every_mark_stands_at_its_volume():
    drawn = drawing_of(CURVE)
    left, right = drawn.strokes[0].points[0][0], drawn.strokes[0].points[1][0]
    lines = [s for s in drawn.strokes if len(s.points) == 2 and s.points[0][0] == s.points[1][0] and s.width == 1.3]
    assert [line.points[0][0] for line in lines] == pytest.approx([left + (right - left) * m.x / 6.0 for m in MARKS])
    assert [word.text for word in labels(drawn)] == [f"{mark.text}: {mark.x:.1f} mL" for mark in MARKS]
    bars = [s for s in drawn.strokes if s.width == 3.0]
    bottom = drawn.strokes[0].points[0][1]
    assert [bottom - bar.points[0][1] for bar in bars] == pytest.approx(
        [PLOT_HEIGHT * min(1.0, 40.0 * mark.x / 100.0) for mark in MARKS]
    )


def test_no_name_lies_over_another_or_leaves_the_drawing():
    drawn = drawing_of(CURVE)
    words = labels(drawn)
    spans = [(word.x, word.x + 6.0 * len(word.text), word.y) for word in words]
    for one, other in combinations(spans, 2):
        assert one[2] != other[2] or one[1] <= other[0] or other[1] <= one[0]
    assert all(begin >= 0 and end <= WIDTH and 10 < y < drawn.height for begin, end, y in spans)
    lines = [s.points for s in drawn.strokes if s.width == 1.3]
    for begin, end, y in spans:
        assert not any(begin < low[0] < end and high[1] < y for low, high in lines)


def test_svg_is_whole_and_escaped():
    text = svg_of(CURVE)
    root = ET.fromstring(text)
    assert root.get("viewBox", "").startswith("0 0 640 ")
    assert "&lt;left&gt; &amp; segmental vein" in text
    assert not re.search(r"nan|inf", re.sub(r"<text.*?</text>|aria-label=\"[^\"]*\"|<title>.*?</title>", "", text))
    assert svg_of(CURVE) == text


def test_pdf_has_the_same_words(tmp_path):
    pytest.importorskip("reportlab")
    from boneir.report.fonts import find_fonts
    from boneir.report.pdf_curve import pdf_drawing

    drawing = pdf_drawing(CURVE, find_fonts(), 400.0)
    assert (drawing.width, drawing.height) == pytest.approx((400.0, 400.0 / WIDTH * drawing_of(CURVE).height))
    texts = [
        item.text for group in drawing.contents for part in group.contents for item in getattr(part, "contents", ())
    ]
    assert {word.text for word in drawing_of(CURVE).words} == set(texts)


def test_a_curve_of_cold_begins_at_its_axis() -> None:
    points = ((-96.0, 5.0), (-40.0, 20.0), (37.0, 100.0))
    curve = Curve("c", "Cold", "lowest temperature", "volume", "degC", "%", "the lesion", points)
    drawn = drawing_of(curve)
    xs = [x for stroke in drawn.strokes for x, _ in stroke.points]
    assert min(xs) >= 0.0
    assert max(xs) <= WIDTH
    way = next(stroke for stroke in drawn.strokes if len(stroke.points) == len(points))
    # A number lies as far along the axis as its share of the way between the outermost ticks.
    left, middle, right = (x for x, _ in way.points)
    assert (middle - left) / (right - left) == pytest.approx((96.0 - 40.0) / (96.0 + 37.0), abs=1e-6)
    ticks = [float(word.text) for word in drawn.words if word.anchor == "middle" and word.text.lstrip("-").isdigit()]
    assert ticks[0] <= -96.0
    assert 0.0 in ticks


def test_an_axis_of_powers_is_labelled_with_the_numbers_themselves():
    dose = Curve(
        "ablation.dose_volume", "Dose", "equivalent minutes at 43 degC", "volume that got it", "log10 min", "%", "",
        ((-1.0, 100.0), (4.0, 0.0)), (CurveMark(1.0, "limit, 10 min", Severity.STOP),),
    )  # fmt: skip
    words = [word.text for word in drawing_of(dose).words]
    assert words[:6] == ["0.1", "1", "10", "100", "1000", "10000"]
    assert "equivalent minutes at 43 °C, min" in words
    assert "limit, 10 min" in words

"""The report as one HTML file that needs nothing else: styles inside, pictures inside, no script."""

from __future__ import annotations

import base64
import re

from ..findings import Severity
from ..picture import Picture
from .curve import svg_of, svg_of_drawing
from .histogram import drawing_of_histogram
from .markup import Markup, element, escaped, joined
from .model import (
    SEVERITY_WORDS,
    Bars,
    Block,
    Bullets,
    Chart,
    Days,
    Facts,
    Gallery,
    Notice,
    Notices,
    Paragraph,
    Report,
    Section,
    Table,
    Tile,
    Tiles,
    Verdict,
)
from .style import MARK_POINTS, SEVERITY_FILL, STYLE_SHEET
from .time_line import drawing_of_time_line

_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:)]")


def html_of(report: Report) -> str:
    """The HTML document of a report; everything that comes from a file or a header is escaped."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{report.title}: {report.plan_name}"),
        element("style", Markup(STYLE_SHEET)),
    )
    footer = element("footer", f"{report.plan_name}, SHA-256 {report.plan_uid}")
    sections = [_section(section) for section in report.sections]
    body = element("body", element("main", _header(report), *sections, footer))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _header(report: Report) -> Markup:
    patient = [element("div", element("dt", label), element("dd", value)) for label, value in report.patient]
    return element(
        "header",
        element("h1", report.title),
        element("p", report.subtitle, class_="subtitle"),
        element("dl", *patient, class_="patient"),
        element("p", report.purpose, class_="quiet"),
    )


def _section(section: Section) -> Markup:
    return element("section", element("h2", section.title), *(_block(block) for block in section.blocks), Markup("\n"))


def _block(block: Block) -> Markup:
    match block:
        case Paragraph(text, quiet):
            return element("p", _linked(text), class_="quiet" if quiet else None)
        case Bullets(items):
            return element("ul", *(element("li", _linked(item)) for item in items))
        case Facts(rows):
            pairs = [part for label, value in rows for part in (element("dt", label), element("dd", _linked(value)))]
            return element("dl", *pairs, class_="facts")
        case Table():
            return _table(block)
        case Notices(items):
            return element("ul", *(_notice(item) for item in items), class_="notices")
        case Verdict():
            return _verdict(block)
        case Tiles(items):
            return element("div", *(_tile(item) for item in items), class_="tiles")
        case Gallery():
            return _gallery(block)
        case Chart(curve, note):
            return element("figure", element("h3", curve.title), svg_of(curve), element("figcaption", note))
        case Bars(histogram, note):
            drawn = svg_of_drawing(drawing_of_histogram(histogram), histogram.title)
            return element("figure", element("h3", histogram.title), drawn, element("figcaption", note))
        case Days(line, note):
            drawn = svg_of_drawing(drawing_of_time_line(line), line.title)
            return element("figure", element("h3", line.title), drawn, element("figcaption", note))


def _table(table: Table) -> Markup:
    widths = [element("col", style=f"width:{column.share:.0%}") for column in table.columns]
    titles = [
        element("th", column.title, scope="col", class_="number" if column.numeric else None)
        for column in table.columns
    ]
    rows = []
    for row in table.rows:
        cells = []
        for n, (column, text) in enumerate(zip(table.columns, row.cells, strict=True)):
            mark = _mark(row.severity) if n == 0 and row.severity else Markup()
            note = element("div", _linked(row.note), class_="detail") if n == 0 and row.note else Markup()
            content = joined([mark, _linked(text), note])
            cells.append(
                element("td", content, class_="number" if column.numeric else None, data_title=column.title or None)
            )
        rows.append(element("tr", *cells, class_=row.severity.value if row.severity else None))
    caption = element("caption", table.caption) if table.caption else Markup()
    head = element("thead", element("tr", *titles))
    return element("table", caption, element("colgroup", *widths), head, element("tbody", *rows))


def _notice(notice: Notice) -> Markup:
    word = element("span", _mark(notice.severity), SEVERITY_WORDS[notice.severity], class_="word")
    detail = element("div", _linked(notice.detail), class_="detail") if notice.detail else Markup()
    return element(
        "li", word, element("div", element("div", _linked(notice.text)), detail), class_=notice.severity.value
    )


def _verdict(verdict: Verdict) -> Markup:
    mark = _mark(verdict.severity) if verdict.severity else Markup()
    detail = element("p", verdict.detail) if verdict.detail else Markup()
    kind = verdict.severity.value if verdict.severity else "clear"
    return element("div", element("p", mark, verdict.text), detail, class_=f"verdict {kind}")


def _tile(tile: Tile) -> Markup:
    mark = _mark(tile.severity) if tile.severity else Markup()
    return element(
        "div",
        element("div", tile.label, class_="label"),
        element("div", mark, tile.value, class_="value"),
        element("div", tile.note, class_="about"),
        class_=f"tile {tile.severity.value}" if tile.severity else "tile",
    )


def _gallery(gallery: Gallery) -> Markup:
    caption = element("h3", gallery.caption) if gallery.caption else Markup()
    return joined([caption, element("div", *(_figure(picture) for picture in gallery.pictures), class_="gallery")])


def _figure(picture: Picture) -> Markup:
    data = "data:image/png;base64," + base64.b64encode(picture.png).decode()
    kind = "wide" if picture.is_wide else None
    shown = element("img", src=data, alt=picture.title)
    return element("figure", shown, element("figcaption", picture.title), class_=kind)


def _mark(severity: Severity) -> Markup:
    corners = " ".join(f"{x},{y}" for x, y in MARK_POINTS[severity])
    shape = element("polygon", points=corners, fill=SEVERITY_FILL[severity])
    return element("svg", shape, class_="mark", viewBox="0 0 16 16", role="img", aria_label=SEVERITY_WORDS[severity])


def _linked(text: str) -> Markup:
    """Text in which web addresses can be followed; nothing is loaded from them."""
    parts, end = [], 0
    for match in _ADDRESS.finditer(text):
        address = match.group()
        parts += [escaped(text[end : match.start()]), element("a", address, href=address, rel="noreferrer")]
        end = match.end()
    return joined([*parts, text[end:]])

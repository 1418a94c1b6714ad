"""Each kind of block of the report as flowables of reportlab."""

from __future__ import annotations

import io
from typing import Any

from ..findings import Severity
from ..picture import Picture
from .fonts import Typesetter
from .histogram import drawing_of_histogram
from .model import (
    SEVERITY_WORDS,
    Bars,
    Block,
    Bullets,
    Chart,
    Days,
    Facts,
    Gallery,
    Notices,
    Paragraph,
    Report,
    Section,
    Table,
    Tile,
    Tiles,
    Verdict,
)
from .pdf_curve import pdf_drawing, pdf_of_drawing
from .style import (
    ACCENT,
    CLEAR_INK,
    CLEAR_PALE,
    INK,
    MARK_POINTS,
    QUIET_INK,
    RULE,
    SEVERITY_FILL,
    SEVERITY_INK,
    SEVERITY_PALE,
)
from .time_line import drawing_of_time_line

_MM = 72 / 25.4
_MARK_WIDTH = 5 * _MM
_GAP = 3 * _MM
_GALLERY_SHARE = 0.88
"""Three rows of two pictures of 8 by 7 then fit on a page."""

_CHART_SHARE = 0.68
"""Four charts then fit on a page."""

_FIRST_BLOCK = {Gallery: 95 * _MM, Chart: 70 * _MM}
"""Room that the first block of a section needs on the page of its title, where it cannot be broken."""

_PATIENT_SHARES = (0.31, 0.27, 0.14, 0.12, 0.16)
"""Names and identifiers are long, dates and sex are short."""

_Rule = tuple[Any, ...]
"""A command of reportlab's table style."""


class PdfBlocks:
    """Sets blocks of the report into a column of a given width.

    Parameters
    ----------
    fonts : Typesetter
    width : float
        Width of the column in points.
    """

    def __init__(self, fonts: Typesetter, width: float) -> None:
        self._fonts = fonts
        self._width = width
        self._styles = _styles(fonts)

    def header(self, report: Report) -> list[Any]:
        """Title, patient and purpose on top of the first page."""
        cells = [[self._text(label, "label"), self._text(value, "bold")] for label, value in report.patient]
        widths = [self._width * share for share in _PATIENT_SHARES[: len(cells)]]
        patient = self._grid([cells], widths, [("LEFTPADDING", (0, 0), (-1, -1), 0)])
        return [
            self._text(report.title, "title"),
            self._text(report.subtitle, "subtitle"),
            patient,
            self._text(report.purpose, "quiet"),
        ]

    def section(self, section: Section) -> list[Any]:
        """The title of a section and its blocks."""
        from reportlab.platypus import CondPageBreak

        needed = max((_FIRST_BLOCK.get(type(block), 0.0) for block in section.blocks[:1]), default=0.0)
        story: list[Any] = [CondPageBreak(max(needed, 32 * _MM)), self._text(section.title, "heading")]
        for block in section.blocks:
            story += self._block(block)
        return story

    def _block(self, block: Block) -> list[Any]:
        match block:
            case Paragraph(text, quiet):
                return [self._text(text, "quiet" if quiet else "body")]
            case Bullets(items):
                return [self._text(item, "bullet", bullet="\u2022") for item in items]
            case Facts(rows):
                return self._facts(rows)
            case Table():
                return self._table(block)
            case Notices():
                return self._notices(block)
            case Verdict():
                return self._verdict(block)
            case Tiles(items):
                return self._tiles(items)
            case Gallery():
                return self._gallery(block)
            case Chart(curve, note):
                drawn = pdf_drawing(curve, self._fonts, _CHART_SHARE * self._width)
                return self._together([*self._caption(curve.title), drawn, self._text(note, "detail")])
            case Bars(histogram, note):
                bars = pdf_of_drawing(drawing_of_histogram(histogram), self._fonts, _CHART_SHARE * self._width)
                return self._together([*self._caption(histogram.title), bars, self._text(note, "detail")])
            case Days(line, note):
                lines = pdf_of_drawing(drawing_of_time_line(line), self._fonts, _CHART_SHARE * self._width)
                return self._together([*self._caption(line.title), lines, self._text(note, "detail")])

    def _together(self, parts: list[Any]) -> list[Any]:
        from reportlab.platypus import KeepTogether

        return [KeepTogether(parts)]

    def _text(self, text: str, style: str, bullet: str | None = None, colour: str | None = None) -> Any:
        from reportlab.platypus import Paragraph as Flowing

        chosen = self._styles[style]
        if colour is not None:
            chosen = chosen.clone(f"{style}-{colour}", textColor=colour)
        return Flowing(self._fonts.markup(text), chosen, bulletText=bullet)

    def _grid(self, rows: list[list[Any]], widths: list[float], rules: list[_Rule], repeat: int = 0) -> Any:
        from reportlab.platypus import Table as Grid
        from reportlab.platypus import TableStyle

        basic = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 2.2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.8),
            ("LEFTPADDING", (0, 0), (-1, -1), 4),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ]
        style = TableStyle(basic + rules)
        return Grid(rows, widths, style=style, repeatRows=repeat, hAlign="LEFT", spaceBefore=2, spaceAfter=6)

    def _facts(self, rows: tuple[tuple[str, str], ...]) -> list[Any]:
        if not rows:
            return []
        cells = [[self._text(label, "label"), self._text(value, "body")] for label, value in rows]
        label_width = 40 * _MM
        return [self._grid(cells, [label_width, self._width - label_width], [("LEFTPADDING", (0, 0), (0, -1), 0)])]

    def _table(self, table: Table) -> list[Any]:
        marked = any(row.severity for row in table.rows)
        room = self._width - (_MARK_WIDTH if marked else 0)
        widths = [_MARK_WIDTH] * marked + [column.share * room for column in table.columns]
        titles = [self._text(c.title, "column_right" if c.numeric else "column") for c in table.columns]
        cells: list[list[Any]] = [[""] * marked + titles]
        rules: list[_Rule] = [
            ("LINEBELOW", (0, 0), (-1, 0), 0.6, QUIET_INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE),
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ]
        for n, column in enumerate(table.columns, marked):
            rules += [("RIGHTPADDING", (n, 0), (n, -1), 12)] if column.numeric else []
        for n, row in enumerate(table.rows, 1):
            texts: list[Any] = [
                self._text(text, "cell_right" if column.numeric else "cell")
                for column, text in zip(table.columns, row.cells, strict=True)
            ]
            texts[0] = [texts[0], self._text(row.note, "detail")] if row.note else texts[0]
            cells.append([_mark(row.severity) if row.severity else ""] * marked + texts)
            if row.severity:
                rules.append(("BACKGROUND", (0, n), (-1, n), SEVERITY_PALE[row.severity]))
        grid = self._grid(cells, widths, rules, repeat=1)
        return [*self._caption(table.caption), grid]

    def _caption(self, caption: str) -> list[Any]:
        from reportlab.platypus import CondPageBreak

        return [CondPageBreak(20 * _MM), self._text(caption, "caption")] if caption else []

    def _notices(self, notices: Notices) -> list[Any]:
        cells: list[list[Any]] = []
        rules: list[_Rule] = []
        for n, item in enumerate(notices.items):
            text = [self._text(item.text, "body")]
            text += [self._text(item.detail, "detail")] if item.detail else []
            word = self._text(SEVERITY_WORDS[item.severity], "bold", colour=SEVERITY_INK[item.severity])
            cells.append([_mark(item.severity), word, text])
            rules.append(("BACKGROUND", (0, n), (-1, n), SEVERITY_PALE[item.severity]))
        rules.append(("LINEBELOW", (0, 0), (-1, -1), 2, "#ffffff"))
        widths = [_MARK_WIDTH, 15 * _MM, self._width - _MARK_WIDTH - 15 * _MM]
        return [self._grid(cells, widths, rules)] if cells else []

    def _verdict(self, verdict: Verdict) -> list[Any]:
        level = verdict.severity
        text = [self._text(verdict.text, "verdict", colour=SEVERITY_INK[level] if level else CLEAR_INK)]
        text += [self._text(verdict.detail, "body")] if verdict.detail else []
        rules: list[_Rule] = [("BACKGROUND", (0, 0), (-1, -1), SEVERITY_PALE[level] if level else CLEAR_PALE)]
        rules += [("TOPPADDING", (0, 0), (-1, -1), 6), ("BOTTOMPADDING", (0, 0), (-1, -1), 7)]
        mark = _mark(level, 4 * _MM) if level else ""
        return [self._grid([[mark, text]], [7 * _MM, self._width - 7 * _MM], rules)]

    def _tiles(self, items: tuple[Tile, ...]) -> list[Any]:
        per_row = len(items) if len(items) <= 4 else 3
        width = self._width / per_row
        rows: list[list[Any]] = [
            [self._tile(item) for item in items[n : n + per_row]] for n in range(0, len(items), per_row)
        ]
        rows[-1] += [""] * (per_row - len(rows[-1]))
        rules: list[_Rule] = [("LINEABOVE", (0, 0), (-1, -1), 0.6, RULE), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
        for n, item in enumerate(items):
            if item.severity:
                here = (n % per_row, n // per_row)
                rules.append(("LINEABOVE", here, here, 1.6, SEVERITY_FILL[item.severity]))
        return [self._grid(rows, [width] * per_row, rules)]

    def _tile(self, item: Tile) -> list[Any]:
        colour = SEVERITY_INK[item.severity] if item.severity else INK
        value = f"{item.value}  {SEVERITY_WORDS[item.severity]}" if item.severity else item.value
        return [
            self._text(item.label, "label"),
            self._text(value, "tile", colour=colour),
            self._text(item.note, "detail"),
        ]

    def _gallery(self, gallery: Gallery) -> list[Any]:
        width = (_GALLERY_SHARE * self._width - _GAP) / 2
        wide = [picture for picture in gallery.pictures if picture.is_wide]
        rows = [self._figure(picture, 2 * width + _GAP) for picture in wide]
        narrow = [picture for picture in gallery.pictures if not picture.is_wide]
        for n in range(0, len(narrow), 2):
            cells: list[Any] = [self._figure(picture, width) for picture in narrow[n : n + 2]]
            cells += [""] * (2 - len(cells))
            rules: list[_Rule] = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
            rules.append(("LEFTPADDING", (1, 0), (1, 0), _GAP))
            rows.append([self._grid([cells], [width, width + _GAP], rules)])
        captioned = [[*self._caption(gallery.caption), *rows[0]], *rows[1:]] if rows else []
        return [kept for row in captioned for kept in self._together(row)]

    def _figure(self, picture: Picture, width: float) -> list[Any]:
        from reportlab.lib.utils import ImageReader
        from reportlab.platypus import Image

        columns, rows = ImageReader(io.BytesIO(picture.png)).getSize()
        image = Image(io.BytesIO(picture.png), width=width, height=width * rows / columns)
        image.hAlign = "LEFT"
        return [image, self._text(picture.title, "detail")]


def _mark(severity: Severity, size: float = 2.8 * _MM) -> Any:
    """The mark of a severity as a small drawing."""
    from reportlab.graphics.shapes import Drawing, Polygon
    from reportlab.lib.colors import HexColor

    corners = [c for x, y in MARK_POINTS[severity] for c in (x / 16 * size, size - y / 16 * size)]
    drawing = Drawing(size, size)
    drawing.add(Polygon(corners, fillColor=HexColor(SEVERITY_FILL[severity]), strokeColor=None))
    return drawing


def _styles(fonts: Typesetter) -> dict[str, Any]:
    from reportlab.lib.enums import TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle

    def style(name: str, size: float, **more: Any) -> Any:
        options = {"fontName": fonts.regular.name, "leading": size * 1.32, "textColor": INK, **more}
        return ParagraphStyle(name, fontSize=size, **options)

    bold = fonts.bold.name
    made = (
        style("title", 17, fontName=bold, leading=21),
        style("subtitle", 9.5, textColor=QUIET_INK, spaceAfter=5),
        style("heading", 11.5, fontName=bold, textColor=ACCENT, spaceBefore=11, spaceAfter=3),
        style("caption", 8.8, fontName=bold, spaceBefore=4, spaceAfter=1),
        style("body", 8.8),
        style("bold", 8.8, fontName=bold),
        style("verdict", 11, fontName=bold),
        style("tile", 13, fontName=bold),
        style("bullet", 8.8, leftIndent=9, bulletIndent=0, spaceAfter=2),
        style("quiet", 7.6, textColor=QUIET_INK, spaceAfter=2),
        style("detail", 7.4, textColor=QUIET_INK),
        style("label", 7.8, textColor=QUIET_INK),
        style("column", 7.4, fontName=bold, textColor=QUIET_INK),
        style("column_right", 7.4, fontName=bold, textColor=QUIET_INK, alignment=TA_RIGHT),
        style("cell", 8.4),
        style("cell_right", 8.4, alignment=TA_RIGHT),
    )
    return {item.name: item for item in made}

"""The report as PDF on A4, set from the same sections in the same order as the HTML."""

from __future__ import annotations

import io
from typing import Any

from ..errors import MissingExtraError
from ..findings import Finding, Severity
from .fonts import find_fonts
from .model import Report
from .pdf_blocks import PdfBlocks
from .style import ACCENT, QUIET_INK, RULE
from .words import NOT_GIVEN

LETTERS_MISSING = "report.letters_missing"
"""Code of the finding that no font of this machine has some letters of the report."""

_MARGIN_MM = 16.0
_TOP_MM = 22.0
_HEADER_POINTS = 6.5
_FRAME_PADDING = 6.0
"""Of reportlab's frame around the text, in points."""


def pdf_of(report: Report) -> tuple[bytes, tuple[Finding, ...]]:
    """The PDF file of a report, and what could not be set; the same report gives the same bytes on one machine.

    Raises
    ------
    MissingExtraError
        If reportlab is not installed.
    """
    try:
        from reportlab.lib.pagesizes import A4
        from reportlab.lib.units import mm
        from reportlab.platypus import SimpleDocTemplate
    except ImportError as error:
        raise MissingExtraError("The PDF report", "reportlab", "report") from error
    fonts = find_fonts()
    blocks = PdfBlocks(fonts, width=A4[0] - 2 * _MARGIN_MM * mm)
    story = blocks.header(report)
    for section in report.sections:
        story += blocks.section(section)
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=_MARGIN_MM * mm - _FRAME_PADDING,
        rightMargin=_MARGIN_MM * mm - _FRAME_PADDING,
        topMargin=_TOP_MM * mm,
        bottomMargin=_MARGIN_MM * mm,
        title=f"{report.title}: {report.plan_name}",
        author="BoneIRPlanner",
        lang="en",
        invariant=1,
    )
    known = dict.fromkeys(value for _, value in report.patient[:2] if value != NOT_GIVEN)
    name = ", ".join(known) or "Patient not given"
    running = (fonts.plain(name), fonts.plain(f"{report.plan_name}  SHA-256 {report.plan_uid}"))
    document.build(story, canvasmaker=_numbered_canvas(fonts.regular.name, running))
    return buffer.getvalue(), _letters_missing(fonts.missing)


def _letters_missing(letters: set[str]) -> tuple[Finding, ...]:
    if not letters:
        return ()
    shown = " ".join(sorted(letters))
    text = f'No font of this machine has these letters, printed as "?" in the PDF: {shown}. The HTML has them.'
    return (Finding(LETTERS_MISSING, Severity.NOTE, text),)


def _numbered_canvas(font: str, running: tuple[str, str]) -> type[Any]:
    """A canvas class that writes the running head and "Page 2 of 5" once the number of pages is known."""
    from reportlab.pdfgen.canvas import Canvas

    class NumberedCanvas(Canvas):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 (the name is reportlab's)
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                _draw_running_head(self, font, running, f"Page {number} of {len(self._pages)}")
                super().showPage()
            super().save()

    return NumberedCanvas


def _draw_running_head(canvas: Any, font: str, running: tuple[str, str], page: str) -> None:
    from reportlab.lib.units import mm

    width, height = canvas._pagesize
    left, right, top = _MARGIN_MM * mm, width - _MARGIN_MM * mm, height - 12 * mm
    canvas.saveState()
    canvas.setFillColor(QUIET_INK)
    canvas.setFont(font, _HEADER_POINTS)
    hash_width = canvas.stringWidth(running[1], font, _HEADER_POINTS)
    canvas.drawString(left, top, _shortened(canvas, running[0], font, right - left - hash_width - 5 * mm))
    canvas.drawRightString(right, top, running[1])
    canvas.drawRightString(right, 9 * mm, page)
    canvas.setStrokeColor(ACCENT if page.startswith("Page 1 ") else RULE)
    canvas.line(left, top - 2 * mm, right, top - 2 * mm)
    canvas.restoreState()


def _shortened(canvas: Any, text: str, font: str, width: float) -> str:
    """Text cut to a width, with an ellipsis of three points where something was cut."""
    if canvas.stringWidth(text, font, _HEADER_POINTS) <= width:
        return text
    while text and canvas.stringWidth(text + "...", font, _HEADER_POINTS) > width:
        text = text[:-1]
    return text + "..."

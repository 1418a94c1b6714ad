"""Tables of findings, measures and plans: text that was made elsewhere, put into rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import qt
from slicer.i18n import tr as _

from ..assessment import Measure
from ..findings import Finding, Point, Severity, worst_first
from ..report.numbers import amount_text, measure_text, value_text
from .wording import severity_mark, structure_words

_LEAST_WIDTH = 150
"""A label that is narrower has not been laid out yet."""


def severity_words(severity: Severity) -> str:
    """The weight of a finding as a table shows it."""
    words = {Severity.STOP: _("Stop"), Severity.WARN: _("Decide"), Severity.NOTE: _("Note")}
    return f"{severity_mark(severity)} {words[severity]}"


def show_findings(table: qt.QTableWidget, findings: Sequence[Finding]) -> None:
    """Show findings, the worst first."""
    ordered = worst_first(findings)
    rows = [(severity_words(item.severity), item.text) for item in ordered]
    show_rows(table, rows, [_tip_of(item) for item in ordered])


def places_of(findings: Sequence[Finding]) -> list[Point | None]:
    """The place of each row that `show_findings` makes."""
    return [item.place_mm for item in worst_first(findings)]


def show_measures(
    table: qt.QTableWidget, measures: Sequence[Measure], about: bool = True, needles: Collection[str] = ()
) -> None:
    """Show measures with their numbers as the report prints them; `needles` are the names of instruments."""
    subjects = [
        _("Needle {name}").format(name=item.about) if item.about in needles else structure_words(item.about)
        for item in measures
    ]
    rows = [
        ((subject,) if about else ()) + (item.title, measure_text(item))
        for subject, item in zip(subjects, measures, strict=True)
    ]
    show_rows(table, rows, [item.note for item in measures], wrapped=2)


def offer(box: qt.QComboBox, choices: Sequence[tuple[str, str]], chosen: str) -> None:
    """Fill a list with (identifier, title) where it changed, and show the chosen one."""
    identifiers = [identifier for identifier, _title in choices]
    if [box.itemData(index) for index in range(box.count)] != identifiers:
        box.clear()
        for identifier, title in choices:
            box.addItem(title, identifier)
    box.currentIndex = identifiers.index(chosen) if chosen in identifiers else -1


def offer_names(box: qt.QComboBox, names: Sequence[str], chosen: str) -> str:
    """Fill a list with names, and show the chosen one; the first where that has gone. Give the one that is shown."""
    shown = chosen if chosen in names else names[0] if names else ""
    offer(box, [(name, name) for name in names], shown)
    return shown


def show_text(label: qt.QLabel, text: str) -> None:
    """Show text that wraps, and claim the height that it needs: a panel that scrolls would cut it off otherwise."""
    if label.text != text:
        label.text = text
    width = label.size.width()
    label.setMinimumHeight(label.heightForWidth(width) if text and width > _LEAST_WIDTH else 0)


def show_rows(
    table: qt.QTableWidget, rows: Sequence[Sequence[str]], tips: Sequence[str] = (), wrapped: int = 1
) -> None:
    """Fill a table with rows of text; the last `wrapped` columns share the room that is left. No rows, no table."""
    table.visible = bool(rows)
    table.rowCount = len(rows)
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            item = qt.QTableWidgetItem(text)
            if tips and tips[number]:
                item.setToolTip(tips[number])
            table.setItem(number, column, item)
    _keep_readable(table, wrapped)


def _keep_readable(table: qt.QTableWidget, wrapped: int) -> None:
    """Let columns and rows follow the width of the panel, so that wrapped text is never cut off."""
    columns = table.horizontalHeader()
    for column in range(table.columnCount):
        shared = column >= table.columnCount - wrapped
        mode = qt.QHeaderView.Stretch if shared else qt.QHeaderView.ResizeToContents
        columns.setSectionResizeMode(column, mode)
    table.verticalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)


def _tip_of(finding: Finding) -> str:
    """The number, the limit and where the limit comes from."""
    parts = []
    if finding.measured is not None:
        unit = finding.unit or (finding.limit.unit if finding.limit else "")
        parts.append(_("Measured: {number}").format(number=amount_text(finding.measured, unit)))
    if finding.limit is not None:
        limit = finding.limit
        parts.append(_("Limit: {number} ({grade})").format(number=value_text(limit), grade=limit.grade.value))
        parts.append(limit.source)
    return "\n".join(parts)

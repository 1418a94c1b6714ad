"""The panel at the width of a narrow screen, filled: nothing is cut off and nothing scrolls sideways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from by_hand import findings, found, measures

WIDTH, HEIGHT = 500, 820


LONG = (
    "It is one of 307 ways, of 1139 compared, that none beats in every respect; 4612 of 54405 entries are allowed.",
    "What binds it is nerve roots: 2.6 mm from the needle's surface, where 2 mm are to be kept beyond placement error.",
)


@pytest.fixture
def filled(planned: Any) -> Any:
    from boneir.gui.records import Outcome, named, written

    parameters = planned.parameters
    uid = planned.logic.planNow("plan-1").uid
    image, outlines = parameters.inputVolume, parameters.outlines
    about = named(image, outlines)
    parameters.imageOutcome = written(Outcome(findings=findings(), about=about))
    about = named(image, outlines, parameters.lesionName)
    parameters.lesionOutcome = written(Outcome(measures=measures(), findings=findings(), about=about))
    from dataclasses import replace

    book = planned.logic.desk.book
    pages = tuple(replace(page, plan=replace(page.plan, reasons=LONG * 3)) for page in book.pages)
    planned.logic.desk.act(lambda book: replace(book, pages=pages))
    uid = planned.logic.planNow("plan-1").uid
    found(planned, measures=measures() * 4, findings=findings() * 5, plan_uid=uid)
    parameters.reportFile = "/home/someone/Documents/Bone metastases/A rather long name of a patient/plan-1.html"
    return planned


@pytest.mark.parametrize("name", ["images", "lesion", "access", "effect", "review", "report"])
def test_nothing_is_cut_off_at_500_pixels(filled: Any, name: str, tmp_path: Path) -> None:
    import qt
    import slicer

    filled.showStep(next(step.name for step in filled.steps if step.name.value == name))
    parent = filled.parent
    parent.resize(WIDTH, HEIGHT)
    parent.show()
    slicer.app.processEvents()
    filled.refresh()
    slicer.app.processEvents()
    parent.resize(WIDTH, max(HEIGHT, parent.minimumSizeHint().height()))  # Slicer scrolls a panel that needs more
    slicer.app.processEvents()
    assert parent.size.width() == WIDTH, "the panel needs more room than that"
    assert parent.grab().save(str(tmp_path / f"{name}.png"))
    for child in parent.findChildren(qt.QWidget):
        if not child.isVisibleTo(parent):
            continue
        place = child.mapTo(parent, qt.QPoint(0, 0))
        assert place.x() >= 0
        assert place.x() + child.size.width() <= WIDTH, f"{child.name or child.className()} sticks out"
        if isinstance(child, qt.QAbstractButton | qt.QLabel) and child.name and child.text:
            assert_text_fits(child)
        if isinstance(child, qt.QTableWidget):
            assert child.horizontalHeader().length() <= child.viewport().size.width(), f"{child.name} scrolls sideways"
            assert_rows_show_their_text(child)


@pytest.mark.parametrize("name", ["access", "review"])
def test_dark_and_sharp_screens_show_the_same_panel(filled: Any, name: str, tmp_path: Path) -> None:
    """At twice the pixels and in a dark palette; text stands out from what is behind it by at least 4.5 to 1.

    The ratio is that of WCAG 2.1, 1.4.3 (https://www.w3.org/TR/WCAG21/#contrast-minimum).
    """
    import qt
    import slicer

    filled.showStep(next(step.name for step in filled.steps if step.name.value == name))
    parent, plain = filled.parent, qt.QPalette(filled.parent.palette)
    parent.resize(WIDTH, HEIGHT)
    parent.show()
    for theme in ("light", "dark"):
        parent.palette = dark(plain) if theme == "dark" else plain
        slicer.app.processEvents()
        for scale in (1, 2):
            picture = qt.QPixmap(WIDTH * scale, HEIGHT * scale)
            picture.setDevicePixelRatio(scale)
            picture.fill(parent.palette.color(qt.QPalette.Window))
            parent.render(picture)
            assert picture.save(str(tmp_path / f"{name}-{theme}-{scale}x.png"))
        for child in parent.findChildren(qt.QLabel):
            if child.isVisibleTo(parent) and child.text:
                ratio = contrast(child.palette.color(qt.QPalette.WindowText), child.palette.color(qt.QPalette.Window))
                assert ratio >= 4.5, f"{child.name} is hard to read in the {theme} theme"
    parent.palette = plain


def dark(plain: Any) -> Any:
    """A dark palette like the one of the application's dark style."""
    import qt

    made = qt.QPalette(plain)
    for role, grey in (("Window", 50), ("Base", 30), ("AlternateBase", 42), ("Button", 60), ("ToolTipBase", 60)):
        made.setColor(getattr(qt.QPalette, role), qt.QColor(grey, grey, grey))
    for role in ("WindowText", "Text", "ButtonText", "ToolTipText", "BrightText"):
        made.setColor(getattr(qt.QPalette, role), qt.QColor(235, 235, 235))
        made.setColor(qt.QPalette.Disabled, getattr(qt.QPalette, role), qt.QColor(140, 140, 140))
    return made


def contrast(first: Any, second: Any) -> float:
    """Ratio of the relative luminances of two colours."""

    def luminance(colour: Any) -> float:
        parts = [part / 255 for part in (colour.red(), colour.green(), colour.blue())]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_the_tab_key_goes_through_a_panel_from_top_to_bottom(filled: Any) -> None:
    import qt

    parent = filled.parent
    parent.resize(WIDTH, HEIGHT)
    parent.show()
    for step in filled.steps:
        filled.showStep(step.name)
        places = []
        for child in in_tab_order(step.widget):
            reached = child.focusPolicy.value & qt.Qt.TabFocus.value
            if reached and child.isVisibleTo(step.widget) and child.name and not child.name.startswith("qt_"):
                corner = child.mapTo(parent, qt.QPoint(0, 0))
                places.append((corner.y() // 12, corner.x(), child.name))
        assert places == sorted(places), f"{step.name.value}: {[name for *_, name in places]}"


def in_tab_order(panel: Any) -> list[Any]:
    """The widgets of a panel in the order in which the tab key reaches them."""
    found, here = [], panel.nextInFocusChain()
    while here is not panel:
        if panel.isAncestorOf(here):
            found.append(here)
        here = here.nextInFocusChain()
    return found


def assert_text_fits(child: Any) -> None:
    import qt

    metrics = child.fontMetrics()
    room = child.contentsRect().size()
    if isinstance(child, qt.QLabel) and child.wordWrap:
        needed = metrics.boundingRect(qt.QRect(0, 0, room.width(), 10000), qt.Qt.TextWordWrap, child.text).height()
        assert needed <= room.height() + 1, f"{child.name} is cut off below"
        longest = max(metrics.horizontalAdvance(word) for word in child.text.split())
        assert longest <= room.width(), f"{child.name} is cut off at the side"
    else:
        assert metrics.horizontalAdvance(child.text) <= room.width(), f"{child.name} is cut off at the side"


def assert_rows_show_their_text(table: Any) -> None:
    import qt

    metrics = table.fontMetrics()
    for row in range(table.rowCount):
        for column in range(table.columnCount):
            item = table.item(row, column)
            room = qt.QRect(0, 0, table.columnWidth(column) - 6, 10000)
            needed = metrics.boundingRect(room, qt.Qt.TextWordWrap, item.text()).height()
            assert needed <= table.rowHeight(row), f"row {row} of {table.name} is cut off: {item.text()}"

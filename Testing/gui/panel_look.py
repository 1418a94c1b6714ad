"""Looks at a panel as a user of a narrow screen does: nothing is cut off or scrolls sideways, and text is readable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 500, 820


def look_at(opened: Any, folder: Path, name: str, theme: str = "light") -> None:
    """Draw a panel at 500 pixels, at once and twice as sharp, and check everything that is seen of it.

    Text stands out from what is behind it by at least 4.5 to 1, as WCAG 2.1, 1.4.3, asks
    (https://www.w3.org/TR/WCAG21/#contrast-minimum).
    """
    import qt
    import slicer

    parent, plain = opened.parent, qt.QPalette(opened.parent.palette)
    parent.palette = dark(plain) if theme == "dark" else plain
    parent.resize(WIDTH, HEIGHT)
    parent.show()
    slicer.app.processEvents()
    opened.refresh()
    slicer.app.processEvents()
    # Slicer scrolls a panel that needs more: Qt gives it the height that its text needs at the width that it has.
    parent.resize(WIDTH, max(HEIGHT, parent.minimumSizeHint().height(), parent.heightForWidth(WIDTH)))
    slicer.app.processEvents()
    assert parent.size.width() == WIDTH, "the panel needs more room than that"
    for scale in (1, 2):
        picture = qt.QPixmap(WIDTH * scale, parent.size.height() * scale)
        picture.setDevicePixelRatio(scale)
        picture.fill(parent.palette.color(qt.QPalette.Window))
        parent.render(picture)
        assert picture.save(str(folder / f"{name}-{theme}-{scale}x.png"))
    seen = [child for child in parent.findChildren(qt.QWidget) if child.isVisibleTo(parent)]
    assert_apart([child for child in seen if child.name and not child.name.startswith("qt_")])
    for child in seen:
        assert_seen_whole(parent, child, theme)
    parent.palette = plain


def assert_apart(children: list[Any]) -> None:
    """No two named widgets of one parent lie over each other."""
    for number, one in enumerate(children):
        for other in children[number + 1 :]:
            if one.parent() is other.parent():
                both = one.geometry.intersected(other.geometry)
                assert both.isEmpty() or min(both.width(), both.height()) <= 1, f"{one.name} lies over {other.name}"


def assert_seen_whole(parent: Any, child: Any, theme: str) -> None:
    """A widget lies within its panel, and its text within itself."""
    import qt

    place = child.mapTo(parent, qt.QPoint(0, 0))
    assert place.x() >= 0
    assert place.x() + child.size.width() <= WIDTH, f"{child.name or child.className()} sticks out"
    if isinstance(child, qt.QAbstractButton | qt.QLabel) and child.name and child.text:
        assert_text_fits(child)
    if isinstance(child, qt.QLabel) and child.text:
        ratio = contrast(child.palette.color(qt.QPalette.WindowText), child.palette.color(qt.QPalette.Window))
        assert ratio >= 4.5, f"{child.name} is hard to read in the {theme} theme"
    if isinstance(child, qt.QTableWidget):
        assert child.horizontalHeader().length() <= child.viewport().size.width(), f"{child.name} scrolls sideways"
        assert_rows_show_their_text(child)


def tab_places(panel: Any, parent: Any) -> list[tuple[int, int, str]]:
    """Row, place in the row and name of what the tab key reaches in a panel, in the order in which it does."""
    import qt

    places = []
    for child in in_tab_order(panel):
        reached = child.focusPolicy.value & qt.Qt.TabFocus.value
        if reached and child.isVisibleTo(panel) and child.name and not child.name.startswith("qt_"):
            corner = child.mapTo(parent, qt.QPoint(0, 0))
            places.append((corner.y() // 12, corner.x(), child.name))
    return places


def dark(plain: Any) -> Any:
    """A dark palette like the one of the application's dark style."""
    import qt

    made = qt.QPalette(plain)
    for role, grey in (("Window", 50), ("Base", 30), ("AlternateBase", 42), ("Button", 60), ("ToolTipBase", 60)):
        made.setColor(getattr(qt.QPalette, role), qt.QColor(grey, grey, grey))
    made.setColor(qt.QPalette.PlaceholderText, qt.QColor(160, 160, 160))
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

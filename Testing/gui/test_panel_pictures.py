"""The panel at the width of a narrow screen, filled: nothing is cut off and nothing scrolls sideways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from by_hand import findings, found, measures

WIDTH, HEIGHT = 500, 820


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
    slicer.app.processEvents()
    assert parent.size.width() == WIDTH, "the panel needs more room than that"
    picture = parent.grab()
    assert picture.save(str(tmp_path / f"{name}.png"))
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

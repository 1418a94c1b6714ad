"""Keys press buttons, only from within the panel, and the tips say which."""

from __future__ import annotations

from typing import Any


def test_every_key_presses_its_button_and_is_in_its_tip(planned: Any) -> None:
    import qt

    from boneir.gui.shortcuts import KEYS

    found = {made.key.toString(): made for made in planned.panel.findChildren(qt.QShortcut)}
    assert set(found) == {*KEYS, *(f"Ctrl+{number}" for number in range(1, 7))}
    pressed: list[str] = []
    for key, name in KEYS.items():
        button = planned.panel.findChild(qt.QWidget, name)
        assert f"({key})" in button.toolTip
        assert found[key].context == qt.Qt.WidgetWithChildrenShortcut
        if key != "Ctrl+Shift+Z":
            button.connect("clicked()", lambda name=name: pressed.append(name))
    found["Ctrl+3"].activated.emit()
    assert planned.ui.stepStack.currentIndex == 2
    for key in ("Ctrl+L", "Ctrl+L", "Ctrl+D", "Ctrl+Z", "Ctrl+Y"):
        found[key].activated.emit()
    assert pressed == ["lockButton", "lockButton", "duplicateButton", "undoButton", "redoButton"]
    assert [page.name for page in planned.logic.planPages()] == ["plan-1", "plan-1 copy", "plan-2"]


def test_a_key_of_a_button_that_is_off_does_nothing(planned: Any) -> None:
    import qt

    before = planned.logic.planPages()
    found = {made.key.toString(): made for made in planned.panel.findChildren(qt.QShortcut)}
    found["Ctrl+Y"].activated.emit()
    assert planned.logic.planPages() == before

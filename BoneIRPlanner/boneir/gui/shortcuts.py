"""Keys of the panel; they count only while the focus is in it, so that they take nothing from the application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
from slicer.i18n import tr as _

KEYS = {
    "Ctrl+Z": "undoButton",
    "Ctrl+Y": "redoButton",
    "Ctrl+Shift+Z": "redoButton",
    "Ctrl+L": "lockButton",
    "Ctrl+D": "duplicateButton",
    "Ctrl+Return": "proposeButton",
    "Ctrl+E": "assessButton",
    "Ctrl+N": "alongButton",
}
"""Which button a key presses; Ctrl and a digit go to a step."""


def add_shortcuts(module: Any) -> None:
    """Give the buttons of a panel their keys, and write the keys into their tips.

    Parameters
    ----------
    module : GuidedModuleWidget
    """
    panels = [module.ui, *(step.ui for step in module.steps)]
    for key, name in KEYS.items():
        button = next(getattr(ui, name) for ui in panels if hasattr(ui, name))
        _add(module.panel, key, _presser(button, key))
    for number, step in enumerate(module.steps, start=1):
        _add(module.panel, f"Ctrl+{number}", lambda name=step.name: module.showStep(name))


def _presser(button: qt.QPushButton, key: str) -> Callable[[], None]:
    button.toolTip = _("{tip} ({key})").format(tip=button.toolTip, key=key)
    press: Callable[[], None] = button.click
    return press


def _add(panel: Any, key: str, act: Callable[..., None]) -> None:
    shortcut = qt.QShortcut(qt.QKeySequence(key), panel)
    shortcut.setContext(qt.Qt.WidgetWithChildrenShortcut)
    shortcut.connect("activated()", act)

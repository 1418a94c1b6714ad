"""QUiLoader with the custom widgets of CTK and Slicer: unknown properties, signals and slots raise, none is lost."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMetaObject, QObject
from PySide6.QtUiTools import QUiLoader
from PySide6.QtWidgets import QWidget

from .pythonqt import _signal


class StrictUiLoader:
    """Stand-in of ``qt.QUiLoader``."""

    custom_widgets: dict[str, type[QWidget]] = {}  # noqa: RUF012
    _loader: QUiLoader | None = None

    def load(self, device: QIODevice, parent: QWidget | None = None) -> QWidget:
        tree = ET.fromstring(bytes(device.readAll().data()))
        connections = tree.find("connections")
        wired = list(connections) if connections is not None else []
        if connections is not None:
            tree.remove(connections)
        loader = self._knowing_loader()
        buffer = QBuffer()
        buffer.setData(QByteArray(ET.tostring(tree)))
        buffer.open(QIODevice.ReadOnly)
        widget = loader.load(buffer, parent)
        if widget is None:
            raise RuntimeError(f"The panel cannot be made: {loader.errorString()}")
        top = tree.find("widget")
        assert top is not None
        self._check(top, widget)
        for connection in wired:
            _wire(widget, {part.tag: part.text or "" for part in connection})
        return widget

    @classmethod
    def _knowing_loader(cls) -> QUiLoader:
        """A loader that knows every custom widget; one for all panels, as Qt never forgets what it was told."""
        if cls._loader is None:
            cls._loader = QUiLoader()
            for kind in cls.custom_widgets.values():
                cls._loader.registerCustomWidget(kind)
        return cls._loader

    def _check(self, element: ET.Element, widget: QWidget) -> None:
        """Every widget has the class that the file says, and every static property exists in it."""
        for described in element.iter("widget"):
            name, kind = described.get("name", ""), described.get("class", "")
            made = _named(widget, name)
            if type(made).__name__ != kind:
                raise RuntimeError(f"{name}: the file says {kind}, the loader made {type(made).__name__}.")
            for item in described.findall("property"):
                known = made.metaObject().indexOfProperty(item.get("name", "")) >= 0
                if item.get("stdset") != "0" and not known:
                    raise RuntimeError(f"{name} ({kind}) has no property {item.get('name')!r}.")


def _named(top: QWidget, name: str) -> Any:
    found = top if top.property("objectName") == name else top.findChild(QObject, name)
    if found is None:
        raise RuntimeError(f"The panel has no widget {name!r}.")
    return found


def _wire(top: QWidget, told: dict[str, str]) -> None:
    sender, receiver = _named(top, told["sender"]), _named(top, told["receiver"])
    signal, _ = _signal(sender, told["signal"])
    slot = told["slot"]
    known = receiver.metaObject().indexOfSlot(bytes(QMetaObject.normalizedSignature(slot).data()).decode()) >= 0
    if not known and slot not in getattr(type(receiver), "_slots_with_vtk_types", ()):
        raise RuntimeError(f"{told['receiver']} ({type(receiver).__name__}) has no slot {slot!r}.")
    signal.connect(getattr(receiver, slot.split("(")[0]))

"""Stand-ins of the widgets of CTK that the modules use: only the members that the headers of CTK show to Python."""

from __future__ import annotations

import os
from typing import Any

from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QMessageBox, QPushButton, QSlider

from PySide6.QtWidgets import QStyle, QStyleOptionButton, QWidget, QFileDialog  # isort: skip


class ctkCollapsibleButton(QWidget):
    """A group with a header that folds away."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._collapsed = "", False
        self.setContentsMargins(0, self._header_height(), 0, 0)

    def _header_height(self) -> int:
        return self.fontMetrics().height() + 10

    def _set_title(self, title: str) -> None:
        self._title = title
        self.update()

    def _set_collapsed(self, collapsed: bool) -> None:
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        self._fit()
        self.contentsCollapsed.emit(collapsed)

    def _fit(self) -> None:
        self.setMaximumHeight(self._header_height() if self._collapsed else 16777215)
        for child in self.findChildren(QWidget, options=Qt.FindDirectChildrenOnly):
            child.setVisible(not self._collapsed)

    def showEvent(self, event: Any) -> None:
        self._fit()
        super().showEvent(event)

    def mousePressEvent(self, event: Any) -> None:
        if event.position().y() <= self._header_height():
            self._set_collapsed(not self._collapsed)

    def paintEvent(self, event: Any) -> None:
        option = QStyleOptionButton()
        option.initFrom(self)
        option.rect.setHeight(self._header_height())
        option.text = ("▸ " if self._collapsed else "▾ ") + self._title
        painter = QPainter(self)
        self.style().drawControl(QStyle.CE_PushButtonBevel, option, painter, self)
        painter.drawText(option.rect.adjusted(8, 0, -8, 0), Qt.AlignVCenter | Qt.AlignLeft, option.text)
        painter.end()

    text = Property(str, lambda self: self._title, _set_title)
    collapsed = Property(bool, lambda self: self._collapsed, _set_collapsed, notify=contentsCollapsed)


class ctkSliderWidget(QWidget):
    """A slider with a spin box."""

    valueChanged = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider, self._box = QSlider(Qt.Horizontal), QDoubleSpinBox()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._box)
        self._box.valueChanged.connect(self._box_moved)
        self._slider.valueChanged.connect(self._slider_moved)
        self._fit()

    def _fit(self) -> None:
        step = self._box.property("singleStep") or 1.0
        low, high = self._box.property("minimum"), self._box.property("maximum")
        self._slider.setRange(round(low / step), round(high / step))

    def _box_moved(self, value: float) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(round(value / self._box.property("singleStep")))
        self._slider.blockSignals(False)
        self.valueChanged.emit(value)

    def _slider_moved(self, place: int) -> None:
        self._box.setValue(place * self._box.property("singleStep"))

    def _write(self, name: str, value: Any) -> None:
        self._box.setProperty(name, value)
        self._fit()

    def _of_box(kind: type, name: str) -> Any:  # type: ignore[misc]
        return Property(
            kind,
            lambda self: self._box.property(name),
            lambda self, value: self._write(name, value),
        )

    value = _of_box(float, "value")
    minimum = _of_box(float, "minimum")
    maximum = _of_box(float, "maximum")
    singleStep = _of_box(float, "singleStep")
    decimals = _of_box(int, "decimals")
    suffix = _of_box(str, "suffix")


class ctkDirectoryButton(QWidget):
    """A button that shows a folder and lets choose one."""

    directoryChanged = Signal(str)
    directorySelected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._directory = os.getcwd()  # noqa: PTH109
        self._caption = ""
        self._button = QPushButton()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._button)
        self._button.clicked.connect(lambda: self.browse())
        self._show()

    def _show(self) -> None:
        shown = self.fontMetrics().elidedText(self._directory, Qt.ElideMiddle, 220)
        self._button.setText(shown)

    def _set_directory(self, path: str) -> None:
        absolute = os.path.abspath(path)  # noqa: PTH100
        if absolute != self._directory:
            self._directory = absolute
            self._show()
            self.directoryChanged.emit(absolute)

    def _set_caption(self, caption: str) -> None:
        self._caption = caption

    def browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self._caption, self._directory)
        if chosen:
            self._set_directory(chosen)
            self.directorySelected.emit(chosen)

    directory = Property(str, lambda self: self._directory, _set_directory, notify=directoryChanged)
    caption = Property(str, lambda self: self._caption, _set_caption)


class ctkMessageBox(QMessageBox):
    """What ``slicer.util`` shows messages with."""


class _NotWritten(QWidget):
    """A class that exists in CTK and that no module uses: making one says so."""

    def __init__(self, *arguments: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} has no stand-in yet.")


class ctkCheckBox(_NotWritten): ...


class ctkCheckablePushButton(_NotWritten): ...


class ctkColorPickerButton(_NotWritten): ...


class ctkComboBox(_NotWritten): ...


class ctkDoubleRangeSlider(_NotWritten): ...


class ctkDoubleSlider(_NotWritten): ...


class ctkDoubleSpinBox(_NotWritten): ...


class ctkPathLineEdit(_NotWritten): ...


class ctkRangeWidget(_NotWritten): ...


CTK_WIDGETS: dict[str, Any] = {
    name: kind for name, kind in list(globals().items()) if name.startswith("ctk") and isinstance(kind, type)
}

"""How a value of the parameter node and a widget are tied: by the exact class of the widget, as in Slicer."""

from __future__ import annotations

import enum
import pathlib
from collections.abc import Callable
from typing import Any

import ctk  # type: ignore[import-not-found]
import qt  # type: ignore[import-not-found]
import slicer

from .validators import Choice, Decimals, Maximum, Minimum, SingleStep, WithinRange


class Connector:
    """The tie of one widget: `signal` tells of changes, `get` and `put` move the value."""

    def __init__(self, signal: Any, get: Callable[[], Any], put: Callable[[Any], None]) -> None:
        self._signal, self.read, self.write = signal, get, put
        self._slot: Callable[..., None] | None = None

    def connect(self, changed: Callable[[], None]) -> None:
        self._slot = lambda *values: changed()
        self._signal.connect(self._slot)

    def disconnect(self) -> None:
        self._signal.disconnect(self._slot)
        self._slot = None


def connector_for(widget: Any, parameter: Any) -> Connector:
    """The tie between a widget and a parameter, or an error that names both."""
    for fits, make in _TIES:
        if fits(type(widget), parameter):
            return make(widget, parameter)
    raise RuntimeError(f"{parameter.name} ({parameter.kind.__name__}) cannot be tied to a {type(widget).__name__}.")


def _note(parameter: Any, kind: type) -> Any:
    return next((note for note in parameter.notes if isinstance(note, kind)), None)


def _of_property(signal: str, name: str) -> Callable[[Any, Any], Connector]:
    def make(widget: Any, parameter: Any) -> Connector:
        def put(value: Any) -> None:
            if getattr(widget, name) != value:
                setattr(widget, name, value)

        return Connector(getattr(widget, signal), lambda: getattr(widget, name), put)

    return make


def _number(widget: Any, parameter: Any) -> Connector:
    limits = _note(parameter, WithinRange)
    low = limits.minimum if limits else getattr(_note(parameter, Minimum), "minimum", None)
    high = limits.maximum if limits else getattr(_note(parameter, Maximum), "maximum", None)
    if type(widget) in (ctk.ctkSliderWidget, qt.QSlider) and (low is None or high is None):
        raise RuntimeError(f"{parameter.name}: a slider needs a range.")
    widget.minimum = low if low is not None else -(2**31)
    widget.maximum = high if high is not None else 2**31 - 1
    if (step := _note(parameter, SingleStep)) is not None:
        widget.singleStep = step.value
    if (decimals := _note(parameter, Decimals)) is not None:
        widget.decimals = decimals.value
    return _of_property("valueChanged", "value")(widget, parameter)


def _combo(widget: Any, parameter: Any) -> Connector:
    if issubclass(parameter.kind, enum.Enum):
        choices = list(parameter.kind)
        texts = [getattr(parameter.kind, "label", lambda item: item.name)(item) for item in choices]
    elif (choice := _note(parameter, Choice)) is not None:
        choices, texts = choice.choices, [str(item) for item in choice.choices]
    else:
        raise RuntimeError(f"{parameter.name}: a combo box needs an Enum or a Choice.")
    widget.clear()
    widget.addItems(texts)

    def put(value: Any) -> None:
        widget.currentIndex = choices.index(value)

    return Connector(widget.currentIndexChanged, lambda: choices[widget.currentIndex], put)


def _node(widget: Any, parameter: Any) -> Connector:
    widget.nodeTypes = [parameter.kind().GetClassName()]
    return Connector(widget.currentNodeChanged, widget.currentNode, widget.setCurrentNode)


def _folder(widget: Any, parameter: Any) -> Connector:
    def put(value: Any) -> None:
        widget.directory = str(value)

    return Connector(widget.directoryChanged, lambda: pathlib.Path(widget.directory), put)


_TIES: list[tuple[Callable[[type, Any], bool], Callable[[Any, Any], Connector]]] = [
    (lambda kind, p: kind is qt.QCheckBox and p.kind is bool, _of_property("toggled", "checked")),
    (lambda kind, p: kind is qt.QPushButton and p.kind is bool, _of_property("toggled", "checked")),
    (lambda kind, p: kind is qt.QLineEdit and p.kind is str, _of_property("textChanged", "text")),
    (lambda kind, p: kind in (qt.QSpinBox, qt.QSlider) and p.kind is int, _number),
    (lambda kind, p: kind in (qt.QDoubleSpinBox, ctk.ctkSliderWidget) and p.kind in (float, int), _number),
    (lambda kind, p: kind is qt.QComboBox and not p.is_node, _combo),
    (lambda kind, p: kind is slicer.qMRMLNodeComboBox and p.is_node, _node),
    (lambda kind, p: kind is ctk.ctkDirectoryButton and p.kind is pathlib.Path, _folder),
]

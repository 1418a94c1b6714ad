"""Stand-in of ``slicer.parameterNodeWrapper``: typed access to the parameter node, and its tie to widgets.

It knows the kinds of values and widgets that the modules use and refuses every other, by name.
"""

from __future__ import annotations

import enum
import pathlib
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any

import qt  # type: ignore[import-not-found]
import slicer
import vtk

from .gui_connectors import Connector, connector_for
from .validators import Choice, Default, Maximum, Minimum, WithinRange

PROPERTY = "SlicerParameterName"
_RESERVED = ("allParameters", "connectGui", "disconnectGui", "AddObserver", "RemoveObserver", "parameterNode")


class Parameter:
    """One field of a wrapped class: its type, its limits and its default."""

    def __init__(self, name: str, hint: Any, default: Any) -> None:
        kind, *notes = typing.get_args(Annotated[hint, "end"])[:-1]
        self.name, self.notes = name, notes
        if typing.get_origin(kind) in (types.UnionType, typing.Union):
            kind = next(option for option in typing.get_args(kind) if option is not type(None))
        self.kind = kind
        self.is_node = isinstance(kind, type) and issubclass(kind, slicer.vtkMRMLNode)
        known = self.is_node or kind in (str, int, float, bool, pathlib.Path) or issubclass(kind, enum.Enum)
        if not known:
            raise TypeError(f"{name}: the parameter node cannot hold {hint}.")
        noted = [note for note in notes if isinstance(note, Default)]
        empty = None if self.is_node else next(iter(kind)) if issubclass(kind, enum.Enum) else kind()
        self.default: Callable[[], Any] = lambda: default if default is not ... else noted[0].value if noted else empty

    def check(self, value: Any) -> None:
        accepted = (int, float) if self.kind is float else self.kind
        if not (self.is_node and value is None) and not isinstance(value, accepted):
            raise TypeError(f"{self.name}: expected {self.kind.__name__}, got {value!r}.")
        for note in self.notes:
            if isinstance(note, WithinRange | Minimum | Maximum | Choice):
                note.validate(value)

    def write(self, node: Any, value: Any) -> None:
        self.check(value)
        if self.is_node:
            node.SetParameter(self.name, "")
            node.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
        else:
            node.SetParameter(self.name, value.name if isinstance(value, enum.Enum) else str(value))

    def read(self, node: Any) -> Any:
        if not node.HasParameter(self.name):
            self.write(node, self.default())
        if self.is_node:
            return node.GetNodeReference(self.name)
        text = node.GetParameter(self.name)
        if self.kind is bool:
            return text == "True"
        return self.kind[text] if issubclass(self.kind, enum.Enum) else self.kind(text)


class Wrapped:
    """What every wrapped class can do; mixed into it by the decorator."""

    allParameters: dict[str, Parameter]

    def __init__(self, parameterNode: Any) -> None:
        self.parameterNode = parameterNode
        self._connected: dict[int, tuple[dict[str, Connector], int]] = {}
        self._next = 0
        self._updating = False
        for parameter in self.allParameters.values():
            parameter.read(parameterNode)

    def _known(self, name: str) -> Parameter:
        if name not in self.allParameters:
            raise ValueError(f"The parameter node has no {name!r}; it has {', '.join(self.allParameters)}.")
        return self.allParameters[name]

    def getValue(self, name: str) -> Any:
        return self._known(name).read(self.parameterNode)

    def setValue(self, name: str, value: Any) -> None:
        self._known(name).write(self.parameterNode, value)

    def connectGui(self, gui: Any) -> int:
        widgets = gui.findChildren(qt.QWidget) if hasattr(gui, "findChildren") else vars(gui).values()
        named = {widget.property(PROPERTY): widget for widget in widgets if widget.property(PROPERTY)}
        connectors = {name: connector_for(widget, self._known(name)) for name, widget in named.items()}
        for name, connector in connectors.items():
            connector.write(self.getValue(name))
            connector.connect(self._taker(name, connector))
        observer = self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda caller, event: self._show())
        self._next += 1
        self._connected[self._next] = connectors, observer
        return self._next

    def disconnectGui(self, tag: int | None) -> None:
        connectors, observer = self._connected.pop(tag, ({}, None))  # type: ignore[arg-type]
        for connector in connectors.values():
            connector.disconnect()
        if observer is not None:
            self.RemoveObserver(observer)

    def _taker(self, name: str, connector: Connector) -> Callable[[], None]:
        def take() -> None:
            if not self._updating:
                self.setValue(name, connector.read())

        return take

    def _show(self) -> None:
        if self._updating:
            return
        self._updating = True
        try:
            for connectors, _ in self._connected.values():
                for name, connector in connectors.items():
                    connector.write(self.getValue(name))
        finally:
            self._updating = False

    def AddObserver(self, event: Any, callback: Any, priority: float = 0.0) -> int:
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def StartModify(self) -> Any:
        return self.parameterNode.StartModify()

    def EndModify(self, before: Any) -> Any:
        return self.parameterNode.EndModify(before)

    def Modified(self) -> None:
        self.parameterNode.Modified()


def parameterNodeWrapper(kind: type | None = None) -> Any:
    """Decorator: give a class of annotated fields its place in a parameter node."""
    if kind is None:
        return parameterNodeWrapper
    hints = typing.get_type_hints(kind, include_extras=True)
    if clash := sorted(set(_RESERVED) & set(hints)):
        raise ValueError(f"{', '.join(clash)}: reserved by the parameter node.")
    parameters = {name: Parameter(name, hint, getattr(kind, name, ...)) for name, hint in hints.items()}
    members = {name: _member(name) for name in parameters}
    return type(kind.__name__, (Wrapped,), {**members, "allParameters": parameters, "__module__": kind.__module__})


def _member(name: str) -> property:
    return property(lambda self: self.getValue(name), lambda self, value: self.setValue(name, value))

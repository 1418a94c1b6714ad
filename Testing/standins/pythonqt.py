"""PySide6 made to behave like PythonQt, as far as scripted modules see it, and stricter where a slip would go unseen.

Properties are attributes, ``connect`` takes a signature as text and checks it, ``name`` is the object's name, and a
member that does not exist raises, when it is read and when it is written.
"""

from __future__ import annotations

import ctypes
import inspect
import sys
from collections.abc import Callable
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

CODE_UNDER_TEST = ("/BoneIRPlanner/BoneIR", "/boneir/gui/")
"""Parts of the paths of the files whose use of Qt is recorded in `members_used`."""

members_used: set[tuple[str, str]] = set()
"""(class, member) of everything that the code under test has touched."""

_VIRTUAL = ("sizeHint", "minimumSizeHint")
"""Properties that are read through virtual methods: PySide6 would look for them in Python for ever."""

_plain_get = QtCore.QObject.__getattribute__


def qt_classes() -> dict[str, Any]:
    """Every public name of QtCore, QtGui and QtWidgets: PythonQt has one flat namespace."""
    found: dict[str, Any] = {}
    for module in (QtCore, QtGui, QtWidgets):
        found.update({name: getattr(module, name) for name in dir(module) if not name.startswith("_")})
    return found


def behave_like_pythonqt() -> None:
    """Change the classes of PySide6 in place; a second call does nothing."""
    if getattr(QtCore.QObject, "_behaves_like_pythonqt", False):
        return
    for kind in qt_classes().values():
        if isinstance(kind, type) and issubclass(kind, QtCore.QObject):
            _show_properties(kind)
            kind.__setattr__ = _set  # type: ignore[method-assign]
    _spare_constants()
    extra = QtCore.QObject
    extra.name = property(lambda self: self.objectName, lambda self, value: self.setObjectName(value))
    extra.className = lambda self: type(self).__name__
    extra.__getattribute__ = _get  # type: ignore[method-assign]
    extra._behaves_like_pythonqt = True


def _spare_constants() -> None:
    """Keep None, True and False alive: PySide6 6.12 gives back references to them that it was never given.

    Since Python 3.12 they can not go; before, the process would end in a fatal error.
    """
    if sys.version_info < (3, 12):
        for constant in (None, True, False):
            ctypes.c_ssize_t.from_address(id(constant)).value += 10**9


def _show_properties(kind: Any) -> None:
    described = kind.staticMetaObject
    for index in range(described.propertyOffset(), described.propertyCount()):
        name = described.property(index).name()
        if name in _VIRTUAL:
            continue
        make = _with_static(vars(kind)[name]) if name in vars(kind) and name in _STATIC else property
        setattr(kind, name, make(_property_reader(name), _property_writer(name)))


_STATIC = ("singleShot",)
"""Static functions that have the name of a property: the class gives the one, an object the other."""


def _with_static(function: Any) -> type[property]:
    """A property that the class itself answers with a static function."""

    class Both(property):
        def __get__(self, owner: Any, kind: Any = None) -> Any:
            return function.__get__(None, kind) if owner is None else super().__get__(owner, kind)

    return Both


def _property_reader(name: str) -> Callable[[Any], Any]:
    return lambda self: self.property(name)


def _property_writer(name: str) -> Callable[[Any, Any], None]:
    def write(self: Any, value: Any) -> None:
        if not self.setProperty(name, list(value) if isinstance(value, tuple) else value):
            raise ValueError(f"{type(self).__name__}.{name} does not take {value!r}.")

    return write


def _record(owner: Any, name: str) -> None:
    """Note what the code under test reaches for; Qt itself looks up virtual methods on top of any code."""
    code = sys._getframe(2).f_code
    if name in code.co_names and any(part in code.co_filename.replace("\\", "/") for part in CODE_UNDER_TEST):
        members_used.add((type(owner).__name__, name))


def _get(self: Any, name: str) -> Any:
    _record(self, name)
    if name == "connect":
        return lambda signature, slot: _connect(self, signature, slot)
    if name == "disconnect":
        return lambda signature, slot: _disconnect(self, signature, slot)
    return _plain_get(self, name)


def _set(self: Any, name: str, value: Any) -> None:
    _record(self, name)
    own = name.startswith("_") and type(self).__module__.startswith("standins")
    if own or name == "__METAOBJECT__" or isinstance(value, QtCore.SignalInstance):  # the last two come from PySide6
        self.__dict__[name] = value
        return
    if isinstance(value, QtCore.QObject) and value.property("objectName") == name:
        return  # PySide6's loader names the children on their parent; code has to ask for them by name instead
    member = inspect.getattr_static(type(self), name, None)
    if member is None and name.encode() in self.dynamicPropertyNames():
        self.setProperty(name, value)
    elif member is None:
        raise AttributeError(f"{type(self).__name__} has no property {name!r}: PythonQt refuses to make one.")
    elif isinstance(member, QtCore.Property):
        _property_writer(name)(self, value)
    elif isinstance(member, property):
        member.__set__(self, value)
    else:
        raise AttributeError(f"{type(self).__name__}.{name} is a method or signal, not a property: it cannot be set.")


def _signal(owner: Any, signature: str) -> tuple[Any, int]:
    """The signal of that signature and the number of its arguments, or an error that names the class."""
    with_vtk_types: dict[str, str] = getattr(type(owner), "_signals_with_vtk_types", {})
    if signature in with_vtk_types:
        return getattr(owner, with_vtk_types[signature]), 1
    normal = bytes(QtCore.QMetaObject.normalizedSignature(signature).data()).decode()
    index = owner.metaObject().indexOfSignal(normal)
    if index < 0 or "PyObject" in normal:
        raise ValueError(f"{type(owner).__name__} has no signal {signature!r}.")
    name, _, types = normal.rstrip(")").partition("(")
    bound = getattr(owner, name)
    return bound[_overload(types)] if types else bound, owner.metaObject().method(index).parameterCount()


def _overload(types: str) -> Any:
    """The key under which PySide6 keeps the overload with those argument types."""
    simple = {"bool": bool, "int": int, "double": float, "QString": str}
    keys = tuple(simple.get(kind, kind) for kind in types.split(","))
    return keys if len(keys) > 1 else keys[0]


def _connect(owner: Any, signature: str, slot: Callable[..., Any]) -> bool:
    signal, count = _signal(owner, signature)
    wanted = _accepted(slot, count)

    def call(*values: Any) -> None:
        slot(*values[:wanted])

    signal.connect(call)
    _calls(owner).setdefault((signature, slot), []).append(call)
    return True


def _disconnect(owner: Any, signature: str, slot: Callable[..., Any]) -> bool:
    calls = _calls(owner).pop((signature, slot), None)
    if calls is None:
        raise ValueError(f"{type(owner).__name__}: {signature!r} is not connected to {slot}.")
    for call in calls:
        _signal(owner, signature)[0].disconnect(call)
    return True


def _calls(owner: Any) -> dict[tuple[str, Any], list[Callable[..., None]]]:
    """What is connected to an object; kept with it, so that it goes when the object goes."""
    return _plain_get(owner, "__dict__").setdefault("_calls", {})


def _accepted(slot: Callable[..., Any], count: int) -> int:
    """How many of `count` arguments a callable takes: PythonQt leaves out the rest."""
    try:
        parameters = inspect.signature(slot).parameters.values()
    except ValueError:
        return count
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return count
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return min(count, sum(parameter.kind in by_place for parameter in parameters))

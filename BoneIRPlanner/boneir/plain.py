"""Frozen dataclasses to plain JSON values and back, listing every fault with its path instead of only the first."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from .errors import PlanError

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Turn dataclasses, enums, tuples and mappings into dicts, strings and lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    return value


def to_json(value: Any) -> str:
    """The JSON text of a value: indented, keys in order of definition, no NaN or infinity."""
    return json.dumps(to_plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value: equal values have equal fingerprints on every machine."""
    text = json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def from_plain(kind: type[T], data: Any, what: str) -> T:
    """Build a dataclass from plain values.

    Parameters
    ----------
    kind : type
        The dataclass to build.
    data : object
        What ``json.loads`` gave.
    what : str
        What is being read, for the error ("plan.json").

    Returns
    -------
    object of type `kind`

    Raises
    ------
    PlanError
        If anything is missing, unknown, of the wrong type or not finite; `faults` lists all with their paths.
    """
    faults: list[str] = []
    built = _build(kind, data, "", faults)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise PlanError(f"{what}: {faults[0]}{more}.", faults)
    return typing.cast("T", built)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _build(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _build_union(kind, data, path, faults)
    if origin is tuple:
        return _build_tuple(kind, data, path, faults)
    if origin is not None and issubclass(origin, Mapping):
        return _build_mapping(kind, data, path, faults)
    if dataclasses.is_dataclass(kind):
        return _build_dataclass(kind, data, path, faults)
    return _build_leaf(kind, data, path, faults)


def _fault(path: str, text: str, faults: list[str]) -> None:
    faults.append(f"{path or 'the document'}: {text}")


def _shown(data: Any) -> str:
    text = json.dumps(data, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _build_union(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    options = [option for option in typing.get_args(kind) if option is not type(None)]
    if data is None:
        if len(options) == len(typing.get_args(kind)):
            _fault(path, "null is not allowed here", faults)
        return None
    return _build(options[0], data, path, faults)


def _build_tuple(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    inner = typing.get_args(kind)
    if not isinstance(data, list | tuple):
        _fault(path, f"expected a list, found {_shown(data)}", faults)
        return ()
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_build(inner[0], item, f"{path}[{n}]", faults) for n, item in enumerate(data))
    if len(data) != len(inner):
        _fault(path, f"expected {len(inner)} values, found {len(data)}", faults)
        return ()
    return tuple(_build(k, item, f"{path}[{n}]", faults) for n, (k, item) in enumerate(zip(inner, data, strict=True)))


def _build_mapping(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(data, Mapping):
        _fault(path, f"expected an object, found {_shown(data)}", faults)
        return {}
    inner = typing.get_args(kind)[1]
    return {str(key): _build(inner, item, f"{path}.{key}" if path else str(key), faults) for key, item in data.items()}


def _build_dataclass(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(data, Mapping):
        _fault(path, f"expected an object, found {_shown(data)}", faults)
        return None
    hints, known = _hints(kind), {field.name: field for field in dataclasses.fields(kind)}
    before, values = len(faults), {}
    for name in data:
        if name not in known:
            _fault(f"{path}.{name}" if path else str(name), f"is not known; known are {', '.join(known)}", faults)
    for name, field in known.items():
        here = f"{path}.{name}" if path else name
        if name in data:
            count = len(faults)
            values[name] = _build(hints[name], data[name], here, faults)
            if len(faults) == count:
                _check_range(values[name], field.metadata, here, faults)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            _fault(here, "is missing", faults)
    return kind(**values) if len(faults) == before else None


def _check_range(value: Any, metadata: Mapping[str, Any], path: str, faults: list[str]) -> None:
    if not isinstance(value, int | float):
        return
    if "minimum" in metadata and value < metadata["minimum"]:
        _fault(path, f"{value:g} is below {metadata['minimum']:g}", faults)
    if "above" in metadata and value <= metadata["above"]:
        _fault(path, f"{value:g} must be above {metadata['above']:g}", faults)
    if "maximum" in metadata and value > metadata["maximum"]:
        _fault(path, f"{value:g} is above {metadata['maximum']:g}", faults)


def _build_leaf(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    if kind is float:
        if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
            _fault(path, f"expected a finite number, found {_shown(data)}", faults)
            return 0.0
        return float(data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(data)
        except ValueError:
            _fault(path, f"expected one of {', '.join(str(item.value) for item in kind)}, found {_shown(data)}", faults)
            return None
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        _fault(path, f"expected {kind.__name__}, found {_shown(data)}", faults)
        return None
    return data

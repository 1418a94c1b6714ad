"""Where the things that people choose from lie: devices, tissues, structures, limits, schemas.

One function finds them in a checkout, in an installed wheel and in Slicer's module folder.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from .errors import ResourceError
from .evidence import Value, read_value


@cache
def resource_folder() -> Path:
    """The folder ``Resources``: beside this package where it is installed, at the top of a checkout otherwise.

    Raises
    ------
    ResourceError
        If neither place has it, which means a broken installation.
    """
    package = Path(__file__).resolve().parent
    places = (package / "Resources", package.parents[1] / "Resources")
    for place in places:
        if (place / "Structures").is_dir():
            return place
    raise ResourceError(f"Resources not found in {' or '.join(map(str, places))}: the installation is incomplete.")


def read_resource(*parts: str) -> Any:
    """Read one JSON file of ``Resources``, for instance ``read_resource("Structures", "structures.json")``.

    Raises
    ------
    ResourceError
        If the file is missing or is not JSON.
    """
    path = resource_folder().joinpath(*parts)
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ResourceError(f"{'/'.join(parts)} is missing from Resources: the installation is incomplete.") from error
    except json.JSONDecodeError as error:
        raise ResourceError(f"{'/'.join(parts)}, line {error.lineno}: not valid JSON ({error.msg}).") from error


def resource_names(folder: str) -> tuple[str, ...]:
    """Names of the JSON files in a folder of ``Resources``, sorted."""
    return tuple(sorted(path.name for path in (resource_folder() / folder).glob("*.json")))


@cache
def value_in(folder: str, file: str, key: str) -> Value:
    """One value of a file of ``Resources``, for instance ``value_in("Structures", "levels", "rib_mm")``.

    Raises
    ------
    ResourceError
        If the file has no such value; the sentence lists those that it has.
    """
    data = read_resource(folder, f"{file}.json")
    if key not in data:
        raise ResourceError(f"{folder}/{file}.json has no {key!r}; it has: {', '.join(data)}.")
    return read_value(data[key], f"{folder}/{file}.json, {key}")


def span_in(folder: str, file: str, key: str) -> tuple[float, float]:
    """The least and the greatest of a value that has a range.

    Raises
    ------
    ResourceError
        If the file has no such value, or it has no range.
    """
    value = value_in(folder, file, key)
    if value.low is None or value.high is None:
        raise ResourceError(f"{folder}/{file}.json, {key}: low or high is missing.")
    return value.low, value.high


def limit(file: str, key: str) -> Value:
    """One value of a file of ``Resources/Limits``, for instance ``limit("ablation", "margin")``.

    Raises
    ------
    ResourceError
        If the file has no such value; the sentence lists those that it has.
    """
    return value_in("Limits", file, key)

"""Names of labels: which number of a label image means which structure, from a file beside it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from ..errors import OutlineError


def read_label_names(path: Path) -> dict[int, str]:
    """Read which number means what.

    Accepted are JSON (``{"1": "aorta"}`` or ``{"aorta": 1}``, or either under a key "labels"), CSV and TSV with a
    column for the number and one for the name, and plain lines ``1 aorta``. A name for 0, the background, is dropped.

    Raises
    ------
    OutlineError
        If the file cannot be read, names nothing, or gives one number two names.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise OutlineError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise OutlineError(f"{path.name}: names of labels must be UTF-8 text ({error.reason}).") from error
    pairs = _from_json(text, path) if path.suffix.lower() == ".json" else _from_lines(text)
    names: dict[int, str] = {}
    for number, name in pairs:
        if number == 0 or names.get(number, name) == name:
            names[number] = name
        else:
            raise OutlineError(f"{path.name}: label {number} is called {names[number]!r} and {name!r}.")
    names.pop(0, None)
    if not names:
        raise OutlineError(f'{path.name}: names no label; lines such as "1 aorta" or JSON {{"1": "aorta"}} would.')
    return names


def _from_json(text: str, path: Path) -> list[tuple[int, str]]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise OutlineError(f"{path.name}, line {error.lineno}: not valid JSON ({error.msg}).") from error
    if isinstance(data, dict) and isinstance(data.get("labels"), dict):
        data = data["labels"]
    if not isinstance(data, dict):
        raise OutlineError(f'{path.name}: expected an object such as {{"1": "aorta"}}.')
    pairs = []
    for key, value in data.items():
        if re.fullmatch(r"\d+", key) and isinstance(value, str):
            pairs.append((int(key), value.strip()))
        elif isinstance(value, int) and not isinstance(value, bool):
            pairs.append((value, key.strip()))
        else:
            raise OutlineError(f"{path.name}: {key!r}: {value!r} does not join a number and a name.")
    return pairs


def _from_lines(text: str) -> list[tuple[int, str]]:
    """Lines in which a number and a name stand next to each other; headers and comments have no number."""
    pairs = []
    for line in text.splitlines():
        cells = _cells(line)
        numbers = [n for n, cell in enumerate(cells) if re.fullmatch(r"\d+", cell)]
        words = [cell for cell in cells if not re.fullmatch(r"[-+\d.eE]+", cell)]
        if numbers and words and not line.lstrip().startswith("#"):
            pairs.append((int(cells[numbers[0]]), words[0]))
    return pairs


def _cells(line: str) -> list[str]:
    for mark in "\t,;":
        if mark in line:
            return [cell.strip().strip('"') for cell in next(csv.reader([line], delimiter=mark))]
    return [cell.strip(":= ") for cell in line.strip().split(maxsplit=1)]

"""Holds the page of members against the headers and Python files of Slicer and CTK.

``python Testing/standins/headers.py SLICER CTK`` takes two checkouts, and prints what they do not have. Classes of Qt
itself are not looked up there: in the tests they are Qt's own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from standins.members import listed


class Headers:
    """Every header and Python file of some checkouts, read where it is asked for."""

    def __init__(self, folders: list[Path]) -> None:
        self._files: dict[str, list[Path]] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.suffix in (".h", ".py") and path.is_file():
                    self._files.setdefault(path.name, []).append(path)

    def missing(self) -> list[str]:
        """What the page lists and the checkouts do not have."""
        found = []
        for owner, members in listed().items():
            if owner.startswith("slicer"):
                found += [f"{owner}.{name}" for name in members if not self._python_has(owner, name)]
            elif not owner.startswith(("Q", "qt")):
                found += [f"{owner}.{name}" for name in members if not self._class_has(owner, name)]
        return sorted(found)

    def _class_has(self, owner: str, name: str) -> bool:
        """Whether a class of C++ or one of its bases shows a member to Python."""
        if owner.startswith("Q"):
            return _qt_has(owner, name)
        header = self._files.get(f"{owner}.h")
        if header is None:
            return False
        text = header[0].read_text("utf-8", errors="replace")
        if _shows(text, name):
            return True
        return any(self._class_has(base, name) for base in _bases(text, owner))

    def _python_has(self, owner: str, name: str) -> bool:
        """Whether a module of Slicer's Python, or what it imports by a star, has a name."""
        if owner.startswith("slicer.q"):
            return self._class_has(owner.removeprefix("slicer."), name)
        if owner in _OF_THE_APPLICATION:
            return self._class_has(_OF_THE_APPLICATION[owner], name)
        if owner in _AS_LOADED:
            return name in _AS_LOADED[owner] or f"{name}.h" in self._files or f"{name}.py" in self._files
        parts = owner.split(".")
        files = self._files.get(f"{parts[-1]}.py", [])
        for folder in {path.parent for path in self._files.get("__init__.py", []) if path.parent.name == parts[-1]}:
            files = [*files, *folder.glob("*.py")]
        pattern = re.compile(rf"^(?:def|class) {re.escape(name)}\b|^{re.escape(name)}\s*[:=]", re.M)
        return any(pattern.search(path.read_text("utf-8")) for path in files)


_OF_THE_APPLICATION = {
    "slicer.app": "qSlicerApplication",
    "slicer.dicomDatabase": "ctkDICOMDatabase",
    "slicer.modules.markups": "qSlicerAbstractModule",
    "slicer.modules.terminologies": "qSlicerAbstractModule",
}
"""Objects of the application, and the classes whose headers tell of them."""

_AS_LOADED = {
    "slicer": ("app", "dicomDatabase", "mrmlScene", "modules"),
    "slicer.modules": ("markups", "terminologies", "dicomPlugins"),
}
"""What Slicer puts into these while it starts: modules under their names in small letters."""


def _bases(text: str, owner: str) -> Iterator[str]:
    declared = re.search(rf"class\s+(?:\w+\s+)?{owner}\s*(?:final)?\s*:([^{{]*)\{{", text)
    for base in declared[1].split(",") if declared else ():
        yield re.sub(r"\b(public|protected|private|virtual)\b", "", base).strip()


def _shows(text: str, name: str) -> bool:
    """Whether a header has a property, a function, a signal, a slot or a value of an enumeration of that name."""
    plain = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)
    if "(" in name:
        function, wanted = name.rstrip(")").split("(")
        for found in re.finditer(rf"\b{function}\s*\(([^)]*)\)", plain):
            if _types(found[1]) == [kind for kind in wanted.split(",") if kind]:
                return True
        return False
    return bool(re.search(rf"Q_PROPERTY\(\s*\S+\s+{name}\b|\b{name}\s*[(,=\n}}]", plain))


def _types(arguments: str) -> list[str]:
    """The types of a list of arguments, as Qt writes them in a signature."""
    found = []
    for argument in filter(None, (part.strip() for part in arguments.split(","))):
        words = re.sub(r"=.*$", "", argument).replace("const ", " ").replace("&", " ").strip()
        kind = re.match(r"([\w:]+)\s*(\*?)", words)
        found.append(kind[1] + kind[2] if kind else words)
    return found


def _qt_has(owner: str, name: str) -> bool:
    """Whether a class of Qt has a function or signal of that name, or what reads or writes such a property."""
    from PySide6 import QtCore, QtGui, QtWidgets

    kind = next((getattr(part, owner) for part in (QtCore, QtGui, QtWidgets) if hasattr(part, owner)), None)
    plain = name.split("(")[0]
    capital = plain[:1].upper() + plain[1:]
    given = plain in ("connect", "className")  # by PythonQt, to every object
    return kind is not None and (given or any(hasattr(kind, word) for word in (plain, f"is{capital}", f"set{capital}")))


if __name__ == "__main__":
    unknown = Headers([Path(folder) for folder in sys.argv[1:]]).missing()
    print("\n".join(unknown) or "Every listed member is there.")
    sys.exit(bool(unknown))

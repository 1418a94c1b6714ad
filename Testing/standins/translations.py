"""Collects every text of the modules that can be translated into a template for Qt Linguist.

``python Testing/standins/translations.py FILE.ts``; contexts are those that Slicer and Qt's loader of panels
look texts up in.
"""

from __future__ import annotations

import ast
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from standins.members import CODE, PANELS, ROOT


@dataclass(frozen=True, order=True)
class Message:
    """One text: where it is looked up, the text, and where it stands."""

    context: str
    text: str
    file: str
    line: int


def messages() -> list[Message]:
    """Every text, by context and then in the order of its file; each text of a context once."""
    found: dict[tuple[str, str], Message] = {}
    for path in CODE:
        for message in _of_code(path):
            found.setdefault((message.context, message.text), message)
    for path in PANELS:
        for message in _of_panel(path):
            found.setdefault((message.context, message.text), message)
    return sorted(found.values(), key=lambda item: (item.context, item.file, item.line, item.text))


def context_of(path: Path) -> str:
    """As Slicer names it: the file, behind its folder where that is a package."""
    return f"{path.parent.name}.{path.stem}" if (path.parent / "__init__.py").is_file() else path.stem


def _of_code(path: Path) -> Iterator[Message]:
    """Texts in ``_("...")`` and ``translate("context", "...")``."""
    name = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        texts = [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        if node.func.id == "_" and len(texts) == 1:
            yield Message(context_of(path), texts[0], name, node.lineno)
        elif node.func.id == "translate" and len(texts) == 2:
            yield Message(texts[0], texts[1], name, node.lineno)


def _of_panel(path: Path) -> Iterator[Message]:
    root = ET.parse(path).getroot()
    for item in root.iter("string"):
        if item.text and item.get("notr") != "true":
            yield Message(root.findtext("class", ""), item.text, path.relative_to(ROOT).as_posix(), 0)


def template(language: str = "") -> bytes:
    """The template: every text with no translation yet."""
    top = ET.Element("TS", version="2.1", sourcelanguage="en_US", **({"language": language} if language else {}))
    contexts: dict[str, ET.Element] = {}
    for message in messages():
        if message.context not in contexts:
            contexts[message.context] = ET.SubElement(top, "context")
            ET.SubElement(contexts[message.context], "name").text = message.context
        entry = ET.SubElement(contexts[message.context], "message")
        place = {"filename": message.file, **({"line": str(message.line)} if message.line else {})}
        ET.SubElement(entry, "location", place)
        ET.SubElement(entry, "source").text = message.text
        ET.SubElement(entry, "translation", type="unfinished")
    ET.indent(top)
    head = b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'
    return head + ET.tostring(top, encoding="utf-8") + b"\n"


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "BoneIRPlanner.ts")
    target.write_bytes(template())
    print(f"{len(messages())} texts in {target}")

"""Finds every member of Qt, CTK and Slicer's widgets that the module uses, by reading its code and its panels."""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = (
    *sorted((ROOT / "BoneIRPlanner").glob("BoneIR*.py")),
    *sorted((ROOT / "BoneIRPlanner" / "boneir" / "gui").rglob("*.py")),
)
PANELS = sorted((ROOT / "BoneIRPlanner" / "Resources" / "UI").glob("*.ui"))
PAGE = ROOT / "Docs" / "slicer-members.md"

Member = tuple[str, str]
"""Class or module, and the member of it."""


def widget_classes() -> dict[str, str]:
    """Class of every named widget of the panels."""
    found: dict[str, str] = {}
    for panel in PANELS:
        for item in ET.parse(panel).getroot().iter("widget"):
            found[item.get("name", "")] = item.get("class", "")
    return found


def members_of_panels() -> set[Member]:
    """Properties, signals and slots that the panels name."""
    found: set[Member] = set()
    for panel in PANELS:
        root, classes = ET.parse(panel).getroot(), widget_classes()
        for item in root.iter("widget"):
            for described in item.findall("property"):
                if described.get("stdset") != "0":
                    found.add((item.get("class", ""), described.get("name", "")))
        for wired in root.iter("connection"):
            for who, what in (("sender", "signal"), ("receiver", "slot")):
                found.add((classes[wired.findtext(who, "")], wired.findtext(what, "")))
    return found


def members_of_code() -> set[Member]:
    """Members that the Python files reach for, as far as the class can be told from the text."""
    found: set[Member] = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                found |= set(_of_function(node))
            elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "slicer":
                found |= {(node.module or "", alias.name) for alias in node.names}
    return found


def _of_function(function: ast.FunctionDef) -> Iterator[Member]:
    kinds = dict(_NAMED)
    for argument in function.args.args:
        if isinstance(argument.annotation, ast.Attribute):
            kinds[argument.arg] = argument.annotation.attr
    if [argument.arg for argument in function.args.args] == ["self", "parent"]:
        kinds["parent"] = "qSlicerScriptedLoadableModule"
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            made = _class_of(node.value, kinds)
            if made:
                kinds[node.targets[0].id] = made
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute):
            owner = _class_of(node.value, kinds) or _module_path(node.value)
            if owner:
                yield owner, node.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "connect":
            owner = _class_of(node.func.value, kinds) or _module_path(node.func.value)
            if owner and node.args and isinstance(node.args[0], ast.Constant):
                yield owner, str(node.args[0].value)


_OWN = {
    "panel": "qMRMLWidget",
    "widget": "qMRMLWidget",
    "parent": "qSlicerScriptedLoadableModuleWidget",
    "layout": "QVBoxLayout",
    "_timer": "QTimer",
    "scriptedEffect": "qSlicerSegmentEditorScriptedEffect",
    "_effect": "qSlicerSegmentEditorScriptedEffect",
    "againButton": "QPushButton",
    "resultText": "QLabel",
    "showAction": "QAction",
    "assessAction": "QAction",
}
"""Classes of what a module's widget, its steps and an effect keep."""

_NAMED = {
    "scriptedEffect": "qSlicerSegmentEditorScriptedEffect",
    "viewWidget": "qMRMLSliceWidget",
    "radio": "QRadioButton",
    "scriptedPlugin": "qSlicerSubjectHierarchyScriptedPlugin",
    "loadable": "qSlicerDICOMLoadable",
}
"""Classes of what Slicer hands over, and of what is gone through in a loop, by the names that are used for it."""

_GIVES = {
    ("QTableWidget", "horizontalHeader"): "QHeaderView",
    ("QTableWidget", "verticalHeader"): "QHeaderView",
    ("qSlicerSubjectHierarchyPluginHandler", "pluginByName"): "qSlicerSubjectHierarchyAbstractPlugin",
}


_CALLS = {"_button": "QToolButton", "_default": "qSlicerSubjectHierarchyAbstractPlugin"}
"""Classes of what functions of the panels give."""


def _class_of(node: ast.expr, kinds: dict[str, str]) -> str:
    """The class of an expression: a widget of a panel, an annotated argument, or something just made."""
    if isinstance(node, ast.Name):
        return kinds.get(node.id, "")
    if isinstance(node, ast.Attribute):
        if getattr(node.value, "attr", getattr(node.value, "id", "")) == "ui":
            return widget_classes().get(node.attr, "")
        return _OWN.get(node.attr, "") if isinstance(node.value, ast.Name) else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if _module_path(node.func).startswith("slicer.q"):
            return node.func.value.attr if node.func.attr == "instance" else node.func.attr
        if isinstance(node.func.value, ast.Name) and node.func.value.id in ("qt", "ctk", "effects"):
            return node.func.attr
        if node.func.attr in _CALLS:
            return _CALLS[node.func.attr]
        return _GIVES.get((_class_of(node.func.value, kinds), node.func.attr), "")
    return ""


def _module_path(node: ast.expr) -> str:
    """``qt.QHeaderView`` and ``slicer.util`` as text; "" for anything that does not begin with a module of Slicer."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in ("qt", "ctk", "slicer"):
        return ""
    words = [node.id, *reversed(parts)]
    return words[-1] if words[0] in ("qt", "ctk") and len(words) > 1 else ".".join(words)


def is_of_the_gui(owner: str) -> bool:
    """Whether a class or module belongs to Qt's side of Slicer; MRML is real in the tests and not listed."""
    return not owner.startswith(("slicer.vtk", "slicer.mrmlScene"))


def all_members() -> dict[str, set[str]]:
    """Members by class or module."""
    found: dict[str, set[str]] = {}
    for owner, member in members_of_panels() | members_of_code():
        if is_of_the_gui(owner) and not member.startswith("vtk"):
            found.setdefault(owner, set()).add(member)
    return found


def page() -> str:
    """The page that lists them."""
    lines = [
        "# What the module uses of Slicer's Qt side",
        "",
        "Every class, function, property, signal and slot of Qt, CTK, the qMRML widgets and Slicer's Python modules",
        "that `BoneIRPlanner.py`, `boneir/gui` and the panels in `Resources/UI` reach for. The stand-ins in",
        "`Testing/standins` know these and refuse others; a new member is added there after reading its header in",
        "Slicer or CTK. A test keeps this page true: `python Testing/standins/members.py` writes it anew.",
        "",
        "| class or module | members |",
        "|---|---|",
    ]
    for owner, members in sorted(all_members().items(), key=lambda entry: (entry[0].lower(), entry[0])):
        lines.append(f"| `{owner}` | {', '.join(f'`{member}`' for member in sorted(members))} |")
    return "\n".join(lines) + "\n"


def listed() -> dict[str, set[str]]:
    """What the page lists."""
    found: dict[str, set[str]] = {}
    for line in PAGE.read_text("utf-8").splitlines():
        match = re.match(r"\| `([^`]+)` \| (.+) \|$", line)
        if match:
            found[match[1]] = set(re.findall(r"`([^`]+)`", match[2]))
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

"""Every text that a user sees can be translated: it is a literal in ``_()``, or stands in a panel."""

from __future__ import annotations

import ast

import pytest

from standins.members import CODE

SHOWN = {"text", "toolTip", "title", "helpText", "windowTitle"}
SHOWING = {"errorDisplay", "infoDisplay", "warningDisplay", "setToolTip", "work"}


def literal(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and any(c.isalpha() for c in node.value)
    )


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.name)
def test_texts_are_translated_literals(path: object) -> None:
    faults = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            plain = len(node.args) == 1 and isinstance(node.args[0], ast.Constant)
            faults += [] if plain else [f"line {node.lineno}: only a literal can be translated"]
        if isinstance(node, ast.Assign) and literal(node.value):
            name = getattr(node.targets[0], "attr", "")
            faults += [f"line {node.lineno}: {name} is not translated"] if name in SHOWN else []
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in SHOWING and node.args and literal(node.args[0]):
                faults.append(f"line {node.lineno}: the text of {name} is not translated")
    assert not faults


def test_every_choice_has_words_of_its_own() -> None:
    from boneir.gui.choices import PositionChoice, TechniqueChoice

    for kind in (TechniqueChoice, PositionChoice):
        labels = [choice.label() for choice in kind]
        assert len(labels) == len(set(labels))
        assert all(label[0].isupper() for label in labels)


def test_nothing_but_python_slicer_and_this_library_is_imported_when_a_file_loads() -> None:
    import sys

    bases = {"AbstractScriptedSubjectHierarchyPlugin", "DICOMLib", "SegmentEditorEffects"}  # of Slicer's own plugins
    known = {*sys.stdlib_module_names, "slicer", "vtk", "qt", "ctk", "boneir", *bases}
    for path in CODE:
        tree = ast.parse(path.read_text("utf-8"))
        for node in tree.body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            assert {name.split(".")[0] for name in names} <= known, path.name

"""The house keeps its shape: imports point one way, files and functions stay small, constants carry their evidence."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "BoneIRPlanner" / "boneir"

FOUNDATION = {"errors", "evidence", "findings", "grid", "mask", "plain", "case", "plan", "plan_book", "assessment", "follow_up", "proposal", "picture", "resources"}  # fmt: skip # noqa: E501
CAPABILITIES = {"access", "ablation", "cement", "stability", "embolization", "fusion", "report", "training"}
VERBS = {
    "open",
    "propose",
    "assess",
    "compare",
    "case_folder",
    "assessing",
    "proposing",
    "commissioning",
    "register",
    "transfer",
    "verify",
    "respond",
    "train",
}
FACES = {"scene", "gui", "web", "cli", "commands", "__main__"}
MAY_IMPORT_QT = {"gui"}
MAY_IMPORT_SLICER = {"scene", "gui"}
CORE_PACKAGES = {"numpy", "scipy", "SimpleITK", "pydicom", "highdicom"}
GUARDED = {"numba", "llvmlite", "reportlab", "rich", "PIL"}
"""Packages of extras: never imported when a module is loaded, only inside the function that needs them."""

MOST_LINES_IN_A_FILE = 400
MOST_LINES_IN_A_FUNCTION = 80


def modules() -> list[Path]:
    return sorted(LIBRARY.rglob("*.py"))


def part_of(path: Path) -> str:
    """The part of the house a file belongs to: its package, or its own name at the top."""
    inner = path.relative_to(LIBRARY)
    return inner.parts[0] if len(inner.parts) > 1 else inner.stem


def imported_parts(path: Path) -> Iterator[tuple[str, int]]:
    """(part, line) of everything of this library that a file imports, in whichever way."""
    package = ("boneir", *path.relative_to(LIBRARY).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module or ""]))
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "boneir" else [module]
        for name in names:
            words = name.split(".")
            if words[0] == "boneir" and len(words) > 1:
                yield words[1], node.lineno


def allowed_for(part: str) -> set[str]:
    if part in FOUNDATION:
        return FOUNDATION
    if part == "image":
        return FOUNDATION | {"image"}
    if part == "anatomy":
        return FOUNDATION | {"image", "anatomy"}
    if part in CAPABILITIES:
        return FOUNDATION | {"image", "anatomy", part}
    everything_below = FOUNDATION | {"image", "anatomy"} | CAPABILITIES | VERBS
    if part in VERBS:
        return everything_below
    return everything_below | FACES


def test_every_part_of_the_library_has_its_place() -> None:
    known = FOUNDATION | {"image", "anatomy", "__init__"} | CAPABILITIES | VERBS | FACES
    strangers = sorted({part_of(path) for path in modules()} - known)
    assert not strangers, f"say in this test where these belong: {strangers}"


def test_imports_point_one_way() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{line} imports {part}"
        for path in modules()
        if part_of(path) != "__init__"
        for part, line in imported_parts(path)
        if part not in allowed_for(part_of(path)) and not part.startswith("__")
    ]
    assert not faults, "\n".join(faults)


def outside_imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """(package, line, at load time) of everything that a file imports from elsewhere."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        for name in names:
            yield name.split(".")[0], node.lineno, id(node) not in inside


def test_only_the_scene_knows_slicer_and_only_the_gui_knows_qt() -> None:
    faults = []
    for path in modules():
        for package, line, _ in outside_imports(path):
            if package in {"qt", "ctk", "PySide6"} and part_of(path) not in MAY_IMPORT_QT:
                faults.append(f"{path.relative_to(ROOT)}:{line} imports {package}")
            if package in {"slicer", "vtk", "vtkmodules", "MRMLCorePython"} and part_of(path) not in MAY_IMPORT_SLICER:
                faults.append(f"{path.relative_to(ROOT)}:{line} imports {package}")
    assert not faults, "\n".join(faults)


def test_loading_the_library_needs_nothing_that_slicer_lacks() -> None:
    faults = []
    for path in modules():
        # A numba kernel file is itself imported only where numba is there.
        if part_of(path) in FACES or path.stem.endswith("_numba"):
            continue
        for package, line, at_load in outside_imports(path):
            if at_load and package in GUARDED:
                faults.append(f"{path.relative_to(ROOT)}:{line} imports {package} when it is loaded")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("folder", ["BoneIRPlanner", "Testing"])
def test_files_have_one_subject_and_functions_fit_on_a_screen(folder: str) -> None:
    faults = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        text = path.read_text("utf-8")
        if (lines := text.count("\n")) > MOST_LINES_IN_A_FILE:
            faults.append(f"{path.relative_to(ROOT)}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno:
                length = node.end_lineno - node.lineno + 1
                if length > MOST_LINES_IN_A_FUNCTION:
                    faults.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines")
    assert not faults, "\n".join(faults)


NOT_CONSTANTS = {"colour", "color", "version", "schema", "$schema", "label_ids"}
"""Keys whose numbers are not clinical constants."""


def bare_numbers(data: object, path: str) -> Iterator[str]:
    """Paths of numbers that stand without unit, source and grade."""
    if isinstance(data, dict):
        if "value" in data and "scheme" not in data:  # a coded term has a value too
            missing = [key for key in ("unit", "grade", "source") if not data.get(key)]
            if missing:
                yield f"{path}: no {', '.join(missing)}"
            return
        for key, item in data.items():
            if key not in NOT_CONSTANTS:
                yield from bare_numbers(item, f"{path}.{key}")
    elif isinstance(data, list):
        for n, item in enumerate(data):
            yield from bare_numbers(item, f"{path}[{n}]")
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield f"{path}: {data} has no unit, grade and source"


def test_every_constant_has_unit_source_and_grade() -> None:
    faults: list[str] = []
    for path in sorted((ROOT / "Resources").rglob("*.json")):
        if path.parent.name != "Schemas":
            faults += bare_numbers(json.loads(path.read_text("utf-8")), str(path.relative_to(ROOT)))
    assert not faults, "\n".join(faults[:40])


def test_grades_are_the_three_that_are_known() -> None:
    def grades(data: object) -> Iterator[str]:
        if isinstance(data, dict):
            if "grade" in data:
                yield str(data["grade"])
            for item in data.values():
                yield from grades(item)
        elif isinstance(data, list):
            for item in data:
                yield from grades(item)

    for path in sorted((ROOT / "Resources").rglob("*.json")):
        if path.parent.name != "Schemas":
            assert set(grades(json.loads(path.read_text("utf-8")))) <= {"published", "derived", "default"}, path

"""Slicer's own Python files, where BONEIR_SLICER_PYTHON names the folder ``Base/Python`` of a checkout of Slicer."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

SLICER_PYTHON = os.environ.get("BONEIR_SLICER_PYTHON", "")


def base_module(name: str) -> Any:
    """A module of ``Base/Python``, put where it is imported from.

    Raises
    ------
    FileNotFoundError
        If the checkout does not hold it.
    """
    path = Path(SLICER_PYTHON, *name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not file.is_file():
        raise FileNotFoundError(f"BONEIR_SLICER_PYTHON: {file} is not there.")
    return loaded(file, name)


def from_checkout(*parts: str) -> Any:
    """Any other Python file of the checkout; None where there is none."""
    path = Path(SLICER_PYTHON).parents[1].joinpath(*parts) if SLICER_PYTHON else None
    return None if path is None or not path.is_file() else loaded(path, path.stem, keep=False)


def loaded(file: Path, name: str, keep: bool = True) -> Any:
    """Run a Python file as the module of a name; kept under that name, it is found by imports."""
    places = [str(file.parent)] if file.stem == "__init__" else None
    described = importlib.util.spec_from_file_location(name, file, submodule_search_locations=places)
    assert described is not None
    assert described.loader is not None
    module = importlib.util.module_from_spec(described)
    if keep:
        sys.modules[name] = module
    described.loader.exec_module(module)
    return module

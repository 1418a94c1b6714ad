"""How Slicer makes an object of a Python file: effects of the segment editor, plugins of the subject hierarchy."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from .install import SLICER_PYTHON


def instance_from(path: str, module: str, kind: str, adaptor: Any) -> Any:
    """Load a file under a name of its own, not as part of its package, and make an object of its class."""
    if "\\" in path or not path.endswith(".py"):
        raise ValueError(f"{path}: Slicer takes a path with slashes that ends in .py.")
    if not hasattr(sys.modules.get(module), kind):
        described = importlib.util.spec_from_file_location(module, path)
        assert described is not None
        assert described.loader is not None
        made = importlib.util.module_from_spec(described)
        sys.modules[module] = made
        described.loader.exec_module(made)
    return getattr(sys.modules[module], kind)(adaptor)


def from_checkout(*parts: str) -> Any:
    """A Python file of the checkout of Slicer that the tests run with; None where there is none."""
    if not SLICER_PYTHON:
        return None
    path = Path(SLICER_PYTHON).parents[1].joinpath(*parts)
    if not path.is_file():
        return None
    described = importlib.util.spec_from_file_location(path.stem, path)
    assert described is not None
    assert described.loader is not None
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module

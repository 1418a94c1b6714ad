"""How Slicer makes an object of a Python file: effects of the segment editor, plugins of the subject hierarchy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from .checkout import loaded


def instance_from(path: str, module: str, kind: str, adaptor: Any) -> Any:
    """Load a file under a name of its own, not as part of its package, and make an object of its class."""
    if "\\" in path or not path.endswith(".py"):
        raise ValueError(f"{path}: Slicer takes a path with slashes that ends in .py.")
    if not hasattr(sys.modules.get(module), kind):
        loaded(Path(path), module)
    return getattr(sys.modules[module], kind)(adaptor)

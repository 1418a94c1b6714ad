"""Tells Slicer of the structures that this software names, once, when it starts."""

from __future__ import annotations

from pathlib import Path

import slicer


def register_terminology() -> str:
    """Load the list of structures; give the name under which a segment's terminology can be chosen from it."""
    from ..scene.terminology import load_terminology

    return load_terminology(slicer.modules.terminologies.logic(), Path(slicer.app.temporaryPath))

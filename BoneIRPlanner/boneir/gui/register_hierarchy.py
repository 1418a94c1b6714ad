"""Makes plans known to Slicer's subject hierarchy."""

from __future__ import annotations

from pathlib import Path

import slicer


def register_hierarchy() -> None:
    """Register the plugin for items of plans; called when the application has started."""
    import SubjectHierarchyPlugins  # noqa: F401  # puts the folder of the plugin's base class on Python's path

    made = slicer.qSlicerSubjectHierarchyScriptedPlugin(None)
    made.setPythonSource(str(Path(__file__).with_name("BoneIRSubjectHierarchyPlugin.py")).replace("\\", "/"))

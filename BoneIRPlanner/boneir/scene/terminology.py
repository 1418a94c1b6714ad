"""The catalogue of structures as a list of Slicer's terminology, so that each can be chosen for a segment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..anatomy.structures import Code, StructureKind, structure_kinds

CONTEXT = "Bone IR Planner"
"""Name of the list."""
ANATOMY = Code("SCT", "123037004", "Anatomical Structure")
"""Category of everything in it."""
_SCHEMA = "https://raw.githubusercontent.com/qiicr/dcmqi/master/doc/schemas/segment-context-schema.json#"
"""Slicer takes a file for such a list by this text alone."""


def terminology() -> dict[str, Any]:
    """Every structure of the catalogue that has a code; what has sides is one type with two modifiers."""
    types: dict[str, dict[str, Any]] = {}
    for kind in structure_kinds().values():
        if kind.code is None:
            continue
        described = types.setdefault(kind.code.value, _coded(kind.code, kind))
        if kind.side is not None:
            described.setdefault("Modifier", []).append(_coded(kind.side, kind))
    category = _words(ANATOMY) | {"showAnatomy": False, "Type": list(types.values())}
    return {
        "SegmentationCategoryTypeContextName": CONTEXT,
        "@schema": _SCHEMA,
        "SegmentationCodes": {"Category": [category]},
    }


def load_terminology(logic: Any, folder: Path) -> str:
    """Let Slicer know the list; give the name under which it does.

    Parameters
    ----------
    logic : vtkSlicerTerminologiesModuleLogic
    folder : Path
        Where a file may be written that nobody needs afterwards.
    """
    path = folder / "BoneIRPlanner.term.json"
    path.write_text(json.dumps(terminology()), "utf-8")
    return str(logic.LoadTerminologyFromFile(str(path)))


def _coded(code: Code, kind: StructureKind) -> dict[str, Any]:
    return _words(code) | {"recommendedDisplayRGBValue": list(kind.colour), "3dSlicerLabel": kind.key}


def _words(code: Code) -> dict[str, Any]:
    return {"CodeMeaning": code.meaning, "CodingSchemeDesignator": code.scheme, "CodeValue": code.value}

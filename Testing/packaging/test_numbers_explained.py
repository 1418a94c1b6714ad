"""Every number that a face can print is explained: the code of each measure and curve stands on the page of numbers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "BoneIRPlanner" / "boneir"
PAGE = ROOT / "Docs" / "what-each-number-means.md"


def codes_in(path: Path) -> set[str]:
    """The codes that a file gives to measures and curves; "stability.rigidity_" of one that is put together."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Measure", "Curve"):
            given = [*node.args[:1], *(item.value for item in node.keywords if item.arg == "code")]
            first = given[0] if given else None
            if isinstance(first, ast.JoinedStr):
                first = first.values[0]
            if isinstance(first, ast.Constant) and "." in str(first.value):
                found.add(str(first.value))
    return found


def explained(page: str) -> set[str]:
    """The codes that the page names; "lesion.hu_" of "lesion.hu_..."."""
    return set(re.findall(r"`([a-z_]+\.[a-z0-9_]+)", page))


COMPUTING = [path for path in LIBRARY.rglob("*.py") if path.parent.name != "gui"]
"""Every file but those of the panels, whose rows of their own hold words."""

CODES = sorted(set().union(*map(codes_in, COMPUTING)))


def test_codes_are_found() -> None:
    assert {"access.length", "ablation.zone_volume", "cement.filling"} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_number_is_explained(code: str) -> None:
    named = explained(PAGE.read_text("utf-8"))
    families = [name for name in named if name.endswith("_")]
    is_named = code in named or code.startswith(tuple(families)) or f"{code}_" in families
    is_family = code.endswith(("_", ".")) and any(name.startswith(code) for name in named)
    assert is_named or is_family, f"{code} is printed, and not explained in Docs/{PAGE.name}"

"""Every number that a face can print is explained: the code of each measure and curve stands on the page of numbers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

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


def is_explained(code: str, named: set[str]) -> bool:
    """Whether the page names a code, or the family that it is of or stands for."""
    families = tuple(name for name in named if name.endswith("_"))
    is_family = code.endswith(("_", ".")) and any(name.startswith(code) for name in named)
    return code in named or code.startswith(families) or f"{code}_" in families or is_family


def test_every_number_is_explained() -> None:
    codes = set().union(*map(codes_in, COMPUTING))
    assert {"access.length", "ablation.zone_volume", "cement.filling"} <= codes
    named = explained(PAGE.read_text("utf-8"))
    missing = sorted(code for code in codes if not is_explained(code, named))
    assert not missing, f"printed, and not explained in Docs/{PAGE.name}: {', '.join(missing)}"
    assert not is_explained("access.invented", named)

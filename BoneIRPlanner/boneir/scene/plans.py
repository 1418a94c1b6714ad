"""Several plans in one scene: which one is seen, and making room for new ones."""

from __future__ import annotations

from typing import Any

from .marks import LAYERS, PLAN, Part, marked, remove_folder, remove_marked

_SEEN = (Part.LINE, Part.BODY, Part.ZONES, *LAYERS)
_ALL = (*_SEEN, Part.PLAN, Part.VALUES, Part.LIVE)


def show_only(scene: Any, name: str) -> None:
    """Show one plan in the views; the others stay in the scene as they are, unseen."""
    for part in _SEEN:
        for node in marked(scene, part):
            node.SetDisplayVisibility(node.GetAttribute(PLAN) == name)
    for node in marked(scene, Part.LIVE):
        if node.GetAttribute(PLAN) != name:
            node.SetDisplayVisibility(False)


def remove_plan(scene: Any, name: str) -> None:
    """Remove every node of one plan, and its folder."""
    for part in _ALL:
        remove_marked(scene, part, name)
    remove_folder(scene, name)

"""The tutorial shows what is there: its pictures exist and are small, its keys and buttons are those of the panel."""

from __future__ import annotations

import re
from pathlib import Path

from test_binding import ALL_PANELS

DOCS = Path(__file__).resolve().parents[2] / "Docs"
TEXT = (DOCS / "tutorial.md").read_text("utf-8")
LARGEST = 200_000


def test_its_pictures_are_there_and_small() -> None:
    named = set(re.findall(r"\(pictures/([^)]+)\)", TEXT))
    files = {path.name: path.stat().st_size for path in (DOCS / "pictures").iterdir()}
    assert named == set(files)
    assert max(files.values()) <= LARGEST


def test_its_keys_are_those_of_the_panel() -> None:
    from boneir.gui.shortcuts import KEYS

    keys = set(re.findall(r"Ctrl\+\w+", TEXT))
    assert keys <= {*KEYS, *(f"Ctrl+{number}" for number in range(1, 7))}
    assert {"Ctrl+L", "Ctrl+Z", "Ctrl+Y", "Ctrl+D", "Ctrl+Return", "Ctrl+E", "Ctrl+N"} <= keys


def test_its_buttons_have_those_words() -> None:
    panels = "".join(panel.read_text("utf-8") for panel in ALL_PANELS)
    for words in re.findall(r"\*\*([^*]+)\*\*", TEXT):
        if words != "Bone IR Planner":
            assert f"<string>{words}</string>" in panels, words

"""Every text that was asked to be translated is in the template, under the context that Slicer looks it up in."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def texts() -> set[tuple[str, str]]:
    from standins.translations import messages

    return {(item.context, item.text) for item in messages()}


def test_contexts_are_those_of_slicer(texts: set[tuple[str, str]]) -> None:
    assert ("gui.access_step", "Access") in texts
    assert ("BoneIRPlanner", "Bone IR Planner") in texts
    assert ("boneir_effects.BoneLesionEffect", "Start over") in texts
    assert ("qSlicerAbstractCoreModule", "Planning") in texts
    assert ("ReportStep", "Write report") in texts
    assert ("ReportStep", "reportFolder") not in texts, "a name for the program, not for people"
    assert len(texts) > 300


def test_what_the_panel_asks_for_is_in_the_template(widget: Any, texts: set[tuple[str, str]]) -> None:
    from standins import i18n

    for step in widget.steps:
        widget.showStep(step.name)
    known = {text for _context, text in texts}
    assert i18n.asked <= known


def test_the_template_is_read_by_qt(tmp_path: Path) -> None:
    """Filled in and compiled by Qt's own tool, a text is found under its context."""
    import PySide6
    from PySide6.QtCore import QCoreApplication, QTranslator

    from standins.translations import template

    tool = shutil.which("pyside6-lrelease") or str(Path(PySide6.__file__).parent / "lrelease")
    if not Path(tool).is_file():
        pytest.skip("Qt's compiler of translations is not here")
    root = ET.fromstring(template("de_DE"))
    for message in root.iter("message"):
        entry = message.find("translation")
        assert entry is not None
        entry.text = f"<{message.findtext('source', '')}>"
        del entry.attrib["type"]
    (tmp_path / "de.ts").write_bytes(ET.tostring(root))
    command = [tool, str(tmp_path / "de.ts"), "-qm", str(tmp_path / "de.qm")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"Qt's compiler of translations does not run here: {done.stderr[:80]}")
    translator = QTranslator()
    assert translator.load(str(tmp_path / "de.qm"))
    assert QCoreApplication.installTranslator(translator)
    try:
        assert QCoreApplication.translate("gui.access_step", "Access") == "<Access>"
        assert QCoreApplication.translate("ReportStep", "Write report") == "<Write report>"
        assert QCoreApplication.translate("gui.lesion_step", "Write report") == "Write report"
    finally:
        QCoreApplication.removeTranslator(translator)

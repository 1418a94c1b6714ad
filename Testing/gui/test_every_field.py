"""Every button of every panel is pressed, and every tied field is changed from both sides."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from by_hand import found, measures
from test_binding import everything

BUTTONS = [name for kind, name, _ in everything() if kind in ("QPushButton", "QToolButton", "QCheckBox")]
TIED = [(kind, name, parameter) for kind, name, parameter in everything() if parameter]


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseException]]:
    """What slots and observers raise: neither Qt nor VTK hands it on."""
    raised: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, value, trace: raised.append(value))
    yield raised
    assert not raised


@pytest.fixture
def full(planned: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The panel with something to show in every step, and with nothing that leaves this process."""
    import qt
    import slicer

    opened: list[str] = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()), raising=False)
    monkeypatch.setattr(slicer.packaging, "pip_ensure", lambda *what, **how: opened.append("pip"))
    page = tmp_path / "plan-1.html"
    page.write_text("<html></html>")
    planned.parameters.reportFile, planned.parameters.reportFolder = str(page), tmp_path
    planned.parameters.withPictures = False
    planned.parameters.approver = "A. Reader"
    found(planned, measures=measures(), plan_uid=planned.logic.planNow("plan-1").uid)
    planned.parameters.seed = planned.logic.placePoint(None)
    planned.parameters.seed.AddControlPointWorld(3.5, 4.2, 98.5)
    planned.parameters.entryCurve = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsClosedCurveNode", "Entry zone")
    planned.opened = opened
    return planned


def field(widget: Any, name: str) -> Any:
    import qt

    return widget.panel.findChild(qt.QWidget, name)


@pytest.mark.parametrize("name", BUTTONS)
def test_every_button_can_be_pressed(full: Any, name: str, refusals: list[str], faults: list[BaseException]) -> None:
    import slicer

    button = field(full, name)
    if button.enabled:
        button.click()
    else:
        button.clicked.emit()  # as a macro or a test might
    slicer.app.processEvents()
    assert full.parameters is not None
    assert full.ui.statusLabel.text
    assert all(text.endswith(".") and "Traceback" not in text for text in refusals)
    assert not slicer.app._cursors


def test_all_buttons_were_meant() -> None:
    assert len(BUTTONS) == len(set(BUTTONS)) >= 28


@pytest.mark.parametrize(("kind", "name", "parameter"), TIED, ids=[parameter for *_, parameter in TIED])
def test_every_tied_field_writes_its_parameter_and_shows_it(
    full: Any, scene: Any, tmp_path: Path, kind: str, name: str, parameter: str
) -> None:
    shown, parameters = field(full, name), full.parameters
    before = parameters.getValue(parameter)
    if kind == "QLineEdit":
        shown.text = "another"
        assert parameters.getValue(parameter) == "another"
        parameters.setValue(parameter, before)
        assert shown.text == before
    elif kind == "QCheckBox":
        shown.checked = not before
        assert parameters.getValue(parameter) is not before
        parameters.setValue(parameter, before)
        assert shown.checked == before
    elif kind == "ctkSliderWidget":
        shown.value = before + 3.0
        assert parameters.getValue(parameter) == before + 3.0
        parameters.setValue(parameter, before)
        assert shown.value == before
    elif kind == "QComboBox":
        choices = list(type(before))
        shown.currentIndex = (choices.index(before) + 1) % len(choices)
        assert parameters.getValue(parameter) is not before
        parameters.setValue(parameter, before)
        assert shown.currentIndex == choices.index(before)
    elif kind == "ctkDirectoryButton":
        (tmp_path / "other").mkdir()
        shown.directory = str(tmp_path / "other")
        assert parameters.getValue(parameter) == tmp_path / "other"
        parameters.setValue(parameter, before)
        assert Path(shown.directory) == before
    else:
        assert kind == "qMRMLNodeComboBox"
        other = scene.AddNewNodeByClass(before.GetClassName(), "another")
        shown.setCurrentNode(other)
        assert parameters.getValue(parameter) is other
        parameters.setValue(parameter, before)
        assert shown.currentNode() is before


@pytest.mark.parametrize("step", ["images", "lesion", "access", "effect", "review", "report"])
def test_a_scene_is_taken_in_while_a_step_is_shown(
    full: Any, scene: Any, step: str, tmp_path: Path, refusals: list[str], faults: list[BaseException]
) -> None:
    from boneir.scene.mrb import read_mrb, write_mrb
    from standins.application import enter_module, leave_module, observers_of

    full.logic.lockPlan("plan-1", True)
    full.showStep(next(item.name for item in full.steps if item.name.value == step))
    write_mrb(scene, tmp_path / "scene.mrb")
    before, kept = observers_of(scene), full.logic.planNow("plan-1")
    read_mrb(tmp_path / "scene.mrb", scene)
    assert observers_of(scene) == before
    assert full.logic.planNow("plan-1") == kept
    assert full.logic.planPage("plan-1").locked
    assert full.parameters.currentStep.value == step
    leave_module(full)
    assert observers_of(scene) < before or full.parameters is None
    enter_module(full)
    assert full.ui.statusLabel.text
    assert not refusals

"""Every field of a panel is tied to the parameter node or connected, and what it is tied to exists."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

ALL_PANELS = sorted((Path(__file__).resolve().parents[2] / "BoneIRPlanner" / "Resources" / "UI").glob("*.ui"))
OTHER_MODULES = ("BoneIRReview", "BoneIRTraining")
PANELS = [panel for panel in ALL_PANELS if panel.stem not in OTHER_MODULES]
"""The panels of the planner."""
INTERACTIVE = {
    "QPushButton",
    "QToolButton",
    "QCheckBox",
    "QComboBox",
    "QLineEdit",
    "QSpinBox",
    "QDoubleSpinBox",
    "QSlider",
    "QTableWidget",
    "ctkSliderWidget",
    "ctkDirectoryButton",
    "qMRMLNodeComboBox",
}
ONLY_SHOWN = {"lesionMeasuresTable", "refusalsTable"}
"""Tables that are read, not clicked."""


def described(panel: Path) -> list[tuple[str, str, str]]:
    """(class, name, parameter) of every widget of a panel."""
    found = []
    for item in ET.parse(panel).getroot().iter("widget"):
        bound = [p.findtext("string", "") for p in item.findall("property") if p.get("name") == "SlicerParameterName"]
        found.append((item.get("class", ""), item.get("name", ""), bound[0] if bound else ""))
    return found


def everything() -> list[tuple[str, str, str]]:
    return [entry for panel in PANELS for entry in described(panel)]


def test_there_are_panels() -> None:
    assert len(PANELS) == 7


def test_every_parameter_name_exists_in_the_parameter_node(widget: Any) -> None:
    names = [parameter for _, _, parameter in everything() if parameter]
    assert len(names) == len(set(names)) >= 8
    unknown = [name for name in names if name not in widget.parameters.allParameters]
    assert not unknown


def test_names_of_widgets_are_unique_over_all_panels() -> None:
    names = [name for panel in ALL_PANELS for _, name, _ in described(panel)]
    assert len(names) == len(set(names))


def test_every_interactive_widget_is_tied_or_connected(widget: Any) -> None:
    import qt

    loose = []
    for kind, name, parameter in everything():
        if kind in INTERACTIVE and not parameter and name not in ONLY_SHOWN:
            found = widget.panel.findChild(qt.QWidget, name)
            if not vars(found).get("_calls"):
                loose.append(name)
    assert not loose


CHANGES: dict[str, tuple[str, Any]] = {
    "lesionName": ("text", "rib lesion"),
    "marginMm": ("value", 7.5),
    "withPictures": ("checked", False),
}


@pytest.mark.parametrize("parameter", sorted(CHANGES))
def test_a_widget_writes_its_parameter_and_shows_it(widget: Any, parameter: str) -> None:
    import qt

    name = next(name for _, name, bound in everything() if bound == parameter)
    shown, (attribute, value) = widget.panel.findChild(qt.QWidget, name), CHANGES[parameter]
    before = widget.parameters.getValue(parameter)
    assert before != value
    setattr(shown, attribute, value)
    assert widget.parameters.getValue(parameter) == value
    widget.parameters.setValue(parameter, before)
    assert getattr(shown, attribute) == before


def test_the_lists_write_their_choices(widget: Any, tmp_path: Path) -> None:
    from boneir.gui.choices import PositionChoice, TechniqueChoice

    access, report = widget.steps[2].ui, widget.steps[5].ui
    access.techniqueBox.currentIndex = [choice.label() for choice in TechniqueChoice].index("Cryoablation")
    assert widget.parameters.technique is TechniqueChoice.CRYO
    access.positionBox.currentIndex = 1
    assert widget.parameters.position is PositionChoice.SUPINE
    report.folderButton.directory = str(tmp_path)
    assert widget.parameters.reportFolder == tmp_path


def test_the_devices_follow_the_technique(widget: Any) -> None:
    from boneir.ablation.devices import device
    from boneir.gui.choices import TechniqueChoice

    access = widget.steps[2].ui
    for choice in TechniqueChoice:
        widget.parameters.technique = choice
        listed = [access.deviceBox.itemData(index) for index in range(access.deviceBox.count)]
        assert all(device(identifier).technique is choice.value for identifier in listed)
        assert widget.parameters.device == (listed[0] if listed else "")


def test_choosing_a_device_and_a_setting_writes_them(widget: Any) -> None:
    access = widget.steps[2].ui
    access.settingBox.activated.emit(1)
    assert widget.parameters.setting == access.settingBox.itemData(1) != ""
    last = access.deviceBox.count - 1
    access.deviceBox.activated.emit(last)
    assert widget.parameters.device == access.deviceBox.itemData(last)
    assert widget.parameters.setting == ""

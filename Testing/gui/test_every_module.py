"""What holds for every module: it describes itself, every field does something, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from panel_look import HEIGHT, WIDTH, tab_places
from test_binding import INTERACTIVE, described

RESOURCES = Path(__file__).resolve().parents[2] / "BoneIRPlanner" / "Resources"
SHOWN = {"registrationTable", "followMeasuresTable", "sheetTable", "bestTable"}
"""Tables that are only read."""
BESIDE = ("BoneIRReview", "BoneIRTraining")
"""The modules of one panel; the planner has one for each step, and tests of its own."""


@pytest.fixture(scope="module")
def modules(module: Any, review_module: Any, training_module: Any) -> dict[str, Any]:
    return {"BoneIRPlanner": module, "BoneIRReview": review_module, "BoneIRTraining": training_module}


@pytest.fixture(params=BESIDE)
def opened(request: pytest.FixtureRequest, modules: dict[str, Any], scene: Any) -> Iterator[Any]:
    from standins.application import close_module, enter_module, open_module

    widget = open_module(request.param)
    enter_module(widget)
    yield widget
    close_module(widget)


@pytest.mark.parametrize("name", BESIDE)
def test_a_module_describes_itself(modules: dict[str, Any], name: str) -> None:
    import qt

    assert modules[name].title == name.replace("BoneIR", "Bone IR ")
    assert "not a medical device" in modules[name].helpText
    icon = qt.QImage(str(RESOURCES / "Icons" / f"{name}.png"))
    assert (icon.width(), icon.height()) == (128, 128)


def test_every_field_is_tied_or_connected(opened: Any) -> None:
    import qt

    for kind, name, parameter in described(RESOURCES / "UI" / f"{opened.moduleName}.ui"):
        assert not parameter or parameter in opened.parameters.allParameters
        if kind in INTERACTIVE and not parameter and name not in SHOWN:
            assert vars(opened.panel.findChild(qt.QWidget, name)).get("_calls"), f"{name} does nothing"


def test_the_tab_key_goes_from_top_to_bottom(opened: Any) -> None:
    opened.parent.resize(WIDTH, HEIGHT)
    opened.parent.show()
    for group in ("layersGroup", "followGroup"):
        if hasattr(opened.ui, group):
            getattr(opened.ui, group).collapsed = False
    places = tab_places(opened.panel, opened.parent)
    assert len(places) > 4
    assert places == sorted(places)


@pytest.mark.parametrize("name", BESIDE)
def test_a_panel_opened_again_leaves_no_observer_behind(modules: dict[str, Any], scene: Any, name: str) -> None:
    from standins.application import close_module, enter_module, observers_of, open_module

    before = observers_of(scene)
    for _ in range(2):
        widget = open_module(name)
        enter_module(widget)
        close_module(widget)
        assert observers_of(scene) == before
        assert not widget.Observations


@pytest.fixture(scope="module")
def checked() -> Any:
    """What the commissioning checks come to on this machine; run once."""
    from boneir.commissioning import commission

    return commission()


@pytest.mark.parametrize("name", ["BoneIRPlanner", *BESIDE])
def test_the_self_test_of_a_module_prints_errors_and_seconds(
    modules: dict[str, Any],
    scene: Any,
    checked: Any,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import slicer

    monkeypatch.setattr("boneir.gui.self_check.commission", lambda: checked)
    slicer.selfTests[name](msec=0)
    text = capsys.readouterr().out
    assert "Clearance of a needle: error" in text
    assert "Minimal ablative margin: error" in text
    assert " mm allowed, " in text
    assert text.rstrip().endswith(" s")

"""The Slicer module over slicer-core and stand-ins of Qt's side of Slicer, which are gone again after this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "BoneIRPlanner" / "BoneIRPlanner.py"


@pytest.fixture(scope="package", autouse=True)
def stand_ins() -> Iterator[None]:
    pytest.importorskip("slicer")
    pytest.importorskip("PySide6.QtUiTools")
    from standins import install

    install.install()
    yield
    from standins import members, pythonqt

    listed = {(owner, name) for owner, names in members.listed().items() for name in names}
    known_as = {"qSlicerApplication": "slicer.app", "ctkDICOMDatabase": "slicer.dicomDatabase"}
    used = {(known_as.get(owner, owner), name) for owner, name in pythonqt.members_used}
    unlisted = sorted(used - listed)
    install.remove()
    assert not unlisted, f"used, but not in Docs/slicer-members.md: {unlisted}"


@pytest.fixture(scope="package", autouse=True)
def outlined_once() -> Iterator[None]:
    """What is found in an image is found once for all panels: outlining has tests of its own."""
    from boneir import open as code

    outline, found = code._outlined, {}

    def known(image: Any) -> Any:
        if image.uid not in found:
            found[image.uid] = outline(image)
        return found[image.uid]

    code._outlined = known
    yield
    code._outlined = outline


@pytest.fixture(scope="package")
def module(stand_ins: None) -> Any:
    """The description of the module, as Slicer's module factory loads it."""
    from standins.application import load_module

    return load_module(MODULE)


@pytest.fixture(scope="package")
def training_module(module: Any) -> Any:
    """The description of the module for practice; that of the planner is loaded too, as in the application."""
    from standins.application import load_module

    return load_module(MODULE.with_name("BoneIRTraining.py"))


@pytest.fixture(scope="package")
def review_module(module: Any) -> Any:
    """The description of the module for review."""
    from standins.application import load_module

    return load_module(MODULE.with_name("BoneIRReview.py"))


@pytest.fixture
def scene() -> Iterator[Any]:
    """The application's scene, empty before and after."""
    import slicer

    slicer.mrmlScene.Clear(0)
    yield slicer.mrmlScene
    slicer.mrmlScene.Clear(0)


@pytest.fixture
def widget(module: Any, scene: Any) -> Iterator[Any]:
    """The module's widget, selected by the user."""
    from standins.application import close_module, enter_module, open_module

    opened = open_module("BoneIRPlanner")
    enter_module(opened)
    yield opened
    close_module(opened)


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sentences that the user is shown."""
    import slicer

    shown: list[str] = []
    monkeypatch.setattr(slicer.util, "errorDisplay", lambda text, **others: shown.append(text))
    return shown


@pytest.fixture(scope="package")
def image() -> Any:
    """A small CT of the synthetic patient."""
    from boneir.training.synthetic_patient import synthetic_patient

    return synthetic_patient(seed=0, spacing_mm=(3.0, 3.0, 4.0)).image


@pytest.fixture(scope="package")
def patient() -> Any:
    """A synthetic patient with a lesion in L3."""
    from boneir.training.demo_patient import demo_patient

    return demo_patient(seed=0, spacing_mm=(2.5, 2.5, 3.0))


@pytest.fixture(scope="package")
def case(image: Any) -> Any:
    """That CT with its body and a lesion of 20 mm."""
    from by_hand import with_lesion

    from boneir.case import Case

    return with_lesion(Case(image))


@pytest.fixture
def volume(scene: Any, widget: Any, image: Any) -> Any:
    """That CT as the planning image of the module."""
    from boneir.scene.volume import show_image

    node = show_image(scene, image)
    widget.parameters.inputVolume = node
    return node


@pytest.fixture
def outlined(widget: Any, volume: Any, case: Any) -> Any:
    """The module with that CT and its lesion outlined."""
    import slicer

    from boneir.scene.build import show_outlines

    widget.parameters.outlines = show_outlines(slicer.mrmlScene, case, volume)
    return widget


@pytest.fixture
def planned(outlined: Any, image: Any) -> Any:
    """The module with two proposed plans, the first of them shown."""
    from by_hand import proposed

    from boneir.gui.records import written

    record = proposed(image, outlined.parameters)
    outlined.parameters.proposal = written(record)
    outlined.parameters.planName, _ = outlined.logic.takeProposed(record.plans, record.scores)
    return outlined

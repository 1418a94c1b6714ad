"""The panel for review: two images over each other, their registration, overlays, needles, pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from by_hand import findings, measures, plan
from panel_look import look_at
from test_steps import cells


@pytest.fixture
def panel(review_module: Any, scene: Any) -> Iterator[Any]:
    from standins.application import close_module, enter_module, open_module

    for name in ("Red", "Yellow", "Green"):
        scene.AddNewNodeByClass("vtkMRMLSliceCompositeNode", name)
        scene.AddNewNodeByClass("vtkMRMLSliceNode", name)
    opened = open_module("BoneIRReview")
    enter_module(opened)
    yield opened
    close_module(opened)


@pytest.fixture
def two(panel: Any, scene: Any, image: Any) -> Any:
    """Two images, the second a little aside, and a plan with two needles."""
    from boneir.image.rigid import Rigid, placed
    from boneir.scene.plan_desk import PlanDesk
    from boneir.scene.volume import show_image
    from standins.application import enter_module, leave_module

    leave_module(panel)
    first, second = plan(image, "plan-1", "", (-45.0, 90.0, 100.0)), plan(image, "p", "", (62.0, 85.0, 92.0))
    probes = (first.probes[0], replace(second.probes[0], name="2"))
    both = replace(first, treatments=(replace(first.treatments[0], probes=probes),))
    PlanDesk(scene).act(lambda book: book.added(both))
    enter_module(panel)
    panel.parameters.fixedVolume = show_image(scene, image)
    panel.parameters.otherVolume = show_image(scene, placed(image, Rigid(shift_mm=(4.0, 0.0, 0.0))), "Other")
    return panel


def composites(scene: Any) -> list[Any]:
    from boneir.scene.review_views import composites as found

    return list(found(scene))


def test_every_tied_field_writes_its_parameter(two: Any, tmp_path: Path) -> None:
    from boneir.gui.review_logic import MixChoice

    ui, parameters = two.ui, two.parameters
    ui.mixBox.currentIndex = 2
    assert parameters.mix is MixChoice.SWIPE
    assert ui.mixBox.currentText == "Swipe"
    ui.mixSlider.value = 30.0
    assert parameters.mixPercent == 30.0
    for box, name in ((ui.showPlanBox, "showPlan"), (ui.showZonesBox, "showZones"), (ui.showShellsBox, "showShells")):
        box.checked = False
        assert parameters.getValue(name) is False
    ui.pictureFolderButton.directory = str(tmp_path)
    assert parameters.pictureFolder == tmp_path
    ui.otherSelector.setCurrentNode(None)
    assert parameters.otherVolume is None
    ui.fixedSelector.setCurrentNode(None)
    assert parameters.fixedVolume is None
    assert not ui.mixButton.enabled


def test_both_images_are_shown_in_every_way(two: Any, scene: Any, refusals: list[str]) -> None:
    from boneir.gui.review_logic import MixChoice

    fixed, other = two.parameters.fixedVolume, two.parameters.otherVolume
    two.ui.mixButton.click()
    assert all((n.GetBackgroundVolumeID(), n.GetForegroundVolumeID()) == (fixed.GetID(), other.GetID())
               for n in composites(scene))  # fmt: skip
    for how in (MixChoice.CHEQUERED, MixChoice.SWIPE):
        two.parameters.mix = how
        two.ui.mixButton.click()
        assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 3
        assert all(n.GetBackgroundVolumeID() not in (fixed.GetID(), other.GetID()) for n in composites(scene))
    two.parameters.mix = MixChoice.BLEND
    two.ui.mixButton.click()
    assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 2
    assert not refusals


def test_registration_shows_its_verdict_and_leaves_the_image_as_it_was(
    two: Any, scene: Any, image: Any, refusals: list[str]
) -> None:
    from boneir.scene.volume import image_from_node

    other = two.parameters.otherVolume
    before = image_from_node(other)[0].uid
    two.ui.registerButton.click()
    assert not refusals
    assert image_from_node(other)[0].uid == before
    laid = image_from_node(two.parameters.otherVolume)[0]
    off = [a - b for a, b in zip(laid.grid.origin_mm, image.grid.origin_mm, strict=True)]
    assert max(map(abs, off)) < 0.5, "it lies on the image again that it was moved from"
    assert two.ui.registrationText.text.startswith("Registration ")
    assert " mm." in two.ui.registrationText.text


def test_what_speaks_against_a_registration_is_listed(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from boneir.fusion.quality import Verdict
    from boneir.gui.review_logic import verdict_words

    words = verdict_words(Verdict.DOUBTFUL, 3.21)
    other = two.parameters.otherVolume
    monkeypatch.setattr(two.logic, "register", lambda fixed, moving, through: (other, words, findings()))
    two.ui.registerButton.click()
    assert two.ui.registrationText.text == (
        "Registration doubtful: look before it is used. The checks let expect an error of 3.2 mm."
    )
    assert cells(two.ui.registrationTable)[0][0].endswith("Stop")


def test_the_layout_is_used(two: Any, scene: Any) -> None:
    from boneir.scene.review_views import LAYOUT

    two.ui.reviewLayoutButton.click()
    assert scene.GetFirstNodeByClass("vtkMRMLLayoutNode").GetViewArrangement() == LAYOUT


def test_overlays_follow_the_ticks(two: Any, scene: Any) -> None:
    from boneir.scene.marks import Part, marked

    two.logic.showPlan("plan-1")
    two.ui.showPlanBox.checked = False
    two.ui.overlayButton.click()
    lines = list(marked(scene, Part.LINE))
    assert len(lines) == 2
    assert not any(node.GetDisplayVisibility() for node in lines)
    two.ui.showPlanBox.checked = True
    two.ui.overlayButton.click()
    assert all(node.GetDisplayVisibility() for node in lines)


def test_needles_are_stepped_through(two: Any, scene: Any, refusals: list[str]) -> None:
    two.ui.laterNeedleButton.click()
    assert "Needle 2" in two.ui.reviewStatus.text
    assert two.parameters.needleNumber == 1
    two.ui.laterNeedleButton.click()
    assert "Needle 1" in two.ui.reviewStatus.text
    two.ui.earlierNeedleButton.click()
    assert two.parameters.needleNumber == 1
    assert not refusals


def test_a_plan_is_chosen(two: Any) -> None:
    from boneir.plan_book import Origin

    first = two.logic.planNow("plan-1")
    two.logic._act(lambda book: book.added(replace(first, name="plan-2"), Origin.HAND), "")
    two.refresh()
    two.ui.reviewPlanBox.activated.emit(1)
    assert two.parameters.reviewPlan == "plan-2"


def test_pictures_are_written(two: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: list[str]) -> None:
    from boneir.picture import Picture

    seen: list[int] = []

    def draw(case: Any, made: Any) -> Any:
        seen.append(len(case.others))
        return (Picture("axial", "Axial", b"png"), Picture("fused", "Both", b"png2")), ()

    monkeypatch.setattr("boneir.scene.pictures.pictures_of", draw)
    two.parameters.pictureFolder = tmp_path
    two.ui.picturesButton.click()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01-axial.png", "02-fused.png"]
    assert (tmp_path / "02-fused.png").read_bytes() == b"png2"
    assert seen == [1]
    assert "2 pictures were written." in two.ui.reviewStatus.text
    assert not refusals


def test_without_images_buttons_refuse_in_a_sentence(panel: Any, refusals: list[str]) -> None:
    for button in (panel.ui.mixButton, panel.ui.registerButton, panel.ui.laterNeedleButton, panel.ui.picturesButton):
        assert not button.enabled
        button.clicked.emit()
    assert len(refusals) == 4
    assert all(text.endswith(".") for text in refusals)


def test_closing_the_scene_leaves_nothing(two: Any, scene: Any) -> None:
    scene.Clear(0)
    assert two.parameters is not None
    assert two.parameters.fixedVolume is None
    assert two.ui.reviewPlanBox.count == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_off_at_500_pixels(two: Any, theme: str, tmp_path: Path) -> None:
    from boneir.gui.records import Outcome, written

    words = "Registration doubtful: look before it is used. The checks let expect an error of 3.2 mm."
    two.parameters.registration = written(Outcome(words, findings=findings()))
    two.parameters.followed = written(Outcome(words, measures=measures(), findings=findings()))
    two.logic.hasLayers = lambda: True
    two.parameters.layers = "Outlined: 45 °C, toxic to nerves (lesion-1); 60 °C, coagulates at once (lesion-1)."
    two.ui.layersGroup.collapsed = two.ui.followGroup.collapsed = False
    two._following.job = SimpleNamespace(words="The nearest way that can be gone is being looked for.", stop=list)
    look_at(two, tmp_path, "review", theme)

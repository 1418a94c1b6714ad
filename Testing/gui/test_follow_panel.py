"""In the panel for review: isotherms, cement over time, and the plan on another image, by clicks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from by_hand import CENTRE, findings, measures, plan
from test_review_panel import panel as panel  # the fixtures of that panel
from test_steps import cells


@pytest.fixture
def full(panel: Any, scene: Any, image: Any, case: Any) -> Any:
    """A planning image with lesion and bone outlined, a plan with a probe and a cannula, and another image."""
    from boneir.case import Role, Structure
    from boneir.image.rigid import Rigid, placed
    from boneir.mask import Mask
    from boneir.plan import Cement
    from boneir.scene.build import show_outlines
    from boneir.scene.plan_desk import PlanDesk
    from boneir.scene.volume import show_image
    from standins.application import enter_module, leave_module

    leave_module(panel)
    bone = Mask.of(image.voxels > 150, image.grid)
    outlined = case.with_structures([Structure("bone", Role.BONE, bone, "bone", "by hand")])
    made = plan(image, "plan-1", "", (-45.0, 90.0, 100.0))
    way = replace(made.probes[0].trajectory, entry_mm=(40.0, 90.0, 100.0), tip_mm=CENTRE)
    both = replace(made, treatments=(replace(made.treatments[0], cement=(Cement("c", way, 3.0, 3.0),)),))
    PlanDesk(scene).act(lambda book: book.added(both))
    volume = show_image(scene, image)
    outlines = show_outlines(scene, outlined, volume)
    enter_module(panel)
    panel.parameters.fixedVolume = volume
    panel.parameters.otherVolume = show_image(scene, placed(image, Rigid(shift_mm=(4.0, 0.0, 0.0))), "Other")
    assert panel.parameters.fixedOutlines is outlines, "what this software outlined is chosen by itself"
    panel.case = outlined
    return panel


def press(panel: Any, button: Any, words: list[str] | None = None) -> None:
    """Press a button, and wait for what it lets run beside the panel."""
    button.click()
    for _ in range(4000):
        if not panel._following.runs:
            return
        if words is not None:
            words.append(str(panel.ui.runText.text))
        panel._following.onTick()
    pytest.fail("it did not end")


def segments(scene: Any, part: Any) -> list[str]:
    from boneir.scene.marks import marked

    node = next(iter(marked(scene, part)), None)
    if node is None:
        return []
    segmentation = node.GetSegmentation()
    return [segmentation.GetNthSegment(n).GetName() for n in range(segmentation.GetNumberOfSegments())]


def volume_of(scene: Any, part: Any) -> float:
    """mL of all that the segments of a part mark."""
    from boneir.scene.marks import marked
    from boneir.scene.outlines import _mask_of
    from boneir.scene.read_back import case_from_nodes

    node = next(iter(marked(scene, part)))
    grid = case_from_nodes(scene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")).image.grid
    count = node.GetSegmentation().GetNumberOfSegments()
    return sum(_mask_of(node.GetSegmentation().GetNthSegment(n), np.eye(4), grid).volume_ml for n in range(count))


def test_isotherms_are_outlined_with_what_they_mean(
    full: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, refusals: list[str]
) -> None:
    import boneir.assessing.isotherms as code
    from boneir.grid import Grid
    from boneir.scene.marks import Part

    window = Grid((20, 20, 20), (1.0, 1.0, 1.0), tuple(c - 10 for c in CENTRE))
    away = np.linalg.norm(np.indices(window.shape) - 10, axis=0)
    heat = (37.0 + 80.0 / (1.0 + away)).astype(np.float32)

    def simulated(case: Any, treatment: Any, **how: Any) -> Any:
        assert case.lesion(treatment.lesion).name == "lesion-1"
        return type("Made", (), {"temperature_c": heat, "window": window})()

    monkeypatch.setattr(code, "predict", simulated)
    full.ui.isothermsButton.click()
    assert not refusals
    warm, hot = segments(scene, Part.ISOTHERMS)
    assert warm.startswith("45 °C, toxic to nerves")
    assert "coagulates at once" in hot
    assert warm in full.ui.layersText.text
    full.ui.hideLayersButton.click()
    assert not segments(scene, Part.ISOTHERMS)
    assert full.ui.layersText.text == ""


def test_cement_follows_the_slider_in_half_millilitres(full: Any, scene: Any, refusals: list[str]) -> None:
    from boneir.scene.marks import Part

    full.ui.cementSlider.value = 2.0  # before any forecast: nothing is shown, nothing is refused
    assert not segments(scene, Part.CEMENT)
    full.ui.cementButton.click()
    assert not refusals
    assert full.ui.layersText.text.startswith("3.0 mL are planned; the forecast reaches to ")
    assert full.parameters.cementMl == 3.0
    assert segments(scene, Part.CEMENT) == ["cement in lesion-1"]
    sizes = {}
    for volume_ml in (1.0, 1.5, 3.0):
        full.ui.cementSlider.value = volume_ml
        sizes[volume_ml] = volume_of(scene, Part.CEMENT)
    assert sizes[1.0] < sizes[1.5] < sizes[3.0]
    full.ui.cementSlider.value = 1.0
    assert volume_of(scene, Part.CEMENT) == sizes[1.0], "back again, and no segment more"
    assert segments(scene, Part.CEMENT) == ["cement in lesion-1"]
    full.ui.hideLayersButton.click()
    assert not segments(scene, Part.CEMENT)


def test_cement_after_ablation_is_a_plan_beside_the_other(full: Any, refusals: list[str]) -> None:
    from boneir.ablation.devices import device
    from boneir.proposing.cement_after import cement_after

    full.ui.cementAfterButton.click()
    assert refusals == ["'plan-1' has cement for 'lesion-1' already."]
    both = full.logic.planNow("plan-1")
    alone = replace(both, name="alone", treatments=(replace(both.treatments[0], cement=()),))
    full.logic.desk.act(lambda book: book.added(alone))
    full.refresh()
    box = full.ui.cannulaBox
    assert [box.itemData(n) for n in range(box.count)] == ["cement-10g", "cement-13g"]
    box.activated.emit(1)
    full.parameters.reviewPlan = "alone"
    full.ui.cementAfterButton.click()
    assert len(refusals) == 1
    assert full.parameters.reviewPlan == "alone-cement"
    made, wanted = full.logic.planNow("alone-cement"), cement_after(full.case, alone, device("cement-13g"))
    assert made.treatments == wanted.treatments
    volume = wanted.treatments[0].cement[0].volume_ml
    assert f"alone-cement: {volume:.1f} mL through Cannula " in full.ui.reviewStatus.text
    assert full.logic.planNow("alone") == alone


def waiting(result: Any = None) -> Any:
    """A transfer that tells how it stands until the test lets it end."""
    from threading import Event

    from boneir.transfer import Stage

    class Waiting:
        may_end = Event()

        def __call__(self, *_: Any, progress: Any) -> Any:
            while not self.may_end.wait(0.01):
                progress(Stage.ALIGN)
            return result

    return Waiting()


def test_a_transfer_says_what_it_is_at_and_stops_with_nothing_lost(
    full: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, refusals: list[str]
) -> None:
    monkeypatch.setattr("boneir.transfer.transfer", waiting())
    monkeypatch.setattr("boneir.open.case_of", lambda image: image)
    full.ui.reviewPlanBox.activated.emit(0)
    before, nodes = full.logic.desk.book, scene.GetNumberOfNodes()
    full.ui.transferButton.click()
    assert full.ui.runRow.isVisibleTo(full.panel)
    for button in (full.ui.transferButton, full.ui.verifyButton, full.ui.respondButton):
        assert not button.enabled
        button.clicked.emit()  # one thing at a time
    while "laid over each other" not in full.ui.runText.text:
        full._following.onTick()
    full.ui.reviewPlanBox.activated.emit(0)  # the panel goes on working
    full.ui.stopButton.click()
    assert full.ui.runText.text.startswith("Stopping")
    while full._following.runs:
        full._following.onTick()
    assert "It was stopped" in full.ui.reviewStatus.text
    assert full.logic.desk.book == before
    assert scene.GetNumberOfNodes() == nodes
    assert full.ui.transferButton.enabled
    assert not full.ui.runRow.visible
    assert not refusals


def test_a_result_waits_for_the_user_and_goes_with_its_scene(
    full: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, refusals: list[str]
) -> None:
    from boneir.errors import ImageError
    from standins.application import enter_module, leave_module

    def refuse(*_: Any, **__: Any) -> Any:
        raise ImageError("They show different patients.")

    monkeypatch.setattr("boneir.open.case_of", lambda image: image)
    monkeypatch.setattr("boneir.transfer.transfer", refuse)
    full.ui.transferButton.click()
    leave_module(full)
    for _ in range(5):
        full._following.onTick()
    assert full._following.runs
    assert not refusals
    enter_module(full)
    full._following.onTick()
    assert refusals == ["They show different patients."]
    assert full.ui.transferButton.enabled

    monkeypatch.setattr("boneir.transfer.transfer", waiting())
    full.ui.transferButton.click()
    job = full._following.job
    scene.Clear(0)
    assert not full._following.runs
    while job.ask():
        pass
    full._following.onTick()
    assert job.result is None
    assert len(refusals) == 1


def test_the_plan_goes_onto_the_other_image_and_stands_in_the_book(
    full: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, refusals: list[str]
) -> None:
    from boneir.assessment import Assessment, Measure
    from boneir.case import Case
    from boneir.fusion.changes import changes_between
    from boneir.scene.review_views import composites
    from boneir.transfer import Transfer

    asked = []

    def moved(case: Any, made: Any, today: Any, *, progress: Any) -> Any:
        asked.append((case.image.uid, made.name, today.image.uid, [item.name for item in case.lesions]))
        there = replace(made, name="plan-1-today", image_uid=today.image.uid)
        before = Assessment(made.uid, "", (Measure("access.length", "Length", 100.0, "mm", "1"),))
        after = Assessment(there.uid, "", (Measure("access.length", "Length", 104.0, "mm", "1"),), findings()[1:2])
        changes = changes_between(before, after)
        nearest = replace(there, name="plan-1-nearest")
        return Transfer(today, there, (), before, after, changes, nearest, None, findings()[2:])

    monkeypatch.setattr("boneir.transfer.transfer", moved)
    monkeypatch.setattr("boneir.open.case_of", Case)
    press(full, full.ui.transferButton)
    assert not refusals
    assert [page.name for page in full.logic.planPages()] == ["plan-1", "plan-1-nearest", "plan-1-today"]
    fixed, other = full.parameters.fixedVolume, full.parameters.otherVolume
    assert {node.GetBackgroundVolumeID() for node in composites(scene)} == {other.GetID()}
    assert asked[0][1] == "plan-1"
    assert asked[0][0] != asked[0][2]
    assert asked[0][3] == ["lesion-1"]
    assert full.ui.followText.text.splitlines() == [
        "plan-1-today lies on the other image. Planned: nothing found. There: something to stop at.",
        "The nearest plan that may be carried out is plan-1-nearest.",
    ]
    assert cells(full.ui.followMeasuresTable) == [["1", "Length", "100.0\u00a0mm, now 104.0\u00a0mm"]]
    assert [row[0][-4:] for row in cells(full.ui.followTable)] == ["Stop", "cide"]
    assert fixed.GetID() != other.GetID()


def test_the_plan_is_compared_with_a_control_image_and_its_zone(
    full: Any, scene: Any, image: Any, monkeypatch: pytest.MonkeyPatch, refusals: list[str]
) -> None:
    from boneir.assessment import Assessment
    from boneir.scene.segments import Segment, fill_segmentation
    from boneir.verify import Verification

    zone = full.case.lesions[0].mask
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Control outlines")
    node.CreateDefaultDisplayNodes()
    fill_segmentation(node, [Segment("ablation zone", zone, (1.0, 0.0, 0.0))], zone.grid)
    full.parameters.otherOutlines = node
    seen = []

    def compared(case: Any, made: Any, control: Any, *, zone: Any = None) -> Any:
        seen.append(zone)
        sheet = Assessment(made.uid, case.uid, measures(), findings())
        actual = replace(made, name="plan-1-actual")
        return Verification(case, made, actual, None, sheet, sheet, (("lesion-1", None),), (), 0.84, sheet)

    monkeypatch.setattr("boneir.verify.verify", compared)
    press(full, full.ui.verifyButton)
    assert not refusals
    assert seen[0].volume_ml == pytest.approx(zone.volume_ml, rel=0.1)
    assert full.ui.followText.text.splitlines() == [
        "Registered with an expected error of 0.8\u00a0mm.",
        "0 needles found; they stand as plan-1-actual.",
    ]
    assert full.logic.planPage("plan-1-actual") is not None
    assert full.ui.followTable.rowCount == 3
    full.ui.followTable.cellClicked.emit(0, 1)
    full.parameters.otherOutlines = None
    press(full, full.ui.verifyButton)
    assert seen[1] is None


def test_the_response_is_judged_between_both_days(full: Any, scene: Any, image: Any, refusals: list[str]) -> None:
    from by_hand import ball

    from boneir.case import Case, Lesion
    from boneir.scene.segments import fill_segmentation, segment_of
    from boneir.scene.volume import image_from_node

    other = image_from_node(full.parameters.otherVolume)[0]
    mask = ball(image, 12.0)
    smaller = replace(mask, grid=other.grid)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Later")
    node.CreateDefaultDisplayNodes()
    later = Case(other, lesions=(Lesion("lesion-1", smaller, "by hand"),))
    fill_segmentation(node, [segment_of(item) for item in later.lesions], other.grid)
    full.parameters.otherOutlines = node
    press(full, full.ui.respondButton)
    assert refusals == [
        "The image Planning image has no date: give it as year, month and day in eight digits, like 20260131."
    ]
    full.ui.firstDayEdit.text, full.ui.secondDayEdit.text = "20260105", "20260407"
    press(full, full.ui.respondButton)
    assert len(refusals) == 1
    assert full.ui.followText.text.startswith("From 2026-01-05 to 2026-04-07, all lesions:\nRECIST 1.1:")
    rows = {row[1]: row[2] for row in cells(full.ui.followMeasuresTable)}
    assert set(rows) >= {"RECIST 1.1", "MDA bone criteria", "PERCIST", "Volume", "Longest axial diameter"}
    before, after = (float(part.split("\u00a0")[0]) for part in rows["Volume"].split(", now "))
    assert before == pytest.approx(full.case.lesions[0].mask.volume_ml, abs=0.06)
    assert after == pytest.approx(smaller.volume_ml, abs=0.06)


def test_a_pet_goes_through_its_ct(full: Any, scene: Any, image: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from boneir.scene.volume import show_image

    through = show_image(scene, image, "CT of the PET")
    full.parameters.throughVolume = through
    asked = []

    def registered(case: Any, moving: Any, name: str, *, through: Any = None) -> Any:
        asked.append((name, None if through is None else through.uid))
        raise NotImplementedError

    monkeypatch.setattr("boneir.register.register", registered)
    for carrier in (through, full.parameters.otherVolume, None):
        with pytest.raises(NotImplementedError):
            full.logic.register(full.parameters.fixedVolume, full.parameters.otherVolume, carrier)
    assert asked == [("Other", image.uid), ("Other", None), ("Other", None)]


def test_without_plan_or_images_buttons_refuse_in_a_sentence(panel: Any, refusals: list[str]) -> None:
    ui = panel.ui
    assert not ui.runRow.visible
    buttons = (
        ui.isothermsButton,
        ui.cementButton,
        ui.cementAfterButton,
        ui.transferButton,
        ui.verifyButton,
        ui.respondButton,
    )
    for button in buttons:
        assert not button.enabled
        button.clicked.emit()
    assert len(refusals) == len(buttons)
    assert all(text.endswith(".") for text in refusals)
    ui.hideLayersButton.click()
    ui.followTable.visible = True
    assert len(refusals) == len(buttons)

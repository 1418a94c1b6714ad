"""Anything a user can do, in any order: nothing raises, and no locked plan is lost.

``BONEIR_ACTIONS=1000`` does at least so many actions instead of a few hundred.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from by_hand import CENTRE, proposed, with_lesion
from by_hand import plan as plan_by_hand
from editor_desk import Desk, forget_effects, registered_effect
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from boneir.errors import PlanError

ACTIONS = int(os.environ.get("BONEIR_ACTIONS", "0"))
STEPS = ("images", "lesion", "access", "effect", "review", "report")
NAMES = st.sampled_from(["plan-1", "left", "a rather long name of a plan", ""])
SHIFTS = st.tuples(*[st.integers(-9, 9)] * 3)
NUMBER = st.integers(0, 50)
REVIEWED = (
    *("mixButton", "reviewLayoutButton", "overlayButton", "earlierNeedleButton", "laterNeedleButton", "stopButton"),
    *("hideLayersButton", "cementButton", "cementAfterButton", "isothermsButton"),
    *("transferButton", "verifyButton", "respondButton"),
)
"""Buttons of the module for review; those that take long are made to refuse."""


class Clock:
    """Stands for the timer that tells when a needle was put down."""

    def __init__(self, callback: Any) -> None:
        self.callback = callback

    def start(self) -> None:
        """The test fires it when it wants to."""

    def stop(self) -> None:
        """The same."""


class User(RuleBasedStateMachine):
    """Does things to the panel and behind its back; `locked` is the test's own ledger of locked plans."""

    module: Any
    image: Any
    refusals: list[str]
    done = scribbled = assessed = 0

    def __init__(self) -> None:
        super().__init__()
        import slicer

        from boneir.case import Case
        from standins.application import enter_module, open_module

        self.scene = slicer.mrmlScene
        self.scene.Clear(0)
        self.faults: list[BaseException] = []
        sys.excepthook = lambda kind, value, trace: self.faults.append(value)
        self.widget = open_module("BoneIRPlanner")
        needles = self.widget.needleBar.needles
        needles._timer = Clock(needles.onStopped)
        enter_module(self.widget)
        self.inside = True
        self.review = open_module("BoneIRReview")
        enter_module(self.review)
        self.effect, self.editor = registered_effect(), None
        self.case = with_lesion(Case(self.image))
        self.locked: dict[str, str] = {}
        self.saved: tuple[Path, dict[str, str]] | None = None
        self.folder = tempfile.TemporaryDirectory()
        self.load()

    def teardown(self) -> None:
        from standins.application import close_module

        close_module(self.widget)
        close_module(self.review)
        forget_effects()
        self.scene.Clear(0)
        sys.excepthook = sys.__excepthook__
        self.folder.cleanup()

    @property
    def pages(self) -> Any:
        return self.widget.logic.planPages()

    def page(self, number: int) -> Any:
        return self.pages[number % len(self.pages)]

    def ui(self, step: str) -> Any:
        return next(item for item in self.widget.steps if item.name.value == step).ui

    @precondition(lambda self: self.inside)
    @rule()
    def load(self) -> None:
        from boneir.scene.build import show_outlines
        from boneir.scene.volume import show_image

        parameters = self.widget.parameters
        if parameters.inputVolume is None:
            parameters.inputVolume = show_image(self.scene, self.image)
        if parameters.outlines is None:
            parameters.outlines = show_outlines(self.scene, self.case, parameters.inputVolume)

    @precondition(lambda self: self.inside)
    @rule(count=st.integers(0, 2))
    def propose(self, count: int) -> None:
        from boneir.gui.records import written

        record = proposed(self.image, self.widget.parameters)
        self.widget.parameters.proposal = written(record)
        logic = self.widget.logic
        self.widget.parameters.planName, _ = logic.takeProposed(record.plans[:count], record.scores[:count])

    @rule(name=NAMES)
    def another_face_adds_a_plan(self, name: str) -> None:
        from boneir.scene.build import show_plan

        if name and name not in [page.name for page in self.pages]:
            show_plan(self.scene, plan_by_hand(self.image, name, "by hand", (-45.0, 90.0, 100.0)))

    @precondition(lambda self: self.inside and self.pages)
    @rule(number=NUMBER)
    def choose(self, number: int) -> None:
        self.ui("access").plansTable.cellClicked.emit(number % len(self.pages), 0)

    @precondition(lambda self: self.inside and self.pages)
    @rule(number=NUMBER, shift=SHIFTS, end=st.integers(0, 1), put_down=st.booleans(), predict=st.integers(0, 9))
    def drag(self, number: int, shift: tuple[int, int, int], end: int, put_down: bool, predict: int) -> None:
        import slicer

        from boneir.scene.marks import Part, marked

        lines = list(marked(self.scene, Part.LINE))
        if not lines:
            return
        line = lines[number % len(lines)]
        if end < line.GetNumberOfControlPoints():
            line.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointStartInteractionEvent)
            place = [a + b for a, b in zip(line.GetNthControlPointPositionWorld(end), shift, strict=True)]
            line.SetNthControlPointPositionWorld(end, *place)
            line.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
        if put_down:
            self.widget.needleBar.needles.onStopped()
        if predict == 0:
            self.ui("effect").assessButton.click()

    @precondition(lambda self: self.inside and self.pages)
    @rule(
        number=NUMBER,
        button=st.sampled_from(["lockButton", "duplicateButton", "deleteButton", "undoButton", "redoButton"]),
    )
    def press(self, number: int, button: str) -> None:
        self.choose(number)
        name = self.widget.parameters.planName
        if not getattr(self.ui("access"), button).enabled:
            return
        getattr(self.ui("access"), button).click()
        if button == "lockButton":
            page = self.widget.logic.planPage(name)
            if page.locked:
                self.locked[name] = page.plan.uid
            else:
                self.locked.pop(name, None)

    @precondition(lambda self: self.inside and self.pages)
    @rule(number=NUMBER, name=NAMES)
    def rename(self, number: int, name: str) -> None:
        self.choose(number)
        self.ui("access").planNameEdit.text = name
        self.ui("access").planNameEdit.editingFinished.emit()

    @precondition(lambda self: self.inside and self.pages)
    @rule(number=NUMBER)
    def approve(self, number: int) -> None:
        self.choose(number)
        self.widget.parameters.approver = "A. Reader"
        ui = self.ui("review")
        name = self.widget.parameters.planName
        if ui.approveButton.enabled:
            ui.approveButton.click()
        else:
            self.widget.parameters.planName, _ = self.widget.logic.approvePlan(name, "A. Reader")
        self.locked[name] = self.widget.logic.planPage(name).plan.uid

    @rule(number=NUMBER)
    def delete_a_node_behind_the_back(self, number: int) -> None:
        nodes = [self.scene.GetNthNode(index) for index in range(self.scene.GetNumberOfNodes())]
        ours = [node for node in nodes if node.GetAttribute("boneir.part") or node.GetSingletonTag() == "BoneIRPlanner"]
        if ours:
            self.scene.RemoveNode(ours[number % len(ours)])

    @precondition(lambda self: self.inside)
    @rule(step=st.sampled_from(STEPS), button=st.sampled_from(["alongButton", "plainButton", "layoutButton"]))
    def look(self, step: str, button: str) -> None:
        self.widget.showStep(next(item.name for item in self.widget.steps if item.name.value == step))
        getattr(self.widget.ui, button).click()

    @precondition(lambda self: self.inside)
    @rule(margin=st.integers(0, 20), position=st.integers(0, 3))
    def change_what_is_wanted(self, margin: int, position: int) -> None:
        self.ui("access").marginSlider.value = float(margin)
        self.ui("access").positionBox.currentIndex = position

    @rule(button=st.sampled_from(REVIEWED), cement_ml=st.integers(0, 12), tick=st.booleans())
    def review_it(self, button: str, cement_ml: int, tick: bool) -> None:
        """In the other module, over the same plans; buttons that nothing is there for refuse in a sentence."""
        ui, parameters = self.review.ui, self.review.parameters
        ui.showPlanBox.checked = tick
        ui.cementSlider.value = float(cement_ml)
        getattr(ui, button).clicked.emit()
        assert parameters is self.review.parameters
        assert ui.reviewStatus.text

    @precondition(lambda self: self.pages)
    @rule(number=NUMBER)
    def show_from_the_menu_of_an_item(self, number: int) -> None:
        from boneir.gui.plan_actions import open_plan

        self.from_the_menu(open_plan, number)

    @precondition(lambda self: self.pages)
    @rule(number=NUMBER)
    def assess_from_the_menu_of_an_item(self, number: int) -> None:
        from boneir.gui.plan_actions import assess_plan

        self.from_the_menu(assess_plan, number)
        User.assessed += 1

    def from_the_menu(self, act: Any, number: int) -> None:
        import slicer

        from standins.application import enter_module

        if not self.inside:
            enter_module(self.widget)
            self.inside = True
        slicer.util.getModuleWidget = lambda name: self.widget
        slicer.util.selectModule = lambda name: None
        name = self.page(number).name
        act(name)
        assert self.widget.parameters.planName == name

    @rule(number=NUMBER, away=SHIFTS, shift=st.integers(0, 1))
    def scribble_in_the_segment_editor(self, number: int, away: tuple[int, int, int], shift: int) -> None:
        """With the effect "Bone lesion", into any segment, inside the lesion or beside it."""
        if self.inside:
            self.load()
        outlines = self.scene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
        volume = self.scene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
        if outlines is None or volume is None or outlines.GetSegmentation().GetNumberOfSegments() == 0:
            return
        segments = outlines.GetSegmentation().GetSegmentIDs()
        segment = segments[number % len(segments)]
        if self.editor is None or self.editor.outlines is not outlines or self.editor.node.GetScene() is None:
            self.editor = Desk(self.scene, self.effect, volume, outlines, segment)
        self.editor.segment = segment
        self.editor.node.SetSelectedSegmentID(segment)
        place = [a + b for a, b in zip(CENTRE, away, strict=True)]
        User.scribbled += self.editor.scribble(place, shift=shift)

    @precondition(lambda self: self.inside and self.pages)
    @rule(number=NUMBER)
    def store_as_dicom_and_load_again(self, number: int) -> None:
        from boneir.gui.dicom_offers import load_plan

        self.choose(number)
        self.widget.parameters.reportFolder = Path(self.folder.name)
        for old in Path(self.folder.name).glob("*.dcm"):
            old.unlink()
        kept = self.widget.logic.planNow(self.widget.parameters.planName)
        self.ui("report").storeButton.clicked.emit()  # refused in a sentence where the image has gone
        for path in Path(self.folder.name).glob("*.dcm"):
            loaded = self.widget.logic.planNow(load_plan(str(path)))
            assert loaded.treatments == kept.treatments

    @rule()
    def another_module(self) -> None:
        from standins.application import enter_module, leave_module

        (leave_module if self.inside else enter_module)(self.widget)
        self.inside = not self.inside

    @rule()
    def save(self) -> None:
        from boneir.scene.mrb import write_mrb

        self.saved = write_mrb(self.scene, Path(self.folder.name) / "saved.mrb"), dict(self.locked)

    @rule(reopen=st.booleans())
    def close(self, reopen: bool) -> None:
        from boneir.scene.mrb import read_mrb

        self.scene.Clear(0)
        self.locked = {}
        if reopen and self.saved is not None:
            read_mrb(self.saved[0], self.scene)
            self.locked = dict(self.saved[1])

    @precondition(lambda self: self.saved is not None)
    @rule()
    def import_on_top(self) -> None:
        from boneir.scene.mrb import read_mrb

        before = {page.plan.treatments for page in self.pages if page.locked}
        read_mrb(self.saved[0], self.scene)
        now = {page.plan.treatments for page in self.pages if page.locked}
        assert before <= now, "a locked plan was lost by another scene"
        self.locked = {page.name: page.plan.uid for page in self.pages if page.locked}

    @invariant()
    def no_locked_plan_is_lost_or_changed(self) -> None:
        now = {page.name: page.plan.uid for page in self.pages if page.locked}
        assert {name: now.get(name) for name in self.locked} == self.locked

    @invariant()
    def nothing_was_raised(self) -> None:
        User.done += 1
        if self.faults:
            raise self.faults[0]

    @invariant()
    def the_panel_says_something(self) -> None:
        if self.inside:
            assert self.widget.parameters is not None
            assert self.widget.ui.statusLabel.text


def refuse(*_given: Any) -> None:
    raise PlanError("Not now.")


@pytest.fixture
def user(
    module: Any, review_module: Any, image: Any, refusals: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[User]]:
    import slicer

    User.image, User.refusals = image, refusals
    for name in ("getModuleWidget", "selectModule"):  # given by the rule that needs them, and taken back afterwards
        monkeypatch.setattr(slicer.util, name, None, raising=False)
    # What takes seconds is refused before it begins: its own tests run it.
    for name in ("showIsotherms", "forecastCement", "addCement", "transferring", "verifying", "judging"):
        monkeypatch.setattr(f"boneir.gui.review_logic.ReviewLogic.{name}", refuse)
    yield User
    sys.excepthook = sys.__excepthook__


def test_any_actions_in_any_order(user: type[User]) -> None:
    runs, length = (ACTIONS // 20, 50) if ACTIONS else (5, 45)
    how = settings(
        max_examples=runs,
        stateful_step_count=length,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(user, settings=how)
    print(f"{user.done} actions")
    assert user.done >= max(ACTIONS, 100)
    assert user.scribbled
    assert user.assessed

"""A needle is dragged with the mouse: everything follows while it moves, and what takes longer comes when it stops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from test_steps import cells, go_to, status


class FakeTimer:
    """A timer that fires when the test says so."""

    def __init__(self, callback: Any) -> None:
        self.callback, self.started = callback, False

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.started = False

    def fire(self) -> None:
        assert self.started, "nothing is waited for"
        self.started = False
        self.callback()


@pytest.fixture
def timer(planned: Any) -> FakeTimer:
    needles = planned.needleBar.needles
    needles._timer = FakeTimer(needles.onStopped)
    return needles._timer


@pytest.fixture
def view(planned: Any, scene: Any, timer: FakeTimer) -> Iterator[Any]:
    """A slice view in the plane of the needle of plan-1."""
    import slicer

    from boneir.scene.frames import along_frames
    from boneir.scene.ras import to_ras
    from mouse import SliceWithMouse

    way = planned.logic.planNow("plan-1").probes[0].trajectory
    frame = along_frames(way, (500, 400))[0]
    seen = SliceWithMouse(
        scene, slicer.app.applicationLogic(), to_ras(frame.centre_mm), to_ras(frame.normal), to_ras(frame.up)
    )
    yield seen
    seen.close()


def tip_pixel(planned: Any, view: Any) -> tuple[int, int]:
    from boneir.scene.ras import to_ras

    return view.pixel_of(to_ras(planned.logic.planNow("plan-1").probes[0].trajectory.tip_mm))


def test_a_dragged_tip_moves_everything_and_is_an_edit_when_it_stops(
    planned: Any, view: Any, timer: FakeTimer, scene: Any
) -> None:
    from boneir.scene.marks import Part, marked
    from boneir.scene.ras import lps_point

    before = planned.logic.planNow("plan-1")
    x, y = tip_pixel(planned, view)
    view.press((x, y))
    assert planned.needleBar.needles.dragging
    for step in range(1, 6):
        view.move((x + 3 * step, y + 2 * step))
        way = planned.logic.planNow("plan-1").probes[0].trajectory
        wanted = lps_point(view.place_of((x + 3 * step, y + 2 * step)))
        np.testing.assert_allclose(way.tip_mm, wanted, atol=0.6)
        body = next(marked(scene, Part.BODY, "plan-1")).GetPolyData()
        assert body.GetPoint(body.GetNumberOfPoints() - 1)[2] == pytest.approx(way.tip_mm[2], abs=0.01)
        assert f"{way.length_mm:.1f}" in planned.ui.needleText.text
    zones = list(marked(scene, Part.LIVE, "plan-1"))
    assert {node.GetAttribute("boneir.shell") for node in zones} == {"1 expected", "1 inner", "1 outer"}
    assert planned.logic.desk.book.page("plan-1").plan == before, "not yet an edit"
    view.release((x + 15, y + 10))
    assert not planned.needleBar.needles.dragging
    timer.fire()
    page = planned.logic.desk.book.page("plan-1")
    assert page.plan.probes[0].trajectory == way
    assert page.origin == "edited"
    ui = go_to(planned, "access")
    assert cells(ui.plansTable)[0][3] == "Edited"
    ui.undoButton.click()
    assert planned.logic.planNow("plan-1") == before


def test_the_live_numbers_are_those_of_the_assessment(planned: Any, view: Any, timer: FakeTimer) -> None:
    from boneir.assess import assess
    from boneir.gui.records import inputs_of

    states: list[Any] = []
    planned.needleBar.needles._shown = states.append
    x, y = tip_pixel(planned, view)
    view.press((x, y))
    view.move((x + 4, y - 3))
    view.release((x + 4, y - 3))
    timer.fire()
    live = {(item.code, item.about): item.amount for item in states[-1].path.measures}
    assessed = assess(planned.logic.caseOf(inputs_of(planned.parameters)), planned.logic.planNow("plan-1"))
    amounts = {(item.code, item.about): item.amount for item in assessed.measures}
    assert len(live) > 8
    for key, amount in live.items():
        assert amounts[key] == pytest.approx(amount, abs=0.05), key
    said = {item.code for item in states[-1].findings}
    assert said <= {item.code for item in assessed.findings}


def test_heavier_results_follow_a_stop_and_not_a_move(
    planned: Any, view: Any, timer: FakeTimer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from by_hand import found, measures

    from boneir.gui.records import Outcome

    asked: list[str] = []

    def assess(self: Any, inputs: Any, name: str) -> Outcome:
        asked.append(name)
        return Outcome(measures=measures(), plan_uid=self.planNow(name).uid, plan_name=name)

    monkeypatch.setattr(type(planned.logic), "assess", assess)
    x, y = tip_pixel(planned, view)
    view.press((x, y))
    view.move((x + 4, y))
    view.release((x + 4, y))
    timer.fire()
    assert not asked, "nobody has asked for a prediction of this plan"
    found(planned, measures=measures(), plan_uid=planned.logic.planNow("plan-1").uid)
    go_to(planned, "effect")
    assert status(planned) == "Ready for the next step, Review."
    view.press((x + 4, y))
    view.move((x + 8, y))
    assert not asked
    timer.fire()
    assert not asked, "the needle is still in hand"
    view.release((x + 8, y))
    assert status(planned).startswith("A needle was moved")
    timer.fire()
    assert asked == ["plan-1"]
    assert status(planned) == "Ready for the next step, Review."


def test_views_rest_while_a_needle_is_dragged_and_follow_when_it_is_put_down(
    planned: Any, view: Any, timer: FakeTimer, scene: Any
) -> None:
    import slicer

    node = slicer.vtkMRMLSliceNode()
    node.SetSingletonTag("Red")
    node.SetLayoutName("Red")
    node = scene.AddNode(node)
    planned.ui.followBox.checked = True
    planned.ui.depthSlider.value = 20.0

    def origin() -> list[float]:
        return [node.GetSliceToRAS().GetElement(row, 3) for row in range(3)]

    before = origin()
    x, y = tip_pixel(planned, view)
    view.press((x, y))
    view.move((x + 9, y + 9))
    planned.ui.depthSlider.value = 30.0
    assert origin() == before
    view.release((x + 9, y + 9))
    timer.fire()
    place = planned.logic.planNow("plan-1").probes[0].trajectory.point_at(30.0)
    np.testing.assert_allclose(origin(), (-place[0], -place[1], place[2]), atol=1e-6)
    planned.ui.depthSlider.value = 10.0
    place = planned.logic.planNow("plan-1").probes[0].trajectory.point_at(10.0)
    np.testing.assert_allclose(origin(), (-place[0], -place[1], place[2]), atol=1e-6)


def test_a_locked_needle_cannot_be_dragged(planned: Any, view: Any, timer: FakeTimer) -> None:
    go_to(planned, "access").lockButton.click()
    before = planned.logic.planNow("plan-1")
    x, y = tip_pixel(planned, view)
    view.press((x, y))
    view.move((x + 20, y + 20))
    view.release((x + 20, y + 20))
    assert planned.logic.planNow("plan-1") == before
    assert not timer.started


def test_no_observer_is_left_on_needles(planned: Any, view: Any, timer: FakeTimer, scene: Any) -> None:
    from boneir.scene.marks import Part, marked
    from standins.application import enter_module, leave_module

    line = next(marked(scene, Part.LINE, "plan-1"))

    def watching() -> int:
        return sum(observed is line for observed, *_ in planned.Observations)

    assert watching() == 3
    for _ in range(3):
        x, y = tip_pixel(planned, view)
        view.press((x, y))
        view.move((x + 2, y))
        view.release((x + 2, y))
        timer.fire()
        assert watching() == 3
    leave_module(planned)
    assert watching() == 0
    enter_module(planned)
    assert watching() == 3
    ui = go_to(planned, "access")
    ui.plansTable.cellClicked.emit(1, 0)
    assert watching() == 0, "only the plan that is chosen is followed"


def test_a_needle_without_length_or_device_says_why_and_breaks_nothing(
    planned: Any, view: Any, timer: FakeTimer, scene: Any
) -> None:
    from boneir.scene.marks import Part, marked

    line = next(marked(scene, Part.LINE, "plan-1"))
    line.SetNthControlPointPositionWorld(1, *line.GetNthControlPointPositionWorld(0))
    assert planned.ui.needleText.text == ""
    timer.fire()
    line.RemoveNthControlPoint(1)
    planned.parameters.lesionName = "not there"
    planned.logic.showPlan("plan-1")
    line = next(marked(scene, Part.LINE, "plan-1"))
    planned.refresh()
    planned.onChanged()
    line.SetNthControlPointPositionWorld(1, 0.0, 0.0, 100.0)
    assert "lesion" in planned.ui.needleText.text

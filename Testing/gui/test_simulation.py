"""The simulation runs beside the panel: it says how far it is, shows what it came to, and stops with nothing lost."""

from __future__ import annotations

from typing import Any

import pytest
from test_steps import go_to, status

from boneir.gui.records import plan_outcome


def effect_of(widget: Any) -> Any:
    return next(step for step in widget.steps if step.name.value == "effect")


def ticks_until_it_ends(step: Any, words: list[str] | None = None) -> None:
    for _ in range(4000):
        if not step.runner.runs:
            return
        step.runner.onTick()
        if words is not None:
            words.append(str(step.ui.simulationText.text))
    pytest.fail("the simulation did not end")


def test_a_simulation_says_how_far_it_is_and_shows_what_it_came_to(planned: Any, refusals: list[str]) -> None:
    ui, step = go_to(planned, "effect"), effect_of(planned)
    assert not ui.simulationText.visible
    ui.simulateButton.click()
    assert ui.simulateButton.text == "Stop the simulation"
    words: list[str] = []
    ticks_until_it_ends(step, words)
    assert not refusals
    assert any(text.endswith(" mL at 60 degC or more") and "% simulated; " in text for text in words)
    codes = {measure.code for measure in plan_outcome(planned.parameters).measures}
    assert {"ablation.simulated_volume", "ablation.zone_volume"} <= codes
    assert status(planned) == "Ready for the next step, Review."
    assert ui.simulateButton.text == "Simulate in the patient's tissue"
    assert not ui.simulationText.visible


def test_a_stopped_simulation_leaves_plan_and_prediction_as_they_were(planned: Any, refusals: list[str]) -> None:
    ui, step = go_to(planned, "effect"), effect_of(planned)
    ui.assessButton.click()
    plan, before = planned.logic.planNow("plan-1"), planned.parameters.assessments
    ui.simulateButton.click()
    ui.simulateButton.click()
    ticks_until_it_ends(step)
    assert "was stopped" in status(planned)
    assert planned.parameters.assessments == before
    assert planned.logic.planNow("plan-1").uid == plan.uid
    assert not refusals


def test_what_cannot_be_simulated_is_told_in_one_sentence(
    planned: Any, refusals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from boneir import assess
    from boneir.errors import PlanError

    def refuse(*_: Any, **__: Any) -> Any:
        raise PlanError("It has no power.")

    ui, step = go_to(planned, "effect"), effect_of(planned)
    monkeypatch.setattr(assess, "assess", refuse)
    ui.simulateButton.click()
    ticks_until_it_ends(step)
    assert refusals == ["It has no power."]
    assert ui.simulateButton.enabled
